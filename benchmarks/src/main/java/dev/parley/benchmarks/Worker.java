// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Objects;
import java.util.function.Supplier;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * The JVM of one client and one workload. It opens, warms up, prints a line with the client's
 * version, and then measures a round and prints a line for each line that it reads, until there is
 * none. What clients print goes to the standard error stream.
 */
public final class Worker {
  /** Begins each line that is for the harness. */
  public static final String MARK = "@@ ";

  /** So many times as long as is asked for, a client may warm up. */
  private static final int MOST_WARM_UPS = 8;

  /** The same where it opens sessions: that takes thousands of methods, each of them seldom. */
  public static final int MOST_WARM_UPS_TO_OPEN = 40;

  /** So often in a row its compilers must be found at rest: they rest between two steps too. */
  private static final int RESTS = 3;

  /** A client is warm when its compilers take no greater part of the time than this. */
  private static final double SETTLED = 0.05;

  /** The same for round trips: where a hundredth of them is looked at, a hundredth counts. */
  private static final double SETTLED_FOR_ROUND_TRIPS = 0.003;

  /**
   * So long nothing is asked of it before it is looked at again, as between two rounds: a client
   * that is left alone does what it does at no other time, and some of its code is compiled anew.
   */
  private static final Duration PAUSE = Duration.ofMillis(250);

  /** The same where it opens sessions: with none left, it may let go of what they share. */
  private static final Duration PAUSE_BETWEEN_OPENINGS = Duration.ofMillis(1_200);

  private Worker() {}

  /**
   * Measures.
   *
   * @param arguments the adapter's class, the workload, the plain port, the port of TLS, the
   *     certificate's file, the seconds of a round, the seconds of warming up
   */
  public static void main(String[] arguments) throws Exception {
    PrintStream out = System.out;
    System.setOut(System.err);
    Client client =
        Class.forName(arguments[0]).asSubclass(Client.class).getDeclaredConstructor().newInstance();
    Workload workload = Workload.of(arguments[1]);
    int port = Integer.parseInt(workload.tls() ? arguments[3] : arguments[2]);
    Path certificate = Path.of(arguments[4]);
    long roundNanos = nanos(arguments[5]);
    long warmUpNanos = nanos(arguments[6]);
    Settings settings =
        new Settings(
            workload.compression(),
            workload.text(),
            workload.size(),
            workload.kind() == Workload.Kind.SESSIONS || workload.kind() == Workload.Kind.IDLE
                ? workload.parties()
                : 1,
            workload.kind() == Workload.Kind.SEND_THREADS ? workload.parties() : 1,
            workload.tls() ? trusting(certificate) : null,
            workload.tls() ? certificate : null);
    if (!client.supports(settings)) {
      out.println(MARK + "unsupported");
      System.exit(0);
    }
    Bench bench = new Bench(client, workload, settings, port);
    try {
      Measure measure = measure(bench);
      warmUp(measure, bench.workload(), warmUpNanos, roundNanos);
      out.println(MARK + "ready " + client.version());
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      while (in.readLine() != null) {
        out.println(MARK + Meter.measured(measure, roundNanos));
        out.flush();
      }
    } catch (Throwable failure) {
      failure.printStackTrace();
      out.println(MARK + "failed " + String.valueOf(failure).replaceAll("\\s+", " "));
    }
    System.exit(0); // sessions and threads of all kinds may be left, and none of them matters
  }

  /**
   * Warms up for so long at least; and as long as the compilers have much to do, up to so many
   * times as long. Then does the same with pauses between.
   */
  private static void warmUp(Measure measure, Workload workload, long nanos, long roundNanos)
      throws Exception {
    long start = System.nanoTime();
    measure.warmUp(nanos);
    if (workload.kind() != Workload.Kind.IDLE) {
      boolean opens = workload.kind() == Workload.Kind.OPEN;
      double settled = workload.kind().sharesCore() ? SETTLED_FOR_ROUND_TRIPS : SETTLED;
      Duration pause = opens ? PAUSE_BETWEEN_OPENINGS : PAUSE;
      int most = opens ? MOST_WARM_UPS_TO_OPEN : MOST_WARM_UPS;
      settle(measure, roundNanos, settled, Duration.ZERO, start + most * nanos);
      long longest = MOST_WARM_UPS * (pause.toNanos() + roundNanos);
      settle(measure, roundNanos, settled, pause, System.nanoTime() + longest);
    }
  }

  private static void settle(
      Measure measure, long roundNanos, double settled, Duration pause, long end) throws Exception {
    for (int left = RESTS; left > 0 && System.nanoTime() - end < 0; ) {
      Thread.sleep(pause);
      long before = Meter.compilerNanos();
      long began = System.nanoTime();
      measure.warmUp(roundNanos);
      boolean busy = Meter.compilerNanos() - before > settled * (System.nanoTime() - began);
      left = busy ? RESTS : left - 1;
    }
  }

  private static Measure measure(Bench bench) throws Exception {
    return switch (bench.workload().kind()) {
      case ROUND_TRIP, LATE_ROUND_TRIP -> RoundTrips.on(bench);
      case IN_FLIGHT -> new PingPong(bench, 1, bench.workload().parties());
      case SESSIONS -> new PingPong(bench, bench.workload().parties(), 1);
      case SEND, SEND_NOW, SEND_THREADS -> new Sends(bench);
      case RECEIVE -> new Receives(bench);
      case STREAM -> new Streams(bench);
      case OPEN -> new Openings(bench);
      case IDLE -> new Idle(bench);
    };
  }

  private static long nanos(String seconds) {
    return (long) (Double.parseDouble(seconds) * 1e9);
  }

  private static SSLContext trusting(Path certificate)
      throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (var in = Files.newInputStream(certificate)) {
      store.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return context;
  }

  /** What a measure needs: the client, what it is to do, and where the server is. */
  record Bench(Client client, Workload workload, Settings settings, int port) {
    Session open(String path, Receiver receiver) throws Exception {
      String scheme = workload.tls() ? "wss" : "ws";
      String deflate =
          switch (workload.compression()) {
            case NONE -> "";
            case TAKEOVER -> (path.indexOf('?') < 0 ? "?" : "&") + "deflate=takeover";
            case FRESH -> (path.indexOf('?') < 0 ? "?" : "&") + "deflate=fresh";
          };
      return Objects.requireNonNull(
          client.open(
              URI.create(scheme + "://127.0.0.1:" + port + path + deflate), settings, receiver));
    }

    /** Makes what starts the threads on which this client is used. */
    Thread.Builder threads() {
      return client.prefersVirtualThreads() ? Thread.ofVirtual() : Thread.ofPlatform();
    }
  }

  /** One workload on one client. */
  interface Measure {
    /** Does the same as a round, until everything is compiled. */
    default void warmUp(long nanos) throws Exception {
      long end = System.nanoTime() + nanos;
      do {
        round(Math.max(1_000_000, Math.min(nanos / 4, end - System.nanoTime())));
      } while (System.nanoTime() < end);
    }

    /** Does it for about so long, and returns what happened. */
    Outcome round(long nanos) throws Exception;
  }

  /**
   * What happened in a round.
   *
   * @param count messages, round trips or openings
   * @param nanos how long they took
   * @param figures others, as JSON members: {@code "heap":1,"threads":2}; asked for when the round
   *     has been measured, so that what they cost is not part of it
   */
  record Outcome(long count, long nanos, Supplier<String> figures) {
    Outcome(long count, long nanos) {
      this(count, nanos, () -> "");
    }
  }
}
