// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.ssl.SslProvider;

/** Netty on its native transport, with its native TLS. */
public final class NettyEpollOpenSsl extends NettyClient {
  public NettyEpollOpenSsl() {
    super(EpollIoHandler.newFactory(), EpollSocketChannel.class, SslProvider.OPENSSL);
  }
}
