// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.ForwardingTransport;
import dev.parley.client.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/** Takes and gives as many bytes of another as it likes, and is ready when it likes. */
final class WhimsicalTransport extends ForwardingTransport {
  private interface Step {
    int run() throws IOException;
  }

  private final RandomGenerator random;

  /**
   * Makes one.
   *
   * @param random safe for use by several threads
   */
  WhimsicalTransport(Transport transport, RandomGenerator random) {
    super(transport);
    this.random = random;
  }

  private boolean oneIn(int chances) {
    return random.nextInt(chances) == 0;
  }

  /** Runs a step with a buffer that has room for less than it has. */
  private int within(ByteBuffer buffer, Step step) throws IOException {
    if (!buffer.hasRemaining() || oneIn(4)) {
      return step.run();
    }
    int limit = buffer.limit();
    buffer.limit(buffer.position() + random.nextInt(Math.min(buffer.remaining(), 300) + 1));
    try {
      return step.run();
    } finally {
      buffer.limit(limit);
    }
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    return within(target, () -> super.read(target));
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    return within(source, () -> super.write(source));
  }

  @Override
  public boolean flush() throws IOException {
    return super.flush() && !oneIn(8);
  }

  @Override
  public boolean awaitReadable(Deadline deadline) throws InterruptedException {
    return oneIn(8) || super.awaitReadable(deadline);
  }

  @Override
  public boolean awaitWritable(Deadline deadline) throws InterruptedException {
    return oneIn(8) || super.awaitWritable(deadline);
  }
}
