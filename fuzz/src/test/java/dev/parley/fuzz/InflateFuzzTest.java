// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketProtocolException;
import dev.parley.websocket.extension.PerMessageDeflate;
import dev.parley.websocket.extension.PerMessageDeflateConfig;
import dev.parley.websocket.extension.WebSocketExtensionHeader;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/** Any bytes inflate to what the JDK's zlib makes of them, within the room there is, or fail. */
final class InflateFuzzTest {
  private static final int ROOM = 4000;

  /** The first byte says whether the window is kept, the second where a fragment ends. */
  @FuzzTest
  void givesWhatZlibGivesWithinItsRoom(byte[] bytes) {
    if (bytes.length < 2) {
      return;
    }
    byte[] message = Arrays.copyOfRange(bytes, 2, bytes.length);
    int cut = Math.min(message.length, bytes[1] & 0xff);
    boolean forgets = (bytes[0] & 1) != 0;
    PerMessageDeflate extension = extension(forgets);
    try {
      byte[] once = inflate(extension, message, cut);
      assertThat(once).hasSizeLessThanOrEqualTo(ROOM);
      byte[] expected = zlib(message);
      if (expected != null) {
        assertThat(once).isEqualTo(expected);
        if (forgets) {
          assertThat(inflate(extension, message, 0)).isEqualTo(once);
        }
      }
    } catch (WebSocketProtocolException e) {
      assertThat(e.violation()).isIn(Violation.COMPRESSED_DATA_INVALID, Violation.MESSAGE_TOO_BIG);
    } finally {
      extension.endIncoming();
      extension.endOutgoing();
    }
  }

  static PerMessageDeflate extension(boolean forgets) {
    PerMessageDeflateConfig config =
        new PerMessageDeflateConfig().withServerNoContextTakeover(forgets);
    PerMessageDeflate.Factory factory = WebSocketExtensions.perMessageDeflate();
    WebSocketExtensionHeader answer =
        WebSocketExtensionHeader.parse(
                List.of(factory.name() + (forgets ? "; server_no_context_takeover" : "")))
            .getFirst();
    return factory.accept(config, answer);
  }

  /** Decompresses a message of two fragments. */
  private static byte[] inflate(PerMessageDeflate extension, byte[] message, int cut) {
    Frame first = new Frame.Binary(Arrays.copyOf(message, cut), false, true, false, false);
    Frame last =
        new Frame.Binary(
            Arrays.copyOfRange(message, cut, message.length), true, false, false, false);
    byte[] begin = extension.processIncomingFrame(first, ROOM).data();
    byte[] end = extension.processIncomingFrame(last, ROOM - begin.length).data();
    return ReferenceDecoder.join(begin, end);
  }

  /**
   * Decompresses all at once, with the tail that does not travel; {@code null} where a final block
   * leaves it open what follows.
   */
  private static byte @Nullable [] zlib(byte[] message) {
    Inflater inflater = new Inflater(true);
    try {
      inflater.setInput(ReferenceDecoder.join(message, new byte[] {0, 0, -1, -1}));
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      byte[] some = new byte[512];
      int count;
      do {
        count = inflater.inflate(some);
        all.write(some, 0, count);
      } while (count > 0);
      return inflater.finished() ? null : all.toByteArray();
    } catch (DataFormatException e) {
      throw new AssertionError("taken by ours, refused by zlib", e);
    } finally {
      inflater.end();
    }
  }
}
