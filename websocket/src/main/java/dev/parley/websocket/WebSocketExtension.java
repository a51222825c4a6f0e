// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.util.Set;

/**
 * A negotiated extension at work on one connection (RFC 6455 §9).
 *
 * <p>Data frames pass through the extensions: outgoing frames in the order of negotiation, incoming
 * ones in the reverse order. Each frame is passed as it stands on the wire, fragment by fragment,
 * as a {@link Frame.Text} or {@link Frame.Binary} whose {@link Frame#fin()} ends the message; an
 * extension that works on whole messages keeps its own state. Control frames do not pass.
 *
 * <p>An extension may change nothing but the payload and its own {@link #reservedBits()}. Where
 * each extension of a connection claims such a bit, an incoming message is encoded from its first
 * frame on that has one of them set; what has none must be left as it is, because its text has been
 * judged by then. An extension that claims no bit may work on every frame.
 *
 * <p>The two directions are independent: {@code processOutgoingFrame} and {@code endOutgoing} are
 * called by one thread at a time, {@code processIncomingFrame} and {@code endIncoming} by one
 * thread at a time, but the two pairs may run at the same moment.
 *
 * @param <C> the configuration that was negotiated
 */
public interface WebSocketExtension<C> {
  /** A reserved bit of the frame header (RFC 6455 §5.2). */
  enum ReservedBit {
    RSV1(0x40),
    RSV2(0x20),
    RSV3(0x10);

    /** The bit's place in the first byte of a frame. */
    final int mask;

    ReservedBit(int mask) {
      this.mask = mask;
    }
  }

  /** Returns the registered name, as in {@code permessage-deflate}. */
  String name();

  /** Returns what was negotiated. */
  C config();

  /** Returns the reserved bits that this extension gives a meaning to. Default: none. */
  default Set<ReservedBit> reservedBits() {
    return Set.of();
  }

  /**
   * Encodes an outgoing data frame: returns the frame that goes on the wire in its place, with the
   * same type and the same {@link Frame#fin()}. What it throws reaches the sender, and no data
   * frame can be sent after it.
   */
  Frame processOutgoingFrame(Frame frame);

  /**
   * Encodes an outgoing data frame, as {@link #processOutgoingFrame(Frame)} does, but lets the
   * sender choose. An extension that compresses overrides it; any other need not.
   *
   * @param compress false where the sender wants the message left as it is, because it knows that
   *     compressing is not worth it; what the first frame of a message says holds for all of it
   */
  default Frame processOutgoingFrame(Frame frame, boolean compress) {
    return processOutgoingFrame(frame);
  }

  /**
   * Tells whether a frame may be decoded in pieces, each as if it were a frame: the first with the
   * reserved bits, the last with {@link Frame#fin()} as the frame has it. So a frame too large for
   * memory passes. Default: false, the extension needs whole frames.
   */
  default boolean decodesPieces() {
    return false;
  }

  /**
   * Decodes an incoming data frame: returns the frame to deliver in its place, with the same type
   * and the same {@link Frame#fin()}, and with the extension's reserved bits cleared.
   *
   * @throws WebSocketProtocolException with its {@link Violation} if the frame breaks a rule of the
   *     extension; whatever else is thrown fails the connection as {@link
   *     Violation#EXTENSION_FAILED}
   */
  Frame processIncomingFrame(Frame frame);

  /**
   * Decodes an incoming data frame into at most {@code room} bytes. An extension that enlarges what
   * it decodes must override this and stop in time; for any other the result is measured
   * afterwards.
   *
   * @param room how many bytes the message may still take
   * @throws WebSocketProtocolException with {@link Violation#MESSAGE_TOO_BIG} if the result needs
   *     more
   */
  default Frame processIncomingFrame(Frame frame, long room) {
    return processIncomingFrame(frame);
  }

  /**
   * Releases what the incoming direction holds. Called once, when nothing more will be received;
   * what it throws is logged.
   */
  default void endIncoming() {}

  /**
   * Releases what the outgoing direction holds. Called once, when nothing more will be sent; what
   * it throws is logged.
   */
  default void endOutgoing() {}
}
