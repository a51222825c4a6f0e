// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.ReadinessLoop;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Event;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Role;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The way out and the ending of a connection, under more threads than anybody would let at one:
 * senders that are interrupted, Pings to be answered, and an end in the middle of it, over a
 * transport that takes a few bytes at a time or none.
 *
 * <p>What must hold whatever happens: no frame is torn by another; the frames of one sender come in
 * its order; what a send that returned has sent comes, once; nothing follows a Close frame, of
 * which there is at most one; nobody hangs.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class WebSocketConnectionStressTest {
  /** How a round ends. */
  enum End {
    /** Somebody closes when all is sent. */
    CLOSE_AFTERWARDS,
    /** Several threads close while others send. */
    CLOSE,
    /** A raw session sends its Close frame as any other frame. */
    CLOSE_BY_HAND,
    /** The peer closes while we send. */
    CLOSED_BY_PEER,
    /** Both close at once. */
    CLOSED_BY_BOTH,
    /** The peer breaks a rule while we send. */
    VIOLATION,
    TERMINATE
  }

  @ParameterizedTest
  @EnumSource
  void everyFrameIsWholeAndInItsPlace(End end) {
    StressRound.repeat((plan, loop) -> new Round(end, plan, loop));
  }

  /** What became of the messages of one sender, by their numbers. */
  private record Sent(Set<Integer> accepted, Set<Integer> refused) {}

  /** What came to the peer. */
  private record Seen(List<Frame> frames, @Nullable Event last) {}

  private static final class Round extends StressRound {
    private final End end;
    private final InMemoryTransport theirs;
    private final WebSocketConnection connection;
    private final ReentrantLock writing = new ReentrantLock();
    private final AtomicInteger pinged = new AtomicInteger();
    private final AtomicInteger ponged = new AtomicInteger();

    /** A permit for each Pong. */
    private final Semaphore pongs = new Semaphore(0);

    private volatile boolean quiet;
    private final CountDownLatch started;
    private final int messages;

    Round(End end, Random plan, ReadinessLoop loop) {
      super(plan, loop);
      this.end = end;
      this.messages = 1 + plan.nextInt(40);
      this.started = new CountDownLatch(1 + plan.nextInt(messages));
      InMemoryTransport[] pair = InMemoryTransport.pair(1 + plan.nextInt(5_000));
      if (plan.nextBoolean()) {
        pair[0].takeAhead(1 + plan.nextInt(500));
      }
      theirs = pair[1];
      Delivery delivery = end == End.CLOSE_BY_HAND ? Delivery.FRAMES : Delivery.MESSAGES;
      Random whims = new Random(plan.nextLong());
      connection = connection(new WhimsicalTransport(pair[0], whims), delivery, 16);
    }

    @Override
    void run() throws Exception {
      connection.start();
      Task<Seen> peer = start(false, this::listen);
      Task<Boolean> pinging = start(true, random -> ping());
      Task<Boolean> receiving = start(plan.nextBoolean(), random -> receive());
      List<Task<Sent>> sending = new ArrayList<>();
      int senders = 2 + plan.nextInt(6);
      for (int i = 0; i < senders; i++) {
        int sender = i;
        sending.add(start(plan.nextBoolean(), random -> send(sender, random)));
      }
      Task<Boolean> interrupting = start(false, random -> interrupt(connection, random));
      List<Task<Boolean>> ending = new ArrayList<>();
      if (end != End.CLOSE_AFTERWARDS) {
        assertThat(started.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        ending.addAll(end());
      }
      List<Sent> sent = new ArrayList<>();
      for (Task<Sent> task : sending) {
        sent.add(task.get());
      }
      if (end == End.CLOSE_AFTERWARDS) {
        assertThat(connection.isOpen()).as("interrupts have ended nothing").isTrue();
        quiet = true;
        assertThat(pinging.get()).isTrue();
        awaitPong(pinged.get());
        ending.addAll(end());
      }
      for (Task<Boolean> task : ending) {
        assertThat(task.get()).isTrue();
      }
      CloseReason reason = connection.closeReason().get(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(reason == null ? 0 : reason.code()).as("code").isEqualTo(code());
      Seen seen = peer.get();
      assertThat(receiving.get()).isTrue();
      assertThat(pinging.get()).isTrue();
      assertThat(interrupting.get()).isTrue();
      assertFinished();
      judge(seen, sent);
    }

    private int code() {
      return switch (end) {
        case TERMINATE -> 0;
        case VIOLATION -> 1002;
        case CLOSE_AFTERWARDS, CLOSE, CLOSE_BY_HAND, CLOSED_BY_PEER, CLOSED_BY_BOTH -> 1000;
      };
    }

    private List<Task<Boolean>> end() throws Exception {
      Act<Boolean> close =
          random -> {
            connection.close(CloseReason.NORMAL);
            return true;
          };
      List<Task<Boolean>> tasks = new ArrayList<>();
      switch (end) {
        case CLOSE_AFTERWARDS -> tasks.add(start(true, close));
        case CLOSE -> {
          int closers = 1 + plan.nextInt(3);
          for (int i = 0; i < closers; i++) {
            tasks.add(start(plan.nextBoolean(), close));
          }
        }
        case CLOSE_BY_HAND ->
            tasks.add(
                start(
                    plan.nextBoolean(),
                    random -> {
                      connection.send(new Frame.Close(CloseReason.NORMAL));
                      return true;
                    }));
        case CLOSED_BY_PEER -> tasks.add(start(false, random -> write("88 02 03 e8")));
        case CLOSED_BY_BOTH -> {
          tasks.add(start(false, random -> write("88 02 03 e8")));
          tasks.add(start(plan.nextBoolean(), close));
        }
        case VIOLATION -> tasks.add(start(false, random -> write("8b 00")));
        case TERMINATE -> connection.terminate();
      }
      return tasks;
    }

    private Sent send(int sender, Random random) {
      interruptible.add(Thread.currentThread());
      Set<Integer> accepted = new HashSet<>();
      Set<Integer> refused = new HashSet<>();
      for (int number = 0; number < messages; number++) {
        Frame frame = new Frame.Text(sender + " " + number + " " + "x".repeat(size(random)));
        try {
          if (sendSomehow(frame, random)) {
            accepted.add(number);
          } else {
            refused.add(number);
          }
        } catch (WebSocketInterruptedException e) {
          assertThat(Thread.interrupted()).as("the flag is set again").isTrue();
        } catch (WebSocketClosedException e) {
          refused.add(number);
        }
        started.countDown();
      }
      interruptible.remove(Thread.currentThread());
      return new Sent(accepted, refused);
    }

    private int size(Random random) {
      return random.nextInt(10) == 0 ? random.nextInt(40_000) : random.nextInt(200);
    }

    private boolean sendSomehow(Frame frame, Random random) {
      return switch (random.nextInt(4)) {
        case 0 -> {
          connection.enqueue(frame);
          yield true;
        }
        case 1 -> connection.tryEnqueue(frame);
        case 2 -> {
          connection.enqueue(frame);
          flush();
          yield true;
        }
        default -> {
          connection.send(frame);
          yield true;
        }
      };
    }

    private void flush() {
      try {
        connection.flush();
      } catch (WebSocketInterruptedException e) {
        assertThat(Thread.interrupted()).as("the flag is set again").isTrue();
      } catch (WebSocketClosedException e) {
        assertThat(connection.isOpen()).isFalse();
      }
    }

    private boolean receive() {
      try {
        while (true) {
          Frame frame = connection.receive(Deadline.NONE);
          assertThat(frame).isNotNull();
        }
      } catch (WebSocketException e) {
        return !connection.isOpen();
      }
    }

    /** The peer's way out is used by one thread at a time, frame by frame. */
    private boolean write(String hex) throws InterruptedException {
      ByteBuffer bytes = ByteBuffer.wrap(HexFormat.of().parseHex(hex.replace(" ", "")));
      writing.lock();
      try {
        Deadline deadline = Deadline.after(SOON);
        while (bytes.hasRemaining()) {
          if (theirs.write(bytes) == 0) {
            assertThat(theirs.awaitWritable(deadline)).as("room at the client").isTrue();
          }
        }
      } catch (IOException e) {
        return !connection.isOpen();
      } finally {
        writing.unlock();
      }
      return true;
    }

    private boolean ping() throws InterruptedException {
      while (connection.isOpen() && !quiet && pinged.get() < 0xffff) {
        boolean unused = write("89 02 " + String.format("%04x", pinged.incrementAndGet()));
      }
      return true;
    }

    /** The latest Ping is answered, whoever else wrote when it came. */
    private void awaitPong(int number) throws InterruptedException {
      Deadline deadline = Deadline.after(SOON);
      while (ponged.get() != number
          && pongs.tryAcquire(deadline.remainingNanos(), TimeUnit.NANOSECONDS)) {}
      assertThat(ponged).as("latest Ping answered").hasValue(number);
    }

    /** Reads a little at a time what the client sends, until it ends; answers its Close. */
    private Seen listen(Random random) throws Exception {
      Inbound inbound = new Inbound(Role.SERVER, Limits.DEFAULT, Delivery.FRAMES, List.of());
      ByteBuffer received = ByteBuffer.allocate(1 + random.nextInt(3_000)).limit(0);
      List<Frame> frames = new ArrayList<>();
      Deadline deadline = Deadline.after(SOON);
      try {
        for (; ; ) {
          switch (inbound.poll(received)) {
            case Event.Received(Frame frame) -> {
              frames.add(frame);
              if (frame instanceof Frame.Pong pong) {
                ponged.set(number(pong));
                pongs.release();
              }
              if (frame instanceof Frame.Close) {
                boolean unused = write("88 02 03 e8");
                theirs.endOutput();
              }
            }
            case Event.Failed(var failure) -> throw failure;
            case Event.ReplyDue due -> throw new AssertionError(due);
            case Event.Ended ended -> {
              return new Seen(frames, ended);
            }
            case null -> {
              received.clear();
              int count = theirs.read(received);
              received.flip();
              if (count < 0) {
                return new Seen(frames, inbound.endOfStream());
              }
              if (count == 0) {
                assertThat(theirs.awaitReadable(deadline)).as("a client that ends").isTrue();
              }
            }
          }
        }
      } catch (IOException e) {
        return new Seen(frames, null); // The client has hung up, with something of ours unread.
      }
    }

    private static int number(Frame.Pong pong) {
      return ByteBuffer.wrap(pong.data()).getShort() & 0xffff;
    }

    private void judge(Seen seen, List<Sent> sent) {
      List<Frame> closes = seen.frames().stream().filter(Frame.Close.class::isInstance).toList();
      if (end == End.TERMINATE) {
        assertThat(closes).isEmpty();
      } else {
        assertThat(closes).hasSize(1);
        assertThat(seen.frames().getLast()).as("nothing follows").isInstanceOf(Frame.Close.class);
      }
      int[] next = new int[sent.size()];
      int pong = 0;
      List<Set<Integer>> came = new ArrayList<>();
      sent.forEach(each -> came.add(new HashSet<>()));
      for (Frame frame : seen.frames()) {
        switch (frame) {
          case Frame.Text text -> {
            String[] words = text.readText().split(" ", -1);
            int sender = Integer.parseInt(words[0]);
            int number = Integer.parseInt(words[1]);
            assertThat(number)
                .as("order of sender %d", sender)
                .isGreaterThanOrEqualTo(next[sender]);
            next[sender] = number + 1;
            came.get(sender).add(number);
          }
          case Frame.Pong answer -> {
            int number = number(answer);
            assertThat(number).as("Pong").isGreaterThan(pong).isLessThanOrEqualTo(pinged.get());
            pong = number;
          }
          case Frame.Close close -> {}
          case Frame.Binary other -> throw new AssertionError(other);
          case Frame.Ping other -> throw new AssertionError(other);
        }
      }
      for (int sender = 0; sender < sent.size(); sender++) {
        Sent each = sent.get(sender);
        if (end != End.TERMINATE) {
          assertThat(came.get(sender)).as("accepted").containsAll(each.accepted());
        }
        // Terminated in the middle of it, a frame may be out whose send throws.
        assertThat(Collections.disjoint(came.get(sender), each.refused()) || end == End.TERMINATE)
            .as("refused %s, came %s", each.refused(), came.get(sender))
            .isTrue();
      }
    }
  }
}
