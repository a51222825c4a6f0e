// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import static dev.parley.websocket.extension.Payloads.hex;
import static dev.parley.websocket.extension.Payloads.periodic;
import static dev.parley.websocket.extension.Payloads.prose;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.parley.websocket.Frame;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.WebSocketExtension.ReservedBit;
import dev.parley.websocket.WebSocketProtocolException;
import dev.parley.websocket.extension.WebSocketExtensionFactory.Agreement;
import dev.parley.websocket.extension.WebSocketExtensionHeader.Parameter;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DeflateFrameTest {
  private static final DeflateConfig DEFAULT = new DeflateConfig();
  private static final Frame HELLO = new Frame.Text("Hello");
  private static final Frame COMPRESSED_HELLO = compressed("f2 48 cd c9 c9 07 00", true);

  private final CountingStreams streams = new CountingStreams();
  private final DeflateFrame.Factory factory = new DeflateFrame.Factory(-1, streams);

  private static WebSocketExtensionHeader header(Parameter... parameters) {
    return new WebSocketExtensionHeader("deflate-frame", List.of(parameters));
  }

  private static Parameter bits(@Nullable String value) {
    return new Parameter("max_window_bits", value);
  }

  private static Parameter forget(@Nullable String value) {
    return new Parameter("no_context_takeover", value);
  }

  private static Frame compressed(String hex, boolean fin) {
    return new Frame.Text(hex(hex), fin, true, false, false);
  }

  private Agreement<DeflateConfig> agreement(DeflateConfig config, WebSocketExtensionHeader offer) {
    return Objects.requireNonNull(factory.answer(config, offer));
  }

  static Stream<WebSocketExtensionHeader> broken() {
    return Stream.of(
        header(bits(null)),
        header(bits("7")),
        header(bits("16")),
        header(bits("08")),
        header(bits("9"), bits("9")),
        header(forget("1")),
        header(forget(null), forget(null)),
        header(new Parameter("server_max_window_bits", "10")));
  }

  @ParameterizedTest
  @CsvSource({"8, 15", "15, 8"})
  void eachSideKeepsToItsOwnWindow(int clientBits, int serverBits) {
    DeflateConfig config =
        DEFAULT.withClientMaxWindowBits(clientBits).withServerMaxWindowBits(serverBits);
    Frame message = new Frame.Binary(periodic(10_000, 1000)); // repeats beyond a window of 8 bits
    WebSocketExtension<DeflateConfig> client = factory.accept(config, header());
    int ofClient = client.processOutgoingFrame(message).data().length;
    WebSocketExtension<DeflateConfig> server =
        agreement(config, factory.offer(config).getFirst()).extension();
    int ofServer = server.processOutgoingFrame(message).data().length;
    assertThat(clientBits < serverBits ? ofServer : ofClient).isLessThan(2_000);
    assertThat(clientBits < serverBits ? ofClient : ofServer).isGreaterThan(9_000);
  }

  @Nested
  @DisplayName("draft-tyoshino-hybi-websocket-perframe-deflate: negotiation")
  final class Negotiation {
    @Test
    void defaultOfferIsTheOneThatNettyTakes() {
      assertThat(factory.offer(factory.defaultConfig())).containsExactly(header());
      assertThat(factory.accept(DEFAULT, header()).config()).isEqualTo(DEFAULT);
    }

    @Test
    void offerLimitsTheServer() {
      assertThat(factory.offer(new DeflateConfig(10, 11, true, true)))
          .containsExactly(header(bits("10"), forget(null)));
    }

    @Test
    void answerLimitsTheClient() {
      assertThat(factory.accept(DEFAULT, header(bits("9"), forget(null))).config())
          .isEqualTo(new DeflateConfig(15, 9, false, true));
    }

    @Test
    void clientHoldsToItsOwnLimits() {
      DeflateConfig config = new DeflateConfig(10, 11, true, true);
      assertThat(factory.accept(config, header()).config()).isEqualTo(config);
      assertThat(factory.accept(config, header(bits("12"))).config()).isEqualTo(config);
    }

    @Test
    void serverObeysTheOfferAndSetsItsOwnLimits() {
      Agreement<DeflateConfig> agreement =
          agreement(
              DEFAULT.withClientMaxWindowBits(12).withClientNoContextTakeover(true),
              header(forget(null), bits("9")));
      assertThat(agreement.answer()).isEqualTo(header(bits("12"), forget(null)));
      assertThat(agreement.extension().config()).isEqualTo(new DeflateConfig(9, 12, true, true));
    }

    @Test
    void serverHoldsToItsOwnLimits() {
      DeflateConfig config = DEFAULT.withServerMaxWindowBits(9).withServerNoContextTakeover(true);
      Agreement<DeflateConfig> agreement = agreement(config, header());
      assertThat(agreement.answer()).isEqualTo(header());
      assertThat(agreement.extension().config()).isEqualTo(config);
    }

    @ParameterizedTest
    @MethodSource("dev.parley.websocket.extension.DeflateFrameTest#broken")
    void brokenParametersAreRefused(WebSocketExtensionHeader header) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> factory.accept(DEFAULT, header))
          .withMessageContaining("parameter");
      assertThat(factory.answer(DEFAULT, header)).isNull();
      assertThat(streams.ends()).isEmpty();
    }

    @Test
    void levelIsTheFactorys() {
      DeflateFrame stored = factory.withLevel(0).accept(DEFAULT, header());
      Frame sent = stored.processOutgoingFrame(HELLO);
      assertThat(sent.data()).startsWith(hex("00 05 00 fa ff"));
      assertThatIllegalArgumentException().isThrownBy(() -> factory.withLevel(10));
    }
  }

  @Nested
  @DisplayName("draft-tyoshino-hybi-websocket-perframe-deflate: frames")
  final class Frames {
    private final DeflateFrame client = factory.accept(DEFAULT, header());

    @Test
    void eachIsCompressedInTheContextOfThoseBefore() {
      Frame fragment = new Frame.Text("Hello".getBytes(UTF_8), false, false, false, false);
      assertThat(client.processOutgoingFrame(fragment))
          .isEqualTo(compressed("f2 48 cd c9 c9 07 00", false));
      assertThat(client.processOutgoingFrame(HELLO)).isEqualTo(compressed("f2 00 11 00 00", true));
    }

    @Test
    void eachIsDecompressedInTheContextOfThoseBefore() {
      assertThat(client.processIncomingFrame(COMPRESSED_HELLO)).isEqualTo(HELLO);
      assertThat(client.processIncomingFrame(HELLO)).isSameAs(HELLO);
      assertThat(client.processIncomingFrame(compressed("f2 00 11 00 00", true), 5))
          .isEqualTo(HELLO);
    }

    @Test
    void goAsTheyAreWhereTheSenderWantsIt() {
      assertThat(client.processOutgoingFrame(HELLO, false)).isSameAs(HELLO);
      assertThat(client.decodesPieces()).isFalse();
    }

    @Test
    void whatTheFirstSaysHoldsForTheMessage() {
      Frame first = new Frame.Text("Hello".getBytes(UTF_8), false, false, false, false);
      assertThat(client.processOutgoingFrame(first, false)).isSameAs(first);
      assertThat(client.processOutgoingFrame(HELLO, true)).isSameAs(HELLO);
      assertThat(client.processOutgoingFrame(HELLO, true)).isEqualTo(COMPRESSED_HELLO);
    }

    @Test
    void emptyOnesGoAsTheyAre() {
      Frame empty = new Frame.Binary(new byte[0]);
      assertThat(client.processOutgoingFrame(empty)).isSameAs(empty);
    }

    @Test
    void oneThatClaimsToBeCompressedIsRefused() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.processOutgoingFrame(COMPRESSED_HELLO))
          .withMessageContaining("deflate-frame");
    }

    @Test
    void roomIsTheLimit() {
      assertThatExceptionOfType(WebSocketProtocolException.class)
          .isThrownBy(() -> client.processIncomingFrame(COMPRESSED_HELLO, 4))
          .satisfies(e -> assertThat(e.violation()).isEqualTo(Violation.MESSAGE_TOO_BIG));
    }

    @Test
    void extensionTellsWhatItIs() {
      assertThat(client.name()).isEqualTo("deflate-frame").isEqualTo(factory.name());
      assertThat(client.reservedBits()).containsExactly(ReservedBit.RSV1);
    }

    @Test
    void nativeMemoryIsGivenBackOnce() {
      client.processIncomingFrame(client.processOutgoingFrame(HELLO));
      assertThat(streams.ends()).containsExactly(0, 0);
      client.endOutgoing();
      assertThat(streams.ends()).containsExactly(1, 0);
      client.endIncoming();
      assertThat(streams.ends()).containsExactly(1, 1);
    }

    @Test
    void clientForgetsWhatItSentAndNotWhatItReceived() {
      DeflateFrame forgetful = factory.accept(DEFAULT.withClientNoContextTakeover(true), header());
      forgetful.processIncomingFrame(forgetful.processOutgoingFrame(HELLO));
      assertThat(streams.ends()).containsExactly(1, 0);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 9, 12, 15})
    void allParametersAreHonouredInBothDirections(int bits) {
      for (int flags = 0; flags < 4; flags++) {
        DeflateConfig config =
            new DeflateConfig(bits, 23 - bits, (flags & 1) != 0, (flags & 2) != 0);
        Agreement<DeflateConfig> agreement = agreement(config, factory.offer(config).getFirst());
        WebSocketExtension<DeflateConfig> server = agreement.extension();
        DeflateFrame agreed = factory.accept(config, agreement.answer());
        assertThat(agreed.config()).isEqualTo(server.config()).isEqualTo(config);
        for (int size : new int[] {1, 300, 20_000}) {
          for (boolean fin : new boolean[] {false, true}) {
            Frame frame = new Frame.Binary(prose(size), fin, false, false, false);
            Frame up = agreed.processOutgoingFrame(frame);
            Frame down = server.processOutgoingFrame(frame);
            assertThat(List.of(up.rsv1(), down.rsv1())).containsOnly(true);
            assertThat(server.processIncomingFrame(up)).isEqualTo(frame);
            assertThat(agreed.processIncomingFrame(down)).isEqualTo(frame);
          }
        }
      }
    }
  }
}
