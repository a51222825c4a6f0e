// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

/**
 * An open session. Sends are called by one thread at a time, but for the workload in which eight
 * threads send; the payload is never changed by the caller, so it need not be copied.
 */
public interface Session {
  /**
   * Sends a binary message the fastest way that the client offers for many of them, with the
   * client's idiomatic backpressure: it may hold the message back until {@link #flush}, and it
   * waits where the client's queue is as full as it should be. Never called from the client's own
   * threads.
   */
  void send(byte[] binary) throws Exception;

  /** Sends a text message likewise. */
  void send(String text) throws Exception;

  /**
   * Lets go what {@link #send} holds back. Need not wait until it is written. Called after the last
   * of many sends, and never from the client's own threads.
   */
  default void flush() throws Exception {}

  /**
   * Sends a binary message and returns when it was written to the operating system, or, where the
   * client cannot tell, when it is on its way. Never called from the client's own threads.
   */
  default void sendNow(byte[] binary) throws Exception {
    send(binary);
    flush();
  }

  /** Sends a text message likewise. */
  default void sendNow(String text) throws Exception {
    send(text);
    flush();
  }

  /**
   * Sends the next message of a round trip: called from within {@link Receiver#message}, so on the
   * client's own thread, or from a thread that waits for the answer then. The message leaves at
   * once (where many come together, the client may let their answers leave together), and the call
   * does not wait until it has.
   */
  default void answer(byte[] binary) throws Exception {
    sendNow(binary);
  }

  /** Sends the next text message of a round trip likewise. */
  default void answer(String text) throws Exception {
    sendNow(text);
  }

  /** Closes with the closing handshake; need not wait for its end. */
  void close() throws Exception;
}
