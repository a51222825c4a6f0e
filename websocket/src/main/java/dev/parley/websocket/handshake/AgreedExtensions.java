// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.WebSocketExtension.ReservedBit;
import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The extensions that an opening handshake has agreed on so far, in order. They hold native memory
 * from the start, so a handshake that fails ends them all.
 */
final class AgreedExtensions {
  private final Map<String, WebSocketExtension<?>> extensions = new LinkedHashMap<>();
  private final Set<ReservedBit> taken = EnumSet.noneOf(ReservedBit.class);

  boolean contains(String name) {
    return extensions.containsKey(name);
  }

  /**
   * Adds an extension; where another has one of its reserved bits (RFC 6455 §5.2: a bit has one
   * meaning), ends it instead and returns {@code false}.
   */
  boolean add(String name, WebSocketExtension<?> extension) {
    if (!Collections.disjoint(taken, extension.reservedBits())) {
      end(extension);
      return false;
    }
    taken.addAll(extension.reservedBits());
    extensions.put(name, extension);
    return true;
  }

  List<WebSocketExtension<?>> list() {
    return List.copyOf(extensions.values());
  }

  void end() {
    extensions.values().forEach(AgreedExtensions::end);
  }

  private static void end(WebSocketExtension<?> extension) {
    release(extension, extension::endIncoming);
    release(extension, extension::endOutgoing);
  }

  /** What fails to release must keep nothing else from it, nor hide why the handshake failed. */
  private static void release(WebSocketExtension<?> extension, Runnable direction) {
    try {
      direction.run();
    } catch (Throwable e) {
      System.getLogger(AgreedExtensions.class.getName())
          .log(Level.WARNING, "extension " + extension.name() + " failed to release", e);
    }
  }
}
