// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import dev.parley.client.transport.ProxyException.Reason;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What is said to a proxy until a tunnel is open. Whatever goes wrong is put down to the proxy. */
final class TunnelExchange {
  private final Transport transport;
  private final ProxyOptions proxy;
  private final Destination destination;
  private final Deadline deadline;
  private final long start = System.nanoTime();
  private final ByteBuffer one = ByteBuffer.allocate(1);

  TunnelExchange(
      Transport transport, ProxyOptions proxy, Destination destination, Deadline deadline) {
    this.transport = transport;
    this.proxy = proxy;
    this.destination = destination;
    this.deadline = deadline;
  }

  ProxyOptions proxy() {
    return proxy;
  }

  Destination destination() {
    return destination;
  }

  void send(byte[] bytes) throws IOException, InterruptedException {
    ByteBuffer source = ByteBuffer.wrap(bytes);
    try {
      while (source.hasRemaining() || !transport.flush()) {
        if (transport.write(source) == 0) {
          requireInTime(transport.awaitWritable(deadline));
        }
      }
    } catch (IOException e) {
      throw brokenOff(e);
    }
  }

  /**
   * Receives a byte. One by one, since what comes behind the proxy's answer belongs to the tunnel:
   * it stays in the transport for whoever reads there next.
   */
  int receive() throws IOException, InterruptedException {
    try {
      int count;
      while ((count = transport.read(one.clear())) == 0) {
        // TLS may give nothing for ever.
        requireInTime(!deadline.isOver() && transport.awaitReadable(deadline));
      }
      if (count > 0) {
        return one.get(0) & 0xff;
      }
    } catch (IOException e) {
      throw brokenOff(e);
    }
    throw new ProxyException(
        Reason.CLOSED,
        proxy("closed the connection before the tunnel to " + destination + " was open"),
        null);
  }

  private void requireInTime(boolean inTime) throws OpeningTimeoutException {
    if (!inTime) {
      long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
      throw new OpeningTimeoutException(
          OpeningPhase.PROXY,
          proxy("has not opened the tunnel to " + destination + " after " + millis + " ms"),
          null);
    }
  }

  private IOException brokenOff(IOException e) {
    return switch (e) {
      case OpeningTimeoutException timeout -> timeout;
      case SSLException tls -> new ProxyException(Reason.TLS, proxy(why(tls)), tls);
      default -> new ProxyException(Reason.CLOSED, proxy(why(e)), e);
    };
  }

  private String why(IOException e) {
    return "broke off before the tunnel to " + destination + " was open: " + e.getMessage();
  }

  /** Makes the exception for a proxy that answered something else than its protocol allows. */
  ProxyException malformed(String what, @Nullable Throwable cause) {
    return new ProxyException(Reason.MALFORMED, proxy(what), cause);
  }

  /** Returns the message of a refusal. */
  String refusal(String why) {
    return proxy("refused the tunnel to " + destination + ": " + why);
  }

  private String proxy(String does) {
    return "the proxy " + proxy.destination() + " " + does + "; " + transport.info();
  }
}
