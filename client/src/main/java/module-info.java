// SPDX-License-Identifier: Apache-2.0

/** The WebSocket client: what a user calls, and the transports below it. */
module dev.parley.client {
  requires transitive dev.parley.websocket;
  requires java.net.http;
  requires jdk.jfr;
  requires jdk.net;
  requires static transitive org.jspecify;

  exports dev.parley.client;
  exports dev.parley.client.transport;
}
