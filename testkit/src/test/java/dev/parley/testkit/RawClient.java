// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.Opcode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** A client that is a socket: it reads and writes what the test says, and knows no rule. */
final class RawClient implements AutoCloseable {
  private static final int READ_TIMEOUT_MILLIS = 10_000;
  private static final int KEY = 0x37fa213d;

  final Socket socket;

  RawClient(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(READ_TIMEOUT_MILLIS);
  }

  /** Connects, and sends nothing. */
  static RawClient connect(MockWebSocketServer server) throws IOException {
    return new RawClient(new Socket(InetAddress.getLoopbackAddress(), server.port()));
  }

  /** Connects, makes the opening handshake and reads the answer. */
  static RawClient open(MockWebSocketServer server) throws IOException {
    RawClient client = connect(server);
    client.request("/");
    client.readHead();
    return client;
  }

  void request(String path, String... headerLines) throws IOException {
    String key = Base64.getEncoder().encodeToString(new byte[16]);
    String head =
        "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                .formatted(path)
            + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n".formatted(key);
    for (String line : headerLines) {
      head += line + "\r\n";
    }
    write((head + "\r\n").getBytes(StandardCharsets.US_ASCII));
  }

  /** Reads up to the blank line. */
  String readHead() throws IOException {
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = socket.getInputStream().read();
      if (next < 0) {
        throw new IOException("end of the stream after: " + head);
      }
      head.append((char) next);
    }
    return head.toString();
  }

  void send(String text) throws IOException {
    send(RawFrame.text(text));
  }

  void send(Opcode opcode, byte... payload) throws IOException {
    send(RawFrame.of(opcode, payload));
  }

  void send(RawFrame frame) throws IOException {
    write(frame.withMaskingKey(KEY).toBytes());
  }

  void write(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
  }

  /** Reads a frame; {@code null} at the end of the stream. */
  @Nullable RawFrame read() throws IOException {
    return RawFrame.read(socket.getInputStream());
  }

  byte[] readToTheEnd() throws IOException {
    return socket.getInputStream().readAllBytes();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
