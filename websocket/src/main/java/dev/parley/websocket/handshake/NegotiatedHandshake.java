// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import dev.parley.websocket.WebSocketExtension;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What holds on a connection after its opening handshake.
 *
 * @param subprotocol the subprotocol, or {@code null} where none was negotiated
 * @param extensions the extensions, in the order of the server's answer. They may hold native
 *     memory: whoever gets them must end both directions of each.
 */
public record NegotiatedHandshake(
    @Nullable String subprotocol, List<WebSocketExtension<?>> extensions) {
  /** Copies the extensions. */
  public NegotiatedHandshake {
    extensions = List.copyOf(extensions);
  }
}
