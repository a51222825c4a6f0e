// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.HttpAuthentication;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.ProxyRoutes;
import java.util.List;
import java.util.Optional;

/** Ways to choose a proxy, and to tell it who asks. */
public final class ProxyChoices {
  /** A scheme of authentication that nobody else knows. */
  static final HttpAuthentication TOKEN =
      () -> (request, challenges) -> challenges.isEmpty() ? "Bearer t-4711" : null;

  private ProxyChoices() {}

  /** Proves the password without sending it. */
  static ProxyOptions withDigest(ProxyOptions proxy, String user, String password) {
    return proxy.withAuthentication(HttpAuthentication.digest(user, password));
  }

  /** Goes the way that the environment says. */
  static void asTheEnvironmentSays(String url) {
    try (HttpClient client =
        HttpClient.create(
            config -> config.install(WebSockets.PLUGIN).proxies(ProxyRoutes.ofEnvironment()))) {
      client.webSocket(url, session -> session.send("Hello!"));
    }
  }

  /** Goes straight within the company, and else through whichever proxy is there. */
  static ProxyRoutes within(ProxyOptions first, ProxyOptions second) {
    ProxyRoutes routes =
        destination ->
            destination.host().endsWith(".corp.example")
                ? List.of(Optional.empty())
                : List.of(Optional.of(first), Optional.of(second));
    return routes;
  }
}
