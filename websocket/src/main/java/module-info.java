// SPDX-License-Identifier: Apache-2.0

/** The WebSocket protocol without I/O: bytes in, events out, for clients and servers alike. */
module dev.parley.websocket {
  requires static transitive org.jspecify;

  exports dev.parley.websocket;
  exports dev.parley.websocket.extension;
  exports dev.parley.websocket.handshake;
}
