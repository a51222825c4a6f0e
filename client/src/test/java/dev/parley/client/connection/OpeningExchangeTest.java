// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.client.connection.OpeningExchange.Answer;
import dev.parley.client.transport.BufferPool;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.ForwardingTransport;
import dev.parley.client.transport.OpeningPhase;
import dev.parley.client.transport.Transport;
import dev.parley.websocket.handshake.ClientHandshake;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.RequestHead;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class OpeningExchangeTest {
  private final InMemoryTransport[] ends = InMemoryTransport.pair(1 << 10);
  private final Peer server = new Peer(ends[1]);

  private OpeningExchange exchange(Duration timeout) {
    return new OpeningExchange(
        ends[0], new BufferPool(), HeadLimits.DEFAULT, Deadline.after(timeout));
  }

  private static Answer run(OpeningExchange exchange) throws IOException, InterruptedException {
    ClientHandshake handshake = new ClientHandshake(new byte[16], List.of(), List.of());
    return exchange.run(new RequestHead("GET", "/", handshake.headers()), handshake);
  }

  private Answer run() throws IOException, InterruptedException {
    return run(exchange(Duration.ofSeconds(10)));
  }

  private void serverSends(String text) throws IOException, InterruptedException {
    server.sendBytes(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  /** There is always something to read, and never an end of it. */
  @Nested
  class WhereTheServerNeverEnds {
    private Answer run(Transport transport) throws Exception {
      ClientHandshake handshake = new ClientHandshake(new byte[16], List.of(), List.of());
      OpeningExchange exchange =
          new OpeningExchange(
              transport,
              new BufferPool(),
              HeadLimits.DEFAULT,
              Deadline.after(Duration.ofMillis(100)));
      FutureTask<Answer> answer =
          new FutureTask<>(
              () -> exchange.run(new RequestHead("GET", "/", handshake.headers()), handshake));
      Thread.ofPlatform().daemon().start(answer);
      try {
        return answer.get(10, TimeUnit.SECONDS);
      } finally {
        ends[0].close();
      }
    }

    @Test
    void deadlineHoldsInAFloodThatIsNotForUs() {
      Transport silent = // as TLS in a flood of its own records
          new ForwardingTransport(ends[0]) {
            @Override
            public boolean awaitReadable(Deadline deadline) {
              return true;
            }
          };
      assertThatThrownBy(() -> run(silent)).hasCauseInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void refusalWhoseBodyIsLineEndsForEverIsReported() throws Exception {
      serverSends("HTTP/1.1 503 No\r\nTransfer-Encoding: chunked\r\n\r\n");
      Transport endless =
          new ForwardingTransport(ends[0]) {
            @Override
            public int read(ByteBuffer target) throws IOException {
              int count = super.read(target);
              int start = target.position();
              while (count == 0 && target.remaining() > 1) {
                target.put((byte) '\r').put((byte) '\n');
              }
              return count == 0 ? target.position() - start : count;
            }
          };
      assertThat(run(endless)).isInstanceOf(Answer.Refused.class);
    }
  }

  @Nested
  class HowFarItCame {
    private static final String START = "HTTP/1.1 503 No\r\nRetry-After: 5\r\n";
    private static final String CAME = ", after 33 bytes, status 503";
    private static final String CONNECTED = "; connected to memory:1";

    private void assertReached(
        Duration timeout, Class<? extends Exception> failure, OpeningPhase phase, String reached) {
      OpeningExchange exchange = exchange(timeout);
      assertThatThrownBy(() -> OpeningExchangeTest.run(exchange)).isInstanceOf(failure);
      assertThat(exchange.phase()).isEqualTo(phase);
      assertThat(exchange.reached()).isEqualTo(reached);
    }

    private void assertReached(
        Class<? extends Exception> failure, OpeningPhase phase, String reached) {
      assertReached(Duration.ofSeconds(10), failure, phase, reached);
    }

    @Test
    void whereNothingWasSent() {
      ends[0].reset();
      assertReached(IOException.class, OpeningPhase.REQUEST, CONNECTED);
    }

    @Test
    void whereTheHeadIsCutByAReset() throws Exception {
      serverSends(START);
      ends[0].reset();
      assertReached(IOException.class, OpeningPhase.RESPONSE, CAME + CONNECTED);
    }

    @Test
    void whereTheFailureSaysHowMuchCame() throws Exception {
      serverSends(START);
      ends[1].endOutput();
      assertReached(HandshakeException.class, OpeningPhase.RESPONSE, CONNECTED);
    }

    @Test
    void whereTheHeadIsMalformed() throws Exception {
      serverSends(START + "\n");
      assertReached(
          HandshakeException.class,
          OpeningPhase.RESPONSE,
          ", after 34 bytes, status 503" + CONNECTED);
    }

    @Test
    void whereTheHeadIsLate() throws Exception {
      serverSends(START);
      assertReached(
          Duration.ofMillis(50),
          SocketTimeoutException.class,
          OpeningPhase.RESPONSE,
          CAME + CONNECTED);
    }

    @Test
    void whereTheHeadIsWhole() throws Exception {
      serverSends(START + "\r\n");
      ends[1].endOutput();
      OpeningExchange exchange = exchange(Duration.ofSeconds(10));
      assertThat(OpeningExchangeTest.run(exchange)).isInstanceOf(Answer.Refused.class);
      assertThat(exchange.reached()).isEqualTo(CONNECTED);
    }
  }

  /** The server stopped listening before the request was out. */
  @Nested
  class WhereTheRequestCannotBeSent {
    @Test
    void anAlertSaysMoreThanABrokenPipe() {
      SSLHandshakeException alert = new SSLHandshakeException("Received fatal alert");
      ends[0].fail(alert, new IOException("Broken pipe"));
      assertThatThrownBy(OpeningExchangeTest.this::run).isSameAs(alert);
    }

    @Test
    void theAnswerThatIsThereIsRead() throws Exception {
      serverSends("HTTP/1.1 431 Too much\r\nContent-Length: 2\r\n\r\nno");
      ends[0].reset();
      assertThat(run())
          .isInstanceOfSatisfying(
              Answer.Refused.class,
              refused -> {
                assertThat(refused.head().status()).isEqualTo(431);
                assertThat(refused.body().remaining()).isEqualTo(2);
              });
    }

    @Test
    void nothingElseToReadLeavesTheFailure() {
      IOException brokenPipe = new IOException("Broken pipe");
      ends[0].fail(new IOException("Connection reset"), brokenPipe);
      assertThatThrownBy(OpeningExchangeTest.this::run).isSameAs(brokenPipe);
    }

    @Test
    void theEndOfTheStreamLeavesTheFailure() {
      IOException brokenPipe = new IOException("Broken pipe");
      ends[1].endOutput();
      ends[0].fail(null, brokenPipe);
      assertThatThrownBy(OpeningExchangeTest.this::run).isSameAs(brokenPipe);
    }
  }
}
