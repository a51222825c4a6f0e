// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;

/** An extension that does what a test says, and keeps what it was given. */
final class TestExtension implements WebSocketExtension<String> {
  final List<Frame> outgoing = new ArrayList<>();
  final List<Frame> incoming = new ArrayList<>();
  final List<Long> rooms = new ArrayList<>();
  int endedIncoming;
  int endedOutgoing;

  private final String name;
  private final Set<ReservedBit> reservedBits;
  private final UnaryOperator<Frame> encode;
  private final UnaryOperator<Frame> decode;

  private TestExtension(
      String name,
      Set<ReservedBit> reservedBits,
      UnaryOperator<Frame> encode,
      UnaryOperator<Frame> decode) {
    this.name = name;
    this.reservedBits = reservedBits;
    this.encode = encode;
    this.decode = decode;
  }

  /** Does the same to the frames of both directions. */
  static TestExtension of(UnaryOperator<Frame> both, ReservedBit... bits) {
    return new TestExtension("x-test", Set.of(bits), both, both);
  }

  /** Turns each bit of the payload, of every frame, and claims no reserved bit. */
  static TestExtension inverting() {
    return of(frame -> with(frame, inverted(frame.data()), 0));
  }

  /** Puts a letter after the payload and sets a bit; takes both away again where the bit is set. */
  static TestExtension appending(char letter, ReservedBit bit) {
    return new TestExtension(
        "x-" + letter,
        Set.of(bit),
        frame -> {
          byte[] longer = Arrays.copyOf(frame.data(), frame.data().length + 1);
          longer[frame.data().length] = (byte) letter;
          return with(frame, longer, ExtensionChain.bitsOf(frame) | bit.mask);
        },
        frame -> {
          int bits = ExtensionChain.bitsOf(frame);
          if ((bits & bit.mask) == 0) {
            return frame;
          }
          int last = frame.data().length - 1;
          if (frame.data()[last] != letter) {
            throw new WebSocketProtocolException(
                Violation.COMPRESSED_DATA_INVALID, "payload without its letter");
          }
          return with(frame, Arrays.copyOf(frame.data(), last), bits & ~bit.mask);
        });
  }

  /** Returns a frame of the same type and final bit. */
  static Frame with(Frame frame, byte[] payload, int bits) {
    return ExtensionChain.dataFrame(frame.opcode(), payload, frame.fin(), bits);
  }

  private static byte[] inverted(byte[] payload) {
    byte[] inverted = payload.clone();
    for (int i = 0; i < inverted.length; i++) {
      inverted[i] = (byte) ~inverted[i];
    }
    return inverted;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String config() {
    return "";
  }

  @Override
  public Set<ReservedBit> reservedBits() {
    return reservedBits;
  }

  @Override
  public Frame processOutgoingFrame(Frame frame) {
    outgoing.add(frame);
    return encode.apply(frame);
  }

  @Override
  public Frame processIncomingFrame(Frame frame) {
    incoming.add(frame);
    return decode.apply(frame);
  }

  @Override
  public Frame processIncomingFrame(Frame frame, long room) {
    rooms.add(room);
    return processIncomingFrame(frame);
  }

  @Override
  public void endIncoming() {
    endedIncoming++;
  }

  @Override
  public void endOutgoing() {
    endedOutgoing++;
  }
}
