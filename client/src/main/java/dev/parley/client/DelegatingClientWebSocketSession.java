// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketExtension;
import java.io.OutputStream;
import java.io.Writer;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A client session that passes everything to another session. Extend it to see or change what goes
 * through; override {@link #send(Frame)} alone to see every send of a whole message without
 * options.
 */
public class DelegatingClientWebSocketSession implements ClientWebSocketSession {
  private final WebSocketSession delegate;
  private final HttpClientCall call;

  /**
   * Makes a session in front of another.
   *
   * @param delegate the session that does the work
   * @param call the opening that it came from
   */
  public DelegatingClientWebSocketSession(WebSocketSession delegate, HttpClientCall call) {
    this.delegate = Objects.requireNonNull(delegate, "delegate");
    this.call = Objects.requireNonNull(call, "call");
  }

  /** Returns the session that does the work. */
  public final WebSocketSession delegate() {
    return delegate;
  }

  @Override
  public HttpClientCall call() {
    return call;
  }

  @Override
  public ReceiveChannel<Frame> incoming() {
    return delegate.incoming();
  }

  @Override
  public SendChannel<Frame> outgoing() {
    return delegate.outgoing();
  }

  @Override
  public List<WebSocketExtension<?>> extensions() {
    return delegate.extensions();
  }

  @Override
  public CompletableFuture<@Nullable CloseReason> closeReason() {
    return delegate.closeReason();
  }

  @Override
  public Optional<CloseInfo> closeInfo() {
    return delegate.closeInfo();
  }

  @Override
  public Duration ping() {
    return delegate.ping();
  }

  @Override
  public Duration ping(Duration timeout) {
    return delegate.ping(timeout);
  }

  @Override
  public Optional<RoundTrip> roundTrip() {
    return delegate.roundTrip();
  }

  @Override
  public void send(Frame frame) {
    delegate.send(frame);
  }

  @Override
  public void send(Frame frame, MessageOptions options) {
    delegate.send(frame, options);
  }

  @Override
  public OutputStream openBinary(MessageOptions options) {
    return delegate.openBinary(options);
  }

  @Override
  public Writer openText(MessageOptions options) {
    return delegate.openText(options);
  }

  @Override
  public void flush() {
    delegate.flush();
  }

  @Override
  public void close(CloseReason reason) {
    delegate.close(reason);
  }

  @Override
  public void terminate() {
    delegate.terminate();
  }

  @Override
  public String toString() {
    return delegate.toString();
  }
}
