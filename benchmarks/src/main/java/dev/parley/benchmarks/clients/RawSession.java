// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.PullSession;
import dev.parley.benchmarks.Settings;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Writes frames that were encoded before, and of those it reads looks at the heads alone. */
class RawSession implements PullSession {
  final RawWire wire;
  final ByteBuffer in; // between receives ready to be taken from
  private final RawFrames frames;
  private int held; // messages that were sent and are not written

  RawSession(RawWire wire, RawFrames frames, ByteBuffer in) {
    this.wire = wire;
    this.frames = frames;
    this.in = in.limit(0);
  }

  void open(URI uri, Settings settings) throws IOException {
    boolean compressed = settings.compression() != Settings.Compression.NONE;
    wire.write(copied(RawFrames.request(uri, compressed)));
    do {
      fill();
    } while (!RawFrames.skipResponse(in));
  }

  /** Reads once, behind what is there. */
  final void fill() throws IOException {
    in.compact();
    int n = wire.read(in);
    in.flip();
    if (n < 0) {
      throw new IOException("the server closed");
    }
  }

  final ByteBuffer copied(byte[] bytes) {
    return wire.buffer(bytes.length).put(bytes).flip();
  }

  private void hold() throws IOException {
    if (++held == frames.perBlock()) {
      flush();
    }
  }

  @Override
  public void send(byte[] binary) throws IOException {
    hold();
  }

  @Override
  public void send(String text) throws IOException {
    hold();
  }

  @Override
  public void flush() throws IOException {
    int count = held;
    held = 0;
    if (count > 0) {
      wire.write(frames.first(count));
    }
  }

  @Override
  public void sendNow(String text) throws IOException {
    if (text.length() < 48) { // a question to the server
      flush();
      wire.write(copied(RawFrames.frame(text.getBytes(StandardCharsets.US_ASCII), true)));
    } else {
      hold();
      flush();
    }
  }

  @Override
  public int receive() throws IOException {
    int head;
    while ((head = RawFrames.headLength(in)) == 0) {
      fill();
    }
    int length = RawFrames.payloadLength(in);
    in.position(in.position() + head);
    int left = length;
    while (left > in.remaining()) {
      left -= in.remaining();
      in.position(in.limit());
      fill();
    }
    in.position(in.position() + left);
    return length;
  }

  @Override
  public boolean isReady() {
    int head = RawFrames.headLength(in);
    return head > 0 && head + RawFrames.payloadLength(in) <= in.remaining();
  }

  @Override
  public void close() throws IOException {
    wire.close();
  }
}
