// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.handshake.ServerHandshake.Answer;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerHandshakeTest {
  @Test
  void clientAndServerAgreeOverTheWire() {
    ClientHandshake client = new ClientHandshake(new byte[16], List.of("a", "b"), List.of());
    byte[] request =
        HeadWriter.write(
            new RequestHead(
                "GET", "/", Headers.builder().add("Host", "h").addAll(client.headers()).build()));

    RequestHead requestHead =
        requireNonNull(HeadReader.ofRequest(HeadLimits.DEFAULT).read(ByteBuffer.wrap(request)));
    Answer answer = new ServerHandshake(List.of("b"), List.of()).answer(requestHead);
    ResponseHead responseHead =
        requireNonNull(
            HeadReader.ofResponse(HeadLimits.DEFAULT)
                .read(ByteBuffer.wrap(HeadWriter.write(answer.response()))));

    assertThat(client.accept(responseHead)).isEqualTo(new NegotiatedHandshake("b", List.of()));
  }
}
