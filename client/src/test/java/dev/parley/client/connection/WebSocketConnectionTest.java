// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.parley.client.transport.BufferPool;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.ReadinessLoop;
import dev.parley.client.transport.RefusingThreads;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake.Closer;
import dev.parley.websocket.Frame;
import dev.parley.websocket.FrameHeader;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Outbound;
import dev.parley.websocket.Role;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.WebSocketProtocolException;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A connection over an in-memory transport; the test plays the server. */
@Timeout(60)
final class WebSocketConnectionTest {
  private static final Duration LONG = Duration.ofSeconds(10);
  private static final Duration SHORT = Duration.ofMillis(100);

  private final RefusingThreads platformThreads =
      new RefusingThreads(Thread.ofPlatform().name("parley-readiness").daemon().factory());
  private final List<Thread> starters = new CopyOnWriteArrayList<>();
  private final RefusingThreads threads =
      new RefusingThreads(
          task -> {
            starters.add(Thread.currentThread());
            return Thread.ofVirtual().unstarted(task);
          });
  private final ReadinessLoop loop = platformThreads.loop();
  private final BufferPool buffers = new BufferPool();
  private final CountDownLatch finished = new CountDownLatch(1);

  private Delivery delivery = Delivery.MESSAGES;
  private @Nullable Duration pingInterval;
  private Duration pongTimeout = LONG;
  private Duration closeTimeout = LONG;
  private @Nullable Duration writeTimeout;
  private Duration receiveSpin = Duration.ZERO;
  private Limits limits = Limits.DEFAULT;
  private @Nullable MemoryBudget budget;
  private int capacity = 64 << 10;
  private byte[] glued = {};

  private WebSocketConnection connection;
  private InMemoryTransport ours;
  private Peer peer;

  @SuppressWarnings("NullAway.Init")
  WebSocketConnectionTest() {}

  private void open() {
    InMemoryTransport[] pair = InMemoryTransport.pair(capacity);
    ours = pair[0];
    peer = new Peer(pair[1]);
    ByteBuffer received = buffers.acquire().put(glued).flip();
    connection =
        new WebSocketConnection(
            ours,
            loop,
            buffers,
            received,
            new Inbound(Role.CLIENT, limits, delivery, List.of()),
            new Outbound(
                Role.CLIENT, List.of(), new MaskingKeys(new KeyStream(new SecureRandom()))),
            new ConnectionOptions(
                delivery,
                pingInterval,
                pongTimeout,
                closeTimeout,
                writeTimeout,
                receiveSpin,
                16,
                1 << 20,
                budget),
            threads,
            ended -> finished.countDown());
    connection.start();
  }

  @AfterEach
  void everyConnectionFinishes() throws InterruptedException {
    threads.refuse(false);
    platformThreads.refuse(false);
    connection.terminate();
    assertThat(finished.await(20, TimeUnit.SECONDS)).as("finished").isTrue();
    assertThat(ours.isClosed()).as("transport closed").isTrue();
    loop.close();
  }

  private Frame receive() {
    Frame frame = connection.receive(Deadline.after(LONG));
    if (frame == null) {
      throw new AssertionError("nothing received for " + LONG);
    }
    return frame;
  }

  private static Frame text(String text) {
    return new Frame.Text(text);
  }

  private static <T> FutureTask<T> start(boolean virtual, Callable<T> task) {
    FutureTask<T> future = new FutureTask<>(task);
    Thread thread =
        virtual ? Thread.ofVirtual().unstarted(future) : Thread.ofPlatform().unstarted(future);
    thread.start();
    return future;
  }

  private static FutureTask<?> start(boolean virtual, Act act) {
    return start(
        virtual,
        () -> {
          act.run();
          return true;
        });
  }

  private interface Act {
    void run() throws Exception;
  }

  /** A thread that is interrupted in an act, and must learn of it by exception and by flag. */
  private static final class Interrupted {
    private final FutureTask<Boolean> flag;
    private final Thread thread;

    Interrupted(boolean virtual, ThrowingCallable act) {
      flag =
          new FutureTask<>(
              () -> {
                assertThatThrownBy(act).isInstanceOf(WebSocketInterruptedException.class);
                return Thread.interrupted();
              });
      thread = virtual ? Thread.ofVirtual().start(flag) : Thread.ofPlatform().start(flag);
    }

    void interrupt() throws Exception {
      thread.interrupt();
      assertThat(get(flag)).as("interrupt flag set again").isTrue();
    }
  }

  private static <T> T get(FutureTask<T> task) throws Exception {
    return task.get(20, TimeUnit.SECONDS);
  }

  @Nested
  @DisplayName("receiving")
  class Receiving {
    @Test
    void messagesComeInOrderWhetherGluedOrNot() throws Exception {
      open();
      byte[] one = peer.encode(text("one"));
      byte[] two = peer.encode(new Frame.Binary(new byte[] {1, 2}));
      peer.sendBytes(ByteBuffer.allocate(one.length + two.length).put(one).put(two).array());
      assertThat(receive()).isEqualTo(text("one"));
      assertThat(receive()).isEqualTo(new Frame.Binary(new byte[] {1, 2}));
      peer.send(text("three"));
      assertThat(receive()).isEqualTo(text("three"));
    }

    @Test
    void bytesGluedToTheHandshakeAreDeliveredFirst() throws Exception {
      glued = new byte[] {(byte) 0x81, 2, 'h', 'i', (byte) 0x81, 3, 'y'};
      open();
      peer.sendBytes("ou".getBytes(UTF_8));
      assertThat(receive()).isEqualTo(text("hi"));
      assertThat(receive()).isEqualTo(text("you"));
    }

    @Test
    void deadlineEndsTheWaitAndLosesNothing() throws Exception {
      open();
      peer.sendHex("81 05 68 65");
      assertThat(connection.receive(Deadline.after(SHORT))).isNull();
      assertThat(connection.receive(Deadline.PAST)).isNull();
      peer.sendHex("6c 6c 6f");
      assertThat(receive()).isEqualTo(text("hello"));
    }

    @Test
    void spinningReceiverTakesWhatComesWithoutWaiting() throws Exception {
      receiveSpin = LONG;
      open();
      FutureTask<Frame> receiver = start(false, WebSocketConnectionTest.this::receive);
      ours.awaitReads(10);
      peer.send(text("there"));
      assertThat(get(receiver)).isEqualTo(text("there"));
      assertThat(ours.waits()).isZero();
      assertThat(connection.receive(Deadline.PAST)).isNull();
    }

    @Test
    void spinningReceiverCanBeInterrupted() throws Exception {
      receiveSpin = LONG;
      open();
      Interrupted receiver = new Interrupted(false, () -> connection.receive(Deadline.NONE));
      ours.awaitReads(10);
      receiver.interrupt();
    }

    @Test
    void spinningReceiverWaitsInTheEnd() throws Exception {
      receiveSpin = Duration.ofNanos(1);
      open();
      assertThat(connection.receive(Deadline.after(SHORT))).isNull();
      assertThat(ours.waits()).isPositive();
    }

    @Test
    void deadlineHoldsInAFloodOfPings() throws Exception {
      open();
      ours.flood(peer.encode(new Frame.Ping(new byte[0])));
      assertThat(connection.receive(Deadline.after(SHORT))).isNull();
      assertThat(connection.receive(Deadline.PAST)).isNull();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void interruptEndsTheWaitAndLosesNothing(boolean virtual) throws Exception {
      open();
      peer.sendHex("81 05 68 65");
      new Interrupted(virtual, () -> connection.receive(Deadline.NONE)).interrupt();
      peer.sendHex("6c 6c 6f");
      assertThat(receive()).isEqualTo(text("hello"));
      connection.send(text("still open"));
      assertThat(peer.receive()).isEqualTo(text("still open"));
    }

    @Test
    void manyReceiversShareTheMessages() throws Exception {
      open();
      List<FutureTask<List<String>>> receivers = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        receivers.add(
            start(
                i % 2 == 0,
                () -> {
                  List<String> received = new ArrayList<>();
                  while (receive() instanceof Frame.Text text && !text.readText().isEmpty()) {
                    received.add(text.readText());
                  }
                  return received;
                }));
      }
      List<String> sent = new ArrayList<>();
      for (int i = 0; i < 1000; i++) {
        sent.add("m" + i);
        peer.send(text("m" + i));
      }
      for (int i = 0; i < receivers.size(); i++) {
        peer.send(text(""));
      }
      List<String> received = new ArrayList<>();
      for (FutureTask<List<String>> receiver : receivers) {
        received.addAll(get(receiver));
      }
      assertThat(received).containsExactlyInAnyOrderElementsOf(sent);
    }

    @Test
    void pingIsAnsweredWhileNobodyReceives() throws Exception {
      open();
      for (byte i = 0; i < 3; i++) {
        peer.send(text("m" + i), new Frame.Ping(new byte[] {i}));
        assertThat(peer.receive()).isEqualTo(new Frame.Pong(new byte[] {i}));
      }
      assertThat(receive()).isEqualTo(text("m0"));
      assertThat(receive()).isEqualTo(text("m1"));
      assertThat(receive()).isEqualTo(text("m2"));
    }

    @Test
    void pingsAreAnsweredWhileSomebodyWritesAllTheTimeAndNobodyReceives() throws Exception {
      open();
      AtomicBoolean answered = new AtomicBoolean();
      FutureTask<?> writer =
          start(
              false,
              () -> {
                while (!answered.get()) {
                  connection.flush(); // as a send does, but does not fill the pipe
                }
              });
      for (byte i = 0; i < 3; i++) {
        peer.send(new Frame.Ping(new byte[] {i}));
        assertThat(peer.receive()).isEqualTo(new Frame.Pong(new byte[] {i}));
      }
      answered.set(true);
      get(writer);
    }

    @Test
    void quietConnectionIsHandedToTheTransportOnce() throws Exception {
      open();
      connection.send(text("one"));
      assertThat(peer.receive()).isEqualTo(text("one"));
      Deadline deadline = Deadline.after(LONG);
      while (ours.handedOver() == 0 && !deadline.isOver()) {
        assertThat(peer.receive(Duration.ofMillis(1))).isNull();
      }
      assertThat(peer.receive(SHORT)).isNull();
      assertThat(ours.handedOver()).isBetween(1, 2);
    }

    @Test
    void pingBehindMessagesThatOneReceiveLeftUnparsedIsAnswered() throws Exception {
      glued = new byte[] {(byte) 0x81, 1, 'a', (byte) 0x81, 1, 'b', (byte) 0x89, 0};
      open();
      assertThat(receive()).isEqualTo(text("a"));
      assertThat(peer.receive()).isEqualTo(new Frame.Pong(new byte[0]));
      assertThat(receive()).isEqualTo(text("b"));
    }

    @Test
    void pingIsAnsweredWhileSomebodyWaits() throws Exception {
      open();
      FutureTask<Frame> receiver = start(true, WebSocketConnectionTest.this::receive);
      peer.send(new Frame.Ping(new byte[] {7}));
      assertThat(peer.receive()).isEqualTo(new Frame.Pong(new byte[] {7}));
      peer.send(text("now"));
      assertThat(get(receiver)).isEqualTo(text("now"));
    }

    @Test
    void whatCameInOneReadMayBeMoreThanTheInboxHoldsAndNothingMoreIsReadMeanwhile()
        throws Exception {
      open();
      ByteArrayOutputStream atOnce = new ByteArrayOutputStream();
      for (int i = 0; i < 100; i++) {
        atOnce.writeBytes(peer.encode(text("m" + i)));
      }
      peer.sendBytes(atOnce.toByteArray());
      assertThat(receive()).isEqualTo(text("m0"));
      peer.send(new Frame.Ping("read".getBytes(UTF_8)));
      assertThat(peer.receive(Duration.ofMillis(300))).as("nobody receives").isNull();
      for (int i = 1; i < 100; i++) {
        assertThat(receive()).isEqualTo(text("m" + i));
      }
      assertThat(peer.receive()).isEqualTo(new Frame.Pong("read".getBytes(UTF_8)));
    }

    @Test
    void fullInboxLeavesTheTransportUnreadUntilSomebodyReceives() throws Exception {
      capacity = 1 << 10;
      open();
      FutureTask<Integer> sender =
          start(
              true,
              () -> {
                for (int i = 0; i < 2000; i++) {
                  peer.send(new Frame.Binary(new byte[] {(byte) i, (byte) (i >> 8)}));
                }
                return 2000;
              });
      assertThatThrownBy(() -> sender.get(300, TimeUnit.MILLISECONDS))
          .isInstanceOf(java.util.concurrent.TimeoutException.class);
      for (int i = 0; i < 2000; i++) {
        assertThat(receive()).isEqualTo(new Frame.Binary(new byte[] {(byte) i, (byte) (i >> 8)}));
      }
      assertThat(get(sender)).isEqualTo(2000);
      peer.send(new Frame.Ping(new byte[] {1}));
      assertThat(peer.receive()).isEqualTo(new Frame.Pong(new byte[] {1}));
    }

    @Test
    void readingResumesWhenHalfTheInboxIsTaken() throws Exception {
      capacity = 1 << 10;
      open();
      Frame message = new Frame.Binary(new byte[60]);
      for (int i = 0; i < 16; i++) {
        peer.send(message);
      }
      peer.send(new Frame.Ping(new byte[] {9}));
      assertThat(peer.receive(SHORT)).as("pong past a full inbox").isNull();
      for (int i = 0; i < 10; i++) {
        assertThat(receive()).isEqualTo(message);
      }
      assertThat(peer.receive()).isEqualTo(new Frame.Pong(new byte[] {9}));
    }

    @Test
    void rawConnectionDeliversEveryFrameAndAnswersNothing() throws Exception {
      delivery = Delivery.FRAMES;
      open();
      peer.sendHex("01 01 61 89 01 62 80 01 63 88 02 03 e8");
      assertThat(receive())
          .isEqualTo(new Frame.Text("a".getBytes(UTF_8), false, false, false, false));
      assertThat(receive()).isEqualTo(new Frame.Ping("b".getBytes(UTF_8)));
      assertThat(receive()).isEqualTo(text("c"));
      assertThat(receive()).isEqualTo(new Frame.Close(new byte[] {3, (byte) 0xe8}));
      assertThat(peer.receive(SHORT)).isNull();
      connection.close(CloseReason.GOING_AWAY);
      assertThat(peer.receive()).isEqualTo(new Frame.Close(CloseReason.GOING_AWAY));
    }
  }

  @Nested
  @DisplayName("sending")
  class Sending {
    @Test
    void sentFrameIsInTheTransportWhenSendReturns() throws Exception {
      open();
      connection.send(text("hello"));
      assertThat(peer.receive(Duration.ZERO)).isEqualTo(text("hello"));
    }

    @Test
    void senderHasGivenTheBufferBackWhenSendReturns() throws Exception {
      open();
      ByteBuffer only = buffers.acquire();
      buffers.release(only);
      connection.send(text("hello"));
      // The reader's comes back some time too.
      assertThat(List.of(buffers.acquire(), buffers.acquire()))
          .anySatisfy(free -> assertThat(free).isSameAs(only));
    }

    @Test
    void largeFrameGoesOutAsThePeerReads() throws Exception {
      capacity = 1000;
      open();
      byte[] large = new byte[300_000];
      new SecureRandom().nextBytes(large);
      FutureTask<?> sender = start(true, () -> connection.send(new Frame.Binary(large)));
      assertThat(peer.receive()).isEqualTo(new Frame.Binary(large));
      get(sender);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void interruptedSendLeavesAWholeFrame(boolean virtual) throws Exception {
      capacity = 1000;
      open();
      byte[] large = new byte[300_000];
      Interrupted sender = new Interrupted(virtual, () -> connection.send(new Frame.Binary(large)));
      assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
      sender.interrupt();
      FutureTask<?> next = start(true, () -> connection.send(text("next")));
      assertThat(peer.receive()).isEqualTo(new Frame.Binary(large));
      assertThat(peer.receive()).isEqualTo(text("next"));
      get(next);
    }

    @Test
    void interruptedSendIsCompletedInTheBackground() throws Exception {
      capacity = 1000;
      open();
      byte[] large = new byte[300_000];
      Interrupted sender = new Interrupted(true, () -> connection.send(new Frame.Binary(large)));
      assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
      sender.interrupt();
      assertThat(peer.receive()).isEqualTo(new Frame.Binary(large));
    }

    @Test
    void interruptedSendIsFlushedInTheBackground() throws Exception {
      capacity = 100;
      open();
      ours.takeAhead(64 << 10);
      Interrupted sender =
          new Interrupted(true, () -> connection.send(new Frame.Binary(new byte[3000])));
      assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
      sender.interrupt();
      assertThat(peer.receive()).isEqualTo(new Frame.Binary(new byte[3000]));
    }

    @Test
    void mistakeInTheTransportEndsTheConnection() throws Exception {
      open();
      IllegalStateException mistake = new IllegalStateException("mistake");
      ours.breakWithin(mistake);
      assertThatThrownBy(() -> connection.send(text("one"))).isSameAs(mistake);
      assertThat(finished.await(10, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(() -> connection.send(text("two")))
          .isInstanceOf(WebSocketClosedException.class)
          .hasRootCause(mistake);
    }

    @Test
    void enqueuedFramesGoOutByThemselves() throws Exception {
      open();
      connection.enqueue(text("one"));
      connection.enqueue(text("two"));
      assertThat(peer.receive()).isEqualTo(text("one"));
      assertThat(peer.receive()).isEqualTo(text("two"));
    }

    @Test
    void sendAndFlushAndCloseKeepTheOrder() throws Exception {
      open();
      connection.enqueue(text("one"));
      connection.send(text("two"));
      connection.enqueue(text("three"));
      connection.flush();
      assertThat(peer.receive(Duration.ZERO)).isEqualTo(text("one"));
      assertThat(peer.receive(Duration.ZERO)).isEqualTo(text("two"));
      assertThat(peer.receive(Duration.ZERO)).isEqualTo(text("three"));
      connection.enqueue(text("four"));
      FutureTask<?> closer = start(true, () -> connection.close(CloseReason.NORMAL));
      assertThat(peer.receive()).isEqualTo(text("four"));
      assertThat(peer.receive()).isEqualTo(new Frame.Close(CloseReason.NORMAL));
      peer.send(new Frame.Close(CloseReason.NORMAL));
      get(closer);
    }

    @Test
    void tryEnqueueRefusesWhereItWouldHaveToWait() throws Exception {
      capacity = 1000;
      open();
      List<Frame> accepted = new ArrayList<>();
      Frame frame = new Frame.Binary(new byte[500]);
      while (connection.tryEnqueue(frame)) {
        accepted.add(frame);
        assertThat(accepted).hasSizeLessThan(1000);
      }
      for (Frame expected : accepted) {
        assertThat(peer.receive()).isEqualTo(expected);
      }
      assertThat(peer.receive(SHORT)).isNull();
    }

    @Test
    void tryEnqueueAfterTheEndThrowsThoughSomebodyStillWrites() throws Exception {
      capacity = 64;
      open();
      FutureTask<?> sender = start(true, () -> connection.send(new Frame.Binary(new byte[1000])));
      assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
      peer.sendHex("88 02 03 e8");
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS)).isNotNull();
      assertThatThrownBy(() -> connection.tryEnqueue(text("late")))
          .isInstanceOf(WebSocketClosedException.class);
      assertThat(peer.receive().data()).hasSize(1000);
      assertThat(peer.receive()).isInstanceOf(Frame.Close.class);
      get(sender);
    }

    @Test
    void whatIsOwedGoesBeforeWhatIsSentNext() throws Exception {
      capacity = 200;
      open();
      FutureTask<?> first = start(true, () -> connection.send(new Frame.Binary(new byte[1000])));
      assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
      peer.send(new Frame.Ping(new byte[] {7}), text("behind the Ping"));
      assertThat(receive()).isEqualTo(text("behind the Ping"));
      FutureTask<?> second = start(true, () -> connection.send(text("behind the Pong")));
      assertThat(peer.receive().data()).hasSize(1000);
      assertThat(peer.receive()).isEqualTo(new Frame.Pong(new byte[] {7}));
      assertThat(peer.receive()).isEqualTo(text("behind the Pong"));
      get(first);
      get(second);
    }

    @Test
    void callersMistakeIsRefusedAndNothingIsSent() throws Exception {
      open();
      assertThatThrownBy(() -> connection.send(new Frame.Text(new byte[] {(byte) 0xff})))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> connection.close(new CloseReason(1005, "")))
          .isInstanceOf(IllegalArgumentException.class);
      connection.send(text("fine"));
      assertThat(peer.receive()).isEqualTo(text("fine"));
    }

    @Test
    void onePongWaitsAtMostWhileTheSenderIsBlocked() throws Exception {
      capacity = 1000;
      open();
      byte[] large = new byte[100_000];
      FutureTask<?> sender = start(true, () -> connection.send(new Frame.Binary(large)));
      assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
      for (byte i = 0; i < 100; i++) {
        peer.send(new Frame.Ping(new byte[] {i}));
      }
      peer.send(text("after the pings"));
      assertThat(receive()).as("reading goes on").isEqualTo(text("after the pings"));
      assertThat(peer.receive()).isEqualTo(new Frame.Binary(large));
      assertThat(peer.receive()).as("the newest").isEqualTo(new Frame.Pong(new byte[] {99}));
      assertThat(peer.receive(SHORT)).isNull();
      get(sender);
    }

    @Test
    void hundredThreadsSendWithoutMixing() throws Exception {
      capacity = 4096;
      open();
      List<FutureTask<?>> senders = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        String name = "t" + i;
        senders.add(
            start(
                i % 2 == 0,
                () -> {
                  for (int n = 0; n < 100; n++) {
                    if (n % 3 == 0) {
                      connection.enqueue(text(name + " " + n));
                    } else {
                      connection.send(text(name + " " + n));
                    }
                  }
                }));
      }
      int[] next = new int[100];
      for (int i = 0; i < 100 * 100; i++) {
        String[] message = ((Frame.Text) peer.receive()).readText().split(" ", 2);
        int thread = Integer.parseInt(message[0].substring(1));
        assertThat(Integer.parseInt(message[1])).isEqualTo(next[thread]++);
      }
      for (FutureTask<?> sender : senders) {
        get(sender);
      }
    }
  }

  @Nested
  @DisplayName("closing (RFC 6455 §7)")
  class Closing {
    @Test
    void isFinishedByAThreadThatTheLoopStarts() throws Exception {
      open();
      peer.send(new Frame.Close(CloseReason.NORMAL));
      assertThat(receive()).isEqualTo(new Frame.Close(CloseReason.NORMAL));
      peer.transport.endOutput();
      assertThat(finished.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(starters).last().extracting(Thread::getName).isEqualTo("parley-readiness");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void isFinishedByWhoClosesWhereTheStreamEndsBehindThePeersClose(boolean virtual)
        throws Exception {
      open();
      FutureTask<?> closer =
          start(
              virtual,
              () -> {
                connection.close(CloseReason.NORMAL);
                assertThat(finished.getCount()).as("left to do").isZero();
              });
      assertThat(peer.receive()).isEqualTo(new Frame.Close(CloseReason.NORMAL));
      threads.refuse(true); // nor is there a thread that could
      ours.endInputBehindNextRead();
      byte[] words = peer.encode(text("last words"));
      byte[] close = peer.encode(new Frame.Close(CloseReason.GOING_AWAY));
      peer.sendBytes(
          ByteBuffer.allocate(words.length + close.length).put(words).put(close).array());
      get(closer);
      assertThat(connection.closingHandshake().ended()).isTrue();
      assertThat(connection.closeReason()).isCompletedWithValue(CloseReason.NORMAL);
      assertThat(ours.isClosed()).isTrue();
      assertThat(receive()).isEqualTo(text("last words"));
      assertThat(receive()).isEqualTo(new Frame.Close(CloseReason.GOING_AWAY));
      assertThatThrownBy(() -> receive()).isInstanceOf(WebSocketClosedException.class);
    }

    @Test
    void mistakeBehindThePeersCloseIsNotTheClosers() throws Exception {
      open();
      FutureTask<?> closer = start(true, () -> connection.close(CloseReason.NORMAL));
      assertThat(peer.receive()).isEqualTo(new Frame.Close(CloseReason.NORMAL));
      IllegalStateException mistake = new IllegalStateException("thrown by a test");
      ours.breakAtTheEnd(mistake);
      ours.endInputBehindNextRead();
      peer.send(new Frame.Close(CloseReason.GOING_AWAY));
      get(closer);
      assertThat(receive()).isEqualTo(new Frame.Close(CloseReason.GOING_AWAY));
      assertThatThrownBy(() -> receive()).isInstanceOf(WebSocketException.class).hasCause(mistake);
      assertThat(finished.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void weCloseFirst() throws Exception {
      open();
      FutureTask<?> closer = start(true, () -> connection.close(new CloseReason(3001, "bye")));
      assertThat(peer.receive()).isEqualTo(new Frame.Close(new CloseReason(3001, "bye")));
      peer.send(text("last words"), new Frame.Close(CloseReason.NORMAL));
      get(closer);
      assertThat(connection.closeReason()).isCompletedWithValue(new CloseReason(3001, "bye"));
      assertThat(receive()).isEqualTo(text("last words"));
      assertThat(receive()).isEqualTo(new Frame.Close(CloseReason.NORMAL));
      assertThatThrownBy(() -> receive()).isInstanceOf(WebSocketClosedException.class);
      assertThat(connection.closingHandshake().first()).isEqualTo(Closer.US);
      peer.transport.endOutput();
      peer.expectEnd();
    }

    @Test
    void peerClosesFirst() throws Exception {
      open();
      peer.send(text("last"), new Frame.Close(CloseReason.GOING_AWAY));
      assertThat(peer.receive()).isEqualTo(new Frame.Close(CloseReason.GOING_AWAY));
      assertThat(receive()).isEqualTo(text("last"));
      assertThat(receive()).isEqualTo(new Frame.Close(CloseReason.GOING_AWAY));
      assertThatThrownBy(() -> receive()).isInstanceOf(WebSocketClosedException.class);
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS))
          .isEqualTo(CloseReason.GOING_AWAY);
      assertThatThrownBy(() -> connection.send(text("too late")))
          .isInstanceOfSatisfying(
              WebSocketClosedException.class,
              e -> {
                assertThat(e.closingHandshake().received()).isEqualTo(CloseReason.GOING_AWAY);
                assertThat(e.closingHandshake().sent()).isEqualTo(CloseReason.GOING_AWAY);
                assertThat(e.closingHandshake().first()).isEqualTo(Closer.PEER);
              });
      connection.close(CloseReason.NORMAL);
      peer.transport.endOutput();
      peer.expectEnd();
    }

    @Test
    void emptyCloseIsNoStatus() throws Exception {
      open();
      peer.send(new Frame.Close());
      assertThat(peer.receive()).isEqualTo(new Frame.Close());
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS))
          .isEqualTo(CloseReason.NO_STATUS);
    }

    @Test
    void transportIsClosedAtTheTimeoutWhereThePeerKeepsItOpen() throws Exception {
      closeTimeout = Duration.ofMillis(300);
      open();
      peer.send(new Frame.Close(CloseReason.NORMAL));
      assertThat(peer.receive()).isEqualTo(new Frame.Close(CloseReason.NORMAL));
      peer.expectEnd();
    }

    @Test
    void closeThatIsNeverAnsweredEndsAtTheTimeout() throws Exception {
      closeTimeout = Duration.ofMillis(300);
      open();
      long before = System.nanoTime();
      connection.close(CloseReason.NORMAL);
      assertThat(Duration.ofNanos(System.nanoTime() - before))
          .isBetween(Duration.ofMillis(250), Duration.ofSeconds(3));
      assertThat(connection.closeReason()).isCompletedWithValue(CloseReason.NORMAL);
      assertThatThrownBy(() -> receive())
          .isInstanceOf(WebSocketException.class)
          .isNotInstanceOf(WebSocketClosedException.class)
          .hasMessageContaining("did not answer");
      assertThatThrownBy(() -> connection.send(text("x")))
          .isInstanceOf(WebSocketClosedException.class);
    }

    @Test
    void endOfStreamWithoutCloseIsAnErrorAfterWhatHadArrived() throws Exception {
      open();
      peer.send(text("one"), text("two"));
      peer.transport.endOutput();
      assertThat(receive()).isEqualTo(text("one"));
      assertThat(receive()).isEqualTo(text("two"));
      assertThatThrownBy(() -> receive())
          .isInstanceOf(WebSocketException.class)
          .hasCauseInstanceOf(EOFException.class);
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS)).isNull();
      assertThatThrownBy(() -> connection.send(text("x")))
          .isInstanceOf(WebSocketClosedException.class)
          .hasRootCauseInstanceOf(EOFException.class);
    }

    @Test
    void everyReceiverGetsAnExceptionOfItsOwn() throws Exception {
      open();
      peer.transport.endOutput();
      Throwable one = catchThrowable(this::receiveHere);
      Throwable another = catchThrowable(() -> receive());
      assertThat(another).isNotSameAs(one).hasMessage(one.getMessage()).hasCause(one.getCause());
      assertThat(one.getStackTrace())
          .extracting(StackTraceElement::getMethodName)
          .contains("receiveHere");
    }

    private void receiveHere() {
      receive();
    }

    @Test
    void resetIsAnErrorWithItsCause() throws Exception {
      open();
      peer.send(text("one"));
      peer.transport.reset();
      assertThat(receive()).isEqualTo(text("one"));
      assertThatThrownBy(() -> receive())
          .isInstanceOf(WebSocketException.class)
          .hasCauseInstanceOf(IOException.class)
          .hasMessageContaining("Connection reset");
    }

    @Test
    void peersCloseIsReportedThoughOurWriteBroke() throws Exception {
      open();
      peer.send(new Frame.Close(CloseReason.TRY_AGAIN_LATER));
      peer.transport.reset();
      assertThat(receive()).isEqualTo(new Frame.Close(CloseReason.TRY_AGAIN_LATER));
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS))
          .isEqualTo(CloseReason.TRY_AGAIN_LATER);
    }

    @Test
    void slowReceiverGetsWhatCameThoughOurWriteBroke() throws Exception {
      closeTimeout = Duration.ofSeconds(5);
      open();
      for (int i = 0; i < 40; i++) {
        peer.send(text("m" + i));
      }
      peer.send(new Frame.Close(CloseReason.TRY_AGAIN_LATER));
      assertThat(receive()).isEqualTo(text("m0"));
      ours.fail(null, new IOException("Broken pipe"));
      assertThatThrownBy(() -> connection.send(text("lost")))
          .isInstanceOf(WebSocketClosedException.class);
      assertThat(finished.await(1300, TimeUnit.MILLISECONDS)).as("given up").isFalse();
      for (int i = 1; i < 40; i++) {
        assertThat(receive()).isEqualTo(text("m" + i));
      }
      assertThat(receive()).isEqualTo(new Frame.Close(CloseReason.TRY_AGAIN_LATER));
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS))
          .isEqualTo(CloseReason.TRY_AGAIN_LATER);
    }

    @Test
    void whatWasReadAndNotParsedAtTheEndStillComes() throws Exception {
      glued = HexFormat.of().parseHex("8101618101628900810163810264");
      open();
      assertThat(receive()).isEqualTo(text("a"));
      connection.terminate();
      assertThat(finished.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(receive()).isEqualTo(text("b"));
      assertThat(receive()).isEqualTo(text("c"));
      assertThatThrownBy(() -> receive()).hasMessageContaining("terminated by this end");
    }

    @Test
    void violationFailsTheConnectionAndDeliversWhatCameBefore() throws Exception {
      open();
      peer.sendHex("81 01 61 83 00 81 01 62");
      assertThat(receive()).isEqualTo(text("a"));
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> receive())
            .isInstanceOfSatisfying(
                WebSocketProtocolException.class,
                e -> assertThat(e.violation()).isEqualTo(Violation.RESERVED_OPCODE));
      }
      assertThat(((Frame.Close) peer.receive()).readReason())
          .extracting(CloseReason::code)
          .isEqualTo(1002);
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS))
          .extracting(CloseReason::code)
          .isEqualTo(1002);
      peer.expectEnd();
    }

    @Test
    void hundredClosesSendOneCloseFrame() throws Exception {
      open();
      List<FutureTask<?>> closers = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        closers.add(start(i % 2 == 0, () -> connection.close(CloseReason.NORMAL)));
      }
      assertThat(peer.receive()).isEqualTo(new Frame.Close(CloseReason.NORMAL));
      peer.send(new Frame.Close(CloseReason.NORMAL));
      for (FutureTask<?> closer : closers) {
        get(closer);
      }
      peer.transport.endOutput();
      peer.expectEnd();
    }

    @Test
    void closeEndsThoughThePeerFloodsAndNobodyReceives() throws Exception {
      closeTimeout = Duration.ofSeconds(5);
      open();
      FutureTask<?> flood =
          start(
              true,
              () -> {
                byte[] message = peer.encode(new Frame.Binary(new byte[1000]));
                while (!(peer.receive(Duration.ZERO) instanceof Frame.Close)) {
                  peer.sendBytes(message);
                }
                peer.send(new Frame.Close(CloseReason.NORMAL));
              });
      long before = System.nanoTime();
      connection.close(CloseReason.NORMAL);
      assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofSeconds(4));
      get(flood);
      assertThat(connection.closingHandshake().isClean()).isTrue();
    }

    @Test
    void slowReceiverGetsEverythingThatCameBeforeThePeersClose() throws Exception {
      capacity = 1 << 10;
      open();
      FutureTask<Integer> receiver =
          start(
              true,
              () -> {
                int count = 0;
                while (receive() instanceof Frame.Binary) {
                  count++;
                }
                return count;
              });
      FutureTask<?> closer = start(true, () -> connection.close(CloseReason.NORMAL));
      assertThat(peer.receive()).isEqualTo(new Frame.Close(CloseReason.NORMAL));
      for (int i = 0; i < 500; i++) {
        peer.send(new Frame.Binary(new byte[100]));
      }
      peer.send(new Frame.Close(CloseReason.NORMAL));
      assertThat(get(receiver)).isEqualTo(500);
      get(closer);
    }

    @Test
    void nothingComesBehindWhatWasDropped() throws Exception {
      open();
      for (int i = 0; i < 40; i++) {
        peer.send(text("m" + i));
      }
      FutureTask<?> close = start(true, () -> connection.close(CloseReason.NORMAL));
      Deadline deadline = Deadline.after(LONG);
      while (connection.messagesReceived() < 40 && !deadline.isOver()) {
        Thread.onSpinWait();
      }
      // all but what the queue holds are dropped
      assertThat(connection.messagesReceived()).isEqualTo(40);
      List<Frame> received = new ArrayList<>();
      received.add(receive()); // now there is room
      peer.send(text("behind the gap"));
      peer.sendHex("88 02 03 e8");
      get(close);
      while (!(received.getLast() instanceof Frame.Close)) {
        received.add(receive());
      }
      assertThat(received).hasSizeBetween(17, 40);
      for (int i = 0; i < received.size() - 1; i++) {
        assertThat(received.get(i)).isEqualTo(text("m" + i));
      }
    }

    @Test
    void messageThatComesLateIsKeptWhereTheQueueIsEmptyByThen() throws Exception {
      open();
      for (int i = 0; i < 16; i++) {
        peer.send(text("m" + i));
      }
      FutureTask<?> close = start(true, () -> connection.close(CloseReason.NORMAL));
      assertThatThrownBy(() -> close.get(700, TimeUnit.MILLISECONDS)) // its patience is over
          .isInstanceOf(java.util.concurrent.TimeoutException.class);
      for (int i = 0; i < 16; i++) {
        assertThat(receive()).isEqualTo(text("m" + i));
      }
      peer.send(text("late"));
      peer.sendHex("88 02 03 e8");
      assertThat(receive()).isEqualTo(text("late"));
      assertThat(receive()).isInstanceOf(Frame.Close.class);
      get(close);
    }

    @Test
    void interruptedCloseGoesOn() throws Exception {
      open();
      Interrupted closer = new Interrupted(true, () -> connection.close(CloseReason.NORMAL));
      assertThat(peer.receive()).isEqualTo(new Frame.Close(CloseReason.NORMAL));
      closer.interrupt();
      peer.send(new Frame.Close(CloseReason.NORMAL));
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS)).isEqualTo(CloseReason.NORMAL);
      assertThat(connection.closingHandshake().isClean()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void closeOfAnInterruptedThreadGoesOn(boolean virtual) throws Exception {
      open();
      FutureTask<Boolean> closer =
          start(
              virtual,
              () -> {
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> connection.close(CloseReason.GOING_AWAY))
                    .isInstanceOf(WebSocketInterruptedException.class);
                return Thread.interrupted();
              });
      assertThat(get(closer)).as("interrupt flag set again").isTrue();
      assertThat(peer.receive()).isEqualTo(new Frame.Close(CloseReason.GOING_AWAY));
      peer.send(new Frame.Close(CloseReason.GOING_AWAY));
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS))
          .isEqualTo(CloseReason.GOING_AWAY);
    }

    @Test
    void closeOfAnInterruptedThreadStandsThoughAnotherFollows() throws Exception {
      capacity = 1000;
      open();
      FutureTask<?> sender =
          start(true, () -> connection.send(new Frame.Binary(new byte[100_000])));
      assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> connection.close(CloseReason.INTERNAL_ERROR))
          .isInstanceOf(WebSocketInterruptedException.class);
      assertThat(Thread.interrupted()).isTrue();
      FutureTask<?> closer = start(true, () -> connection.close(CloseReason.GOING_AWAY));
      assertThat(peer.receive()).isEqualTo(new Frame.Binary(new byte[100_000]));
      assertThat(peer.receive()).isEqualTo(new Frame.Close(CloseReason.INTERNAL_ERROR));
      peer.send(new Frame.Close(CloseReason.INTERNAL_ERROR));
      get(closer);
      get(sender);
    }

    @Test
    void closeInterruptedBehindABlockedSenderEndsAtTheTimeout() throws Exception {
      capacity = 1000;
      closeTimeout = Duration.ofMillis(500);
      open();
      FutureTask<?> sender =
          start(
              true,
              () ->
                  assertThatThrownBy(() -> connection.send(new Frame.Binary(new byte[100_000])))
                      .isInstanceOf(WebSocketClosedException.class));
      assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
      FutureTask<?> closer =
          start(
              true,
              () -> {
                Thread.currentThread().interrupt();
                assertThatThrownBy(() -> connection.close(CloseReason.NORMAL))
                    .isInstanceOf(WebSocketInterruptedException.class);
              });
      get(closer);
      get(sender);
      assertThat(finished.await(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void endedConnectionLeavesNoTimerBehind() throws Exception {
      pingInterval = Duration.ofHours(1);
      closeTimeout = Duration.ofHours(1);
      Set<Thread> before = Thread.getAllStackTraces().keySet();
      open();
      Set<Thread> loops = new HashSet<>(Thread.getAllStackTraces().keySet());
      loops.removeAll(before);
      loops.removeIf(thread -> !thread.getName().equals("parley-readiness"));
      connection.send(new Frame.Close(CloseReason.NORMAL));
      peer.send(new Frame.Close(CloseReason.NORMAL));
      peer.transport.endOutput();
      assertThat(finished.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(loops).hasSize(1);
      assertThat(loops.iterator().next().join(LONG)).as("loop without timers ends").isTrue();
    }

    @Test
    void closesThatCrossAreOneCleanClose() throws Exception {
      open();
      FutureTask<?> closer = start(true, () -> connection.close(CloseReason.NORMAL));
      peer.send(new Frame.Close(CloseReason.GOING_AWAY));
      assertThat(peer.receive()).isInstanceOf(Frame.Close.class);
      get(closer);
      assertThat(connection.closingHandshake().received()).isEqualTo(CloseReason.GOING_AWAY);
    }

    @Test
    void terminateWakesEverybodyAtOnce() throws Exception {
      capacity = 1000;
      open();
      FutureTask<?> receiver =
          start(
              true,
              () ->
                  assertThatThrownBy(() -> connection.receive(Deadline.NONE))
                      .isInstanceOf(WebSocketException.class));
      FutureTask<?> sender =
          start(
              false,
              () ->
                  assertThatThrownBy(() -> connection.send(new Frame.Binary(new byte[100_000])))
                      .isInstanceOf(WebSocketClosedException.class));
      assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
      connection.terminate();
      get(receiver);
      get(sender);
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS)).isNull();
    }

    @Test
    void usersCallbackMayBlockWithoutHoldingAnythingUp() throws Exception {
      open();
      CountDownLatch release = new CountDownLatch(1);
      CompletableFuture<Void> blocked =
          connection
              .closeReason()
              .thenAccept(
                  reason -> {
                    try {
                      assertThat(release.await(20, TimeUnit.SECONDS)).isTrue();
                    } catch (InterruptedException e) {
                      throw new AssertionError(e);
                    }
                  });
      peer.send(new Frame.Close(CloseReason.NORMAL));
      peer.transport.endOutput();
      assertThat(receive()).isInstanceOf(Frame.Close.class);
      connection.close(CloseReason.NORMAL);
      assertThat(finished.await(10, TimeUnit.SECONDS)).isTrue();
      release.countDown();
      blocked.get(10, TimeUnit.SECONDS);
    }
  }

  @Nested
  @DisplayName("ping")
  class Pinging {
    private FutureTask<Duration> ping(boolean virtual) {
      return start(virtual, () -> connection.ping(LONG));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void waitsForItsPongAndKeepsWhatCameBefore(boolean virtual) throws Exception {
      open();
      FutureTask<Duration> ping = ping(virtual);
      Frame sent = peer.receive();
      peer.send(text("one"), new Frame.Pong(new byte[0]), new Frame.Pong(sent.data()));
      assertThat(get(ping)).isBetween(Duration.ZERO, LONG).isEqualTo(connection.lastRoundTrip());
      assertThat(receive()).isEqualTo(text("one"));
      assertThat(connection.messagesReceived()).isEqualTo(1);
    }

    @Test
    void goesOnBesideAReceiver() throws Exception {
      open();
      FutureTask<Frame> receiver = start(true, () -> receive());
      FutureTask<Duration> one = ping(true);
      Frame first = peer.receive();
      FutureTask<Duration> two = ping(false);
      Frame second = peer.receive();
      peer.send(new Frame.Pong(second.data()));
      assertThat(get(two)).isPositive();
      assertThat(get(one)).as("answered by the later Pong").isPositive();
      assertThat(first.data()).isNotEqualTo(second.data());
      peer.send(text("end"));
      assertThat(get(receiver)).isEqualTo(text("end"));
    }

    @Test
    void timesOutAndLeavesTheSessionOpen() throws Exception {
      open();
      assertThatThrownBy(() -> connection.ping(SHORT))
          .isInstanceOf(WebSocketException.class)
          .hasCauseInstanceOf(SocketTimeoutException.class)
          .hasMessage("no Pong came within PT0.1S");
      peer.send(new Frame.Pong(peer.receive().data()), text("still here"));
      assertThat(receive()).isEqualTo(text("still here"));
      assertThat(connection.lastRoundTrip()).as("it came too late").isNull();
    }

    @Test
    void whatWasBegunOfItGoesOutThoughItTimedOut() throws Exception {
      capacity = 8; // less than a Ping
      open();
      assertThatThrownBy(() -> connection.ping(SHORT)).hasMessage("no Pong came within PT0.1S");
      assertThat(peer.receive()).isInstanceOf(Frame.Ping.class);
      FutureTask<?> sender = start(true, () -> connection.send(text("a")));
      assertThat(peer.receive()).isEqualTo(text("a"));
      get(sender);
    }

    @Test
    void timesOutWhereThePeerTakesNothing() throws Exception {
      capacity = 1000;
      open();
      FutureTask<?> sender =
          start(true, () -> connection.send(new Frame.Binary(new byte[200_000])));
      assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
      long start = System.nanoTime();
      assertThatThrownBy(() -> connection.ping(SHORT))
          .isInstanceOf(WebSocketException.class)
          .hasCauseInstanceOf(SocketTimeoutException.class)
          .hasMessage("no Pong came within PT0.1S");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(SHORT, LONG);
      assertThat(sender.isDone()).isFalse();
      assertThat(peer.receive().data()).hasSize(200_000);
      get(sender);
      connection.send(text("no Ping before"));
      assertThat(peer.receive()).isEqualTo(text("no Ping before"));
    }

    @Test
    void saysThatNothingIsReadWhereTheQueueIsFull() throws Exception {
      open();
      for (int i = 0; i < 17; i++) {
        peer.send(text("m" + i));
      }
      FutureTask<?> timedOut =
          start(
              true,
              () ->
                  assertThatThrownBy(() -> connection.ping(Duration.ofMillis(300)))
                      .hasMessageContaining("receive queue is full"));
      peer.send(new Frame.Pong(peer.receive().data()));
      get(timedOut);
      for (int i = 0; i < 17; i++) {
        assertThat(receive()).isEqualTo(text("m" + i));
      }
    }

    @Test
    void holdsUpNoReceiverWhereTheBudgetIsUsedUp() throws Exception {
      MemoryBudget.Share other = usedForReadingAhead();
      open();
      FutureTask<Duration> ping = new FutureTask<>(() -> connection.ping(LONG));
      Thread pinging = Thread.ofPlatform().start(ping);
      Frame sent = peer.receive();
      while (pinging.getState() != Thread.State.TIMED_WAITING) { // for memory
        Thread.onSpinWait();
      }
      peer.send(text("hello"));
      assertThat(receive()).isEqualTo(text("hello"));
      peer.send(new Frame.Pong(sent.data()));
      assertThat(ping.isDone()).isFalse();
      other.taken(1 << 19);
      assertThat(get(ping)).isPositive();
    }

    @Test
    void saysThatNothingIsReadWhereTheBudgetIsUsedUp() throws Exception {
      MemoryBudget.Share other = usedForReadingAhead();
      open();
      assertThatThrownBy(() -> connection.ping(SHORT))
          .hasMessage(
              "no Pong came within PT0.1S; the memory budget is used up, so nothing is read");
      peer.send(new Frame.Pong(peer.receive().data()), text("still here"));
      other.taken(1 << 19);
      assertThat(receive()).isEqualTo(text("still here"));
    }

    /** The half that is for reading ahead. */
    private MemoryBudget.Share usedForReadingAhead() {
      budget = new MemoryBudget(1 << 20);
      MemoryBudget.Share other =
          budget.share(
              new MemoryBudget.Sharer() {
                @Override
                public void goOn() {}

                @Override
                public void fail(WebSocketProtocolException failure) {
                  throw new AssertionError(failure);
                }
              });
      other.queued(1 << 19);
      return other;
    }

    @Test
    void endsWithTheSession() throws Exception {
      open();
      FutureTask<?> closed =
          start(
              true,
              () ->
                  assertThatThrownBy(() -> connection.ping(LONG))
                      .isInstanceOf(WebSocketClosedException.class)
                      .hasMessageContaining("no Pong came")
                      .hasMessageContaining("1001"));
      Frame unanswered = peer.receive();
      assertThat(unanswered).isInstanceOf(Frame.Ping.class);
      peer.send(new Frame.Close(CloseReason.GOING_AWAY));
      get(closed);
      assertThatThrownBy(() -> connection.ping(LONG)).isInstanceOf(WebSocketClosedException.class);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void interruptLeavesTheSessionOpen(boolean virtual) throws Exception {
      open();
      Interrupted pinger = new Interrupted(virtual, () -> connection.ping(LONG));
      assertThat(peer.receive()).isInstanceOf(Frame.Ping.class);
      pinger.interrupt();
      assertThat(connection.isOpen()).isTrue();
    }
  }

  @Nested
  @DisplayName("what is counted")
  class Counting {
    @Test
    void messagesAndBytesOfBothWays() throws Exception {
      open();
      connection.send(new Frame.Text("one".getBytes(UTF_8), false, false, false, false));
      connection.send(new Frame.Ping(new byte[1]));
      connection.send(new Frame.Text("two"));
      connection.send(new byte[3]);
      peer.send(new Frame.Pong(new byte[1]), text("hello"));
      assertThat(receive()).isEqualTo(text("hello"));
      assertThat(connection.messagesAccepted()).isEqualTo(2);
      assertThat(connection.messagesSent()).isEqualTo(2);
      assertThat(connection.bytesSent()).isEqualTo(9 + 7 + 9 + 9);
      assertThat(connection.messagesReceived()).isEqualTo(1);
      assertThat(connection.bytesReceived()).isEqualTo(3 + 7);
      assertThat(connection.lastFramesSent())
          .extracting(FrameHeader::toString)
          .containsExactly(
              "TEXT, 3 bytes",
              "PING fin, 1 bytes",
              "CONTINUATION fin, 3 bytes",
              "BINARY fin, 3 bytes");
      assertThat(connection.lastFramesReceived())
          .containsExactly(new FrameHeader(0x8a, 1), new FrameHeader(0x81, 5));
    }

    @Test
    void howManySendsWereWhollyWrittenWhenItBroke() throws Exception {
      capacity = 20;
      open();
      for (int i = 0; i < 4; i++) {
        connection.enqueue(text("m" + i)); // 8 bytes each: two and a half have room
      }
      assertThat(connection.tryEnqueue(text("no room"))).isFalse();
      breaks();
      assertThat(connection.messagesAccepted()).isEqualTo(4);
      assertThat(connection.messagesSent()).isEqualTo(2);
      assertThat(connection.bytesSent()).isEqualTo(20);
    }

    @Test
    void whatTlsHoldsItselfIsNotSent() throws Exception {
      capacity = 4;
      open();
      ours.takeAhead(1 << 10);
      connection.enqueue(text("one"));
      assertThat(connection.tryEnqueue(text("no room"))).isFalse();
      breaks();
      assertThat(connection.messagesAccepted()).isEqualTo(1);
      assertThat(connection.messagesSent()).isZero();
    }

    @Test
    void whatTlsHoldsOfSeveralIsNotSent() throws Exception {
      capacity = 4;
      open();
      ours.takeAhead(20);
      FutureTask<?> sender =
          start(
              true,
              () -> {
                for (int i = 0; i < 4; i++) {
                  connection.enqueue(text("m" + i)); // 8 bytes each; of all, 24 are taken, 4 leave
                }
              });
      assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
      breaks();
      Throwable late = catchThrowable(() -> get(sender)); // they are held back for a millisecond
      assertThat(connection.messagesAccepted()).isGreaterThanOrEqualTo(late == null ? 4 : 1);
      assertThat(connection.messagesSent()).isZero();
    }

    private void breaks() {
      ours.reset();
      assertThatThrownBy(() -> connection.flush()).isInstanceOf(WebSocketClosedException.class);
    }
  }

  @Nested
  @DisplayName("keep-alive (RFC 6455 §5.5.2)")
  class KeepingAlive {
    @Test
    void silentPeerIsAskedAndLivesByAnswering() throws Exception {
      pingInterval = Duration.ofMillis(50);
      open();
      for (int i = 0; i < 3; i++) {
        Frame ping = peer.receive();
        assertThat(ping).isInstanceOf(Frame.Ping.class);
        peer.send(new Frame.Pong(ping.data()));
      }
      peer.send(text("after the last Pong"));
      assertThat(receive()).isEqualTo(text("after the last Pong"));
      assertThat(connection.isOpen()).isTrue();
      assertThat(connection.lastRoundTrip()).isBetween(Duration.ZERO, LONG);
      assertThat(connection.smoothedRoundTrip()).isBetween(Duration.ZERO, LONG);
    }

    @Test
    void deadPeerEndsTheConnection() throws Exception {
      pingInterval = Duration.ofMillis(100);
      pongTimeout = Duration.ofMillis(200);
      open();
      assertThatThrownBy(() -> receive())
          .isInstanceOf(WebSocketException.class)
          .hasCauseInstanceOf(SocketTimeoutException.class)
          .hasMessageContaining("no sign of life");
      peer.expectEnd();
    }

    @Test
    void peerThatSendsButTakesNothingEndsTheConnection() throws Exception {
      capacity = 64;
      pingInterval = Duration.ofMillis(100);
      pongTimeout = Duration.ofMillis(200);
      open();
      long start = System.nanoTime();
      FutureTask<Boolean> flood =
          start(
              true,
              () -> {
                try {
                  for (; ; ) {
                    peer.send(new Frame.Ping(new byte[40]));
                  }
                } catch (IOException e) {
                  return true;
                }
              });
      assertThatThrownBy(() -> receive())
          .isInstanceOf(WebSocketException.class)
          .hasCauseInstanceOf(SocketTimeoutException.class)
          .hasMessageContaining("taken nothing");
      assertThat(Duration.ofNanos(System.nanoTime() - start))
          .isGreaterThanOrEqualTo(pingInterval.plus(pongTimeout));
      assertThat(get(flood)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2000})
    void peerThatTakesLittleAtATimeLives(int takenAhead) throws Exception {
      capacity = 64;
      pingInterval = Duration.ofMillis(100);
      pongTimeout = Duration.ofSeconds(1);
      open();
      if (takenAhead > 0) {
        ours.takeAhead(takenAhead);
      }
      FutureTask<?> sender = start(true, () -> connection.send(new Frame.Binary(new byte[1000])));
      takeLittleByLittle(1000, Duration.ofMillis(90), () -> peer.send(new Frame.Pong(new byte[0])));
      get(sender);
      assertThat(connection.isOpen()).isTrue();
    }

    @Test
    void peerIsNotDeadForAPingThatWaitsBehindALongMessage() throws Exception {
      capacity = 64;
      pingInterval = Duration.ofMillis(100);
      pongTimeout = Duration.ofSeconds(1);
      open();
      FutureTask<?> sender = start(true, () -> connection.send(new Frame.Binary(new byte[1500])));
      takeLittleByLittle(1450, Duration.ofMillis(65), () -> {}); // and says nothing, all the time
      assertThat(connection.isOpen()).isTrue();
      FutureTask<?> rest = start(true, () -> peer.expectEnd()); // the Ping is in it
      get(sender);
      assertThatThrownBy(() -> receive()).hasMessageContaining("no sign of life");
      get(rest);
    }

    @Test
    void deadPeerIsFoundInTimeThoughTheLastMessageFillsThePipe() throws Exception {
      capacity = 64;
      pingInterval = Duration.ofSeconds(4);
      pongTimeout = Duration.ofMillis(200);
      open();
      long start = System.nanoTime();
      assertThat(connection.receive(Deadline.after(Duration.ofSeconds(2)))).isNull();
      FutureTask<Throwable> sender =
          start(
              true, () -> catchThrowable(() -> connection.send(new Frame.Binary(new byte[1000]))));
      assertThatThrownBy(() -> receive())
          .isInstanceOf(WebSocketException.class)
          .hasCauseInstanceOf(SocketTimeoutException.class)
          .hasMessage("the peer has taken nothing of what was sent for PT0.2S, nor sent anything");
      // and not 4.2 seconds after it stopped taking
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(6));
      assertThat(get(sender)).isInstanceOf(WebSocketClosedException.class);
    }

    @Test
    void peerIsNotDeadWhileAReceiverIsAtWhatWasReadAtOnce() throws Exception {
      pingInterval = Duration.ofMillis(100);
      pongTimeout = Duration.ofSeconds(1);
      open();
      int messages = 750;
      byte[] one = peer.encode(text("m"));
      ByteBuffer glued = ByteBuffer.allocate(messages * one.length);
      while (glued.hasRemaining()) {
        glued.put(one);
      }
      peer.sendBytes(glued.array());
      AtomicBoolean over = new AtomicBoolean();
      FutureTask<?> answers =
          start(
              true,
              () -> {
                while (!over.get()) {
                  if (peer.receive(Duration.ofMillis(10)) instanceof Frame.Ping ping) {
                    peer.send(new Frame.Pong(ping.data()));
                  }
                }
              });
      for (int i = 0; i < messages; i++) {
        assertThat(receive()).isEqualTo(text("m"));
        LockSupport.parkNanos(2_000_000); // less than what makes a session quiet
      }
      assertThat(connection.isOpen()).isTrue();
      over.set(true);
      get(answers);
    }

    @Test
    void pingsGoOutWhileWeLeaveThePeerUnread() throws Exception {
      pingInterval = Duration.ofMillis(50);
      pongTimeout = Duration.ofSeconds(1);
      open();
      for (int i = 0; i < 17; i++) {
        peer.send(text("m" + i)); // one more than the queue holds
      }
      for (int i = 0; i < 30; i++) { // longer than a peer that is read may be silent
        assertThat(peer.receive()).isInstanceOf(Frame.Ping.class);
      }
      assertThat(connection.isOpen()).isTrue();
      for (int i = 0; i < 17; i++) {
        assertThat(receive()).isEqualTo(text("m" + i));
      }
      Frame ping = peer.receive();
      peer.send(new Frame.Pong(ping.data()), text("read again"));
      assertThat(receive()).isEqualTo(text("read again"));
    }

    @Test
    void peerIsNotDeadWhileWeLeaveItUnread() throws Exception {
      capacity = 1 << 10;
      pingInterval = Duration.ofMillis(50);
      pongTimeout = Duration.ofSeconds(1);
      open();
      FutureTask<?> flood =
          start(
              true,
              () -> {
                for (int i = 0; i < 200; i++) {
                  peer.send(new Frame.Binary(new byte[100]));
                }
              });
      assertThatThrownBy(() -> flood.get(2, TimeUnit.SECONDS))
          .isInstanceOf(java.util.concurrent.TimeoutException.class);
      for (int i = 0; i < 200; i++) {
        assertThat(receive()).isInstanceOf(Frame.Binary.class);
      }
      get(flood);
      assertThat(connection.isOpen()).isTrue();
    }
  }

  @Nested
  @DisplayName("a peer that takes nothing")
  class WriteTimeout {
    @Test
    void endsTheConnectionWhileASenderWaits() throws Exception {
      capacity = 1000;
      writeTimeout = SHORT;
      open();
      long start = System.nanoTime();
      assertThatThrownBy(() -> connection.send(new Frame.Binary(new byte[100_000])))
          .isInstanceOf(WebSocketClosedException.class)
          .hasStackTraceContaining("taken nothing");
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(SHORT);
      assertThatThrownBy(() -> receive())
          .isInstanceOf(WebSocketException.class)
          .hasMessage("the peer has taken nothing of what was sent for PT0.1S")
          .hasCauseInstanceOf(SocketTimeoutException.class);
      assertThatThrownBy(() -> connection.send(text("late")))
          .isInstanceOf(WebSocketClosedException.class);
    }

    @Test
    void endsTheConnectionWhereASenderWasInterrupted() throws Exception {
      capacity = 1000;
      writeTimeout = SHORT;
      open();
      interruptASenderInTheMiddleOfItsFrame();
      assertThatThrownBy(() -> receive())
          .isInstanceOf(WebSocketException.class)
          .hasMessageContaining("taken nothing");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2000})
    void isPatientAsLongAsSomethingIsTaken(int takenAhead) throws Exception {
      capacity = 64;
      writeTimeout = Duration.ofSeconds(1);
      open();
      if (takenAhead > 0) {
        ours.takeAhead(takenAhead);
      }
      FutureTask<?> sender = start(true, () -> connection.send(new Frame.Binary(new byte[1000])));
      long start = System.nanoTime();
      takeLittleByLittle(1000, Duration.ofMillis(100), () -> {});
      get(sender);
      assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(writeTimeout);
      assertThat(connection.isOpen()).isTrue();
    }
  }

  /** Has the peer act and take up to 64 bytes after each pause, until it has taken so many. */
  private void takeLittleByLittle(int bytes, Duration pause, Act act) throws Exception {
    Callable<Integer> take =
        () -> {
          act.run();
          return Math.max(0, peer.transport.read(ByteBuffer.allocate(64)));
        };
    try (ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor()) {
      for (int taken = 0; taken < bytes; ) {
        taken += clock.schedule(take, pause.toMillis(), TimeUnit.MILLISECONDS).get();
      }
    }
  }

  /** Returns when the transport is full and the rest of the frame is left to a drainer. */
  private void interruptASenderInTheMiddleOfItsFrame() throws Exception {
    FutureTask<Boolean> sender =
        new FutureTask<>(
            () -> {
              assertThatThrownBy(() -> connection.send(new Frame.Binary(new byte[100_000])))
                  .isInstanceOf(WebSocketException.class);
              return true;
            });
    Thread thread = Thread.ofPlatform().start(sender);
    assertThat(peer.transport.awaitReadable(Deadline.after(LONG))).isTrue();
    thread.interrupt();
    assertThat(get(sender)).isTrue();
  }

  @Nested
  @DisplayName("a thread that cannot be started")
  class RefusedThread {
    private void assertFailed() throws Exception {
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS)).isNull();
      assertThat(ours.isClosed()).isTrue();
      assertThatThrownBy(() -> receive())
          .isInstanceOf(WebSocketException.class)
          .hasMessageContaining("no thread could be started for the session")
          .hasCauseInstanceOf(OutOfMemoryError.class);
      assertThatThrownBy(() -> connection.send(text("late")))
          .isInstanceOf(WebSocketClosedException.class)
          .hasRootCauseInstanceOf(OutOfMemoryError.class);
      connection.close(CloseReason.NORMAL);
      peer.expectEnd();
      assertThat(finished.getCount()).as("released without a thread").isEqualTo(1);
      threads.refuse(false);
      assertThat(finished.await(10, TimeUnit.SECONDS)).as("released afterwards").isTrue();
    }

    @Test
    void toWriteWhatAnInterruptedSenderLeft() throws Exception {
      capacity = 1000;
      open();
      threads.refuse(true);
      interruptASenderInTheMiddleOfItsFrame();
      assertFailed();
    }

    @Test
    void toWriteWhatWasHeldBack() throws Exception {
      open();
      threads.refuse(true);
      connection.enqueue(text("held back"));
      assertFailed();
    }

    @Test
    void toReadWhereNobodyReceives() throws Exception {
      open();
      threads.refuse(true);
      peer.send(new Frame.Ping(new byte[0]));
      assertFailed();
    }

    @Test
    void toSendAPing() throws Exception {
      pingInterval = SHORT;
      open();
      threads.refuse(true);
      assertFailed();
    }

    @Test
    void toWriteAReplyForWhichThereIsNoRoom() throws Exception {
      capacity = 50;
      open();
      FutureTask<?> receiver =
          start(
              true,
              () -> assertThatThrownBy(() -> receive()).isInstanceOf(WebSocketException.class));
      threads.refuse(true);
      byte[] ping = peer.encode(new Frame.Ping(new byte[20]));
      peer.sendBytes(ByteBuffer.allocate(2 * ping.length).put(ping).put(ping).array());
      get(receiver);
      assertFailed();
    }

    @Test
    void toTellHowItEnded() throws Exception {
      open();
      CompletableFuture<@Nullable CloseReason> told =
          connection.closeReason().thenApply(reason -> CloseReason.NORMAL);
      threads.refuse(true);
      connection.terminate();
      assertThat(told.get(10, TimeUnit.SECONDS)).isEqualTo(CloseReason.NORMAL);
    }

    @Test
    void toFinishAfterThePeersClose() throws Exception {
      open();
      threads.refuse(true);
      peer.send(text("last"), new Frame.Close(CloseReason.GOING_AWAY));
      peer.transport.endOutput();
      assertThat(receive()).isEqualTo(text("last"));
      assertThat(receive()).isEqualTo(new Frame.Close(CloseReason.GOING_AWAY));
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS))
          .isEqualTo(CloseReason.GOING_AWAY);
      connection.close(CloseReason.NORMAL);
      peer.expectEnd();
    }

    @Test
    void toFinishAfterAViolation() throws Exception {
      open();
      threads.refuse(true);
      peer.sendHex("91 00");
      assertThatThrownBy(() -> receive()).isInstanceOf(WebSocketProtocolException.class);
      assertThat(peer.receive()).isEqualTo(new Frame.Close(Violation.RESERVED_BIT.closeReason()));
      peer.expectEnd();
    }

    @Test
    void forTheTimers() throws Exception {
      platformThreads.refuse(true);
      open();
      assertThatThrownBy(() -> receive())
          .isInstanceOf(WebSocketException.class)
          .hasMessageContaining("no timer could be set")
          .hasRootCauseInstanceOf(OutOfMemoryError.class);
      assertThat(connection.closeReason().get(10, TimeUnit.SECONDS)).isNull();
      peer.expectEnd();
    }
  }
}
