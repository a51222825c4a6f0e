// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.extension.WebSocketExtensionFactory;
import dev.parley.websocket.extension.WebSocketExtensionHeader;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An extension that fails over certain frames on the client, and does nothing on the server.
 *
 * @param incoming whether it fails over frames that come, or over those that go
 * @param frames which ones
 * @param failure makes what it throws
 */
record FailingExtension(boolean incoming, Predicate<Frame> frames, Supplier<Error> failure)
    implements WebSocketExtensionFactory<String> {
  static final String NAME = "x-failing";

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public String defaultConfig() {
    return "";
  }

  @Override
  public List<WebSocketExtensionHeader> offer(String config) {
    return List.of(new WebSocketExtensionHeader(NAME, List.of()));
  }

  @Override
  public WebSocketExtension<String> accept(String config, WebSocketExtensionHeader answer) {
    return incoming
        ? new Extension(this::fail, UnaryOperator.identity())
        : new Extension(UnaryOperator.identity(), this::fail);
  }

  @Override
  public @Nullable Agreement<String> answer(String config, WebSocketExtensionHeader offer) {
    return new Agreement<>(
        offer, new Extension(UnaryOperator.identity(), UnaryOperator.identity()));
  }

  private Frame fail(Frame frame) {
    if (frames.test(frame)) {
      throw failure.get();
    }
    return frame;
  }

  private record Extension(UnaryOperator<Frame> incoming, UnaryOperator<Frame> outgoing)
      implements WebSocketExtension<String> {
    @Override
    public String name() {
      return NAME;
    }

    @Override
    public String config() {
      return "";
    }

    @Override
    public Frame processOutgoingFrame(Frame frame) {
      return outgoing.apply(frame);
    }

    @Override
    public Frame processIncomingFrame(Frame frame) {
      return incoming.apply(frame);
    }
  }
}
