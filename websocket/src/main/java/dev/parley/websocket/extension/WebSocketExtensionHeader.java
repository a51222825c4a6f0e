// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One element of {@code Sec-WebSocket-Extensions}: a name and its parameters (RFC 6455 §9.1).
 *
 * @param name the extension's name
 * @param parameters the parameters as they stand, repetitions included
 */
public record WebSocketExtensionHeader(String name, List<Parameter> parameters) {
  /**
   * One parameter.
   *
   * @param name the parameter's name
   * @param value its value, unquoted, or {@code null} where it has none
   */
  public record Parameter(String name, @Nullable String value) {
    @Override
    public String toString() {
      return value == null ? name : name + "=" + value;
    }
  }

  /** Copies the parameters. */
  public WebSocketExtensionHeader {
    parameters = List.copyOf(parameters);
  }

  /** Returns the element as it stands in the header. */
  @Override
  public String toString() {
    return parameters.isEmpty()
        ? name
        : name
            + parameters.stream().map(parameter -> "; " + parameter).collect(Collectors.joining());
  }
}
