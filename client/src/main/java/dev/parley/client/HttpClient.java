// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.util.Objects;
import java.util.function.Consumer;

/**
 * Opens WebSocket sessions. Made once and used for as many sessions as needed, by any number of
 * threads.
 */
public final class HttpClient implements AutoCloseable {
  private final Attributes plugins = new Attributes();
  private final PluginHooks hooks = new PluginHooks();

  private HttpClient(HttpClientConfig config) {
    config.installations().forEach(installation -> installation.into(this, plugins));
    hooks.close();
  }

  /** Makes a client with {@link WebSockets} and its defaults. */
  public static HttpClient create() {
    return create(config -> config.install(WebSockets.PLUGIN));
  }

  /**
   * Makes a client.
   *
   * @param configure installs the plugins: {@link WebSockets}, and what else is wanted
   * @throws IllegalArgumentException if a setting makes no sense
   */
  public static HttpClient create(Consumer<HttpClientConfig> configure) {
    HttpClientConfig config = new HttpClientConfig();
    configure.accept(config);
    return new HttpClient(config);
  }

  /**
   * Returns an installed plugin.
   *
   * @throws IllegalStateException if it is not installed; the message says how to install it
   */
  public <P> P plugin(HttpClientPlugin<?, P> plugin) {
    P installed = plugins.get(plugin.key());
    if (installed == null) {
      throw new IllegalStateException(
          "plugin %1$s is not installed: HttpClient.create(config -> config.install(%1$s.PLUGIN))"
              .formatted(plugin.key()));
    }
    return Objects.requireNonNull(installed);
  }

  /** Returns where a plugin hooks into the openings of this client, while it is being installed. */
  public PluginHooks hooks() {
    return hooks;
  }

  @Override
  public void close() {}
}
