// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketProtocolException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Raw DEFLATE (RFC 1951) as WebSocket extensions use it: each message or frame ends in a sync
 * flush, whose last four bytes, {@code 00 00 ff ff}, do not travel (RFC 7692 §7.2.1).
 *
 * <p>A {@link Compressor} and a {@link Decompressor} each serve one direction of one connection.
 * They take native memory with the first byte, give it back after each message where no context is
 * taken over, for whoever comes next, and are dead after {@code end} or the first failure: a
 * context that may be wrong is never used again.
 */
final class RawDeflate {
  private static final int TAIL = 4;
  static final int STEP = 16 << 10;
  private static final byte[] EMPTY = {};

  private RawDeflate() {}

  /** Where the zlib streams come from and go to; tests count them here. */
  interface Streams {
    default Deflater deflater(int level) {
      return new Deflater(level, true);
    }

    default Inflater inflater() {
      return new Inflater(true);
    }

    /** Returns an array of {@link #STEP} bytes, whose content means nothing. */
    default byte[] chunk() {
      return new byte[STEP];
    }

    /** Takes a chunk that nobody uses any more. */
    default void giveBack(byte[] chunk) {}

    /** Takes a deflater that is sound and done with its message. */
    default void giveBack(Deflater deflater, int level) {
      deflater.end();
    }

    /** Takes an inflater that is sound and done with its message. */
    default void giveBack(Inflater inflater) {
      inflater.end();
    }
  }

  /** Returns a data frame with another payload and another first reserved bit. */
  static Frame replace(Frame frame, byte[] data, boolean rsv1) {
    return frame.opcode() == Opcode.TEXT
        ? new Frame.Text(data, frame.fin(), rsv1, frame.rsv2(), frame.rsv3())
        : new Frame.Binary(data, frame.fin(), rsv1, frame.rsv2(), frame.rsv3());
  }

  /**
   * Refuses an outgoing frame that says of itself that it is compressed.
   *
   * @throws IllegalArgumentException if the first reserved bit is set
   */
  static void requireRsv1Clear(Frame frame, String extension) {
    if (frame.rsv1()) {
      throw new IllegalArgumentException(
          "rsv1 set in a frame to send, which is up to " + extension);
    }
  }

  /**
   * Compresses one direction.
   *
   * <p>The window of {@link Deflater} is always 32 KiB. A smaller one is kept by a full flush after
   * every {@code window} bytes of input, counted over messages as the context is. Proof: a full
   * flush forgets all that came before it, so a back-reference and what it refers to lie between
   * the same two full flushes. That stretch has at most {@code window} bytes, so the distance is at
   * most {@code window - 1}. A peer that inflates with a window of that size, 256 bytes included,
   * can follow.
   */
  static final class Compressor {
    private final Streams streams;
    private final int level;
    private final boolean takeover;
    private final int window;
    private @Nullable Deflater deflater;
    private int sinceFullFlush;
    private boolean ended;

    Compressor(Streams streams, int level, int windowBits, boolean noContextTakeover) {
      this.streams = streams;
      this.level = level;
      this.takeover = !noContextTakeover;
      // With all 15 bits there is nothing to keep, and a flush every 2 GiB does not matter.
      this.window = windowBits == Parameters.MAX_WINDOW_BITS ? Integer.MAX_VALUE : 1 << windowBits;
    }

    /**
     * Compresses a payload; all of it can be inflated from what is returned.
     *
     * @param last whether a message ends here, and the tail is cut off
     */
    byte[] compress(byte[] data, boolean last) {
      requireNotEnded(ended);
      boolean done = false;
      try {
        byte[] compressed;
        if (data.length > 0) {
          compressed = deflate(data, last ? TAIL : 0);
        } else {
          // RFC 7692 §7.2.3.6: zlib makes no second flush out of nothing; this is what one is.
          compressed = last ? new byte[] {0} : EMPTY;
        }
        if (last && !takeover) {
          giveBack();
        }
        done = true;
        return compressed;
      } finally {
        if (!done) {
          end();
        }
      }
    }

    private byte[] deflate(byte[] data, int cut) {
      if (deflater == null) {
        deflater = streams.deflater(level);
        sinceFullFlush = 0;
      }
      Output output = new Output(streams);
      for (int from = 0; from < data.length; ) {
        int length = Math.min(data.length - from, window - sinceFullFlush);
        deflater.setInput(data, from, length);
        from += length;
        sinceFullFlush += length;
        int flush = Deflater.SYNC_FLUSH;
        if (sinceFullFlush == window) {
          flush = Deflater.FULL_FLUSH;
          sinceFullFlush = 0;
        }
        int room;
        int count;
        do {
          room = output.free();
          count = deflater.deflate(output.chunk, output.filled, room, flush);
          output.took(count);
          // zlib leaves room over only when it has taken the input and finished the flush.
        } while (count == room);
      }
      deflater.setInput(EMPTY); // or it holds on to the caller's array until the next message
      return output.join(cut);
    }

    private void giveBack() {
      if (deflater != null) {
        Deflater done = deflater;
        deflater = null; // before: what the pool has is no more ours to end
        streams.giveBack(done, level);
      }
    }

    private void release() {
      if (deflater != null) {
        deflater.end();
        deflater = null;
      }
    }

    /** Gives back what is held, for good. */
    void end() {
      ended = true;
      release();
    }
  }

  /** Decompresses one direction, whatever window the peer compresses with. */
  static final class Decompressor {
    private static final byte[] TAIL_AND_FINAL_BLOCK = {0, 0, -1, -1, 1, 0, 0, -1, -1};
    private static final byte[] TAIL_AND_EMPTY_BLOCKS = new byte[TAIL + 64 * 5];

    static {
      for (int i = 0; i < TAIL_AND_EMPTY_BLOCKS.length; i += 5) {
        TAIL_AND_EMPTY_BLOCKS[i + 2] = -1;
        TAIL_AND_EMPTY_BLOCKS[i + 3] = -1;
      }
    }

    private final Streams streams;
    private final boolean takeover;
    private @Nullable Inflater inflater;
    private boolean betweenBlocks = true;
    private boolean ended;

    Decompressor(Streams streams, boolean noContextTakeover) {
      this.streams = streams;
      this.takeover = !noContextTakeover;
    }

    /**
     * Decompresses what can be decompressed of a message so far, into a frame without the first
     * reserved bit.
     *
     * @param last whether a message ends here, and the tail is missing
     * @param room how many bytes may come out
     * @throws WebSocketProtocolException if more would come out, or the data is not sound
     */
    Frame decompress(Frame frame, boolean last, long room) {
      requireNotEnded(ended);
      boolean done = false;
      try {
        byte[] data = frame.data();
        Frame result = data.length == 0 ? replace(frame, EMPTY, false) : inflate(frame, data, room);
        if (last) {
          endMessage();
        }
        done = true;
        return result;
      } catch (DataFormatException e) {
        throw new WebSocketProtocolException(
            Violation.COMPRESSED_DATA_INVALID, "compressed data invalid: " + e.getMessage(), e);
      } finally {
        if (!done) {
          end();
        }
      }
    }

    private Frame inflate(Frame frame, byte[] data, long room) throws DataFormatException {
      if (inflater == null) {
        inflater = streams.inflater();
      }
      // One byte over the limit tells that it is passed.
      long most = Math.min(room, Integer.MAX_VALUE - 8) + 1;
      Output output = new Output(streams);
      inflater.setInput(data);
      betweenBlocks = false;
      while (!betweenBlocks) {
        int free = (int) Math.min(output.free(), most - output.size());
        int count = inflater.inflate(output.chunk, output.filled, free);
        output.took(count);
        if (output.size() == most) {
          throw new WebSocketProtocolException(
              Violation.MESSAGE_TOO_BIG,
              "compressed message inflates to more than the "
                  + (most - 1)
                  + " bytes that maxMessageSize has left for it");
        }
        if (inflater.finished()) {
          // RFC 7692 §7.2.3.4: a block with BFINAL ends a stream, but not the message. As zlib's
          // senders do, we begin the next stream with an empty window.
          int rest = inflater.getRemaining();
          inflater.reset();
          inflater.setInput(data, data.length - rest, rest);
          betweenBlocks = rest == 0;
        } else if (count < free) {
          // zlib leaves room over only when it has taken all input.
          break;
        }
      }
      inflater.setInput(EMPTY); // or it holds the payload until the next one
      return output.replace(frame);
    }

    /**
     * Adds the tail, and finds out whether the message was whole: after the tail, the inflater must
     * stand between two blocks. {@link Inflater} does not tell where it stands, so we go on with
     * blocks that are empty. Between blocks they change nothing; within a block they are taken for
     * something else, which shows as an output or an error. Where no context is taken over, one
     * final block does, as it finishes the stream. It would also forget the window; where that is
     * needed there are plain ones, more than the header of a dynamic block can swallow (2,283
     * bits). What this cannot see is a cut header that our own bits happen to complete to a sound
     * and empty block.
     *
     * <p>Deviation: a message that ends with BFINAL and leaves out the octet that RFC 7692 §7.2.3.4
     * has follow it, or that has no payload at all, is as well taken as whole; it is, and other
     * receivers take it.
     */
    private void endMessage() throws DataFormatException {
      if (inflater != null && !betweenBlocks) {
        inflater.setInput(takeover ? TAIL_AND_EMPTY_BLOCKS : TAIL_AND_FINAL_BLOCK);
        inflater.inflate(EMPTY);
        if (inflater.getRemaining() > 0 || inflater.finished() == takeover) {
          throw new DataFormatException("message ends within a block");
        }
        betweenBlocks = true;
      }
      if (!takeover) {
        giveBack();
      }
    }

    private void giveBack() {
      if (inflater != null) {
        Inflater done = inflater;
        inflater = null; // before: what the pool has is no more ours to end
        streams.giveBack(done);
      }
    }

    private void release() {
      if (inflater != null) {
        inflater.end();
        inflater = null;
      }
    }

    /** Gives back what is held, for good. */
    void end() {
      ended = true;
      release();
    }
  }

  private static void requireNotEnded(boolean ended) {
    if (ended) {
      throw new IllegalStateException("this direction of the extension has ended");
    }
  }

  /**
   * What comes out, of unknown length: chunks that are joined at the end. Most messages fit the
   * first one, which is used again.
   */
  private static final class Output {
    private final Streams streams;
    private List<byte[]> full = List.of();
    private byte[] chunk;
    private int filled;
    private long fullSize;

    Output(Streams streams) {
      this.streams = streams;
      this.chunk = streams.chunk();
    }

    int free() {
      return chunk.length - filled;
    }

    long size() {
      return fullSize + filled;
    }

    /** Counts bytes that were put into the chunk. If it is full, begins another. */
    void took(int count) {
      filled += count;
      if (filled == chunk.length) {
        if (full.isEmpty()) {
          full = new ArrayList<>();
        }
        full.add(chunk);
        fullSize += filled;
        chunk = new byte[STEP];
        filled = 0;
      }
    }

    /** Makes what came out the payload. Text that fits the first chunk is copied but once. */
    Frame replace(Frame frame) {
      boolean wholeText = frame.opcode() == Opcode.TEXT && frame.fin();
      if (!wholeText || !full.isEmpty() || frame.rsv2() || frame.rsv3()) {
        return RawDeflate.replace(frame, join(0), false);
      }
      Frame text = Frame.Text.copyOf(chunk, 0, filled);
      streams.giveBack(chunk);
      return text;
    }

    byte[] join(int cut) {
      byte[] joined = new byte[Math.toIntExact(size() - cut)];
      int size = 0;
      for (byte[] each : full) {
        int length = Math.min(each.length, joined.length - size);
        System.arraycopy(each, 0, joined, size, length);
        size += length;
      }
      System.arraycopy(chunk, 0, joined, size, joined.length - size);
      streams.giveBack(chunk);
      return joined;
    }
  }
}
