// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

/**
 * The parameters of {@code deflate-frame}. On the wire each side limits what the other sends, with
 * {@code max_window_bits} and {@code no_context_takeover}.
 *
 * @param serverMaxWindowBits the largest window that the server may compress with, as a power of
 *     two from 8 to 15. Default 15: the best compression, 32 KiB on either side.
 * @param clientMaxWindowBits the largest window that the client may compress with, likewise
 * @param serverNoContextTakeover whether the server must forget its window after each frame.
 *     Default {@code false}: similar frames compress far better, at the cost of memory held between
 *     them.
 * @param clientNoContextTakeover whether the client must forget its window after each frame
 */
public record DeflateConfig(
    int serverMaxWindowBits,
    int clientMaxWindowBits,
    boolean serverNoContextTakeover,
    boolean clientNoContextTakeover) {

  /** Validates the window bits. */
  public DeflateConfig {
    Parameters.requireWindowBits("serverMaxWindowBits", serverMaxWindowBits);
    Parameters.requireWindowBits("clientMaxWindowBits", clientMaxWindowBits);
  }

  /** Makes the default configuration. */
  public DeflateConfig() {
    this(15, 15, false, false);
  }

  /** Returns this configuration with another {@link #serverMaxWindowBits()}. */
  public DeflateConfig withServerMaxWindowBits(int bits) {
    return new DeflateConfig(
        bits, clientMaxWindowBits, serverNoContextTakeover, clientNoContextTakeover);
  }

  /** Returns this configuration with another {@link #clientMaxWindowBits()}. */
  public DeflateConfig withClientMaxWindowBits(int bits) {
    return new DeflateConfig(
        serverMaxWindowBits, bits, serverNoContextTakeover, clientNoContextTakeover);
  }

  /** Returns this configuration with another {@link #serverNoContextTakeover()}. */
  public DeflateConfig withServerNoContextTakeover(boolean forget) {
    return new DeflateConfig(
        serverMaxWindowBits, clientMaxWindowBits, forget, clientNoContextTakeover);
  }

  /** Returns this configuration with another {@link #clientNoContextTakeover()}. */
  public DeflateConfig withClientNoContextTakeover(boolean forget) {
    return new DeflateConfig(
        serverMaxWindowBits, clientMaxWindowBits, serverNoContextTakeover, forget);
  }
}
