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
public final class RawInflate extends RawBlocking {
  /** Makes one. */
  public RawInflate() {}

  @Override
  public boolean supports(Settings settings) {
    return settings.compression() != Settings.Compression.NONE && settings.sessions() == 1;
  }

  @Override
  RawSession session(Settings settings, RawWire wire, RawFrames frames, ByteBuffer in) {
    return new Inflating(settings.compression() == Settings.Compression.FRESH, wire, frames, in);
  }

  private static final class Inflating extends RawTaking {
    private static final int RSV1 = 0x40;

    private final boolean forget;
    private final Inflater inflater = new Inflater(true);
    private final byte[] compressed = new byte[64 << 10];
    private final byte[] inflated = new byte[16 << 10];

    Inflating(boolean forget, RawWire wire, RawFrames frames, ByteBuffer in) {
      super(wire, frames, in);
      this.forget = forget;
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
        return new String(inflated, 0, count, StandardCharsets.UTF_8);
      } catch (DataFormatException e) {
        throw new IOException("compressed data that is not sound", e);
      }
    }

    @Override
    public void close() throws IOException {
      inflater.end();
      super.close();
    }
  }
}
