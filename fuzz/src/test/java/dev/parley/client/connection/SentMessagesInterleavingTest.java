// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/**
 * Whoever looks at the counts meanwhile finds them to grow only, and never more messages written
 * than accepted, nor than the transport took. Written is to be read first: both may grow between.
 */
final class SentMessagesInterleavingTest {
  /** A whole message, masked, of no payload. */
  private static final byte[] MESSAGE = {(byte) 0x82, (byte) 0x80, 0, 0, 0, 0};

  /** Looks a few times, and finds what must hold of each look. */
  private static void look(SentMessages messages, AtomicLong begun, AtomicLong taken) {
    long lastAccepted = 0;
    long lastWritten = 0;
    for (int i = 0; i < 4; i++) {
      long written = messages.written();
      long accepted = messages.accepted();
      require(written <= accepted, written + " of " + accepted + " written");
      require(written <= taken.get(), "written before the transport took it");
      require(accepted <= begun.get(), "accepted before it was begun");
      require(written >= lastWritten && accepted >= lastAccepted, "counted backwards");
      lastWritten = written;
      lastAccepted = accepted;
    }
  }

  private static void begin(SentMessages messages, AtomicLong begun) {
    begun.incrementAndGet();
    messages.begun(true);
  }

  @Test
  void writtenIsNeverAheadWhereAllIsWritten() {
    check(
        () -> {
          SentMessages messages = new SentMessages();
          AtomicLong begun = new AtomicLong();
          AtomicLong taken = new AtomicLong();
          sideBySide(
              () -> {
                begin(messages, begun);
                taken.set(1);
                messages.wroteAll(0);
                begin(messages, begun);
                messages.wroteAll(7); // but for a rest of the frame
                taken.set(2);
                messages.wroteAll(0);
              },
              () -> look(messages, begun, taken));
          require(messages.accepted() == 2 && messages.written() == 2, messages.written());
        });
  }

  @Test
  void writtenIsNeverAheadWhereWritingStopsOrTheTransportHolds() {
    check(
        () -> {
          SentMessages messages = new SentMessages();
          AtomicLong begun = new AtomicLong();
          AtomicLong taken = new AtomicLong();
          ByteBuffer encoded = ByteBuffer.allocate(2 * MESSAGE.length);
          sideBySide(
              () -> {
                begin(messages, begun);
                begin(messages, begun);
                encoded.put(MESSAGE).put(MESSAGE).flip();
                encoded.position(MESSAGE.length + 1); // within the second
                taken.set(1);
                messages.wrotePart(encoded, 0, false);
                messages.tookAll(0);
                taken.set(2);
                messages.wroteAll(0);
              },
              () -> look(messages, begun, taken));
          require(messages.accepted() == 2 && messages.written() == 2, messages.written());
        });
  }
}
