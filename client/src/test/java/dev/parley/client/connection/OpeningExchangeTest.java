// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.client.connection.OpeningExchange.Answer;
import dev.parley.client.transport.BufferPool;
import dev.parley.client.transport.Deadline;
import dev.parley.websocket.handshake.ClientHandshake;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.RequestHead;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class OpeningExchangeTest {
  private final InMemoryTransport[] ends = InMemoryTransport.pair(1 << 10);
  private final Peer server = new Peer(ends[1]);

  private Answer run() throws IOException, InterruptedException {
    ClientHandshake handshake = new ClientHandshake(new byte[16], List.of(), List.of());
    Deadline deadline = Deadline.after(Duration.ofSeconds(10));
    return new OpeningExchange(ends[0], new BufferPool(), HeadLimits.DEFAULT, deadline)
        .run(new RequestHead("GET", "/", handshake.headers()), handshake);
  }

  private void serverSends(String text) throws IOException, InterruptedException {
    server.sendBytes(text.getBytes(StandardCharsets.ISO_8859_1));
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
