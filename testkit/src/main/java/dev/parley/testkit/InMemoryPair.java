// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.Event;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Inbound;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Outbound;
import dev.parley.websocket.Role;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.extension.WebSocketExtensionsConfig;
import dev.parley.websocket.handshake.ClientHandshake;
import dev.parley.websocket.handshake.NegotiatedHandshake;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ServerHandshake;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/**
 * A client's core and a server's core back to back, with no socket between them and no thread: what
 * one end sends lies in memory until the other end receives it, whole or in pieces.
 *
 * <p>Nothing happens by itself: a reply that is due is sent if the test sends it. Masking keys are
 * the same in each run. Not thread-safe.
 */
public final class InMemoryPair implements AutoCloseable {
  private static final int BUFFER = 8 << 10;
  private static final int NONCE_SIZE = 16;
  private static final long SEED = 6455;

  private final End client;
  private final End server;

  private InMemoryPair(End client, End server) {
    this.client = client;
    this.server = server;
  }

  /** Opens a pair with no extensions and the default limits. */
  public static InMemoryPair open() {
    return open(Limits.DEFAULT, Inbound.Delivery.MESSAGES, extensions -> {});
  }

  /**
   * Opens a pair: the two ends make their opening handshake in memory.
   *
   * @param limits the limits of both ends
   * @param delivery what both ends deliver
   * @param extensions installs what the client offers and the server agrees to
   */
  public static InMemoryPair open(
      Limits limits, Inbound.Delivery delivery, Consumer<WebSocketExtensionsConfig> extensions) {
    WebSocketExtensionsConfig config = new WebSocketExtensionsConfig();
    extensions.accept(config);
    var client = new ClientHandshake(new byte[NONCE_SIZE], List.of(), config.installed());
    var request =
        new RequestHead(
            "GET", "/", client.headers().toBuilder().add("Host", "in-memory.example").build());
    return switch (new ServerHandshake(List.of(), config.installed()).answer(request)) {
      case ServerHandshake.Answer.Accepted(var response, NegotiatedHandshake negotiated) ->
          new InMemoryPair(
              new End(Role.CLIENT, limits, delivery, client.accept(response).extensions()),
              new End(Role.SERVER, limits, delivery, negotiated.extensions()));
      case ServerHandshake.Answer.Refused refused -> throw new AssertionError(refused.why());
    };
  }

  /** Returns the client's end. */
  public End client() {
    return client;
  }

  /** Returns the server's end. */
  public End server() {
    return server;
  }

  /** Sends a frame from the client's end, and returns what the server's makes of it. */
  public List<Event> toServer(Frame frame) {
    return server.receive(client.send(frame));
  }

  /** Sends a frame from the server's end, and returns what the client's makes of it. */
  public List<Event> toClient(Frame frame) {
    return client.receive(server.send(frame));
  }

  /** Releases what the extensions hold. */
  @Override
  public void close() {
    client.end();
    server.end();
  }

  /** One end: frames to bytes, bytes to events. */
  public static final class End {
    private final Inbound inbound;
    private final Outbound outbound;

    private End(
        Role role,
        Limits limits,
        Inbound.Delivery delivery,
        List<WebSocketExtension<?>> extensions) {
      inbound = new Inbound(role, limits, delivery, extensions);
      outbound = new Outbound(role, extensions, new Random(SEED)::nextInt);
    }

    /** Returns the bytes of a frame. */
    public byte[] send(Frame frame) {
      outbound.begin(frame);
      ByteArrayOutputStream sent = new ByteArrayOutputStream();
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      boolean whole;
      do {
        whole = outbound.write(buffer.clear());
        sent.write(buffer.array(), 0, buffer.position());
      } while (!whole);
      return sent.toByteArray();
    }

    /** Receives bytes, and returns the events that they complete. */
    public List<Event> receive(byte[] bytes) {
      return receive(bytes, Math.max(1, bytes.length));
    }

    /** Receives bytes in pieces, which must make no difference. */
    public List<Event> receive(byte[] bytes, int pieceSize) {
      List<Event> events = new ArrayList<>();
      for (int from = 0; from < bytes.length; from += pieceSize) {
        int length = Math.min(pieceSize, bytes.length - from);
        ByteBuffer piece = ByteBuffer.wrap(bytes, from, length);
        Event event = inbound.poll(piece);
        while (event != null) {
          events.add(event);
          event = event instanceof Event.Ended ? null : inbound.poll(piece);
        }
      }
      return events;
    }

    /** Receives the end of the stream. */
    public Event endOfStream() {
      return inbound.endOfStream();
    }

    private void end() {
      inbound.end();
      outbound.end();
    }
  }
}
