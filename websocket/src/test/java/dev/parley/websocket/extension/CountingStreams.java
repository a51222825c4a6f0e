// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/** Real zlib streams that count: how often each was ended, and what the inflaters put out. */
final class CountingStreams implements RawDeflate.Streams {
  /** How often {@code end} was called, for each stream in the order of creation. */
  private final List<int[]> ends = new ArrayList<>();

  private final boolean failing;
  private long inflated;

  CountingStreams() {
    this(false);
  }

  /** Makes streams whose deflaters run out of memory, if so wished. */
  CountingStreams(boolean failing) {
    this.failing = failing;
  }

  List<Integer> ends() {
    return ends.stream().map(count -> count[0]).toList();
  }

  long inflated() {
    return inflated;
  }

  private int[] newCount() {
    int[] count = {0};
    ends.add(count);
    return count;
  }

  @Override
  public Deflater deflater(int level) {
    int[] count = newCount();
    return new Deflater(level, true) {
      @Override
      public int deflate(byte[] output, int offset, int length, int flush) {
        if (failing) {
          throw new OutOfMemoryError("as the test wants it");
        }
        return super.deflate(output, offset, length, flush);
      }

      @Override
      public void end() {
        count[0]++;
        super.end();
      }
    };
  }

  @Override
  public Inflater inflater() {
    int[] count = newCount();
    return new Inflater(true) {
      @Override
      public int inflate(byte[] output, int offset, int length) throws DataFormatException {
        int size = super.inflate(output, offset, length);
        inflated += size;
        return size;
      }

      @Override
      public void end() {
        count[0]++;
        super.end();
      }
    };
  }
}
