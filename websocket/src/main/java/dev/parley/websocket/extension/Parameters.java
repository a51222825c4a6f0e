// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import dev.parley.websocket.extension.WebSocketExtensionHeader.Parameter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.zip.Deflater;

/** The parameters of one offer or answer, judged as RFC 7692 §7.1 demands. */
final class Parameters {
  static final int MIN_WINDOW_BITS = 8;
  static final int MAX_WINDOW_BITS = 15;

  /** 8 to 15, and no leading zero (RFC 7692 §7.1.2.1). */
  private static final Pattern WINDOW_BITS = Pattern.compile("[89]|1[0-5]");

  private final Map<String, Parameter> byName = new HashMap<>();

  /**
   * Sorts the parameters by name.
   *
   * @throws IllegalArgumentException if one is unknown or repeated
   */
  Parameters(WebSocketExtensionHeader header, Set<String> known) {
    for (Parameter parameter : header.parameters()) {
      if (!known.contains(parameter.name())) {
        throw new IllegalArgumentException(
            "unknown parameter " + parameter.name() + " of " + header.name());
      }
      if (byName.put(parameter.name(), parameter) != null) {
        throw new IllegalArgumentException(
            "parameter " + parameter.name() + " of " + header.name() + " twice");
      }
    }
  }

  /** Tells whether a parameter is there, with or without a value. */
  boolean has(String name) {
    return byName.containsKey(name);
  }

  /** Tells whether a parameter is there, with no value. */
  boolean hasBare(String name) {
    Parameter parameter = byName.get(name);
    return parameter != null && parameter.value() == null;
  }

  /**
   * Tells whether a parameter is there that takes no value.
   *
   * @throws IllegalArgumentException if it has one
   */
  boolean flag(String name) {
    if (has(name) && !hasBare(name)) {
      throw new IllegalArgumentException("parameter " + name + " with a value, expected none");
    }
    return has(name);
  }

  /**
   * Returns the window bits that a parameter gives, 15 where it is not there.
   *
   * @throws IllegalArgumentException if it has no value or another than 8 to 15
   */
  int windowBits(String name) {
    Parameter parameter = byName.get(name);
    if (parameter == null) {
      return MAX_WINDOW_BITS;
    }
    String value = parameter.value();
    if (value == null || !WINDOW_BITS.matcher(value).matches()) {
      throw new IllegalArgumentException(
          "parameter " + parameter + ", expected a value from 8 to 15");
    }
    return Integer.parseInt(value);
  }

  static void requireWindowBits(String name, int bits) {
    if (bits < MIN_WINDOW_BITS || bits > MAX_WINDOW_BITS) {
      throw new IllegalArgumentException(name + " of " + bits + ", expected 8 to 15");
    }
  }

  static int requireLevel(int level) {
    if (level < Deflater.DEFAULT_COMPRESSION || level > Deflater.BEST_COMPRESSION) {
      throw new IllegalArgumentException("level of " + level + ", expected -1 to 9");
    }
    return level;
  }

  /** Refuses an answer, or an offer, that allows more than what is wanted. */
  static void requireAtMost(String name, int bits, int wanted) {
    if (bits > wanted) {
      throw new IllegalArgumentException(name + " of " + bits + ", expected at most " + wanted);
    }
  }

  /** Collects the parameters that we send, and leaves out those that say what holds anyway. */
  static final class Builder {
    private final List<Parameter> parameters = new ArrayList<>();

    Builder flag(String name, boolean set) {
      if (set) {
        parameters.add(new Parameter(name, null));
      }
      return this;
    }

    Builder windowBits(String name, int bits, boolean evenIfMax) {
      if (bits < MAX_WINDOW_BITS || evenIfMax) {
        parameters.add(new Parameter(name, Integer.toString(bits)));
      }
      return this;
    }

    WebSocketExtensionHeader build(String name) {
      return new WebSocketExtensionHeader(name, parameters);
    }
  }
}
