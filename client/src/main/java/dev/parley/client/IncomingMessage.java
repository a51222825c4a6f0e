// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.InterruptedIOException;
import java.io.Reader;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A message that is read as it arrives, so that it may be of any length. For one thread at a time,
 * until the next message is received: what was not read of it by then is skipped.
 *
 * <p>Reading waits for more to arrive, and holds the peer back by not reading on. It throws an
 * {@link IOException} whose cause is the {@link WebSocketException} where the session ends within
 * the message, or the peer broke a rule: what had been read until then was a part of the message,
 * and nothing tells what is missing. An interrupt throws an {@link InterruptedIOException} with the
 * interrupt flag set again, loses nothing, and reading may go on.
 */
public final class IncomingMessage {
  private final ReceiveChannel<Frame> fragments;
  private final boolean text;
  private final InputStream input = new Input();
  private byte[] fragment;
  private int read;
  private boolean last;
  private @Nullable Reader reader;

  IncomingMessage(ReceiveChannel<Frame> fragments, Frame first) {
    this.fragments = fragments;
    this.text = first instanceof Frame.Text;
    this.fragment = first.data();
    this.last = first.fin();
  }

  /** Tells whether it is a text message; else it is a binary one. */
  public boolean isText() {
    return text;
  }

  /**
   * Returns its bytes: those of the text in UTF-8, which is known to be valid as far as it came.
   */
  public InputStream inputStream() {
    return input;
  }

  /** Returns its text, decoded from UTF-8. Use either this or {@link #inputStream()}. */
  public Reader reader() {
    if (reader == null) {
      reader = new InputStreamReader(input, UTF_8.newDecoder());
    }
    return reader;
  }

  /** Reads on to the end, and drops what comes. */
  void skip() {
    while (!last) {
      take(fragments.receive());
    }
    read = fragment.length;
  }

  private void take(Frame frame) {
    switch (frame) {
      case Frame.Text next -> take(next.data(), next.fin());
      case Frame.Binary next -> take(next.data(), next.fin());
      case Frame.Close close ->
          throw new WebSocketException(
              "the peer closed the session within a message: " + close.readReason());
      case Frame.Ping ping -> throw new AssertionError("not delivered: " + ping);
      case Frame.Pong pong -> throw new AssertionError("not delivered: " + pong);
    }
  }

  private void take(byte[] data, boolean fin) {
    fragment = data;
    read = 0;
    last = fin;
  }

  private final class Input extends InputStream {
    private final byte[] single = new byte[1];

    @Override
    public int read() throws IOException {
      return read(single, 0, 1) < 0 ? -1 : single[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int to, int length) throws IOException {
      Objects.checkFromIndexSize(to, length, target.length);
      if (length == 0) {
        return 0;
      }
      while (read == fragment.length) {
        if (last) {
          return -1;
        }
        receive();
      }
      int count = Math.min(length, fragment.length - read);
      System.arraycopy(fragment, read, target, to, count);
      read += count;
      return count;
    }

    @Override
    public int available() {
      return fragment.length - read;
    }

    private void receive() throws IOException {
      try {
        take(fragments.receive());
      } catch (WebSocketInterruptedException e) {
        InterruptedIOException interrupted = new InterruptedIOException(e.getMessage());
        interrupted.initCause(e);
        throw interrupted;
      } catch (WebSocketException e) {
        throw new IOException(e.getMessage(), e);
      }
    }
  }
}
