// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Direct buffers of 64 KiB for whoever has bytes to move just now: an idle connection holds none.
 * Any thread may borrow and return. What is never returned is garbage, not a leak.
 */
public final class BufferPool {
  /** Capacity of each buffer: three full TLS records, or a good read. */
  public static final int BUFFER_SIZE = 64 << 10;

  // 8 MiB: enough for every thread that moves bytes at the same moment, little enough to keep.
  private static final int KEPT = 128;

  private final ReentrantLock lock = new ReentrantLock();
  private final ArrayDeque<ByteBuffer> free = new ArrayDeque<>();

  /** Makes an empty pool. */
  public BufferPool() {}

  /** Lends an empty buffer. */
  public ByteBuffer acquire() {
    lock.lock();
    try {
      ByteBuffer buffer = free.pollLast();
      if (buffer != null) {
        return buffer.clear();
      }
    } finally {
      lock.unlock();
    }
    return ByteBuffer.allocateDirect(BUFFER_SIZE);
  }

  /** Takes a buffer back, which the caller must not touch any more. */
  public void release(ByteBuffer buffer) {
    if (!buffer.isDirect() || buffer.capacity() != BUFFER_SIZE) {
      throw new IllegalArgumentException("not a buffer of the pool: " + buffer);
    }
    lock.lock();
    try {
      if (free.size() < KEPT) {
        free.addLast(buffer);
      }
    } finally {
      lock.unlock();
    }
  }
}
