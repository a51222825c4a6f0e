// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static dev.parley.fuzz.Races.giveWay;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.handshake.Headers;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A session with no connection, for races: its end is decided once, and what is sent before is
 * kept.
 */
final class RacingSession implements WebSocketSession {
  private static final HttpClient CLIENT = HttpClient.create();
  private static final HttpClientCall CALL =
      new HttpClientCall(
          CLIENT,
          new HttpRequestBuilder(null).url("ws://host/feed").build(Headers.EMPTY),
          new HttpResponse(CLIENT, new HttpStatus(101, ""), Headers.EMPTY, new byte[0]));

  private final AtomicReference<@Nullable CloseInfo> end = new AtomicReference<>();
  private final CompletableFuture<@Nullable CloseReason> closeReason = new CompletableFuture<>();
  private final Queue<Frame> sent = new ConcurrentLinkedQueue<>();

  /** Returns it as what an opening returns. */
  DefaultClientWebSocketSession opened() {
    return new DefaultClientWebSocketSession(CALL, this);
  }

  boolean isOpen() {
    return end.get() == null;
  }

  List<Frame> sent() {
    return List.copyOf(sent);
  }

  private void end(ClosingHandshake how, @Nullable WebSocketException failure) {
    giveWay();
    CloseInfo info = new CloseInfo(how, failure, 0, 0, 0, 0, 0, null, List.of(), List.of());
    if (end.compareAndSet(null, info)) {
      boolean unused = closeReason.complete(how.closeReason());
    }
    giveWay();
  }

  @Override
  public void close(CloseReason reason) {
    end(ClosingHandshake.OPEN.withSent(reason).withReceived(reason).withEnded(), null);
  }

  @Override
  public void terminate() {
    end(ClosingHandshake.OPEN.withEnded(), new WebSocketException("terminated"));
  }

  @Override
  public Optional<CloseInfo> closeInfo() {
    Optional<CloseInfo> now = Optional.ofNullable(end.get());
    giveWay();
    return now;
  }

  @Override
  public CompletableFuture<@Nullable CloseReason> closeReason() {
    return closeReason;
  }

  @Override
  public void send(Frame frame) {
    giveWay();
    CloseInfo info = end.get();
    if (info != null) {
      throw new WebSocketClosedException("cannot send", info.closingHandshake(), info.failure());
    }
    sent.add(frame);
    giveWay();
  }

  @Override
  public List<WebSocketExtension<?>> extensions() {
    return List.of();
  }

  @Override
  public ReceiveChannel<Frame> incoming() {
    throw new UnsupportedOperationException("a fake, on which nobody receives");
  }

  @Override
  public SendChannel<Frame> outgoing() {
    throw new UnsupportedOperationException("a fake, on which nobody queues");
  }

  @Override
  public void flush() {
    throw new UnsupportedOperationException("a fake, which holds nothing back");
  }
}
