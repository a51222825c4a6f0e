// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketExtension;
import java.util.Set;

/**
 * What the extensions that compress have in common: a stream each way, and the first reserved bit.
 *
 * @param <C> the type of its configuration
 */
abstract sealed class DeflateExtension<C> implements WebSocketExtension<C>
    permits DeflateFrame, PerMessageDeflate {
  final RawDeflate.Compressor compressor;
  final RawDeflate.Decompressor decompressor;
  private final String name;
  private final C config;

  DeflateExtension(
      String name,
      C config,
      RawDeflate.Compressor compressor,
      RawDeflate.Decompressor decompressor) {
    this.name = name;
    this.config = config;
    this.compressor = compressor;
    this.decompressor = decompressor;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final C config() {
    return config;
  }

  @Override
  public final Set<ReservedBit> reservedBits() {
    return Set.of(ReservedBit.RSV1);
  }

  @Override
  public final Frame processOutgoingFrame(Frame frame) {
    return processOutgoingFrame(frame, true);
  }

  @Override
  public final Frame processIncomingFrame(Frame frame) {
    return processIncomingFrame(frame, Long.MAX_VALUE);
  }

  @Override
  public final void endIncoming() {
    decompressor.end();
  }

  @Override
  public final void endOutgoing() {
    compressor.end();
  }
}
