// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.Connector;
import dev.parley.client.transport.NameResolver;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.ProxyRoutes;
import dev.parley.client.transport.SocketConnector;
import dev.parley.client.transport.SocketOptions;
import dev.parley.client.transport.TlsOptions;
import dev.parley.websocket.handshake.HeadLimits;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a client is made of. Setters return this; used only while the client is being made. */
public final class HttpClientConfig {
  private static final int MOST_IN_AN_ARRAY = Integer.MAX_VALUE - 8;

  private final List<Installation<?, ?>> installations = new ArrayList<>();
  private HeadLimits headLimits = HeadLimits.DEFAULT;
  private TlsOptions tls = TlsOptions.DEFAULT;
  private @Nullable ProxyOptions proxy;
  private ProxyRoutes proxies = ProxyRoutes.direct();
  private NameResolver resolver = NameResolver.PLATFORM;
  private SocketOptions sockets = SocketOptions.DEFAULT;
  private Function<SocketConnector, Connector> connector = sockets -> sockets;
  private Duration requestTimeout = Duration.ofSeconds(15);
  private long maxBodySize = 64 << 20;

  /** A plugin and the user's configuration of it. */
  record Installation<C, P>(HttpClientPlugin<C, P> plugin, Consumer<C> configure) {
    void into(HttpClient client, Attributes plugins) {
      P prepared = plugin.prepare(configure);
      plugins.put(plugin.key(), prepared);
      plugin.install(prepared, client);
    }
  }

  HttpClientConfig() {}

  /** Installs a plugin with its defaults. */
  public HttpClientConfig install(HttpClientPlugin<?, ?> plugin) {
    return install(plugin, config -> {});
  }

  /**
   * Installs a plugin.
   *
   * @param configure changes the plugin's configuration, which begins with its defaults
   * @throws IllegalArgumentException if the plugin is installed already
   */
  public <C> HttpClientConfig install(HttpClientPlugin<C, ?> plugin, Consumer<C> configure) {
    for (Installation<?, ?> other : installations) {
      if (other.plugin().key() == plugin.key()) {
        throw new IllegalArgumentException("plugin " + plugin.key() + " is installed already");
      }
    }
    installations.add(new Installation<>(plugin, Objects.requireNonNull(configure, "configure")));
    return this;
  }

  /**
   * Sets how large the head of a response may be. Default: {@link HeadLimits#DEFAULT}. For a plain
   * request over TLS, the JDK's HTTP client has limits of its own.
   */
  public HttpClientConfig headLimits(HeadLimits limits) {
    this.headLimits = Objects.requireNonNull(limits, "limits");
    return this;
  }

  /** Returns how large the head of a response may be. */
  public HeadLimits headLimits() {
    return headLimits;
  }

  /**
   * Sets whom to trust, and who we are, over TLS. Default: {@link TlsOptions#DEFAULT}, whom the
   * platform trusts.
   */
  public HttpClientConfig tls(TlsOptions options) {
    this.tls = Objects.requireNonNull(options, "options");
    return this;
  }

  /** Returns whom to trust, and who we are, over TLS. */
  public TlsOptions tls() {
    return tls;
  }

  /**
   * Sets the proxy to go through, in place of any {@link #proxies}. Default: {@code null}, none.
   */
  public HttpClientConfig proxy(@Nullable ProxyOptions options) {
    this.proxy = options;
    this.proxies = ProxyRoutes.through(options);
    return this;
  }

  /**
   * Sets what chooses the proxies for each destination, in place of any {@link #proxy}: {@link
   * ProxyRoutes#ofEnvironment()}, what a {@link java.net.ProxySelector} says, or a choice of your
   * own. Default: none, whatever the environment and the system properties say.
   */
  public HttpClientConfig proxies(ProxyRoutes routes) {
    this.proxy = null;
    this.proxies = Objects.requireNonNull(routes, "routes");
    return this;
  }

  /** Returns what chooses the proxies for each destination. */
  public ProxyRoutes proxies() {
    return proxies;
  }

  /** Returns the one proxy to go through, or {@code null}. */
  public @Nullable ProxyOptions proxy() {
    return proxy;
  }

  /**
   * Sets what looks names up. Default: {@link NameResolver#PLATFORM}. With a proxy, that is the
   * proxy's name only.
   */
  public HttpClientConfig resolver(NameResolver resolver) {
    this.resolver = Objects.requireNonNull(resolver, "resolver");
    return this;
  }

  /** Returns what looks names up. */
  public NameResolver resolver() {
    return resolver;
  }

  /** Sets what is set on each TCP socket. Default: {@link SocketOptions#DEFAULT}. */
  public HttpClientConfig sockets(SocketOptions options) {
    this.sockets = Objects.requireNonNull(options, "options");
    return this;
  }

  /** Returns what is set on each TCP socket. */
  public SocketOptions sockets() {
    return sockets;
  }

  /**
   * Sets how connections are made. Default: TCP, through the proxy if there is one, with TLS where
   * it is due.
   *
   * <p>Before the first plain request, the function is asked once more, for a connector that leaves
   * out TLS: it gets a default that does so, and TLS is then shaken hands over by the JDK's HTTP
   * client, as {@link #tls} says. One that is put in its place has to leave it out too.
   *
   * @param connector gets the default, to change it, to wrap it, or to put another in its place
   */
  public HttpClientConfig connector(Function<SocketConnector, Connector> connector) {
    this.connector = Objects.requireNonNull(connector, "connector");
    return this;
  }

  /** Returns what makes a connector when it is needed. */
  Supplier<Connector> connectorLater(SocketConnector sockets) {
    Function<SocketConnector, Connector> chosen = connector;
    return () -> Objects.requireNonNull(chosen.apply(sockets), "connector");
  }

  /**
   * Sets how long a plain request may take in all, to the last byte of the response's body.
   * Default: 15 seconds, as for an opening. {@link HttpRequestBuilder#timeout} sets it for one
   * request.
   *
   * @throws IllegalArgumentException if it is not more than zero
   */
  public HttpClientConfig requestTimeout(Duration timeout) {
    requestTimeout = requirePositive("requestTimeout", timeout);
    return this;
  }

  /** Returns how long a plain request may take in all. */
  public Duration requestTimeout() {
    return requestTimeout;
  }

  /**
   * Sets the most bytes that the body of a plain request's response may have; beyond, the request
   * fails. Default: 64 MiB, as for a message: it is held in memory as a whole. Memory is taken as
   * bytes arrive.
   *
   * @throws IllegalArgumentException if it is negative, or more than an array can hold
   */
  public HttpClientConfig maxBodySize(long bytes) {
    if (bytes < 0 || bytes > MOST_IN_AN_ARRAY) {
      throw new IllegalArgumentException(
          "maxBodySize of " + bytes + ", expected 0 to " + MOST_IN_AN_ARRAY);
    }
    maxBodySize = bytes;
    return this;
  }

  /** Returns the most bytes that the body of a plain request's response may have. */
  public long maxBodySize() {
    return maxBodySize;
  }

  static Duration requirePositive(String name, Duration duration) {
    if (!Objects.requireNonNull(duration, name).isPositive()) {
      throw new IllegalArgumentException(name + " of " + duration + ", expected more than zero");
    }
    return duration;
  }

  List<Installation<?, ?>> installations() {
    return List.copyOf(installations);
  }
}
