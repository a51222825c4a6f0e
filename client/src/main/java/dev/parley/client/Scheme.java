// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.util.Locale;

/** The two schemes of a WebSocket (RFC 6455 §3), and of a plain request: http and https. */
enum Scheme {
  WS(80),
  WSS(443);

  private final int defaultPort;

  Scheme(int defaultPort) {
    this.defaultPort = defaultPort;
  }

  int defaultPort() {
    return defaultPort;
  }

  /** Deviation: http and https are taken for ws and wss, which is what a pasted URL means. */
  static Scheme of(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "ws", "http" -> WS;
      case "wss", "https" -> WSS;
      default ->
          throw new IllegalArgumentException(
              "scheme " + name + ", expected ws or wss, or http or https");
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
