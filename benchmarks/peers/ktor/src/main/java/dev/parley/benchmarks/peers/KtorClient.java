// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import io.ktor.client.HttpClient;
import io.ktor.client.HttpClientKt;
import io.ktor.client.engine.cio.CIO;
import io.ktor.client.engine.cio.CIOEngineConfig;
import io.ktor.client.plugins.websocket.BuildersKt;
import io.ktor.client.plugins.websocket.DefaultClientWebSocketSession;
import io.ktor.client.plugins.websocket.WebSockets;
import io.ktor.network.tls.TLSConfigBuilder;
import io.ktor.websocket.ChannelOverflow;
import io.ktor.websocket.CloseReason;
import io.ktor.websocket.Frame;
import io.ktor.websocket.FrameCommonKt;
import io.ktor.websocket.WebSocketDeflateExtension;
import io.ktor.websocket.WebSocketSessionKt;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import kotlin.ResultKt;
import kotlin.Unit;
import kotlin.coroutines.Continuation;
import kotlin.coroutines.CoroutineContext;
import kotlin.coroutines.EmptyCoroutineContext;
import kotlin.coroutines.intrinsics.IntrinsicsKt;
import kotlin.coroutines.jvm.internal.ContinuationImpl;
import kotlinx.coroutines.CoroutineScope;
import kotlinx.coroutines.CoroutineStart;
import kotlinx.coroutines.channels.ChannelsKt;
import kotlinx.coroutines.channels.ReceiveChannel;
import org.jspecify.annotations.Nullable;

/**
 * Ktor on its CIO engine. A coroutine of the session receives, as {@code for (frame in incoming)}
 * would in Kotlin, and answers where it is. Other threads send to the outgoing channel, and wait
 * only when it is full: with 1,024 frames here, for each full channel of its 8 by default costs a
 * wake-up.
 */
public final class KtorClient implements Client {
  private @Nullable HttpClient client;

  private interface Suspending<T> {
    @Nullable Object call(Continuation<? super T> continuation);
  }

  private static <T> T blocking(Suspending<T> call) throws InterruptedException {
    return kotlinx.coroutines.BuildersKt.runBlocking(
        EmptyCoroutineContext.INSTANCE,
        (CoroutineScope scope, Continuation<? super T> continuation) -> call.call(continuation));
  }

  @Override
  public String version() {
    return "3.6.1"; // it does not know it
  }

  private static TrustManager trusting(Path certificate) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (InputStream in = Files.newInputStream(certificate)) {
      store.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    return trust.getTrustManagers()[0];
  }

  private synchronized HttpClient client(Settings settings) throws Exception {
    if (client == null) {
      TrustManager trust = settings.certificate() == null ? null : trusting(settings.certificate());
      client =
          HttpClientKt.HttpClient(
              CIO.INSTANCE,
              config -> {
                config.engine(
                    (CIOEngineConfig engine) -> {
                      int sessions = Math.max(1_000, 2 * settings.sessions());
                      engine.setMaxConnectionsCount(sessions);
                      engine.getEndpoint().setMaxConnectionsPerRoute(sessions);
                      if (trust != null) {
                        engine.https(
                            (TLSConfigBuilder tls) -> {
                              tls.setTrustManager(trust);
                              return Unit.INSTANCE;
                            });
                      }
                      return Unit.INSTANCE;
                    });
                config.install(WebSockets.Plugin, webSockets -> configure(webSockets, settings));
                return Unit.INSTANCE;
              });
    }
    return client;
  }

  private static Unit configure(WebSockets.Config webSockets, Settings settings) {
    if (settings.sessions() == 1) {
      webSockets.channels(
          channels -> {
            int capacity = Math.clamp((16 << 20) / settings.largest(), 8, 1024);
            channels.setOutgoing(channels.bounded(capacity, ChannelOverflow.SUSPEND));
            channels.setIncoming(channels.bounded(capacity, ChannelOverflow.SUSPEND));
            return Unit.INSTANCE;
          });
    }
    if (settings.compression() != Settings.Compression.NONE) {
      boolean fresh = settings.compression() == Settings.Compression.FRESH;
      webSockets.extensions(
          extensions -> {
            extensions.install(
                WebSocketDeflateExtension.Companion,
                (WebSocketDeflateExtension.Config deflate) -> {
                  deflate.setClientNoContextTakeOver(fresh);
                  deflate.setServerNoContextTakeOver(fresh);
                  deflate.compressIfBiggerThan(0);
                  return Unit.INSTANCE;
                });
            return Unit.INSTANCE;
          });
    }
    return Unit.INSTANCE;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws Exception {
    HttpClient open = client(settings);
    DefaultClientWebSocketSession session =
        blocking(
            continuation ->
                BuildersKt.webSocketSession(
                    open, uri.toString(), request -> Unit.INSTANCE, continuation));
    kotlinx.coroutines.BuildersKt.launch(
        session,
        EmptyCoroutineContext.INSTANCE,
        CoroutineStart.DEFAULT,
        (CoroutineScope scope, Continuation<? super Unit> completion) ->
            new Receiving(session.getIncoming(), receiver, completion).start());
    return new KtorSession(session, receiver);
  }

  @Override
  public void close() {
    if (client != null) {
      client.close();
    }
  }

  /** The loop that receives: what Kotlin's compiler makes of a suspending function. */
  @SuppressWarnings("serial") // nobody writes it
  private static final class Receiving extends ContinuationImpl {
    private final ReceiveChannel<Frame> incoming;
    private final Receiver receiver;

    @SuppressWarnings("unchecked") // a completion takes what its function returns
    Receiving(
        ReceiveChannel<Frame> incoming, Receiver receiver, Continuation<? super Unit> completion) {
      super((Continuation<Object>) (Continuation<?>) completion);
      this.incoming = incoming;
      this.receiver = receiver;
    }

    @Nullable Object start() {
      return loop(incoming.receive(this));
    }

    @Override
    protected @Nullable Object invokeSuspend(Object result) {
      try {
        ResultKt.throwOnFailure(result);
      } catch (Throwable e) { // Kotlin throws what it likes
        receiver.failed(e);
        return Unit.INSTANCE;
      }
      return loop(result);
    }

    @SuppressWarnings("ReferenceEquality") // Kotlin means the one object
    private @Nullable Object loop(@Nullable Object received) {
      Object next = received;
      try {
        while (next != IntrinsicsKt.getCOROUTINE_SUSPENDED()) {
          if (next instanceof Frame.Text text) {
            receiver.message(FrameCommonKt.readText(text).length());
          } else if (next instanceof Frame.Binary binary) {
            receiver.message(binary.getData().length);
          }
          next = incoming.receive(this);
        }
      } catch (Throwable e) { // likewise
        receiver.failed(e);
        return Unit.INSTANCE;
      }
      return next;
    }
  }

  private static final class KtorSession implements Session, Continuation<Unit> {
    private final DefaultClientWebSocketSession session;
    private final Receiver receiver;

    KtorSession(DefaultClientWebSocketSession session, Receiver receiver) {
      this.session = session;
      this.receiver = receiver;
    }

    private static Frame binary(byte[] binary) {
      return new Frame.Binary(true, binary);
    }

    private static Frame text(String text) {
      return new Frame.Text(true, text.getBytes(StandardCharsets.UTF_8));
    }

    private void send(Frame frame) {
      if (ChannelsKt.trySendBlocking(session.getOutgoing(), frame) != Unit.INSTANCE) {
        throw new IllegalStateException("the outgoing channel is closed");
      }
    }

    @Override
    public void send(byte[] binary) {
      send(binary(binary));
    }

    @Override
    public void send(String text) {
      send(text(text));
    }

    @Override
    public void sendNow(byte[] binary) throws InterruptedException {
      send(binary(binary));
      blocking((Continuation<? super Unit> done) -> session.flush(done));
    }

    @Override
    public void sendNow(String text) throws InterruptedException {
      send(text(text));
      blocking((Continuation<? super Unit> done) -> session.flush(done));
    }

    @Override
    public void answer(byte[] binary) {
      session.send(binary(binary), this);
    }

    @Override
    public void answer(String text) {
      session.send(text(text), this);
    }

    @Override
    public CoroutineContext getContext() {
      return EmptyCoroutineContext.INSTANCE;
    }

    /** Is told of an answer that had to wait for room. */
    @Override
    public void resumeWith(Object result) {
      try {
        ResultKt.throwOnFailure(result);
      } catch (Throwable e) { // Kotlin throws what it likes
        receiver.failed(e);
      }
    }

    @Override
    public void close() throws InterruptedException {
      blocking(
          (Continuation<? super Unit> done) ->
              WebSocketSessionKt.close(
                  session, new CloseReason(CloseReason.Codes.NORMAL, ""), done));
    }
  }
}
