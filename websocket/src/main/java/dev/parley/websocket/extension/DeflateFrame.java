// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import dev.parley.websocket.Frame;
import dev.parley.websocket.Role;
import java.util.List;
import java.util.Set;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * Compresses each data frame by itself ({@code deflate-frame},
 * draft-tyoshino-hybi-websocket-perframe-deflate), as older servers do.
 *
 * <p>Each compressed frame, continuations included, has the first reserved bit and ends in a sync
 * flush without its tail. Empty frames are not compressed.
 */
public final class DeflateFrame extends DeflateExtension<DeflateConfig> {
  private static final String NAME = "deflate-frame";
  private static final String MAX_WINDOW_BITS = "max_window_bits";
  private static final String NO_CONTEXT_TAKEOVER = "no_context_takeover";
  private static final Set<String> PARAMETERS = Set.of(MAX_WINDOW_BITS, NO_CONTEXT_TAKEOVER);

  // The outgoing direction's state: inside a message? in one to be compressed?
  private boolean sending;
  private boolean compressing;

  private DeflateFrame(Role role, DeflateConfig config, Factory factory) {
    super(
        NAME,
        config,
        new RawDeflate.Compressor(
            factory.streams,
            factory.level,
            role == Role.CLIENT ? config.clientMaxWindowBits() : config.serverMaxWindowBits(),
            role == Role.CLIENT
                ? config.clientNoContextTakeover()
                : config.serverNoContextTakeover()),
        new RawDeflate.Decompressor(
            factory.streams,
            role == Role.CLIENT
                ? config.serverNoContextTakeover()
                : config.clientNoContextTakeover()));
  }

  @Override
  public Frame processOutgoingFrame(Frame frame, boolean compress) {
    RawDeflate.requireRsv1Clear(frame, NAME);
    if (!sending) {
      compressing = compress;
    }
    sending = !frame.fin();
    return compressing && frame.length() > 0
        ? RawDeflate.replace(frame, compressor.compress(frame.data(), true), true)
        : frame;
  }

  @Override
  public Frame processIncomingFrame(Frame frame, long room) {
    return frame.rsv1() ? decompressor.decompress(frame, true, room) : frame;
  }

  /**
   * Negotiates {@link DeflateFrame}. Each side's parameters limit what the other side sends, and
   * taking an offer or an answer is agreeing to them.
   */
  public static final class Factory implements WebSocketExtensionFactory<DeflateConfig> {
    static final Factory DEFAULT = new Factory(Deflater.DEFAULT_COMPRESSION, SharedStreams.ZLIB);

    private final int level;
    private final RawDeflate.Streams streams;

    Factory(int level, RawDeflate.Streams streams) {
      this.level = level;
      this.streams = streams;
    }

    /**
     * Returns a factory whose extensions compress with another level. Default: -1, zlib's own
     * choice, which is 6.
     *
     * @param level from 0, stored only, over 1, the fastest, to 9, the smallest; or -1
     * @throws IllegalArgumentException if there is no such level
     */
    public Factory withLevel(int level) {
      return new Factory(Parameters.requireLevel(level), streams);
    }

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public DeflateConfig defaultConfig() {
      return new DeflateConfig();
    }

    /**
     * {@inheritDoc}
     *
     * @implNote Netty's server takes an offer without parameters only, as the default one is.
     */
    @Override
    public List<WebSocketExtensionHeader> offer(DeflateConfig config) {
      return List.of(limits(config.serverMaxWindowBits(), config.serverNoContextTakeover()));
    }

    @Override
    public DeflateFrame accept(DeflateConfig config, WebSocketExtensionHeader answer) {
      Parameters parameters = new Parameters(answer, PARAMETERS);
      int clientBits =
          Math.min(parameters.windowBits(MAX_WINDOW_BITS), config.clientMaxWindowBits());
      boolean clientForgets =
          parameters.flag(NO_CONTEXT_TAKEOVER) || config.clientNoContextTakeover();
      return new DeflateFrame(
          Role.CLIENT,
          config.withClientMaxWindowBits(clientBits).withClientNoContextTakeover(clientForgets),
          this);
    }

    @Override
    public @Nullable Agreement<DeflateConfig> answer(
        DeflateConfig config, WebSocketExtensionHeader offer) {
      try {
        return agree(config, new Parameters(offer, PARAMETERS));
      } catch (IllegalArgumentException e) {
        // A server declines an offer that breaks a rule; there is nobody to tell.
        return null;
      }
    }

    private Agreement<DeflateConfig> agree(DeflateConfig config, Parameters offer) {
      int serverBits = Math.min(offer.windowBits(MAX_WINDOW_BITS), config.serverMaxWindowBits());
      boolean serverForgets = offer.flag(NO_CONTEXT_TAKEOVER) || config.serverNoContextTakeover();
      DeflateConfig agreed =
          config.withServerMaxWindowBits(serverBits).withServerNoContextTakeover(serverForgets);
      return new Agreement<>(
          limits(config.clientMaxWindowBits(), config.clientNoContextTakeover()),
          new DeflateFrame(Role.SERVER, agreed, this));
    }

    private static WebSocketExtensionHeader limits(int windowBits, boolean noContextTakeover) {
      return new Parameters.Builder()
          .windowBits(MAX_WINDOW_BITS, windowBits, false)
          .flag(NO_CONTEXT_TAKEOVER, noContextTakeover)
          .build(NAME);
    }
  }
}
