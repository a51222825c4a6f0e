// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.Auth;
import dev.parley.client.Cookies;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import java.net.CookieHandler;
import java.util.function.Supplier;

/** Ways to say who we are. */
public final class WhoWeAre {
  private WhoWeAre() {}

  /** Sends a token, and another one where it was refused. */
  static HttpClient byToken(String url, Supplier<String> tokens) {
    return HttpClient.create(
        config ->
            config
                .install(WebSockets.PLUGIN)
                .install(Auth.PLUGIN, auth -> auth.bearer(tokens).onlyFor(url)));
  }

  /** Proves the password without sending it. */
  static HttpClient byDigest(String url, String user, String password) {
    return HttpClient.create(
        config ->
            config
                .install(WebSockets.PLUGIN)
                .install(Auth.PLUGIN, auth -> auth.digest(user, password).onlyFor(url)));
  }

  /** Shares its cookies with whoever has the same jar. */
  static HttpClient byCookie(CookieHandler jar) {
    return HttpClient.create(
        config ->
            config
                .install(WebSockets.PLUGIN)
                .install(Cookies.PLUGIN, cookies -> cookies.handler(jar)));
  }
}
