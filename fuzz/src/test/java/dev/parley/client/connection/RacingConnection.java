// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.giveWay;

import dev.parley.client.transport.BufferPool;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.HeldTimers;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Outbound;
import dev.parley.websocket.Role;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real connection to race on: over a {@link RacingWire}, with timers that stand still until a
 * test runs them, and threads that it can wait for.
 */
final class RacingConnection {
  /** Longer than any timer that need not be cancelled at the end. */
  static final Duration LONG = Duration.ofSeconds(10);

  // Shared by all rounds, which follow one another: not every round gives back what it borrowed.
  // For each connection of a round its own, where there are some.
  private static final List<List<ByteBuffer>> BUFFERS =
      List.of(fourBuffers(), fourBuffers(), fourBuffers());

  final HeldTimers timers = new HeldTimers();
  final AtomicInteger finished = new AtomicInteger();
  final BufferPool buffers = new BufferPool();
  final WebSocketConnection connection;
  private final RacingWire wire;
  private final List<ByteBuffer> lendable;
  private final Queue<Thread> threads = new ConcurrentLinkedQueue<>();
  private final AtomicReference<@Nullable Throwable> thrown = new AtomicReference<>();

  RacingConnection(RacingWire wire) {
    this(wire, 4, null);
  }

  /**
   * Makes one.
   *
   * @param queue how many messages may wait for a receiver
   */
  RacingConnection(RacingWire wire, int queue, @Nullable Duration pingInterval) {
    this(wire, queue, pingInterval, null, null, 0);
  }

  /**
   * Makes one whose peer must take something now and then.
   *
   * @param writeTimeout how long it may take nothing of what is written
   */
  RacingConnection(RacingWire wire, Duration writeTimeout) {
    this(wire, 4, null, writeTimeout, null, 0);
  }

  /**
   * Makes one of two or three that share a budget.
   *
   * @param which it is: 0, 1 or 2
   */
  RacingConnection(RacingWire wire, MemoryBudget budget, int which) {
    this(wire, 4, null, null, budget, which);
  }

  private RacingConnection(
      RacingWire wire,
      int queue,
      @Nullable Duration pingInterval,
      @Nullable Duration writeTimeout,
      @Nullable MemoryBudget budget,
      int which) {
    this.wire = wire;
    this.lendable = BUFFERS.get(which);
    lendable.forEach(buffers::release);
    connection =
        new WebSocketConnection(
            wire,
            timers.loop(),
            buffers,
            buffers.acquire().clear().flip(),
            new Inbound(Role.CLIENT, Limits.DEFAULT, Delivery.MESSAGES, List.of()),
            outbound(),
            new ConnectionOptions(
                Delivery.MESSAGES,
                pingInterval,
                LONG,
                LONG,
                writeTimeout,
                Duration.ZERO,
                queue,
                1 << 20,
                budget),
            this::thread,
            ended -> finished.incrementAndGet());
  }

  private static List<ByteBuffer> fourBuffers() {
    return Stream.generate(() -> ByteBuffer.allocateDirect(BufferPool.BUFFER_SIZE))
        .limit(4)
        .toList();
  }

  /** Makes a half that masks with zeros, and gives way within a frame. */
  static Outbound outbound() {
    return new Outbound(
        Role.CLIENT,
        List.of(),
        () -> {
          giveWay();
          return 0;
        });
  }

  private Thread thread(Runnable task) {
    Thread thread =
        new Thread(() -> keepThrown(task)) {
          @Override
          public void start() {
            giveWay();
            super.start();
            giveWay();
          }
        };
    threads.add(thread);
    return thread;
  }

  private void keepThrown(Runnable task) {
    try {
      task.run();
    } catch (Throwable e) {
      thrown.compareAndSet(null, e); // join() tells
    }
  }

  /** Receives a frame, however long that takes. */
  Frame receive() {
    return Objects.requireNonNull(connection.receive(Deadline.NONE));
  }

  /** Waits until all threads that the connection started are over. Nothing may have gone wrong. */
  void join() {
    for (Thread next = threads.poll(); next != null; next = threads.poll()) {
      while (next.getState() == Thread.State.NEW) {
        Thread.onSpinWait(); // whoever made it is about to start it
      }
      try {
        require(next.join(Duration.ofSeconds(30)), next);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    Throwable first = thrown.get();
    if (first != null) {
      throw new AssertionError("on a thread of the connection", first);
    }
    require(!wire.hasOverlapped(), "two read or wrote at a time");
    WebSocketException failure = connection.failure();
    if (failure != null) {
      Throwable cause = failure.getCause(); // of a timer too, which catches what it throws
      require(cause == null || cause instanceof IOException, failure);
    }
  }

  /** Lets time pass until nothing happens any more. Not for what sets a timer again and again. */
  void settle() {
    join();
    while (timers.runNext() || wire.runOnReadable()) {
      join();
    }
  }

  /** Counts the buffers that the connection keeps. To be called at the end of a round. */
  int borrowed() {
    Set<ByteBuffer> free = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < lendable.size(); i++) {
      free.add(buffers.acquire());
    }
    free.forEach(buffers::release);
    int kept = 0;
    for (ByteBuffer buffer : lendable) {
      kept += free.contains(buffer) ? 0 : 1;
    }
    return kept;
  }

  /**
   * Returns the frames that were written, none of them torn, nor inside another message. They are
   * read by hand, which leaves more time for the race: each has a payload of at most 125 bytes, and
   * a key of zeros.
   */
  List<Frame> sent() {
    List<Frame> frames = new ArrayList<>();
    byte[] written = wire.written();
    boolean inMessage = false;
    for (int start = 0; start < written.length; ) {
      int header = start + 6;
      require(header <= written.length, "a frame was not written to its end");
      int end = header + (written[start + 1] & 0x7F);
      require(end <= written.length, "a frame was not written to its end");
      byte[] payload = Arrays.copyOfRange(written, header, end);
      boolean fin = written[start] < 0;
      int opcode = written[start] & 0x7F;
      frames.add(
          switch (opcode) {
            case 0, 2 -> new Frame.Binary(payload, fin, false, false, false);
            case 8 -> new Frame.Close(payload);
            case 10 -> new Frame.Pong(payload);
            default -> throw new AssertionError("a frame was torn");
          });
      if (opcode < 8) {
        require(inMessage == (opcode == 0), "a frame stands inside another message");
        inMessage = !fin;
      }
      start = end;
    }
    return frames;
  }

  static Frame message(int number) {
    return new Frame.Binary(new byte[] {(byte) number});
  }

  /** Encodes frames as a server sends them. */
  static byte[] bytes(Frame... frames) {
    Outbound server = new Outbound(Role.SERVER, List.of(), () -> 0);
    ByteBuffer target = ByteBuffer.allocate(128);
    for (Frame frame : frames) {
      server.begin(frame);
      if (!server.write(target)) {
        throw new AssertionError("no room for " + frame);
      }
    }
    byte[] bytes = new byte[target.flip().remaining()];
    target.get(bytes);
    return bytes;
  }
}
