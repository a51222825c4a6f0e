// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.ClientWebSocketSession;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.ReconnectHandler;
import dev.parley.client.ReconnectPolicy;
import dev.parley.client.ReconnectPolicy.Unsent;
import dev.parley.client.Reconnector;
import dev.parley.client.Transition;
import dev.parley.client.WebSockets;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A server that is killed, or shut down, and started again under a hundred senders: for a quarter
 * of a minute in the gate, for five minutes with {@code -Dexam.full=true}. It writes each message
 * into its ledger before it does anything else with it.
 */
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class RestartsTest {
  private static final int SENDERS = 100;
  private static final Duration LENGTH =
      Boolean.getBoolean("exam.full") ? Duration.ofMinutes(5) : Duration.ofSeconds(15);
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final String LEDGER = "restarts";
  private static final Path STORY = Path.of("target", "restarts.log");
  private static final ReconnectPolicy POLICY =
      ReconnectPolicy.DEFAULT
          .withDelays(Duration.ofMillis(100), Duration.ofSeconds(1))
          .withUnsent(new Unsent.Keep(1_000, 1 << 20));

  private final HttpClient client = HttpClient.create(config -> config.install(WebSockets.PLUGIN));
  private final Queue<String> story = new ConcurrentLinkedQueue<>();

  /** A permit for each sender that is connected. */
  private final Semaphore open = new Semaphore(0);

  private final CountDownLatch stop = new CountDownLatch(1);
  private NodeServer server = NodeServer.start();
  private final long begun = System.nanoTime(); // the server may have had to be installed

  @AfterEach
  void end() {
    client.close();
    server.close();
  }

  @Test
  void loseNothingThatWasNotHandedToALostSession() throws Exception {
    Path file = NodeServer.file(LEDGER);
    Files.deleteIfExists(file);
    List<Sender> senders = IntStream.range(0, SENDERS).mapToObj(Sender::new).toList();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      senders.forEach(sender -> all.add(threads.submit(sender::send)));
      int restarts = restartAgainAndAgain();
      stop.countDown();
      for (Future<?> each : all) {
        each.get();
      }
      all.clear();
      senders.forEach(sender -> all.add(threads.submit(sender.reconnector::close)));
      for (Future<?> each : all) {
        each.get();
      }
      assertThat(restarts).isGreaterThanOrEqualTo(2);
    }

    Ledger ledger = Ledger.read(file);
    Result sum = new Result(0, 0, 0, 0, 0);
    for (Sender sender : senders) {
      sum = sum.plus(sender.judge(ledger));
    }
    tell(sum.toString());
    Files.write(STORY, story);
    assertThat(sum.received()).isPositive();
  }

  /** Ends the server whenever all are connected, and has another one take its place. */
  private int restartAgainAndAgain() throws Exception {
    Random random = new Random(0);
    int restarts = 0;
    awaitAll();
    try (ScheduledExecutorService fate = Executors.newSingleThreadScheduledExecutor()) {
      while (System.nanoTime() - begun < LENGTH.toNanos()) {
        int inTheMidstOfItAll = random.nextInt(2_000);
        boolean gently = random.nextInt(3) == 0;
        fate.schedule(() -> endServer(gently), inTheMidstOfItAll, TimeUnit.MILLISECONDS).get();
        fate.schedule(this::startServerAgain, random.nextInt(2_000), TimeUnit.MILLISECONDS).get();
        awaitAll();
        tell("all %d senders are connected".formatted(SENDERS));
        restarts++;
      }
    }
    return restarts;
  }

  private void endServer(boolean gently) {
    if (gently) {
      server.shutDown();
      tell("the server was shut down");
    } else {
      server.kill();
      tell("the server was killed");
    }
  }

  private void startServerAgain() {
    tell(
        "the server is started again; %d senders are connected".formatted(open.availablePermits()));
    server = server.again();
  }

  private void awaitAll() throws InterruptedException {
    boolean all = open.tryAcquire(SENDERS, SOON.toSeconds(), TimeUnit.SECONDS);
    assertThat(all).as("all connect in time, %d did", open.availablePermits()).isTrue();
    open.release(SENDERS);
  }

  private void tell(String what) {
    double seconds = (System.nanoTime() - begun) / 1e9;
    story.add(String.format(Locale.ROOT, "%7.3f s  %s", seconds, what));
  }

  /** What became of messages. */
  private record Result(long sessions, long received, long notReceived, long inDoubt, long unsent) {
    Result plus(Result other) {
      return new Result(
          sessions + other.sessions,
          received + other.received,
          notReceived + other.notReceived,
          inDoubt + other.inDoubt,
          unsent + other.unsent);
    }

    @Override
    public String toString() {
      return ("%d sessions: %d messages received, %d handed to the system before a loss and not"
              + " received, of these %d in doubt; %d never sent; none twice, none out of order")
          .formatted(sessions, received, notReceived, inDoubt, unsent);
    }
  }

  /** The numbers that a session brought, in order without a gap: from the first, so many. */
  private static final class Entry {
    private int first;
    private int count;

    void add(int number) {
      if (count == 0) {
        first = number;
      }
      assertThat(number).as("next number of a session").isEqualTo(first + count);
      count++;
    }
  }

  /** What the servers wrote down. */
  private static final class Ledger {
    private final Map<String, Entry> entries = new HashMap<>();

    static Ledger read(Path file) throws IOException {
      Ledger ledger = new Ledger();
      try (var lines = Files.lines(file)) {
        lines.forEach(ledger::add);
      }
      return ledger;
    }

    private void add(String line) {
      int space = line.lastIndexOf(' ');
      String session = line.substring(0, space);
      String message = line.substring(space + 1);
      Entry entry = entries.get(session);
      if (entry == null) {
        assertThat(message).as("first message of a session").isEqualTo("resume");
        entries.put(session, new Entry());
      } else {
        entry.add(Integer.parseInt(message));
      }
    }

    Entry of(int sender, int attempt) {
      return entries.getOrDefault(sender + " " + attempt, new Entry());
    }
  }

  /** Sends the numbers from 1 on, over as many sessions as it takes. */
  private final class Sender implements ReconnectHandler {
    private final int id;
    private final List<Used> sessions = new ArrayList<>();
    private final List<Integer> inDoubt = new ArrayList<>();
    private final Reconnector reconnector;
    private int attempt;
    private int last;

    private record Used(DefaultClientWebSocketSession session, int attempt) {}

    Sender(int id) {
      this.id = id;
      String url = server.uri(false, Integer.toString(id), "ledger/" + LEDGER) + "/";
      this.reconnector =
          client.reconnecting(
              request -> request.url(url + ++attempt),
              id == 0 ? POLICY.withListener(this::heard) : POLICY,
              this);
    }

    private void heard(Transition step) {
      tell("  one of them: " + step);
    }

    @Override
    public void resume(ClientWebSocketSession session) {
      sessions.add(new Used((DefaultClientWebSocketSession) session, attempt));
      session.send("resume");
    }

    @Override
    public void run(ClientWebSocketSession session) {
      open.release();
      try {
        for (Frame unused : session.incoming()) {} // what the server sends back, up to its Close
      } finally {
        open.acquireUninterruptibly();
      }
    }

    @Override
    public void inDoubt(Frame message, WebSocketException failure) {
      inDoubt.add(Integer.parseInt(((Frame.Text) message).readText()));
    }

    void send() {
      Random pauses = new Random(id);
      try {
        do {
          reconnector.send(Integer.toString(last + 1));
          last++;
        } while (!stop.await(20 + pauses.nextInt(40), TimeUnit.MILLISECONDS));
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    /**
     * Holds the ledger against what each session took: the first session took the numbers from 1
     * on, each other one those that follow. Of those its server received the first ones, and all of
     * them where the session was closed and not lost.
     */
    Result judge(Ledger ledger) {
      switch (reconnector.awaitEnd()) {
        case Transition.Ending.Done done -> {}
        case Transition.Ending.GaveUp gaveUp -> throw new AssertionError(gaveUp);
        case Transition.Ending.Failed failed -> throw new AssertionError(failed.failure());
      }
      int next = 1;
      long received = 0;
      for (Used used : sessions) {
        int taken = (int) used.session().closeInfo().orElseThrow().messagesAccepted() - 1;
        Entry entry = ledger.of(id, used.attempt());
        assertThat(entry.count).as("received of what a session took").isLessThanOrEqualTo(taken);
        if (entry.count > 0) {
          assertThat(entry.first).as("first number of a session").isEqualTo(next);
        }
        next += Math.max(taken, 0);
        received += entry.count;
        if (used.equals(sessions.getLast())) {
          assertThat(entry.count).as("received of what the last session took").isEqualTo(taken);
        }
      }
      int unsent = reconnector.unsent().size();
      assertThat(next + unsent).as("numbers sent or returned").isEqualTo(last + 1);
      return new Result(sessions.size(), received, next - 1 - received, inDoubt.size(), unsent);
    }
  }
}
