// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
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

/** Judging a text, beside a copy of it, and beside making a String of it. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 4, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class Utf8ValidatorBenchmark {
  /** What a text is made of. */
  public enum Script {
    ASCII("The quick brown fox jumps over the lazy dog. "),
    MIXED("Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich. "),
    CJK("天地玄黃宇宙洪荒日月盈昃辰宿列張");

    private final String sample;

    Script(String sample) {
      this.sample = sample;
    }
  }

  @Param Script script = Script.ASCII;

  /** About how many bytes. */
  @Param({"64", "4096"})
  int length;

  private byte[] text = {};

  @Setup
  public void prepare() {
    StringBuilder builder = new StringBuilder();
    while (builder.toString().getBytes(StandardCharsets.UTF_8).length < length) {
      builder.append(script.sample);
    }
    byte[] bytes = builder.toString().getBytes(StandardCharsets.UTF_8);
    int end = length;
    while (bytes.length > end && (bytes[end] & 0xc0) == 0x80) {
      end--; // not in the middle of a character
    }
    text = Arrays.copyOf(bytes, end);
  }

  @Benchmark
  public boolean validate() {
    return Utf8Validator.isValid(text, 0, text.length);
  }

  @Benchmark
  public byte[] idealCopy() {
    return text.clone();
  }

  @Benchmark
  public String decode() {
    return new String(text, StandardCharsets.UTF_8);
  }
}
