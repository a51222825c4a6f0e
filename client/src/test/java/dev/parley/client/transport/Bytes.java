// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** Blocking reads and writes over a transport, as a connection does them. */
final class Bytes {
  static final Duration LONG = Duration.ofSeconds(60);

  private Bytes() {}

  static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  static void write(Transport transport, byte[] bytes) throws IOException, InterruptedException {
    Deadline deadline = Deadline.after(LONG);
    ByteBuffer source = ByteBuffer.allocateDirect(64 << 10);
    for (int i = 0; i < bytes.length; ) {
      int length = Math.min(source.capacity(), bytes.length - i);
      source.clear().put(bytes, i, length).flip();
      i += length;
      while (source.hasRemaining()) {
        if (transport.write(source) == 0) {
          requireInTime(transport.awaitWritable(deadline));
        }
      }
    }
    while (!transport.flush()) {
      requireInTime(transport.awaitWritable(deadline));
    }
  }

  static byte[] read(Transport transport, int size) throws IOException, InterruptedException {
    return read(transport, size, 64 << 10);
  }

  /** Reads through a buffer of a given size. */
  static byte[] read(Transport transport, int size, int buffer)
      throws IOException, InterruptedException {
    Deadline deadline = Deadline.after(LONG);
    byte[] bytes = new byte[size];
    ByteBuffer target = ByteBuffer.allocateDirect(buffer);
    for (int i = 0; i < size; ) {
      target.clear().limit(Math.min(buffer, size - i));
      int count = transport.read(target);
      if (count < 0) {
        throw new EOFException("end after " + i + " bytes");
      } else if (count == 0) {
        requireInTime(transport.awaitReadable(deadline));
      } else {
        target.flip().get(bytes, i, count);
        i += count;
      }
    }
    return bytes;
  }

  /** Waits for the end of the stream. */
  static void readEnd(Transport transport) throws IOException, InterruptedException {
    ByteBuffer target = ByteBuffer.allocate(1);
    int count;
    while ((count = transport.read(target)) == 0) {
      requireInTime(transport.awaitReadable(Deadline.after(LONG)));
    }
    assertThat(count).isEqualTo(-1);
  }

  /** Sends and receives at the same time over an echo. */
  static void echo(Transport transport, int size) throws Exception {
    byte[] sent = random(size);
    CompletableFuture<Void> writing = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                write(transport, sent);
                writing.complete(null);
              } catch (Throwable e) {
                writing.completeExceptionally(e);
              }
            });
    byte[] received = read(transport, size);
    writing.get();
    assertThat(received).isEqualTo(sent);
  }

  private static void requireInTime(boolean inTime) throws SocketTimeoutException {
    if (!inTime) {
      throw new SocketTimeoutException("nothing for " + LONG);
    }
  }
}
