// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
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
 * A message on its whole way through the sending half of a client, beside the copy of its payload.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class OutboundBenchmark {
  @Param({"64", "1024", "65536"})
  int length;

  /** Binary, or text from a string. */
  @Param({"false", "true"})
  boolean text;

  private final Outbound outbound = new Outbound(Role.CLIENT, List.of(), () -> 0x37fa213d);
  private byte[] payload = {};
  private String string = "";
  private ByteBuffer buffer = ByteBuffer.allocate(0);

  @Setup
  public void prepare() {
    payload = new byte[length];
    Arrays.fill(payload, (byte) 'x');
    string = new String(payload, StandardCharsets.US_ASCII);
    buffer = ByteBuffer.allocateDirect(length + 16);
  }

  @Benchmark
  public boolean write() {
    outbound.begin(text ? new Frame.Text(string) : new Frame.Binary(payload));
    return outbound.write(buffer.clear());
  }

  @Benchmark
  public ByteBuffer idealCopy() {
    return buffer.clear().put(text ? string.getBytes(StandardCharsets.UTF_8) : payload);
  }
}
