// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.handshake.Headers;
import java.io.IOException;
import java.net.CookieHandler;
import java.net.CookieManager;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * Sends the cookies that a {@link CookieHandler} has for a URL, and gives it those that a response
 * sets, granted or refused, at each step of a redirect. Where a request has a {@code Cookie} header
 * of its own, these cookies come after it.
 *
 * <p>The handler is asked for {@code http} and {@code https} URLs, so that a {@link CookieManager}
 * may be shared with an HTTP client, and a cookie of a login sent with a WebSocket.
 */
public final class Cookies {
  /** The plugin, to be installed. */
  public static final HttpClientPlugin<Config, Cookies> PLUGIN =
      new HttpClientPlugin<>() {
        private final AttributeKey<Cookies> key = new AttributeKey<>("Cookies");

        @Override
        public AttributeKey<Cookies> key() {
          return key;
        }

        @Override
        public Cookies prepare(Consumer<Config> configure) {
          Config config = new Config();
          configure.accept(config);
          return new Cookies(config.handler);
        }

        @Override
        public void install(Cookies plugin, HttpClient client) {
          // Nothing to hook into: inside of all hooks, the client itself asks for this plugin.
        }
      };

  private final CookieHandler handler;

  /** Where cookies are kept. */
  public static final class Config {
    private CookieHandler handler = new CookieManager();

    private Config() {}

    /**
     * Sets what keeps the cookies. Default: a {@link CookieManager} of the client's own, in memory,
     * which takes cookies from the original server only.
     */
    public Config handler(CookieHandler handler) {
      this.handler = Objects.requireNonNull(handler, "handler");
      return this;
    }
  }

  private Cookies(CookieHandler handler) {
    this.handler = handler;
  }

  /** Returns the cookies for a URL. */
  List<String> cookies(Url url) {
    Map<String, List<String>> fields;
    try {
      fields = handler.get(uri(url), Map.of());
    } catch (IOException e) {
      throw new WebSocketException("the cookie handler has no answer: " + HttpClient.shown(e), e);
    }
    List<String> cookies = new ArrayList<>();
    fields.forEach(
        (name, values) -> {
          if (name.equalsIgnoreCase("Cookie")) {
            cookies.addAll(values);
          }
        });
    return cookies;
  }

  /** Takes the cookies of a response. */
  void take(Url url, Headers headers) {
    Map<String, List<String>> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    for (Headers.Field field : headers.fields()) {
      fields.computeIfAbsent(field.name(), name -> new ArrayList<>()).add(field.value());
    }
    try {
      handler.put(uri(url), fields);
    } catch (IOException e) {
      throw new WebSocketException(
          "the cookie handler takes no cookies: " + HttpClient.shown(e), e);
    }
  }

  private static URI uri(Url url) {
    return URI.create(Url.http(url.toString()));
  }

  /** Shows the kind of the handler, and no cookie. */
  @Override
  public String toString() {
    return "Cookies[" + handler.getClass().getSimpleName() + "]";
  }
}
