// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.parley.compliance.Trace.Side;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the client writes, from the end of its request on, on a thread of its own: so a client
 * that is slow to write, and a server that is, never wait for each other. Judges every rule of RFC
 * 6455 §5 that holds for a client.
 */
final class ClientReader implements Runnable {
  /** What stands in {@link #pongs} when there will be no more of them. */
  static final String NO_MORE = "";

  private final DataInputStream in;
  private final Trace trace;
  private final BlockingQueue<Arrival> arrivals = new LinkedBlockingQueue<>();
  private final BlockingQueue<String> pongs = new LinkedBlockingQueue<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final List<Integer> maskingKeys = new ArrayList<>();

  private volatile @Nullable Deflate deflate;
  private final Inflater inflater = new Inflater(true);

  // The message being read.
  private int type;
  private boolean compressed;
  private final ByteArrayOutputStream message = new ByteArrayOutputStream();
  private boolean closed;

  private volatile boolean spokeAfterClose;

  private static final class FaultException extends Exception {
    private static final long serialVersionUID = 1;

    FaultException(String what) {
      super(what);
    }
  }

  ClientReader(InputStream in, Trace trace) {
    this.in = new DataInputStream(in);
    this.trace = trace;
  }

  /** Takes note of what was negotiated; before the response goes out. */
  void deflate(Deflate agreed) {
    deflate = agreed;
  }

  BlockingQueue<Arrival> arrivals() {
    return arrivals;
  }

  /** Returns the payloads of all Pongs, in hexadecimal, marked by {@code #}. */
  BlockingQueue<String> pongs() {
    return pongs;
  }

  /** Tells whether a Ping or a Pong came after the client's Close. */
  boolean spokeAfterClose() {
    return spokeAfterClose;
  }

  List<Integer> maskingKeys() {
    lock.lock();
    try {
      return List.copyOf(maskingKeys);
    } finally {
      lock.unlock();
    }
  }

  static String mark(byte[] payload) {
    return "#" + HexFormat.of().formatHex(payload);
  }

  @Override
  public void run() {
    try {
      for (; ; ) {
        frame();
      }
    } catch (EOFException e) {
      trace.add(Side.CLIENT, "end of stream");
      arrivals.add(new Arrival.End("ended the stream"));
    } catch (IOException e) {
      trace.add(Side.CLIENT, "connection lost: " + e.getMessage());
      arrivals.add(new Arrival.End("dropped the connection"));
    } catch (FaultException e) {
      trace.add(Side.REMARK, String.valueOf(e.getMessage()));
      arrivals.add(new Arrival.Fault(String.valueOf(e.getMessage())));
    } finally {
      pongs.add(NO_MORE);
      inflater.end();
    }
  }

  private void frame() throws IOException, FaultException {
    int first = in.readUnsignedByte();
    int second = in.readUnsignedByte();
    if (first == 'G' && second == 'E') {
      throw new EOFException("another request for something else");
    }
    boolean fin = (first & 0x80) != 0;
    int rsv = first >> 4 & 7;
    int opcode = first & 15;
    long length = second & 0x7f;
    long least = 0;
    if (length == 126) {
      length = in.readUnsignedShort();
      least = 126;
    } else if (length == 127) {
      length = in.readLong();
      least = 65536;
    }
    require(length >= least, "a length of " + length + " bytes in too long a form");
    require((second & 0x80) != 0, "a frame that is not masked: %02x %02x".formatted(first, second));
    require(length <= 4L * Settings.LARGEST, "a frame of " + length + " bytes");
    int key = in.readInt();
    byte[] payload = in.readNBytes((int) length);
    if (payload.length < length) {
      throw new EOFException("stream that ends within a frame");
    }
    for (int i = 0; i < payload.length; i++) {
      payload[i] ^= (byte) (key >>> (24 - 8 * (i & 3)));
    }
    lock.lock();
    try {
      maskingKeys.add(key);
    } finally {
      lock.unlock();
    }
    trace.add(
        Side.CLIENT,
        ServerFrame.describe(opcode, fin, rsv, length) + ", masked: " + Hex.brief(payload));
    // RFC 6455 §5.5.1 forbids data; §5.5.2 has a Ping answered until a Close has been received. So
    // only the case knows what else may follow.
    require(!closed || opcode > ServerFrame.CLOSE, "a frame after its Close");
    spokeAfterClose |= closed;
    if (opcode >= 8) {
      require(rsv == 0 && fin && length <= 125, "a control frame that breaks RFC 6455 §5.5");
      control(opcode, payload);
    } else {
      data(opcode, fin, rsv, payload);
    }
  }

  private void control(int opcode, byte[] payload) throws FaultException {
    switch (opcode) {
      case ServerFrame.CLOSE -> {
        closed = true;
        arrivals.add(close(payload));
      }
      case ServerFrame.PING -> {} // nothing forbids it, and no case asks for it
      case ServerFrame.PONG -> pongs.add(mark(payload));
      default -> throw new FaultException("a frame of a reserved opcode");
    }
  }

  private static Arrival.Close close(byte[] payload) throws FaultException {
    if (payload.length == 0) {
      return new Arrival.Close(1005, "");
    }
    require(payload.length > 1, "a Close with half a code");
    int code = (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
    boolean sendable =
        (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006))
            || (code >= 3000 && code <= 4999);
    require(sendable, "a Close with the code " + code);
    return new Arrival.Close(code, utf8(Arrays.copyOfRange(payload, 2, payload.length)));
  }

  private void data(int opcode, boolean fin, int rsv, byte[] payload) throws FaultException {
    require(opcode <= ServerFrame.BINARY, "a frame of a reserved opcode");
    boolean begins = opcode != ServerFrame.CONTINUATION;
    require(begins == (type == 0), "a fragment out of order");
    require(
        rsv == 0 || (rsv == 4 && begins && deflate != null),
        "a reserved bit that means nothing here");
    if (begins) {
      type = opcode;
      compressed = rsv != 0;
      message.reset();
    }
    message.writeBytes(payload);
    if (fin) {
      byte[] whole = compressed ? inflate(message.toByteArray()) : message.toByteArray();
      if (type == ServerFrame.TEXT) {
        utf8(whole);
      }
      arrivals.add(new Arrival.Echo(Message.of(type == ServerFrame.TEXT, whole)));
      type = 0;
    }
  }

  private byte[] inflate(byte[] compressed) throws FaultException {
    Deflate agreed = deflate;
    if (agreed == null) {
      throw new FaultException("a compressed message, though nothing was negotiated");
    }
    byte[] data = Arrays.copyOf(compressed, compressed.length + 4);
    data[data.length - 2] = (byte) 0xff;
    data[data.length - 1] = (byte) 0xff;
    if (agreed.clientForgets()) {
      inflater.reset();
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      if (agreed.clientBits() > 0 && agreed.clientBits() < 15) {
        int furthest = WindowMeter.furthest(data);
        require(
            furthest <= 1 << agreed.clientBits(),
            "data compressed with a distance of " + furthest + ", out of the agreed window");
      }
      inflater.setInput(data);
      byte[] buffer = new byte[16 << 10];
      for (int count = -1; count != 0; ) {
        count = inflater.inflate(buffer);
        out.write(buffer, 0, count);
      }
      if (inflater.finished()) {
        inflater.reset(); // RFC 7692 §7.2.3.4: a final block ends what can be referred to
      }
    } catch (DataFormatException | IllegalArgumentException e) {
      throw new FaultException("compressed data that cannot be read: " + e.getMessage());
    }
    require(!inflater.needsDictionary(), "compressed data with a preset dictionary");
    return out.toByteArray();
  }

  private static String utf8(byte[] bytes) throws FaultException {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException e) {
      throw new FaultException("text that is not UTF-8");
    }
  }

  private static void require(boolean met, String otherwise) throws FaultException {
    if (!met) {
      throw new FaultException("the client wrote " + otherwise);
    }
  }
}
