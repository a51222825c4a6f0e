// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.ReconnectPolicy.Unsent;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
final class OutboxTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  /** A session that takes messages until it is told otherwise. */
  private static final class FakeWay implements Outbox.Way {
    private final BlockingQueue<Frame> sent = new LinkedBlockingQueue<>();
    private final AtomicInteger room = new AtomicInteger(Integer.MAX_VALUE);
    private volatile @Nullable WebSocketException torn;

    /** Takes so many and then is closed, or else is torn by the one after. */
    static FakeWay openFor(int messages, @Nullable WebSocketException torn) {
      FakeWay way = new FakeWay();
      way.room.set(messages);
      way.torn = torn;
      return way;
    }

    @Override
    public boolean sendIfOpen(Frame message) {
      if (room.getAndDecrement() > 0) {
        return sent.add(message);
      } else if (torn != null) {
        throw torn;
      }
      return false;
    }

    List<Frame> take(int messages) throws InterruptedException {
      List<Frame> taken = new ArrayList<>();
      for (int i = 0; i < messages; i++) {
        taken.add(sent.poll(SOON.toSeconds(), TimeUnit.SECONDS));
      }
      return taken;
    }
  }

  private final BlockingQueue<Frame> doubtful = new LinkedBlockingQueue<>();
  private final List<Outbox> outboxes = new ArrayList<>();

  private Outbox outbox(int messages, long bytes) {
    Outbox outbox =
        new Outbox(
            new Unsent.Keep(messages, bytes),
            Thread.ofVirtual().factory(),
            (message, failure) -> doubtful.add(message));
    outbox.start();
    outboxes.add(outbox);
    return outbox;
  }

  @AfterEach
  void end() {
    outboxes.forEach(Outbox::end);
  }

  private static Frame message(int number) {
    return new Frame.Text("message " + number);
  }

  private static List<Frame> messages(int from, int to) {
    List<Frame> messages = new ArrayList<>();
    for (int number = from; number < to; number++) {
      messages.add(message(number));
    }
    return messages;
  }

  private static void put(Outbox outbox, Frame message) {
    outbox.put(message, false);
  }

  private static void put(Outbox outbox, List<Frame> messages) {
    messages.forEach(message -> put(outbox, message));
  }

  @Test
  void keepsInOrderUntilThereIsASession() throws InterruptedException {
    Outbox outbox = outbox(100, 1 << 20);
    put(outbox, messages(0, 50));
    assertThat(outbox.messages()).isEqualTo(messages(0, 50));
    FakeWay session = new FakeWay();
    outbox.attach(session);
    put(outbox, messages(50, 60));
    outbox.awaitSent(SOON);
    assertThat(session.take(60)).isEqualTo(messages(0, 60));
    assertThat(outbox.messages()).isEmpty();
  }

  @Test
  void threadThatOpensTheNextSessionDoesNotWaitForIt() throws InterruptedException {
    Outbox outbox = outbox(1, 1 << 20);
    outbox.put(message(0), true);
    assertThatExceptionOfType(NoSessionException.class)
        .isThrownBy(() -> outbox.put(message(1), true))
        .withMessageStartingWith("cannot send: no room");
    FakeWay session = new FakeWay();
    outbox.attach(session);
    outbox.put(message(1), true); // now it may wait
    assertThat(session.take(2)).isEqualTo(messages(0, 2));
  }

  @Test
  void goesOnWithTheNextSessionWhereTheLastOneClosed() throws InterruptedException {
    Outbox outbox = outbox(100, 1 << 20);
    put(outbox, messages(0, 10));
    FakeWay first = FakeWay.openFor(4, null);
    outbox.attach(first);
    assertThat(first.take(4)).isEqualTo(messages(0, 4));
    FakeWay second = new FakeWay();
    outbox.attach(second);
    assertThat(second.take(6)).isEqualTo(messages(4, 10));
    assertThat(doubtful).isEmpty();
  }

  @Test
  void messageThatTheSessionWasTornByIsInDoubtAndNotSentAgain() throws InterruptedException {
    Outbox outbox = outbox(100, 1 << 20);
    put(outbox, messages(0, 10));
    outbox.attach(FakeWay.openFor(4, new WebSocketException("torn")));
    assertThat(doubtful.poll(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(message(4));
    FakeWay second = new FakeWay();
    outbox.attach(second);
    assertThat(second.take(5)).isEqualTo(messages(5, 10));
    outbox.end();
    assertThat(second.sent).isEmpty();
  }

  @Test
  void messageThatTheSessionRefusesIsTakenOffAndTheNextGoesOut() throws InterruptedException {
    Frame refused = message(1);
    List<Frame> sent = new ArrayList<>();
    BlockingQueue<WebSocketException> failures = new LinkedBlockingQueue<>();
    Outbox outbox =
        new Outbox(
            new Unsent.Keep(100, 1 << 20),
            Thread.ofVirtual().factory(),
            (message, failure) -> {
              doubtful.add(message);
              failures.add(failure);
            });
    outbox.start();
    outboxes.add(outbox);
    put(outbox, messages(0, 3));
    outbox.attach(
        message -> {
          if (message.equals(refused)) {
            throw new IllegalArgumentException("no text");
          }
          return sent.add(message);
        });
    outbox.awaitSent(SOON);
    outbox.end();
    assertThat(sent).containsExactly(message(0), message(2));
    assertThat(doubtful).containsExactly(refused);
    assertThat(failures.take())
        .hasMessage("the message cannot be sent: no text")
        .hasCauseInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void nothingGoesOutByASessionThatWasGivenUp() throws InterruptedException {
    Outbox outbox = outbox(100, 1 << 20);
    FakeWay session = new FakeWay();
    outbox.attach(session);
    put(outbox, message(0));
    assertThat(session.take(1)).containsExactly(message(0));
    outbox.detach();
    put(outbox, message(1));
    outbox.end();
    assertThat(session.sent).isEmpty();
    assertThat(outbox.messages()).containsExactly(message(1));
  }

  private static Thread putting(Outbox outbox, int number) {
    Thread thread = Thread.ofVirtual().start(() -> put(outbox, message(number)));
    awaitWaiting(thread);
    return thread;
  }

  private static void awaitWaiting(Thread thread) {
    while (thread.getState() != Thread.State.WAITING
        && thread.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
  }

  @Test
  void senderWaitsWhereThereIsNoRoomForAMessage() throws InterruptedException {
    Outbox outbox = outbox(2, 1 << 20);
    put(outbox, messages(0, 2));
    Thread third = putting(outbox, 2);
    assertThat(outbox.messages()).isEqualTo(messages(0, 2));
    FakeWay session = new FakeWay();
    outbox.attach(session);
    assertThat(third.join(SOON)).isTrue();
    assertThat(session.take(3)).isEqualTo(messages(0, 3));
  }

  @Test
  void senderWaitsWhereThereIsNoRoomForItsBytes() throws InterruptedException {
    Outbox outbox = outbox(100, 20);
    put(outbox, messages(0, 2));
    Thread third = putting(outbox, 2);
    assertThat(outbox.messages()).isEqualTo(messages(0, 2));
    outbox.attach(new FakeWay());
    assertThat(third.join(SOON)).isTrue();
  }

  @Test
  void oneLargerMessageAlwaysFits() {
    Outbox outbox = outbox(100, 1);
    put(outbox, message(0));
    assertThat(outbox.messages()).containsExactly(message(0));
  }

  @Test
  void interruptedSenderLeavesNothingBehind() throws Exception {
    Outbox outbox = outbox(1, 100);
    put(outbox, message(0));
    FutureTask<Boolean> flag =
        new FutureTask<>(
            () -> {
              assertThatExceptionOfType(WebSocketInterruptedException.class)
                  .isThrownBy(() -> put(outbox, message(1)));
              return Thread.currentThread().isInterrupted();
            });
    Thread thread = Thread.ofVirtual().start(flag);
    awaitWaiting(thread);
    thread.interrupt();
    assertThat(flag.get(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(outbox.messages()).containsExactly(message(0));
  }

  @Test
  void waitingSenderIsToldOfTheEnd() throws Exception {
    Outbox outbox = outbox(1, 100);
    put(outbox, message(0));
    FutureTask<Object> sender =
        new FutureTask<>(
            () ->
                assertThatExceptionOfType(NoSessionException.class)
                    .isThrownBy(() -> put(outbox, message(1))));
    awaitWaiting(Thread.ofVirtual().start(sender));
    outbox.refuse();
    assertThat(sender.get(SOON.toSeconds(), TimeUnit.SECONDS)).isNotNull();
    outbox.end();
    assertThat(outbox.messages()).containsExactly(message(0));
    assertThatExceptionOfType(NoSessionException.class)
        .isThrownBy(() -> put(outbox, message(2)))
        .withMessage("cannot send: the reconnector has stopped");
  }

  @Test
  void whoIsToldOfADoubtMayPutTheMessageAgainEvenWhereItIsFull() throws InterruptedException {
    CountDownLatch told = new CountDownLatch(1);
    Outbox[] self = new Outbox[1];
    Outbox outbox =
        new Outbox(
            new Unsent.Keep(1, 100),
            Thread.ofVirtual().factory(),
            (message, failure) -> {
              Thread other = Thread.ofPlatform().start(() -> put(self[0], message(1)));
              while (self[0].messages().isEmpty()) {
                Thread.onSpinWait(); // somebody else takes the room
              }
              put(self[0], message);
              told.countDown();
              assertThat(other).isNotNull();
            });
    self[0] = outbox;
    outbox.start();
    outboxes.add(outbox);
    put(outbox, message(0));
    outbox.attach(FakeWay.openFor(0, new WebSocketException("torn")));
    assertThat(told.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
    FakeWay second = new FakeWay();
    outbox.attach(second);
    assertThat(second.take(2)).containsExactly(message(1), message(0));
  }

  @Test
  void waitingForWhatIsKeptEndsWithTheSession() {
    Outbox outbox = outbox(10, 100);
    put(outbox, message(0));
    outbox.awaitSent(Duration.ofDays(1)); // there is none
    outbox.attach(FakeWay.openFor(0, null));
    outbox.awaitSent(Duration.ofDays(1)); // it closes
    assertThat(outbox.messages()).containsExactly(message(0));
  }
}
