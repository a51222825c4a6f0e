// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class WireTest {
  @Test
  void deadlineHoldsAgainstAClientThatNeverStopsTalking() throws IOException {
    try (ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        RawClient client =
            new RawClient(new Socket(InetAddress.getLoopbackAddress(), listener.getLocalPort()));
        Wire wire = new Wire(listener.accept(), () -> {})) {
      client.write(RawFrame.text("more").toBytes());
      wire.within(Duration.ZERO);
      assertThatExceptionOfType(SocketTimeoutException.class).isThrownBy(wire::readFrame);
      wire.unbounded();
      assertThat(wire.readFrame()).as("it was there").isEqualTo(RawFrame.text("more"));
    }
  }
}
