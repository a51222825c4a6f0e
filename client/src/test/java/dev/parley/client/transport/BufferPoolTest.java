// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class BufferPoolTest {
  private final BufferPool pool = new BufferPool();

  @Test
  void lendsDirectBuffersAndLendsThemAgainEmpty() {
    ByteBuffer first = pool.acquire();
    assertThat(first.isDirect()).isTrue();
    assertThat(first.remaining()).isEqualTo(BufferPool.BUFFER_SIZE);
    assertThat(pool.acquire()).isNotSameAs(first);
    first.put(new byte[10]).flip();
    pool.release(first);
    assertThat(pool.acquire()).isSameAs(first);
    assertThat(first.remaining()).isEqualTo(BufferPool.BUFFER_SIZE);
  }

  @Test
  void lendsEachKindForItself() {
    ByteBuffer onHeap = pool.acquireOnHeap();
    assertThat(onHeap.hasArray()).isTrue();
    assertThat(onHeap.remaining()).isEqualTo(BufferPool.BUFFER_SIZE);
    pool.release(onHeap.position(1));
    assertThat(pool.acquire().isDirect()).isTrue();
    assertThat(pool.acquireOnHeap()).isSameAs(onHeap);
    assertThat(onHeap.remaining()).isEqualTo(BufferPool.BUFFER_SIZE);
  }

  @Test
  void keepsOnlySoMany() {
    List<ByteBuffer> lent = Stream.generate(pool::acquire).limit(200).toList();
    lent.forEach(pool::release);
    Set<ByteBuffer> known = Collections.newSetFromMap(new IdentityHashMap<>());
    known.addAll(lent);
    long kept = Stream.generate(pool::acquire).limit(200).filter(known::contains).count();
    assertThat(kept).isEqualTo(128);
  }

  @Test
  void refusesForeignBuffers() {
    assertThatThrownBy(
            () -> pool.release(ByteBuffer.allocate(BufferPool.BUFFER_SIZE).asReadOnlyBuffer()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> pool.release(ByteBuffer.allocateDirect(10)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
