// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The sending half of a connection: it takes frames, one at a time, and puts them as bytes into the
 * buffers it is given. Every rule of sending stands here (RFC 6455 §5).
 *
 * <p>A data frame that is not final opens a message; the data frames after it must have its type
 * and go out as continuations, until a final one. Control frames may come between.
 *
 * <p>A frame is judged before anything is changed: after an {@link IllegalArgumentException} the
 * next frame finds everything as it was. Where an extension throws, its state is unknown, and the
 * peer could no longer decode what we send: then no data frame can be sent any more, only control
 * frames, so that the connection can still be closed in order.
 *
 * <p>Neither blocks nor does I/O. For one thread at a time.
 */
public final class Outbound {
  private final ExtensionChain extensions;
  private final boolean masks;
  private final IntSupplier maskingKeys;
  private final FrameWriter writer;

  /** See {@link LastFrames}. Made with the first frame: many sessions send none. */
  private volatile long @Nullable [] lastFrames;

  /** The message being sent: TEXT or BINARY; CONTINUATION while there is none. */
  private Opcode messageType = Opcode.CONTINUATION;

  /** What is known of the text being sent, where it is cut: see {@link Utf8Validator}. */
  private int text = Utf8Validator.COMPLETE;

  private boolean broken;
  private boolean closeTaken;
  private boolean ended;

  /**
   * Makes the sending half of a connection that is open.
   *
   * @param role the side that sends; a client masks
   * @param extensions what was negotiated, in the order of negotiation
   * @param maskingKeys a new, unpredictable masking key at each call (RFC 6455 §5.3); a server
   *     never calls it
   * @throws IllegalArgumentException if two extensions claim the same reserved bit
   */
  public Outbound(Role role, List<WebSocketExtension<?>> extensions, IntSupplier maskingKeys) {
    this.extensions = ExtensionChain.of(extensions);
    this.masks = role == Role.CLIENT;
    this.maskingKeys = maskingKeys;
    this.writer = new FrameWriter(masks);
  }

  /**
   * Takes a frame. {@link #write} then gives its bytes.
   *
   * @throws IllegalArgumentException if the frame cannot be sent now: text that is not UTF-8, a
   *     type other than that of the unfinished message, a reserved bit, which only extensions set,
   *     a Close whose payload is no reason that may be sent
   * @throws IllegalStateException if the former frame is not wholly written, a Close was taken
   *     before, this half has ended, or the frame is a data frame and an extension failed earlier
   * @throws RuntimeException what an extension throws, see the class
   */
  public void begin(Frame frame) {
    begin(frame, true);
  }

  /**
   * Takes a frame, as {@link #begin(Frame)} does.
   *
   * @param compress false to have extensions leave the message as it is; the first frame of a
   *     message says it for all of it
   */
  public void begin(Frame frame, boolean compress) {
    requireReady();
    switch (frame) {
      case Frame.Text data -> beginData(data, judgeText(data), compress);
      case Frame.Binary data -> beginData(data, text, compress);
      case Frame.Close close -> beginClose(close);
      case Frame.Ping ping -> beginOnWire(ping, ping.opcode(), nextKey());
      case Frame.Pong pong -> beginOnWire(pong, pong.opcode(), nextKey());
    }
  }

  /**
   * Takes a whole binary message as {@link #begin} takes a frame of it, and makes such a frame only
   * where an extension is to see it.
   */
  public void beginBinary(byte[] message) {
    Objects.requireNonNull(message, "message");
    if (extensions.isEmpty() && messageType == Opcode.CONTINUATION) {
      requireReady();
      beginOnWire(0x80 | Opcode.BINARY.code(), message, nextKey());
    } else {
      begin(new Frame.Binary(message));
    }
  }

  private void requireReady() {
    if (closeTaken) {
      throw new IllegalStateException("a Close was taken, no frame may follow it");
    }
    if (ended) {
      throw new IllegalStateException("the sending half has ended");
    }
    if (!isIdle()) {
      throw new IllegalStateException("the former frame is not wholly written");
    }
  }

  /** Writes as much of the frame as fits into the buffer, and tells whether nothing is left. */
  public boolean write(ByteBuffer target) {
    return writer.write(target);
  }

  /** Tells whether nothing of a frame is left to write. */
  public boolean isIdle() {
    return writer.isIdle();
  }

  /** Returns how many bytes of the frame are left to write, its header included. */
  public long remaining() {
    return writer.remaining();
  }

  /**
   * Returns the headers of the last frames that were begun, at most four, the oldest first. Any
   * thread may ask.
   */
  public List<FrameHeader> lastFrames() {
    return LastFrames.list(lastFrames);
  }

  /** Tells whether a Close was taken, so that no frame may follow. */
  public boolean closeTaken() {
    return closeTaken;
  }

  /**
   * Ends this half and releases what its extensions hold; what was begun can still be written. It
   * does so by itself when it takes a Close; doing it again changes nothing.
   */
  public void end() {
    if (!ended) {
      ended = true;
      extensions.endOutgoing();
    }
  }

  /** Judges a fragment of text, and returns what is known after it. Changes nothing. */
  private int judgeText(Frame.Text frame) {
    if (frame.isKnownValid() && text == Utf8Validator.COMPLETE) {
      return text;
    }
    int after = Utf8Validator.judge(text, frame.data(), 0, frame.data().length);
    boolean cut = frame.fin() && after != Utf8Validator.COMPLETE;
    if (cut || after == Utf8Validator.INVALID) {
      throw new IllegalArgumentException(
          "text of " + frame.data().length + " bytes is not UTF-8 (RFC 6455 §5.6)");
    }
    return after;
  }

  private void beginData(Frame frame, int textAfter, boolean compress) {
    boolean continues = messageType != Opcode.CONTINUATION;
    if (continues && frame.opcode() != messageType) {
      throw new IllegalArgumentException(
          frame.opcode() + " frame inside an unfinished " + messageType + " message");
    }
    // RFC 6455 §5.2: the bit says what an extension did. One that met its own in what it is given
    // could only fail, when others may have done their part already.
    if (ExtensionChain.bitsOf(frame) != 0) {
      throw new IllegalArgumentException(frame + " has a reserved bit, which only extensions set");
    }
    if (broken) {
      throw new IllegalStateException("an extension has failed, no data frame can be sent");
    }
    int key = nextKey();
    Frame encoded = extensions.isEmpty() ? frame : encode(frame, compress);
    beginOnWire(encoded, continues ? Opcode.CONTINUATION : encoded.opcode(), key);
    messageType = frame.fin() ? Opcode.CONTINUATION : frame.opcode();
    text = textAfter;
  }

  private Frame encode(Frame frame, boolean compress) {
    broken = true; // until every extension has done its part
    Frame encoded = extensions.encode(frame, compress);
    broken = false;
    return encoded;
  }

  private void beginClose(Frame.Close close) {
    CloseReason reason = close.readReason();
    if (reason != null) {
      CloseReason.requireSendable(reason.code());
      if (!Utf8Validator.isValid(close.data(), 2, close.data().length)) {
        throw new IllegalArgumentException("close message is not UTF-8");
      }
    } else if (close.data().length != 0) {
      throw new IllegalArgumentException("Close payload of 1 byte, expected none or a close code");
    }
    beginOnWire(close, Opcode.CLOSE, nextKey());
    closeTaken = true;
    end();
  }

  private void beginOnWire(Frame frame, Opcode opcode, int key) {
    int fin = frame.fin() ? 0x80 : 0;
    beginOnWire(fin | ExtensionChain.bitsOf(frame) | opcode.code(), frame.data(), key);
  }

  private void beginOnWire(int firstByte, byte[] payload, int key) {
    writer.begin(firstByte, payload, key);
    remember(firstByte, payload.length);
  }

  private void remember(int firstByte, long length) {
    long[] kept = lastFrames;
    if (kept == null) {
      kept = LastFrames.none();
      lastFrames = kept;
    }
    LastFrames.add(kept, firstByte, length);
  }

  private int nextKey() {
    return masks ? maskingKeys.getAsInt() : 0;
  }
}
