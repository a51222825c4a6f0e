// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A pipe of bytes in both directions. Moving bytes never waits; waiting is a call of its own.
 *
 * <p>There may be one reader ({@link #read}, {@link #bytesArrived}, {@link #awaitReadable}) and one
 * writer ({@link #write}, {@link #flush}, {@link #bytesDeparted}, {@link #awaitWritable}) at a
 * time, on the same or on different threads, virtual or platform; whoever hands one of the two
 * roles to another thread sees to the happens-before. {@link #onReadable} is called by one thread
 * at a time after a reader has left, and the next reader may be at work by then: the task may then
 * run for nothing, or not at all. {@link #close} and {@link #info} may be called by anybody at any
 * time.
 *
 * <p>An interrupt or a deadline ends a wait and never the transport: nothing that was read or
 * written is lost by it. After {@link #close}, reading and writing throw {@link
 * java.nio.channels.ClosedChannelException} and no wait lasts.
 */
public interface Transport extends AutoCloseable {
  /**
   * Reads what is there into the target's remaining space, without waiting.
   *
   * @return how many bytes; 0 when there are none now (or no space); -1 at the end of the stream
   * @throws IOException if the connection broke; {@link java.nio.channels.ClosedChannelException}
   *     after {@link #close}
   */
  int read(ByteBuffer target) throws IOException;

  /**
   * Takes bytes of the source, as many as there is room for, without waiting. Bytes that were taken
   * are in the operating system's hands once {@link #flush} says so.
   *
   * @return how many bytes were taken; 0 when there is no room now (or no bytes)
   * @throws IOException if the connection broke; {@link java.nio.channels.ClosedChannelException}
   *     after {@link #close}
   */
  int write(ByteBuffer source) throws IOException;

  /**
   * Hands bytes that were taken, but not yet passed on, to the operating system, without waiting.
   *
   * @return true when nothing is left behind; false to {@linkplain #awaitWritable wait} and try
   *     again
   * @throws IOException as {@link #write}
   */
  boolean flush() throws IOException;

  /**
   * Tells how many bytes have arrived so far, those included that {@link #read} cannot give yet, as
   * of a TLS record that is not whole. Whoever judges a silence compares two answers. To be called
   * by the reader.
   *
   * @return a number that grows whenever a byte arrives of which no read tells; by default always
   *     0, which is right where reads hold nothing back
   */
  default long bytesArrived() {
    return 0;
  }

  /**
   * Tells how many bytes have left so far, those included that {@link #write} took long before.
   * Whoever judges a stall compares two answers. To be called by the writer.
   *
   * @return a number that grows whenever a byte leaves of which no write tells; by default always
   *     0, which is right where writes take nothing ahead
   */
  default long bytesDeparted() {
    return 0;
  }

  /**
   * Waits until a read is worth trying; not at all where it is already, be it because of bytes that
   * the transport holds itself. Call it after a read that returned 0, or in place of one that is
   * not to be made in vain.
   *
   * @return true to try (there may be nothing after all); false when the deadline came first
   * @throws InterruptedException if the thread was interrupted before or while it waited
   */
  boolean awaitReadable(Deadline deadline) throws InterruptedException;

  /**
   * Waits until a write or flush is worth trying. Call it after a write that took less than all, or
   * a flush that left something behind.
   *
   * @return true to try again (there may be no room after all); false when the deadline came first
   * @throws InterruptedException if the thread was interrupted before or while it waited
   */
  boolean awaitWritable(Deadline deadline) throws InterruptedException;

  /**
   * Has a task run once, when a read is worth trying and nobody has been waiting in {@link
   * #awaitReadable} for a moment: a reader that is merely busy between two reads should not be
   * overtaken. Call it after a read that returned 0, or a wait that ended with false. The task
   * replaces one that did not run yet.
   *
   * @param task runs on a thread that serves others too, so it must be quick and must not block
   */
  void onReadable(Runnable task);

  /**
   * Closes both directions at once and wakes up whoever waits. What was not flushed may be lost.
   * Does not wait, throws nothing, and does nothing the second time.
   */
  @Override
  void close();

  /** Tells where this transport leads. */
  TransportInfo info();
}
