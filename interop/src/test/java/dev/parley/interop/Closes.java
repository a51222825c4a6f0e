// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import dev.parley.websocket.CloseReason;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** How each conversation ended, as the server saw it. */
final class Closes {
  private final Map<String, CompletableFuture<CloseReason>> seen = new ConcurrentHashMap<>();

  void report(String id, CloseReason reason) {
    of(id).complete(reason);
  }

  /** Waits until the server has seen the end of a conversation. */
  CloseReason await(String id) {
    return of(id).orTimeout(10, TimeUnit.SECONDS).join();
  }

  private CompletableFuture<CloseReason> of(String id) {
    return seen.computeIfAbsent(id, unseen -> new CompletableFuture<>());
  }
}
