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
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A tunnel through an HTTP proxy (RFC 9110 §9.3.6). Credentials go with the first request, so
 * nothing is asked twice: a 407 is the proxy's last word.
 */
final class HttpConnectTunnel {
  private static final Pattern QUOTED = Pattern.compile("\"[^\"]*+\"");

  // RFC 9110 §11.6.1: in a list, a word begins a challenge where no equals sign follows.
  private static final Pattern CHALLENGE = Pattern.compile("([^\\s=]++)(?!\\s*=).*");

  private HttpConnectTunnel() {}

  static void open(TunnelExchange exchange) throws IOException, InterruptedException {
    exchange.send(HeadWriter.write(request(exchange.destination(), exchange.proxy())));
    ResponseHead head = receiveHead(exchange);
    // RFC 9110 §9.3.6: any 2xx opens the tunnel, and has no body whatever its headers say.
    if (head.status() / 100 != 2) {
      throw new ProxyException(
          head.status() == 407 ? Reason.CREDENTIALS : Reason.REFUSED,
          head,
          exchange.refusal((head.status() + " " + head.reason()).strip() + offered(head)));
    }
  }

  private static RequestHead request(Destination destination, ProxyOptions proxy) {
    String authority = destination.toString();
    Headers.Builder headers = Headers.builder().add("Host", authority);
    if (proxy.user() != null) {
      byte[] credentials = (proxy.user() + ":" + proxy.password()).getBytes(StandardCharsets.UTF_8);
      headers.add(
          "Proxy-Authorization", "Basic " + Base64.getEncoder().encodeToString(credentials));
    }
    return new RequestHead("CONNECT", authority, headers.build());
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
  private static String offered(ResponseHead head) {
    Set<String> schemes = new LinkedHashSet<>();
    for (String challenges : head.headers().getAll("Proxy-Authenticate")) {
      for (String part : QUOTED.matcher(challenges).replaceAll("").split(",", -1)) {
        Matcher challenge = CHALLENGE.matcher(part.strip());
        if (challenge.matches()) {
          schemes.add(challenge.group(1));
        }
      }
    }
    return schemes.isEmpty() ? "" : ", offered " + String.join(", ", schemes);
  }
}
