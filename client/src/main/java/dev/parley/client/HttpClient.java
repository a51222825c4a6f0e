// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.time.Duration;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Opens WebSocket sessions, and sends plain requests of HTTP by the same configuration. Made once
 * and used for as many sessions as needed, by any number of threads.
 *
 * <p>Opening blocks until the session is open, at most for {@code openTimeout}. It throws
 *
 * <ul>
 *   <li>{@link IllegalArgumentException} where the request is wrong, before a byte is sent;
 *   <li>{@link IllegalStateException} where {@link WebSockets} is not installed, or the client is
 *       closed;
 *   <li>{@link WebSocketUpgradeException} where the server refused, with its response;
 *   <li>{@link dev.parley.websocket.WebSocketProtocolException} where the server broke the
 *       protocol, a {@link dev.parley.websocket.handshake.HandshakeException} with the reason;
 *   <li>{@link WebSocketOpeningException} where there was no connection or no answer in time, with
 *       the phase that failed, the reason, and most often an {@link java.io.IOException} as its
 *       cause;
 *   <li>{@link dev.parley.websocket.WebSocketInterruptedException} where the thread was
 *       interrupted, with the interrupt flag set again; the connection is dropped;
 *   <li>whatever a hook of a plugin throws, unchanged.
 * </ul>
 *
 * <p>The methods with a {@link WebSocketBlock} open a session, run the block, and close the
 * session: with {@link CloseReason#NORMAL} when the block returns, with {@link
 * CloseReason#INTERNAL_ERROR} when it throws; what the block throws, checked or not, reaches the
 * caller unchanged. Closing waits for the peer, at most for {@code closeTimeout}, but not on a
 * thread that is interrupted. The methods that return a session leave its closing to the caller.
 *
 * <p>{@code ws} and {@code wss} supply the scheme where the URL has none, and refuse the other
 * scheme. In a URL, {@code http} and {@code https} are taken for {@code ws} and {@code wss}, and
 * the other way round in a plain request; see {@link HttpRequestBuilder} for the rules of URLs.
 *
 * <p>Nothing of a client keeps the JVM running: its threads are daemons, and there is no shutdown
 * hook. Where the JVM exits without {@link #close}, no Close frame is sent; the operating system
 * ends the connections, and servers see 1006. What {@code outgoing()} had taken up to a millisecond
 * before may be lost.
 */
public final class HttpClient implements AutoCloseable {
  private final Attributes plugins = new Attributes();
  private final PluginHooks hooks = new PluginHooks();
  private final WebSocketOpener opener;

  /** Those that may open more sessions. */
  private final Set<Reconnection> reconnections = ConcurrentHashMap.newKeySet();

  private volatile boolean closed;

  private HttpClient(HttpClientConfig config) {
    opener = new WebSocketOpener(this, config);
    config.installations().forEach(installation -> installation.into(this, plugins));
    hooks.close();
  }

  /** Makes a client with {@link WebSockets} and its defaults. */
  public static HttpClient create() {
    return create(config -> config.install(WebSockets.PLUGIN));
  }

  /**
   * Makes a client.
   *
   * @param configure installs the plugins: {@link WebSockets}, and what else is wanted
   * @throws IllegalArgumentException if a setting makes no sense
   */
  public static HttpClient create(Consumer<HttpClientConfig> configure) {
    HttpClientConfig config = new HttpClientConfig();
    configure.accept(config);
    return new HttpClient(config);
  }

  /**
   * Returns an installed plugin.
   *
   * @throws IllegalStateException if it is not installed; the message says how to install it
   */
  public <P> P plugin(HttpClientPlugin<?, P> plugin) {
    P installed = installed(plugin);
    if (installed == null) {
      throw new IllegalStateException(
          "plugin %1$s is not installed: HttpClient.create(config -> config.install(%1$s.PLUGIN))"
              .formatted(plugin.key()));
    }
    return installed;
  }

  /** Returns a plugin, or {@code null} where it is not installed. */
  <P> @Nullable P installed(HttpClientPlugin<?, P> plugin) {
    return plugins.get(plugin.key());
  }

  /** Returns where a plugin hooks into what this client sends, while it is being installed. */
  public PluginHooks hooks() {
    return hooks;
  }

  /** Opens a session, runs a block with it, and closes it. */
  public void webSocket(String url, WebSocketBlock block) {
    run(null, request -> request.url(url), block);
  }

  /**
   * Opens a session without TLS, runs a block with it, and closes it.
   *
   * @param method {@link HttpMethod#GET}; any other is refused (RFC 6455 §4.1)
   * @param host a name or an address
   * @param port 1 to 65535
   * @param path path and query
   * @param block is run with the session
   */
  public void webSocket(
      HttpMethod method, String host, int port, String path, WebSocketBlock block) {
    run(null, to(method, host, port, path), block);
  }

  /** Opens a session, runs a block with it, and closes it. */
  public void webSocket(Consumer<HttpRequestBuilder> request, WebSocketBlock block) {
    run(null, request, block);
  }

  /** Opens a session without TLS, runs a block with it, and closes it. */
  public void ws(String url, WebSocketBlock block) {
    run(Scheme.WS, request -> request.url(url), block);
  }

  /**
   * Opens a session without TLS, runs a block with it, and closes it.
   *
   * @param method {@link HttpMethod#GET}; any other is refused (RFC 6455 §4.1)
   * @param host a name or an address
   * @param port 1 to 65535
   * @param path path and query
   * @param block is run with the session
   */
  public void ws(HttpMethod method, String host, int port, String path, WebSocketBlock block) {
    run(Scheme.WS, to(method, host, port, path), block);
  }

  /** Opens a session without TLS, runs a block with it, and closes it. */
  public void ws(Consumer<HttpRequestBuilder> request, WebSocketBlock block) {
    run(Scheme.WS, request, block);
  }

  /** Opens a session over TLS, runs a block with it, and closes it. */
  public void wss(String url, WebSocketBlock block) {
    run(Scheme.WSS, request -> request.url(url), block);
  }

  /**
   * Opens a session over TLS, runs a block with it, and closes it.
   *
   * @param method {@link HttpMethod#GET}; any other is refused (RFC 6455 §4.1)
   * @param host a name or an address
   * @param port 1 to 65535
   * @param path path and query
   * @param block is run with the session
   */
  public void wss(HttpMethod method, String host, int port, String path, WebSocketBlock block) {
    run(Scheme.WSS, to(method, host, port, path), block);
  }

  /** Opens a session over TLS, runs a block with it, and closes it. */
  public void wss(Consumer<HttpRequestBuilder> request, WebSocketBlock block) {
    run(Scheme.WSS, request, block);
  }

  /** Opens a session that the caller closes. */
  public DefaultClientWebSocketSession webSocketSession(String url) {
    return webSocketSession(url, request -> {});
  }

  /** Opens a session that the caller closes. */
  public DefaultClientWebSocketSession webSocketSession(
      String url, Consumer<HttpRequestBuilder> request) {
    return webSocketSession(to(url, request));
  }

  /** Opens a session that the caller closes. */
  public DefaultClientWebSocketSession webSocketSession(Consumer<HttpRequestBuilder> request) {
    return open(null, request);
  }

  /**
   * Opens a raw session, which the caller closes: it delivers every frame as it came, decoded by
   * the extensions, fragments and control frames included, and answers nothing by itself. Whoever
   * uses it answers a Ping with a Pong, and a Close with {@link
   * WebSocketSession#close(CloseReason)}, within {@code closeTimeout}; after the peer's Close
   * nothing else can be sent.
   */
  public ClientWebSocketSession webSocketRawSession(String url) {
    return webSocketRawSession(url, request -> {});
  }

  /** Opens a raw session; see {@link #webSocketRawSession(String)}. */
  public ClientWebSocketSession webSocketRawSession(
      String url, Consumer<HttpRequestBuilder> request) {
    return webSocketRawSession(to(url, request));
  }

  /** Opens a raw session; see {@link #webSocketRawSession(String)}. */
  public ClientWebSocketSession webSocketRawSession(Consumer<HttpRequestBuilder> request) {
    WebSocketOpener.Opened opened = open(null, request, Delivery.FRAMES);
    return new DelegatingClientWebSocketSession(opened.session(), opened.call());
  }

  /**
   * Sends a plain request of HTTP, by way of {@code java.net.http}, and waits for the whole
   * response, at most for {@link HttpRequestBuilder#timeout}. Plugins, TLS, the proxy, and how
   * connections are made are those of the client, as for a WebSocket. HTTP/2 is spoken where a
   * server with TLS knows it. {@link WebSockets} need not be installed.
   *
   * <p>Every status is returned, also 404 and 500, and a redirect unless {@link Redirects} are
   * installed. A request that fails is not sent again, but where the JDK does so by its own rules:
   * a GET or HEAD that found its old connection closed.
   *
   * @param request says where to, with which method, headers and body; a GET by default
   * @return the response with its body
   * @throws IllegalArgumentException if the request is wrong, before a byte is sent
   * @throws IllegalStateException if the client is closed
   * @throws HttpRequestException if there is no response: the network, TLS or a proxy was in the
   *     way, time ran out, or a limit was reached
   * @throws WebSocketInterruptedException if the thread was interrupted, with the interrupt flag
   *     set again; the request is given up, and may have been heard
   */
  public HttpResponse request(Consumer<HttpRequestBuilder> request) {
    return send(HttpMethod.GET, request);
  }

  /** Sends a plain GET request; see {@link #request}. */
  public HttpResponse get(String url) {
    return get(url, request -> {});
  }

  /** Sends a plain GET request; see {@link #request}. */
  public HttpResponse get(String url, Consumer<HttpRequestBuilder> request) {
    return get(to(url, request));
  }

  /** Sends a plain GET request; see {@link #request}. */
  public HttpResponse get(Consumer<HttpRequestBuilder> request) {
    return send(HttpMethod.GET, request);
  }

  /** Sends a plain HEAD request; see {@link #request}. */
  public HttpResponse head(String url) {
    return head(url, request -> {});
  }

  /** Sends a plain HEAD request; see {@link #request}. */
  public HttpResponse head(String url, Consumer<HttpRequestBuilder> request) {
    return head(to(url, request));
  }

  /** Sends a plain HEAD request; see {@link #request}. */
  public HttpResponse head(Consumer<HttpRequestBuilder> request) {
    return send(HttpMethod.HEAD, request);
  }

  /** Sends a plain OPTIONS request; see {@link #request}. */
  public HttpResponse options(String url) {
    return options(url, request -> {});
  }

  /** Sends a plain OPTIONS request; see {@link #request}. */
  public HttpResponse options(String url, Consumer<HttpRequestBuilder> request) {
    return options(to(url, request));
  }

  /** Sends a plain OPTIONS request; see {@link #request}. */
  public HttpResponse options(Consumer<HttpRequestBuilder> request) {
    return send(HttpMethod.OPTIONS, request);
  }

  /** Sends a plain DELETE request; see {@link #request}. */
  public HttpResponse delete(String url) {
    return delete(url, request -> {});
  }

  /** Sends a plain DELETE request; see {@link #request}. */
  public HttpResponse delete(String url, Consumer<HttpRequestBuilder> request) {
    return delete(to(url, request));
  }

  /** Sends a plain DELETE request; see {@link #request}. */
  public HttpResponse delete(Consumer<HttpRequestBuilder> request) {
    return send(HttpMethod.DELETE, request);
  }

  /** Sends a plain POST request; see {@link #request}. */
  public HttpResponse post(String url, Consumer<HttpRequestBuilder> request) {
    return post(to(url, request));
  }

  /** Sends a plain POST request; see {@link #request}. */
  public HttpResponse post(Consumer<HttpRequestBuilder> request) {
    return send(HttpMethod.POST, request);
  }

  /** Sends a plain PUT request; see {@link #request}. */
  public HttpResponse put(String url, Consumer<HttpRequestBuilder> request) {
    return put(to(url, request));
  }

  /** Sends a plain PUT request; see {@link #request}. */
  public HttpResponse put(Consumer<HttpRequestBuilder> request) {
    return send(HttpMethod.PUT, request);
  }

  /** Sends a plain PATCH request; see {@link #request}. */
  public HttpResponse patch(String url, Consumer<HttpRequestBuilder> request) {
    return patch(to(url, request));
  }

  /** Sends a plain PATCH request; see {@link #request}. */
  public HttpResponse patch(Consumer<HttpRequestBuilder> request) {
    return send(HttpMethod.PATCH, request);
  }

  private HttpResponse send(HttpMethod method, Consumer<HttpRequestBuilder> configure) {
    HttpRequestBuilder request = HttpRequestBuilder.plain(this, method);
    configure.accept(request);
    return opener.plainRequests().send(request);
  }

  /**
   * Opens a session whose messages are streams, of any length at constant memory, which the caller
   * closes; see {@link StreamingClientWebSocketSession}.
   */
  public StreamingClientWebSocketSession webSocketStreamingSession(String url) {
    return webSocketStreamingSession(url, request -> {});
  }

  /** Opens a streaming session; see {@link #webSocketStreamingSession(String)}. */
  public StreamingClientWebSocketSession webSocketStreamingSession(
      String url, Consumer<HttpRequestBuilder> request) {
    return webSocketStreamingSession(to(url, request));
  }

  /** Opens a streaming session; see {@link #webSocketStreamingSession(String)}. */
  public StreamingClientWebSocketSession webSocketStreamingSession(
      Consumer<HttpRequestBuilder> request) {
    WebSocketOpener.Opened opened = open(null, request, Delivery.FRAGMENTS);
    return new StreamingClientWebSocketSession(opened.call(), opened.session());
  }

  /**
   * Keeps a conversation going: opens a session, has the handler use it, and opens another where it
   * was lost. Returns at once; also the first session is opened by a virtual thread of the {@link
   * Reconnector}, and a failure of that is judged like any other.
   *
   * @param request called for each attempt anew, so that it may have a new token or the id of the
   *     last event
   * @param policy when to open again, and what becomes of what is to be sent meanwhile
   * @param handler resumes and uses each session
   * @throws IllegalStateException if {@link WebSockets} is not installed, or the client is closed
   */
  public Reconnector reconnecting(
      Consumer<HttpRequestBuilder> request, ReconnectPolicy policy, ReconnectHandler handler) {
    Objects.requireNonNull(handler, "handler");
    Duration closeTimeout = plugin(WebSockets.PLUGIN).closeTimeout();
    Reconnector reconnector =
        new Reconnector(
            reconnection(request, policy, true), handler, policy.unsent(), closeTimeout);
    reconnector.start();
    return reconnector;
  }

  /**
   * Returns one session after the other, for a loop; see {@link ReconnectingSessions}. Does not
   * block: the loop does. What the policy says of unsent messages does not matter, since each
   * session sends for itself.
   *
   * @param request called for each attempt anew, so that it may have a new token or the id of the
   *     last event
   * @param policy when to open again
   * @throws IllegalStateException if {@link WebSockets} is not installed, or the client is closed
   */
  public ReconnectingSessions sessions(
      Consumer<HttpRequestBuilder> request, ReconnectPolicy policy) {
    WebSockets unused = plugin(WebSockets.PLUGIN); // or throws
    return new ReconnectingSessions(reconnection(request, policy, false));
  }

  private Reconnection reconnection(
      Consumer<HttpRequestBuilder> request, ReconnectPolicy policy, boolean ownThread) {
    Objects.requireNonNull(request, "request");
    Reconnection reconnection =
        new Reconnection(
            () -> webSocketSession(request),
            policy,
            new SplittableRandom(),
            Reconnection.Time.SYSTEM,
            ownThread,
            reconnections::remove);
    reconnections.add(reconnection);
    if (closed) { // before, so that close() does not see it; else it does
      DefaultClientWebSocketSession unused = reconnection.cancel();
      reconnections.remove(reconnection);
      throw new IllegalStateException("the client is closed");
    }
    return reconnection;
  }

  private static Consumer<HttpRequestBuilder> to(
      String url, Consumer<HttpRequestBuilder> configure) {
    return request -> configure.accept(request.url(url));
  }

  private static Consumer<HttpRequestBuilder> to(
      HttpMethod method, String host, int port, String path) {
    return request -> request.method(method).host(host).port(port).path(path);
  }

  private DefaultClientWebSocketSession open(
      @Nullable Scheme required, Consumer<HttpRequestBuilder> configure) {
    WebSocketOpener.Opened opened = open(required, configure, Delivery.MESSAGES);
    return new DefaultClientWebSocketSession(opened.call(), opened.session());
  }

  private WebSocketOpener.Opened open(
      @Nullable Scheme required, Consumer<HttpRequestBuilder> configure, Delivery delivery) {
    WebSockets settings = plugin(WebSockets.PLUGIN);
    HttpRequestBuilder request = new HttpRequestBuilder(required);
    configure.accept(request);
    return opener.open(request, settings, delivery);
  }

  private void run(
      @Nullable Scheme required, Consumer<HttpRequestBuilder> request, WebSocketBlock block) {
    Objects.requireNonNull(block, "block");
    ClientWebSocketSession session = open(required, request);
    try {
      block.run(session);
    } catch (Throwable failure) {
      try {
        close(session, CloseReason.INTERNAL_ERROR);
      } catch (RuntimeException e) {
        failure.addSuppressed(e);
      }
      throw HttpClient.<RuntimeException>unchanged(failure);
    }
    close(session, CloseReason.NORMAL);
  }

  /** Closes a session; on a thread that is interrupted, and so must not wait, without waiting. */
  private static void close(ClientWebSocketSession session, CloseReason reason) {
    boolean mayWait = !Thread.currentThread().isInterrupted();
    try {
      session.close(reason);
    } catch (WebSocketInterruptedException e) {
      if (mayWait) {
        throw e;
      } // else it is as it should be: the flag is set still, and the closing handshake goes on
    }
  }

  /** Returns what may be told of a failure: the application's own message may hold a secret. */
  static @Nullable String shown(Throwable failure) {
    return failure instanceof WebSocketException
        ? failure.getMessage()
        : failure.getClass().getName();
  }

  /** Throws a checked exception where none is declared: what a block throws is the caller's own. */
  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // the trick itself
  static <E extends Throwable> E unchanged(Throwable failure) throws E {
    throw (E) failure;
  }

  /**
   * Closes every session that is open, with {@link CloseReason#GOING_AWAY}, and waits for the end
   * of all, at most for {@code closeTimeout}; then what is still open is dropped. Interrupting the
   * thread drops it at once. Plain requests under way fail at once. No session can be opened and no
   * request sent afterwards, and every {@link Reconnector} ends. Closing again does nothing.
   */
  @Override
  public void close() {
    closed = true;
    for (Reconnection reconnection : reconnections) {
      DefaultClientWebSocketSession unused = reconnection.cancel(); // closed below, like the others
    }
    opener.close();
  }
}
