// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.parley.testkit.TestCertificates;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/** The JDK's HTTP server: answers as it is told, and else 200 with what it was sent. */
final class OriginServer implements AutoCloseable {
  private final HttpServer server;
  private final boolean secure;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<Asked> requests = new LinkedBlockingQueue<>();
  private final Queue<Answer> answers = new ConcurrentLinkedQueue<>();

  /** A request that came. */
  record Asked(String method, String target, Headers headers, String body, int clientPort) {}

  /** How to answer. */
  @FunctionalInterface
  interface Answer {
    void to(HttpExchange exchange, byte[] body) throws IOException;
  }

  private OriginServer(HttpServer server, boolean secure) {
    this.server = server;
    this.secure = secure;
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  static OriginServer start() {
    try {
      return new OriginServer(HttpServer.create(anyPort(), 0), false);
    } catch (IOException e) {
      throw new AssertionError("no server", e);
    }
  }

  static OriginServer secure() {
    return secure(TestCertificates.serverContext(), false);
  }

  static OriginServer secure(SSLContext context, boolean wantsClientCertificate) {
    try {
      HttpsServer server = HttpsServer.create(anyPort(), 0);
      server.setHttpsConfigurator(
          new HttpsConfigurator(context) {
            @Override
            public void configure(HttpsParameters parameters) {
              SSLParameters tls = context.getDefaultSSLParameters();
              tls.setNeedClientAuth(wantsClientCertificate);
              parameters.setSSLParameters(tls);
            }
          });
      return new OriginServer(server, true);
    } catch (IOException e) {
      throw new AssertionError("no server", e);
    }
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      byte[] body = exchange.getRequestBody().readAllBytes();
      requests.add(
          new Asked(
              exchange.getRequestMethod(),
              exchange.getRequestURI().toString(),
              exchange.getRequestHeaders(),
              new String(body, StandardCharsets.UTF_8),
              exchange.getRemoteAddress().getPort()));
      Answer answer = answers.poll();
      (answer == null ? answer(200, new String(body, StandardCharsets.UTF_8)) : answer)
          .to(exchange, body);
    }
  }

  /** An answer with a body, and headers by name and value. */
  static Answer answer(int status, String body, String... headers) {
    ArrayDeque<String> fields = new ArrayDeque<>(List.of(headers));
    return (exchange, asked) -> {
      while (!fields.isEmpty()) {
        exchange.getResponseHeaders().add(fields.remove(), fields.remove());
      }
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      boolean head = exchange.getRequestMethod().equals("HEAD");
      exchange.sendResponseHeaders(status, bytes.length == 0 || head ? -1 : bytes.length);
      if (!head) {
        exchange.getResponseBody().write(bytes);
      }
    };
  }

  void enqueue(Answer answer) {
    answers.add(answer);
  }

  void enqueue(int status, String body, String... headers) {
    answers.add(answer(status, body, headers));
  }

  Asked take() {
    try {
      Asked asked = requests.poll(10, TimeUnit.SECONDS);
      if (asked == null) {
        throw new AssertionError("no request after " + Duration.ofSeconds(10));
      }
      return asked;
    } catch (InterruptedException e) {
      throw new AssertionError("interrupted", e);
    }
  }

  /** Returns the next request that came already. */
  @Nullable Asked peek() {
    return requests.poll();
  }

  int port() {
    return server.getAddress().getPort();
  }

  String url(String path) {
    return (secure ? "https" : "http") + "://localhost:" + port() + path;
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
