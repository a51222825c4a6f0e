// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.handshake.Headers;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A session with no connection, which ends as a test wants. It carries no messages: a test that
 * asks for one needs a real session, and fails here.
 */
final class FakeSession implements WebSocketSession {
  private static final HttpClient CLIENT = HttpClient.create();

  private final CompletableFuture<@Nullable CloseReason> closeReason = new CompletableFuture<>();
  private ClosingHandshake closing = ClosingHandshake.OPEN;
  private @Nullable WebSocketException failure;

  /** Returns a response without a body. */
  static HttpResponse response(int status, Headers headers) {
    return new HttpResponse(CLIENT, new HttpStatus(status, ""), headers, new byte[0]);
  }

  /** Returns it as what an opening returns. */
  DefaultClientWebSocketSession opened() {
    HttpRequest request = new HttpRequestBuilder(null).url("ws://host/feed?s").build(Headers.EMPTY);
    return new DefaultClientWebSocketSession(
        new HttpClientCall(CLIENT, request, response(101, Headers.EMPTY)), this);
  }

  /** Ends with a Close frame of the peer's. */
  FakeSession closedByPeer(CloseReason reason) {
    return ended(closing.withReceived(reason).withSent(reason), null);
  }

  /** Ends without one. */
  FakeSession broken(WebSocketException cause) {
    return ended(closing, cause);
  }

  private FakeSession ended(ClosingHandshake how, @Nullable WebSocketException cause) {
    if (closeReason.complete(how.closeReason())) {
      closing = how.withEnded();
      failure = cause;
    }
    return this;
  }

  boolean isOpen() {
    return closing.isOpen();
  }

  /** Returns what this end closed with, if it did. */
  @Nullable CloseReason sent() {
    return closing.sent();
  }

  @Override
  public void close(CloseReason reason) {
    FakeSession unused = ended(closing.withSent(reason).withReceived(reason), null);
  }

  @Override
  public void terminate() {
    FakeSession unused = broken(new WebSocketException("terminated"));
  }

  @Override
  public Optional<CloseInfo> closeInfo() {
    return closeReason.isDone()
        ? Optional.of(new CloseInfo(closing, failure, 0, 0, 0, 0, 0, null, List.of(), List.of()))
        : Optional.empty();
  }

  @Override
  public void flush() {
    throw new UnsupportedOperationException("a fake, on which nobody sends");
  }

  @Override
  public CompletableFuture<@Nullable CloseReason> closeReason() {
    return closeReason;
  }

  @Override
  public ReceiveChannel<Frame> incoming() {
    throw new UnsupportedOperationException("a fake, on which nobody receives");
  }

  @Override
  public SendChannel<Frame> outgoing() {
    throw new UnsupportedOperationException("a fake, on which nobody sends");
  }

  @Override
  public List<WebSocketExtension<?>> extensions() {
    return List.of();
  }

  @Override
  public void send(Frame frame) {
    throw new UnsupportedOperationException("a fake, on which nobody sends");
  }
}
