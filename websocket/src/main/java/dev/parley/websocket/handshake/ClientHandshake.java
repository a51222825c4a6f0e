// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static dev.parley.websocket.handshake.HandshakeFailure.BAD_ACCEPT;
import static dev.parley.websocket.handshake.HandshakeFailure.BAD_CONNECTION;
import static dev.parley.websocket.handshake.HandshakeFailure.BAD_EXTENSION;
import static dev.parley.websocket.handshake.HandshakeFailure.BAD_SUBPROTOCOL;
import static dev.parley.websocket.handshake.HandshakeFailure.BAD_UPGRADE;
import static dev.parley.websocket.handshake.HandshakeFailure.BODY_ON_101;
import static dev.parley.websocket.handshake.HandshakeFailure.STATUS_NOT_101;

import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.extension.WebSocketExtensionHeader;
import dev.parley.websocket.extension.WebSocketExtensionsConfig.Installed;
import java.util.HashSet;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of one opening handshake (RFC 6455 §4.1): which headers to send, and whether
 * the answer agrees. Immutable; deals in headers and leaves the bytes to others.
 */
public final class ClientHandshake {
  private final HandshakeKey key;
  private final List<String> subprotocols;
  private final List<Offer<?>> offers;

  /** What one factory offers. */
  private record Offer<C>(Installed<C> installed, List<WebSocketExtensionHeader> elements) {
    static <C> Offer<C> of(Installed<C> installed) {
      return new Offer<>(installed, installed.factory().offer(installed.config()));
    }

    boolean isAnsweredBy(WebSocketExtensionHeader answer) {
      return elements.stream().anyMatch(element -> element.name().equals(answer.name()));
    }

    WebSocketExtension<C> accept(WebSocketExtensionHeader answer) {
      return installed.factory().accept(installed.config(), answer);
    }
  }

  /**
   * Makes a handshake.
   *
   * @param nonce 16 random bytes, new for each connection
   * @param subprotocols the subprotocols to offer, in order of preference
   * @param extensions the extensions to offer, in order of preference
   * @throws IllegalArgumentException if the nonce does not have 16 bytes, or a subprotocol is no
   *     token or stands there twice
   */
  public ClientHandshake(byte[] nonce, List<String> subprotocols, List<Installed<?>> extensions) {
    this.key = HandshakeKey.of(nonce);
    this.subprotocols = List.copyOf(subprotocols);
    subprotocols.forEach(name -> HeaderGrammar.requireToken("subprotocol", name));
    if (subprotocols.size() > 1 && new HashSet<>(subprotocols).size() < subprotocols.size()) {
      throw new IllegalArgumentException("a subprotocol is offered twice");
    }
    this.offers = extensions.stream().<Offer<?>>map(Offer::of).toList();
  }

  /** Returns the headers of the request that belong to the handshake; {@code Host} does not. */
  public Headers headers() {
    Headers.Builder headers =
        Headers.builder()
            .add("Upgrade", "websocket")
            .add("Connection", "Upgrade")
            .add("Sec-WebSocket-Key", key.value())
            .add("Sec-WebSocket-Version", "13");
    if (!subprotocols.isEmpty()) {
      headers.add("Sec-WebSocket-Protocol", String.join(", ", subprotocols));
    }
    List<WebSocketExtensionHeader> elements =
        offers.stream().flatMap(offer -> offer.elements().stream()).toList();
    if (!elements.isEmpty()) {
      headers.add("Sec-WebSocket-Extensions", WebSocketExtensionHeader.print(elements));
    }
    return headers.build();
  }

  /**
   * Takes the server's answer.
   *
   * @return what holds from now on; its extensions are the caller's to end
   * @throws HandshakeException if the answer is a refusal, or does not agree with what was sent
   */
  public NegotiatedHandshake accept(ResponseHead response) {
    try {
      return judge(response);
    } catch (HandshakeException e) {
      throw e.about(response);
    }
  }

  private NegotiatedHandshake judge(ResponseHead response) {
    Headers headers = response.headers();
    require(
        response.status() == 101,
        STATUS_NOT_101,
        () -> "status " + response.status() + ", expected 101");
    requireNoBody(headers);
    requireUpgrade(headers);
    requireAccept(headers);
    String subprotocol = subprotocol(headers.getAll("Sec-WebSocket-Protocol"));
    return new NegotiatedHandshake(
        subprotocol, extensions(headers.getAll("Sec-WebSocket-Extensions")));
  }

  private static void requireNoBody(Headers headers) {
    // Who believes in a body and who does not would disagree on where the frames begin. Deviation:
    // Content-Length: 0, which many servers send, leaves nothing to disagree on.
    require(
        !headers.contains("Transfer-Encoding"),
        BODY_ON_101,
        () -> "Transfer-Encoding on a 101 response");
    for (String length : headers.getAll("Content-Length")) {
      require(
          length.equals("0"),
          BODY_ON_101,
          () -> "Content-Length on a 101 response: " + HeaderGrammar.show(length));
    }
  }

  private static void requireUpgrade(Headers headers) {
    List<String> upgrade = headers.getAll("Upgrade");
    List<String> protocols = HeaderGrammar.elements(upgrade);
    require(
        !protocols.isEmpty() && protocols.stream().allMatch("websocket"::equalsIgnoreCase),
        BAD_UPGRADE,
        () -> "Upgrade: " + show(upgrade) + ", expected websocket");
    List<String> connection = headers.getAll("Connection");
    require(
        HeaderGrammar.elements(connection).stream().anyMatch("upgrade"::equalsIgnoreCase),
        BAD_CONNECTION,
        () -> "Connection: " + show(connection) + ", expected Upgrade");
  }

  private void requireAccept(Headers headers) {
    List<String> accept = headers.getAll("Sec-WebSocket-Accept");
    String expected = key.accept();
    require(
        accept.size() == 1 && accept.getFirst().equals(expected),
        BAD_ACCEPT,
        () -> "Sec-WebSocket-Accept: " + show(accept) + ", expected " + expected);
  }

  private @Nullable String subprotocol(List<String> chosen) {
    if (chosen.isEmpty()) {
      return null;
    }
    require(
        chosen.size() == 1 && subprotocols.contains(chosen.get(0)),
        BAD_SUBPROTOCOL,
        () -> "Sec-WebSocket-Protocol: " + show(chosen) + ", expected one that was offered");
    return chosen.get(0);
  }

  private List<WebSocketExtension<?>> extensions(List<String> answers) {
    List<WebSocketExtensionHeader> elements;
    try {
      elements = WebSocketExtensionHeader.parse(answers);
    } catch (IllegalArgumentException e) {
      throw new HandshakeException(BAD_EXTENSION, String.valueOf(e.getMessage()), e);
    }
    AgreedExtensions agreed = new AgreedExtensions();
    try {
      elements.forEach(answer -> agree(agreed, answer));
    } catch (RuntimeException | Error e) {
      agreed.end();
      throw e;
    }
    return agreed.list();
  }

  private void agree(AgreedExtensions agreed, WebSocketExtensionHeader answer) {
    String name = HeaderGrammar.show(answer.name());
    Offer<?> answered =
        offers.stream()
            .filter(offer -> offer.isAnsweredBy(answer))
            .findFirst()
            .orElseThrow(
                () ->
                    new HandshakeException(
                        BAD_EXTENSION, "extension " + name + " was not offered"));
    require(
        !agreed.contains(answer.name()),
        BAD_EXTENSION,
        () -> "extension " + name + " stands there twice");
    WebSocketExtension<?> extension;
    try {
      extension = answered.accept(answer);
    } catch (IllegalArgumentException e) {
      // The message may quote the peer, at whatever length.
      throw new HandshakeException(
          BAD_EXTENSION, String.format("extension %s: %.200s", name, e.getMessage()), e);
    }
    require(
        agreed.add(answer.name(), extension),
        BAD_EXTENSION,
        () -> "extension " + name + " has a reserved bit that another one has");
  }

  private static String show(List<String> fieldLines) {
    return fieldLines.isEmpty() ? "missing" : HeaderGrammar.show(String.join(", ", fieldLines));
  }

  private static void require(boolean met, HandshakeFailure failure, Supplier<String> detail) {
    if (!met) {
      throw new HandshakeException(failure, detail.get());
    }
  }
}
