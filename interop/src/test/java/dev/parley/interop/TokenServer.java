// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.parley.testkit.TestCertificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Gives whoever asks a token with his own words in it, with and without TLS. */
record TokenServer(HttpServer plain, HttpsServer secure) implements AutoCloseable {
  static TokenServer start() throws IOException {
    InetSocketAddress anyPort = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    HttpsServer secure = HttpsServer.create(anyPort, 0);
    secure.setHttpsConfigurator(new HttpsConfigurator(TestCertificates.serverContext()));
    TokenServer server = new TokenServer(HttpServer.create(anyPort, 0), secure);
    for (HttpServer each : new HttpServer[] {server.plain, server.secure}) {
      each.createContext("/", TokenServer::answer);
      each.start();
    }
    return server;
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      String asked = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      String strange = String.valueOf(exchange.getRequestHeaders().get("Proxy-Authorization"));
      byte[] answer = ("token for " + asked + ", " + strange).getBytes(UTF_8);
      exchange.sendResponseHeaders(200, answer.length);
      exchange.getResponseBody().write(answer);
    }
  }

  /** By address, as proxies here reach it. */
  String url(boolean tls) {
    return tls
        ? "https://127.0.0.1:" + secure.getAddress().getPort() + "/token"
        : "http://127.0.0.1:" + plain.getAddress().getPort() + "/token";
  }

  @Override
  public void close() {
    plain.stop(0);
    secure.stop(0);
  }
}
