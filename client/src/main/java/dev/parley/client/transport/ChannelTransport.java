// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet4Address;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.channels.UnsupportedAddressTypeException;
import jdk.net.ExtendedSocketOptions;

/** A transport over a socket, TCP or Unix-domain. */
public final class ChannelTransport implements Transport {
  private final SocketChannel channel;
  private final Registration registration;
  private final SocketAddress local;
  private final SocketAddress remote;

  private ChannelTransport(SocketChannel channel, Registration registration) throws IOException {
    this.channel = channel;
    this.registration = registration;
    this.local = channel.getLocalAddress();
    this.remote = channel.getRemoteAddress();
  }

  /**
   * Takes over a connected channel: makes it non-blocking and registers it. From then on the
   * transport alone may use it. Where this throws, the channel is closed.
   */
  public static ChannelTransport of(SocketChannel channel, ReadinessLoop loop) throws IOException {
    Registration registration = register(channel, loop);
    try {
      SocketOptions.dontLinger(channel);
      return new ChannelTransport(channel, registration);
    } catch (Throwable e) {
      registration.close();
      throw e;
    }
  }

  /** Connects to an address. Where this throws, nothing is left behind. */
  static ChannelTransport connect(
      SocketAddress address, SocketOptions settings, ReadinessLoop loop, Deadline deadline)
      throws IOException, InterruptedException {
    SocketChannel channel = open(address);
    Registration registration = register(channel, loop);
    try {
      if (!(address instanceof UnixDomainSocketAddress)) {
        setOptions(channel);
      }
      settings.apply(channel, address);
      // Over loopback the answer is there by the time the call returns, which does not look for it.
      boolean connected = channel.connect(address) || channel.finishConnect();
      while (!connected) {
        if (!registration.awaitWritable(SelectionKey.OP_CONNECT, deadline)) {
          throw new SocketTimeoutException("no answer");
        }
        connected = channel.finishConnect();
      }
      requireOther(channel);
      return new ChannelTransport(channel, registration);
    } catch (UnsupportedAddressTypeException e) {
      registration.close();
      throw new IOException("address of a family that is switched off here", e); // IPv6, mostly
    } catch (Throwable e) {
      registration.close();
      throw e;
    }
  }

  private static SocketChannel open(SocketAddress address) throws IOException {
    return switch (address) {
      case UnixDomainSocketAddress unix -> SocketChannel.open(StandardProtocolFamily.UNIX);
      case InetSocketAddress inet when inet.getAddress() instanceof Inet4Address ->
          SocketChannel.open(StandardProtocolFamily.INET); // one of IPv6 would have to be told so
      default -> SocketChannel.open();
    };
  }

  /**
   * Refuses a connection with ourselves. Where nobody listens at a port of this host that the
   * system may also give to clients, it gives that very port to one in thousands of attempts; both
   * ends are then one, and would hold the port against the server that is started again.
   */
  static void requireOther(SocketChannel channel) throws IOException {
    SocketAddress remote = channel.getRemoteAddress();
    if (remote instanceof InetSocketAddress && remote.equals(channel.getLocalAddress())) {
      throw new ConnectException("nobody listens there; the attempt met itself");
    }
  }

  private static Registration register(SocketChannel channel, ReadinessLoop loop)
      throws IOException {
    try {
      channel.configureBlocking(false);
      return loop.register(channel);
    } catch (Throwable e) {
      channel.close();
      throw e;
    }
  }

  private static void setOptions(SocketChannel channel) throws IOException {
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    channel.setOption(StandardSocketOptions.SO_KEEPALIVE, true);
    // An idle peer that is gone is noticed after 30 + 4 * 6 seconds, within a minute.
    setIfSupported(channel, ExtendedSocketOptions.TCP_KEEPIDLE, 30);
    setIfSupported(channel, ExtendedSocketOptions.TCP_KEEPINTERVAL, 6);
    setIfSupported(channel, ExtendedSocketOptions.TCP_KEEPCOUNT, 4);
  }

  private static void setIfSupported(SocketChannel channel, SocketOption<Integer> option, int value)
      throws IOException {
    if (channel.supportedOptions().contains(option)) {
      channel.setOption(option, value);
    }
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    requireOpen();
    return channel.read(target);
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    requireOpen();
    return channel.write(source);
  }

  /** What was closed is closed, although its channel may be open for a moment. */
  private void requireOpen() throws ClosedChannelException {
    if (registration.isClosed()) {
      throw new ClosedChannelException();
    }
  }

  @Override
  public boolean flush() {
    return true;
  }

  @Override
  public boolean awaitReadable(Deadline deadline) throws InterruptedException {
    return registration.awaitReadable(deadline);
  }

  @Override
  public boolean awaitWritable(Deadline deadline) throws InterruptedException {
    return registration.awaitWritable(SelectionKey.OP_WRITE, deadline);
  }

  @Override
  public void onReadable(Runnable task) {
    registration.onReadable(task);
  }

  @Override
  public void close() {
    Runnable waiting = registration.close();
    if (waiting != null) {
      waiting.run(); // else nobody would learn of it
    }
  }

  @Override
  public TransportInfo info() {
    return new TransportInfo(local, remote, null);
  }
}
