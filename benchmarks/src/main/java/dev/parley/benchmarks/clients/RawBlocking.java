// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.PullSession;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLSocket;

/**
 * No client: what a blocking socket takes and gives. It writes frames that were encoded before, and
 * of those it reads it looks at the heads alone. Plain it is a channel with buffers outside of the
 * heap, over TLS the JDK's socket.
 */
public class RawBlocking implements Client {
  private final boolean noDelay;

  /** Makes one as it should be, which leaves no segment waiting for the answer to another. */
  public RawBlocking() {
    this(true);
  }

  /** Makes one with the socket option TCP_NODELAY, or without. */
  RawBlocking(boolean noDelay) {
    this.noDelay = noDelay;
  }

  @Override
  public String version() {
    return System.getProperty("java.version");
  }

  @Override
  public boolean supports(Settings settings) {
    return settings.compression() == Settings.Compression.NONE && settings.senders() == 1;
  }

  @Override
  public boolean prefersVirtualThreads() {
    return false;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws IOException {
    Wire wire =
        settings.tls() == null
            ? new Plain(uri, noDelay)
            : new Secure(
                (SSLSocket)
                    settings.tls().getSocketFactory().createSocket(uri.getHost(), uri.getPort()));
    int room = settings.sessions() > 1 ? 256 : 64 << 10;
    RawSession session =
        new RawSession(wire, new RawFrames(settings, wire.direct()), wire.buffer(room));
    session.open(uri);
    return session;
  }

  @Override
  public void close() {}

  /** Bytes out and in. */
  private interface Wire {
    boolean direct();

    void write(ByteBuffer bytes) throws IOException;

    int read(ByteBuffer room) throws IOException;

    void close() throws IOException;

    default ByteBuffer buffer(int capacity) {
      return direct() ? ByteBuffer.allocateDirect(capacity) : ByteBuffer.allocate(capacity);
    }
  }

  private static final class Plain implements Wire {
    private final SocketChannel channel;

    Plain(URI uri, boolean noDelay) throws IOException {
      channel = SocketChannel.open(new InetSocketAddress(uri.getHost(), uri.getPort()));
      channel.setOption(StandardSocketOptions.TCP_NODELAY, noDelay);
    }

    @Override
    public boolean direct() {
      return true;
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    @Override
    public int read(ByteBuffer room) throws IOException {
      return channel.read(room);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }

  private static final class Secure implements Wire {
    private final SSLSocket socket;
    private final InputStream in;
    private final OutputStream out;

    Secure(SSLSocket socket) throws IOException {
      this.socket = socket;
      socket.setTcpNoDelay(true);
      this.in = socket.getInputStream();
      this.out = socket.getOutputStream();
    }

    @Override
    public boolean direct() {
      return false;
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      out.write(bytes.array(), bytes.arrayOffset() + bytes.position(), bytes.remaining());
    }

    @Override
    public int read(ByteBuffer room) throws IOException {
      int n = in.read(room.array(), room.arrayOffset() + room.position(), room.remaining());
      if (n > 0) {
        room.position(room.position() + n);
      }
      return n;
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static final class RawSession implements PullSession {
    private final Wire wire;
    private final RawFrames frames;
    private final ByteBuffer in; // between receives ready to be taken from
    private int held; // messages that were sent and are not written

    RawSession(Wire wire, RawFrames frames, ByteBuffer in) {
      this.wire = wire;
      this.frames = frames;
      this.in = in.limit(0);
    }

    void open(URI uri) throws IOException {
      wire.write(copied(RawFrames.request(uri)));
      do {
        fill();
      } while (!RawFrames.skipResponse(in));
    }

    /** Reads once, behind what is there. */
    private void fill() throws IOException {
      in.compact();
      int n = wire.read(in);
      in.flip();
      if (n < 0) {
        throw new IOException("the server closed");
      }
    }

    private ByteBuffer copied(byte[] bytes) {
      return wire.buffer(bytes.length).put(bytes).flip();
    }

    private void hold() throws IOException {
      if (++held == frames.perBlock()) {
        flush();
      }
    }

    @Override
    public void send(byte[] binary) throws IOException {
      hold();
    }

    @Override
    public void send(String text) throws IOException {
      hold();
    }

    @Override
    public void flush() throws IOException {
      int count = held;
      held = 0;
      if (count > 0) {
        wire.write(frames.first(count));
      }
    }

    @Override
    public void sendNow(String text) throws IOException {
      if (text.length() < 48) { // a question to the server
        flush();
        wire.write(copied(RawFrames.frame(text.getBytes(StandardCharsets.US_ASCII), true)));
      } else {
        hold();
        flush();
      }
    }

    @Override
    public int receive() throws IOException {
      int head;
      while ((head = RawFrames.headLength(in)) == 0) {
        fill();
      }
      int length = RawFrames.payloadLength(in);
      in.position(in.position() + head);
      int left = length;
      while (left > in.remaining()) {
        left -= in.remaining();
        in.position(in.limit());
        fill();
      }
      in.position(in.position() + left);
      return length;
    }

    @Override
    public boolean isReady() {
      int head = RawFrames.headLength(in);
      return head > 0 && head + RawFrames.payloadLength(in) <= in.remaining();
    }

    @Override
    public void close() throws IOException {
      wire.close();
    }
  }
}
