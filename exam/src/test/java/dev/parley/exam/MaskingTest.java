// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.Frame;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What our frames look like on the wire. */
@Row(36)
final class MaskingTest {
  private static final int FRAMES = 10_000;

  @Test
  void everyFrameHasAMaskingKeyNobodyCouldGuess() {
    List<RawFrame> frames;
    try (Trial trial = Trial.begin()) {
      DefaultClientWebSocketSession session = trial.open(Scenario.accept());
      for (int n = 0; n < FRAMES; n++) {
        session
            .outgoing()
            .send(
                switch (n % 3) {
                  case 0 -> new Frame.Text("");
                  case 1 -> new Frame.Binary(new byte[] {1, 2, 3});
                  default -> new Frame.Ping(new byte[0]);
                });
      }
      session.close();
      frames = trial.server.takeConnection(SOON).frames();
    }
    assertThat(frames).hasSize(FRAMES + 1).allMatch(RawFrame::masked);
    int[] keys =
        frames.stream().mapToInt(frame -> Objects.requireNonNull(frame.maskingKey())).toArray();
    Set<Integer> different = new HashSet<>();
    int[] ones = new int[32];
    int[] flips = new int[32];
    for (int n = 0; n < FRAMES; n++) {
      different.add(keys[n]);
      for (int bit = 0; bit < 32; bit++) {
        ones[bit] += keys[n] >>> bit & 1;
        flips[bit] += (keys[n] ^ keys[n + 1]) >>> bit & 1;
      }
    }
    // Of 10,000 keys of 32 bits, two are alike once in a hundred runs. A bit is set in half of
    // them, give or take 50; 350 is seven times that, and is passed once in 10^11 runs.
    assertThat(different).hasSizeGreaterThan(FRAMES - 5);
    assertThat(Arrays.stream(ones)).allMatch(count -> count > 4650 && count < 5350);
    assertThat(Arrays.stream(flips)).allMatch(count -> count > 4650 && count < 5350);
  }

  @Test
  void everyAttemptHasANewKey() {
    try (Trial trial = Trial.begin()) {
      List<String> keys =
          Stream.generate(
                  () -> {
                    trial.open(Scenario.accept()).close();
                    return Objects.requireNonNull(
                        trial
                            .server
                            .takeHandshake(SOON)
                            .request()
                            .headers()
                            .get("Sec-WebSocket-Key"));
                  })
              .limit(20)
              .toList();
      assertThat(keys)
          .doesNotHaveDuplicates()
          .allSatisfy(key -> assertThat(Base64.getDecoder().decode(key)).hasSize(16));
    }
  }
}
