// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.sun.management.ThreadMXBean;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Role;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** Any bytes are frames, or a violation at the first byte that breaks a rule. */
final class FramesFuzzTest {
  private static final Limits SMALL = new Limits(1 << 20, 2000, 20);

  /** What any stream may cost, besides what it is made of: a first buffer for a long payload. */
  private static final long BASE = 64 << 10;

  private static final ThreadMXBean THREADS =
      ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

  /** The first byte says who receives, and how; the others are the stream. */
  @FuzzTest
  void meanWhatTheObviousDecoderSays(byte[] bytes) {
    if (bytes.length == 0 || bytes.length > 2000) {
      return;
    }
    Role role = (bytes[0] & 1) == 0 ? Role.CLIENT : Role.SERVER;
    Delivery delivery = (bytes[0] & 2) == 0 ? Delivery.MESSAGES : Delivery.FRAMES;
    Limits limits = (bytes[0] & 4) == 0 ? SMALL : Limits.DEFAULT;
    byte[] stream = Arrays.copyOfRange(bytes, 1, bytes.length);

    List<Heard> heard =
        Heard.all(new Inbound(role, limits, delivery, List.of()), stream, List.of(1), false);
    assertThat(heard).isEqualTo(ReferenceDecoder.decode(role, limits, delivery, stream));
    for (boolean messagesFirst : new boolean[] {false, true}) {
      Inbound whole = new Inbound(role, limits, delivery, List.of());
      assertThat(Heard.said(Heard.all(whole, stream, List.of(), messagesFirst)))
          .as("all at once, messages first: %s", messagesFirst)
          .isEqualTo(Heard.said(heard));
    }
    assertThat(allocatedBy(new Inbound(role, limits, delivery, List.of()), stream))
        .as("bytes of memory for %d bytes", stream.length)
        .isLessThan(BASE + 200L * stream.length);
  }

  private static long allocatedBy(Inbound inbound, byte[] stream) {
    long thread = Thread.currentThread().threadId();
    ByteBuffer bytes = ByteBuffer.wrap(stream);
    long before = THREADS.getThreadAllocatedBytes(thread);
    while (!inbound.isEnded() && inbound.poll(bytes) != null) {
      // each event is garbage at once
    }
    return THREADS.getThreadAllocatedBytes(thread) - before;
  }
}
