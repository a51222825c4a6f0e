// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What one connection of a {@link MockWebSocketServer} saw: the opening handshake, every frame as
 * it came on the wire, the end. May be asked by any thread while the connection goes on.
 */
public final class MockConnection {
  private final int number;
  private final Queue<MockConnection> opened;
  private final BlockingQueue<RawFrame> frames;
  private final CountDownLatch peerEnded = new CountDownLatch(1);
  private volatile @Nullable Handshake handshake;

  /**
   * An opening handshake.
   *
   * @param request what the client sent
   * @param answer what the server answered, or {@code null} where a scenario answered with bytes
   */
  public record Handshake(RequestHead request, @Nullable ResponseHead answer) {}

  MockConnection(int number, Queue<MockConnection> opened, int recordedFrames) {
    this.number = number;
    this.opened = opened;
    this.frames = new LinkedBlockingQueue<>(recordedFrames);
  }

  /** Records the opening handshake; from now on a test can see this connection. */
  void recordHandshake(RequestHead request, @Nullable ResponseHead answer) {
    handshake = new Handshake(request, answer);
    opened.add(this);
  }

  void recordEnd() {
    peerEnded.countDown();
  }

  /** Records a frame, unless as many are kept as may be. */
  void recordFrame(RawFrame frame) {
    if (frames.remainingCapacity() > 0) {
      frames.add(frame);
    }
  }

  /** Returns which connection of the server this is, from 1. */
  public int number() {
    return number;
  }

  /** Returns the opening handshake. */
  public Handshake handshake() {
    return Objects.requireNonNull(handshake, "visible from the handshake on");
  }

  /** Returns the frames received so far and not taken yet, in their order. */
  public List<RawFrame> frames() {
    return List.copyOf(frames);
  }

  /**
   * Takes the next frame received. The server reads when its scenario does.
   *
   * @throws AssertionError if none comes in time
   * @throws WebSocketInterruptedException if the thread is interrupted
   */
  public RawFrame takeFrame(Duration timeout) {
    return take(frames, timeout, "frame on connection " + number);
  }

  /**
   * Waits until the client has ended its side, with the end of the stream or a reset. A scenario
   * that does not read does not see it.
   *
   * @throws AssertionError if it does not come in time
   * @throws WebSocketInterruptedException if the thread is interrupted
   */
  public void awaitEnd(Duration timeout) {
    try {
      if (!peerEnded.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
        throw new AssertionError("connection " + number + " has not ended within " + timeout);
      }
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  /** Takes the next element, within a time. */
  static <T> T take(BlockingQueue<T> queue, Duration timeout, String what) {
    try {
      T taken = queue.poll(timeout.toNanos(), TimeUnit.NANOSECONDS);
      if (taken == null) {
        throw new AssertionError("no " + what + " within " + timeout);
      }
      return taken;
    } catch (InterruptedException e) {
      throw interrupted(e);
    }
  }

  static WebSocketInterruptedException interrupted(InterruptedException cause) {
    Thread.currentThread().interrupt();
    return new WebSocketInterruptedException("interrupted while waiting in the testkit", cause);
  }
}
