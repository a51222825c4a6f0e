// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.ProxyException;
import dev.parley.client.transport.TlsHandshakeException;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.ClosingHandshake;
import dev.parley.websocket.ClosingHandshake.Closer;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketProtocolException;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HandshakeFailure;
import java.io.IOException;
import java.util.Objects;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Why there is no session, though the application did not end it: what a {@link ReconnectPolicy}
 * judges. Immutable, but for the exceptions.
 */
public sealed interface Loss {
  /**
   * The server answered the opening request, but not with an upgrade.
   *
   * @param failure what the opening threw; has the response
   */
  record Refused(WebSocketUpgradeException failure) implements Loss {
    /** Validates. */
    public Refused {
      Objects.requireNonNull(failure, "failure");
    }

    @Override
    public String toString() {
      return "not opened: " + failure.getMessage();
    }
  }

  /**
   * The opening failed on its way to the server, by a rule that the server's answer broke, or by
   * what a hook or the request threw.
   *
   * @param failure what the opening threw
   */
  record NotOpened(RuntimeException failure) implements Loss {
    /** Validates. */
    public NotOpened {
      Objects.requireNonNull(failure, "failure");
    }

    /** Shows what is not of this library by its class alone: its message may hold a secret. */
    @Override
    public String toString() {
      return "not opened: " + HttpClient.shown(failure);
    }
  }

  /**
   * The peer closed the session before this end did.
   *
   * @param closing both Close reasons; {@code received} is never null
   */
  record Closed(ClosingHandshake closing) implements Loss {
    /** Validates. */
    public Closed {
      Objects.requireNonNull(closing.received(), "closing without the peer's Close");
    }

    /** Returns the peer's reason; {@link CloseReason#NO_STATUS} where it gave none. */
    public CloseReason reason() {
      return Objects.requireNonNull(closing.received(), "validated");
    }

    /** Returns the exception that says so. */
    @Override
    public WebSocketClosedException failure() {
      return new WebSocketClosedException("not opened again", closing, null);
    }

    @Override
    public String toString() {
      return "closed: " + closing.description();
    }
  }

  /**
   * The session ended without the peer's Close: the network, a deadline, a rule that the peer
   * broke, or {@code terminate()}.
   *
   * @param failure what ended it
   */
  record Broken(WebSocketException failure) implements Loss {
    /** Validates. */
    public Broken {
      Objects.requireNonNull(failure, "failure");
    }

    @Override
    public String toString() {
      return "broken: " + failure.getMessage();
    }
  }

  /** Returns the exception that tells of this. */
  RuntimeException failure();

  /**
   * Tells whether it may well be otherwise in a while. The default judgement of a {@link
   * ReconnectPolicy}:
   *
   * <ul>
   *   <li>a refusal: 429 and every 5xx are temporary; all other 4xx, redirects that were not
   *       followed, and what is no answer to a WebSocket are not;
   *   <li>a failed opening: the network, names and time are temporary. TLS is not, unless the
   *       server just broke off; nor is a proxy that wants other credentials or forbids it, a
   *       server that breaks the rules of the handshake, or anything else that was thrown and has
   *       no {@link IOException} as a cause;
   *   <li>a Close: 1001, 1011, 1012, 1013 and 1014 are temporary, and a Close without a code, which
   *       says nothing. 1000 means that all is done. 1002, 1003, 1007, 1008, 1009 and 1010 say that
   *       this end does something wrong, and codes from 3000 on are known to the application only:
   *       these are not;
   *   <li>a broken connection is temporary, unless the peer broke the protocol. That {@code
   *       memoryBudget} was used up is no fault of the peer's alone, and temporary.
   * </ul>
   */
  default boolean isTemporary() {
    return switch (this) {
      case Refused refused -> isTemporary(refused.failure().response().status().value());
      case NotOpened notOpened -> isTemporary(notOpened.failure());
      case Closed closed ->
          switch (closed.reason().code()) {
            case 1001, 1005, 1011, 1012, 1013, 1014 -> true;
            default -> false;
          };
      case Broken broken ->
          !(broken.failure() instanceof WebSocketProtocolException breach)
              || breach.violation() == Violation.MEMORY_BUDGET_USED_UP;
    };
  }

  private static boolean isTemporary(int status) {
    return status == 429 || status >= 500;
  }

  private static boolean isTemporary(RuntimeException failure) {
    return switch (failure) {
      case WebSocketOpeningException opening ->
          switch (opening.getCause()) {
            case TlsHandshakeException tls -> tls.reason() == TlsHandshakeException.Reason.CLOSED;
            case SSLException tls -> false;
            case ProxyException proxy -> isTemporary(proxy);
            case null, default -> opening.getCause() instanceof IOException;
          };
      case HandshakeException handshake -> // the server was gone before its answer was complete
          handshake.failure() == HandshakeFailure.HEAD_INCOMPLETE;
      default -> hasIoException(failure);
    };
  }

  private static boolean isTemporary(ProxyException proxy) {
    int notAllowedByRules = 2; // RFC 1928 §6
    return switch (proxy.reason()) {
      case UNREACHABLE, CLOSED -> true;
      case TLS, CREDENTIALS, MALFORMED -> false;
      case REFUSED ->
          proxy
              .response()
              .map(response -> isTemporary(response.status()))
              .orElseGet(() -> proxy.code().orElse(0) != notAllowedByRules);
    };
  }

  private static boolean hasIoException(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof IOException) {
        return true;
      }
    }
    return false;
  }

  /**
   * Returns how a session was lost that has ended; {@code null} where this end closed it, as the
   * application wished.
   */
  static @Nullable Loss of(ClosingHandshake closing, @Nullable WebSocketException failure) {
    if (failure instanceof WebSocketProtocolException breach && !wasClosing(closing, breach)) {
      return new Broken(breach); // for which this end has sent a Close too
    }
    if (closing.first() == Closer.US) {
      return null;
    }
    if (closing.received() != null) {
      return new Closed(closing);
    }
    return new Broken(
        failure != null
            ? failure
            : new WebSocketException("the session ended without a Close frame"));
  }

  /** Tells whether this end had closed before the breach: then its Close is for something else. */
  private static boolean wasClosing(ClosingHandshake closing, WebSocketProtocolException breach) {
    Violation violation = breach.violation();
    CloseReason forIt = violation == null ? CloseReason.PROTOCOL_ERROR : violation.closeReason();
    CloseReason sent = closing.sent();
    return closing.first() == Closer.US && sent != null && sent.code() != forIt.code();
  }
}
