// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * The least that a client can do which receives compressed text and hands it out as strings: each
 * message is inflated by one call, from an array into another, and becomes a string, which judges
 * it. That the message is whole is not checked, and nothing else can happen on the session.
 */
public class RawInflate extends RawBlocking {
  private final boolean checks;

  /** Makes one. */
  public RawInflate() {
    this(false);
  }

  /** Makes one, which may check that each message is whole. */
  RawInflate(boolean checks) {
    this.checks = checks;
  }

  @Override
  public boolean supports(Settings settings) {
    return settings.compression() != Settings.Compression.NONE && settings.sessions() == 1;
  }

  @Override
  RawSession session(Settings settings, RawWire wire, RawFrames frames, ByteBuffer in) {
    boolean forget = settings.compression() == Settings.Compression.FRESH;
    return new Inflating(forget, checks, wire, frames, in);
  }

  private static final class Inflating extends RawTaking {
    private static final int RSV1 = 0x40;
    private static final byte[] NOTHING = {};
    private static final byte[] FINAL_BLOCK = {1, 0, 0, -1, -1};

    /** More than the header of a block can swallow, in which a message may be cut: 2,283 bits. */
    private static final byte[] EMPTY_BLOCKS = new byte[58 * 5];

    static {
      for (int i = 0; i < EMPTY_BLOCKS.length; i += 5) {
        EMPTY_BLOCKS[i + 3] = -1;
        EMPTY_BLOCKS[i + 4] = -1;
      }
    }

    private final boolean forget;
    private final boolean checks;
    private final Inflater inflater = new Inflater(true);
    private final byte[] compressed = new byte[64 << 10];
    private final byte[] inflated = new byte[16 << 10];

    Inflating(boolean forget, boolean checks, RawWire wire, RawFrames frames, ByteBuffer in) {
      super(wire, frames, in);
      this.forget = forget;
      this.checks = checks;
    }

    @Override
    int take(byte first, int from, int length) throws IOException {
      return (first & RSV1) == 0 ? length : text(from, length).length();
    }

    private String text(int from, int length) throws IOException {
      in.get(from, compressed, 0, length);
      // RFC 7692 §7.2.2: the tail, which does not travel.
      compressed[length] = 0;
      compressed[length + 1] = 0;
      compressed[length + 2] = -1;
      compressed[length + 3] = -1;
      if (forget) {
        inflater.reset();
      }
      inflater.setInput(compressed, 0, length + 4);
      try {
        int count = inflater.inflate(inflated);
        if (checks) {
          check();
        }
        return new String(inflated, 0, count, StandardCharsets.UTF_8);
      } catch (DataFormatException e) {
        throw new IOException("compressed data that is not sound", e);
      }
    }

    /** Between two blocks an empty one says nothing; where a block is cut it shows. */
    private void check() throws IOException, DataFormatException {
      inflater.setInput(forget ? FINAL_BLOCK : EMPTY_BLOCKS);
      inflater.inflate(NOTHING);
      if (inflater.getRemaining() > 0 || inflater.finished() != forget) {
        throw new IOException("message that ends within a block");
      }
    }

    @Override
    public void close() throws IOException {
      inflater.end();
      super.close();
    }
  }
}
