// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.connection.KeyStream;
import dev.parley.client.connection.MaskingKeys;
import dev.parley.client.connection.OpeningExchange;
import dev.parley.client.connection.OpeningExchange.Answer;
import dev.parley.client.connection.WebSocketConnection;
import dev.parley.client.events.OpeningEvent;
import dev.parley.client.transport.BufferPool;
import dev.parley.client.transport.Connector;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.ReadinessLoop;
import dev.parley.client.transport.SocketConnector;
import dev.parley.client.transport.Transport;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.Outbound;
import dev.parley.websocket.Role;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.handshake.ClientHandshake;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.security.SecureRandom;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Where the API meets the machinery: opens connections for a client and ends them with it. */
final class WebSocketOpener implements AutoCloseable {
  private static final int NONCE_BYTES = 16; // RFC 6455 §4.1

  private static final System.Logger LOGGER = System.getLogger("dev.parley.client");

  private static final ThreadFactory THREADS = Thread.ofVirtual().factory();

  private final HttpClient client;
  private final HeadLimits headLimits;
  private final ReadinessLoop loop = new ReadinessLoop();
  private final BufferPool buffers = new BufferPool();
  private final Connector connector;
  private final PlainRequests plainRequests;
  private final SecureRandom random = new SecureRandom();
  private final KeyStream maskingKeys = new KeyStream(random);

  private static final HttpStatus SWITCHING_PROTOCOLS = new HttpStatus(101, "Switching Protocols");

  private final Set<WebSocketConnection> open = ConcurrentHashMap.newKeySet();

  /** Of what {@link #close} waits for: a latch that tells when it is gone. */
  private final Map<WebSocketConnection, CountDownLatch> awaited = new ConcurrentHashMap<>();

  /** What is run when a connection is gone: one for all, as it would keep its opening. */
  private final Consumer<WebSocketConnection> forgetting = this::forget;

  /** Where the last request went: thousands of sessions at one place keep it once. */
  private volatile HttpRequest.@Nullable Place lastPlace;

  private volatile boolean closed;

  WebSocketOpener(HttpClient client, HttpClientConfig config) {
    this.client = client;
    this.headLimits = config.headLimits();
    SocketConnector sockets =
        new SocketConnector(loop, buffers, config.tls())
            .withProxies(config.proxies())
            .withResolver(config.resolver())
            .withSockets(config.sockets());
    this.connector = config.connectorLater(sockets).get();
    this.plainRequests =
        new PlainRequests(client, config, config.connectorLater(sockets.withoutTls()));
  }

  /** A connection that is open, with what the server answered. */
  record Opened(HttpClientCall call, WebSocketSession session) {}

  /** Opens a connection: the hooks around it, one deadline for all. */
  Opened open(HttpRequestBuilder request, WebSockets settings, Delivery delivery) {
    OpeningEvent event = OpeningEvent.begun();
    try (Opening opening = new Opening(request.start(settings.openTimeout()), settings, delivery)) {
      Opened opened = opening.run(request);
      tell(event, request, opened.session(), 101, "open");
      return opened;
    } catch (WebSocketUpgradeException e) {
      tell(event, request, null, e.response().status().value(), "refused");
      throw e;
    } catch (RuntimeException | Error e) {
      tell(event, request, null, 0, e.getClass().getName());
      throw e;
    }
  }

  private static void tell(
      @Nullable OpeningEvent event,
      HttpRequestBuilder request,
      @Nullable WebSocketSession session,
      int status,
      String outcome) {
    if (event == null && !LOGGER.isLoggable(Level.DEBUG)) {
      return;
    }
    long number = session instanceof ConnectedSession connected ? connected.id() : 0;
    String place = request.place();
    if (event != null) {
      event.over(place, number, status, outcome);
    }
    LOGGER.log(
        Level.DEBUG,
        "session {0} at {1}: {2}, status {3}",
        number == 0 ? "(none)" : String.valueOf(number),
        place,
        outcome,
        String.valueOf(status));
  }

  /** Returns what sends the requests that open nothing. */
  PlainRequests plainRequests() {
    return plainRequests;
  }

  private HttpRequest atLastPlace(HttpRequest request) {
    HttpRequest.Place last = lastPlace;
    if (last != null && request.goesTo(last)) {
      return request.at(last);
    }
    lastPlace = request.whereTo();
    return request;
  }

  private void forget(WebSocketConnection gone) {
    open.remove(gone);
    CountDownLatch latch = awaited.remove(gone);
    if (latch != null) {
      latch.countDown();
    }
  }

  /** Returns a latch that tells when a connection is gone, which may be already. */
  private CountDownLatch awaiting(WebSocketConnection connection) {
    CountDownLatch latch = awaited.computeIfAbsent(connection, gone -> new CountDownLatch(1));
    if (!open.contains(connection)) { // who forgot it before has not seen the latch
      forget(connection);
    }
    return latch;
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("the client is closed");
    }
  }

  /** One opening. Send hooks may make several connections; all but one are dropped at the end. */
  private final class Opening implements AutoCloseable {
    private final WebSockets settings;
    private final Delivery delivery;
    private final Deadline deadline;
    private final IdentityHashMap<HttpClientCall, Connected> connected = new IdentityHashMap<>(1);

    /** Calls whose response grants the upgrade and breaks a rule of it. */
    private final IdentityHashMap<HttpClientCall, HandshakeException> broken =
        new IdentityHashMap<>(1);

    private record Connected(WebSocketConnection connection, ConnectedSession session) {}

    Opening(Deadline deadline, WebSockets settings, Delivery delivery) {
      this.settings = settings;
      this.delivery = delivery;
      this.deadline = deadline;
    }

    Opened run(HttpRequestBuilder request) {
      PluginHooks hooks = client.hooks();
      hooks.request(request);
      HttpClientCall call = hooks.send(request, this::send);
      HandshakeException reason = broken.get(call);
      if (reason != null) {
        throw reason;
      }
      hooks.response(call.response());
      if (call.response().status().value() != 101) {
        throw new WebSocketUpgradeException(call.response());
      }
      requireOpen(); // from here on the client sees the connection when it is closed
      Connected chosen = connected.remove(call);
      if (chosen == null) {
        throw new IllegalStateException("a send hook returned the call of another opening");
      }
      chosen.connection().start();
      return new Opened(call, chosen.session());
    }

    @Override
    public void close() {
      connected.values().forEach(dropped -> dropped.connection().terminate());
    }

    /** What hooks call the network: with the redirects, of which they need not know. */
    private HttpClientCall send(HttpRequestBuilder request) {
      Redirects redirects = client.installed(Redirects.PLUGIN);
      return redirects == null ? sendOnce(request) : redirects.follow(request, this::sendOnce);
    }

    private HttpClientCall sendOnce(HttpRequestBuilder builder) {
      requireOpen();
      byte[] nonce = new byte[NONCE_BYTES];
      random.nextBytes(nonce);
      ClientHandshake handshake =
          new ClientHandshake(nonce, builder.subprotocols(), settings.extensions());
      Cookies cookies = client.installed(Cookies.PLUGIN);
      HttpRequest request =
          atLastPlace(
              builder.build(
                  handshake.headers(),
                  cookies == null ? List.of() : cookies.cookies(builder.target())));
      try {
        HttpClientCall call = exchange(request, handshake);
        if (cookies != null) {
          cookies.take(request.target(), call.response().headers());
        }
        return call;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new WebSocketInterruptedException("interrupted while opening " + request.place(), e);
      }
    }

    private HttpClientCall exchange(HttpRequest request, ClientHandshake handshake)
        throws InterruptedException {
      Transport transport = connect(request);
      OpeningExchange exchange = new OpeningExchange(transport, buffers, headLimits, deadline);
      boolean handedOver = false;
      try {
        RequestHead head =
            new RequestHead(request.method().name(), request.target().target(), request.headers());
        HttpClientCall call =
            switch (exchange.run(head, handshake)) {
              case Answer.Accepted accepted -> accepted(request, transport, accepted);
              case Answer.Refused refused -> refused(request, refused, exchange.reached());
            };
        handedOver = connected.containsKey(call);
        return call;
      } catch (IOException e) {
        throw WebSocketOpeningException.of(
            request.place(), exchange.phase(), e, exchange.reached());
      } catch (HandshakeException e) {
        throw told(request, e, exchange.reached());
      } finally {
        if (!handedOver) {
          transport.close();
        }
      }
    }

    /**
     * Connects. Whatever a connector of the user's throws, the opening fails in one way; only what
     * the caller got wrong stays what it is.
     */
    private Transport connect(HttpRequest request) throws InterruptedException {
      try {
        return connector.connect(request.destination(), deadline);
      } catch (IOException e) {
        throw WebSocketOpeningException.of(request.place(), OpeningPhase.CONNECT, e, "");
      } catch (WebSocketException | IllegalArgumentException e) {
        throw e;
      } catch (RuntimeException e) {
        throw WebSocketOpeningException.of(request.place(), OpeningPhase.CONNECT, e, "");
      }
    }

    private HttpClientCall accepted(
        HttpRequest request, Transport transport, Answer.Accepted accepted) {
      var extensions = accepted.negotiated().extensions();
      WebSocketConnection connection =
          new WebSocketConnection(
              transport,
              loop,
              buffers,
              accepted.received(),
              new Inbound(Role.CLIENT, settings.limits(), delivery, extensions),
              new Outbound(Role.CLIENT, extensions, new MaskingKeys(maskingKeys)),
              settings.connectionOptions(delivery),
              THREADS,
              forgetting);
      open.add(connection);
      HttpClientCall call = call(request, accepted.head(), HttpResponse.NO_BODY, "");
      connected.put(call, new Connected(connection, new ConnectedSession(connection, extensions)));
      return call;
    }

    private HttpClientCall refused(HttpRequest request, Answer.Refused refused, String reached) {
      byte[] body = new byte[refused.body().remaining()];
      refused.body().get(body);
      HttpClientCall call = call(request, refused.head(), body, reached);
      if (refused.head().status() == 101) {
        broken.put(call, told(request, refused.reason(), reached));
      }
      return call;
    }

    private static HandshakeException told(
        HttpRequest request, HandshakeException failure, String reached) {
      return new HandshakeException("cannot open " + request.place() + ": ", failure, reached);
    }

    private HttpClientCall call(
        HttpRequest request, ResponseHead head, byte[] body, String reached) {
      boolean usual =
          head.status() == SWITCHING_PROTOCOLS.value()
              && head.reason().equals(SWITCHING_PROTOCOLS.reason());
      HttpStatus status =
          usual ? SWITCHING_PROTOCOLS : new HttpStatus(head.status(), head.reason());
      return new HttpClientCall(
          client, request, new HttpResponse(client, status, head.headers(), body, reached));
    }
  }

  /**
   * Ends what is open, all at once, each within its close timeout, and then the loop. An interrupt
   * makes it drop what is still open.
   */
  @Override
  public void close() {
    closed = true;
    plainRequests.close();
    try (ExecutorService threads = Executors.newThreadPerTaskExecutor(THREADS)) {
      open.forEach(connection -> end(connection, awaiting(connection), threads));
    } finally {
      loop.close();
    }
  }

  private void end(WebSocketConnection connection, CountDownLatch gone, Executor threads) {
    try {
      threads.execute(() -> end(connection, gone));
    } catch (OutOfMemoryError | RejectedExecutionException e) {
      connection.terminate(); // One after the other, their waits would add up.
    }
  }

  private void end(WebSocketConnection connection, CountDownLatch gone) {
    Deadline deadline = Deadline.after(client.plugin(WebSockets.PLUGIN).closeTimeout());
    try {
      connection.close(CloseReason.GOING_AWAY);
      if (gone.await(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {
        return;
      }
    } catch (WebSocketInterruptedException | InterruptedException e) {
      Thread.currentThread().interrupt(); // whoever closes the client does not want to wait
    } finally {
      connection.terminate(); // changes nothing where it is gone already
    }
  }
}
