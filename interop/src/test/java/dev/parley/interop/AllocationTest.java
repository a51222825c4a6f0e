// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.Scenario;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** What the calls of a session leave to the garbage collector. */
final class AllocationTest {
  private static final int SENDS = 4000;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @Test
  void sendsAnArrayWithoutMakingAnythingOfIt() throws Exception {
    try (MockWebSocketServer server = MockWebSocketServer.start();
        HttpClient client = HttpClient.create()) {
      server.enqueue(Scenario.accept().echo());
      try (var session = client.webSocketSession(server.url())) {
        byte[] message = new byte[16];
        send(session, message);
        long before = threads.getCurrentThreadAllocatedBytes();
        send(session, message);
        // A frame has 24 bytes; the timer that watches an idle session has some, now and then.
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(12L * SENDS);
        session.terminate();
      }
    }
  }

  private static void send(WebSocketSession session, byte[] message) {
    for (int i = 0; i < SENDS; i++) {
      session.send(message);
    }
  }
}
