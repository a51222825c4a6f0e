// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.handshake.ResponseHead;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * One thing that a connection of the server does. A {@link Scenario} puts steps together; its
 * methods are the usual way to make them.
 */
public sealed interface Step {
  /** A step after which the connection is over, or stays as it is. Nothing may follow it. */
  sealed interface Last extends Step {}

  /**
   * Reads the request head and answers it as the protocol says, but for a change.
   *
   * @param change makes the answer that is sent of the answer that would be right
   */
  record Accept(UnaryOperator<ResponseHead> change) implements Step {
    @Override
    public String toString() {
      return "accept";
    }
  }

  /**
   * Reads the request head and answers with bytes.
   *
   * @param bytes makes the bytes of the answer that would be right
   */
  record Answer(Function<ResponseHead, byte[]> bytes) implements Step {
    @Override
    public String toString() {
      return "answer with bytes";
    }
  }

  /**
   * Reads the request head, refuses, and ends the stream.
   *
   * @param response the head of the answer
   * @param body its body
   */
  record Reject(ResponseHead response, ByteBuffer body) implements Last {
    @Override
    public String toString() {
      return "reject with " + response.status();
    }
  }

  /**
   * Sends a frame by the rules of the protocol, through the extensions.
   *
   * @param frame the frame
   */
  record Send(Frame frame) implements Step {
    @Override
    public String toString() {
      return "send " + Scenario.show(frame);
    }
  }

  /**
   * Sends a message in frames.
   *
   * @param message the message
   * @param size the most bytes of each frame's payload, before the extensions
   */
  record SendFragmented(Frame message, int size) implements Step {
    /** Validates that the message can be split. */
    public SendFragmented {
      if (message.opcode().isControl() || size < 1) {
        throw new IllegalArgumentException(
            "fragments of " + size + " bytes of " + message + ", expected at least 1, of data");
      }
    }

    @Override
    public String toString() {
      return "send " + Scenario.show(message) + " in fragments of " + size + " bytes";
    }
  }

  /**
   * Writes bytes, past the protocol.
   *
   * @param bytes the bytes
   */
  record SendBytes(ByteBuffer bytes) implements Step {
    @Override
    public String toString() {
      return "send " + bytes.remaining() + " bytes";
    }
  }

  /**
   * Waits for the next message or control frame. Until it comes, a Ping that is not the expected
   * frame is answered, and a Pong that is not is ignored.
   *
   * @param what what is expected, for the report
   * @param frame tells whether this is it; may throw an {@link AssertionError} of its own
   */
  record Expect(String what, Predicate<Frame> frame) implements Step {
    @Override
    public String toString() {
      return "expect " + what;
    }
  }

  /**
   * Waits for the next frame as it stands on the wire.
   *
   * @param what what is expected, for the report
   * @param frame tells whether this is it; may throw an {@link AssertionError} of its own
   */
  record ExpectRaw(String what, Predicate<RawFrame> frame) implements Step {
    @Override
    public String toString() {
      return "expect raw " + what;
    }
  }

  /**
   * Does nothing for a while, and does not read.
   *
   * @param duration how long
   */
  record Pause(Duration duration) implements Step {}

  /**
   * Waits for the test, and does not read.
   *
   * @param latch what the test counts down
   */
  record Await(CountDownLatch latch) implements Step {}

  /**
   * Tells the test how far the scenario has come.
   *
   * @param latch what is counted down
   */
  record Signal(CountDownLatch latch) implements Step {}

  /**
   * Does steps, and writes all they have to write at once.
   *
   * @param steps the steps
   */
  record Glued(List<Step> steps) implements Step {}

  /**
   * Does steps, and writes what they have to write a few bytes at a time.
   *
   * @param steps the steps
   * @param size how many bytes at a time
   * @param pause how long to wait between two writes
   */
  record Chopped(List<Step> steps, int size, Duration pause) implements Step {
    /** Validates that something is written at a time. */
    public Chopped {
      if (size < 1) {
        throw new IllegalArgumentException("pieces of " + size + " bytes, expected at least 1");
      }
    }
  }

  /** Ends the outgoing direction, under TLS with its close_notify, and goes on. */
  record HalfClose() implements Step {}

  /** Sends each message back until the client closes. */
  record Echo() implements Last {}

  /** Neither reads nor writes any more, and leaves the connection as it is. */
  record Stall() implements Last {}

  /** Drops the connection with a TCP reset. */
  record Reset() implements Last {}

  /** Ends the TCP stream with no Close frame, and under TLS with no close_notify. */
  record EndOfStream() implements Last {}

  /**
   * Closes first: sends a Close frame, passes over messages until the client's comes, and ends the
   * stream.
   *
   * @param reason the reason
   */
  record Close(CloseReason reason) implements Last {}

  /**
   * Waits for the client to close first: its Close frame must be what comes next. Answers it and
   * ends the stream.
   *
   * @param what what is expected, for the report
   * @param close tells whether this is it
   */
  record ExpectClose(String what, Predicate<Frame.Close> close) implements Last {
    @Override
    public String toString() {
      return "expect " + what;
    }
  }
}
