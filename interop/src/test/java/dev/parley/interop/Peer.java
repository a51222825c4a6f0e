// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import java.nio.file.Path;

/** A server of another project. */
enum Peer {
  NODE {
    @Override
    EchoServer start(Path directory, TestTls tls) {
      return NodeServer.start(directory, tls);
    }
  },
  JETTY {
    @Override
    EchoServer start(Path directory, TestTls tls) {
      return new JettyServer(tls);
    }
  },
  NETTY {
    @Override
    EchoServer start(Path directory, TestTls tls) {
      return new NettyServer(tls);
    }
  },
  UNDERTOW {
    @Override
    EchoServer start(Path directory, TestTls tls) {
      return new UndertowServer(tls);
    }
  };

  /**
   * Starts the server.
   *
   * @param directory where it may write
   */
  abstract EchoServer start(Path directory, TestTls tls);
}
