// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.connection.WebSocketConnection;
import dev.parley.client.transport.Deadline;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketExtension;
import java.io.OutputStream;
import java.io.Writer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A session as the user sees it, in front of the connection that does the work. */
final class ConnectedSession implements WebSocketSession {
  private final WebSocketConnection connection;
  private final List<WebSocketExtension<?>> extensions;
  private final ReceiveChannel<Frame> incoming = new Incoming();

  /** Made when it is first asked for: many sessions never are. */
  private @Nullable SendChannel<Frame> outgoing;

  ConnectedSession(WebSocketConnection connection, List<WebSocketExtension<?>> extensions) {
    this.connection = connection;
    this.extensions = extensions;
  }

  /** Returns what logs and recordings call this session by. */
  long id() {
    return connection.id();
  }

  @Override
  public ReceiveChannel<Frame> incoming() {
    return incoming;
  }

  @Override
  public SendChannel<Frame> outgoing() {
    SendChannel<Frame> made = outgoing;
    if (made == null) {
      made = new Outgoing(); // perhaps one more, by another thread: they are as good as one
      outgoing = made;
    }
    return made;
  }

  @Override
  public List<WebSocketExtension<?>> extensions() {
    return extensions;
  }

  @Override
  public CompletableFuture<@Nullable CloseReason> closeReason() {
    return connection.closeReason();
  }

  @Override
  public Optional<CloseInfo> closeInfo() {
    if (!connection.hasEnded()) {
      return Optional.empty();
    }
    long sent = connection.messagesSent(); // first: both may still grow, and it is the lesser one
    return Optional.of(
        new CloseInfo(
            connection.closingHandshake(),
            connection.failure(),
            connection.messagesAccepted(),
            sent,
            connection.messagesReceived(),
            connection.bytesSent(),
            connection.bytesReceived(),
            roundTrip().orElse(null),
            connection.lastFramesSent(),
            connection.lastFramesReceived()));
  }

  @Override
  public Duration ping() {
    return connection.ping(connection.pongTimeout());
  }

  @Override
  public Duration ping(Duration timeout) {
    return connection.ping(Objects.requireNonNull(timeout, "timeout"));
  }

  @Override
  public Optional<RoundTrip> roundTrip() {
    Duration last = connection.lastRoundTrip();
    Duration smoothed = connection.smoothedRoundTrip();
    return last == null || smoothed == null
        ? Optional.empty()
        : Optional.of(new RoundTrip(last, smoothed));
  }

  @Override
  public void send(byte[] bytes) {
    connection.send(Objects.requireNonNull(bytes, "bytes"));
  }

  @Override
  public void send(Frame frame) {
    connection.send(Objects.requireNonNull(frame, "frame"));
  }

  /**
   * Sends a frame, unless the session is closing or has ended.
   *
   * @return false where it is or has: nothing of the frame was begun, so that it may be sent
   *     elsewhere
   */
  boolean sendIfOpen(Frame frame) {
    return connection.sendIfOpen(frame);
  }

  @Override
  public void send(Frame frame, MessageOptions options) {
    connection.send(Objects.requireNonNull(frame, "frame"), options.compressed());
  }

  @Override
  public OutputStream openBinary(MessageOptions options) {
    return new MessageOutputStream(connection, false, options);
  }

  @Override
  public Writer openText(MessageOptions options) {
    return new MessageWriter(new MessageOutputStream(connection, true, options));
  }

  @Override
  public void flush() {
    connection.flush();
  }

  @Override
  public void close(CloseReason reason) {
    connection.close(reason);
  }

  @Override
  public void terminate() {
    connection.terminate();
  }

  @Override
  public String toString() {
    return connection.isOpen()
        ? "open session"
        : "session, " + connection.closingHandshake().description();
  }

  private final class Incoming implements ReceiveChannel<Frame> {
    @Override
    public Frame receive() {
      return Objects.requireNonNull(take(Deadline.NONE)); // that deadline never comes
    }

    @Override
    public Optional<Frame> receive(Duration timeout) {
      Objects.requireNonNull(timeout, "timeout");
      Frame ready = connection.takeReady(); // no need to look at the clock
      return Optional.ofNullable(ready == null ? take(Deadline.after(timeout)) : ready);
    }

    @Override
    public Optional<Frame> tryReceive() {
      return Optional.ofNullable(take(Deadline.PAST));
    }

    private @Nullable Frame take(Deadline deadline) {
      try {
        return connection.receive(deadline);
      } catch (WebSocketClosedException end) {
        throw new ClosedReceiveChannelException(
            "nothing more to receive", end.closingHandshake(), end.getCause());
      }
    }
  }

  private final class Outgoing implements SendChannel<Frame> {
    @Override
    public void send(Frame frame) {
      connection.enqueue(Objects.requireNonNull(frame, "frame"));
    }

    @Override
    public boolean trySend(Frame frame) {
      return connection.tryEnqueue(Objects.requireNonNull(frame, "frame"));
    }

    @Override
    public void close() {
      ConnectedSession.this.close();
    }
  }
}
