// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import static dev.parley.websocket.extension.Payloads.hex;
import static dev.parley.websocket.extension.Payloads.noise;
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
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class PerMessageDeflateTest {
  private static final PerMessageDeflateConfig DEFAULT = new PerMessageDeflateConfig();
  private static final PerMessageDeflateConfig EAGER = DEFAULT.withCompressIfBiggerThan(0);

  private final CountingStreams streams = new CountingStreams();
  private final PerMessageDeflate.Factory factory = new PerMessageDeflate.Factory(-1, streams);

  /** Reads {@code a; b=1} as the parameters of an offer or answer. */
  private static WebSocketExtensionHeader header(String parameters) {
    List<Parameter> list = new ArrayList<>();
    for (String parameter : parameters.isEmpty() ? new String[0] : parameters.split("; ")) {
      int equals = parameter.indexOf('=');
      list.add(
          equals < 0
              ? new Parameter(parameter, null)
              : new Parameter(parameter.substring(0, equals), parameter.substring(equals + 1)));
    }
    return new WebSocketExtensionHeader("permessage-deflate", list);
  }

  private static String parameters(WebSocketExtensionHeader header) {
    assertThat(header.name()).isEqualTo("permessage-deflate");
    return String.join("; ", header.parameters().stream().map(Parameter::toString).toList());
  }

  private String offer(PerMessageDeflateConfig config) {
    List<WebSocketExtensionHeader> offers = factory.offer(config);
    assertThat(offers).hasSize(1);
    return parameters(offers.getFirst());
  }

  private PerMessageDeflateConfig accepted(PerMessageDeflateConfig config, String answer) {
    return factory.accept(config, header(answer)).config();
  }

  private Agreement<PerMessageDeflateConfig> agreement(
      PerMessageDeflateConfig config, String offer) {
    return Objects.requireNonNull(factory.answer(config, header(offer)));
  }

  private PerMessageDeflate client(PerMessageDeflateConfig config) {
    return factory.accept(config, agreement(config, offer(config)).answer());
  }

  private WebSocketExtension<PerMessageDeflateConfig> server(PerMessageDeflateConfig config) {
    return agreement(config, offer(config)).extension();
  }

  private static Frame.Binary binary(byte[] data, boolean fin, boolean rsv1) {
    return new Frame.Binary(data, fin, rsv1, false, false);
  }

  private static Frame.Text text(String hex, boolean fin, boolean rsv1) {
    return new Frame.Text(hex(hex), fin, rsv1, false, false);
  }

  @Nested
  @DisplayName("RFC 7692 §7.1 Extension Parameters: the client")
  final class Client {
    @Test
    void offersByDefaultWhatChromeOffers() {
      assertThat(factory.offer(factory.defaultConfig()))
          .hasToString("[permessage-deflate; client_max_window_bits]");
    }

    @Test
    void offersWhatIsConfigured() {
      assertThat(offer(DEFAULT.withServerMaxWindowBits(8)))
          .isEqualTo("server_max_window_bits=8; client_max_window_bits");
      assertThat(offer(DEFAULT.withClientMaxWindowBits(9))).isEqualTo("client_max_window_bits=9");
      assertThat(offer(DEFAULT.withServerNoContextTakeover(true)))
          .isEqualTo("server_no_context_takeover; client_max_window_bits");
      assertThat(offer(DEFAULT.withClientNoContextTakeover(true)))
          .isEqualTo("client_no_context_takeover; client_max_window_bits");
      assertThat(offer(new PerMessageDeflateConfig(10, 11, true, true, 5)))
          .isEqualTo(
              "server_no_context_takeover; client_no_context_takeover;"
                  + " server_max_window_bits=10; client_max_window_bits=11");
    }

    @Test
    void acceptsAnythingUnaskedThatLimitsASender() {
      assertThat(accepted(DEFAULT, "")).isEqualTo(DEFAULT);
      assertThat(accepted(DEFAULT, "server_max_window_bits=10"))
          .isEqualTo(DEFAULT.withServerMaxWindowBits(10));
      assertThat(accepted(DEFAULT, "client_max_window_bits=15")).isEqualTo(DEFAULT);
      assertThat(accepted(DEFAULT, "client_max_window_bits=8"))
          .isEqualTo(DEFAULT.withClientMaxWindowBits(8));
      assertThat(accepted(DEFAULT, "server_no_context_takeover"))
          .isEqualTo(DEFAULT.withServerNoContextTakeover(true));
      assertThat(accepted(DEFAULT, "client_no_context_takeover"))
          .isEqualTo(DEFAULT.withClientNoContextTakeover(true));
    }

    @Test
    void cannotBeAskedForAWindowItDoesNotOffer() {
      PerMessageDeflate.Factory without = factory.withoutClientMaxWindowBits();
      PerMessageDeflateConfig config = DEFAULT.withClientMaxWindowBits(9);
      assertThat(without.offer(DEFAULT)).hasToString("[permessage-deflate]");
      assertThat(without.withLevel(9).offer(config)).hasToString("[permessage-deflate]");
      assertThat(without.accept(config, header("")).config()).isEqualTo(config);
      for (String answer : List.of("", "=8", "=15")) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> without.accept(config, header("client_max_window_bits" + answer)))
            .withMessage("client_max_window_bits in the answer, though not offered");
      }
    }

    @Test
    void holdsToItsOwnLimitsThoughTheServerIsSilent() {
      PerMessageDeflateConfig config =
          DEFAULT.withClientMaxWindowBits(9).withClientNoContextTakeover(true);
      assertThat(accepted(config, "")).isEqualTo(config);
    }

    @Test
    void acceptsTheSameOrASmallerWindow() {
      PerMessageDeflateConfig config = new PerMessageDeflateConfig(10, 11, true, false, 7);
      String taken = "server_no_context_takeover; server_max_window_bits=";
      assertThat(accepted(config, taken + "10; client_max_window_bits=11")).isEqualTo(config);
      assertThat(accepted(config, taken + "9; client_max_window_bits=8"))
          .isEqualTo(new PerMessageDeflateConfig(9, 8, true, false, 7));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            server_max_window_bits=11                           | server_max_window_bits of 11
            ''                                                  | server_max_window_bits of 15
            server_max_window_bits=10; client_max_window_bits=12| client_max_window_bits of 12
            """)
    void refusesAWiderWindowThanOffered(String answer, String why) {
      PerMessageDeflateConfig config =
          DEFAULT.withServerMaxWindowBits(10).withClientMaxWindowBits(11);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> accepted(config, answer))
          .withMessageContaining(why);
    }

    @Test
    void refusesSilenceOnServerNoContextTakeover() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> accepted(DEFAULT.withServerNoContextTakeover(true), ""))
          .withMessageContaining("no server_no_context_takeover in the answer");
    }

    @ParameterizedTest
    @MethodSource("dev.parley.websocket.extension.PerMessageDeflateTest#broken")
    void refusesABrokenAnswer(String answer, String why) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> accepted(DEFAULT, answer))
          .withMessageContaining(why);
      assertThat(streams.ends()).isEmpty();
    }

    @Test
    void refusesClientMaxWindowBitsWithoutValue() {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> accepted(DEFAULT, "client_max_window_bits"))
          .withMessage("parameter client_max_window_bits, expected a value from 8 to 15");
    }
  }

  static Stream<String[]> broken() {
    Stream<String[]> bits =
        Stream.of("7", "16", "0", "-1", "08", "1e3", "99999999999")
            .flatMap(
                value ->
                    Stream.of("server_max_window_bits", "client_max_window_bits")
                        .map(name -> name + "=" + value))
            .map(parameter -> new String[] {parameter, parameter + ", expected a value from"});
    return Stream.concat(
        bits,
        Stream.of(
            new String[] {"server_max_window_bits", "expected a value from 8 to 15"},
            new String[] {"mode=fast", "unknown parameter mode"},
            new String[] {"Server_no_context_takeover", "unknown parameter Server"},
            new String[] {"server_no_context_takeover=1", "with a value, expected none"},
            new String[] {
              "client_no_context_takeover; client_no_context_takeover",
              "client_no_context_takeover of permessage-deflate twice"
            },
            new String[] {
              "server_max_window_bits=9; server_max_window_bits=9",
              "server_max_window_bits of permessage-deflate twice"
            }));
  }

  @Nested
  @DisplayName("RFC 7692 §7.1 Extension Parameters: the server")
  final class Server {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            ''                         | ''
            client_max_window_bits     | ''
            client_max_window_bits=15  | ''
            client_max_window_bits=9   | client_max_window_bits=9
            server_max_window_bits=8   | server_max_window_bits=8
            server_no_context_takeover | server_no_context_takeover
            client_no_context_takeover | client_no_context_takeover
            """)
    void agreesToWhatTheClientAsksFor(String offer, String answer) {
      Agreement<PerMessageDeflateConfig> agreement = agreement(DEFAULT, offer);
      assertThat(parameters(agreement.answer())).isEqualTo(answer);
      assertThat(agreement.extension().config()).isEqualTo(accepted(DEFAULT, answer));
    }

    @Test
    void repeatsAServerWindowOfAllBitsAsItWasOffered() {
      // RFC 7692 §7.1.2.1: the offer is accepted by repeating the parameter, 15 included.
      assertThat(parameters(agreement(DEFAULT, "server_max_window_bits=15").answer()))
          .isEqualTo("server_max_window_bits=15");
    }

    @Test
    void narrowsWhatTheClientOffers() {
      PerMessageDeflateConfig config = new PerMessageDeflateConfig(10, 11, true, true, 3);
      String wanted = "server_no_context_takeover; client_no_context_takeover; ";
      Agreement<PerMessageDeflateConfig> agreement = agreement(config, "client_max_window_bits");
      assertThat(parameters(agreement.answer()))
          .isEqualTo(wanted + "server_max_window_bits=10; client_max_window_bits=11");
      assertThat(agreement.extension().config()).isEqualTo(config);

      assertThat(
              parameters(
                  agreement(config, "server_max_window_bits=9; client_max_window_bits=8").answer()))
          .isEqualTo(wanted + "server_max_window_bits=9; client_max_window_bits=8");
      assertThat(
              parameters(
                  agreement(config, "server_max_window_bits=12; client_max_window_bits=12")
                      .answer()))
          .isEqualTo(wanted + "server_max_window_bits=10; client_max_window_bits=11");
    }

    @Test
    void declinesAClientThatCannotBeLimited() {
      PerMessageDeflateConfig config = DEFAULT.withClientMaxWindowBits(12);
      assertThat(factory.answer(config, header(""))).isNull();
    }

    @ParameterizedTest
    @MethodSource("dev.parley.websocket.extension.PerMessageDeflateTest#broken")
    void declinesABrokenOffer(String offer, String why) {
      assertThat(factory.answer(DEFAULT, header(offer))).as(why).isNull();
      assertThat(streams.ends()).isEmpty();
    }
  }

  @Nested
  @DisplayName("RFC 7692 §7.2.1 Compression")
  final class Compression {
    @ParameterizedTest
    @CsvSource({"8, 15", "15, 8"})
    void eachSideKeepsToItsOwnWindow(int clientBits, int serverBits) {
      PerMessageDeflateConfig config =
          EAGER.withClientMaxWindowBits(clientBits).withServerMaxWindowBits(serverBits);
      Frame message = new Frame.Binary(periodic(10_000, 1000)); // repeats beyond a window of 8 bits
      int ofClient = client(config).processOutgoingFrame(message).data().length;
      int ofServer = server(config).processOutgoingFrame(message).data().length;
      assertThat(clientBits < serverBits ? ofServer : ofClient).isLessThan(2_000);
      assertThat(clientBits < serverBits ? ofClient : ofServer).isGreaterThan(9_000);
    }

    @Test
    void messageUpToTheSizeGoesAsItIs() {
      Frame frame = new Frame.Binary(prose(1024));
      assertThat(client(DEFAULT).processOutgoingFrame(frame)).isSameAs(frame);
    }

    @Test
    void messageOverTheSizeIsCompressed() {
      Frame sent = client(DEFAULT).processOutgoingFrame(new Frame.Binary(prose(1025)));
      assertThat(sent.rsv1()).isTrue();
      assertThat(sent.data()).hasSizeLessThan(1025);
    }

    @Test
    void messageGoesAsItIsWhereTheSenderWantsIt() {
      PerMessageDeflate client = client(EAGER);
      Frame whole = new Frame.Binary(prose(2000));
      assertThat(client.processOutgoingFrame(whole, false)).isSameAs(whole);
      Frame first = new Frame.Binary(prose(2000), false, false, false, false);
      assertThat(client.processOutgoingFrame(first, false)).isSameAs(first);
      assertThat(client.processOutgoingFrame(whole, true))
          .as("what the first frame says holds")
          .isSameAs(whole);
      assertThat(client.processOutgoingFrame(whole, true).rsv1()).isTrue();
    }

    @Test
    void emptyMessageIsNeverCompressed() {
      Frame frame = new Frame.Text("");
      assertThat(client(EAGER).processOutgoingFrame(frame)).isSameAs(frame);
    }

    @Test
    void messageInFragmentsIsCompressedWhateverItsSize() {
      PerMessageDeflate client = client(DEFAULT);
      Frame first =
          client.processOutgoingFrame(new Frame.Text(new byte[0], false, false, false, false));
      Frame second =
          client.processOutgoingFrame(new Frame.Text(new byte[0], true, false, false, false));
      assertThat(first).isEqualTo(text("", false, true));
      assertThat(second).isEqualTo(text("00", true, false));
    }

    @Test
    void keepsTheBitsOfOthers() {
      Frame sent =
          client(EAGER).processOutgoingFrame(new Frame.Binary(prose(50), false, false, true, true));
      assertThat(sent).isEqualTo(new Frame.Binary(sent.data(), false, true, true, true));
      assertThat(server(EAGER).processIncomingFrame(sent))
          .isEqualTo(new Frame.Binary(prose(50), false, false, true, true));
    }

    @Test
    void frameThatClaimsToBeCompressedIsRefused() {
      PerMessageDeflate client = client(DEFAULT);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> client.processOutgoingFrame(text("00", true, true)))
          .withMessageContaining("rsv1");
      assertThat(client.processOutgoingFrame(text("00", true, false)))
          .isEqualTo(text("00", true, false));
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1, 9})
    void levelIsTheFactorys(int level) {
      PerMessageDeflate client =
          WebSocketExtensions.perMessageDeflate().withLevel(level).accept(EAGER, header(""));
      byte[] message = prose(20_000);
      Frame sent = client.processOutgoingFrame(new Frame.Binary(message));
      if (level == 0) {
        assertThat(sent.data()).hasSizeGreaterThan(20_000);
      } else {
        assertThat(sent.data()).hasSizeLessThan(20_000);
      }
      assertThat(client.processIncomingFrame(sent)).isEqualTo(new Frame.Binary(message));
      client.endOutgoing();
      client.endIncoming();
    }

    @ParameterizedTest
    @ValueSource(ints = {-2, 10})
    void otherLevelsAreRefused(int level) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> factory.withLevel(level))
          .withMessage("level of " + level + ", expected -1 to 9");
    }
  }

  @Nested
  @DisplayName("RFC 7692 §6.1 and §7.2.2 Decompression")
  final class Decompression {
    @Test
    void uncompressedMessagesComeAsTheyAre() {
      PerMessageDeflate client = client(DEFAULT);
      Frame whole = text("61", true, false);
      Frame fragment = text("62", false, false);
      assertThat(client.processIncomingFrame(whole)).isSameAs(whole);
      assertThat(client.processIncomingFrame(fragment)).isSameAs(fragment);
      assertThat(client.processIncomingFrame(whole)).isSameAs(whole);
      assertThat(client.reservedBits()).containsExactly(ReservedBit.RSV1);
      assertThat(client.name()).isEqualTo("permessage-deflate").isEqualTo(factory.name());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void continuationWithRsv1IsRefused(boolean compressed) {
      PerMessageDeflate client = client(DEFAULT);
      client.processIncomingFrame(text("f2 48", false, compressed));
      assertThatExceptionOfType(WebSocketProtocolException.class)
          .isThrownBy(() -> client.processIncomingFrame(text("cd c9 c9 07 00", true, true)))
          .satisfies(e -> assertThat(e.violation()).isEqualTo(Violation.RESERVED_BIT))
          .withMessageContaining("rsv1 set in a continuation");
    }

    @Test
    void uncompressedMessagesLeaveTheContext() {
      PerMessageDeflate client = client(DEFAULT);
      client.processIncomingFrame(text("f2 48 cd c9 c9 07 00", true, true));
      client.processIncomingFrame(text("78", false, false));
      client.processIncomingFrame(text("79", true, false));
      assertThat(client.processIncomingFrame(text("f2 00 11 00 00", true, true)))
          .isEqualTo(new Frame.Text("Hello"));
    }

    @Test
    void roomIsTheLimit() {
      PerMessageDeflate client = client(DEFAULT);
      Frame hello = text("f2 48 cd c9 c9 07 00", true, true);
      assertThat(client.processIncomingFrame(hello, 5)).isEqualTo(new Frame.Text("Hello"));
      assertThatExceptionOfType(WebSocketProtocolException.class)
          .isThrownBy(() -> client.processIncomingFrame(hello, 4))
          .satisfies(e -> assertThat(e.violation()).isEqualTo(Violation.MESSAGE_TOO_BIG))
          .withMessageContaining("maxMessageSize");
    }
  }

  @Nested
  @DisplayName("RFC 7692 §7.2.3 Examples")
  final class Examples {
    private final PerMessageDeflate peer = client(EAGER);

    @Test
    @DisplayName("§7.2.3.1 A Message Compressed Using One Compressed DEFLATE Block")
    void oneBlock() {
      assertThat(peer.processOutgoingFrame(new Frame.Text("Hello")))
          .isEqualTo(text("f2 48 cd c9 c9 07 00", true, true));
      assertThat(peer.processIncomingFrame(text("f2 48 cd", false, true)))
          .isEqualTo(new Frame.Text("He".getBytes(UTF_8), false, false, false, false));
      assertThat(peer.processIncomingFrame(text("c9 c9 07 00", true, false)))
          .isEqualTo(new Frame.Text("llo"));
    }

    @Test
    @DisplayName("§7.2.3.2 Sharing LZ77 Sliding Window")
    void sharedWindow() {
      peer.processOutgoingFrame(new Frame.Text("Hello"));
      assertThat(peer.processOutgoingFrame(new Frame.Text("Hello")))
          .isEqualTo(text("f2 00 11 00 00", true, true));

      PerMessageDeflate forgetful = client(EAGER.withClientNoContextTakeover(true));
      for (int i = 0; i < 2; i++) {
        assertThat(forgetful.processOutgoingFrame(new Frame.Text("Hello")))
            .isEqualTo(text("f2 48 cd c9 c9 07 00", true, true));
      }
    }

    @Test
    @DisplayName("§7.2.3.3 Using a DEFLATE Block with No Compression")
    void storedBlock() {
      assertThat(peer.processIncomingFrame(text("00 05 00 fa ff 48 65 6c 6c 6f 00", true, true)))
          .isEqualTo(new Frame.Text("Hello"));
    }

    @Test
    @DisplayName("§7.2.3.4 Using a DEFLATE Block with BFINAL Set to 1")
    void finalBlock() {
      assertThat(peer.processIncomingFrame(text("f3 48 cd c9 c9 07 00 00", true, true)))
          .isEqualTo(new Frame.Text("Hello"));
    }

    @Test
    @DisplayName("§7.2.3.5 Two DEFLATE Blocks in One Message")
    void twoBlocks() {
      assertThat(
              peer.processIncomingFrame(text("f2 48 05 00 00 00 ff ff ca c9 c9 07 00", true, true)))
          .isEqualTo(new Frame.Text("Hello"));
    }

    @Test
    @DisplayName("§7.2.3.6 Compressed Empty Fragment")
    void emptyFragment() {
      assertThat(peer.processIncomingFrame(text("00", true, true))).isEqualTo(new Frame.Text(""));
    }
  }

  @Nested
  @DisplayName("Round trips")
  final class RoundTrips {
    private static final int[] SIZES = {1, 0, 5, 255, 256, 257, 1000, 4099, 70_000};

    @ParameterizedTest
    @ValueSource(ints = {8, 9, 10, 11, 12, 13, 14, 15})
    void overAllParametersInBothDirections(int serverBits) {
      for (int clientBits = 8; clientBits <= 15; clientBits++) {
        for (int flags = 0; flags < 4; flags++) {
          PerMessageDeflateConfig config =
              new PerMessageDeflateConfig(
                  serverBits, clientBits, (flags & 1) != 0, (flags & 2) != 0, 4);
          PerMessageDeflate client = client(config);
          WebSocketExtension<PerMessageDeflateConfig> server = server(config);
          assertThat(client.config()).isEqualTo(server.config()).isEqualTo(config);
          for (int size : SIZES) {
            Frame message = new Frame.Binary(size == 1000 ? noise(size) : prose(size));
            assertThat(server.processIncomingFrame(client.processOutgoingFrame(message), size))
                .isEqualTo(message);
            assertThat(client.processIncomingFrame(server.processOutgoingFrame(message), size))
                .isEqualTo(message);
          }
          for (WebSocketExtension<?> side : List.of(client, server)) {
            side.endIncoming();
            side.endOutgoing();
          }
        }
      }
      assertThat(streams.ends()).isNotEmpty().containsOnly(1);
    }

    @ParameterizedTest
    @CsvSource({"15, false", "15, true", "8, false", "8, true", "11, false"})
    void overAllFragmentations(int bits, boolean forget) {
      PerMessageDeflateConfig config =
          new PerMessageDeflateConfig(bits, bits, forget, forget, 1024);
      PerMessageDeflate client = client(config);
      WebSocketExtension<PerMessageDeflateConfig> server = server(config);
      Random random = new Random(bits);
      for (int i = 0; i < 150; i++) {
        byte[] message = prose(random.nextInt(i < 100 ? 50 : 5000));
        int fragments = random.nextInt(1, 8);
        ByteArrayOutputStream received = new ByteArrayOutputStream();
        int from = 0;
        for (int j = 1; j <= fragments; j++) {
          boolean last = j == fragments;
          int to = last ? message.length : random.nextInt(from, message.length + 1);
          Frame fragment = binary(Arrays.copyOfRange(message, from, to), last, false);
          Frame sent = client.processOutgoingFrame(fragment);
          assertThat(sent.rsv1()).isEqualTo(j == 1 && (fragments > 1 || message.length > 1024));
          // What was put in comes out with the same frame.
          assertThat(server.processIncomingFrame(sent)).isEqualTo(fragment);
          received.writeBytes(fragment.data());
          from = to;
        }
        assertThat(received.toByteArray()).isEqualTo(message);
      }
    }
  }

  @Nested
  @DisplayName("The end")
  final class End {
    enum Direction {
      INCOMING,
      OUTGOING
    }

    @ParameterizedTest
    @EnumSource(Direction.class)
    void givesBackOneDirectionAndLeavesTheOther(Direction direction) {
      PerMessageDeflate client = client(EAGER);
      Frame hello = new Frame.Text("Hello");
      client.processIncomingFrame(client.processOutgoingFrame(hello));
      assertThat(streams.ends()).containsExactly(0, 0);
      if (direction == Direction.OUTGOING) {
        client.endOutgoing();
        assertThat(streams.ends()).containsExactly(1, 0);
        client.processIncomingFrame(text("00", true, true));
        client.endIncoming();
      } else {
        client.endIncoming();
        assertThat(streams.ends()).containsExactly(0, 1);
        client.processOutgoingFrame(hello);
        client.endOutgoing();
      }
      assertThat(streams.ends()).containsExactly(1, 1);
    }

    @Test
    void withoutTakeoverNothingIsHeldBetweenMessages() {
      PerMessageDeflate client = client(new PerMessageDeflateConfig(15, 15, true, true, 0));
      client.processIncomingFrame(client.processOutgoingFrame(new Frame.Text("Hello")));
      assertThat(streams.ends()).containsExactly(1, 1);
      client.endIncoming();
      client.endOutgoing();
      assertThat(streams.ends()).containsExactly(1, 1);
    }

    @Test
    void afterAFailureNothingIsLeft() {
      PerMessageDeflate client = client(EAGER);
      assertThatExceptionOfType(WebSocketProtocolException.class)
          .isThrownBy(() -> client.processIncomingFrame(text("ff ff", true, true)));
      client.endIncoming();
      client.endOutgoing();
      assertThat(streams.ends()).containsExactly(1);
    }
  }
}
