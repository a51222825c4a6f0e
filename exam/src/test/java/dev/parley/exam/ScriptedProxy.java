// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;

/** A proxy that does as it is told, for better or worse, and writes down what it is asked for. */
final class ScriptedProxy implements AutoCloseable {
  /** What the proxy does with a connection. */
  interface Service {
    void serve(Socket client, BlockingQueue<String> asked) throws IOException;
  }

  private final ServerSocket listener;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final BlockingQueue<String> asked = new LinkedBlockingQueue<>();
  private final AtomicInteger connections = new AtomicInteger();

  ScriptedProxy(Service service) {
    try {
      listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    threads.execute(() -> listen(service));
  }

  private void listen(Service service) {
    try {
      while (true) {
        Socket client = listener.accept();
        connections.incrementAndGet();
        threads.execute(() -> serve(client, service));
      }
    } catch (IOException | RejectedExecutionException e) {
      return; // closed
    }
  }

  private void serve(Socket client, Service service) {
    try (client) {
      service.serve(client, asked);
    } catch (IOException e) {
      return; // the client left, which is what most of these tests want of it
    }
  }

  int port() {
    return listener.getLocalPort();
  }

  int connections() {
    return connections.get();
  }

  /** Returns what was asked for: heads of HTTP, or what SOCKS was told as a name and port. */
  List<String> asked() {
    return List.copyOf(asked);
  }

  /** Takes the next that was asked for, or written down. */
  String take() throws InterruptedException {
    String next = asked.poll(10, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing came to the proxy");
    }
    return next;
  }

  /** Answers every CONNECT alike, and then is the other end of the tunnel. */
  static Service http(String answer, Service then) {
    return (client, asked) -> {
      asked.add(readHead(client.getInputStream()));
      client.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
      then.serve(client, asked);
    };
  }

  static String readHead(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("end of the stream in a head");
      }
      head.append((char) next);
    }
    return head.toString();
  }

  /** SOCKS 5 with whatever name on the loopback interface; its own address is a name too. */
  static Service socks5() {
    return (client, asked) -> {
      InputStream in = client.getInputStream();
      in.skipNBytes(in.readNBytes(2)[1]);
      client.getOutputStream().write(new byte[] {5, 0});
      in.skipNBytes(3);
      String host =
          switch (in.read()) {
            case 1 -> InetAddress.getByAddress(in.readNBytes(4)).getHostAddress();
            case 3 -> new String(in.readNBytes(in.read()), StandardCharsets.US_ASCII);
            default -> throw new IOException("an address of another type");
          };
      int port = in.read() << 8 | in.read();
      asked.add(host + ":" + port);
      client.getOutputStream().write(new byte[] {5, 0, 0, 3, 2, 'm', 'e', 1, 2});
      try (Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
        relay(client, server);
      }
    };
  }

  /** Relays until either end is gone. */
  private static void relay(Socket client, Socket server) throws IOException {
    Thread back =
        Thread.startVirtualThread(
            () -> {
              try (client) {
                server.getInputStream().transferTo(client.getOutputStream());
              } catch (IOException e) {
                return; // as the other direction finds too
              }
            });
    try {
      client.getInputStream().transferTo(server.getOutputStream());
    } finally {
      back.interrupt();
    }
  }

  /** Speaks TLS first. */
  static Service tls(SSLContext context, Service then) {
    return (client, asked) -> {
      try (Socket secure = context.getSocketFactory().createSocket(client, null, true)) {
        then.serve(secure, asked);
      }
    };
  }

  /** Reads on to the end and says nothing. */
  static void stayQuiet(Socket client, BlockingQueue<String> asked) throws IOException {
    client.getInputStream().readAllBytes();
  }

  /** Writes down the head of the request that comes through the tunnel, and ends it. */
  static void end(Socket client, BlockingQueue<String> asked) throws IOException {
    asked.add(readHead(client.getInputStream()));
  }

  @Override
  public void close() {
    try {
      listener.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      threads.shutdownNow();
      threads.close();
    }
  }
}
