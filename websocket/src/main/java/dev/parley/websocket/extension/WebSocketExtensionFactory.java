// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import dev.parley.websocket.WebSocketExtension;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Negotiates an extension and makes it, for both roles (RFC 6455 §9.1). Stateless: one factory
 * serves any number of connections at once.
 *
 * @param <C> the configuration
 */
public interface WebSocketExtensionFactory<C> {
  /** Returns the registered name, as in {@code permessage-deflate}. */
  String name();

  /** Returns the configuration where the user gives none. */
  C defaultConfig();

  /** Returns what a client offers, in order of preference. */
  List<WebSocketExtensionHeader> offer(C config);

  /**
   * As a client, takes the server's answer to {@link #offer}.
   *
   * @param config what was offered
   * @param answer the server's answer; its name is {@link #name()}
   * @return the extension, ready for one connection
   * @throws IllegalArgumentException if the answer does not fit the offer; the message says why,
   *     and the opening handshake fails with it
   */
  WebSocketExtension<C> accept(C config, WebSocketExtensionHeader answer);

  /**
   * As a server, takes one offer or declines it.
   *
   * @param config what the server wants
   * @param offer one offer of the client; its name is {@link #name()}
   * @return the answer and the extension, or {@code null} to decline
   */
  @Nullable Agreement<C> answer(C config, WebSocketExtensionHeader offer);

  /**
   * What a server agreed to.
   *
   * @param answer what goes back to the client
   * @param extension the extension, ready for one connection
   * @param <C> the configuration
   */
  record Agreement<C>(WebSocketExtensionHeader answer, WebSocketExtension<C> extension) {}
}
