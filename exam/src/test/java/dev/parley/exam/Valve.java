// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import dev.parley.client.transport.Connector;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.ForwardingTransport;
import dev.parley.client.transport.SocketConnector;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Stops and lets through what a client writes, as a peer that does not read would, but without the
 * megabytes that a kernel takes first.
 */
final class Valve {
  private volatile CountDownLatch opened = new CountDownLatch(0);

  void shut() {
    opened = new CountDownLatch(1);
  }

  void open() {
    opened.countDown();
  }

  Function<SocketConnector, Connector> connector() {
    return sockets ->
        (destination, deadline) ->
            new ForwardingTransport(sockets.connect(destination, deadline)) {
              @Override
              public int write(ByteBuffer source) throws IOException {
                return opened.getCount() > 0 ? 0 : super.write(source);
              }

              @Override
              public boolean awaitWritable(Deadline deadline) throws InterruptedException {
                return opened.await(deadline.remainingNanos(), TimeUnit.NANOSECONDS)
                    && super.awaitWritable(deadline);
              }
            };
  }
}
