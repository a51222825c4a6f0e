// SPDX-License-Identifier: Apache-2.0

/** A WebSocket server that tests script frame by frame and byte by byte, and a bad network. */
module dev.parley.testkit {
  requires transitive dev.parley.websocket;
  requires static transitive org.jspecify;

  exports dev.parley.testkit;
}
