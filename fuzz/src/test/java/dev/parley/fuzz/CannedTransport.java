// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.Transport;
import dev.parley.client.transport.TransportInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A peer without a network that says what it says whatever it is told, in pieces, and then ends. It
 * keeps what it is told.
 */
final class CannedTransport implements Transport {
  private static final InetSocketAddress NOWHERE =
      InetSocketAddress.createUnresolved("memory.example", 1);

  private final ReentrantLock lock = new ReentrantLock();
  private final ByteArrayOutputStream told = new ByteArrayOutputStream();
  private final Function<String, byte[]> script;
  private final int piece;
  private final boolean breaks;
  private @Nullable ByteBuffer canned;
  private boolean waited;
  private boolean closed;

  /**
   * Makes a peer.
   *
   * @param script gives all that it says for the request that it got
   * @param piece how much of it arrives at a time
   * @param breaks whether the connection breaks at the end, instead of ending
   */
  CannedTransport(Function<String, byte[]> script, int piece, boolean breaks) {
    this.script = script;
    this.piece = piece;
    this.breaks = breaks;
  }

  /** Returns what this end was told. */
  byte[] told() {
    lock.lock();
    try {
      return told.toByteArray();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    lock.lock();
    try {
      requireOpen();
      ByteBuffer rest = canned;
      if (rest == null) {
        rest = ByteBuffer.wrap(script.apply(told.toString(StandardCharsets.ISO_8859_1)));
        canned = rest;
      }
      if (!waited || !target.hasRemaining()) {
        return 0;
      }
      waited = false;
      if (!rest.hasRemaining()) {
        waited = true;
        if (breaks) {
          throw new IOException("connection reset");
        }
        return -1;
      }
      int count = Math.min(piece, Math.min(rest.remaining(), target.remaining()));
      target.put(rest.slice(rest.position(), count));
      rest.position(rest.position() + count);
      return count;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    lock.lock();
    try {
      requireOpen();
      byte[] bytes = new byte[source.remaining()];
      source.get(bytes);
      told.writeBytes(bytes);
      return bytes.length;
    } finally {
      lock.unlock();
    }
  }

  private void requireOpen() throws ClosedChannelException {
    if (closed) {
      throw new ClosedChannelException();
    }
  }

  @Override
  public boolean flush() {
    return true;
  }

  /** Has the next piece arrive. */
  @Override
  public boolean awaitReadable(Deadline deadline) {
    lock.lock();
    try {
      waited = true;
      return true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean awaitWritable(Deadline deadline) {
    return true;
  }

  @Override
  public void onReadable(Runnable task) {
    boolean unused = awaitReadable(Deadline.NONE);
    task.run();
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public TransportInfo info() {
    return new TransportInfo(NOWHERE, NOWHERE, null);
  }
}
