// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class ConversionTest {
  private final WebSocketException closed =
      new ClosedReceiveChannelException("closed", ClosingHandshake.OPEN, null);
  private static final TypeInfo<Integer> INTEGER = TypeInfo.of(Integer.class);

  /** Integers in decimal; the empty text is null. */
  private static final Conversion DECIMAL =
      new Conversion(
          new WebsocketContentConverter() {
            @Override
            public String serialize(Charset charset, TypeInfo<?> type, @Nullable Object value) {
              return String.valueOf(Integer.class.cast(value));
            }

            @Override
            public @Nullable Object deserialize(Charset charset, TypeInfo<?> type, String content) {
              return content.isEmpty() ? null : Integer.valueOf(content);
            }
          });

  private QueueChannel<Frame> incoming(Frame... frames) {
    return new QueueChannel<>(List.of(frames), closed);
  }

  @Test
  void valueIsWrittenAndRead() {
    assertThat(DECIMAL.serialize(INTEGER, 42)).isEqualTo("42");
    assertThat(DECIMAL.receive(incoming(new Frame.Text("42")), INTEGER)).isEqualTo(42);
    assertThat(
            DECIMAL.receive(
                incoming(new Frame.Binary("42".getBytes(StandardCharsets.UTF_8))), INTEGER))
        .isEqualTo(42);
    assertThat(DECIMAL.receive(incoming(new Frame.Text("42")), TypeInfo.of(int.class)))
        .isEqualTo(42);
  }

  @Test
  void failureToWriteNamesTheConverter() {
    assertThatExceptionOfType(WebSocketException.class)
        .isThrownBy(() -> DECIMAL.serialize(TypeInfo.of(String.class), "x"))
        .withMessage("the contentConverter could not serialise a java.lang.String")
        .withCauseInstanceOf(ClassCastException.class);
  }

  @Test
  void failureToReadHasTheFrameAndLosesNothing() {
    QueueChannel<Frame> incoming = incoming(new Frame.Text("secret"), new Frame.Text("7"));
    assertThatExceptionOfType(WebsocketDeserializeException.class)
        .isThrownBy(() -> DECIMAL.receive(incoming, INTEGER))
        .withMessage("expected a java.lang.Integer, got Text[6 bytes] that could not be read")
        .withCauseInstanceOf(NumberFormatException.class)
        .satisfies(e -> assertThat(e.frame()).isEqualTo(new Frame.Text("secret")));
    assertThat(DECIMAL.receive(incoming, INTEGER)).isEqualTo(7);
  }

  @Test
  void resultOfAnotherTypeIsRefused() {
    assertThatExceptionOfType(WebsocketDeserializeException.class)
        .isThrownBy(() -> DECIMAL.receive(incoming(new Frame.Text("7")), TypeInfo.of(String.class)))
        .withMessageContaining("returned a java.lang.Integer");
    assertThatExceptionOfType(WebsocketDeserializeException.class)
        .isThrownBy(() -> DECIMAL.receive(incoming(new Frame.Text("")), INTEGER))
        .withMessageContaining("returned null");
  }

  @Test
  void whatIsNoMessageIsRefused() {
    List<Frame> frames =
        List.of(
            new Frame.Ping(new byte[0]),
            new Frame.Pong(new byte[0]),
            new Frame.Binary(new byte[] {(byte) 0xff}),
            new Frame.Text("4".getBytes(StandardCharsets.UTF_8), false, false, false, false));
    for (Frame frame : frames) {
      assertThatExceptionOfType(WebsocketDeserializeException.class)
          .isThrownBy(() -> DECIMAL.receive(incoming(frame), INTEGER))
          .satisfies(e -> assertThat(e.frame()).isSameAs(frame));
    }
  }

  @Test
  void closeIsTheEnd() {
    assertThatThrownBy(() -> DECIMAL.receive(incoming(new Frame.Close()), INTEGER))
        .isSameAs(closed);
  }
}
