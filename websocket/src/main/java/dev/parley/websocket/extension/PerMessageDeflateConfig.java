// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

/**
 * The parameters of {@code permessage-deflate} (RFC 7692 §7.1), and from which size on to compress.
 *
 * @param serverMaxWindowBits the largest window that the server may compress with, as a power of
 *     two from 8 to 15. Default 15: the best compression, 32 KiB on either side.
 * @param clientMaxWindowBits the largest window that the client may compress with, likewise
 * @param serverNoContextTakeover whether the server must forget its window after each message.
 *     Default {@code false}: similar messages compress far better, at the cost of memory held
 *     between them.
 * @param clientNoContextTakeover whether the client must forget its window after each message
 * @param compressIfBiggerThan a whole message of up to so many bytes is sent uncompressed; one sent
 *     in fragments is compressed, for its size is not known when it begins. Default 1024: below
 *     that the packet is the cost, not the bytes.
 */
public record PerMessageDeflateConfig(
    int serverMaxWindowBits,
    int clientMaxWindowBits,
    boolean serverNoContextTakeover,
    boolean clientNoContextTakeover,
    int compressIfBiggerThan) {

  /** Validates the window bits, and that the size is not negative. */
  public PerMessageDeflateConfig {
    Parameters.requireWindowBits("serverMaxWindowBits", serverMaxWindowBits);
    Parameters.requireWindowBits("clientMaxWindowBits", clientMaxWindowBits);
    if (compressIfBiggerThan < 0) {
      throw new IllegalArgumentException(
          "compressIfBiggerThan of " + compressIfBiggerThan + ", expected at least 0");
    }
  }

  /** Makes the default configuration. */
  public PerMessageDeflateConfig() {
    this(15, 15, false, false, 1024);
  }

  /** Returns this configuration with another {@link #serverMaxWindowBits()}. */
  public PerMessageDeflateConfig withServerMaxWindowBits(int bits) {
    return new PerMessageDeflateConfig(
        bits,
        clientMaxWindowBits,
        serverNoContextTakeover,
        clientNoContextTakeover,
        compressIfBiggerThan);
  }

  /** Returns this configuration with another {@link #clientMaxWindowBits()}. */
  public PerMessageDeflateConfig withClientMaxWindowBits(int bits) {
    return new PerMessageDeflateConfig(
        serverMaxWindowBits,
        bits,
        serverNoContextTakeover,
        clientNoContextTakeover,
        compressIfBiggerThan);
  }

  /** Returns this configuration with another {@link #serverNoContextTakeover()}. */
  public PerMessageDeflateConfig withServerNoContextTakeover(boolean forget) {
    return new PerMessageDeflateConfig(
        serverMaxWindowBits,
        clientMaxWindowBits,
        forget,
        clientNoContextTakeover,
        compressIfBiggerThan);
  }

  /** Returns this configuration with another {@link #clientNoContextTakeover()}. */
  public PerMessageDeflateConfig withClientNoContextTakeover(boolean forget) {
    return new PerMessageDeflateConfig(
        serverMaxWindowBits,
        clientMaxWindowBits,
        serverNoContextTakeover,
        forget,
        compressIfBiggerThan);
  }

  /** Returns this configuration with another {@link #compressIfBiggerThan()}. */
  public PerMessageDeflateConfig withCompressIfBiggerThan(int bytes) {
    return new PerMessageDeflateConfig(
        serverMaxWindowBits,
        clientMaxWindowBits,
        serverNoContextTakeover,
        clientNoContextTakeover,
        bytes);
  }
}
