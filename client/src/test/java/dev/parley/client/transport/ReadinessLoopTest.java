// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ref.WeakReference;
import java.net.Socket;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
final class ReadinessLoopTest {
  private static final Duration TENTH = Duration.ofMillis(100);

  private final ReadinessLoop loop = new ReadinessLoop();
  private final SocketConnector connector =
      new SocketConnector(loop, new BufferPool(), TlsOptions.DEFAULT);

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  private Transport connect(Peer peer) throws Exception {
    return connector.connect(peer.plain(), Deadline.after(Duration.ofSeconds(20)));
  }

  private Thread thread() throws Exception {
    CompletableFuture<Thread> thread = new CompletableFuture<>();
    loop.schedule(() -> thread.complete(Thread.currentThread()), Duration.ZERO);
    return thread.get();
  }

  private static Duration cpuTime() {
    return ProcessHandle.current().info().totalCpuDuration().orElseThrow();
  }

  /** A peer that sends nothing by itself. */
  private static Peer quiet() throws IOException {
    return new Peer(socket -> socket.getInputStream().readAllBytes());
  }

  @Nested
  @DisplayName("its thread")
  final class ItsThread {
    @Test
    void endsWhenNothingIsLeftAndStartsAgain() throws Exception {
      Thread first = thread();
      assertThat(first.isDaemon()).isTrue();
      assertThat(first.join(Duration.ofSeconds(20))).isTrue();
      assertThat(thread()).isNotSameAs(first);
      try (Peer peer = new Peer(Peer.ECHO);
          Transport transport = connect(peer)) {
        Bytes.echo(transport, 1000);
      }
    }

    @Test
    void thatIsRefusedFailsWhoNeedsItAndNobodyAfterwards() throws Exception {
      RefusingThreads threads = new RefusingThreads(Thread.ofPlatform().daemon().factory());
      threads.refuse(true);
      try (Peer peer = new Peer(Peer.ECHO);
          ReadinessLoop loop = threads.loop()) {
        SocketConnector connector = new SocketConnector(loop, new BufferPool(), TlsOptions.DEFAULT);
        Deadline deadline = Deadline.after(Duration.ofSeconds(20));

        assertThatThrownBy(() -> connector.connect(peer.plain(), deadline))
            .isInstanceOf(ThreadRefusedException.class)
            .hasMessageContaining("no thread could be started for the readiness loop")
            .hasCauseInstanceOf(OutOfMemoryError.class);
        assertThatThrownBy(() -> loop.schedule(() -> {}, Duration.ZERO))
            .isInstanceOf(UncheckedIOException.class)
            .hasCauseInstanceOf(ThreadRefusedException.class);
        assertThatThrownBy(() -> loop.runTogether(() -> {}, 1))
            .isInstanceOf(UncheckedIOException.class)
            .hasCauseInstanceOf(ThreadRefusedException.class);
        assertThatThrownBy(loop.ticker(() -> {})::schedule)
            .isInstanceOf(UncheckedIOException.class)
            .hasCauseInstanceOf(ThreadRefusedException.class);

        threads.refuse(false);
        try (Transport transport = connector.connect(peer.plain(), deadline)) {
          Bytes.echo(transport, 1000);
        }
      }
    }

    @Test
    void keepsNothingOfWhoCameFirst() throws Exception {
      InheritableThreadLocal<String> local = new InheritableThreadLocal<>();
      CompletableFuture<String> kept = new CompletableFuture<>();
      try (URLClassLoader loader = new URLClassLoader(new URL[0])) {
        Thread first =
            new Thread(
                () -> {
                  local.set("mine");
                  loop.schedule(
                      () -> {
                        ClassLoader context = Thread.currentThread().getContextClassLoader();
                        kept.complete(local.get() + ", " + loader.equals(context));
                      },
                      Duration.ZERO);
                });
        first.setContextClassLoader(loader);
        first.start();
        assertThat(kept.get()).isEqualTo("null, false");
      }
    }

    @Test
    void isTheOnlyOneOfAThousandIdleTransports() throws Exception {
      try (Peer peer = quiet()) {
        connect(peer);
        int before = Thread.getAllStackTraces().size();
        List<Transport> transports = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
          Transport transport = connect(peer);
          transport.onReadable(() -> {});
          transports.add(transport);
        }
        // A few of the test's own, and of look-ups that are about to end.
        assertThat(Thread.getAllStackTraces().size()).isLessThan(before + 10);
        Thread thread = thread();
        transports.forEach(Transport::close);
        assertThat(thread.isAlive()).isTrue();
      }
    }

    @Test
    void survivesTasksThatThrow() throws Exception {
      try (Peer peer = new Peer(Peer.ECHO);
          Transport transport = connect(peer)) {
        Thread thread = thread();
        loop.schedule(
            () -> {
              throw new OutOfMemoryError("not really");
            },
            Duration.ZERO);
        transport.onReadable(
            () -> {
              throw new IllegalStateException("thrown by a test");
            });
        Bytes.write(transport, new byte[1]);
        Bytes.echo(connect(peer), 1000);
        CountDownLatch second = new CountDownLatch(1);
        Bytes.read(transport, 1);
        transport.onReadable(second::countDown);
        Bytes.write(transport, new byte[1]);
        second.await();
        assertThat(thread()).isSameAs(thread);
      }
    }

    @Test
    void sleepsWhileBytesWaitForNobody() throws Exception {
      try (Peer peer = quiet();
          Transport attended = connect(peer)) {
        Socket unused = peer.socket();
        Transport[] unread = new Transport[20];
        for (int i = 0; i < unread.length; i++) {
          unread[i] = connect(peer);
          peer.socket().getOutputStream().write(1);
          assertThat(unread[i].awaitReadable(Deadline.NONE)).isTrue();
        }
        // Others run in this process too, but not all the time.
        Duration least = Duration.ofDays(1);
        for (int i = 0; i < 10; i++) {
          Duration before = cpuTime();
          assertThat(attended.awaitReadable(Deadline.after(Duration.ofMillis(200)))).isFalse();
          Duration used = cpuTime().minus(before);
          least = used.compareTo(least) < 0 ? used : least;
        }
        assertThat(least).isLessThan(Duration.ofMillis(60));
      }
    }
  }

  @Nested
  @DisplayName("timers")
  final class Timers {
    @Test
    void runInTheOrderOfTheirTimes() throws Exception {
      BlockingQueue<Integer> run = new LinkedBlockingQueue<>();
      loop.schedule(
          () -> { // on the loop's thread, so that none runs before all are set
            loop.schedule(() -> run.add(3), Duration.ofMillis(40));
            loop.schedule(() -> run.add(2), Duration.ofMillis(20));
            loop.schedule(() -> run.add(0), Duration.ofMillis(-5));
            loop.schedule(() -> run.add(1), Duration.ofMillis(10));
          },
          Duration.ZERO);
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        order.add(run.take());
      }
      assertThat(order).containsExactly(0, 1, 2, 3);
    }

    @Test
    void runNotBeforeTheirTime() throws Exception {
      long start = System.nanoTime();
      CompletableFuture<Long> run = new CompletableFuture<>();
      loop.schedule(() -> run.complete(System.nanoTime()), Duration.ofMillis(30));
      assertThat(Duration.ofNanos(run.get() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(30));
    }

    @Test
    void doNotRunWhenCancelled() throws Exception {
      AtomicInteger runs = new AtomicInteger();
      CountDownLatch later = new CountDownLatch(1);
      loop.schedule(
          () -> {
            ReadinessLoop.Timer timer = loop.schedule(runs::incrementAndGet, Duration.ofMillis(20));
            loop.schedule(later::countDown, Duration.ofMillis(40));
            timer.cancel();
            timer.cancel();
          },
          Duration.ZERO);
      later.await();
      assertThat(runs).hasValue(0);
    }

    @Test
    void runInTheirOrderThoughMostAreCancelled() throws Exception {
      List<Integer> run = new CopyOnWriteArrayList<>();
      CompletableFuture<Duration> setting = new CompletableFuture<>();
      CountDownLatch last = new CountDownLatch(1);
      loop.schedule(
          () -> { // on the loop's thread, so that none runs before all are set
            long start = System.nanoTime();
            Random random = new Random(7);
            List<ReadinessLoop.Timer> timers = new ArrayList<>();
            for (int i = 0; i < 1000; i++) {
              int delay = 100 * random.nextInt(5);
              timers.add(loop.schedule(() -> run.add(delay), Duration.ofMillis(delay)));
            }
            loop.schedule(last::countDown, Duration.ofMillis(500));
            for (int i = 0; i < 1000; i++) {
              if (i % 10 != 0) {
                timers.get(i).cancel();
                timers.get(i).cancel();
              }
            }
            setting.complete(Duration.ofNanos(System.nanoTime() - start));
          },
          Duration.ZERO);
      last.await();
      assertThat(run).hasSize(100);
      assumeThat(setting.get()).as("a machine that does not pause").isLessThan(TENTH);
      assertThat(run).isSorted();
    }

    @Test
    void maySetTimers() throws Exception {
      CountDownLatch runs = new CountDownLatch(1000);
      loop.schedule(
          new Runnable() {
            @Override
            public void run() {
              runs.countDown();
              if (runs.getCount() > 0) {
                loop.schedule(this, Duration.ZERO);
              }
            }
          },
          Duration.ZERO);
      runs.await();
    }

    @Test
    void mayBeAsFarAwayAsAnybodyLikes() throws Exception {
      ReadinessLoop.Timer never = loop.schedule(() -> {}, Duration.ofSeconds(Long.MAX_VALUE));
      CountDownLatch soon = new CountDownLatch(1);
      loop.schedule(soon::countDown, Duration.ofMillis(1));
      soon.await();
      never.cancel();
    }
  }

  @Nested
  @DisplayName("tasks that are run together")
  final class Together {
    private static final long APART = 5_000_000;

    @Test
    void areRunInOnePassThoughTheyWereAskedForOneAfterTheOther() throws Exception {
      List<String> run;
      long from;
      long to;
      do {
        BlockingQueue<String> running = new LinkedBlockingQueue<>();
        CompletableFuture<List<Long>> asked = new CompletableFuture<>();
        CountDownLatch both = new CountDownLatch(2);
        loop.schedule(
            () -> {
              long first = System.nanoTime();
              loop.runTogether(
                  () -> {
                    running.add("one");
                    loop.handOver(() -> running.add("next pass"));
                    both.countDown();
                  },
                  4);
              spin(2_000_000);
              loop.runTogether(
                  () -> {
                    running.add("other");
                    both.countDown();
                  },
                  4);
              asked.complete(List.of(first, System.nanoTime()));
            },
            Duration.ZERO);
        both.await();
        from = asked.get().getFirst();
        to = asked.get().getLast();
        assertThat(System.nanoTime() - from).isGreaterThanOrEqualTo(4 * APART);
        run = List.copyOf(running).subList(0, 2);
      } while (Math.floorDiv(from, APART)
          != Math.floorDiv(to, APART)); // else of two points of time
      assertThat(run).containsExactly("one", "other");
    }

    private static void spin(long nanos) {
      long start = System.nanoTime();
      while (System.nanoTime() - start < nanos) {
        Thread.onSpinWait();
      }
    }

    @Test
    void harmNobodyWhenTheyThrowAndMayAskForMore() throws Exception {
      CountDownLatch runs = new CountDownLatch(20);
      loop.schedule(
          () -> {
            loop.runTogether(
                () -> {
                  throw new IllegalStateException("of a test");
                },
                1);
            loop.runTogether(
                new Runnable() {
                  @Override
                  public void run() {
                    runs.countDown();
                    if (runs.getCount() > 0) {
                      loop.runTogether(this, 1);
                    }
                  }
                },
                1);
          },
          Duration.ZERO);
      runs.await();
      assertThat(thread().join(Duration.ofSeconds(20))).isTrue(); // nothing keeps it
    }

    @Test
    void areForgottenWhenTheyWereRun() throws Exception {
      WeakReference<Runnable> run = runOne();
      while (run.get() != null) {
        System.gc();
      }
      loop.runTogether(() -> {}, 1); // the loop is still there
    }

    private WeakReference<Runnable> runOne() throws Exception {
      CountDownLatch runs = new CountDownLatch(1);
      Runnable task = runs::countDown;
      loop.runTogether(task, 1);
      runs.await();
      return new WeakReference<>(task);
    }

    @Test
    void doNotRunAfterTheEnd() throws Exception {
      AtomicInteger runs = new AtomicInteger();
      CompletableFuture<Thread> thread = new CompletableFuture<>();
      loop.schedule(
          () -> {
            loop.runTogether(
                () -> {
                  loop.close();
                  loop.runTogether(runs::incrementAndGet, 1);
                  thread.complete(Thread.currentThread());
                },
                1);
            loop.runTogether(runs::incrementAndGet, 1);
          },
          Duration.ZERO);
      assertThat(thread.get().join(Duration.ofSeconds(20))).isTrue();
      assertThat(runs).hasValue(0);
    }
  }

  @Nested
  @DisplayName("tickers")
  final class Tickers {
    @Test
    void runOnceHoweverOftenTheyAreAskedFor() throws Exception {
      AtomicInteger runs = new AtomicInteger();
      CountDownLatch later = new CountDownLatch(1);
      ReadinessLoop.Ticker ticker = loop.ticker(runs::incrementAndGet);
      loop.schedule(
          () -> { // on the loop's thread, so that it does not run in between
            ticker.schedule();
            ticker.schedule();
            loop.schedule(later::countDown, Duration.ofMillis(30));
          },
          Duration.ZERO);
      later.await();
      assertThat(runs).hasValue(1);
    }

    @Test
    void runAMillisecondAfterTheyAreAskedForAndOneAfterTheOther() throws Exception {
      long start = System.nanoTime();
      BlockingQueue<Integer> run = new LinkedBlockingQueue<>();
      CompletableFuture<Long> first = new CompletableFuture<>();
      ReadinessLoop.Ticker one =
          loop.ticker(
              () -> {
                first.complete(System.nanoTime());
                run.add(1);
              });
      ReadinessLoop.Ticker two = loop.ticker(() -> run.add(2));
      ReadinessLoop.Timer far = loop.schedule(() -> run.add(3), Duration.ofHours(1));
      one.schedule();
      two.schedule();
      assertThat(run.take()).isEqualTo(1);
      assertThat(run.take()).isEqualTo(2);
      assertThat(Duration.ofNanos(first.get() - start)).isGreaterThan(Duration.ofMillis(1));
      far.cancel();
    }

    @Test
    void mayAskForThemselves() throws Exception {
      CountDownLatch runs = new CountDownLatch(100);
      CompletableFuture<ReadinessLoop.Ticker> itself = new CompletableFuture<>();
      ReadinessLoop.Ticker ticker =
          loop.ticker(
              () -> {
                runs.countDown();
                if (runs.getCount() > 0) {
                  itself.join().schedule();
                }
              });
      itself.complete(ticker);
      ticker.schedule(); // starts the thread
      runs.await();
      assertThat(thread().join(Duration.ofSeconds(20))).isTrue(); // nothing keeps it
    }

    @Test
    void doNotRunAfterTheEnd() throws Exception {
      AtomicInteger runs = new AtomicInteger();
      ReadinessLoop.Ticker ticker = loop.ticker(runs::incrementAndGet);
      CompletableFuture<Thread> thread = new CompletableFuture<>();
      loop.schedule(
          () -> {
            ticker.schedule();
            loop.close();
            ticker.schedule();
            thread.complete(Thread.currentThread());
          },
          Duration.ZERO);
      assertThat(thread.get().join(Duration.ofSeconds(20))).isTrue();
      assertThat(runs).hasValue(0);
    }
  }

  @Nested
  @DisplayName("the task for bytes that nobody waits for")
  final class TheUnattendedTask {
    @Test
    void runsOnceOnTheLoopsThread() throws Exception {
      try (Peer peer = new Peer(Peer.ECHO);
          Transport transport = connect(peer)) {
        BlockingQueue<Thread> runs = new LinkedBlockingQueue<>();
        transport.onReadable(() -> runs.add(Thread.currentThread()));
        Bytes.write(transport, new byte[3]);
        assertThat(runs.take()).isSameAs(thread());
        Bytes.echo(connect(peer), 100_000);
        assertThat(runs).isEmpty();
        assertThat(Bytes.read(transport, 3)).hasSize(3);
      }
    }

    @Test
    void runsAgainWhenSetAgainWithBytesLeft() throws Exception {
      try (Peer peer = new Peer(Peer.ECHO);
          Transport transport = connect(peer)) {
        Bytes.write(transport, new byte[3]);
        for (int i = 0; i < 3; i++) {
          CountDownLatch run = new CountDownLatch(1);
          transport.onReadable(run::countDown);
          run.await();
        }
      }
    }

    @Test
    void isReplacedByTheNext() throws Exception {
      try (Peer peer = new Peer(Peer.ECHO);
          Transport transport = connect(peer)) {
        AtomicInteger former = new AtomicInteger();
        CountDownLatch run = new CountDownLatch(1);
        transport.onReadable(former::incrementAndGet);
        transport.onReadable(run::countDown);
        Bytes.write(transport, new byte[3]);
        run.await();
        assertThat(former).hasValue(0);
      }
    }

    @Test
    void doesNotRunForWhoWaits() throws Exception {
      try (Peer peer = new Peer(Peer.ECHO);
          Transport transport = connect(peer)) {
        AtomicInteger runs = new AtomicInteger();
        transport.onReadable(runs::incrementAndGet);
        for (int i = 0; i < 1000; i++) {
          Bytes.write(transport, new byte[1]);
          Bytes.read(transport, 1);
        }
        assertThat(runs.get()).isLessThan(10); // 0, unless the machine pauses this thread
      }
    }

    @Test
    void runsAtTheEndOfTheStream() throws Exception {
      try (Peer peer = quiet();
          Transport transport = connect(peer)) {
        CountDownLatch run = new CountDownLatch(1);
        transport.onReadable(run::countDown);
        peer.socket().close();
        run.await();
        Bytes.readEnd(transport);
      }
    }
  }

  @Nested
  @DisplayName("closed")
  final class Closed {
    @Test
    void endsEverything() throws Exception {
      try (Peer peer = quiet()) {
        Transport awaited = connect(peer);
        Transport unattended = connect(peer);
        Thread thread = thread();
        AtomicInteger timers = new AtomicInteger();
        loop.schedule(timers::incrementAndGet, Duration.ofMillis(50));
        CountDownLatch told = new CountDownLatch(1);
        unattended.onReadable(told::countDown);
        FutureTask<Boolean> wait = new FutureTask<>(() -> awaited.awaitReadable(Deadline.NONE));
        Thread unused = Thread.ofVirtual().start(wait);

        loop.close();
        loop.close();

        assertThat(wait.get()).isTrue();
        told.await();
        assertThatThrownBy(() -> awaited.read(ByteBuffer.allocate(1)))
            .isInstanceOf(ClosedChannelException.class);
        assertThat(thread.join(Duration.ofSeconds(20))).isTrue();
        loop.schedule(timers::incrementAndGet, Duration.ZERO).cancel();
        assertThat(timers).hasValue(0);
        assertThatThrownBy(() -> connect(peer))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("the readiness loop is closed");
      }
    }

    @Test
    void closesTheChannelOfWhoWaitsForTheFirstTime() throws Exception {
      CountDownLatch ended = new CountDownLatch(2);
      try (Peer peer = new Peer(Peer.untilClosed(ended))) {
        Transport awaited = connect(peer);
        Transport unattended = connect(peer);
        loop.close();
        assertThat(awaited.awaitReadable(Deadline.NONE)).isTrue();
        assertThatThrownBy(() -> awaited.read(ByteBuffer.allocate(1)))
            .isInstanceOf(ClosedChannelException.class);
        AtomicInteger told = new AtomicInteger();
        unattended.onReadable(told::incrementAndGet);
        assertThat(told).hasValue(1);
        assertThatThrownBy(() -> unattended.write(ByteBuffer.allocate(1)))
            .isInstanceOf(ClosedChannelException.class);
        ended.await();
      }
    }

    @Test
    void wakesWhoSelectsForItself() throws Exception {
      try (Peer peer = quiet();
          Transport other = connect(peer)) {
        Transport awaited = connect(peer);
        FutureTask<Boolean> wait = new FutureTask<>(() -> awaited.awaitReadable(Deadline.NONE));
        Thread unused = Thread.ofPlatform().daemon().start(wait);
        Deadline meanwhile = Deadline.after(Duration.ofMillis(30)); // it has begun to wait
        assertThat(other.awaitReadable(meanwhile)).isFalse();
        loop.close();
        assertThat(wait.get()).isTrue();
        assertThatThrownBy(() -> awaited.read(ByteBuffer.allocate(1)))
            .isInstanceOf(ClosedChannelException.class);
      }
    }

    @Test
    void takesNoChannelAndLeavesItClosed() throws Exception {
      loop.close();
      try (Peer peer = quiet();
          SocketChannel channel = SocketChannel.open()) {
        channel.connect(peer.address());
        assertThatThrownBy(() -> ChannelTransport.of(channel, loop))
            .isInstanceOf(IOException.class);
        assertThat(channel.isOpen()).isFalse();
      }
    }
  }

  @Test
  void takesChannelsOver() throws Exception {
    try (Peer peer = new Peer(Peer.ECHO);
        SocketChannel channel = SocketChannel.open()) {
      channel.connect(peer.address());
      try (Transport transport = ChannelTransport.of(channel, loop)) {
        Bytes.echo(transport, 1000);
        assertThat(transport.info().remote()).isEqualTo(channel.getRemoteAddress());
      }
    }
  }

  @Test
  void oneThreadWaitsAtATime() throws Exception {
    try (Peer peer = quiet();
        Transport transport = connect(peer)) {
      Thread first =
          Thread.ofVirtual()
              .start(() -> assertThatThrownBy(() -> transport.awaitReadable(Deadline.NONE)));
      while (first.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      assertThatThrownBy(() -> transport.awaitReadable(Deadline.NONE))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("expected one at a time");
      first.interrupt();
      first.join();
    }
  }
}
