// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import dev.parley.client.transport.Connector;
import dev.parley.client.transport.ForwardingTransport;
import dev.parley.client.transport.SocketConnector;
import dev.parley.client.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Function;
import java.util.function.LongToIntFunction;

/**
 * A socket whose bytes reach the client in slices of the test's choosing. The network may cut a
 * stream anywhere, but does not do so on demand; this does.
 */
final class SlicedReads extends ForwardingTransport {
  private final LongToIntFunction most;
  private long position;

  private SlicedReads(Transport socket, LongToIntFunction most) {
    super(socket);
    this.most = most;
  }

  /** Has every read return one byte. */
  static Function<SocketConnector, Connector> ofOneByte() {
    return sliced(position -> 1);
  }

  /** Has no read reach over a place in the stream. */
  static Function<SocketConnector, Connector> cutAt(int place) {
    return sliced(
        position -> position < place ? Math.toIntExact(place - position) : Integer.MAX_VALUE);
  }

  private static Function<SocketConnector, Connector> sliced(LongToIntFunction most) {
    return sockets ->
        (destination, deadline) -> new SlicedReads(sockets.connect(destination, deadline), most);
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    int limit = target.limit();
    target.limit(target.position() + Math.min(target.remaining(), most.applyAsInt(position)));
    try {
      int count = super.read(target);
      position += Math.max(0, count);
      return count;
    } finally {
      target.limit(limit);
    }
  }
}
