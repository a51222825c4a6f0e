// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import dev.parley.client.transport.ProxyException.Reason;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.HeadReader;
import dev.parley.websocket.handshake.HeadWriter;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A tunnel through an HTTP proxy (RFC 9110 §9.3.6). Credentials go with the first request where
 * their scheme allows it, so that nothing is asked twice; a challenge is answered as often as the
 * scheme has something new to say, on the same connection where the proxy leaves it open.
 */
final class HttpConnectTunnel {
  /** More than any scheme needs: NTLM takes three requests. */
  private static final int MOST_REQUESTS = 5;

  /** How much of a refusal's body is read over to use the connection again. */
  private static final int MOST_BODY = 64 << 10;

  private final HttpAuthentication.@Nullable Exchange authentication;
  private final HttpAuthentication.Request asked;
  private final String authority;
  private @Nullable String credentials;
  private int requests;

  HttpConnectTunnel(ProxyOptions proxy, Destination destination) {
    authority = destination.toString();
    asked = new HttpAuthentication.Request("CONNECT", authority);
    authentication = proxy.authentication() == null ? null : proxy.authentication().begin();
    credentials = authentication == null ? null : authentication.credentials(asked, List.of());
  }

  /**
   * Asks for the tunnel.
   *
   * @return whether it is open; else there is something new to say, over a new connection
   */
  boolean open(TunnelExchange exchange) throws IOException, InterruptedException {
    boolean again = false;
    while (true) {
      requests++;
      ResponseHead head;
      try {
        exchange.send(HeadWriter.write(request()));
        head = receiveHead(exchange);
      } catch (ProxyException e) {
        if (again && e.reason() == Reason.CLOSED) {
          requests--; // it was not heard: the proxy had its reasons to close after its answer
          return false;
        }
        throw e;
      }
      // RFC 9110 §9.3.6: any 2xx opens the tunnel, and has no body whatever its headers say.
      if (head.status() / 100 == 2) {
        return true;
      }
      List<HttpChallenge> challenges =
          HttpChallenge.parse(head.headers().getAll("Proxy-Authenticate"));
      if (head.status() != 407 || !answers(challenges)) {
        // Deviation: tinyproxy says 401, a server's word, where credentials are wrong.
        throw new ProxyException(
            head.status() == 407 || head.status() == 401 ? Reason.CREDENTIALS : Reason.REFUSED,
            head,
            exchange.refusal((head.status() + " " + head.reason()).strip() + offered(challenges)));
      }
      if (!canStay(head, exchange)) {
        return false;
      }
      again = true;
    }
  }

  /** Finds an answer; false where there is none, or there have been enough of them. */
  private boolean answers(List<HttpChallenge> challenges) {
    if (authentication == null || requests == MOST_REQUESTS) {
      return false;
    }
    credentials = authentication.credentials(asked, challenges);
    return credentials != null;
  }

  private RequestHead request() {
    Headers.Builder headers = Headers.builder().add("Host", authority);
    if (credentials != null) {
      headers.add("Proxy-Authorization", credentials);
    }
    return new RequestHead("CONNECT", authority, headers.build());
  }

  /** Reads over the body of a refusal, if its end can be seen and the connection stays open. */
  private static boolean canStay(ResponseHead head, TunnelExchange exchange)
      throws IOException, InterruptedException {
    Headers headers = head.headers();
    String length = headers.get("Content-Length");
    if (length == null
        || !length.matches("\\d{1,5}")
        || Integer.parseInt(length) > MOST_BODY
        || headers.contains("Transfer-Encoding")
        || closes(headers.getAll("Connection"))
        || closes(headers.getAll("Proxy-Connection"))) {
      return false;
    }
    try {
      for (int i = Integer.parseInt(length); i > 0; i--) {
        exchange.receive();
      }
      return true;
    } catch (ProxyException e) {
      if (e.reason() == Reason.CLOSED) {
        return false; // in the middle of the body, which nobody wants
      }
      throw e;
    }
  }

  private static boolean closes(List<String> options) {
    return options.stream().anyMatch(option -> option.toLowerCase(Locale.ROOT).contains("close"));
  }

  /** Receives the final response; interim ones before it count towards the limits. */
  private static ResponseHead receiveHead(TunnelExchange exchange)
      throws IOException, InterruptedException {
    HeadReader<ResponseHead> reader = HeadReader.ofResponse(HeadLimits.DEFAULT);
    ByteBuffer next = ByteBuffer.allocate(1);
    try {
      ResponseHead head = null;
      while (head == null) {
        head = reader.read(next.put(0, (byte) exchange.receive()).clear());
      }
      return head;
    } catch (HandshakeException e) {
      throw exchange.malformed("answered something else than HTTP: " + e.getMessage(), e);
    }
  }

  /** Returns the schemes of authentication that the proxy knows, without their parameters. */
  private static String offered(List<HttpChallenge> challenges) {
    String schemes =
        challenges.stream().map(HttpChallenge::scheme).distinct().collect(Collectors.joining(", "));
    return schemes.isEmpty() ? "" : ", offered " + schemes;
  }
}
