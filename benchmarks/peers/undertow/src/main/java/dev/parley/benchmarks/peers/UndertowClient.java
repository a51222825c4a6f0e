// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import io.undertow.Version;
import io.undertow.connector.ByteBufferPool;
import io.undertow.protocols.ssl.UndertowXnioSsl;
import io.undertow.server.DefaultByteBufferPool;
import io.undertow.websockets.WebSocketExtension;
import io.undertow.websockets.client.WebSocketClient;
import io.undertow.websockets.client.WebSocketClientNegotiation;
import io.undertow.websockets.core.AbstractReceiveListener;
import io.undertow.websockets.core.BufferedBinaryMessage;
import io.undertow.websockets.core.BufferedTextMessage;
import io.undertow.websockets.core.CloseMessage;
import io.undertow.websockets.core.WebSocketCallback;
import io.undertow.websockets.core.WebSocketChannel;
import io.undertow.websockets.core.WebSockets;
import io.undertow.websockets.extensions.PerMessageDeflateHandshake;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.xnio.OptionMap;
import org.xnio.Options;
import org.xnio.Sequence;
import org.xnio.Xnio;
import org.xnio.XnioWorker;

/**
 * Undertow, through its own API rather than the Jakarta one on top of it, with direct buffers of 16
 * KiB as its servers have them. Sends call back, and so many may be on their way at once. It masks
 * an array where it lies, so one that is sent again has to be copied. It cannot open a session on
 * TLS 1.3, but waits for ever.
 */
public final class UndertowClient implements Client {
  private final XnioWorker worker;
  private final ByteBufferPool buffers = new DefaultByteBufferPool(true, 16 << 10, 1024, 16);
  private @Nullable UndertowXnioSsl tls;

  /** Starts its threads. */
  public UndertowClient() throws IOException {
    worker =
        Xnio.getInstance()
            .createWorker(
                OptionMap.builder()
                    .set(
                        Options.WORKER_IO_THREADS,
                        Math.max(2, Runtime.getRuntime().availableProcessors()))
                    .set(Options.TCP_NODELAY, true)
                    .getMap());
  }

  @Override
  public String version() {
    return Version.getVersionString().replace(".Final", "");
  }

  private synchronized @Nullable UndertowXnioSsl tls(Settings settings) {
    if (tls == null && settings.tls() != null) {
      tls = new UndertowXnioSsl(Xnio.getInstance(), OptionMap.EMPTY, settings.tls());
    }
    return tls;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws IOException {
    WebSocketClient.ConnectionBuilder builder =
        WebSocketClient.connectionBuilder(worker, buffers, uri)
            .setOptionMap(
                OptionMap.create(
                    Options.TCP_NODELAY,
                    true,
                    Options.SSL_ENABLED_PROTOCOLS,
                    Sequence.of("TLSv1.2")));
    if (settings.tls() != null) {
      builder.setSsl(tls(settings));
    }
    if (settings.compression() != Settings.Compression.NONE) {
      boolean fresh = settings.compression() == Settings.Compression.FRESH;
      List<WebSocketExtension> offered =
          WebSocketExtension.parse(
              fresh
                  ? "permessage-deflate; client_no_context_takeover; server_no_context_takeover"
                  : "permessage-deflate");
      builder
          .setClientNegotiation(new WebSocketClientNegotiation(List.of(), offered))
          .setClientExtensions(Set.of(new PerMessageDeflateHandshake(true, !fresh, !fresh)));
    }
    WebSocketChannel channel = builder.connect().get();
    channel.getReceiveSetter().set(new Listener(receiver, settings.largest()));
    channel.resumeReceives();
    return new UndertowSession(channel, receiver, settings.largest());
  }

  @Override
  public void close() {
    worker.shutdownNow();
  }

  private static final class UndertowSession implements Session, WebSocketCallback<Void> {
    private static final int MOST_ON_THEIR_WAY_BYTES = 4 << 20;

    private final WebSocketChannel channel;
    private final Receiver receiver;
    private final Semaphore window;
    private final Answered answered;

    UndertowSession(WebSocketChannel channel, Receiver receiver, int largest) {
      this.channel = channel;
      this.receiver = receiver;
      this.window = new Semaphore(Math.clamp(MOST_ON_THEIR_WAY_BYTES / largest, 4, 1024));
      this.answered = new Answered(receiver);
    }

    @Override
    public void complete(WebSocketChannel channel, Void context) {
      window.release();
    }

    @Override
    public void onError(WebSocketChannel channel, Void context, Throwable failure) {
      window.release();
      receiver.failed(failure);
    }

    @Override
    public void send(byte[] binary) throws InterruptedException {
      window.acquire();
      WebSockets.sendBinary(ByteBuffer.wrap(binary.clone()), channel, this);
    }

    @Override
    public void send(String text) throws InterruptedException {
      window.acquire();
      WebSockets.sendText(text, channel, this);
    }

    @Override
    public void sendNow(byte[] binary) throws IOException {
      WebSockets.sendBinaryBlocking(ByteBuffer.wrap(binary.clone()), channel);
    }

    @Override
    public void sendNow(String text) throws IOException {
      WebSockets.sendTextBlocking(text, channel);
    }

    @Override
    public void answer(byte[] binary) {
      WebSockets.sendBinary(ByteBuffer.wrap(binary.clone()), channel, answered);
    }

    @Override
    public void answer(String text) {
      WebSockets.sendText(text, channel, answered);
    }

    @Override
    public void close() {
      WebSockets.sendClose(CloseMessage.NORMAL_CLOSURE, "", channel, answered);
    }
  }

  private record Answered(Receiver receiver) implements WebSocketCallback<Void> {
    @Override
    public void complete(WebSocketChannel channel, Void context) {
      // nobody waits
    }

    @Override
    public void onError(WebSocketChannel channel, Void context, Throwable failure) {
      receiver.failed(failure);
    }
  }

  private static final class Listener extends AbstractReceiveListener {
    private final Receiver receiver;
    private final int largest;

    Listener(Receiver receiver, int largest) {
      this.receiver = receiver;
      this.largest = Math.max(largest, 64 << 10);
    }

    @Override
    protected void onFullTextMessage(WebSocketChannel channel, BufferedTextMessage message) {
      receiver.message(message.getData().length());
    }

    @Override
    protected void onFullBinaryMessage(WebSocketChannel channel, BufferedBinaryMessage message)
        throws IOException {
      try (var data = message.getData()) {
        int length = 0;
        for (ByteBuffer part : data.getResource()) {
          length += part.remaining();
        }
        receiver.message(length);
      }
    }

    @Override
    protected long getMaxTextBufferSize() {
      return largest;
    }

    @Override
    protected long getMaxBinaryBufferSize() {
      return largest;
    }

    @Override
    protected void onError(WebSocketChannel channel, Throwable failure) {
      receiver.failed(failure);
      super.onError(channel, failure);
    }

    @Override
    protected void onCloseMessage(CloseMessage message, WebSocketChannel channel) {
      receiver.failed(new IOException("closed with " + message.getCode()));
    }
  }
}
