// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import dev.parley.websocket.Frame;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Compressing and decompressing messages of 4 KiB of JSON, more of them than a window holds, beside
 * the same calls of zlib alone.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class RawDeflateBenchmark {
  private static final int LENGTH = 4096;
  private static final int MESSAGES = 64;
  private static final int LEVEL = 6;

  @Param({"true", "false"})
  boolean takeover;

  private final byte[][] messages = new byte[MESSAGES][];

  /** The first of them refers to nothing before it, so they can come round again. */
  private final byte[][] compressed = new byte[MESSAGES][];

  /** With 00 00 ff ff, which the wire leaves out. */
  private final byte[][] flushed = new byte[MESSAGES][];

  private final byte[] output = new byte[2 * LENGTH];
  private final Deflater deflater = new Deflater(LEVEL, true);
  private final Inflater inflater = new Inflater(true);
  private RawDeflate.Compressor compressor = compressor();
  private RawDeflate.Decompressor decompressor = decompressor();
  private int next;

  private RawDeflate.Compressor compressor() {
    return new RawDeflate.Compressor(SharedStreams.ZLIB, LEVEL, 15, !takeover);
  }

  private RawDeflate.Decompressor decompressor() {
    return new RawDeflate.Decompressor(SharedStreams.ZLIB, !takeover);
  }

  @Setup
  public void prepare() {
    Random random = new Random(1);
    compressor = compressor();
    for (int i = 0; i < MESSAGES; i++) {
      messages[i] = json(random);
      compressed[i] = compressor.compress(messages[i], true);
      flushed[i] = Arrays.copyOf(compressed[i], compressed[i].length + 4);
      flushed[i][flushed[i].length - 2] = -1;
      flushed[i][flushed[i].length - 1] = -1;
    }
    compressor = compressor();
    decompressor = decompressor();
    next = 0;
  }

  private static byte[] json(Random random) {
    StringBuilder json = new StringBuilder("[");
    while (json.length() < LENGTH) {
      json.append("{\"id\":")
          .append(random.nextInt(1_000_000))
          .append(",\"name\":\"")
          .append(Long.toString(random.nextLong() >>> 1, 36))
          .append("\",\"price\":")
          .append(random.nextInt(10_000) / 100.0)
          .append(",\"inStock\":")
          .append(random.nextBoolean())
          .append("},");
    }
    return json.substring(0, LENGTH).getBytes(StandardCharsets.UTF_8);
  }

  private int next() {
    int now = next;
    next = (now + 1) % MESSAGES;
    return now;
  }

  @Benchmark
  public byte[] compress() {
    return compressor.compress(messages[next()], true);
  }

  @Benchmark
  public int idealDeflate() {
    if (!takeover) {
      deflater.reset();
    }
    deflater.setInput(messages[next()]);
    return deflater.deflate(output, 0, output.length, Deflater.SYNC_FLUSH);
  }

  @Benchmark
  public Frame decompress() {
    return decompressor.decompress(new Frame.Text(compressed[next()]), true, 1 << 20);
  }

  @Benchmark
  public int idealInflate() throws DataFormatException {
    if (!takeover) {
      inflater.reset();
    }
    inflater.setInput(flushed[next()]);
    return inflater.inflate(output);
  }
}
