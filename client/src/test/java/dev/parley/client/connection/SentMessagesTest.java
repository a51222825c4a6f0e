// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.Frame;
import dev.parley.websocket.Outbound;
import dev.parley.websocket.Role;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Every way of cutting what was encoded gives the count that frame by frame bookkeeping gives. */
final class SentMessagesTest {
  private static final Frame[] FRAMES = {
    new Frame.Binary(new byte[0]),
    new Frame.Text("one"),
    new Frame.Ping(new byte[7]),
    new Frame.Binary(new byte[130], false, false, false, false),
    new Frame.Binary(new byte[5], true, false, false, false),
    new Frame.Text("x".repeat(70_000)),
    new Frame.Pong(new byte[125]),
    new Frame.Text("last")
  };

  private final Outbound outbound = new Outbound(Role.CLIENT, List.of(), () -> 0x81828384);
  private final SentMessages messages = new SentMessages();
  private final ByteBuffer buffer = ByteBuffer.allocate(300);

  /** Where in the stream each message ends. */
  private final List<Long> ends = new ArrayList<>();

  private long begun;
  private long written;

  /** How much of that is known to have left the transport. */
  private long left;

  @Test
  void countsWhatLeftWhollyHoweverItWasCut() {
    Random random = new Random(42);
    for (int round = 0; round < 40; round++) {
      for (Frame frame : FRAMES) {
        outbound.begin(frame);
        boolean endsMessage = frame.fin() && !frame.opcode().isControl();
        messages.begun(endsMessage);
        begun += outbound.remaining();
        if (endsMessage) {
          ends.add(begun);
        }
        while (!outbound.write(buffer)) {
          push(random);
        }
        if (random.nextInt(3) == 0) {
          push(random);
        }
      }
    }
    while (buffer.position() > 0 || left < written) {
      push(random);
    }
    assertThat(messages.written()).isEqualTo(messages.accepted()).isEqualTo(40 * 5);
  }

  private void push(Random random) {
    buffer.flip();
    boolean all = random.nextInt(4) == 0;
    int count = all ? buffer.remaining() : random.nextInt(buffer.remaining() + 1);
    buffer.position(count);
    written += count;
    boolean holding = random.nextBoolean();
    left = holding ? left : written;
    if (buffer.hasRemaining()) {
      messages.wrotePart(buffer, outbound.remaining(), holding);
    } else if (holding) {
      messages.tookAll(outbound.remaining());
    } else {
      messages.wroteAll(outbound.remaining());
    }
    buffer.compact();
    assertThat(messages.accepted()).isEqualTo(ends.size());
    assertThat(messages.written()).isEqualTo(ends.stream().filter(end -> end <= left).count());
  }
}
