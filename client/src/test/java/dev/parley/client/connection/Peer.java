// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.client.transport.Deadline;
import dev.parley.websocket.Event;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Outbound;
import dev.parley.websocket.Role;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The server at the other end, played by the test frame by frame. Every wait is bounded. */
final class Peer {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  final InMemoryTransport transport;
  private final Inbound inbound =
      new Inbound(Role.SERVER, Limits.DEFAULT, Inbound.Delivery.FRAMES, List.of());
  private final Outbound outbound = new Outbound(Role.SERVER, List.of(), () -> 0);
  private final ByteBuffer received = ByteBuffer.allocate(64 << 10).limit(0);

  Peer(InMemoryTransport transport) {
    this.transport = transport;
  }

  void send(Frame... frames) throws IOException, InterruptedException {
    for (Frame frame : frames) {
      sendBytes(encode(frame));
    }
  }

  byte[] encode(Frame frame) {
    ByteBuffer bytes = ByteBuffer.allocate(frame.data().length + 14);
    outbound.begin(frame);
    if (!outbound.write(bytes)) {
      throw new AssertionError("no room for " + frame);
    }
    byte[] encoded = new byte[bytes.flip().remaining()];
    bytes.get(encoded);
    return encoded;
  }

  void sendHex(String hex) throws IOException, InterruptedException {
    sendBytes(HexFormat.of().parseHex(hex.replace(" ", "")));
  }

  void sendBytes(byte[] bytes) throws IOException, InterruptedException {
    ByteBuffer source = ByteBuffer.wrap(bytes);
    Deadline deadline = Deadline.after(PATIENCE);
    while (source.hasRemaining()) {
      if (transport.write(source) == 0 && !transport.awaitWritable(deadline)) {
        throw new AssertionError("the client left the transport unread for " + PATIENCE);
      }
    }
  }

  /** Receives the next frame as it came on the wire. */
  Frame receive() throws IOException, InterruptedException {
    Frame frame = receive(PATIENCE);
    if (frame == null) {
      throw new AssertionError("the client sent nothing for " + PATIENCE);
    }
    return frame;
  }

  /** Receives the next frame, or nothing within the given time. */
  @Nullable Frame receive(Duration patience) throws IOException, InterruptedException {
    Event event = next(Deadline.after(patience));
    return switch (event) {
      case null -> null;
      case Event.Received(Frame frame) -> frame;
      case Event.ReplyDue due -> throw new AssertionError(due);
      case Event.Failed(var failure) -> throw failure;
      case Event.Ended ended -> throw new AssertionError("the client sends nothing more: " + ended);
    };
  }

  /** Waits until the client has ended its direction. */
  void expectEnd() throws InterruptedException {
    Deadline deadline = Deadline.after(PATIENCE);
    try {
      while (transport.read(received.clear()) >= 0) {
        if (!transport.awaitReadable(deadline)) {
          throw new AssertionError("the client kept the transport open for " + PATIENCE);
        }
      }
    } catch (IOException e) {
      return; // A client that hung up for good has ended, too.
    }
  }

  private @Nullable Event next(Deadline deadline) throws IOException, InterruptedException {
    for (; ; ) {
      Event event = inbound.poll(received);
      if (event != null) {
        return event;
      }
      received.clear();
      int count = transport.read(received);
      received.flip();
      if (count < 0) {
        return inbound.endOfStream();
      }
      if (count == 0 && !transport.awaitReadable(deadline)) {
        return null;
      }
    }
  }
}
