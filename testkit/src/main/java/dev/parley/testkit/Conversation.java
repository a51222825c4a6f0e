// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.Event;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Outbound;
import dev.parley.websocket.Role;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketProtocolException;
import dev.parley.websocket.handshake.HeadWriter;
import dev.parley.websocket.handshake.NegotiatedHandshake;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import dev.parley.websocket.handshake.ServerHandshake;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One connection as a server by the rules: the core's two halves over a {@link Wire}. Each frame is
 * recorded as it came before the core judges it. Used by one thread.
 */
final class Conversation implements AutoCloseable {
  private static final int BUFFER = 16 << 10;

  private final Wire wire;
  private final ServerHandshake handshake;
  private final Limits limits;
  private final MockConnection connection;

  private Inbound inbound;
  private Outbound outbound;
  private final Queue<Frame> arrived = new ArrayDeque<>();
  private @Nullable WebSocketProtocolException failure;

  Conversation(Wire wire, ServerHandshake handshake, Limits limits, MockConnection connection) {
    this.wire = wire;
    this.handshake = handshake;
    this.limits = limits;
    this.connection = connection;
    this.inbound = new Inbound(Role.SERVER, limits, Inbound.Delivery.MESSAGES, List.of());
    this.outbound = new Outbound(Role.SERVER, List.of(), () -> 0);
  }

  /** Reads a request and answers it by the rules, but for the change. */
  void accept(UnaryOperator<ResponseHead> change) throws IOException, InterruptedException {
    RequestHead request = wire.readHead();
    ServerHandshake.Answer answer = open(request);
    ResponseHead response = change.apply(answer.response());
    connection.recordHandshake(request, response);
    wire.write(HeadWriter.write(response));
    if (answer instanceof ServerHandshake.Answer.Refused refused) {
      throw new AssertionError("the request is no opening handshake: " + refused.why());
    }
  }

  /** Reads a request and answers it with bytes. */
  void answer(Function<ResponseHead, byte[]> bytes) throws IOException, InterruptedException {
    RequestHead request = wire.readHead();
    byte[] answer = bytes.apply(open(request).response());
    connection.recordHandshake(request, null);
    wire.write(answer);
  }

  /** Reads a request and refuses it. */
  void reject(ResponseHead response, ByteBuffer body) throws IOException, InterruptedException {
    connection.recordHandshake(wire.readHead(), response);
    wire.write(HeadWriter.write(response));
    wire.write(body.duplicate());
  }

  private ServerHandshake.Answer open(RequestHead request) {
    ServerHandshake.Answer answer = handshake.answer(request);
    if (answer instanceof ServerHandshake.Answer.Accepted accepted) {
      NegotiatedHandshake negotiated = accepted.negotiated();
      inbound =
          new Inbound(Role.SERVER, limits, Inbound.Delivery.MESSAGES, negotiated.extensions());
      outbound = new Outbound(Role.SERVER, negotiated.extensions(), () -> 0);
    }
    return answer;
  }

  void send(Frame frame) throws IOException, InterruptedException {
    outbound.begin(frame);
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
    boolean whole;
    do {
      whole = outbound.write(buffer.clear());
      wire.write(buffer.flip());
    } while (!whole);
  }

  /** Sends an answer, unless we sent a Close already and may say nothing more. */
  void reply(Frame frame) throws IOException, InterruptedException {
    if (!outbound.closeTaken()) {
      send(frame);
    }
  }

  /**
   * Returns the next message or control frame.
   *
   * @throws EOFException at the end of the stream
   * @throws AssertionError if the client breaks a rule
   */
  Frame nextFrame() throws IOException {
    while (arrived.isEmpty()) {
      if (failure != null) {
        throw new AssertionError("the client broke a rule: " + failure.getMessage(), failure);
      }
      readFrame();
    }
    return arrived.remove();
  }

  /**
   * Returns the next frame as it came. If it completes a message, that is taken along with it.
   *
   * @throws EOFException at the end of the stream
   */
  RawFrame nextRawFrame() throws IOException {
    RawFrame frame = readFrame();
    arrived.clear();
    return frame;
  }

  private RawFrame readFrame() throws IOException {
    RawFrame raw = wire.readFrame();
    if (raw == null) {
      throw new EOFException("the client ended the stream");
    }
    connection.recordFrame(raw);
    ByteBuffer bytes = ByteBuffer.wrap(raw.toBytes());
    Event event = inbound.poll(bytes);
    while (event != null) {
      switch (event) {
        case Event.Received(Frame frame) -> arrived.add(frame);
        case Event.Failed(WebSocketProtocolException broken) -> failure = broken;
        // Not every scenario answers; those that do make the reply themselves.
        case Event.ReplyDue due -> {}
        case Event.Ended ended -> {
          return raw;
        }
      }
      event = inbound.poll(bytes);
    }
    return raw;
  }

  /** Tells a client that broke a rule which one it was (RFC 6455 §7.1.7). */
  void fail(Duration timeout) throws IOException, InterruptedException {
    Violation violation = failure == null ? null : failure.violation();
    if (violation != null) {
      reply(new Frame.Close(violation.closeReason()));
      wire.finish(timeout);
    }
  }

  /** Releases what the extensions hold. */
  @Override
  public void close() {
    inbound.end();
    outbound.end();
  }
}
