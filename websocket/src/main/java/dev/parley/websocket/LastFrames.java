// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Remembers the headers of the last frames of one direction, for whoever asks later what led to the
 * end. One thread at a time adds; any thread may look, and sees at least what was added before it
 * came to know of the end.
 */
final class LastFrames {
  /**
   * Enough to see a broken message among its neighbours, little enough to keep for each session.
   */
  static final int KEPT = 4;

  private static final int FIRST_BYTE_SHIFT = 56;
  private static final long LENGTH_MASK = (1L << FIRST_BYTE_SHIFT) - 1;

  private static final VarHandle HEADER = MethodHandles.arrayElementVarHandle(long[].class);

  private LastFrames() {}

  /**
   * Returns what keeps them: a header in each place, the first byte on top, the length below; the
   * last place counts the frames. While one is being added, the count is that with it, negated.
   */
  static long[] none() {
    return new long[KEPT + 1];
  }

  static void add(long[] kept, int firstByte, long length) {
    long count = kept[KEPT];
    long shown = length >>> FIRST_BYTE_SHIFT == 0 ? length : LENGTH_MASK; // absurd, or negative
    HEADER.setOpaque(kept, KEPT, -(count + 1)); // seen by whoever sees the header
    HEADER.setRelease(kept, (int) count & (KEPT - 1), (long) firstByte << FIRST_BYTE_SHIFT | shown);
    HEADER.setRelease(kept, KEPT, count + 1);
  }

  /**
   * Returns the headers, the oldest first: four, if there are so many and none is added meanwhile.
   */
  static List<FrameHeader> list(long @Nullable [] kept) {
    if (kept == null) {
      return List.of();
    }
    long before = (long) HEADER.getAcquire(kept, KEPT);
    long count = Math.abs(before) + (before >> 63); // without one that is being added
    long first = Math.max(0, count - KEPT);
    List<FrameHeader> list = new ArrayList<>();
    for (long i = first; i < count; i++) {
      long header = (long) HEADER.getAcquire(kept, (int) i & (KEPT - 1));
      list.add(new FrameHeader((int) (header >>> FIRST_BYTE_SHIFT), header & LENGTH_MASK));
    }
    // Places that were given to newer ones meanwhile, or are just now.
    long lost = Math.abs((long) HEADER.getOpaque(kept, KEPT)) - KEPT - first;
    return List.copyOf(list.subList(Math.clamp(lost, 0, list.size()), list.size()));
  }
}
