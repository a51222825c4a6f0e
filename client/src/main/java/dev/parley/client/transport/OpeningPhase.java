// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

/** The parts of an opening, in their order: where one fails, those before it went well. */
public enum OpeningPhase {
  /** The name of the host is looked up. */
  LOOK_UP,
  /** The addresses of the host are raced. */
  CONNECT,
  /** The proxy, if there is one, is connected to and asked for a tunnel. */
  PROXY,
  /** TLS shakes hands with the server, for {@code wss}. */
  TLS,
  /** The opening request is sent. */
  REQUEST,
  /** The server's answer is awaited, read and judged. */
  RESPONSE
}
