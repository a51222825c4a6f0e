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
 * Taking a frame from a server apart, with no payload the header alone, beside the copy that it
 * ends with.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class FrameReaderBenchmark {
  @Param({"0", "64", "1024", "65536"})
  int length;

  private final FrameReader reader = new FrameReader();
  private ByteBuffer buffer = ByteBuffer.allocate(0);
  private int header;

  @Setup
  public void prepare() {
    FrameWriter writer = new FrameWriter(false);
    buffer = ByteBuffer.allocateDirect(length + 16);
    writer.begin(0x82, new byte[length], 0);
    writer.write(buffer);
    buffer.flip();
    header = buffer.limit() - length;
  }

  @Benchmark
  public byte[] read() {
    buffer.rewind();
    reader.readFirstByte(buffer);
    reader.readSecondByte(buffer);
    if (reader.next() == FrameReader.Part.LENGTH) {
      reader.readLength(buffer);
    }
    reader.readPayload(buffer);
    return reader.takePayload();
  }

  @Benchmark
  public byte[] idealCopy() {
    byte[] copy = new byte[length];
    buffer.position(header).get(copy);
    return copy;
  }
}
