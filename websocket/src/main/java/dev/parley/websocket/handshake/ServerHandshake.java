// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.extension.WebSocketExtensionFactory.Agreement;
import dev.parley.websocket.extension.WebSocketExtensionHeader;
import dev.parley.websocket.extension.WebSocketExtensionsConfig.Installed;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of opening handshakes (RFC 6455 §4.2): judges a request and makes the answer.
 * Immutable, serves any number of requests; deals in headers and leaves the bytes to others.
 */
public final class ServerHandshake {
  private final List<String> subprotocols;
  private final List<Installed<?>> extensions;

  /** The answer to a request. */
  public sealed interface Answer {
    /** Returns the head to send; nothing but frames may follow a 101, nothing follows others. */
    ResponseHead response();

    /**
     * The server switches to WebSocket.
     *
     * @param response the 101
     * @param negotiated what holds once the response is sent; its extensions are the caller's to
     *     end, on every path
     */
    record Accepted(ResponseHead response, NegotiatedHandshake negotiated) implements Answer {}

    /**
     * The server refuses, and closes after the response.
     *
     * @param response the refusal, without a body
     * @param why what was wrong with the request
     */
    record Refused(ResponseHead response, String why) implements Answer {}
  }

  /**
   * Makes a server's handshake.
   *
   * @param subprotocols the subprotocols that the server speaks
   * @param extensions the extensions that the server agrees to
   * @throws IllegalArgumentException if a subprotocol is no token
   */
  public ServerHandshake(List<String> subprotocols, List<Installed<?>> extensions) {
    this.subprotocols = List.copyOf(subprotocols);
    this.extensions = List.copyOf(extensions);
    subprotocols.forEach(name -> HeaderGrammar.requireToken("subprotocol", name));
  }

  /** Answers a request. */
  public Answer answer(RequestHead request) {
    Headers headers = request.headers();
    if (!request.method().equals("GET")) {
      return refused(
          405,
          "Method Not Allowed",
          Headers.builder().add("Allow", "GET"),
          "method " + HeaderGrammar.show(request.method()) + ", expected GET");
    }
    if (headers.getAll("Host").size() != 1) {
      return badRequest("expected one Host header");
    }
    if (headers.contains("Transfer-Encoding")
        || headers.getAll("Content-Length").stream().anyMatch(length -> !length.equals("0"))) {
      return badRequest("expected no body");
    }
    if (!lists(headers, "Upgrade", "websocket") || !lists(headers, "Connection", "upgrade")) {
      return upgradeRequired("expected Upgrade: websocket and Connection: Upgrade");
    }
    // RFC 6455 §4.4: the answer names the version that would do.
    if (!headers.getAll("Sec-WebSocket-Version").equals(List.of("13"))) {
      return upgradeRequired("expected Sec-WebSocket-Version: 13");
    }
    HandshakeKey key;
    List<WebSocketExtensionHeader> offers;
    try {
      key = key(headers.getAll("Sec-WebSocket-Key"));
      offers = WebSocketExtensionHeader.parse(headers.getAll("Sec-WebSocket-Extensions"));
    } catch (IllegalArgumentException e) {
      return badRequest(String.valueOf(e.getMessage()));
    }
    return accepted(key, subprotocol(headers), offers);
  }

  private static boolean lists(Headers headers, String name, String element) {
    return HeaderGrammar.elements(headers.getAll(name)).stream()
        .anyMatch(element::equalsIgnoreCase);
  }

  private static HandshakeKey key(List<String> values) {
    if (values.size() != 1) {
      throw new IllegalArgumentException("expected one Sec-WebSocket-Key header");
    }
    return new HandshakeKey(values.get(0));
  }

  private @Nullable String subprotocol(Headers headers) {
    return HeaderGrammar.elements(headers.getAll("Sec-WebSocket-Protocol")).stream()
        .filter(subprotocols::contains)
        .findFirst()
        .orElse(null);
  }

  private Answer accepted(
      HandshakeKey key, @Nullable String subprotocol, List<WebSocketExtensionHeader> offers) {
    Headers.Builder headers =
        Headers.builder()
            .add("Upgrade", "websocket")
            .add("Connection", "Upgrade")
            .add("Sec-WebSocket-Accept", key.accept());
    if (subprotocol != null) {
      headers.add("Sec-WebSocket-Protocol", subprotocol);
    }
    List<WebSocketExtensionHeader> answers = new ArrayList<>();
    List<WebSocketExtension<?>> agreed = agree(offers, answers);
    if (!answers.isEmpty()) {
      headers.add("Sec-WebSocket-Extensions", WebSocketExtensionHeader.print(answers));
    }
    return new Answer.Accepted(
        new ResponseHead(101, "Switching Protocols", headers.build()),
        new NegotiatedHandshake(subprotocol, agreed));
  }

  private List<WebSocketExtension<?>> agree(
      List<WebSocketExtensionHeader> offers, List<WebSocketExtensionHeader> answers) {
    AgreedExtensions agreed = new AgreedExtensions();
    try {
      for (WebSocketExtensionHeader offer : offers) {
        for (Installed<?> installed : extensions) {
          if (installed.factory().name().equals(offer.name()) && !agreed.contains(offer.name())) {
            Agreement<?> agreement = agreement(installed, offer);
            if (agreement != null && agreed.add(offer.name(), agreement.extension())) {
              answers.add(agreement.answer());
            }
          }
        }
      }
    } catch (RuntimeException | Error e) {
      agreed.end();
      throw e;
    }
    return agreed.list();
  }

  private static <C> @Nullable Agreement<C> agreement(
      Installed<C> installed, WebSocketExtensionHeader offer) {
    return installed.factory().answer(installed.config(), offer);
  }

  private static Answer badRequest(String why) {
    return refused(400, "Bad Request", Headers.builder(), why);
  }

  private static Answer upgradeRequired(String why) {
    return refused(
        426,
        "Upgrade Required",
        Headers.builder().add("Upgrade", "websocket").add("Sec-WebSocket-Version", "13"),
        why);
  }

  private static Answer refused(int status, String reason, Headers.Builder headers, String why) {
    headers
        .add("Connection", headers.contains("Upgrade") ? "Upgrade, close" : "close")
        .add("Content-Length", "0");
    return new Answer.Refused(new ResponseHead(status, reason, headers.build()), why);
  }
}
