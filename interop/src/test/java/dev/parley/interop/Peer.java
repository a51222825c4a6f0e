// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

/** A server of another project. */
enum Peer {
  NODE {
    @Override
    EchoServer start() {
      return NodeServer.start();
    }
  },
  JETTY {
    @Override
    EchoServer start() {
      return new JettyServer();
    }
  },
  NETTY {
    @Override
    EchoServer start() {
      return new NettyServer();
    }
  },
  UNDERTOW {
    @Override
    EchoServer start() {
      return new UndertowServer();
    }
  };

  abstract EchoServer start();
}
