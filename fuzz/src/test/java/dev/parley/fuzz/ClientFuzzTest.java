// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.parley.client.ClosedReceiveChannelException;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSocketUpgradeException;
import dev.parley.client.WebSockets;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Role;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketProtocolException;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.handshake.HandshakeKey;
import dev.parley.websocket.handshake.HeadWriter;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The whole client, against a server that says anything. Whatever it is, the client says what the
 * documents promise and nothing else: the messages that were complete, then one end, the same
 * whenever it is asked for; and what it writes is always right.
 */
final class ClientFuzzTest {
  private static final Limits LIMITS = Limits.DEFAULT.withMaxMessageSize(4000);
  private static final Pattern KEY = Pattern.compile("Sec-WebSocket-Key: (\\S+)");
  private static final String ACCEPT = "{accept}";

  private static final byte[] DEFLATES =
      HeadWriter.write(new ResponseHead(101, "", head("permessage-deflate")));
  private static final byte[] PLAIN = HeadWriter.write(new ResponseHead(101, "", head(null)));

  private static Headers head(@Nullable String extension) {
    Headers.Builder headers =
        Headers.builder()
            .add("Upgrade", "websocket")
            .add("Connection", "Upgrade")
            .add("Sec-WebSocket-Accept", ACCEPT);
    return extension == null
        ? headers.build()
        : headers.add("Sec-WebSocket-Extensions", extension).build();
  }

  /** The first byte says how the rest arrives, what was negotiated, and how it ends. */
  @FuzzTest
  void deliversWhatWasRightThenOneEnd(byte[] bytes) throws Exception {
    if (bytes.length == 0) {
      return;
    }
    int how = bytes[0];
    byte[] head = (how & 1) == 0 ? PLAIN : DEFLATES;
    byte[] frames = Arrays.copyOfRange(bytes, 1, bytes.length);
    CannedTransport transport = transport(how, ReferenceDecoder.join(head, frames));
    try (HttpClient client = client(transport)) {
      WebSocketSession session = client.webSocketSession("ws://memory.example/");
      converse(session, (how & 1) != 0, frames);
    }
    assertThatWhatWasWrittenIsRight(transport.told());
  }

  /** The first byte says how the rest arrives and ends; the rest is all that the server says. */
  @FuzzTest
  void opensOrTellsWhyNot(byte[] bytes) throws Exception {
    if (bytes.length == 0) {
      return;
    }
    byte[] all = Arrays.copyOfRange(bytes, 1, bytes.length);
    CannedTransport transport = transport(bytes[0], all);
    try (HttpClient client = client(transport)) {
      WebSocketSession session = client.webSocketSession("ws://memory.example/");
      assertThat(new String(all, StandardCharsets.ISO_8859_1)).contains(ACCEPT);
      session.terminate();
      assertThat(session.closeReason().get(10, TimeUnit.SECONDS)).isNull();
    } catch (WebSocketUpgradeException e) {
      assertThat(e.response().status().value()).isNotEqualTo(101);
      assertThat(e.response().bodyAsText()).hasSizeLessThanOrEqualTo(64 << 10);
    } catch (WebSocketProtocolException e) {
      assertThat(e).hasMessageMatching("(?s).{1,700}");
    } catch (WebSocketException e) {
      assertThat(e).hasCauseInstanceOf(IOException.class);
    }
  }

  private static void converse(WebSocketSession session, boolean deflates, byte[] frames)
      throws Exception {
    List<Heard.What> expected = Heard.said(Heard.all(inbound(deflates), frames, List.of(), false));
    List<Frame> received = new ArrayList<>();
    RuntimeException end = null;
    while (end == null) {
      try {
        received.add(session.incoming().receive());
      } catch (WebSocketException e) {
        end = e;
      }
    }
    assertThat(received).isEqualTo(forTheApplication(expected));
    switch (expected.getLast()) {
      case Heard.What.Failed(var violation) ->
          assertThat(end)
              .isInstanceOfSatisfying(
                  WebSocketProtocolException.class,
                  failure -> assertThat(failure.violation()).isEqualTo(violation));
      case Heard.What.Ended(boolean clean) when clean ->
          assertThat(end).isInstanceOf(ClosedReceiveChannelException.class);
      default ->
          assertThat(end)
              .isExactlyInstanceOf(WebSocketException.class)
              .hasCauseInstanceOf(IOException.class);
    }
    session.closeReason().get(10, TimeUnit.SECONDS);
    assertThat(failureOf(() -> session.incoming().receive())).hasSameClassAs(end);
    assertThat(failureOf(() -> session.send("late"))).isInstanceOf(WebSocketClosedException.class);
  }

  private static List<Frame> forTheApplication(List<Heard.What> expected) {
    List<Frame> frames = new ArrayList<>();
    for (Heard.What what : expected) {
      if (what instanceof Heard.What.Received(Frame frame)
          && !(frame instanceof Frame.Ping || frame instanceof Frame.Pong)) {
        frames.add(frame);
      }
    }
    return frames;
  }

  private static @Nullable RuntimeException failureOf(Runnable action) {
    try {
      action.run();
      return null;
    } catch (RuntimeException e) {
      return e;
    }
  }

  /** A server that knows its trade must find nothing wrong with a word of it. */
  private static void assertThatWhatWasWrittenIsRight(byte[] told) {
    String text = new String(told, StandardCharsets.ISO_8859_1);
    byte[] frames = Arrays.copyOfRange(told, text.indexOf("\r\n\r\n") + 4, told.length);
    Inbound server = new Inbound(Role.SERVER, LIMITS, Delivery.MESSAGES, List.of());
    assertThat(Heard.said(Heard.all(server, frames, List.of(), false)))
        .noneMatch(Heard.What.Failed.class::isInstance);
  }

  private static Inbound inbound(boolean deflates) {
    return new Inbound(
        Role.CLIENT,
        LIMITS,
        Delivery.MESSAGES,
        deflates ? List.of(InflateFuzzTest.extension(false)) : List.of());
  }

  private static CannedTransport transport(int how, byte[] says) {
    return new CannedTransport(
        request -> answered(request, says), 1 + ((how & 0xf0) << 1), (how & 2) != 0);
  }

  /** Puts the right proof in the place that is marked, so that bytes made by chance can open. */
  private static byte[] answered(String request, byte[] says) {
    Matcher key = KEY.matcher(request);
    if (!key.find()) {
      throw new AssertionError("a request without a key");
    }
    return new String(says, StandardCharsets.ISO_8859_1)
        .replace(ACCEPT, new HandshakeKey(key.group(1)).accept())
        .getBytes(StandardCharsets.ISO_8859_1);
  }

  private static HttpClient client(CannedTransport transport) {
    return HttpClient.create(
        config ->
            config
                .connector(sockets -> (destination, deadline) -> transport)
                .install(
                    WebSockets.PLUGIN,
                    ws ->
                        ws.timeout(2000)
                            .maxMessageSize(LIMITS.maxMessageSize())
                            .extensions(
                                all -> all.install(WebSocketExtensions.perMessageDeflate()))));
  }
}
