// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.TimeUnit;
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

/** Masking on the way out and on the way in, beside a copy of as many bytes. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class MaskingBenchmark {
  private static final int KEY = 0x37fa213d;

  @Param({"16", "64", "125", "1024", "65536"})
  int length;

  /** Where the payload begins in the buffer, and how much of it was masked before. */
  @Param({"0", "1", "3", "4", "7"})
  int offset;

  private byte[] array = {};
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  @Setup
  public void prepare() {
    array = new byte[length];
    new Random(1).nextBytes(array);
    buffer = ByteBuffer.allocateDirect(length + 16);
  }

  @Benchmark
  public ByteBuffer mask() {
    buffer.position(offset);
    Masking.copy(array, 0, buffer, length, KEY, offset);
    return buffer;
  }

  @Benchmark
  public byte[] unmask() {
    buffer.position(offset);
    Masking.copy(buffer, array, 0, length, KEY, offset);
    return array;
  }

  @Benchmark
  public ByteBuffer idealCopyOut() {
    return buffer.position(offset).put(array, 0, length);
  }

  @Benchmark
  public byte[] idealCopyIn() {
    buffer.position(offset).get(array, 0, length);
    return array;
  }
}
