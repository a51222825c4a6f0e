// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.AttributeKey;
import dev.parley.client.HttpClient;
import dev.parley.client.HttpClientCall;
import dev.parley.client.HttpClientPlugin;
import dev.parley.client.HttpRequestBuilder;
import dev.parley.client.PluginHooks;
import dev.parley.client.WebSockets;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** A plugin of one's own: sends a token with each request, and a new one where it was refused. */
public final class TokenPlugin {
  /** The plugin, to be installed. */
  public static final HttpClientPlugin<Config, TokenPlugin> PLUGIN =
      new HttpClientPlugin<>() {
        private final AttributeKey<TokenPlugin> key = new AttributeKey<>("TokenPlugin");

        @Override
        public AttributeKey<TokenPlugin> key() {
          return key;
        }

        @Override
        public TokenPlugin prepare(Consumer<Config> configure) {
          Config config = new Config();
          configure.accept(config);
          return new TokenPlugin(config.tokens);
        }

        @Override
        public void install(TokenPlugin plugin, HttpClient client) {
          client.hooks().onSend(plugin::send);
        }
      };

  /** What a user sets. */
  public static final class Config {
    private Supplier<String> tokens = () -> "";

    /** Sets where tokens come from; asked for the first, and again when one was refused. */
    public Config tokens(Supplier<String> tokens) {
      this.tokens = tokens;
      return this;
    }
  }

  private final Supplier<String> tokens;
  private volatile String token;

  private TokenPlugin(Supplier<String> tokens) {
    this.tokens = tokens;
    this.token = tokens.get();
  }

  private HttpClientCall send(HttpRequestBuilder request, PluginHooks.Sender next) {
    HttpClientCall call = next.send(request.setHeader("Authorization", "Bearer " + token));
    if (call.response().status().value() != 401) {
      return call;
    }
    token = tokens.get();
    return next.send(request.setHeader("Authorization", "Bearer " + token));
  }

  public static void main(String... args) {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080";
    try (HttpClient client =
        HttpClient.create(
            config ->
                config
                    .install(WebSockets.PLUGIN)
                    .install(PLUGIN, plugin -> plugin.tokens(() -> "t" + System.nanoTime())))) {
      client.webSocket(url, session -> session.send("Let me in!"));
    }
  }
}
