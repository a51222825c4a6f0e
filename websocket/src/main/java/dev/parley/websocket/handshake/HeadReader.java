// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static dev.parley.websocket.handshake.HandshakeFailure.BAD_HTTP;
import static dev.parley.websocket.handshake.HandshakeFailure.HEAD_INCOMPLETE;
import static dev.parley.websocket.handshake.HandshakeFailure.HEAD_TOO_LARGE;
import static dev.parley.websocket.handshake.HandshakeFailure.TOO_MANY_HEADERS;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the head of one request or response from bytes that come in pieces of any size. Strict: the
 * first byte that the grammar does not allow fails the handshake, as does the first byte over a
 * limit, and every later call fails alike. Not thread-safe; serves one head.
 *
 * @param <H> the head
 * @implNote Looks at each byte once and holds at most one line beside the fields it has read.
 */
public final class HeadReader<H> {
  private static final int NO_COLON = -1;

  private final StartLine<H> startLine;
  private final HeadLimits limits;

  private final StringBuilder line = new StringBuilder();
  private boolean inStartLine = true;
  private boolean afterCarriageReturn;
  private int colon = NO_COLON;

  private int size;
  private int headerLines;
  private Headers.Builder headers = Headers.builder();
  private @Nullable H head;
  private @Nullable HandshakeException failure;

  /** What the first line of a head may be: the one difference between a request and a response. */
  private interface StartLine<H> {
    String name();

    /** Returns what was expected instead of this character, {@code null} where it is fine. */
    @Nullable String misses(CharSequence line, int c);

    boolean mayEnd(CharSequence line);

    void end(String line);

    /** Tells what stood in the line, but for what may be secret. */
    String told();

    /** Makes the head when its headers are complete; {@code null} where another head follows. */
    @Nullable H head(Headers headers);
  }

  private HeadReader(StartLine<H> startLine, HeadLimits limits) {
    this.startLine = startLine;
    this.limits = limits;
  }

  /**
   * Makes a reader of a response: of the final one, or of the 101. Other interim responses before
   * it are read over (RFC 9110 §15.2), but count towards the limits. HTTP/1.0 is understood, since
   * a proxy may refuse in it; the 101 needs HTTP/1.1 (RFC 9110 §7.8).
   */
  public static HeadReader<ResponseHead> ofResponse(HeadLimits limits) {
    return new HeadReader<>(new StatusLine(), limits);
  }

  /** Makes a reader of a request, HTTP/1.1 only (RFC 6455 §4.2.1). */
  public static HeadReader<RequestHead> ofRequest(HeadLimits limits) {
    return new HeadReader<>(new RequestLine(), limits);
  }

  /**
   * Consumes bytes up to the end of the head and leaves those after it in the buffer.
   *
   * @return the head, or {@code null} where all bytes were consumed and more are needed
   * @throws HandshakeException if the bytes are no HTTP/1.1 or too many
   * @throws IllegalStateException if the head has been read already
   */
  public @Nullable H read(ByteBuffer bytes) {
    if (head != null) {
      throw new IllegalStateException("the head has been read already");
    }
    if (failure != null) {
      throw failure;
    }
    try {
      while (head == null && bytes.hasRemaining()) {
        take(bytes.get() & 0xff);
      }
    } catch (HandshakeException e) {
      failure = e;
      throw e;
    }
    return head;
  }

  /** Returns what to throw when the stream ends before the head does. */
  public HandshakeException endOfStream() {
    return new HandshakeException(
        HEAD_INCOMPLETE, "stream ended after " + soFar() + ", expected a whole head");
  }

  /** Tells how much has come, as in {@code 40 bytes, status 503}: never what a field says. */
  public String soFar() {
    return size + " bytes" + (inStartLine ? "" : ", " + startLine.told());
  }

  private void take(int c) {
    if (size == limits.maxHeadSize()) {
      throw new HandshakeException(HEAD_TOO_LARGE, "head of more than " + size + " bytes");
    }
    size++;
    if (afterCarriageReturn) {
      // RFC 9112 §2.2: neither a bare CR nor, below, a bare LF ends a line. To let one pass is to
      // disagree with a proxy on where the head ends.
      expect(c == '\n', c, "LF after CR");
      afterCarriageReturn = false;
      endLine();
    } else if (inStartLine) {
      takeStartLine(c);
    } else {
      takeHeaderLine(c);
    }
  }

  private void takeStartLine(int c) {
    if (c == '\r' && startLine.mayEnd(line)) {
      afterCarriageReturn = true;
    } else {
      String expected = startLine.misses(line, c);
      if (expected != null) {
        throw unexpected(c, expected);
      }
      append(c, limits.maxStartLine());
    }
  }

  private void takeHeaderLine(int c) {
    boolean inValue = colon != NO_COLON;
    if (c == '\r' && (inValue || line.isEmpty())) {
      afterCarriageReturn = true;
      return;
    }
    if (line.isEmpty()) {
      countHeaderLine();
    }
    if (inValue) {
      expect(HeaderGrammar.isTextChar(c), c, "text or CRLF");
    } else if (c == ':' && !line.isEmpty()) {
      colon = line.length();
    } else {
      // RFC 9112 §5.1: no white space before the colon. Deviation: none before the name either,
      // where it would continue the line before, which §5.2 reads as a space. No server writes it.
      expect(HeaderGrammar.isTokenChar(c), c, "a header name and a colon");
    }
    append(c, limits.maxHeaderLine());
  }

  private void countHeaderLine() {
    if (headerLines == limits.maxHeaderLines()) {
      throw new HandshakeException(
          TOO_MANY_HEADERS, "head of more than " + headerLines + " header lines");
    }
    headerLines++;
  }

  private void append(int c, int limit) {
    if (line.length() == limit) {
      throw new HandshakeException(
          HEAD_TOO_LARGE, String.format("%s of more than %d bytes", lineName(), limit));
    }
    line.append((char) c);
  }

  private void endLine() {
    if (inStartLine) {
      startLine.end(line.toString());
      inStartLine = false;
    } else if (colon == NO_COLON) {
      head = startLine.head(headers.build());
      headers = Headers.builder();
      inStartLine = true;
    } else {
      headers.add(line.substring(0, colon), line.substring(colon + 1));
      colon = NO_COLON;
    }
    line.setLength(0);
  }

  private void expect(boolean met, int c, String expected) {
    if (!met) {
      throw unexpected(c, expected);
    }
  }

  private HandshakeException unexpected(int c, String expected) {
    return new HandshakeException(
        BAD_HTTP,
        String.format(
            "byte 0x%02x at index %d of %s, expected %s", c, line.length(), lineName(), expected));
  }

  private String lineName() {
    return inStartLine ? startLine.name() : "header line " + headerLines;
  }

  /** {@code HTTP/1.1 SP status SP reason} (RFC 9112 §4). */
  private static final class StatusLine implements StartLine<ResponseHead> {
    private static final String VERSION = "HTTP/1.";
    private static final int MINOR = VERSION.length();
    private static final int STATUS = MINOR + 2;
    private static final int STATUS_END = STATUS + 3;

    /** The reason in most of the responses that a session keeps, here once for all of them. */
    private static final String OF_UPGRADE = "Switching Protocols";

    private int status;
    private String reason = "";

    @Override
    public String name() {
      return "status line";
    }

    @Override
    public @Nullable String misses(CharSequence line, int c) {
      int index = line.length();
      if (index < MINOR) {
        return c == VERSION.charAt(index) ? null : "HTTP/1.1";
      }
      if (index == MINOR) {
        return c == '0' || c == '1' ? null : "HTTP/1.1";
      }
      if (index == STATUS - 1 || index == STATUS_END) {
        return c == ' ' ? null : "a space";
      }
      if (index > STATUS_END) {
        return HeaderGrammar.isTextChar(c) ? null : "text or CRLF";
      }
      if (index == STATUS && c == '1' && line.charAt(MINOR) == '0') {
        return "HTTP/1.1 for an interim response";
      }
      return c >= (index == STATUS ? '1' : '0') && c <= '9' ? null : "a status of three digits";
    }

    /**
     * Deviation: the space before an empty reason phrase may be missing, as some servers have it.
     */
    @Override
    public boolean mayEnd(CharSequence line) {
      return line.length() >= STATUS_END;
    }

    @Override
    public void end(String line) {
      status = Integer.parseInt(line, STATUS, STATUS_END, 10);
      String written = line.substring(Math.min(STATUS_END + 1, line.length()));
      reason = written.equals(OF_UPGRADE) ? OF_UPGRADE : written;
    }

    @Override
    public String told() {
      return "status " + status;
    }

    @Override
    public @Nullable ResponseHead head(Headers headers) {
      boolean interim = status < 200 && status != 101;
      return interim ? null : new ResponseHead(status, reason, headers);
    }
  }

  /** {@code method SP target SP HTTP/1.1} (RFC 9112 §3). */
  private static final class RequestLine implements StartLine<RequestHead> {
    private static final String VERSION = "HTTP/1.1";

    private int methodEnd;
    private int targetEnd;
    private String method = "";
    private String target = "";

    @Override
    public String name() {
      return "request line";
    }

    @Override
    public @Nullable String misses(CharSequence line, int c) {
      int index = line.length();
      if (methodEnd == 0) {
        if (c == ' ' && index > 0) {
          methodEnd = index;
          return null;
        }
        return HeaderGrammar.isTokenChar(c) ? null : "a method and a space";
      }
      if (targetEnd == 0) {
        if (c == ' ' && index > methodEnd + 1) {
          targetEnd = index;
          return null;
        }
        return HeaderGrammar.isVisible(c) ? null : "a request target and a space";
      }
      int at = index - targetEnd - 1;
      return at < VERSION.length() && c == VERSION.charAt(at) ? null : "HTTP/1.1 and CRLF";
    }

    @Override
    public boolean mayEnd(CharSequence line) {
      return targetEnd > 0 && line.length() == targetEnd + 1 + VERSION.length();
    }

    @Override
    public void end(String line) {
      method = line.substring(0, methodEnd);
      target = line.substring(methodEnd + 1, targetEnd);
    }

    @Override
    public String told() {
      return "method " + method;
    }

    @Override
    public RequestHead head(Headers headers) {
      return new RequestHead(method, target, headers);
    }
  }
}
