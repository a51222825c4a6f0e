// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import java.util.ArrayList;
import java.util.List;

/** The extensions to negotiate, in order of preference. */
public final class WebSocketExtensionsConfig {
  private final List<Installed<?>> installed = new ArrayList<>();

  /**
   * An extension to negotiate.
   *
   * @param factory negotiates and makes it
   * @param config what to offer
   * @param <C> the configuration
   */
  public record Installed<C>(WebSocketExtensionFactory<C> factory, C config) {}

  /** Makes an empty configuration: nothing is offered. */
  public WebSocketExtensionsConfig() {}

  /** Adds an extension with its default configuration. */
  public <C> WebSocketExtensionsConfig install(WebSocketExtensionFactory<C> factory) {
    return install(factory, factory.defaultConfig());
  }

  /**
   * Adds an extension.
   *
   * @throws IllegalArgumentException if an extension of that name is installed already
   */
  public <C> WebSocketExtensionsConfig install(WebSocketExtensionFactory<C> factory, C config) {
    for (Installed<?> other : installed) {
      if (other.factory().name().equals(factory.name())) {
        throw new IllegalArgumentException("extension " + factory.name() + " is installed already");
      }
    }
    installed.add(new Installed<>(factory, config));
    return this;
  }

  /** Returns what has been installed so far, in order. */
  public List<Installed<?>> installed() {
    return List.copyOf(installed);
  }
}
