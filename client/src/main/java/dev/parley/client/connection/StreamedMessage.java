// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

/**
 * A message that is being sent in fragments. From its first fragment to its last, no other message
 * is begun on the connection. For one thread at a time.
 */
public final class StreamedMessage {
  private final boolean compress;
  private boolean begun;
  private volatile Thread sender = Thread.currentThread();

  /**
   * Makes a message of which nothing has been sent.
   *
   * @param compress whether extensions may compress it
   */
  public StreamedMessage(boolean compress) {
    this.compress = compress;
  }

  boolean compress() {
    return compress;
  }

  /** Takes note that a fragment was begun, which from now on goes out whole. */
  void begun() {
    begun = true;
    sender = Thread.currentThread();
  }

  /** Tells whether a fragment was begun since this was asked last. */
  public boolean takeBegun() {
    boolean was = begun;
    begun = false;
    return was;
  }

  /** Throws where the thread would wait for itself. */
  void requireOtherThread() {
    if (sender == Thread.currentThread()) {
      throw new IllegalStateException(
          "this thread is in the middle of a streamed message: close it before sending another");
    }
  }
}
