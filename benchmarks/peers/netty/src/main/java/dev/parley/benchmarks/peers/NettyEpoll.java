// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslProvider;

/** Netty on its native transport, with the TLS of the JDK. */
public final class NettyEpoll extends NettyClient {
  public NettyEpoll() {
    super(EpollIoHandler.newFactory(), EpollSocketChannel.class, SslProvider.JDK);
  }
}
