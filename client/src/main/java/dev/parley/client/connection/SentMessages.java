// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * Counts the messages that were accepted, and those of them that were wholly written.
 *
 * <p>As long as everything gets written, the two are the same and counting costs nothing more. Only
 * where writing stops in the middle of what was encoded are its frames told apart, to see which of
 * them had left. One thread at a time changes the counts, under the write lock; any thread reads
 * them.
 */
final class SentMessages {
  private static final AtomicLongFieldUpdater<SentMessages> ACCEPTED =
      AtomicLongFieldUpdater.newUpdater(SentMessages.class, "accepted");
  private static final AtomicLongFieldUpdater<SentMessages> WRITTEN =
      AtomicLongFieldUpdater.newUpdater(SentMessages.class, "written");

  // Written with lazySet: nobody waits for them, and a full barrier for each message is dear.
  private volatile long accepted;
  private volatile long written;

  /** Whether the frame that was begun last ends a message. */
  private boolean lastEndsMessage;

  /** How many of the next bytes to be written belong to a frame that began before them. */
  private long carried;

  /** Whether that frame ends a message. */
  private boolean carriedEndsMessage;

  /** How many messages the transport took wholly, and may hold itself. */
  private long held;

  /** Takes note of a frame that was begun. */
  void begun(boolean endsMessage) {
    lastEndsMessage = endsMessage;
    if (endsMessage) {
      ACCEPTED.lazySet(this, accepted + 1);
    }
  }

  /**
   * Takes note that all that was encoded has been written.
   *
   * @param remaining how many bytes of the frame begun last are not yet encoded
   */
  void wroteAll(long remaining) {
    tookAll(remaining);
    WRITTEN.lazySet(this, written + held);
    held = 0;
  }

  /**
   * Takes note that the transport took all that was encoded, but holds some of it itself.
   *
   * @param remaining how many bytes of the frame begun last are not yet encoded
   */
  void tookAll(long remaining) {
    carried = remaining;
    carriedEndsMessage = remaining > 0 && lastEndsMessage;
    held = accepted - written - (carriedEndsMessage ? 1 : 0);
  }

  /**
   * Takes note that of what was encoded only a part has been written.
   *
   * @param encoded all that was encoded, from 0 to the limit; written up to the position
   * @param remaining how many bytes of the frame begun last are not yet encoded
   * @param holding whether the transport may hold some of what it took, now or before
   */
  void wrotePart(ByteBuffer encoded, long remaining, boolean holding) {
    int from = encoded.position();
    long end = carried;
    boolean endsMessage = carriedEndsMessage;
    long count = 0;
    while (end <= from) {
      count += endsMessage ? 1 : 0;
      if (end == encoded.limit()) {
        endsMessage = false;
        break;
      }
      int start = (int) end;
      int firstByte = encoded.get(start);
      endsMessage = (firstByte & 0x80) != 0 && (firstByte & 0x08) == 0; // RFC 6455 §5.2
      end = endOfFrame(encoded, start, remaining);
    }
    carried = Math.max(0, end - from);
    carriedEndsMessage = endsMessage;
    held += count;
    if (!holding) {
      WRITTEN.lazySet(this, written + held);
      held = 0;
    }
  }

  private static long endOfFrame(ByteBuffer encoded, int start, long remaining) {
    long whole = encoded.limit() + remaining; // where the last frame ends, however little is there
    if (start + 2 > encoded.limit()) {
      return whole;
    }
    int second = encoded.get(start + 1);
    int maskingKey = (second & 0x80) != 0 ? 4 : 0;
    int length = second & 0x7f;
    int longForm = length < 126 ? 0 : length == 126 ? 2 : 8;
    if (start + 2 + longForm > encoded.limit()) {
      return whole;
    }
    long payload =
        switch (longForm) {
          case 0 -> length;
          case 2 -> encoded.getShort(start + 2) & 0xffff;
          default -> encoded.getLong(start + 2);
        };
    return start + 2L + longForm + maskingKey + payload;
  }

  /** Returns how many messages were accepted: their last frame was begun. */
  long accepted() {
    return accepted;
  }

  /** Returns how many of them the transport took wholly. */
  long written() {
    return written;
  }
}
