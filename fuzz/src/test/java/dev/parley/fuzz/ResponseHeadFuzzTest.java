// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.extension.WebSocketExtensionsConfig;
import dev.parley.websocket.handshake.ClientHandshake;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.HeadReader;
import dev.parley.websocket.handshake.NegotiatedHandshake;
import dev.parley.websocket.handshake.ResponseHead;
import java.nio.ByteBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Any bytes are a response head that is judged, or a {@link HandshakeException}. */
final class ResponseHeadFuzzTest {
  private static final HeadLimits LIMITS = new HeadLimits(64, 128, 12, 512);
  static final ClientHandshake HANDSHAKE =
      new ClientHandshake(
          new byte[16],
          List.of("chat", "superchat"),
          new WebSocketExtensionsConfig()
              .install(WebSocketExtensions.perMessageDeflate())
              .install(WebSocketExtensions.deflate())
              .installed());

  @FuzzTest
  void isReadTheSameInAnyPiecesAndJudged(byte[] bytes) {
    ByteBuffer whole = ByteBuffer.wrap(bytes);
    Object outcome = read(HeadReader.ofResponse(LIMITS), whole);
    HeadReader<ResponseHead> reader = HeadReader.ofResponse(LIMITS);
    Object pieced = null;
    int at = 0;
    while (pieced == null && at < bytes.length) {
      pieced = read(reader, ByteBuffer.wrap(bytes, at++, 1));
    }
    assertThat(pieced).isEqualTo(outcome);
    assertThat(at).isEqualTo(whole.position()).isLessThanOrEqualTo(LIMITS.maxHeadSize() + 1);
    if (outcome instanceof ResponseHead head) {
      judge(head);
    }
  }

  private static @Nullable Object read(HeadReader<ResponseHead> reader, ByteBuffer bytes) {
    try {
      return reader.read(bytes);
    } catch (HandshakeException e) {
      return e.getMessage();
    }
  }

  private static void judge(ResponseHead head) {
    try {
      NegotiatedHandshake agreed = HANDSHAKE.accept(head);
      assertThat(head.status()).isEqualTo(101);
      agreed
          .extensions()
          .forEach(
              extension -> {
                extension.endIncoming();
                extension.endOutgoing();
              });
    } catch (HandshakeException e) {
      assertThat(e).hasMessageMatching("(?s).{1,700}");
    }
  }
}
