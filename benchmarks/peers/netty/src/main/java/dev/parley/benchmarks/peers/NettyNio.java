// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.peers;

import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.SslProvider;

/** Netty on the selector of the JDK, and on its TLS. */
public final class NettyNio extends NettyClient {
  public NettyNio() {
    super(NioIoHandler.newFactory(), NioSocketChannel.class, SslProvider.JDK);
  }
}
