// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;
import static dev.parley.websocket.Violation.CLOSE_CODE_INVALID;
import static dev.parley.websocket.Violation.CLOSE_MESSAGE_NOT_UTF8;
import static dev.parley.websocket.Violation.CLOSE_PAYLOAD_OF_ONE_BYTE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.client.ClosedReceiveChannelException;
import dev.parley.testkit.MockConnection;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketClosedException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Close frames that a server sends, right and wrong ones. */
final class CloseTest {
  private final Trial trial = Trial.begin();

  @AfterEach
  void end() {
    trial.close();
  }

  private static byte[] payload(int code, byte[] message) {
    return ByteBuffer.allocate(2 + message.length).putShort((short) code).put(message).array();
  }

  private void fails(Violation violation, byte[] payload) {
    trial.fails(violation, RawFrame.of(Opcode.CLOSE, payload).toBytes());
  }

  @Row(41)
  @Test
  void payloadOfOneByte() {
    fails(CLOSE_PAYLOAD_OF_ONE_BYTE, new byte[] {3});
  }

  @Row(41)
  @ParameterizedTest
  @ValueSource(
      ints = {
        0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 1999, 2000, 2999, 5000, 32_768, 65_535
      })
  void codeThatMustNotBeSent(int code) {
    fails(CLOSE_CODE_INVALID, payload(code, new byte[0]));
    fails(CLOSE_CODE_INVALID, payload(code, new byte[] {'b', 'y', 'e'}));
  }

  @Row(41)
  @ParameterizedTest
  @ValueSource(strings = {"ff", "c3", "61 ed a0 80", "c0 80", "f4 90 80 80", "e2 82"})
  void reasonThatIsNoUtf8(String hex) {
    fails(CLOSE_MESSAGE_NOT_UTF8, payload(1000, HexFormat.ofDelimiter(" ").parseHex(hex)));
  }

  @Row(42)
  @ParameterizedTest
  @ValueSource(
      ints = {
        1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000,
        4999
      })
  void codeAndReasonReachTheApplication(int code) {
    isEchoedOnce(new Frame.Close(new CloseReason(code, "")), new CloseReason(code, ""));
    isEchoedOnce(
        new Frame.Close(new CloseReason(code, "f\u00fcr")), new CloseReason(code, "f\u00fcr"));
  }

  @Row(42)
  @Test
  void emptyCloseAndLongestReason() {
    isEchoedOnce(new Frame.Close(), CloseReason.NO_STATUS);
    CloseReason longest = new CloseReason(1000, "x".repeat(CloseReason.MAX_MESSAGE_BYTES));
    isEchoedOnce(new Frame.Close(longest), longest);
  }

  /** The server says twice that it closes, and goes on sending; the client answers once. */
  private void isEchoedOnce(Frame.Close close, CloseReason reason) {
    RawFrame raw = RawFrame.of(Opcode.CLOSE, close.data());
    Scenario scenario =
        Scenario.accept()
            .send("before")
            .send(raw)
            .send(RawFrame.text("after"))
            .send(RawFrame.of(Opcode.PING, new byte[0]))
            .send(RawFrame.of(15, new byte[] {1}))
            .send(RawFrame.of(Opcode.CLOSE, payload(4000, new byte[0])))
            .glued()
            .expectRaw("Close", frame -> frame.opcode() == Opcode.CLOSE.code())
            .halfClose();
    trial.each(
        scenario,
        session -> {
          assertThat(Delivered.by(session))
              .isEqualTo(new Delivered(List.of(new Frame.Text("before"), close), null));
          assertThat(session.closeReason()).succeedsWithin(SOON).isEqualTo(reason);
          assertThatThrownBy(() -> session.incoming().receive())
              .isInstanceOf(ClosedReceiveChannelException.class);
          assertThatThrownBy(() -> session.send("late"))
              .isInstanceOfSatisfying(
                  WebSocketClosedException.class,
                  e -> assertThat(e.closingHandshake().received()).isEqualTo(reason));
          session.close();
          MockConnection seen = trial.server.takeConnection(SOON);
          seen.awaitEnd(SOON);
          assertThat(seen.frames())
              .singleElement()
              .satisfies(
                  echo -> {
                    assertThat(echo.opcode()).isEqualTo(Opcode.CLOSE.code());
                    assertThat(echo.payload()).isEqualTo(ByteBuffer.wrap(close.data()));
                  });
        });
  }
}
