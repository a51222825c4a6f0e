// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.client.events.OpeningPhaseEvent;
import dev.parley.client.transport.BufferPool;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.Transport;
import dev.parley.websocket.handshake.ClientHandshake;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.HeadReader;
import dev.parley.websocket.handshake.HeadWriter;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.NegotiatedHandshake;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import javax.net.ssl.SSLException;

/**
 * The opening handshake over a transport (RFC 6455 §4.1): one request out, one response in, one
 * deadline.
 */
public final class OpeningExchange {
  /** How much of a refusal's body is kept: enough for any message meant to be read. */
  static final int MAX_BODY = 64 << 10;

  /**
   * How long to wait for a refusal's body once its head is there. What has come by then is kept.
   */
  private static final Duration BODY_PATIENCE = Duration.ofSeconds(2);

  private final Transport transport;
  private final BufferPool buffers;
  private final HeadLimits limits;
  private final Deadline deadline;
  private OpeningPhase phase = OpeningPhase.REQUEST;
  private String came = ""; // of a head that has no end

  /** What the server answered. */
  public sealed interface Answer {
    /**
     * The connection is open.
     *
     * @param head the response
     * @param negotiated what holds on this connection
     * @param received the bytes that came glued to the head, in a buffer of the pool
     */
    record Accepted(ResponseHead head, NegotiatedHandshake negotiated, ByteBuffer received)
        implements Answer {}

    /**
     * The connection is not open.
     *
     * @param head the response
     * @param body the start of its body, as it was sent but for the chunking; to be read once
     * @param reason what was wrong with the response
     */
    record Refused(ResponseHead head, ByteBuffer body, HandshakeException reason)
        implements Answer {}
  }

  /** Prepares an exchange. The transport stays the caller's to close. */
  public OpeningExchange(
      Transport transport, BufferPool buffers, HeadLimits limits, Deadline deadline) {
    this.transport = transport;
    this.buffers = buffers;
    this.limits = limits;
    this.deadline = deadline;
  }

  /**
   * Sends the request and judges the response. Blocks.
   *
   * @throws HandshakeException if what came is no response
   * @throws SocketTimeoutException if the deadline came first
   * @throws IOException if the connection broke
   */
  public Answer run(RequestHead request, ClientHandshake handshake)
      throws IOException, InterruptedException {
    ByteBuffer buffer = buffers.acquire();
    boolean handedOver = false;
    OpeningPhaseEvent event = OpeningPhaseEvent.begun();
    boolean answered = false;
    try {
      buffer.clear().flip();
      try {
        send(request);
      } catch (IOException e) {
        receiveLastWord(buffer, e);
      }
      OpeningPhaseEvent.over(event, phase, transport.info().remote(), true);
      phase = OpeningPhase.RESPONSE;
      event = OpeningPhaseEvent.begun();
      if (!buffer.hasRemaining()) { // else the last word is there already
        boolean unused = transport.awaitReadable(deadline); // a look at once would be too early
      }
      ResponseHead head = receiveHead(buffer);
      answered = true;
      try {
        NegotiatedHandshake negotiated = handshake.accept(head);
        handedOver = true;
        return new Answer.Accepted(head, negotiated, buffer);
      } catch (HandshakeException reason) {
        ByteBuffer body =
            head.status() == 101 ? ByteBuffer.allocate(0) : receiveBody(head.headers(), buffer);
        return new Answer.Refused(head, body, reason);
      }
    } finally {
      OpeningPhaseEvent.over(event, phase, transport.info().remote(), answered);
      if (!handedOver) {
        buffers.release(buffer);
      }
    }
  }

  /** Returns the phase that the exchange has come to. */
  public OpeningPhase phase() {
    return phase;
  }

  /**
   * Returns how far the exchange has come, to stand at the end of a message: {@code , after 33
   * bytes, status 503; connected to 127.0.0.1:443 over TLSv1.3}.
   */
  public String reached() {
    return came + "; " + transport.info();
  }

  private void send(RequestHead request) throws IOException, InterruptedException {
    ByteBuffer head = ByteBuffer.wrap(HeadWriter.write(request));
    while (head.hasRemaining() || !transport.flush()) {
      if (head.hasRemaining() && transport.write(head) > 0) {
        continue;
      }
      if (!transport.awaitWritable(deadline)) {
        throw new SocketTimeoutException("timeout while sending the opening request");
      }
    }
  }

  /**
   * Looks once for what the server said before it stopped listening: a refusal, or the alert by
   * which TLS 1.3 refuses a client certificate, and which says more than a broken pipe does.
   */
  private void receiveLastWord(ByteBuffer buffer, IOException failure) throws IOException {
    buffer.clear();
    int count;
    try {
      count = transport.read(buffer);
    } catch (SSLException alert) {
      throw alert;
    } catch (IOException e) {
      throw failure; // which was first, and says as much
    } finally {
      buffer.flip();
    }
    if (count <= 0) {
      throw failure;
    }
  }

  private ResponseHead receiveHead(ByteBuffer buffer) throws IOException, InterruptedException {
    HeadReader<ResponseHead> reader = HeadReader.ofResponse(limits);
    try {
      do {
        ResponseHead head = reader.read(buffer);
        if (head != null) {
          return head;
        }
      } while (fill(buffer, deadline));
    } catch (IOException | HandshakeException e) {
      came = ", after " + reader.soFar();
      throw e;
    }
    throw reader.endOfStream(); // which says itself how much came
  }

  /** Reads into a buffer that has been read to its end; false at the end of the stream. */
  private boolean fill(ByteBuffer buffer, Deadline until) throws IOException, InterruptedException {
    for (; ; ) {
      buffer.clear();
      int count;
      try {
        count = transport.read(buffer);
      } finally {
        buffer.flip();
      }
      if (count != 0) {
        return count > 0;
      }
      if (until.isOver() || !transport.awaitReadable(until)) { // TLS may give nothing for ever
        throw new SocketTimeoutException(
            "timeout while waiting for the response to the opening request");
      }
    }
  }

  /**
   * Reads the start of a refusal's body (RFC 9112 §6.3). Its end is not worth failing for: a body
   * that is cut off, late or malformed is kept as far as it came, because the refusal itself is
   * what must be reported.
   */
  private ByteBuffer receiveBody(Headers headers, ByteBuffer buffer) throws InterruptedException {
    RefusalBody body = RefusalBody.of(headers, MAX_BODY);
    Deadline until = deadline.earlier(Deadline.after(BODY_PATIENCE));
    try {
      while (!body.read(buffer)) {
        if (until.isOver() || !fill(buffer, until)) {
          break;
        }
      }
    } catch (IOException e) {
      return body.start(); // cut off or late, see above
    }
    return body.start();
  }
}
