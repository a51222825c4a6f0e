// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance.peers;

import dev.parley.compliance.ClientUnderTest;
import dev.parley.compliance.Ending;
import dev.parley.compliance.Message;
import dev.parley.compliance.Outcome;
import dev.parley.compliance.Settings;
import dev.parley.compliance.Transcript;
import io.ktor.client.HttpClient;
import io.ktor.client.HttpClientKt;
import io.ktor.client.engine.cio.CIO;
import io.ktor.client.plugins.websocket.BuildersKt;
import io.ktor.client.plugins.websocket.DefaultClientWebSocketSession;
import io.ktor.client.plugins.websocket.WebSockets;
import io.ktor.client.request.UtilsKt;
import io.ktor.websocket.CloseReason;
import io.ktor.websocket.Frame;
import io.ktor.websocket.FrameCommonKt;
import io.ktor.websocket.WebSocketDeflateExtension;
import io.ktor.websocket.WebSocketSessionKt;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlinx.coroutines.CoroutineScope;
import kotlinx.coroutines.CoroutineScopeKt;
import kotlinx.coroutines.channels.ClosedReceiveChannelException;
import org.jspecify.annotations.Nullable;

/**
 * Ktor on its CIO engine, driven from Java: each suspending call is a blocking one here. Its
 * WebSockets are set up as the documents show them, with deflate where a case asks for it.
 */
public final class KtorClient implements ClientUnderTest {
  private final Map<Settings, HttpClient> clients = new ConcurrentHashMap<>();

  private interface Suspending<T> {
    @Nullable Object call(Continuation<? super T> continuation);
  }

  private static <T> T blocking(Suspending<T> call) throws InterruptedException {
    return kotlinx.coroutines.BuildersKt.runBlocking(
        EmptyCoroutineContext.INSTANCE,
        (CoroutineScope scope, Continuation<? super T> continuation) -> call.call(continuation));
  }

  @Override
  public String name() {
    return "ktor";
  }

  @Override
  public String title() {
    return "Ktor CIO 3.6.1";
  }

  @Override
  public boolean supports(Settings settings) {
    return ClientUnderTest.super.supports(settings) && settings.openTimeout() == null;
  }

  private static HttpClient client(Settings settings) {
    return HttpClientKt.HttpClient(
        CIO.INSTANCE,
        config -> {
          config.install(
              WebSockets.Plugin,
              (WebSockets.Config webSockets) -> {
                if (settings.maxMessageSize() > 0) {
                  webSockets.setMaxFrameSize(settings.maxMessageSize());
                }
                if (settings.compression() == Settings.Compression.OFFERED) {
                  webSockets.extensions(
                      extensions -> {
                        extensions.install(
                            WebSocketDeflateExtension.Companion,
                            (WebSocketDeflateExtension.Config deflate) -> {
                              deflate.compressIfBiggerThan(0);
                              return Unit.INSTANCE;
                            });
                        return Unit.INSTANCE;
                      });
                }
                return Unit.INSTANCE;
              });
          return Unit.INSTANCE;
        });
  }

  @Override
  public Outcome run(URI uri, Settings settings, Duration patience) throws InterruptedException {
    Transcript transcript = new Transcript();
    AtomicReference<@Nullable DefaultClientWebSocketSession> open = new AtomicReference<>();
    HttpClient client = clients.computeIfAbsent(settings, KtorClient::client);
    Thread echo = Thread.ofVirtual().start(() -> echo(client, uri, settings, transcript, open));
    Outcome outcome = transcript.await(patience);
    DefaultClientWebSocketSession session = open.get();
    if (outcome.ending() instanceof Ending.Silent) {
      if (session != null) {
        CoroutineScopeKt.cancel(session, "over", null);
      }
      echo.interrupt();
    }
    return outcome;
  }

  private static void echo(
      HttpClient client,
      URI uri,
      Settings settings,
      Transcript transcript,
      AtomicReference<@Nullable DefaultClientWebSocketSession> open) {
    try {
      DefaultClientWebSocketSession session =
          blocking(
              continuation ->
                  BuildersKt.webSocketSession(
                      client,
                      uri.toString(),
                      request -> {
                        if (!settings.subprotocols().isEmpty()) {
                          UtilsKt.header(
                              request,
                              "Sec-WebSocket-Protocol",
                              String.join(", ", settings.subprotocols()));
                        }
                        return Unit.INSTANCE;
                      },
                      continuation));
      open.set(session);
      transcript.opened();
      try {
        for (; ; ) {
          Frame frame = blocking(continuation -> session.getIncoming().receive(continuation));
          answer(session, frame, transcript);
        }
      } catch (ClosedReceiveChannelException e) {
        blocking((Continuation<? super Unit> done) -> close(session, done));
        CloseReason reason =
            KtorClient.<@Nullable CloseReason>blocking(
                continuation -> session.getCloseReason().await(continuation));
        if (reason == null) {
          transcript.failed(new IOException("the channel closed, and there is no close reason", e));
        } else {
          transcript.closed(reason.getCode(), reason.getMessage());
        }
      }
    } catch (Throwable e) { // Kotlin throws what it likes
      transcript.failed(e);
    }
  }

  /** What the block of {@code webSocket { … }} ends with. */
  private static @Nullable Object close(
      DefaultClientWebSocketSession session, Continuation<? super Unit> done) {
    return WebSocketSessionKt.close(session, new CloseReason(CloseReason.Codes.NORMAL, ""), done);
  }

  private static void answer(
      DefaultClientWebSocketSession session, Frame frame, Transcript transcript) {
    if (frame instanceof Frame.Text text) {
      transcript.delivered(Message.text(FrameCommonKt.readText(text)));
    } else if (frame instanceof Frame.Binary) {
      transcript.delivered(Message.binary(FrameCommonKt.readBytes(frame)));
    } else {
      return;
    }
    Frame echo =
        frame instanceof Frame.Text
            ? new Frame.Text(true, frame.getData())
            : new Frame.Binary(true, frame.getData());
    try {
      blocking((Continuation<? super Unit> continuation) -> session.send(echo, continuation));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (Exception e) {
      // The session is ending. What had arrived is received all the same, then the reason.
    }
  }

  @Override
  public void close() {
    clients.values().forEach(HttpClient::close);
  }
}
