// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * Keeps a few zlib streams that no connection uses just now. To make one and to end it again takes
 * longer than to compress a short message; to reset one does not.
 *
 * <p>Any thread may call: it is the one place of the core that connections share. What is kept is
 * bounded: {@link #KEPT} inflaters of about 40 KiB of native memory, so many chunks of 16 KiB for
 * what they put out, and as many deflaters of about 260 KiB for each level in use.
 */
final class SharedStreams implements RawDeflate.Streams {
  /** Those of all connections. */
  static final SharedStreams ZLIB = new SharedStreams();

  /** For so many threads that are at it in the same moment. */
  static final int KEPT = 8;

  private final Map<Integer, Queue<Deflater>> deflaters = new ConcurrentHashMap<>();
  private final Queue<Inflater> inflaters = new ArrayBlockingQueue<>(KEPT);
  private final Queue<byte[]> chunks = new ArrayBlockingQueue<>(KEPT);

  @Override
  public Deflater deflater(int level) {
    Deflater kept = deflaters(level).poll();
    return kept == null ? RawDeflate.Streams.super.deflater(level) : kept;
  }

  @Override
  public Inflater inflater() {
    Inflater kept = inflaters.poll();
    return kept == null ? RawDeflate.Streams.super.inflater() : kept;
  }

  @Override
  public byte[] chunk() {
    byte[] kept = chunks.poll();
    return kept == null ? RawDeflate.Streams.super.chunk() : kept;
  }

  @Override
  public void giveBack(byte[] chunk) {
    boolean unused = chunks.offer(chunk);
  }

  @Override
  public void giveBack(Deflater deflater, int level) {
    deflater.reset();
    if (!deflaters(level).offer(deflater)) {
      deflater.end();
    }
  }

  @Override
  public void giveBack(Inflater inflater) {
    inflater.reset();
    if (!inflaters.offer(inflater)) {
      inflater.end();
    }
  }

  private Queue<Deflater> deflaters(int level) {
    return deflaters.computeIfAbsent(level, any -> new ArrayBlockingQueue<>(KEPT));
  }
}
