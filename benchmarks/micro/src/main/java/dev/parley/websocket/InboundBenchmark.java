// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
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
 * A message on its whole way through the receiving half of a client, beside the copy of its
 * payload.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class InboundBenchmark {
  @Param({"64", "1024", "65536"})
  int length;

  @Param({"false", "true"})
  boolean text;

  private final Inbound inbound =
      new Inbound(Role.CLIENT, Limits.DEFAULT, Inbound.Delivery.MESSAGES, List.of());
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  @Setup
  public void prepare() {
    byte[] payload = new byte[length];
    Arrays.fill(payload, (byte) 'x');
    FrameWriter writer = new FrameWriter(false);
    buffer = ByteBuffer.allocateDirect(length + 16);
    writer.begin(text ? 0x81 : 0x82, payload, 0);
    writer.write(buffer);
    buffer.flip();
  }

  @Benchmark
  public @Nullable Event poll() {
    return inbound.poll(buffer.rewind());
  }

  @Benchmark
  public byte[] idealCopy() {
    byte[] copy = new byte[length];
    buffer.position(buffer.limit() - length).get(copy);
    return copy;
  }
}
