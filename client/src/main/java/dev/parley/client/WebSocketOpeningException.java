// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.OpeningTimeoutException;
import dev.parley.client.transport.ProxyException;
import dev.parley.client.transport.ThreadRefusedException;
import dev.parley.client.transport.TlsHandshakeException;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * There is no session: the opening failed on its way to the server, or the server refused. The
 * message says what was tried and how far it came; the cause is what the network or TLS said.
 *
 * <p>Where the server answered, but against the rules, a {@link
 * dev.parley.websocket.handshake.HandshakeException} tells which one.
 */
public class WebSocketOpeningException extends WebSocketException {
  private static final long serialVersionUID = 1;

  private final OpeningPhase phase;
  private final String reason;

  /**
   * Makes an exception.
   *
   * @param phase the part of the opening that failed
   * @param reason the word for why, see {@link #reason()}
   * @param message what was tried, and what happened
   * @param cause what the network or TLS said, if anything
   */
  public WebSocketOpeningException(
      OpeningPhase phase, String reason, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.phase = phase;
    this.reason = reason;
  }

  /**
   * Makes the exception for what a connector or a transport threw, at the latest in the given
   * phase.
   *
   * @param reached how far it came, to stand at the end of the message; empty where the cause tells
   */
  static WebSocketOpeningException of(
      String place, OpeningPhase latest, Exception cause, String reached) {
    return new WebSocketOpeningException(
        phase(latest, cause),
        reason(cause),
        "cannot open "
            + place
            + ": "
            + (cause instanceof IOException ? cause.getMessage() : HttpClient.shown(cause))
            + reached,
        cause);
  }

  private static OpeningPhase phase(OpeningPhase latest, Exception cause) {
    return switch (cause) {
      case OpeningTimeoutException timeout -> timeout.phase();
      case UnknownHostException unknown -> OpeningPhase.LOOK_UP;
      case ProxyException proxy -> OpeningPhase.PROXY;
      case TlsHandshakeException tls -> OpeningPhase.TLS;
      default -> latest;
    };
  }

  static String reason(Exception cause) {
    return switch (cause) {
      case SocketTimeoutException timeout -> "timeout";
      case UnknownHostException unknown -> "unknown-host";
      case ConnectException refused -> "unreachable";
      case ThreadRefusedException refused -> "no-thread";
      case ProxyException proxy -> proxy.reason().word();
      case TlsHandshakeException tls -> tls.reason().word();
      case SSLException tls -> TlsHandshakeException.Reason.OTHER.word();
      case RuntimeException connector -> "connector-failed";
      default -> "connection-lost";
    };
  }

  /** Returns the part of the opening that failed; those before it went well. */
  public OpeningPhase phase() {
    return phase;
  }

  /**
   * Returns why, in a word that stays the same from release to release, as in {@code timeout} or
   * {@code tls-hostname}: for logs, metrics and decisions. {@code docs/reference/errors.md} lists
   * them all.
   */
  public String reason() {
    return reason;
  }
}
