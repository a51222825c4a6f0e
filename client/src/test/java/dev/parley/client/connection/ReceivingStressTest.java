// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.ReadinessLoop;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The way in of a connection, under more threads than anybody would let at one: receivers that wait
 * for ever, for a while, or not at all, and are interrupted; Pings that read ahead; pauses in which
 * the session is read on behalf of nobody; over a transport that gives a few bytes at a time.
 *
 * <p>What must hold whatever happens: every message comes to one receiver, once, and to each
 * receiver in order; where the peer ended it, all came, and else none behind a gap; nobody hangs.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class ReceivingStressTest {
  /** How a round ends. */
  enum End {
    CLOSED_BY_PEER,
    VIOLATION,
    CLOSE,
    TERMINATE
  }

  @ParameterizedTest
  @EnumSource
  void everyMessageComesOnceAndInOrder(End end) {
    StressRound.repeat((plan, loop) -> new Round(end, plan, loop));
  }

  private static final class Round extends StressRound {
    private final End end;
    private final Peer peer;
    private final WebSocketConnection connection;
    private final int messages;

    Round(End end, Random plan, ReadinessLoop loop) {
      super(plan, loop);
      this.end = end;
      this.messages = 1 + plan.nextInt(600);
      InMemoryTransport[] pair = InMemoryTransport.pair(1 + plan.nextInt(5_000));
      peer = new Peer(pair[1]);
      Random whims = new Random(plan.nextLong());
      connection =
          connection(
              plan.nextBoolean() ? pair[0] : new WhimsicalTransport(pair[0], whims),
              Delivery.MESSAGES,
              1 + plan.nextInt(40));
    }

    @Override
    void run() throws Exception {
      connection.start();
      List<Task<List<Integer>>> receiving = new ArrayList<>();
      int receivers = 1 + plan.nextInt(4);
      for (int i = 0; i < receivers; i++) {
        receiving.add(start(plan.nextBoolean(), this::receive));
      }
      Task<Boolean> pinging = start(true, this::ping);
      Task<Boolean> interrupting = start(false, random -> interrupt(connection, random));
      Task<Boolean> listening = start(false, random -> listen());
      Task<Boolean> sending = start(false, this::send);
      if (end == End.CLOSE || end == End.TERMINATE) {
        pause(10, plan);
        if (end == End.CLOSE) {
          connection.close(CloseReason.NORMAL);
        } else {
          connection.terminate();
        }
      }
      assertThat(sending.get()).isTrue();
      List<Integer> came = new ArrayList<>();
      for (Task<List<Integer>> each : receiving) {
        List<Integer> numbers = each.get();
        assertThat(numbers).isSorted();
        came.addAll(numbers);
      }
      assertThat(pinging.get()).isTrue();
      assertThat(interrupting.get()).isTrue();
      assertThat(listening.get()).isTrue();
      assertFinished();
      int whole = end == End.CLOSED_BY_PEER || end == End.VIOLATION ? messages : came.size();
      assertThat(came)
          .containsExactlyInAnyOrderElementsOf(IntStream.range(0, whole).boxed().toList());
    }

    private List<Integer> receive(Random random) {
      interruptible.add(Thread.currentThread());
      List<Integer> numbers = new ArrayList<>();
      try {
        for (; ; ) {
          try {
            if (receiveSomehow(random) instanceof Frame.Binary message) {
              numbers.add(ByteBuffer.wrap(message.data()).getInt());
            }
          } catch (WebSocketInterruptedException e) {
            assertThat(Thread.interrupted()).as("the flag is set again").isTrue();
          } catch (InterruptedException e) {
            // interrupted in a pause of its own
          }
        }
      } catch (WebSocketException e) {
        interruptible.remove(Thread.currentThread());
        boolean unused = Thread.interrupted();
        return numbers;
      }
    }

    private @Nullable Frame receiveSomehow(Random random) throws InterruptedException {
      return switch (random.nextInt(50)) {
        case 0 -> {
          pause(12, random); // now and then long enough to be read on behalf of nobody
          yield null;
        }
        case 1, 2, 3 ->
            connection.receive(Deadline.after(Duration.ofNanos(random.nextInt(1_000_000))));
        case 4, 5, 6 -> connection.receive(Deadline.PAST);
        default -> connection.receive(Deadline.NONE);
      };
    }

    private boolean ping(Random random) throws InterruptedException {
      while (connection.isOpen()) {
        try {
          Duration unused = connection.ping(Duration.ofNanos(1 + random.nextInt(2_000_000)));
        } catch (WebSocketException e) {
          pause(3, random); // no Pong comes, as the peer does not answer; or the session has ended
        }
      }
      return true;
    }

    /** Takes what the client sends, so that nothing of it waits. */
    private boolean listen() throws InterruptedException {
      peer.expectEnd();
      return true;
    }

    /** Sends the messages, some glued, some cut, with a Ping here and there. */
    private boolean send(Random random) throws InterruptedException {
      ByteArrayOutputStream glued = new ByteArrayOutputStream();
      try {
        for (int number = 0; number < messages; number++) {
          glued.writeBytes(peer.encode(message(number, random)));
          if (random.nextInt(30) == 0) {
            glued.writeBytes(peer.encode(new Frame.Ping(new byte[] {1})));
          }
          if (random.nextInt(20) == 0) {
            peer.sendBytes(glued.toByteArray());
            glued.reset();
            if (random.nextInt(5) == 0) {
              pause(12, random);
            }
          }
        }
        peer.sendBytes(glued.toByteArray());
        switch (end) {
          case CLOSED_BY_PEER -> peer.sendHex("88 02 03 e8");
          case VIOLATION -> peer.sendHex("8b 00");
          case CLOSE, TERMINATE -> {}
        }
        peer.transport.endOutput();
      } catch (IOException e) {
        return !connection.isOpen();
      }
      return true;
    }

    private Frame message(int number, Random random) {
      int size = random.nextInt(20) == 0 ? random.nextInt(5_000) : random.nextInt(200);
      return new Frame.Binary(ByteBuffer.allocate(4 + size).putInt(number).array());
    }
  }
}
