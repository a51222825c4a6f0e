// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketOption;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is set on a TCP socket before it connects. Immutable.
 *
 * <p>By default {@code TCP_NODELAY} is on, and {@code SO_KEEPALIVE} with probes after 30 seconds of
 * silence, so that a dead host is found within a minute; what is set here comes after, and wins.
 * There are probes only while nothing that was sent is unacknowledged: who sends to a dead host
 * learns of it by the system's retransmission time-outs, on Linux after many minutes, or by {@code
 * pingInterval}. {@code SO_LINGER} of more than zero changes nothing, as closing a socket waits for
 * nobody.
 */
public final class SocketOptions {
  /** The defaults, and whatever local address the system chooses. */
  public static final SocketOptions DEFAULT = new SocketOptions(Map.of(), null);

  private final Map<SocketOption<?>, Object> options;
  private final @Nullable InetAddress local;

  private SocketOptions(Map<SocketOption<?>, Object> options, @Nullable InetAddress local) {
    this.options = options;
    this.local = local;
  }

  /**
   * Returns options with one more.
   *
   * @param option as in {@link java.net.StandardSocketOptions} and {@link
   *     jdk.net.ExtendedSocketOptions}
   * @throws IllegalArgumentException if TCP sockets do not have it on this platform, or cannot have
   *     this value
   */
  public <T> SocketOptions with(SocketOption<T> option, T value) {
    try (SocketChannel trial = SocketChannel.open()) {
      Set<SocketOption<?>> supported = trial.supportedOptions();
      if (!supported.contains(option)) {
        throw new IllegalArgumentException("expected an option that TCP sockets have here");
      }
      trial.setOption(option, value);
    } catch (IOException | RuntimeException e) {
      throw new IllegalArgumentException(
          "socket option " + option.name() + " of " + value + ": " + e.getMessage(), e);
    }
    Map<SocketOption<?>, Object> all = new LinkedHashMap<>(options);
    all.put(option, value);
    return new SocketOptions(all, local);
  }

  /**
   * Returns options that bind sockets to a local address, so that they leave by its interface;
   * addresses of the other family are then not tried.
   *
   * @param local {@code null} for whatever the system chooses
   */
  public SocketOptions withLocalAddress(@Nullable InetAddress local) {
    return new SocketOptions(options, local);
  }

  /** Tells whether an address can be connected to from where we are bound. */
  boolean reach(InetAddress remote) {
    return local == null || local.getClass() == remote.getClass();
  }

  /** Sets what is set on a socket for an address. Unix-domain sockets have none of it. */
  void apply(SocketChannel channel, SocketAddress remote) throws IOException {
    if (remote instanceof UnixDomainSocketAddress) {
      return;
    }
    for (Map.Entry<SocketOption<?>, Object> option : options.entrySet()) {
      set(channel, option.getKey(), option.getValue());
    }
    if (!options.isEmpty()) {
      dontLinger(channel);
    }
    if (local != null) {
      channel.bind(new InetSocketAddress(local, 0));
    }
  }

  /**
   * Has the system close a socket at once, although not all that was written is with the peer: what
   * is left is sent in any case.
   */
  static void dontLinger(SocketChannel channel) throws IOException {
    if (channel.getOption(StandardSocketOptions.SO_LINGER) > 0) {
      channel.setOption(StandardSocketOptions.SO_LINGER, -1);
    }
  }

  @SuppressWarnings("unchecked") // its type was checked when it was set
  private static <T> void set(SocketChannel channel, SocketOption<T> option, Object value)
      throws IOException {
    channel.setOption(option, (T) value);
  }

  @Override
  public String toString() {
    return "SocketOptions[options="
        + options.keySet()
        + ", local="
        + (local == null ? "any" : local.getHostAddress())
        + "]";
  }
}
