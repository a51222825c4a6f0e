// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
  /** What a message is made of. */
  public enum Kind {
    BINARY("x", 0x82),
    ASCII("x", 0x81),
    CJK("\u5929", 0x81);

    private final String sample;
    private final int firstByte;

    Kind(String sample, int firstByte) {
      this.sample = sample;
      this.firstByte = firstByte;
    }
  }

  /** About how many bytes. */
  @Param({"64", "1024", "65536"})
  int length;

  @Param Kind kind = Kind.BINARY;

  private final Inbound inbound =
      new Inbound(Role.CLIENT, Limits.DEFAULT, Inbound.Delivery.MESSAGES, List.of());
  private ByteBuffer buffer = ByteBuffer.allocate(0);
  private int header;

  @Setup
  public void prepare() {
    byte[] sample = kind.sample.getBytes(StandardCharsets.UTF_8);
    byte[] payload = kind.sample.repeat(length / sample.length).getBytes(StandardCharsets.UTF_8);
    header = payload.length < 126 ? 2 : payload.length < 1 << 16 ? 4 : 10;
    FrameWriter writer = new FrameWriter(false);
    buffer = ByteBuffer.allocateDirect(length + 16);
    writer.begin(kind.firstByte, payload, 0);
    writer.write(buffer);
    buffer.flip();
  }

  @Benchmark
  public @Nullable Event poll() {
    return inbound.poll(buffer.rewind());
  }

  /** As an application has it: text as a string. */
  @Benchmark
  public Object pollAndRead() {
    return switch (inbound.poll(buffer.rewind())) {
      case Event.Received(Frame.Text text) -> text.readText();
      case Event.Received(Frame frame) -> frame.data();
      case Event other -> throw new IllegalStateException("expected a message, got " + other);
      case null -> throw new IllegalStateException("expected a message, got a part of one");
    };
  }

  @Benchmark
  public byte[] idealCopy() {
    byte[] copy = new byte[buffer.limit() - header];
    buffer.position(header).get(copy);
    return copy;
  }

  @Benchmark
  public Object idealCopyAndDecode() {
    byte[] copy = idealCopy();
    return kind == Kind.BINARY ? copy : new String(copy, StandardCharsets.UTF_8);
  }
}
