// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.lang.System.Logger.Level;
import java.util.List;
import java.util.function.Consumer;

/**
 * The negotiated extensions of a connection, passed in order: outgoing frames from first to last,
 * incoming ones from last to first (RFC 6455 §9.1). It sees to it that an extension changes nothing
 * of a frame but the payload and the reserved bits that are its own.
 */
final class ExtensionChain {
  private static final ExtensionChain EMPTY = new ExtensionChain(List.of());

  private final List<WebSocketExtension<?>> extensions;
  private final int claimedBits;
  private final boolean mayEncodeUnmarkedFrames;
  private final boolean decodesPieces;

  /**
   * Makes a chain; that of no extensions is one for all.
   *
   * @throws IllegalArgumentException if two extensions claim the same reserved bit
   */
  static ExtensionChain of(List<WebSocketExtension<?>> extensions) {
    return extensions.isEmpty() ? EMPTY : new ExtensionChain(extensions);
  }

  private ExtensionChain(List<WebSocketExtension<?>> extensions) {
    this.extensions = List.copyOf(extensions);
    int claimed = 0;
    boolean unmarked = false;
    boolean pieces = true;
    for (WebSocketExtension<?> extension : extensions) {
      int bits = bitsOf(extension);
      if ((claimed & bits) != 0) {
        throw new IllegalArgumentException(
            "extension " + extension.name() + " claims a reserved bit that is already claimed");
      }
      claimed |= bits;
      unmarked |= bits == 0;
      pieces &= extension.decodesPieces();
    }
    this.claimedBits = claimed;
    this.mayEncodeUnmarkedFrames = unmarked;
    this.decodesPieces = pieces;
  }

  boolean isEmpty() {
    return extensions.isEmpty();
  }

  /** Returns the reserved bits with a meaning, at their places in the first byte of a frame. */
  int claimedBits() {
    return claimedBits;
  }

  /** Tells whether a frame without reserved bits may be encoded: an extension claims no bit. */
  boolean mayEncodeUnmarkedFrames() {
    return mayEncodeUnmarkedFrames;
  }

  /** Tells whether a frame can be decoded in pieces, as if each were a frame of its own. */
  boolean decodesPieces() {
    return decodesPieces;
  }

  /**
   * Encodes an outgoing data frame.
   *
   * @param compress false where the sender wants the message left as it is
   * @throws IllegalStateException if an extension changed what is not its own
   */
  Frame encode(Frame frame, boolean compress) {
    Frame encoded = frame;
    for (WebSocketExtension<?> extension : extensions) {
      Frame result = encode(extension, encoded, compress);
      requireOwnChanges(extension, encoded, result, bitsOf(extension));
      encoded = result;
    }
    return encoded;
  }

  /** An {@link IllegalArgumentException} tells of a mistake of the sender's, which this is not. */
  private static Frame encode(WebSocketExtension<?> extension, Frame frame, boolean compress) {
    try {
      return extension.processOutgoingFrame(frame, compress);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException("extension " + extension.name() + " failed", e);
    }
  }

  /**
   * Decodes an incoming data frame.
   *
   * @param room how many bytes the message may still take; what is not decoded to its end gets some
   *     more, as on the wire
   * @throws WebSocketProtocolException if the frame breaks a rule of an extension, or an extension
   *     fails
   */
  Frame decode(Frame frame, long room) {
    Frame decoded = frame;
    for (int i = extensions.size() - 1; i >= 0; i--) {
      WebSocketExtension<?> extension = extensions.get(i);
      try {
        Frame result = extension.processIncomingFrame(decoded, i == 0 ? room : room + slack(room));
        requireOwnChanges(extension, decoded, result, 0);
        decoded = result;
      } catch (RuntimeException e) {
        if (e instanceof WebSocketProtocolException p && p.violation() != null) {
          throw p;
        }
        throw new WebSocketProtocolException(
            Violation.EXTENSION_FAILED, "extension " + extension.name() + " failed", e);
      }
    }
    return decoded;
  }

  /** Returns by how much a message may be larger while it is encoded, at the least. */
  static long slack(long size) {
    return size / 16 + 4096;
  }

  /** Releases what the incoming direction holds. */
  void endIncoming() {
    release(WebSocketExtension::endIncoming);
  }

  /** Releases what the outgoing direction holds. */
  void endOutgoing() {
    release(WebSocketExtension::endOutgoing);
  }

  /** Returns the reserved bits of a frame, at their places in its first byte. */
  static int bitsOf(Frame frame) {
    return (frame.rsv1() ? 0x40 : 0) | (frame.rsv2() ? 0x20 : 0) | (frame.rsv3() ? 0x10 : 0);
  }

  /** Makes a data frame of the given type, with reserved bits at their places in its first byte. */
  static Frame dataFrame(Opcode type, byte[] payload, boolean fin, int bits) {
    boolean rsv1 = (bits & 0x40) != 0;
    boolean rsv2 = (bits & 0x20) != 0;
    boolean rsv3 = (bits & 0x10) != 0;
    return type == Opcode.TEXT
        ? new Frame.Text(payload, fin, rsv1, rsv2, rsv3)
        : new Frame.Binary(payload, fin, rsv1, rsv2, rsv3);
  }

  private static int bitsOf(WebSocketExtension<?> extension) {
    int bits = 0;
    for (WebSocketExtension.ReservedBit bit : extension.reservedBits()) {
      bits |= bit.mask;
    }
    return bits;
  }

  private static void requireOwnChanges(
      WebSocketExtension<?> extension, Frame before, Frame after, int maySet) {
    int own = bitsOf(extension);
    boolean same =
        after.opcode() == before.opcode()
            && after.fin() == before.fin()
            && (bitsOf(after) & ~maySet) == (bitsOf(before) & ~own);
    if (!same) {
      throw new IllegalStateException(
          "extension "
              + extension.name()
              + " made of a "
              + before
              + " a "
              + after
              + ", expected only its payload and own reserved bits to change");
    }
  }

  /** One extension that fails to release must keep no other from it, nor hide why we end. */
  private void release(Consumer<WebSocketExtension<?>> step) {
    for (WebSocketExtension<?> extension : extensions) {
      try {
        step.accept(extension);
      } catch (Throwable e) {
        System.getLogger(ExtensionChain.class.getName())
            .log(Level.WARNING, "extension " + extension.name() + " failed to release", e);
      }
    }
  }
}
