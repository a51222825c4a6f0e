// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.util.function.Consumer;

/**
 * A feature of a client, installed when the client is made and there as long as it lives. {@link
 * WebSockets} and {@link DefaultRequest} are plugins.
 *
 * @param <C> what a user configures
 * @param <P> the plugin at work, one for each client
 */
public interface HttpClientPlugin<C, P> {
  /** Returns the key under which the client keeps the plugin. Always the same. */
  AttributeKey<P> key();

  /**
   * Makes the plugin.
   *
   * @param configure the user's part: changes a configuration that begins with its defaults
   * @throws IllegalArgumentException if the configuration makes no sense
   */
  P prepare(Consumer<C> configure);

  /**
   * Puts the plugin to work, on the thread that makes the client.
   *
   * @param plugin what {@link #prepare} made
   * @param client the client that is being made; {@link HttpClient#hooks()} is open until it is
   */
  void install(P plugin, HttpClient client);
}
