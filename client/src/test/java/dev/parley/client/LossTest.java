// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.OpeningTimeoutException;
import dev.parley.client.transport.ThreadRefusedException;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketProtocolException;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HandshakeFailure;
import dev.parley.websocket.handshake.Headers;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.List;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is temporary and what is not. Proxies and TLS are in ReconnectorTest, over real ones. */
final class LossTest {
  @ParameterizedTest
  @CsvSource({
    "200,false", "204,false", "301,false", "302,false", "400,false", "401,false", "403,false",
    "404,false", "408,false", "410,false", "426,false", "429,true", "500,true", "502,true",
    "503,true", "504,true", "599,true",
  })
  void refusals(int status, boolean temporary) {
    HttpResponse response = FakeSession.response(status, Headers.EMPTY);
    Loss loss = new Loss.Refused(new WebSocketUpgradeException(response));
    assertThat(loss.isTemporary()).isEqualTo(temporary);
    assertThat(loss).hasToString("not opened: WebSocket upgrade failed: " + status);
  }

  @ParameterizedTest
  @CsvSource({
    "1000,false", "1001,true", "1002,false", "1003,false", "1005,true", "1007,false",
    "1008,false", "1009,false", "1010,false", "1011,true", "1012,true", "1013,true",
    "1014,true", "3000,false", "4000,false", "4999,false",
  })
  void closes(int code, boolean temporary) {
    Loss.Closed loss =
        new Loss.Closed(ClosingHandshake.OPEN.withReceived(new CloseReason(code, "why")));
    assertThat(loss.isTemporary()).isEqualTo(temporary);
    assertThat(loss.reason().code()).isEqualTo(code);
    assertThat(loss.failure()).hasMessageStartingWith("not opened again: the peer sent " + code);
  }

  private static List<IOException> network() {
    return List.of(
        new ConnectException("refused"),
        new UnknownHostException("nowhere"),
        new OpeningTimeoutException(OpeningPhase.TLS, "no answer", null),
        new ThreadRefusedException("looking up", new OutOfMemoryError()),
        new EOFException("end of stream"),
        new IOException("reset"));
  }

  @ParameterizedTest
  @MethodSource("network")
  void networkIsTemporary(IOException cause) {
    assertThat(notOpened(cause)).returns(true, Loss::isTemporary);
  }

  private static Loss notOpened(Exception cause) {
    return new Loss.NotOpened(
        WebSocketOpeningException.of("ws://host/", OpeningPhase.RESPONSE, cause, ""));
  }

  @Test
  void recordOfTlsThatIsWrongIsNot() {
    assertThat(notOpened(new SSLException("bad record"))).returns(false, Loss::isTemporary);
  }

  @Test
  void connectorThatBrokeIsNot() {
    assertThat(notOpened(new IllegalStateException("bug"))).returns(false, Loss::isTemporary);
  }

  @ParameterizedTest
  @EnumSource(HandshakeFailure.class)
  void handshakeIsTemporaryOnlyWhereTheServerWasGone(HandshakeFailure failure) {
    assertThat(new Loss.NotOpened(new HandshakeException(failure, "wrong")))
        .returns(failure == HandshakeFailure.HEAD_INCOMPLETE, Loss::isTemporary);
  }

  @Test
  void whatAHookThrowsIsTemporaryWhereItCouldNotReadOrWrite() {
    IOException cause = new IOException("the token server is down");
    assertThat(new Loss.NotOpened(new UncheckedIOException(cause)).isTemporary()).isTrue();
    assertThat(new Loss.NotOpened(new WebSocketException("no token", cause)).isTemporary())
        .isTrue();
    assertThat(new Loss.NotOpened(new WebSocketException("no token")).isTemporary()).isFalse();
    assertThat(new Loss.NotOpened(new IllegalArgumentException("no host")).isTemporary()).isFalse();
  }

  @Test
  void messageOfTheApplicationsOwnIsNotShown() {
    assertThat(new Loss.NotOpened(new IllegalStateException("s3cr3t")))
        .hasToString("not opened: java.lang.IllegalStateException");
    assertThat(new Loss.NotOpened(new WebSocketException("no token")))
        .hasToString("not opened: no token");
  }

  private static @Nullable Loss of(ClosingHandshake closing, @Nullable WebSocketException failure) {
    return Loss.of(closing.withEnded(), failure);
  }

  @Test
  void brokenIsTemporaryUnlessThePeerBrokeARule() {
    WebSocketException failure = new WebSocketException("reset", new IOException());
    assertThat(of(ClosingHandshake.OPEN, failure))
        .isEqualTo(new Loss.Broken(failure))
        .matches(Loss::isTemporary)
        .hasToString("broken: reset");
    WebSocketProtocolException violation =
        new WebSocketProtocolException(Violation.TEXT_NOT_UTF8, "at byte 3");
    assertThat(of(ClosingHandshake.OPEN.withSent(CloseReason.NOT_CONSISTENT), violation))
        .isEqualTo(new Loss.Broken(violation))
        .matches(loss -> !loss.isTemporary());
    WebSocketProtocolException budget =
        new WebSocketProtocolException(Violation.MEMORY_BUDGET_USED_UP, "of 1 byte");
    assertThat(of(ClosingHandshake.OPEN.withSent(CloseReason.NORMAL), budget))
        .as("the application had closed it")
        .isNull();
    assertThat(of(ClosingHandshake.OPEN.withSent(CloseReason.NORMAL), violation)).isNull();
    assertThat(of(ClosingHandshake.OPEN.withSent(CloseReason.TOO_BIG), budget))
        .isEqualTo(new Loss.Broken(budget))
        .matches(Loss::isTemporary);
  }

  @Test
  void whoClosedFirstMatters() {
    ClosingHandshake theirs =
        ClosingHandshake.OPEN.withReceived(CloseReason.GOING_AWAY).withSent(CloseReason.GOING_AWAY);
    assertThat(of(theirs, null)).isEqualTo(new Loss.Closed(theirs.withEnded()));
    assertThat(of(ClosingHandshake.OPEN.withSent(CloseReason.NORMAL), null)).isNull();
    assertThat(
            of(
                ClosingHandshake.OPEN
                    .withSent(CloseReason.NORMAL)
                    .withReceived(CloseReason.GOING_AWAY),
                null))
        .isNull();
  }

  @Test
  void closedNeedsThePeersReason() {
    assertThatNullPointerException().isThrownBy(() -> new Loss.Closed(ClosingHandshake.OPEN));
  }
}
