// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;

final class SharedStreamsTest {
  private static final byte[] TEXT = "one and one and one".getBytes(StandardCharsets.UTF_8);

  private final SharedStreams streams = new SharedStreams();

  @Test
  void deflaterThatCameBackKnowsNothingOfItsPast() {
    Deflater first = streams.deflater(6);
    byte[] compressed = compress(first);
    streams.giveBack(first, 6);
    Deflater second = streams.deflater(6);
    assertThat(second).isSameAs(first);
    assertThat(compress(second)).isEqualTo(compressed);
    assertThat(compress(second).length).isLessThan(compressed.length); // a context that it may use
  }

  @Test
  void inflaterThatCameBackKnowsNothingOfItsPast() throws Exception {
    Inflater first = streams.inflater();
    first.setInput(new byte[] {0x4b});
    assertThat(first.inflate(new byte[9])).isZero();
    streams.giveBack(first);
    Inflater second = streams.inflater();
    assertThat(second).isSameAs(first);
    second.setInput(compress(new Deflater(6, true)));
    byte[] text = new byte[TEXT.length];
    assertThat(second.inflate(text)).isEqualTo(TEXT.length);
    assertThat(text).isEqualTo(TEXT);
  }

  @Test
  void chunkThatCameBackIsLentAgain() {
    byte[] chunk = streams.chunk();
    assertThat(chunk).hasSize(RawDeflate.STEP);
    assertThat(streams.chunk()).isNotSameAs(chunk);
    streams.giveBack(chunk);
    assertThat(streams.chunk()).isSameAs(chunk);
  }

  @Test
  void eachLevelHasItsOwn() {
    Deflater fast = streams.deflater(1);
    streams.giveBack(fast, 1);
    assertThat(streams.deflater(9)).isNotSameAs(fast);
    assertThat(streams.deflater(1)).isSameAs(fast);
  }

  @Test
  void onlySoManyAreKeptAndTheOthersEnded() {
    List<Deflater> deflaters =
        Stream.generate(() -> streams.deflater(6)).limit(SharedStreams.KEPT + 1).toList();
    List<Inflater> inflaters =
        Stream.generate(streams::inflater).limit(SharedStreams.KEPT + 1).toList();
    deflaters.forEach(each -> streams.giveBack(each, 6));
    inflaters.forEach(streams::giveBack);
    assertThatThrownBy(() -> deflaters.getLast().getBytesRead())
        .hasMessageContaining("closed"); // what is thrown differs from one JDK to the next
    assertThatThrownBy(() -> inflaters.getLast().getBytesRead()).hasMessageContaining("closed");
    assertThat(deflaters.get(SharedStreams.KEPT - 1).getBytesRead()).isZero();
    assertThat(inflaters.get(SharedStreams.KEPT - 1).getBytesRead()).isZero();
  }

  private static byte[] compress(Deflater deflater) {
    byte[] output = new byte[99];
    deflater.setInput(TEXT);
    return Arrays.copyOf(output, deflater.deflate(output, 0, output.length, Deflater.SYNC_FLUSH));
  }
}
