// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import java.net.URI;

/**
 * A WebSocket client as the benchmarks see it, each in a JVM of its own. An adapter does what the
 * client's own documentation shows where speed matters: what is measured is the client in its best
 * idiomatic form. It has a public constructor without parameters, and {@code clients.properties}
 * names it.
 */
public interface Client {
  /** Returns the version of the client, for the page. */
  String version();

  /** Tells whether the client can do this at all: compression, say. */
  default boolean supports(Settings settings) {
    return true;
  }

  /**
   * Tells, of a client whose sessions are {@link PullSession}s, on which kind of thread each of a
   * hundred sessions likes to be.
   */
  default boolean prefersVirtualThreads() {
    return true;
  }

  /**
   * Tells, of a client whose sessions are no {@link PullSession}s, whether it calls back on a
   * virtual thread of the session, on which one may wait: then that is the virtual thread of a
   * round trip, and no other need be woken.
   */
  default boolean callsBackOnVirtualThreads() {
    return false;
  }

  /**
   * Opens a session, and returns when it is open. Called by several threads at once where the
   * opening rate is measured, and ten thousand times where idle sessions are. What can be shared by
   * sessions (threads, event loops, TLS contexts) is made once and shared.
   *
   * @param uri {@code ws} or {@code wss}, always with an address and a port
   * @param settings the same for every call within one JVM
   * @param receiver is told each message, from the client's own thread; a {@link PullSession} tells
   *     it nothing but failures
   */
  Session open(URI uri, Settings settings, Receiver receiver) throws Exception;

  /** Ends everything. */
  void close() throws Exception;
}
