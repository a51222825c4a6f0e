// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.WebSocketException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Optional;
import java.util.Queue;

/** Receives what it was made of, then throws the same exception again and again. */
final class QueueChannel<E> implements ReceiveChannel<E> {
  private final Queue<E> elements;
  private final WebSocketException end;

  QueueChannel(Collection<E> elements, WebSocketException end) {
    this.elements = new ArrayDeque<>(elements);
    this.end = end;
  }

  @Override
  public E receive() {
    return tryReceive().orElseThrow();
  }

  @Override
  public Optional<E> receive(Duration timeout) {
    return tryReceive();
  }

  @Override
  public Optional<E> tryReceive() {
    if (elements.isEmpty()) {
      throw end;
    }
    return Optional.of(elements.remove());
  }
}
