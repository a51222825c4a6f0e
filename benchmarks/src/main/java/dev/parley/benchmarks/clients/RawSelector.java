// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * No client: what one thread with a selector makes of frames that were encoded before, for any
 * number of sessions, calling back.
 */
public final class RawSelector implements Client {
  private final ReentrantLock lock = new ReentrantLock();
  private final Queue<RawSession> arriving = new ConcurrentLinkedQueue<>();
  private final ByteBuffer in = ByteBuffer.allocateDirect(64 << 10); // the loop's
  private @Nullable Selector selector;
  private @Nullable RawFrames frames; // the loop's: a buffer is for one thread
  private @Nullable Thread thread;

  @Override
  public String version() {
    return System.getProperty("java.version");
  }

  @Override
  public boolean supports(Settings settings) {
    return settings.compression() == Settings.Compression.NONE
        && settings.senders() == 1
        && settings.tls() == null;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) throws IOException {
    SocketChannel channel = SocketChannel.open(new InetSocketAddress(uri.getHost(), uri.getPort()));
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.write(ByteBuffer.wrap(RawFrames.request(uri, false)));
    ByteBuffer response = ByteBuffer.allocate(512);
    do {
      if (channel.read(response) < 0) {
        throw new IOException("the server closed");
      }
    } while (!RawFrames.skipResponse(response.duplicate().flip()));
    channel.configureBlocking(false);
    lock.lock();
    try {
      if (frames == null || selector == null) {
        frames = new RawFrames(settings, true);
        Selector made = Selector.open();
        selector = made;
        thread = Thread.ofPlatform().daemon().name("raw-selector").start(() -> loop(made));
      }
      RawSession session =
          new RawSession(channel, thread, frames, new RawFrames(settings, true), receiver);
      arriving.add(session);
      selector.wakeup();
      return session;
    } finally {
      lock.unlock();
    }
  }

  private void loop(Selector selector) {
    try {
      for (; ; ) {
        selector.select(this::ready);
        RawSession session;
        while ((session = arriving.poll()) != null) {
          if (session.channel.isOpen()) {
            session.channel.register(selector, SelectionKey.OP_READ, session);
          }
        }
      }
    } catch (ClosedChannelException e) {
      loop(selector); // closed just now by its user
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private void ready(SelectionKey key) {
    RawSession session = (RawSession) key.attachment();
    try {
      session.read(in);
    } catch (IOException e) {
      key.cancel();
      session.receiver.failed(e);
    }
  }

  @Override
  public void close() {}

  private static final class RawSession implements Session {
    private final SocketChannel channel;
    private final @Nullable Thread loop;
    private final RawFrames frames;
    private final RawFrames others; // for whoever else sends
    private final Receiver receiver;
    private @Nullable ByteBuffer cut; // a head that is not whole
    private int left; // of the payload
    private int length;
    private int held;
    private @Nullable Selector writable;

    RawSession(
        SocketChannel channel,
        @Nullable Thread loop,
        RawFrames frames,
        RawFrames others,
        Receiver receiver) {
      this.channel = channel;
      this.loop = loop;
      this.frames = frames;
      this.others = others;
      this.receiver = receiver;
    }

    void read(ByteBuffer in) throws IOException {
      in.clear();
      if (cut != null) {
        in.put(cut);
        cut = null;
      }
      if (channel.read(in) < 0) {
        throw new IOException("the server closed");
      }
      in.flip();
      while (in.hasRemaining()) {
        if (left == 0) {
          int head = RawFrames.headLength(in);
          if (head == 0) {
            cut = ByteBuffer.allocate(16).put(in).flip();
            break;
          }
          length = RawFrames.payloadLength(in);
          left = length;
          in.position(in.position() + head);
        }
        int taken = Math.min(left, in.remaining());
        in.position(in.position() + taken);
        left -= taken;
        if (left == 0) {
          receiver.message(length);
        }
      }
      flush();
    }

    private void write(ByteBuffer bytes) throws IOException {
      channel.write(bytes);
      while (bytes.hasRemaining()) {
        if (writable == null) {
          writable = Selector.open();
          channel.register(writable, SelectionKey.OP_WRITE);
        }
        writable.select(key -> {});
        channel.write(bytes);
      }
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

    /** Answers what one read brought with one write. */
    @Override
    public void answer(byte[] binary) throws IOException {
      hold();
      if (Thread.currentThread() != loop) {
        flush();
      }
    }

    @Override
    public void flush() throws IOException {
      int count = held;
      held = 0;
      if (count > 0) {
        write((Thread.currentThread() == loop ? frames : others).first(count));
      }
    }

    @Override
    public void sendNow(String text) throws IOException {
      if (text.length() < 48) { // a question to the server
        flush();
        write(ByteBuffer.wrap(RawFrames.frame(text.getBytes(StandardCharsets.US_ASCII), true)));
      } else {
        hold();
        flush();
      }
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
