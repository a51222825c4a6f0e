// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static dev.parley.fuzz.Races.giveWay;

import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.Transport;
import dev.parley.client.transport.TransportInfo;
import dev.parley.websocket.handshake.HandshakeKey;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A server in memory, for clients that open and close but send nothing: it grants the upgrade, has
 * an answer to our Close, and ends the stream behind it.
 */
final class AnsweringWire implements Transport {
  private static final InetSocketAddress NOWHERE = InetSocketAddress.createUnresolved("nowhere", 1);
  private static final Pattern KEY = Pattern.compile("Sec-WebSocket-Key: (\\S+)");
  private static final byte[] CLOSE = {(byte) 0x88, 2, 3, -24};

  private final CountDownLatch asked = new CountDownLatch(1);
  private final CountDownLatch closing = new CountDownLatch(1);
  private final AtomicReference<@Nullable Runnable> onReadable = new AtomicReference<>();
  private volatile byte[] granting = {};

  /** How much of what it says was read: what grants the upgrade, and the Close. */
  private volatile int said;

  private volatile boolean closed;

  boolean isClosed() {
    return closed;
  }

  /** Returns what must have come before there is more to read. */
  private CountDownLatch condition() {
    return said == 0 ? asked : closing;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    giveWay();
    requireOpen();
    if (condition().getCount() > 0) {
      return 0;
    }
    int before = said;
    if (before == 2) {
      return -1;
    }
    said = before + 1;
    byte[] bytes = before == 0 ? granting : CLOSE;
    target.put(bytes);
    giveWay();
    return bytes.length;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    giveWay();
    requireOpen();
    byte[] bytes = new byte[source.remaining()];
    source.get(bytes);
    if (asked.getCount() > 0) {
      granting = granted(new String(bytes, StandardCharsets.US_ASCII));
      asked.countDown();
    } else {
      closing.countDown();
    }
    runOnReadable();
    giveWay();
    return bytes.length;
  }

  private static byte[] granted(String request) {
    Matcher key = KEY.matcher(request);
    if (!key.find()) {
      throw new AssertionError("a request without a key");
    }
    return ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + new HandshakeKey(key.group(1)).accept()
            + "\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private void requireOpen() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  @Override
  public boolean flush() {
    giveWay();
    return true;
  }

  @Override
  public boolean awaitReadable(Deadline deadline) throws InterruptedException {
    return condition().await(Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
  }

  @Override
  public boolean awaitWritable(Deadline deadline) {
    throw new UnsupportedOperationException("there is room");
  }

  @Override
  public void onReadable(Runnable task) {
    onReadable.set(task);
    runOnReadable();
  }

  private void runOnReadable() {
    Runnable task = condition().getCount() == 0 ? onReadable.getAndSet(null) : null;
    if (task != null) {
      task.run();
    }
  }

  @Override
  public void close() {
    giveWay();
    closed = true;
    asked.countDown();
    closing.countDown();
    runOnReadable();
    giveWay();
  }

  @Override
  public TransportInfo info() {
    return new TransportInfo(NOWHERE, NOWHERE, null);
  }
}
