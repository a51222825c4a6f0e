// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

/**
 * Every reason for which an opening handshake fails by the peer's fault: a word that stays the same
 * from release to release, and where the rule stands.
 */
public enum HandshakeFailure {
  /** The bytes are no HTTP/1.1. */
  BAD_HTTP("bad-http", "RFC 9112 §2.2"),
  /** A line or the whole head is larger than {@link HeadLimits} allows. */
  HEAD_TOO_LARGE("too-large", "RFC 9110 §5.4"),
  /** The head has more lines than {@link HeadLimits} allows. */
  TOO_MANY_HEADERS("too-many", "RFC 9110 §5.4"),
  /** The stream ended before the head did. */
  HEAD_INCOMPLETE("incomplete", "RFC 9112 §8"),
  /** The server does not switch protocols. */
  STATUS_NOT_101("status-not-101", "RFC 6455 §4.1"),
  /** The 101 announces a body, and so leaves open where the frames begin. */
  BODY_ON_101("body-on-101", "RFC 9110 §8.6, RFC 9112 §6.1"),
  /** {@code Upgrade} is missing or says something else than {@code websocket}. */
  BAD_UPGRADE("bad-upgrade", "RFC 6455 §4.1"),
  /** {@code Connection} does not list {@code Upgrade}. */
  BAD_CONNECTION("bad-connection", "RFC 6455 §4.1"),
  /** {@code Sec-WebSocket-Accept} does not prove that the server read our key. */
  BAD_ACCEPT("bad-accept", "RFC 6455 §4.1"),
  /** The server chose a subprotocol that was not offered. */
  BAD_SUBPROTOCOL("bad-subprotocol", "RFC 6455 §4.1"),
  /** The server answered with an extension that was not offered, or not like that. */
  BAD_EXTENSION("bad-extension", "RFC 6455 §9.1");

  private final String word;
  private final String section;

  HandshakeFailure(String word, String section) {
    this.word = word;
    this.section = section;
  }

  /** Returns the stable word, as in {@code bad-accept}. */
  public String word() {
    return word;
  }

  /** Returns where the rule stands. */
  public String section() {
    return section;
  }
}
