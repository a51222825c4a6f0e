// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.Settings;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** What raw sockets send: frames encoded once, in blocks of about 64 KiB. */
final class RawFrames {
  private static final int BLOCK = 64 << 10;
  private static final String OFFER = "Sec-WebSocket-Extensions: permessage-deflate\n";
  private static final byte[] KEY = {0x12, 0x34, 0x56, 0x78};

  private final int frameLength;
  private final int perBlock;
  private final ByteBuffer block;

  /** Encodes as many messages as fit in a block, at least one, for buffers of a kind. */
  RawFrames(Settings settings, boolean direct) {
    byte[] payload = new byte[settings.largest()];
    for (int i = 0; i < payload.length; i++) {
      payload[i] = (byte) ('a' + i % 26);
    }
    byte[] frame = frame(payload, settings.text());
    frameLength = frame.length;
    perBlock = settings.sessions() > 1 ? 1 : Math.max(1, BLOCK / frameLength);
    int capacity = perBlock * frameLength;
    block = direct ? ByteBuffer.allocateDirect(capacity) : ByteBuffer.allocate(capacity);
    for (int i = 0; i < perBlock; i++) {
      block.put(frame);
    }
  }

  int perBlock() {
    return perBlock;
  }

  /** Returns the first so many frames of the block, ready to be written. */
  ByteBuffer first(int frames) {
    return block.position(0).limit(frames * frameLength);
  }

  static byte[] frame(byte[] payload, boolean text) {
    int length = payload.length;
    ByteBuffer frame = ByteBuffer.allocate(length + 14);
    frame.put((byte) (0x80 | (text ? 1 : 2)));
    if (length < 126) {
      frame.put((byte) (0x80 | length));
    } else if (length < 1 << 16) {
      frame.put((byte) (0x80 | 126)).putShort((short) length);
    } else {
      frame.put((byte) (0x80 | 127)).putLong(length);
    }
    frame.put(KEY);
    for (int i = 0; i < length; i++) {
      frame.put((byte) (payload[i] ^ KEY[i & 3]));
    }
    byte[] bytes = new byte[frame.position()];
    frame.flip().get(bytes);
    return bytes;
  }

  /** Returns the opening request, always with the same key. */
  static byte[] request(URI uri, boolean compressed) {
    String target = uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
    return """
    GET %s HTTP/1.1
    Host: %s:%d
    Upgrade: websocket
    Connection: Upgrade
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==
    Sec-WebSocket-Version: 13
    %s
    """
        .formatted(target, uri.getHost(), uri.getPort(), compressed ? OFFER : "")
        .replace("\n", "\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  /** Returns the length of the head of the frame at a buffer's position, or 0 if it is cut. */
  static int headLength(ByteBuffer in) {
    if (in.remaining() < 2) {
      return 0;
    }
    int code = in.get(in.position() + 1);
    int length = code < 126 ? 2 : code == 126 ? 4 : 10;
    return in.remaining() < length ? 0 : length;
  }

  /** Returns the payload's length of the frame at a buffer's position, whose head is there. */
  static int payloadLength(ByteBuffer in) {
    int code = in.get(in.position() + 1);
    return code < 126
        ? code
        : code == 126
            ? in.getShort(in.position() + 2) & 0xffff
            : (int) in.getLong(in.position() + 2);
  }

  /** Tells whether the head of a response is whole; then the position is behind it. */
  static boolean skipResponse(ByteBuffer in) {
    for (int i = in.position(); i + 4 <= in.limit(); i++) {
      if (in.getInt(i) == 0x0d0a0d0a) {
        if (in.get(in.position() + 9) != '1') {
          throw new IllegalStateException("the server refused");
        }
        in.position(i + 4);
        return true;
      }
    }
    return false;
  }
}
