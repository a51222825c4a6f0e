// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.testkit.InMemoryPair;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Role;
import dev.parley.websocket.Violation;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;

/** What holds for every stream of frames, and every way in which its bytes may arrive. */
final class InboundPropertiesTest {
  private static final Set<Violation> DECODING =
      EnumSet.of(
          Violation.COMPRESSED_DATA_INVALID, Violation.TEXT_NOT_UTF8, Violation.MESSAGE_TOO_BIG);
  private static final Heard.What UNDECODABLE =
      new Heard.What.Failed(Violation.COMPRESSED_DATA_INVALID);

  /** One stream, in hex, and who receives it how. */
  record Arrival(Role role, Limits limits, Delivery delivery, Agreement agreement, String hex) {
    byte[] stream() {
      return HexFormat.of().parseHex(hex);
    }

    List<Heard> heard(List<Integer> pieces, boolean messagesFirst) {
      Inbound inbound = new Inbound(role, limits, delivery, agreement.extensions(role));
      try {
        return Heard.all(inbound, stream(), pieces, messagesFirst);
      } finally {
        inbound.end();
      }
    }

    List<Heard.What> said(List<Integer> pieces, boolean messagesFirst) {
      List<Heard.What> said = Heard.said(heard(pieces, messagesFirst));
      return delivery == Delivery.FRAGMENTS ? joined(said) : said;
    }
  }

  @Provide
  Arbitrary<Arrival> arrivals() {
    return Arbitraries.of(Role.class)
        .flatMap(
            role ->
                Combinators.combine(
                        Inputs.limits(), Arbitraries.of(Delivery.class), Inputs.streams(role))
                    .as(
                        (limits, delivery, stream) ->
                            arrival(role, limits, delivery, Agreement.NOTHING, stream)));
  }

  /** Returns arrivals of what a sender with the same extensions has sent, or somebody else. */
  @Provide
  Arbitrary<Arrival> agreedArrivals() {
    return Arbitraries.of(Role.class)
        .flatMap(
            role ->
                Agreement.any()
                    .flatMap(
                        agreement ->
                            Combinators.combine(
                                    Inputs.limits(),
                                    Arbitraries.of(Delivery.class),
                                    Arbitraries.oneOf(
                                        Inputs.compressedStreams(role),
                                        Inputs.damaged(
                                            Inputs.conversations()
                                                .map(all -> sent(all, role, agreement)))))
                                .as(
                                    (limits, delivery, stream) ->
                                        arrival(role, limits, delivery, agreement, stream))));
  }

  private static Arrival arrival(
      Role role, Limits limits, Delivery delivery, Agreement agreement, byte[] stream) {
    return new Arrival(role, limits, delivery, agreement, HexFormat.of().formatHex(stream));
  }

  private static byte[] sent(List<Frame> frames, Role receiver, Agreement agreement) {
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    try (InMemoryPair pair =
        InMemoryPair.open(Limits.DEFAULT, Delivery.MESSAGES, agreement.install())) {
      InMemoryPair.End sender = receiver == Role.CLIENT ? pair.server() : pair.client();
      frames.forEach(frame -> wire.writeBytes(sender.send(frame)));
    }
    return wire.toByteArray();
  }

  @Provide
  Arbitrary<List<Integer>> pieces() {
    return Inputs.pieces();
  }

  @Provide
  Arbitrary<List<Frame>> conversations() {
    return Inputs.conversations();
  }

  @Provide
  Arbitrary<Agreement> agreements() {
    return Agreement.any();
  }

  @Property
  void agreesWithTheObviousDecoderOnWhatAndAtWhichByte(@ForAll("arrivals") Arrival arrival) {
    Assume.that(arrival.delivery() != Delivery.FRAGMENTS); // which come as their bytes do
    assertThat(arrival.heard(List.of(1), false))
        .isEqualTo(
            ReferenceDecoder.decode(
                arrival.role(), arrival.limits(), arrival.delivery(), arrival.stream()));
  }

  @Property
  void saysTheSameHoweverTheBytesAreCut(
      @ForAll("arrivals") Arrival arrival, @ForAll("pieces") List<Integer> pieces) {
    List<Heard.What> said = arrival.said(List.of(), false);
    assertThat(arrival.said(List.of(), true)).as("messages first").isEqualTo(said);
    assertThat(arrival.said(pieces, false)).as("in pieces").isEqualTo(said);
    assertThat(arrival.said(pieces, true)).as("in pieces, messages first").isEqualTo(said);
  }

  @Property
  void saysTheSameHoweverCompressedBytesAreCut(
      @ForAll("agreedArrivals") Arrival arrival, @ForAll("pieces") List<Integer> pieces) {
    List<Heard.What> said = decoded(arrival.said(List.of(), false));
    assertThat(decoded(arrival.said(pieces, false))).as("in pieces").isEqualTo(said);
    assertThat(decoded(arrival.said(pieces, true))).as("messages first").isEqualTo(said);
    assertThat(decoded(arrival.said(List.of(1), false))).as("byte by byte").isEqualTo(said);
    Statistics.label("data frames received")
        .collect(said.stream().anyMatch(InboundPropertiesTest::isData))
        .coverage(coverage -> coverage.check(true).percentage(some -> some > 20));
    Statistics.label("undecodable")
        .collect(said.contains(UNDECODABLE))
        .coverage(coverage -> coverage.check(true).percentage(some -> some > 5));
  }

  private static boolean isData(Heard.What what) {
    return what instanceof Heard.What.Received(Frame frame) && !frame.opcode().isControl();
  }

  /**
   * Makes the three ways one in which what is compressed may be wrong. A frame may be so in several
   * at once, no text and no sound stream; what was seen first then depends on how much was decoded
   * in one go.
   */
  private static List<Heard.What> decoded(List<Heard.What> said) {
    return said.stream()
        .map(
            what ->
                what instanceof Heard.What.Failed(Violation violation)
                        && DECODING.contains(violation)
                    ? UNDECODABLE
                    : what)
        .toList();
  }

  @Property
  void receivesWhatWasSentWhateverWasAgreed(
      @ForAll("conversations") List<Frame> frames,
      @ForAll("agreements") Agreement agreement,
      @ForAll Role sender,
      @ForAll Delivery delivery,
      @ForAll("pieces") List<Integer> pieces) {
    try (InMemoryPair pair = InMemoryPair.open(Limits.DEFAULT, delivery, agreement.install())) {
      InMemoryPair.End from = sender == Role.CLIENT ? pair.client() : pair.server();
      InMemoryPair.End to = sender == Role.CLIENT ? pair.server() : pair.client();
      ByteArrayOutputStream wire = new ByteArrayOutputStream();
      frames.forEach(frame -> wire.writeBytes(from.send(frame)));
      int piece = frames.size() > 12 ? 1000 : pieces.getFirst() * 7;
      List<Heard.What> heard =
          to.receive(wire.toByteArray(), piece).stream().map(Heard::of).toList();
      assertThat(delivery == Delivery.FRAGMENTS ? joined(heard) : heard)
          .isEqualTo(expected(frames, delivery));
    }
  }

  private static List<Heard.What> expected(List<Frame> frames, Delivery delivery) {
    boolean messages = delivery != Delivery.FRAMES;
    List<Heard.What> expected = new ArrayList<>();
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    for (Frame frame : frames) {
      switch (frame) {
        case Frame.Text text when messages -> {
          message.writeBytes(text.data());
          if (text.fin()) {
            expected.add(new Heard.What.Received(new Frame.Text(message.toByteArray())));
            message.reset();
          }
        }
        case Frame.Binary binary when messages -> {
          message.writeBytes(binary.data());
          if (binary.fin()) {
            expected.add(new Heard.What.Received(new Frame.Binary(message.toByteArray())));
            message.reset();
          }
        }
        case Frame.Ping ping when messages -> {
          expected.add(new Heard.What.Received(ping));
          expected.add(new Heard.What.ReplyDue(new Frame.Pong(ping.data())));
        }
        case Frame.Close close -> {
          expected.add(new Heard.What.Received(close));
          if (messages) {
            expected.add(new Heard.What.ReplyDue(close));
          }
          expected.add(new Heard.What.Ended(true));
        }
        case Frame other -> expected.add(new Heard.What.Received(other));
      }
    }
    return expected;
  }

  /** Joins the fragments of each message; how much came of one that is not whole says nothing. */
  private static List<Heard.What> joined(List<Heard.What> heard) {
    List<Heard.What> joined = new ArrayList<>();
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    for (Heard.What what : heard) {
      if (what instanceof Heard.What.Received(Frame frame) && !frame.opcode().isControl()) {
        message.writeBytes(frame.data());
        if (frame.fin()) {
          byte[] whole = message.toByteArray();
          message.reset();
          joined.add(
              new Heard.What.Received(
                  frame.opcode() == Opcode.TEXT ? new Frame.Text(whole) : new Frame.Binary(whole)));
        }
      } else {
        joined.add(what);
      }
    }
    return joined;
  }
}
