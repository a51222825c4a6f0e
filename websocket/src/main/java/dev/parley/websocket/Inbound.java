// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import dev.parley.websocket.FrameReader.Part;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The receiving half of a connection: it is given the bytes that arrive and tells, event by event,
 * what they mean. Every rule of receiving stands here (RFC 6455 §5).
 *
 * <p>How the bytes are cut makes no difference: the same bytes give the same events. A rule that is
 * broken is reported as soon as the byte that breaks it is there, and never before the messages
 * that were complete by then; what a Close says, and what extensions decode, is judged when it is
 * all there. Memory is taken as payload arrives, not because a length was claimed, but for 8 KiB,
 * or up to 64 where a frame as long came before: in all at most about twice what {@link Limits}
 * allows a message, and three times where an extension decodes a frame only as a whole.
 *
 * <p>Neither blocks nor does I/O. For one thread at a time.
 */
public final class Inbound {
  /** What a data frame becomes. */
  public enum Delivery {
    /** Whole messages, defragmented; a Ping and a Close are followed by the reply that is due. */
    MESSAGES,
    /**
     * Every frame as it came, decoded by the extensions; fragments have the type of their message.
     * No reply is due. As nothing is put together, {@link Limits#maxMessageSize()} bounds each
     * frame by itself, and fragments are not counted.
     */
    FRAMES,
    /**
     * Messages in fragments, cut as they arrive, so that one of any length passes through little
     * memory: a fragment is what was there, and not a frame on the wire. Otherwise as {@link
     * #MESSAGES}. Neither {@link Limits#maxMessageSize()} nor {@link Limits#maxFragments()} bounds
     * a message, except that a frame which an extension can decode only as a whole must fit the
     * first.
     */
    FRAGMENTS
  }

  /**
   * Of an encoded frame so much is decoded at a time: deflate may make a thousand times as much of
   * it.
   */
  private static final int ENCODED_PIECE = 4096;

  /**
   * An encoded frame is decoded as it arrives where it is larger than this, so that it is never
   * held both as it came and as what it becomes; or where it is not all there, so that a rule it
   * breaks is seen at once.
   */
  private static final int LARGE = 64 << 10;

  /** RFC 6455 §5.2: the longest payload whose length stands in the second byte. */
  private static final int SHORT = 125;

  /** RFC 6455 §5.2: says in the second byte that the length stands in the two bytes after it. */
  private static final int LENGTH_FOLLOWS = 126;

  /** The longest payload of which the length stands in two bytes. */
  private static final int MEDIUM = 0xffff;

  private static final byte WHOLE_TEXT = (byte) (0x80 | Opcode.TEXT.code());
  private static final byte WHOLE_BINARY = (byte) (0x80 | Opcode.BINARY.code());

  private final Role role;
  private final Limits limits;
  private final Delivery delivery;
  private final ExtensionChain extensions;
  private final int maxMessageSize;

  /** Whether frames are cut as they arrive. */
  private final boolean cuts;

  /** Whether the data frame being read is taken in pieces. */
  private boolean inPieces;

  /** Made with the first frame that is read part by part: many sessions receive none. */
  private FrameReader reader = FrameReader.UNUSED;

  /** See {@link LastFrames}. Made with the first frame: many sessions receive none. */
  private volatile long @Nullable [] lastFrames;

  /** How long a frame may be that is read in one go; negative where none is. */
  private final int mostAtOnce;

  /** The frame being read. */
  private Opcode opcode = Opcode.CONTINUATION;

  /** The message being read: TEXT or BINARY; CONTINUATION while there is none. */
  private Opcode messageType = Opcode.CONTINUATION;

  /** What came of the message being read; made with the first fragment that others follow. */
  private @Nullable MessageAssembler message;

  private int fragments;
  private long declaredSize;

  /** Whether extensions decode the message, so that its bytes on the wire are not yet its text. */
  private boolean encoded;

  /** Where short texts are looked at; made with the first. */
  private byte @Nullable [] scratch;

  /** What is known of the text being read, where it is cut: see {@link Utf8Validator}. */
  private int text = Utf8Validator.COMPLETE;

  /** How many bytes of the payload being read have been judged for it. */
  private int judged;

  /** Whether a piece of the frame being read was taken, so that the next is not its first. */
  private boolean inFrame;

  private @Nullable Event replyDue;
  private boolean ended;
  private boolean closeReceived;
  private boolean failed;

  /**
   * Makes the receiving half of a connection that is open.
   *
   * @param role the side that receives
   * @param limits what the peer may make us hold
   * @param delivery what a data frame becomes
   * @param extensions what was negotiated, in the order of negotiation
   * @throws IllegalArgumentException if two extensions claim the same reserved bit
   */
  public Inbound(
      Role role, Limits limits, Delivery delivery, List<WebSocketExtension<?>> extensions) {
    this.role = role;
    this.limits = limits;
    this.delivery = delivery;
    this.extensions = ExtensionChain.of(extensions);
    this.maxMessageSize = (int) Math.min(limits.maxMessageSize(), Limits.MAX_ARRAY);
    boolean unmasked = role == Role.CLIENT;
    this.mostAtOnce =
        unmasked && this.extensions.isEmpty()
            ? (int) Math.min(MEDIUM, Math.min(maxMessageSize, limits.maxFrameSize()))
            : -1;
    this.cuts = delivery == Delivery.FRAGMENTS && this.extensions.decodesPieces();
  }

  /**
   * Reads on until one event is complete.
   *
   * <p>After a Close frame, its reply, and after the end of the stream, every call returns {@link
   * Event.Ended}; after {@link Event.Failed} every call returns {@code null}. Either way the bytes
   * are taken and ignored.
   *
   * @param bytes what arrived, from position to limit; the position advances past what was read
   * @return the event, or {@code null} where all bytes are read and more are needed
   */
  public @Nullable Event poll(ByteBuffer bytes) {
    if (replyDue != null) {
      Event due = replyDue;
      replyDue = null;
      return due;
    }
    if (ended) {
      bytes.position(bytes.limit());
      return failed ? null : new Event.Ended(closeReceived);
    }
    try {
      return read(bytes);
    } catch (WebSocketProtocolException e) {
      failed = true;
      end();
      return new Event.Failed(e);
    }
  }

  /**
   * Reads a message that is one frame of less than 64 KiB and is all there, if that comes next and
   * no extension has a say in it: what {@link #poll} would report as {@link Event.Received}, for
   * less. Where anything else comes next, or may, the bytes are left alone for {@code poll}.
   *
   * @param bytes what arrived, from position to limit; the position advances past what was read
   * @return the message, a {@link Frame.Text} or a {@link Frame.Binary}; or {@code null}
   */
  public @Nullable Frame pollMessage(ByteBuffer bytes) {
    Frame message = isAtMessage() ? wholeMessage(bytes) : null;
    if (message != null) {
      remember(message);
    }
    return message;
  }

  /**
   * Reads messages as {@link #pollMessage} does, one after the other, for less than by as many
   * calls of it.
   *
   * @param bytes what arrived, from position to limit; the position advances past what was read
   * @param messages where they are put
   * @param from the first place to put one
   * @return the place after the last
   */
  public int pollMessages(ByteBuffer bytes, @Nullable Frame[] messages, int from) {
    int next = from;
    if (isAtMessage()) {
      Frame message;
      while (next < messages.length && (message = wholeMessage(bytes)) != null) {
        messages[next++] = message;
      }
      for (int i = Math.max(from, next - LastFrames.KEPT); i < next; i++) {
        remember(Objects.requireNonNull(messages[i]));
      }
    }
    return next;
  }

  private boolean isAtMessage() {
    return replyDue == null && !ended && reader.next() == Part.FIRST_BYTE && !isInMessage();
  }

  /**
   * Takes note that the stream ended.
   *
   * @return {@link Event.Ended}, clean where a Close frame had been received
   */
  public Event endOfStream() {
    end();
    return new Event.Ended(closeReceived);
  }

  /** Tells whether nothing has come of a message, or of a control frame, that is not whole. */
  public boolean isBetweenMessages() {
    return messageType == Opcode.CONTINUATION && reader.next() == Part.FIRST_BYTE;
  }

  /**
   * Returns how many bytes of memory a message that is not whole takes now. What joining or
   * decoding it takes for a moment is not among them.
   */
  public long held() {
    return (long) assembled() + reader.held();
  }

  /**
   * Returns how much {@link #held} may grow at most while so many bytes are read, but for what a
   * fragment, or a part of a large frame, is decoded to: that counts once it is there. It is
   * rounded up, to four times the bytes or more.
   */
  public long growth(int bytes) {
    return cuts ? 4L * bytes : reader.growth(bytes);
  }

  /** Tells whether nothing more will be read: after a Close, a failure, or the end. */
  public boolean isEnded() {
    return ended;
  }

  /**
   * Returns the headers of the last frames that came, at most four, the oldest first; the last may
   * be one that broke a rule, or whose payload is not all there. Any thread may ask.
   */
  public List<FrameHeader> lastFrames() {
    return LastFrames.list(lastFrames);
  }

  /**
   * Ends this half and releases what it and its extensions hold. It does so by itself after a
   * Close, a failure, and the end of the stream; doing it again changes nothing.
   */
  public void end() {
    if (!ended) {
      ended = true;
      message = null;
      scratch = null;
      reader = FrameReader.UNUSED;
      extensions.endIncoming();
    }
  }

  private @Nullable Event read(ByteBuffer bytes) {
    for (; ; ) {
      if (reader.next() == Part.FIRST_BYTE) {
        Frame whole = isInMessage() ? null : wholeMessage(bytes);
        if (whole != null) {
          remember(whole);
          return new Event.Received(whole);
        }
        if (!bytes.hasRemaining()) {
          return null;
        }
        if (reader == FrameReader.UNUSED) {
          reader = new FrameReader();
        }
        reader.readFirstByte(bytes);
        judgeFirstByte();
      }
      if (reader.next() == Part.SECOND_BYTE) {
        if (!reader.readSecondByte(bytes)) {
          return null;
        }
        judgeSecondByte(bytes.remaining());
      }
      if (reader.next() == Part.LENGTH) {
        if (!reader.readLength(bytes)) {
          return null;
        }
        judgeLength(bytes.remaining());
      }
      if (inPieces && !opcode.isControl()) {
        boolean last = reader.readPiece(bytes, cuts && encoded ? ENCODED_PIECE : Limits.MAX_ARRAY);
        Event event = piece(last);
        if (event != null) {
          return event;
        }
        if (!last && !bytes.hasRemaining()) {
          return null;
        }
        continue;
      }
      boolean complete = reader.readPayload(bytes);
      if (opcode.isControl()) {
        return complete ? controlFrame() : null;
      }
      judgeTextSoFar();
      if (!complete) {
        return null;
      }
      Event event = dataFrame();
      if (event != null) {
        return event;
      }
    }
  }

  /**
   * Reads a message that is one frame and is all there, which most are, in one go: part by part it
   * takes twice the time. Returns {@code null}, and leaves the bytes alone, where it is anything
   * else, or something may be wrong with it: that is for the parts to tell.
   */
  private @Nullable Frame wholeMessage(ByteBuffer bytes) {
    int start = bytes.position();
    int payloadStart = start + 2;
    if (payloadStart > bytes.limit()) {
      return null;
    }
    byte first = bytes.get(start);
    int length = bytes.get(start + 1); // negative where it is masked
    if (length == LENGTH_FOLLOWS && payloadStart + 2 <= bytes.limit()) {
      length = (bytes.get(start + 2) & 0xff) << 8 | (bytes.get(start + 3) & 0xff);
      payloadStart += 2;
    }
    boolean minimal = (length > SHORT) == (payloadStart > start + 2);
    if ((first != WHOLE_TEXT && first != WHOLE_BINARY)
        || length < 0
        || !minimal
        || length > Math.min(bytes.limit() - payloadStart, mostAtOnce)) {
      return null;
    }
    Frame message = made(bytes, first, payloadStart, length);
    if (message != null) {
      bytes.position(payloadStart + length);
    }
    return message;
  }

  /** Makes a message of the payload of one frame; {@code null} where it is text, and no UTF-8. */
  private @Nullable Frame made(ByteBuffer bytes, byte first, int from, int length) {
    if (first == WHOLE_TEXT && length <= SHORT) {
      Frame text = shortText(bytes, from, length);
      if (text != null) {
        return text;
      }
    }
    byte[] payload = new byte[length];
    bytes.get(from, payload);
    return first == WHOLE_TEXT ? validText(payload) : new Frame.Binary(payload);
  }

  /** Makes a text by way of an array that is kept; {@code null} where it may be no UTF-8. */
  private @Nullable Frame shortText(ByteBuffer bytes, int from, int length) {
    byte[] seen = scratch;
    if (seen == null) {
      seen = new byte[SHORT];
      scratch = seen;
    }
    bytes.get(from, seen, 0, length);
    return Frame.Text.decoded(seen, 0, length);
  }

  /** Makes a text of what is UTF-8; {@code null} where it is not. */
  private static @Nullable Frame validText(byte[] payload) {
    int ascii = Utf8Validator.ascii(payload);
    boolean valid =
        ascii == payload.length || Utf8Validator.isValid(payload, ascii, payload.length);
    return valid ? Frame.Text.ofValid(payload, ascii == payload.length) : null;
  }

  private void judgeFirstByte() {
    Opcode defined = Opcode.of(reader.opcode());
    if (defined == null) {
      throw violation(Violation.RESERVED_OPCODE, "opcode " + reader.opcode());
    }
    opcode = defined;
    // RFC 6455 §5.2: a reserved bit is set only where an extension gives it a meaning
    int allowed = opcode.isControl() ? 0 : extensions.claimedBits();
    if ((reader.reservedBits() & ~allowed) != 0) {
      throw violation(
          Violation.RESERVED_BIT,
          "reserved bits 0x%02x in the first byte of a %s frame, extensions use 0x%02x"
              .formatted(reader.reservedBits(), opcode, allowed));
    }
    if (opcode.isControl()) {
      if (!reader.isFinal()) {
        throw violation(Violation.CONTROL_FRAME_FRAGMENTED, opcode + " frame that is not final");
      }
    } else {
      judgeOrderOfFragments();
    }
  }

  /** RFC 6455 §5.4: a message is one data frame, then continuations; no other may come between. */
  private void judgeOrderOfFragments() {
    boolean continues = opcode == Opcode.CONTINUATION;
    if (continues != isInMessage()) {
      throw continues
          ? violation(Violation.CONTINUATION_OF_NOTHING, "CONTINUATION frame outside a message")
          : violation(
              Violation.MESSAGE_INTERRUPTED,
              opcode + " frame inside a " + messageType + " message, expected a CONTINUATION");
    }
    if (!continues) {
      messageType = opcode;
      encoded = extensions.mayEncodeUnmarkedFrames();
      fragments = 0;
      declaredSize = 0;
    }
    encoded |= reader.reservedBits() != 0;
    if (delivery == Delivery.MESSAGES && ++fragments > limits.maxFragments()) {
      throw violation(
          Violation.TOO_MANY_FRAGMENTS,
          "message of more than " + limits.maxFragments() + " fragments (maxFragments)");
    }
  }

  private void judgeSecondByte(int there) {
    // RFC 6455 §5.1: a client masks all its frames, a server none
    if (reader.isMasked() != (role == Role.SERVER)) {
      throw reader.isMasked()
          ? violation(Violation.FRAME_MASKED, opcode + " frame of a server is masked")
          : violation(Violation.FRAME_NOT_MASKED, opcode + " frame of a client is not masked");
    }
    // RFC 6455 §5.5: the two long forms of a length are too long for a control frame in any case
    if (opcode.isControl() && reader.hasLongLength()) {
      throw violation(
          Violation.CONTROL_FRAME_TOO_LONG,
          opcode + " frame with a long form of length, at most 125 bytes");
    }
    if (!reader.hasLongLength()) {
      judgeLength(there);
    }
  }

  private void judgeLength(int there) {
    long length = reader.length();
    remember(reader.firstByte(), length);
    if (length < 0) {
      throw violation(
          Violation.LENGTH_NEGATIVE, "length of " + Long.toUnsignedString(length) + " bytes");
    }
    // RFC 6455 §5.2: the shortest form that holds the length
    if (length < reader.leastLength()) {
      throw violation(
          Violation.LENGTH_NOT_MINIMAL,
          "length of " + length + " bytes in a form for " + reader.leastLength() + " and more");
    }
    if (!opcode.isControl()) {
      judgeSize(length, there);
    } else if (opcode == Opcode.CLOSE && length == 1) {
      throw violation(
          Violation.CLOSE_PAYLOAD_OF_ONE_BYTE, "CLOSE payload of 1 byte, expected none or a code");
    }
  }

  /**
   * Judges the length that a data frame claims, before a byte of its payload is kept.
   *
   * @param there how many bytes there are that may be of its payload
   */
  private void judgeSize(long length, int there) {
    if (length > limits.maxFrameSize()) {
      throw violation(
          Violation.FRAME_TOO_BIG,
          "frame of " + length + " bytes, maxFrameSize is " + limits.maxFrameSize());
    }
    inPieces = cuts || (encoded && length > Math.min(LARGE, there) && extensions.decodesPieces());
    if (cuts) {
      return; // nothing of a frame is kept
    }
    if (delivery != Delivery.MESSAGES) {
      declaredSize = 0;
    }
    // Incompressible data grows when it is encoded: by ten bytes in 256 where flushing keeps a
    // window of 8 bits, by five in 127 where zlib has the least memory, and with each fragment.
    // What counts for an encoded message is its decoded size; on the wire it gets some more room.
    // What is decoded as it arrives takes no memory by that: it may be twice as much.
    long most = extensions.decodesPieces() ? maxMessageSize : ExtensionChain.slack(maxMessageSize);
    long slack = encoded ? most + 16L * fragments : 0;
    if (length > Math.min(maxMessageSize + slack, Limits.MAX_ARRAY) - declaredSize) {
      throw messageTooBig(declaredSize + length);
    }
    declaredSize += length;
  }

  /** RFC 6455 §8.1: text is judged as it arrives, also inside a frame that is not complete. */
  private void judgeTextSoFar() {
    if (messageType == Opcode.TEXT && !encoded) {
      judgeText(reader.payload(), reader.received());
    }
  }

  private void judgeText(byte[] payload, int end) {
    text = Utf8Validator.judge(text, payload, judged, end);
    if (text == Utf8Validator.INVALID) {
      throw violation(Violation.TEXT_NOT_UTF8, "byte that no UTF-8 text can have at its place");
    }
    judged = end;
  }

  /** Takes what was read of a frame, and returns it, or what it completes; or {@code null}. */
  private @Nullable Event piece(boolean last) {
    boolean fin = last && reader.isFinal();
    boolean whole = cuts || (delivery == Delivery.FRAMES ? last : fin);
    int bits = inFrame ? 0 : reader.reservedBits();
    byte[] payload = reader.takePiece();
    inFrame = !last;
    if (last) {
      reader.takePayload();
    }
    if (!extensions.isEmpty()) {
      long room = cuts ? Limits.MAX_ARRAY : maxMessageSize - assembled();
      payload = decode(payload, fin, bits, room).data();
    }
    judgeWholeText(payload, fin);
    if (!whole) {
      keep(payload);
      return null;
    }
    if (cuts && payload.length == 0 && !fin) {
      return null; // nothing to deliver
    }
    Frame frame = frame(cuts ? payload : join(payload), fin);
    if (fin) {
      messageType = Opcode.CONTINUATION;
    }
    return new Event.Received(frame);
  }

  private int assembled() {
    return message == null ? 0 : message.size();
  }

  private void keep(byte[] fragment) {
    if (message == null) {
      message = new MessageAssembler();
    }
    message.add(fragment);
  }

  private byte[] join(byte[] last) {
    return message == null ? last : message.join(last);
  }

  private void judgeWholeText(byte[] payload, boolean fin) {
    if (messageType == Opcode.TEXT) {
      judgeText(payload, payload.length);
      judged = 0;
      if (fin && text != Utf8Validator.COMPLETE) {
        throw violation(Violation.TEXT_NOT_UTF8, "text that ends inside a character");
      }
    }
  }

  private @Nullable Event dataFrame() {
    boolean fin = reader.isFinal();
    byte[] payload = reader.takePayload();
    if (!extensions.isEmpty()) {
      int room = maxMessageSize - assembled();
      Frame decoded = decode(payload, fin, reader.reservedBits(), room);
      if (isWholeValidText(decoded)) {
        messageType = Opcode.CONTINUATION;
        return new Event.Received(decoded);
      }
      payload = decoded.data();
    }
    judgeWholeText(payload, fin);
    if (delivery == Delivery.MESSAGES) {
      if (!fin) {
        keep(payload);
        return null;
      }
      payload = join(payload);
    }
    Frame frame = frame(payload, fin);
    if (fin) {
      messageType = Opcode.CONTINUATION;
    }
    return new Event.Received(frame);
  }

  /** Tells whether a frame that was decoded is a message as it is, with nothing left to judge. */
  private boolean isWholeValidText(Frame decoded) {
    return fragments == 1 // which counts where messages are delivered
        && encoded
        && decoded instanceof Frame.Text text
        && text.isKnownValid();
  }

  private Frame decode(byte[] payload, boolean fin, int bits, long room) {
    Frame frame = ExtensionChain.dataFrame(messageType, payload, fin, bits);
    Frame decoded;
    try {
      decoded = extensions.decode(frame, room);
    } catch (WebSocketProtocolException e) {
      if (e.violation() != Violation.MESSAGE_TOO_BIG) {
        throw e;
      }
      // The extension knows what room it had, and nobody how far it would have gone.
      throw new WebSocketProtocolException(
          Violation.MESSAGE_TOO_BIG,
          "message of more than %d bytes when decoded, maxMessageSize is %d"
              .formatted(maxMessageSize, maxMessageSize),
          e);
    }
    if (decoded.length() > room) {
      throw messageTooBig(assembled() + (long) decoded.length());
    }
    if (!encoded && !Arrays.equals(decoded.data(), payload)) {
      throw violation(
          Violation.EXTENSION_FAILED,
          "an extension that claims reserved bits changed a message that has none of them");
    }
    return decoded;
  }

  private Frame frame(byte[] payload, boolean fin) {
    return messageType == Opcode.TEXT && delivery == Delivery.MESSAGES
        ? Frame.Text.ofValid(payload, false)
        : ExtensionChain.dataFrame(messageType, payload, fin, 0);
  }

  private Event controlFrame() {
    byte[] payload = reader.takePayload();
    if (opcode == Opcode.PONG) {
      return new Event.Received(new Frame.Pong(payload));
    }
    if (opcode == Opcode.PING) {
      oweReply(new Frame.Pong(payload));
      return new Event.Received(new Frame.Ping(payload));
    }
    judgeClose(payload);
    Frame close = new Frame.Close(payload);
    closeReceived = true;
    oweReply(close);
    end();
    return new Event.Received(close);
  }

  private static void judgeClose(byte[] payload) {
    if (payload.length == 0) {
      return;
    }
    int code = CloseReason.codeOf(payload);
    if (!CloseReason.isSendable(code)) {
      throw violation(Violation.CLOSE_CODE_INVALID, "close code " + code);
    }
    if (!Utf8Validator.isValid(payload, 2, payload.length)) {
      throw violation(Violation.CLOSE_MESSAGE_NOT_UTF8, "close message that is not UTF-8");
    }
  }

  private void oweReply(Frame reply) {
    if (delivery != Delivery.FRAMES) {
      replyDue = new Event.ReplyDue(reply);
    }
  }

  private void remember(Frame whole) {
    int firstByte = whole instanceof Frame.Text ? WHOLE_TEXT : WHOLE_BINARY;
    remember(firstByte & 0xff, whole.length());
  }

  private void remember(int firstByte, long length) {
    long[] kept = lastFrames;
    if (kept == null) {
      kept = LastFrames.none();
      lastFrames = kept;
    }
    LastFrames.add(kept, firstByte, length);
  }

  private boolean isInMessage() {
    return messageType != Opcode.CONTINUATION;
  }

  private WebSocketProtocolException messageTooBig(long size) {
    // Unsigned, as two lengths of 63 bits may have a sum of 64.
    String bytes = Long.toUnsignedString(size);
    return violation(
        Violation.MESSAGE_TOO_BIG,
        "message of " + bytes + " bytes, maxMessageSize is " + maxMessageSize);
  }

  private static WebSocketProtocolException violation(Violation violation, String detail) {
    return new WebSocketProtocolException(violation, detail);
  }
}
