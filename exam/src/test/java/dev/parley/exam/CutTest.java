// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.ClosedReceiveChannelException;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketOpeningException;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.Connector;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.SocketConnector;
import dev.parley.client.transport.TlsOptions;
import dev.parley.client.transport.Transport;
import dev.parley.testkit.Fault;
import dev.parley.testkit.Fault.End;
import dev.parley.testkit.FaultProxy;
import dev.parley.testkit.Faults;
import dev.parley.testkit.MockConnection;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.ProxiedConnection;
import dev.parley.testkit.ProxiedConnection.Ending;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HandshakeFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import java.util.stream.LongStream;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One session, cut at every byte of every direction, in every manner.
 *
 * <p>The session: the client says hello; the server answers with two texts, a binary message in
 * three fragments, and a Ping; when it has the Pong, it closes. What of it reaches the application
 * is known for each byte from where the frames end, which a session that is not cut shows.
 *
 * <p>Where the cut comes before the response is whole, the opening fails, and says how far it came
 * and why.
 *
 * <p>Under TLS the records are cut. A handshake takes a thousand times as long as a frame, so there
 * each byte is cut in one manner, the next byte in the next, and only those around the ends of
 * frames in each, unless {@code -Dexam.full=true}. The length of a handshake varies by a few bytes,
 * and the bounds are as wide as that variation.
 */
@Row(69)
final class CutTest {
  private static final long TLS_VARIATION = 8;
  private static final int TLS_CLOSE_NOTIFY = 2;

  private static final Duration SOON = Duration.ofSeconds(20);
  private static final Duration SHORT_OPENING = Duration.ofMillis(300);

  /** How the judgement begins of what ran out of time before it came to the cut. */
  private static final String HURRIED = "; out of time before the cut";

  private static final Duration SHORT_PINGS = Duration.ofSeconds(1);
  private static final Duration SHORT = Duration.ofMillis(300);

  private static final List<Frame> MESSAGES =
      List.of(
          new Frame.Text("one"),
          new Frame.Text("two"),
          new Frame.Binary("three".getBytes(StandardCharsets.UTF_8)));
  private static final byte[] PING = {1, 2};

  private static final Seen OPENED = new Seen(true, 0, false);

  enum Line {
    PLAIN,
    COMPRESSED,
    TLS
  }

  enum Way {
    TO_SERVER,
    TO_CLIENT
  }

  /** What the application sees of a session. */
  private record Seen(boolean opened, int messages, boolean clean) {
    boolean isWithin(Seen least, Seen most) {
      return least.compare(this) && compare(most);
    }

    private boolean compare(Seen other) {
      return (!opened || other.opened) && messages <= other.messages && (!clean || other.clean);
    }
  }

  /**
   * How long a client waits for what may never come.
   *
   * @param pings how long for any byte, until it asks for one; {@code null} for ever
   * @param pongs how long for any byte after that
   */
  private record Patience(Duration opening, @Nullable Duration pings, Duration pongs) {
    static final Patience LONG = new Patience(SOON, null, CutTest.SHORT);
    static final Patience SHORT = new Patience(SHORT_OPENING, SHORT_PINGS, CutTest.SHORT);

    Patience withOpening(Duration opening) {
      return new Patience(opening, pings, pongs);
    }

    /** Returns more of it, for a slow machine. */
    Patience times(int factor) {
      return new Patience(opening.multipliedBy(factor), pings, pongs.multipliedBy(factor));
    }

    /** Returns how long a peer may be silent in an open session. */
    Duration silence() {
      return pings == null ? Duration.ZERO : pings.plus(pongs);
    }
  }

  /**
   * Where the handshake of TLS is, in one direction; zeros where there is none.
   *
   * @param certain a cut before this place comes within it for certain
   * @param over where it ends: a cut behind it comes too late
   */
  private record Shaking(long certain, long over) {}

  /** Where in one direction what happens: a floor of what the application sees, for each byte. */
  private static final class Stream {
    private final TreeMap<Long, Seen> from = new TreeMap<>();
    private final Shaking shaking;
    private final long length;

    /**
     * Lays frames behind the opening handshake.
     *
     * @param seen what the application sees from the end of the handshake on, and of each frame
     */
    Stream(
        Shaking shaking,
        long opening,
        long length,
        Line line,
        List<Integer> frames,
        List<Seen> seen) {
      this.shaking = shaking;
      this.length = length;
      long end = opening;
      long overhead = line == Line.TLS ? recordOverhead(length - opening, frames) : 0;
      from.put(Long.MIN_VALUE, new Seen(false, 0, false));
      from.put(end, seen.getFirst());
      for (int i = 0; i < frames.size(); i++) {
        end += frames.get(i) + overhead;
        from.put(end, seen.get(i + 1));
      }
    }

    /** Returns what a record has besides its content, where each frame is one, and one ends all. */
    private static long recordOverhead(long bytes, List<Integer> frames) {
      long content = frames.stream().mapToLong(Integer::longValue).sum() + TLS_CLOSE_NOTIFY;
      assertThat((bytes - content) % (frames.size() + 1)).isZero();
      return (bytes - content) / (frames.size() + 1);
    }

    Seen seenAfter(long bytes) {
      return from.floorEntry(bytes).getValue();
    }

    /** Returns where to cut. */
    List<Long> places() {
      return LongStream.rangeClosed(0, length).boxed().toList();
    }

    /** Returns in what manners to cut there. */
    List<End> ends(long place, Line line) {
      List<End> all = List.of(End.values());
      boolean each = line != Line.TLS || isNearAnEnd(place) || Boolean.getBoolean("exam.full");
      return each ? all : List.of(all.get((int) (place % all.size())));
    }

    /**
     * Returns how the opening may fail that is cut there: the phase and the reason, or the rule of
     * HTTP that a response broke which is not whole.
     */
    Set<String> failures(long place, End end) {
      Set<String> failures = new TreeSet<>();
      boolean inTls = place < shaking.over + TLS_VARIATION && shaking.over > 0;
      boolean behindTls = place > shaking.certain - TLS_VARIATION || shaking.over == 0;
      String cut =
          switch (end) {
            case FIN, RESET -> "tls-closed";
            case SILENCE -> "timeout";
          };
      if (inTls) {
        failures.add(OpeningPhase.TLS + " " + cut);
      }
      if (behindTls) {
        failures.add(
            switch (end) {
              case FIN -> HandshakeFailure.HEAD_INCOMPLETE.word();
              case RESET -> OpeningPhase.RESPONSE + " connection-lost";
              case SILENCE -> OpeningPhase.RESPONSE + " timeout";
            });
      }
      if (end == End.RESET && place == 0) { // which waits for nobody
        failures.add(OpeningPhase.CONNECT + " unreachable");
      }
      if (end == End.RESET && behindTls && (place == 0 || shaking.over > 0)) {
        failures.add(OpeningPhase.REQUEST + " connection-lost"); // it is sent meanwhile
      }
      return failures;
    }

    private boolean isNearAnEnd(long place) {
      return from.keySet().stream().anyMatch(end -> Math.abs(place - end) <= 1);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "PLAIN, TO_CLIENT",
    "PLAIN, TO_SERVER",
    "COMPRESSED, TO_CLIENT",
    "COMPRESSED, TO_SERVER",
    "TLS, TO_CLIENT",
    "TLS, TO_SERVER"
  })
  void isDeliveredUpToTheCutAndEndsOnce(Line line, Way way) throws Exception {
    try (Laboratory laboratory = new Laboratory(line)) {
      Stream stream = laboratory.stream(way);
      List<Callable<String>> cuts = new ArrayList<>();
      for (long place : stream.places()) {
        for (End end : stream.ends(place, line)) {
          cuts.add(() -> laboratory.cut(way, place, end, stream));
        }
      }
      assertThat(inParallel(cuts)).filteredOn(report -> !report.isEmpty()).isEmpty();
      laboratory.connector.assertNoneOpen(SOON);
    }
  }

  private static List<String> inParallel(List<Callable<String>> tasks) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<String> results = new ArrayList<>();
      for (Future<String> result : threads.invokeAll(tasks)) {
        results.add(result.get());
      }
      return results;
    }
  }

  /** A server for one kind of line, and its clients. */
  private static final class Laboratory implements AutoCloseable {
    private final Line line;
    private final MockWebSocketServer server;
    private final CountingConnector connector = new CountingConnector();
    private final Map<Patience, HttpClient> clients = new ConcurrentHashMap<>();

    /** So few are under way at once that each is quick; those in silence do not count. */
    private final Semaphore underWay = new Semaphore(4);

    private final Semaphore together = new Semaphore(16);

    Laboratory(Line line) {
      this.line = line;
      this.server =
          MockWebSocketServer.start(
              config -> {
                config.unscripted(script()).timeout(Duration.ofMinutes(5));
                if (line == Line.COMPRESSED) {
                  config.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate()));
                }
                if (line == Line.TLS) {
                  config.tls(TestCertificates.serverContext());
                }
              });
    }

    private Scenario script() {
      Scenario script = Scenario.accept().expect("hello");
      for (RawFrame frame : frames()) {
        script = script.send(frame);
      }
      return script.expect(new Frame.Pong(PING)).close(CloseReason.NORMAL);
    }

    /** The frames of the server, but for its Close. */
    private List<RawFrame> frames() {
      byte[] three = encoded("three");
      int third = three.length / 3;
      boolean compressed = line == Line.COMPRESSED;
      return List.of(
          RawFrame.of(Opcode.TEXT, encoded("one")).withRsv1(compressed),
          RawFrame.of(Opcode.TEXT, encoded("two")).withRsv1(compressed),
          RawFrame.of(Opcode.BINARY, Arrays.copyOf(three, third))
              .withRsv1(compressed)
              .withFin(false),
          RawFrame.of(0, Arrays.copyOfRange(three, third, 2 * third)).withFin(false),
          RawFrame.of(0, Arrays.copyOfRange(three, 2 * third, three.length)),
          RawFrame.of(Opcode.PING, PING));
    }

    private byte[] encoded(String text) {
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      if (line != Line.COMPRESSED) {
        return bytes;
      }
      // RFC 7692 §7.2.1: ended by an empty stored block, of which the last four bytes are left out.
      Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
      try {
        deflater.setInput(bytes);
        byte[] deflated = new byte[64];
        int length = deflater.deflate(deflated, 0, deflated.length, Deflater.SYNC_FLUSH);
        return Arrays.copyOf(deflated, length - 4);
      } finally {
        deflater.end();
      }
    }

    /** Runs the session once without a cut, to see where its frames end. */
    Stream stream(Way way) throws InterruptedException {
      Shaking shaking = line == Line.TLS ? shaking(way) : new Shaking(0, 0);
      try (FaultProxy proxy = FaultProxy.start(server.port());
          HttpClient client = client(Patience.LONG)) {
        DefaultClientWebSocketSession session = client.webSocketSession(url(proxy));
        ProxiedConnection connection = proxy.takeConnection(SOON);
        long requested = connection.bytesToServer();
        long answered = connection.bytesToClient();
        Report report = talk(session, () -> {});
        assertThat(report).isEqualTo(new Report(new Seen(true, MESSAGES.size(), true), ""));
        assertThat(connection.awaitEnding(SOON)).isEqualTo(Ending.FINISHED);
        MockConnection recorded = server.takeConnection(SOON);

        Seen all = new Seen(true, 3, false);
        Seen closed = new Seen(true, 3, true);
        if (way == Way.TO_SERVER) {
          List<Integer> lengths =
              recorded.frames().stream().map(frame -> frame.toBytes().length).toList();
          return new Stream(
              shaking,
              requested,
              connection.bytesToServer(),
              line,
              lengths,
              List.of(OPENED, all, closed, closed));
        }
        List<Integer> lengths = new ArrayList<>();
        frames().forEach(frame -> lengths.add(frame.toBytes().length));
        lengths.add(2 + new Frame.Close(CloseReason.NORMAL).data().length);
        Seen one = new Seen(true, 1, false);
        Seen two = new Seen(true, 2, false);
        return new Stream(
            shaking,
            answered,
            connection.bytesToClient(),
            line,
            lengths,
            List.of(OPENED, one, two, two, two, all, all, closed));
      }
    }

    /** Opens a session, to see where the handshake of TLS ends. */
    private Shaking shaking(Way way) throws InterruptedException {
      AtomicLong over = new AtomicLong();
      Function<SocketConnector, Connector> measuring =
          sockets ->
              (destination, deadline) -> {
                Transport transport = sockets.connect(destination, deadline);
                over.set(
                    way == Way.TO_SERVER ? transport.bytesDeparted() : transport.bytesArrived());
                return transport;
              };
      try (HttpClient client = client(measuring, Patience.LONG)) {
        client.webSocketSession("wss://localhost:" + server.port()).terminate();
      }
      MockConnection unused = server.takeConnection(SOON);
      // The client has said its last word of it when it has heard the server's, and not before.
      return new Shaking(way == Way.TO_SERVER ? firstWord() : over.get(), over.get());
    }

    /** Returns how much a client says to begin TLS, where nobody answers. */
    private long firstWord() {
      try (FaultProxy proxy = FaultProxy.start(server.port());
          HttpClient client = client(Patience.LONG.withOpening(SHORT))) {
        proxy.enqueue(Faults.none().toClient(Fault.stall(0)));
        assertThatExceptionOfType(WebSocketOpeningException.class)
            .isThrownBy(() -> client.webSocketSession(url(proxy)));
        return proxy.takeConnection(SOON).bytesToServer();
      }
    }

    /** Runs the session with a cut, and returns what was wrong, or nothing. */
    String cut(Way way, long place, End end, Stream stream) throws InterruptedException {
      Patience patience = end == End.SILENCE ? Patience.SHORT : Patience.LONG;
      String wrong = cut(way, place, end, stream, patience);
      for (Patience more = patience.times(4);
          wrong.contains(HURRIED) && more.opening().compareTo(SOON) < 0;
          more = more.times(4)) {
        wrong = cut(way, place, end, stream, more);
      }
      return wrong;
    }

    private String cut(Way way, long place, End end, Stream stream, Patience patience)
        throws InterruptedException {
      long variation = line == Line.TLS ? TLS_VARIATION : 0;
      // A cut behind the last byte towards the server may come before or after the answer to it.
      Seen least = stream.seenAfter(place - variation - (way == Way.TO_SERVER ? 1 : 0));
      Seen most = stream.seenAfter(place + variation);
      Patience granted = least.opened() ? patience.withOpening(SOON) : patience;
      Duration bound = TimeBound.SLACK;
      if (end == End.SILENCE) {
        bound = bound.plus(most.opened() ? patience.silence() : granted.opening());
      }
      Fault fault = Fault.cut(place, end);
      Faults faults =
          way == Way.TO_SERVER ? Faults.none().toServer(fault) : Faults.none().toClient(fault);

      Semaphore crowd = end == End.SILENCE && !least.opened() ? together : underWay;
      HttpClient client = clientFor(granted);
      try (FaultProxy proxy = FaultProxy.start(server.port());
          Permit permit = new Permit(crowd)) {
        proxy.enqueue(faults);
        long start = TimeBound.now();
        Report report =
            converse(
                client,
                proxy,
                stream.failures(place, end),
                () -> {
                  if (end == End.SILENCE) {
                    proxy.takeConnection(SOON).awaitEnding(SOON);
                    permit.giveBack();
                  }
                });
        Duration taken = TimeBound.since(start);
        String wrong = report.wrong();
        if (!report.seen().isWithin(least, most)) {
          // Where it is silence that ends the session, a slow machine may take it for that.
          wrong += end == End.SILENCE && report.seen().isWithin(OPENED, least) ? HURRIED : "";
          wrong += "; saw " + report.seen() + ", expected " + least + " to " + most;
        }
        if (taken.compareTo(bound) > 0) {
          wrong += "; took " + taken + ", expected at most " + bound;
        }
        return wrong.isEmpty() ? "" : end + " after " + place + " bytes" + wrong;
      } finally {
        if (line == Line.TLS) {
          client.close();
        }
      }
    }

    /** Under TLS each session has a client of its own, which has no TLS session to resume. */
    private HttpClient clientFor(Patience patience) {
      return line == Line.TLS ? client(patience) : clients.computeIfAbsent(patience, this::client);
    }

    private HttpClient client(Patience patience) {
      return client(connector, patience);
    }

    private HttpClient client(Function<SocketConnector, Connector> connector, Patience patience) {
      return HttpClient.create(
          config ->
              config
                  .connector(connector)
                  .tls(
                      line == Line.TLS
                          ? TlsOptions.DEFAULT.withContext(TestCertificates.clientContext())
                          : TlsOptions.DEFAULT)
                  .install(
                      WebSockets.PLUGIN,
                      ws -> {
                        ws.openTimeout(patience.opening()).closeTimeout(SHORT);
                        ws.pingInterval(patience.pings()).pongTimeout(patience.pongs());
                        if (line == Line.COMPRESSED) {
                          ws.extensions(
                              all -> all.install(WebSocketExtensions.perMessageDeflate()));
                        }
                      }));
    }

    private String url(FaultProxy proxy) {
      return (line == Line.TLS ? "wss" : "ws") + "://localhost:" + proxy.port();
    }

    private Report converse(
        HttpClient client, FaultProxy proxy, Set<String> failures, Runnable whenSaid) {
      DefaultClientWebSocketSession session;
      try {
        session = client.webSocketSession(url(proxy));
      } catch (WebSocketException e) {
        return new Report(new Seen(false, 0, false), judgeOpening(e, failures));
      }
      return talk(session, whenSaid);
    }

    private static String judgeOpening(WebSocketException e, Set<String> expected) {
      OpeningPhase latest =
          expected.contains(OpeningPhase.RESPONSE + " timeout")
              ? OpeningPhase.RESPONSE
              : OpeningPhase.TLS;
      return switch (e) {
        case HandshakeException broken when expected.contains(broken.failure().word()) ->
            broken.response() == null ? "" : "; a response that is not whole was taken for one";
        case WebSocketOpeningException failed
            when expected.contains(failed.phase() + " " + failed.reason()) ->
            failed.getCause() instanceof IOException ? "" : "; caused by " + failed.getCause();
        case WebSocketOpeningException failed
            when failed.reason().equals("timeout")
                && expected.stream().anyMatch(each -> each.endsWith(" timeout"))
                && failed.phase().compareTo(latest) < 0 ->
            HURRIED + ", in phase " + failed.phase();
        default -> "; failed by " + e + ", expected " + expected;
      };
    }

    private static Report talk(WebSocketSession session, Runnable whenSaid) {
      try {
        session.send("hello");
      } catch (WebSocketClosedException e) {
        return receive(session); // The cut came first.
      }
      whenSaid.run();
      return receive(session);
    }

    private static Report receive(WebSocketSession session) {
      int messages = 0;
      boolean clean = false;
      while (true) {
        try {
          Frame frame = session.incoming().receive(SOON).orElseThrow();
          if (frame instanceof Frame.Close) {
            clean = true;
          } else if (clean || messages == 3 || !frame.equals(MESSAGES.get(messages++))) {
            return new Report(new Seen(true, messages, clean), "; got " + frame);
          }
        } catch (WebSocketException end) {
          return new Report(new Seen(true, messages, clean), judge(session, end, clean));
        }
      }
    }

    /** Judges the one terminal event, and that nothing else comes after it. */
    private static String judge(WebSocketSession session, WebSocketException end, boolean clean) {
      String wrong = "";
      if (clean != end instanceof ClosedReceiveChannelException
          || (!clean && !(end.getCause() instanceof IOException))) {
        wrong += "; ended by " + end + " with cause " + end.getCause();
      }
      if (!Objects.equals(session.closeReason().join(), clean ? CloseReason.NORMAL : null)) {
        wrong += "; ended with " + session.closeReason().join();
      }
      assertThatExceptionOfType(end.getClass())
          .isThrownBy(() -> session.incoming().receive())
          .withMessage(end.getMessage());
      assertThatExceptionOfType(WebSocketClosedException.class)
          .isThrownBy(() -> session.send("after the end"));
      return wrong;
    }

    @Override
    public void close() {
      clients.values().forEach(HttpClient::close);
      server.close();
    }
  }

  /**
   * What the application sees, and whatever it should not have seen.
   *
   * @param wrong empty where there is no such thing
   */
  private record Report(Seen seen, String wrong) {}

  /** A permit that is given back once. */
  private static final class Permit implements AutoCloseable {
    private final Semaphore semaphore;
    private final AtomicBoolean held = new AtomicBoolean(true);

    Permit(Semaphore semaphore) throws InterruptedException {
      this.semaphore = semaphore;
      semaphore.acquire();
    }

    @Override
    public void close() {
      giveBack();
    }

    void giveBack() {
      if (held.getAndSet(false)) {
        semaphore.release();
      }
    }
  }
}
