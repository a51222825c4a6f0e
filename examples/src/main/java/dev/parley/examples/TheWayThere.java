// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.NameResolver;
import dev.parley.client.transport.SocketOptions;
import dev.parley.client.transport.TlsOptions;
import java.net.InetAddress;
import java.net.StandardSocketOptions;
import java.util.List;
import jdk.net.ExtendedSocketOptions;

/** What one can change about the way to a server. */
public final class TheWayThere {
  private TheWayThere() {}

  /** A client that knows a name which no name server does. */
  static HttpClient withAResolver() {
    return HttpClient.create(
        config ->
            config
                .install(WebSockets.PLUGIN)
                .resolver(
                    name ->
                        name.equals("chat.internal")
                            ? List.of(InetAddress.getLoopbackAddress())
                            : NameResolver.PLATFORM.resolve(name)));
  }

  /** A client with socket options, bound to an address. */
  static HttpClient withSocketOptions() {
    SocketOptions sockets =
        SocketOptions.DEFAULT
            .with(StandardSocketOptions.SO_RCVBUF, 256 << 10)
            .with(ExtendedSocketOptions.TCP_KEEPIDLE, 60)
            .withLocalAddress(InetAddress.getLoopbackAddress());
    return HttpClient.create(config -> config.install(WebSockets.PLUGIN).sockets(sockets));
  }

  /** Talks through a Unix-domain socket. */
  static void throughAUnixSocket(String socket) {
    try (HttpClient client = HttpClient.create()) {
      client.webSocket("ws+unix:" + socket + ":/chat?room=1", session -> session.send("Hello!"));
    }
  }

  /** Talks through a Unix-domain socket and TLS, to whom a certificate is for a host. */
  static void securely(TlsOptions tls, String host, String socket) {
    try (HttpClient client =
        HttpClient.create(config -> config.install(WebSockets.PLUGIN).tls(tls))) {
      client.webSocket(
          request -> request.host(host).url("wss+unix:" + socket + ":/chat"),
          session -> session.send("Hello!"));
    }
  }
}
