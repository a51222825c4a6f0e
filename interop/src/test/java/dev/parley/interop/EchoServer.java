// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import java.net.URI;

/** A running server on the loopback interface that plays {@link Conversation}s, plain and TLS. */
interface EchoServer extends AutoCloseable {
  int port(boolean secure);

  /** What the server saw of the closing handshakes. */
  Closes closes();

  /**
   * Returns where a conversation is to be had.
   *
   * @param id names the conversation in {@link #closes()}
   * @param conversation the command and its arguments, see {@link Conversation}
   */
  default URI uri(boolean secure, String id, String conversation) {
    return URI.create(
        "%s://localhost:%d%s%s/%s"
            .formatted(secure ? "wss" : "ws", port(secure), Conversation.PATH, id, conversation));
  }

  @Override
  void close();
}
