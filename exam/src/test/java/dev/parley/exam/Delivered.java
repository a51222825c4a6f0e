// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import dev.parley.client.WebSocketSession;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a session delivered to its application, and how that ended.
 *
 * @param frames the messages, and the Close frame where one came
 * @param failure what iteration threw, or {@code null} where it ended as if all was well
 */
record Delivered(List<Frame> frames, @Nullable WebSocketException failure) {
  /** Receives all there is. */
  static Delivered by(WebSocketSession session) {
    List<Frame> frames = new ArrayList<>();
    try {
      for (Frame frame : session.incoming()) {
        frames.add(frame);
      }
    } catch (WebSocketException failure) {
      return new Delivered(frames, failure);
    }
    return new Delivered(frames, null);
  }
}
