// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import dev.parley.websocket.Frame;
import dev.parley.websocket.Role;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketProtocolException;
import java.util.List;
import java.util.Set;
import java.util.zip.Deflater;
import org.jspecify.annotations.Nullable;

/**
 * Compresses whole messages (RFC 7692, {@code permessage-deflate}).
 *
 * <p>The first frame of a compressed message has the first reserved bit; its payload, over all its
 * frames, is one stretch of DEFLATE. Each frame can be decompressed as soon as it is there.
 *
 * @implNote a compressor holds about 260 KiB of native memory, a decompressor about 40 KiB: from
 *     the first compressed message on, or only during a message where no context is taken over. A
 *     window below 15 bits makes the compressor slower, and the more so the smaller it is.
 */
public final class PerMessageDeflate extends DeflateExtension<PerMessageDeflateConfig> {
  private static final String NAME = "permessage-deflate";
  private static final String SERVER_NO_CONTEXT_TAKEOVER = "server_no_context_takeover";
  private static final String CLIENT_NO_CONTEXT_TAKEOVER = "client_no_context_takeover";
  private static final String SERVER_MAX_WINDOW_BITS = "server_max_window_bits";
  private static final String CLIENT_MAX_WINDOW_BITS = "client_max_window_bits";
  private static final Set<String> PARAMETERS =
      Set.of(
          SERVER_NO_CONTEXT_TAKEOVER,
          CLIENT_NO_CONTEXT_TAKEOVER,
          SERVER_MAX_WINDOW_BITS,
          CLIENT_MAX_WINDOW_BITS);

  // The outgoing direction's state, then the incoming one's: inside a message? a compressed one?
  private boolean sending;
  private boolean compressing;
  private boolean receiving;
  private boolean decompressing;

  private PerMessageDeflate(Role role, PerMessageDeflateConfig config, Factory factory) {
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
    boolean first = !sending;
    if (first) {
      boolean large = !frame.fin() || frame.length() > config().compressIfBiggerThan();
      compressing = compress && large;
    }
    sending = !frame.fin();
    return compressing
        ? RawDeflate.replace(frame, compressor.compress(frame.data(), frame.fin()), first)
        : frame;
  }

  @Override
  public boolean decodesPieces() {
    return true; // RFC 7692 §6.2: the frames of a message are one stream
  }

  @Override
  public Frame processIncomingFrame(Frame frame, long room) {
    if (!receiving) {
      decompressing = frame.rsv1();
    } else if (frame.rsv1()) {
      // RFC 7692 §6.1: the bit is for the first frame of a message.
      throw new WebSocketProtocolException(
          Violation.RESERVED_BIT, "rsv1 set in a continuation, expected in the first frame only");
    }
    receiving = !frame.fin();
    return decompressing ? decompressor.decompress(frame, frame.fin(), room) : frame;
  }

  /** Negotiates {@link PerMessageDeflate} (RFC 7692 §7.1). */
  public static final class Factory implements WebSocketExtensionFactory<PerMessageDeflateConfig> {
    static final Factory DEFAULT = new Factory(Deflater.DEFAULT_COMPRESSION, SharedStreams.ZLIB);

    private final int level;
    private final RawDeflate.Streams streams;

    /** Whether a client offers {@code client_max_window_bits}. */
    private final boolean offersClientWindow;

    Factory(int level, RawDeflate.Streams streams) {
      this(level, streams, true);
    }

    private Factory(int level, RawDeflate.Streams streams, boolean offersClientWindow) {
      this.level = level;
      this.streams = streams;
      this.offersClientWindow = offersClientWindow;
    }

    /**
     * Returns a factory whose extensions compress with another level. Default: -1, zlib's own
     * choice, which is 6.
     *
     * @param level from 0, stored only, over 1, the fastest, to 9, the smallest; or -1
     * @throws IllegalArgumentException if there is no such level
     */
    public Factory withLevel(int level) {
      return new Factory(Parameters.requireLevel(level), streams, offersClientWindow);
    }

    /**
     * Returns a factory for clients that no server may ask for a smaller window: their offer is
     * without {@code client_max_window_bits}, and an answer with it fails the opening (RFC 7692
     * §7.1.2.2). {@link PerMessageDeflateConfig#clientMaxWindowBits()} still holds, and the server
     * is not told of it. Default: it is offered, as a server that must save memory would not
     * compress otherwise.
     */
    public Factory withoutClientMaxWindowBits() {
      return new Factory(level, streams, false);
    }

    @Override
    public String name() {
      return NAME;
    }

    @Override
    public PerMessageDeflateConfig defaultConfig() {
      return new PerMessageDeflateConfig();
    }

    @Override
    public List<WebSocketExtensionHeader> offer(PerMessageDeflateConfig config) {
      Parameters.Builder parameters =
          new Parameters.Builder()
              .flag(SERVER_NO_CONTEXT_TAKEOVER, config.serverNoContextTakeover())
              .flag(CLIENT_NO_CONTEXT_TAKEOVER, config.clientNoContextTakeover())
              .windowBits(SERVER_MAX_WINDOW_BITS, config.serverMaxWindowBits(), false);
      if (offersClientWindow) {
        int bits = config.clientMaxWindowBits();
        parameters
            .windowBits(CLIENT_MAX_WINDOW_BITS, bits, false)
            // RFC 7692 §7.1.2.2: without a value, it allows the server to ask for a limit.
            .flag(CLIENT_MAX_WINDOW_BITS, bits == Parameters.MAX_WINDOW_BITS);
      }
      return List.of(parameters.build(NAME));
    }

    @Override
    public PerMessageDeflate accept(
        PerMessageDeflateConfig config, WebSocketExtensionHeader answer) {
      Parameters parameters = new Parameters(answer, PARAMETERS);
      boolean serverForgets = parameters.flag(SERVER_NO_CONTEXT_TAKEOVER);
      boolean clientForgets = parameters.flag(CLIENT_NO_CONTEXT_TAKEOVER);
      int serverBits = parameters.windowBits(SERVER_MAX_WINDOW_BITS);
      int clientBits = config.clientMaxWindowBits();
      if (parameters.has(CLIENT_MAX_WINDOW_BITS)) {
        if (!offersClientWindow) {
          throw new IllegalArgumentException(
              CLIENT_MAX_WINDOW_BITS + " in the answer, though not offered");
        }
        clientBits = parameters.windowBits(CLIENT_MAX_WINDOW_BITS);
      }
      // RFC 7692 §7.1.1.1 and §7.1.2.1: a server accepts these two by repeating them, the window
      // with the same or a smaller value. It may also set them unasked.
      if (config.serverNoContextTakeover() && !serverForgets) {
        throw new IllegalArgumentException(
            "no " + SERVER_NO_CONTEXT_TAKEOVER + " in the answer, though offered");
      }
      Parameters.requireAtMost(SERVER_MAX_WINDOW_BITS, serverBits, config.serverMaxWindowBits());
      Parameters.requireAtMost(CLIENT_MAX_WINDOW_BITS, clientBits, config.clientMaxWindowBits());
      // RFC 7692 §7.1.1.2: what we offered for ourselves holds even if the server is silent on it.
      return new PerMessageDeflate(
          Role.CLIENT,
          new PerMessageDeflateConfig(
              serverBits,
              clientBits,
              serverForgets,
              clientForgets || config.clientNoContextTakeover(),
              config.compressIfBiggerThan()),
          this);
    }

    @Override
    public @Nullable Agreement<PerMessageDeflateConfig> answer(
        PerMessageDeflateConfig config, WebSocketExtensionHeader offer) {
      try {
        return agree(config, new Parameters(offer, PARAMETERS));
      } catch (IllegalArgumentException e) {
        // RFC 7692 §7.1: a server declines an offer that breaks a rule, and the handshake goes on
        // without it; there is nobody to tell.
        return null;
      }
    }

    private Agreement<PerMessageDeflateConfig> agree(
        PerMessageDeflateConfig config, Parameters offer) {
      boolean serverForgets = offer.flag(SERVER_NO_CONTEXT_TAKEOVER);
      boolean clientForgets = offer.flag(CLIENT_NO_CONTEXT_TAKEOVER);
      int serverBits = offer.windowBits(SERVER_MAX_WINDOW_BITS);
      int clientBits =
          offer.hasBare(CLIENT_MAX_WINDOW_BITS)
              ? Parameters.MAX_WINDOW_BITS
              : offer.windowBits(CLIENT_MAX_WINDOW_BITS);
      if (!offer.has(CLIENT_MAX_WINDOW_BITS)) {
        // RFC 7692 §7.1.2.2: this client cannot be asked for a limit.
        Parameters.requireAtMost(CLIENT_MAX_WINDOW_BITS, clientBits, config.clientMaxWindowBits());
      }
      PerMessageDeflateConfig agreed =
          new PerMessageDeflateConfig(
              Math.min(serverBits, config.serverMaxWindowBits()),
              Math.min(clientBits, config.clientMaxWindowBits()),
              serverForgets || config.serverNoContextTakeover(),
              clientForgets || config.clientNoContextTakeover(),
              config.compressIfBiggerThan());
      WebSocketExtensionHeader answer =
          new Parameters.Builder()
              .flag(SERVER_NO_CONTEXT_TAKEOVER, agreed.serverNoContextTakeover())
              .flag(CLIENT_NO_CONTEXT_TAKEOVER, agreed.clientNoContextTakeover())
              // RFC 7692 §7.1.2.1: accepted by repeating it, even where it limits nothing.
              .windowBits(
                  SERVER_MAX_WINDOW_BITS,
                  agreed.serverMaxWindowBits(),
                  offer.has(SERVER_MAX_WINDOW_BITS))
              .windowBits(CLIENT_MAX_WINDOW_BITS, agreed.clientMaxWindowBits(), false)
              .build(NAME);
      return new Agreement<>(answer, new PerMessageDeflate(Role.SERVER, agreed, this));
    }
  }
}
