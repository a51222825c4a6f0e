// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.BodyTooLargeException;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.net.ProtocolException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A plain request has no response that could be returned: the network, TLS or a proxy was in the
 * way, the response is over a limit, or a redirect leads nowhere. The message says what was asked
 * for and what happened; the cause is what the network or TLS said. After it nobody knows whether
 * the server has acted on the request, unless the {@link #reason()} tells of a time before it.
 *
 * <p>A status is no reason to throw: a response with 404 or 500 is returned.
 */
public final class HttpRequestException extends WebSocketException {
  private static final long serialVersionUID = 1;

  private final String reason;
  private final transient @Nullable HttpResponse response;

  HttpRequestException(
      String reason, String message, @Nullable HttpResponse response, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = reason;
    this.response = response;
  }

  /** Makes the exception for what a connector or the network threw. */
  static HttpRequestException of(String place, Exception cause) {
    return new HttpRequestException(
        reason(cause),
        "cannot request "
            + place
            + ": "
            + (cause instanceof IOException ? cause.getMessage() : HttpClient.shown(cause)),
        null,
        cause);
  }

  private static String reason(Exception cause) {
    return switch (cause) {
      case BodyTooLargeException large -> "body-too-large";
      case ProtocolException http -> "bad-http";
      default -> WebSocketOpeningException.reason(cause);
    };
  }

  /**
   * Returns why, in a word that stays the same from release to release: those of {@link
   * WebSocketOpeningException#reason()}, and some more. {@code docs/reference/errors.md} lists them
   * all.
   */
  public String reason() {
    return reason;
  }

  /** Returns the response: that of a redirect which is not followed, and no other. */
  public Optional<HttpResponse> response() {
    return Optional.ofNullable(response);
  }
}
