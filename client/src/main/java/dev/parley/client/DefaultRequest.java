// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.handshake.Headers;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Completes every request of a client: headers that it does not set by itself, and, where it names
 * no host, the host and a prefix of the path.
 *
 * {@snippet :
 * try (HttpClient client =
 *     HttpClient.create(
 *         config ->
 *             config
 *                 .install(WebSockets.PLUGIN)
 *                 .install(
 *                     DefaultRequest.PLUGIN,
 *                     request -> request.url(url).header("Authorization", "Bearer token123")))) {
 *   client.webSocket("/rooms/1", session -> session.send("Hello, room 1!"));
 *   client.webSocket("/rooms/2", session -> session.send("Hello, room 2!"));
 * }
 * }
 *
 * <p>Where the {@code url} is {@code wss://api.example.com/v1}, the first session is opened at
 * {@code wss://api.example.com/v1/rooms/1}.
 *
 * <p>Headers go to whatever host a request names. Do not install one that is a secret of a single
 * host in a client that also talks to others.
 */
public final class DefaultRequest {
  /** The plugin, to be installed. */
  public static final HttpClientPlugin<Config, DefaultRequest> PLUGIN =
      new HttpClientPlugin<>() {
        private final AttributeKey<DefaultRequest> key = new AttributeKey<>("DefaultRequest");

        @Override
        public AttributeKey<DefaultRequest> key() {
          return key;
        }

        @Override
        public DefaultRequest prepare(Consumer<Config> configure) {
          Config config = new Config();
          configure.accept(config);
          return new DefaultRequest(config);
        }

        @Override
        public void install(DefaultRequest plugin, HttpClient client) {
          client.hooks().onRequest(plugin::complete);
        }
      };

  private final Headers headers;
  private final @Nullable Boolean secure;
  private final @Nullable String host;
  private final int port;
  private final String pathPrefix;

  /** What every request is completed with. Setters return this. Default: nothing. */
  public static final class Config {
    private final Headers.Builder headers = Headers.builder();
    private @Nullable Boolean secure;
    private @Nullable String host;
    private int port;
    private String pathPrefix = "";

    private Config() {}

    /**
     * Sets scheme, host, port and path prefix at once.
     *
     * @throws IllegalArgumentException if this is no WebSocket URL, or it has a query
     */
    public Config url(String url) {
      Url parsed = Url.parse(url);
      if (parsed.scheme() == null || parsed.query() != null) {
        throw new IllegalArgumentException(
            "URL has "
                + (parsed.query() == null ? "no scheme" : "a query")
                + ", expected scheme, host, port and path");
      }
      secure = parsed.scheme() == Scheme.WSS;
      host = parsed.host();
      port = parsed.port();
      return pathPrefix(parsed.path());
    }

    /**
     * Sets the host of requests that name none.
     *
     * @throws IllegalArgumentException if it is neither a name nor an address
     */
    public Config host(String host) {
      this.host = Url.parseHost(host);
      return this;
    }

    /**
     * Sets the port of requests that name no host.
     *
     * @throws IllegalArgumentException if it is not in 1 to 65535
     */
    public Config port(int port) {
      this.port = Url.requirePort(port);
      return this;
    }

    /**
     * Sets what the path of requests that name no host begins with. A slash at its end is not
     * doubled.
     *
     * @throws IllegalArgumentException if it has a query or a fragment
     */
    public Config pathPrefix(String prefix) {
      Url parsed = Url.parseTarget(prefix);
      if (parsed.query() != null) {
        throw new IllegalArgumentException("path prefix has a query");
      }
      String path = parsed.path();
      pathPrefix = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
      return this;
    }

    /**
     * Adds a header field line for requests that have no field of this name.
     *
     * @throws IllegalArgumentException if it is refused by {@link HttpRequestBuilder#header}
     */
    public Config header(String name, String value) {
      new HttpRequestBuilder(null).header(name, value); // judged now, not at every request
      headers.add(name, value);
      return this;
    }
  }

  private DefaultRequest(Config config) {
    this.headers = config.headers.build();
    this.secure = config.secure;
    this.host = config.host;
    this.port = config.port;
    this.pathPrefix = config.pathPrefix;
  }

  private void complete(HttpRequestBuilder request) {
    Headers given = request.headers();
    for (Headers.Field field : headers.fields()) {
      if (!given.contains(field.name())) {
        request.header(field.name(), field.value());
      }
    }
    if (request.host() == null) {
      request.path(pathPrefix + request.path());
      if (host != null) {
        request.host(host);
      }
      request.complete(secure, port);
    }
  }

  /** Shows the names of the headers; a value may be a secret. */
  @Override
  public String toString() {
    return "DefaultRequest[" + Objects.requireNonNullElse(host, "no host") + ", " + headers + "]";
  }
}
