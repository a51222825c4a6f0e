// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import org.jspecify.annotations.Nullable;

/**
 * A message arrived that is not what {@link ClientWebSocketSession#receiveDeserialized} expects. It
 * is not lost: {@link #frame()} has it. The session stays open and the next message can be
 * received.
 */
public final class WebsocketDeserializeException extends WebSocketException {
  private static final long serialVersionUID = 1;

  private final transient Frame frame;

  /**
   * Makes an exception.
   *
   * @param message what was expected and what was got
   * @param frame the message
   * @param cause what the converter threw, if it did
   */
  public WebsocketDeserializeException(String message, Frame frame, @Nullable Throwable cause) {
    super(message, cause);
    this.frame = frame;
  }

  /** Returns the message as it came. */
  public Frame frame() {
    return frame;
  }
}
