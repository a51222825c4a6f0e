// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetEncoder;
import java.nio.charset.MalformedInputException;
import java.util.Arrays;

/**
 * A text message on its way out. The JDK's own writer would send twice what had been taken when an
 * interrupt came; this one keeps what is left, and goes on with it.
 */
final class MessageWriter extends Writer {
  private static final byte[] NOTHING = {};

  private final OutputStream out;
  private final CharsetEncoder encoder = UTF_8.newEncoder(); // which refuses lone surrogates

  /** The first half of a character whose other half is to come, or nothing. */
  private String half = "";

  private byte[] left = NOTHING;

  MessageWriter(OutputStream out) {
    this.out = out;
  }

  // Those of the superclass hold its monitor while they write, which pins a virtual thread's
  // carrier before JDK 24.

  @Override
  public void write(int c) throws IOException {
    write(new char[] {(char) c}, 0, 1);
  }

  @Override
  public void write(String text, int from, int length) throws IOException {
    write(text.substring(from, from + length).toCharArray(), 0, length);
  }

  @Override
  public void write(char[] chars, int from, int length) throws IOException {
    String text = half + new String(chars, from, length);
    boolean cut = !text.isEmpty() && Character.isHighSurrogate(text.charAt(text.length() - 1));
    int end = cut ? text.length() - 1 : text.length();
    ByteBuffer encoded = encoder.encode(CharBuffer.wrap(text, 0, end));
    half = text.substring(end);
    int kept = left.length; // of a write that was interrupted; this one comes behind it
    left = Arrays.copyOf(left, kept + encoded.remaining());
    encoded.get(left, kept, left.length - kept);
    writeLeft();
  }

  private void writeLeft() throws IOException {
    byte[] bytes = left;
    try {
      out.write(bytes);
      left = NOTHING;
    } catch (InterruptedIOException e) {
      left = Arrays.copyOfRange(bytes, e.bytesTransferred, bytes.length);
      throw e;
    }
  }

  @Override
  public void flush() throws IOException {
    writeLeft();
    out.flush();
  }

  @Override
  public void close() throws IOException {
    if (!half.isEmpty()) {
      throw new MalformedInputException(half.length());
    }
    if (left.length > 0) {
      writeLeft();
    }
    out.close();
  }
}
