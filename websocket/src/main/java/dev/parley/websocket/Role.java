// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

/**
 * The side of the connection that a half of the core plays. The rules are one code; the role is a
 * value.
 */
public enum Role {
  /** Opened the connection; masks what it sends (RFC 6455 §5.3). */
  CLIENT,
  /** Accepted the connection; refuses what is not masked (RFC 6455 §5.1). */
  SERVER;

  /** Returns the role at the other end. */
  public Role peer() {
    return this == CLIENT ? SERVER : CLIENT;
  }
}
