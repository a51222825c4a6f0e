// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.ByteBuffer;
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

/**
 * Putting a masked frame into a buffer, with no payload the header alone, beside the copy of its
 * payload.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class FrameWriterBenchmark {
  private static final int KEY = 0x37fa213d;

  @Param({"0", "64", "1024", "65536"})
  int length;

  private final FrameWriter writer = new FrameWriter(true);
  private byte[] payload = {};
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  @Setup
  public void prepare() {
    payload = new byte[length];
    buffer = ByteBuffer.allocateDirect(length + 16);
  }

  @Benchmark
  public ByteBuffer write() {
    writer.begin(0x82, payload, KEY);
    writer.write(buffer.clear());
    return buffer;
  }

  @Benchmark
  public ByteBuffer idealCopy() {
    return buffer.clear().put(payload);
  }
}
