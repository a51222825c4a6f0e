// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.connection.StreamedMessage;
import dev.parley.client.connection.WebSocketConnection;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.Objects;

/** A message on its way out, a fragment for each bufferful. */
final class MessageOutputStream extends OutputStream {
  private final WebSocketConnection connection;
  private final StreamedMessage message;
  private final boolean text;
  private byte[] buffer;
  private int filled;
  private boolean closed;

  MessageOutputStream(WebSocketConnection connection, boolean text, MessageOptions options) {
    this.connection = connection;
    this.message = new StreamedMessage(options.compressed());
    this.text = text;
    this.buffer = new byte[options.fragmentSize()];
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int from, int length) throws IOException {
    Objects.checkFromIndexSize(from, length, bytes.length);
    requireOpen();
    for (int taken = 0; taken < length; ) {
      if (filled == buffer.length) {
        send(false, taken);
      }
      int count = Math.min(length - taken, buffer.length - filled);
      System.arraycopy(bytes, from + taken, buffer, filled, count);
      filled += count;
      taken += count;
    }
  }

  /** Sends what was written so far, as a fragment. */
  @Override
  public void flush() throws IOException {
    if (filled > 0 && !closed) {
      send(false, 0);
    }
  }

  /** Sends the last fragment, which ends the message. */
  @Override
  public void close() throws IOException {
    if (!closed) {
      send(true, 0);
      closed = true;
    }
  }

  private void send(boolean last, int taken) throws IOException {
    byte[] payload = filled == buffer.length ? buffer : Arrays.copyOf(buffer, filled);
    Frame fragment =
        text
            ? new Frame.Text(payload, last, false, false, false)
            : new Frame.Binary(payload, last, false, false, false);
    try {
      connection.send(message, fragment);
      filled = 0;
    } catch (WebSocketInterruptedException e) {
      throw interrupted(last, taken, e);
    } catch (WebSocketException e) {
      closed = true;
      throw new IOException(e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      closed = true;
      throw new IOException("the message cannot be sent: " + e.getMessage(), e);
    } finally {
      boolean unused = message.takeBegun();
    }
  }

  /** A fragment that was begun goes out whole, in the background, and out of its own array. */
  private InterruptedIOException interrupted(
      boolean last, int taken, WebSocketInterruptedException cause) {
    if (message.takeBegun()) {
      filled = 0;
      buffer = new byte[buffer.length];
      closed = last;
    }
    InterruptedIOException interrupted = new InterruptedIOException(cause.getMessage());
    interrupted.initCause(cause);
    interrupted.bytesTransferred = taken;
    return interrupted;
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException("the message has ended");
    }
  }
}
