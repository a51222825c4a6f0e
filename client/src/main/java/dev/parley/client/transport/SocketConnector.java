// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import dev.parley.client.events.OpeningPhaseEvent;
import dev.parley.client.transport.ProxyException.Reason;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Connects sockets: looks the name up, races its addresses as RFC 8305 says (IPv6 first, each with
 * 250 ms of a head start over the next), and shakes hands over TLS where it is due, all within one
 * deadline. With a proxy, that is whose name is looked up and who is connected to; then comes a
 * tunnel through it, and TLS with the destination inside. Where there are several ways, each but
 * the last has an equal share of the time that is left to find out whether it can be gone, so that
 * a proxy which is silent leaves time for the next. Immutable.
 */
public final class SocketConnector implements Connector {
  /**
   * A look-up knows neither deadlines nor interrupts. It has a platform thread, because it would
   * hold the carrier of a virtual one as long as the name server is silent.
   */
  private static final ThreadFactory LOOK_UPS =
      Thread.ofPlatform().name("parley-look-up").daemon().factory();

  private static final ThreadFactory ATTEMPTS = Thread.ofVirtual().factory();

  private final ThreadFactory lookUps;
  private final ReadinessLoop loop;
  private final BufferPool buffers;
  private final @Nullable TlsOptions tls; // null: TLS with destinations is somebody else's
  private final @Nullable UnixDomainSocketAddress unixSocket;
  private final ProxyRoutes routes;
  private final NameResolver resolver;
  private final SocketOptions sockets;

  /** Where the last opening went: thousands of sessions at one place keep it once. */
  private volatile @Nullable InetSocketAddress lastAddress;

  /** Makes a connector for TCP. */
  public SocketConnector(ReadinessLoop loop, BufferPool buffers, TlsOptions tls) {
    this(LOOK_UPS, loop, buffers, tls);
  }

  /** Makes one whose look-ups run on threads of this factory. */
  SocketConnector(ThreadFactory lookUps, ReadinessLoop loop, BufferPool buffers, TlsOptions tls) {
    this(
        lookUps,
        loop,
        buffers,
        tls,
        null,
        ProxyRoutes.direct(),
        NameResolver.PLATFORM,
        SocketOptions.DEFAULT);
  }

  private SocketConnector(
      ThreadFactory lookUps,
      ReadinessLoop loop,
      BufferPool buffers,
      @Nullable TlsOptions tls,
      @Nullable UnixDomainSocketAddress unixSocket,
      ProxyRoutes routes,
      NameResolver resolver,
      SocketOptions sockets) {
    this.lookUps = lookUps;
    this.loop = loop;
    this.buffers = buffers;
    this.tls = tls;
    this.unixSocket = unixSocket;
    this.routes = routes;
    this.resolver = resolver;
    this.sockets = sockets;
  }

  /**
   * Returns a connector that reaches every destination, or the proxy, through a Unix-domain socket;
   * the host only serves TLS then.
   */
  public SocketConnector withUnixSocket(Path path) {
    UnixDomainSocketAddress address = UnixDomainSocketAddress.of(path);
    return new SocketConnector(lookUps, loop, buffers, tls, address, routes, resolver, sockets);
  }

  /**
   * Returns a connector that goes through a proxy.
   *
   * @param proxy the proxy; {@code null} for none
   */
  public SocketConnector withProxy(@Nullable ProxyOptions proxy) {
    return withProxies(ProxyRoutes.through(proxy));
  }

  /** Returns a connector that goes through whatever proxies are chosen for a destination. */
  public SocketConnector withProxies(ProxyRoutes routes) {
    Objects.requireNonNull(routes, "routes");
    return new SocketConnector(lookUps, loop, buffers, tls, unixSocket, routes, resolver, sockets);
  }

  /** Returns a connector that looks names up by a resolver of its own. */
  public SocketConnector withResolver(NameResolver resolver) {
    Objects.requireNonNull(resolver, "resolver");
    return new SocketConnector(lookUps, loop, buffers, tls, unixSocket, routes, resolver, sockets);
  }

  /** Returns a connector that sets options on each TCP socket before it connects. */
  public SocketConnector withSockets(SocketOptions options) {
    Objects.requireNonNull(options, "options");
    return new SocketConnector(lookUps, loop, buffers, tls, unixSocket, routes, resolver, options);
  }

  /**
   * Returns a connector that leaves out TLS with destinations, which is then the business of
   * whoever uses the transport. All else is the same, TLS with a proxy too.
   */
  public SocketConnector withoutTls() {
    return new SocketConnector(lookUps, loop, buffers, null, unixSocket, routes, resolver, sockets);
  }

  @Override
  public Transport connect(Destination destination, Deadline deadline)
      throws IOException, InterruptedException {
    List<Optional<ProxyOptions>> ways =
        destination.unixSocket() == null ? routes.to(destination) : List.of(Optional.empty());
    List<IOException> failures = new ArrayList<>();
    for (Optional<ProxyOptions> way : ways) {
      Deadline reach = share(deadline, ways.size() - failures.size());
      try {
        return connect(destination, way.orElse(null), reach, deadline);
      } catch (IOException e) {
        routes.failed(destination, way, e);
        if (!isOutOfReach(e) || failures.size() == ways.size() - 1 || deadline.isOver()) {
          failures.forEach(e::addSuppressed);
          throw e;
        }
        failures.add(e);
      }
    }
    throw new IllegalStateException("no way to " + destination + ", expected at least one");
  }

  /** Returns until when the first of so many ways may take to find out whether it can be gone. */
  private static Deadline share(Deadline deadline, int ways) {
    return deadline.isNone() || ways == 1
        ? deadline
        : Deadline.after(Duration.ofNanos(deadline.remainingNanos() / ways));
  }

  /**
   * Tells whether another way may lead there, as the proxy, or on the straight way the destination,
   * has no address or did not take the connection. Where either was talked to, none does.
   */
  static boolean isOutOfReach(@Nullable Throwable e) {
    return switch (e) {
      case ProxyException proxy -> proxy.reason() == Reason.UNREACHABLE;
      case OpeningTimeoutException late ->
          late.phase() == OpeningPhase.LOOK_UP
              || late.phase() == OpeningPhase.CONNECT
              || isOutOfReach(late.getCause()); // of a proxy: the cause tells how far that came
      case ConnectException none -> true;
      case UnknownHostException unknown -> true;
      case null, default -> false;
    };
  }

  /**
   * Goes one way.
   *
   * @param reach until when it must be clear that the proxy, or the destination, takes a connection
   */
  private Transport connect(
      Destination destination, @Nullable ProxyOptions proxy, Deadline reach, Deadline deadline)
      throws IOException, InterruptedException {
    if (proxy == null) {
      return connect(destination, tls, reach, deadline);
    }
    return secured(tunnel(proxy, destination, reach, deadline), destination, tls, deadline);
  }

  /** Connects straight to a destination. */
  private Transport connect(
      Destination destination, @Nullable TlsOptions tls, Deadline reach, Deadline deadline)
      throws IOException, InterruptedException {
    Transport channel = connect(addresses(destination, reach), destination, reach);
    return secured(channel, destination, tls, deadline);
  }

  private Transport secured(
      Transport below, Destination destination, @Nullable TlsOptions tls, Deadline deadline)
      throws IOException, InterruptedException {
    if (!destination.secure() || tls == null) {
      return below;
    }
    OpeningPhaseEvent event = OpeningPhaseEvent.begun();
    boolean done = false;
    try {
      Transport secured = TlsTransport.connect(below, destination, tls, buffers, deadline);
      done = true;
      return secured;
    } finally {
      OpeningPhaseEvent.over(event, OpeningPhase.TLS, destination, done);
    }
  }

  private Transport tunnel(
      ProxyOptions proxy, Destination destination, Deadline reach, Deadline deadline)
      throws IOException, InterruptedException {
    HttpConnectTunnel http = new HttpConnectTunnel(proxy, destination);
    Deadline connected = reach;
    while (true) {
      OpeningPhaseEvent event = OpeningPhaseEvent.begun();
      Transport transport = connect(proxy, connected, deadline);
      connected = deadline; // it is there, should it want to be asked again by another connection
      boolean open = false;
      try {
        TunnelExchange exchange = new TunnelExchange(transport, proxy, destination, deadline);
        switch (proxy.kind()) {
          case HTTP, HTTPS -> open = http.open(exchange);
          case SOCKS4A -> {
            SocksTunnel.open4a(exchange);
            open = true;
          }
          case SOCKS5 -> {
            SocksTunnel.open5(exchange);
            open = true;
          }
        }
        if (open) {
          return new ProxiedTransport(transport, proxy);
        }
      } finally {
        OpeningPhaseEvent.over(event, OpeningPhase.PROXY, proxy.destination(), open);
        if (!open) {
          transport.close();
        }
      }
    }
  }

  private Transport connect(ProxyOptions proxy, Deadline reach, Deadline deadline)
      throws IOException, InterruptedException {
    try {
      return connect(proxy.destination(), proxy.tls(), reach, deadline);
    } catch (IOException e) {
      String message = "the proxy " + proxy.destination() + " is out of reach: " + e.getMessage();
      throw switch (e) {
        case SocketTimeoutException timeout ->
            new OpeningTimeoutException(OpeningPhase.PROXY, message, timeout);
        case SSLException tls -> new ProxyException(Reason.TLS, message, tls);
        case ThreadRefusedException refused -> refused;
        default -> new ProxyException(Reason.UNREACHABLE, message, e);
      };
    }
  }

  private List<? extends SocketAddress> addresses(Destination destination, Deadline deadline)
      throws IOException, InterruptedException {
    Path own = destination.unixSocket();
    if (own != null) {
      return List.of(UnixDomainSocketAddress.of(own));
    } else if (unixSocket != null) {
      return List.of(unixSocket);
    }
    List<InetAddress> all =
        destination.isAddress()
            ? List.of(InetAddress.getByName(destination.host())) // read, and not looked up
            : lookUp(destination, deadline);
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (InetAddress address : AddressRace.interleaved(all)) {
      if (sockets.reach(address)) {
        addresses.add(asLast(new InetSocketAddress(address, destination.port())));
      }
    }
    if (addresses.isEmpty()) {
      throw new ConnectException(
          "no connection to " + destination + ": no address of the family of our own");
    }
    return addresses;
  }

  /** Returns the address of the last opening if it is the same. */
  private InetSocketAddress asLast(InetSocketAddress address) {
    InetSocketAddress last = lastAddress;
    if (last != null
        && last.equals(address)
        && last.getHostString().equals(address.getHostString())) {
      return last;
    }
    lastAddress = address;
    return address;
  }

  private List<InetAddress> lookUp(Destination destination, Deadline deadline)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    OpeningPhaseEvent event = OpeningPhaseEvent.begun();
    boolean done = false;
    CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
    Runnable question =
        () -> {
          try {
            answer.complete(List.copyOf(resolver.resolve(destination.host())));
          } catch (Throwable e) {
            answer.completeExceptionally(e);
          }
        };
    try {
      lookUps.newThread(question).start();
    } catch (RuntimeException | Error e) {
      throw new ThreadRefusedException("looking up " + destination.host(), e);
    }
    try {
      List<InetAddress> found =
          answer.get(Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
      if (found.isEmpty()) {
        throw new UnknownHostException(destination.host() + " has no address");
      }
      done = true;
      return found;
    } catch (TimeoutException e) {
      throw timeout(
          OpeningPhase.LOOK_UP, "no address of " + destination.host() + " found", start, e);
    } catch (ExecutionException e) {
      throw causedBy(
          new UnknownHostException(destination.host() + " has no address"), e.getCause());
    } finally {
      OpeningPhaseEvent.over(event, OpeningPhase.LOOK_UP, destination, done);
    }
  }

  Transport connect(
      List<? extends SocketAddress> addresses, Destination destination, Deadline deadline)
      throws IOException, InterruptedException {
    OpeningPhaseEvent event = OpeningPhaseEvent.begun();
    boolean done = false;
    try {
      AddressRace race =
          new AddressRace(
              addresses,
              destination,
              (address, until) -> ChannelTransport.connect(address, sockets, loop, until),
              ATTEMPTS,
              deadline);
      Transport connected = race.run();
      done = true;
      return connected;
    } finally {
      OpeningPhaseEvent.over(event, OpeningPhase.CONNECT, destination, done);
    }
  }

  private static OpeningTimeoutException timeout(
      OpeningPhase phase, String message, long start, Exception cause) {
    long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
    return new OpeningTimeoutException(phase, message + " after " + millis + " ms", cause);
  }

  private static <E extends Exception> E causedBy(E failure, @Nullable Throwable cause) {
    failure.initCause(cause);
    return failure;
  }
}
