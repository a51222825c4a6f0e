// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import dev.parley.compliance.Trace.Side;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * The server of the suite: plays a case for each connection, on a virtual thread.
 *
 * <p>A driver in the same JVM asks for a case with {@link #expect}. A client elsewhere is driven as
 * Autobahn's fuzzing server drives it: {@code /getCaseCount}, {@code /runCase?case=N&agent=NAME},
 * {@code /getCaseInfo?case=N}, {@code /getCaseStatus?case=N&agent=NAME}, {@code
 * /updateReports?agent=NAME}.
 */
final class FuzzingServer implements AutoCloseable {
  /**
   * A case that was played.
   *
   * @param exchange the server's side of it
   * @param departure how it ended early, or {@code null} where it was played to its end
   * @param trace what went over the wire
   */
  record Played(Exchange exchange, @Nullable Finding departure, Trace trace) {
    Finding judge(@Nullable Outcome outcome) {
      return departure != null ? departure : exchange.judge(outcome);
    }
  }

  /** A case for which a client is expected. */
  static final class Appointment {
    private final Case played;
    private final URI uri;
    private final CompletableFuture<Played> done = new CompletableFuture<>();
    private volatile @Nullable Socket socket;

    Appointment(Case played, URI uri) {
      this.played = played;
      this.uri = uri;
    }

    URI uri() {
      return uri;
    }

    CompletableFuture<Played> done() {
      return done;
    }

    /** Ends it where it hangs. */
    void cancel() {
      Socket open = socket;
      if (open != null) {
        hangUp(open);
      }
    }
  }

  private final ServerSocket listener;
  private final @Nullable SSLContext tls;
  private final Duration patience;
  private final List<Case> numbered;
  private final Map<String, Appointment> appointments = new ConcurrentHashMap<>();
  private final AtomicInteger tokens = new AtomicInteger();
  private final Map<String, Map<Integer, CompletableFuture<Finding>>> statuses =
      new ConcurrentHashMap<>();

  private FuzzingServer(
      ServerSocket listener, @Nullable SSLContext tls, Duration patience, List<Case> numbered) {
    this.listener = listener;
    this.tls = tls;
    this.patience = patience;
    this.numbered = numbered;
  }

  /**
   * Starts a server on the loopback interface.
   *
   * @param port the port, or {@code 0} for any
   * @param tls what to present, or {@code null} for a server without TLS
   * @param patience how long to wait for anything that a client has to do
   * @param cases what {@code /runCase} numbers from 1 on, but for those that need a client which
   *     takes instructions
   */
  static FuzzingServer start(
      int port, @Nullable SSLContext tls, Duration patience, List<Case> cases) throws IOException {
    ServerSocket listener = new ServerSocket();
    listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 1000);
    List<Case> numbered = cases.stream().filter(one -> one.settings().suitAnyClient()).toList();
    FuzzingServer server = new FuzzingServer(listener, tls, patience, numbered);
    Thread.ofVirtual().name("fuzzing-server").start(server::accept);
    return server;
  }

  /** Returns the URI of the root. */
  URI uri() {
    return URI.create(
        (tls == null ? "ws" : "wss") + "://localhost:" + listener.getLocalPort() + "/");
  }

  /** Gets ready to play a case for the client that will open the appointment's URI. */
  Appointment expect(Case next) {
    String path = "run/" + tokens.incrementAndGet();
    Appointment appointment = new Appointment(next, uri().resolve(path));
    appointments.put("/" + path, appointment);
    return appointment;
  }

  /** Returns what {@code /runCase} numbers. */
  List<Case> numbered() {
    return numbered;
  }

  /** Returns the findings on a client that came by {@code /runCase}, by number. */
  Map<Integer, Finding> findings(String agent) {
    Map<Integer, Finding> all = new HashMap<>();
    statuses(agent)
        .forEach(
            (number, finding) -> {
              if (finding.isDone()) {
                all.put(number, finding.join());
              }
            });
    return all;
  }

  private Map<Integer, CompletableFuture<Finding>> statuses(String agent) {
    return statuses.computeIfAbsent(agent, name -> new ConcurrentHashMap<>());
  }

  private void accept() {
    try {
      for (; ; ) {
        Socket socket = listener.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      // closed: the server ends
    }
  }

  private void serve(Socket raw) {
    try (raw) {
      raw.setTcpNoDelay(true);
      Socket socket = raw;
      if (tls != null) {
        SSLSocket secure =
            (SSLSocket)
                tls.getSocketFactory().createSocket(raw, (InputStream) null, /* autoClose= */ true);
        secure.setUseClientMode(false);
        socket = secure;
      }
      InputStream in = new BufferedInputStream(socket.getInputStream(), 64 << 10);
      Request request = Request.read(in);
      Appointment appointment = appointments.remove(request.target());
      if (appointment != null) {
        appointment.socket = raw;
        keep(appointment, request, raw, socket, in);
      } else {
        control(request, raw, socket, in);
      }
      hangUp(socket);
    } catch (IOException e) {
      // Who does not get as far as a request is no client of a case; the driver will miss it.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void keep(
      Appointment appointment, Request request, Socket raw, Socket socket, InputStream in)
      throws IOException, InterruptedException {
    try {
      appointment.done.complete(play(appointment.played, request, raw, socket, in));
    } catch (RuntimeException | Error e) {
      appointment.done.completeExceptionally(e); // the case is broken, and not the client
    }
  }

  private Played play(Case played, Request request, Socket raw, Socket socket, InputStream in)
      throws IOException, InterruptedException {
    Trace trace = new Trace();
    trace.add(Side.CLIENT, request.brief());
    ClientReader reader = new ClientReader(in, trace);
    OutputStream out = socket.getOutputStream();
    Exchange exchange =
        new Exchange(raw, socket, out, request, played.pacing(), patience, trace, reader);
    Thread reading = Thread.ofVirtual().start(reader);
    Finding departure = null;
    try {
      played.script().play(exchange);
    } catch (Departure e) {
      departure = e.finding();
    }
    hangUp(raw);
    reading.join();
    return new Played(exchange, departure, trace);
  }

  /** Serves a client that is elsewhere. */
  private void control(Request request, Socket raw, Socket socket, InputStream in)
      throws IOException, InterruptedException {
    URI target = URI.create(request.target());
    Map<String, String> query = query(target.getRawQuery());
    String agent = query.getOrDefault("agent", "");
    int number = Integer.parseInt(query.getOrDefault("case", "0"));
    boolean known = number >= 1 && number <= numbered.size();
    String path = target.getPath().replaceFirst(".*/", "");
    if (path.equals("runCase") && known) {
      CompletableFuture<Finding> finding = new CompletableFuture<>();
      statuses(agent).put(number, finding); // whoever asks while it is played waits for it
      try {
        finding.complete(play(numbered.get(number - 1), request, raw, socket, in).judge(null));
      } catch (IOException | InterruptedException | RuntimeException | Error e) {
        finding.complete(new Finding(Verdict.FAILED, "the case was not played to its end: " + e));
        throw e;
      }
      return;
    }
    Case.Script script =
        switch (path) {
          case "getCaseCount" -> client -> say(client, Integer.toString(numbered.size()));
          case "getCaseInfo" -> client -> say(client, known ? info(numbered.get(number - 1)) : "");
          case "getCaseStatus" -> client -> tell(client, agent, number);
          case "updateReports" -> client -> say(client, "");
          default -> FuzzingServer::refuse;
        };
    Case answer = new Case("", "", "", "", Settings.PLAIN, Pacing.WHOLE, false, script);
    play(answer, request, raw, socket, in);
  }

  private static void say(Exchange client, String answer) throws InterruptedException {
    client.open();
    if (!answer.isEmpty()) {
      client.send(ServerFrame.text(answer));
    }
    client.closes();
  }

  private void tell(Exchange client, String agent, int number) throws InterruptedException {
    client.open();
    client.send(ServerFrame.text("{\"behavior\": \"" + behavior(agent, number) + "\"}")).closes();
  }

  private static void refuse(Exchange client) throws InterruptedException {
    client.respond("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    client.refuses();
  }

  private static String info(Case one) {
    return "{\"id\": \"" + one.id() + "\", \"description\": \"" + one.title() + "\"}";
  }

  /** Returns Autobahn's word for a verdict, once there is one. */
  private String behavior(String agent, int number) throws InterruptedException {
    CompletableFuture<Finding> played = statuses(agent).get(number);
    Verdict verdict = Verdict.NOT_OFFERED;
    if (played != null) {
      try {
        verdict = played.get(3 * patience.toNanos(), TimeUnit.NANOSECONDS).verdict();
      } catch (ExecutionException | TimeoutException e) {
        verdict = Verdict.FAILED;
      }
    }
    return switch (verdict) {
      case STRICT -> "OK";
      case TOLERATED -> "NON-STRICT";
      case FAILED -> "FAILED";
      case NOT_OFFERED -> "UNIMPLEMENTED";
    };
  }

  private static Map<String, String> query(@Nullable String text) {
    Map<String, String> all = new HashMap<>();
    for (String pair : (text == null ? "" : text).split("&", -1)) {
      int sign = pair.indexOf('=');
      if (sign > 0) {
        all.put(
            pair.substring(0, sign),
            URLDecoder.decode(pair.substring(sign + 1), StandardCharsets.UTF_8));
      }
    }
    return all;
  }

  private static void hangUp(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // there is nothing more to close
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
  }
}
