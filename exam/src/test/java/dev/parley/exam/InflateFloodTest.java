// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Violation;
import dev.parley.websocket.extension.PerMessageDeflateConfig;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/** Messages that grow when they are decompressed, and what is left of their streams. */
@Isolated("measures memory and processor time")
final class InflateFloodTest {
  private static final int LIMIT = 4 << 20;
  private static final long MEMORY_BOUND = 2 * LIMIT + (512 << 10);
  private static final int GIGABYTE = 1 << 30;

  /** Compresses zeros, a megabyte at a time with a full flush, so that the parts are alike. */
  private static byte[] bomb(int size) {
    Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
    deflater.setInput(new byte[1 << 20]);
    byte[] part = new byte[8192];
    int length = deflater.deflate(part, 0, part.length, Deflater.FULL_FLUSH);
    deflater.end();
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int i = 0; i < size >> 20; i++) {
      all.write(part, 0, length);
    }
    byte[] bomb = all.toByteArray();
    return Arrays.copyOf(bomb, bomb.length - 4);
  }

  private static HttpClient client() {
    return HttpClient.create(
        config ->
            config.install(
                WebSockets.PLUGIN,
                ws ->
                    ws.maxMessageSize(LIMIT)
                        .extensions(all -> all.install(WebSocketExtensions.perMessageDeflate()))));
  }

  /** The codes of the Close frames that the servers got. */
  private final BlockingQueue<Integer> codes = new LinkedBlockingQueue<>();

  /** Accepts with compression, sends bytes, and waits for the client to close. */
  private BareServer server(byte[] wire) throws IOException {
    return BareServer.start(
        connection -> {
          connection.accept(
              BareServer.STATUS_LINE + "Sec-WebSocket-Extensions: permessage-deflate\r\n");
          connection.write(wire);
          codes.add((int) connection.readClose().payload().getShort());
        });
  }

  private void isTooBig(byte[] wire) throws Exception {
    try (BareServer server = server(wire);
        HttpClient client = client()) {
      long allocation = Cost.allocation(() -> receiveBomb(client, server));
      assertThat(allocation).isLessThan(MEMORY_BOUND);
    }
  }

  private void receiveBomb(HttpClient client, BareServer server) throws InterruptedException {
    DefaultClientWebSocketSession session = client.webSocketSession(server.url());
    Delivered delivered = Delivered.by(session);
    assertThat(delivered.frames()).isEmpty();
    Trial.assertFailed(session, delivered, Violation.MESSAGE_TOO_BIG);
    assertThat(codes.poll(SOON.toSeconds(), TimeUnit.SECONDS)).isEqualTo(1009);
  }

  private static RawFrame compressed(byte[] payload) {
    return RawFrame.of(Opcode.BINARY, payload).withRsv1(true);
  }

  @Row(43)
  @Test
  void gigabyteInOneFrame() throws Exception {
    isTooBig(compressed(bomb(GIGABYTE)).toBytes());
  }

  @Row(43)
  @Test
  void gigabyteInAThousandFragments() throws Exception {
    byte[] bomb = bomb(GIGABYTE);
    int size = bomb.length / 1000 + 1;
    ByteArrayOutputStream wire = new ByteArrayOutputStream();
    for (int from = 0; from < bomb.length; from += size) {
      int to = Math.min(bomb.length, from + size);
      byte[] part = Arrays.copyOfRange(bomb, from, to);
      RawFrame frame = from == 0 ? compressed(part) : RawFrame.of(Opcode.CONTINUATION, part);
      wire.writeBytes(frame.withFin(to == bomb.length).toBytes());
    }
    isTooBig(wire.toByteArray());
  }

  @Row(43)
  @Test
  void bombInABombIsInflatedOnce() throws Exception {
    byte[] inner = bomb(GIGABYTE);
    byte[] outer = DeflateTest.deflate(inner);
    assertThat(outer.length).isLessThan(16 << 10);
    try (BareServer server = server(compressed(outer).toBytes());
        HttpClient client = client()) {
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      assertThat(session.incoming().receive(SOON)).contains(new Frame.Binary(inner));
      session.terminate();
    }
  }

  @Row(43)
  @Test
  void bombCostsNoMoreTimeThanALargeMessage() throws Exception {
    try (BareServer good = server(compressed(bomb(LIMIT)).toBytes());
        BareServer bad = server(compressed(bomb(GIGABYTE)).toBytes());
        HttpClient client = client()) {
      Cost.Act receiveLargest =
          () -> {
            DefaultClientWebSocketSession session = client.webSocketSession(good.url());
            assertThat(session.incoming().receive(SOON)).isPresent();
            session.terminate();
          };
      Cost.processorTime(receiveLargest); // warm-up
      Duration allowed = Cost.processorTime(receiveLargest);
      Duration bomb = Cost.processorTime(() -> receiveBomb(client, bad));
      // The bomb is a megabyte to read before it can go off.
      assertThat(bomb).isLessThan(allowed.multipliedBy(3).plusMillis(10));
    }
  }

  /** The ways in which a session ends, in the middle of what it does with its two streams. */
  private static final List<Consumer<Ends>> WAYS =
      List.of(
          ends -> ends.open(Scenario.accept()).close(),
          ends -> {
            DefaultClientWebSocketSession session = ends.open(Scenario.accept().echo());
            session.send(Ends.TEXT);
            assertThat(session.incoming().receive(SOON)).contains(new Frame.Text(Ends.TEXT));
            session.close();
          },
          ends ->
              Delivered.by(
                  ends.open(
                      Scenario.accept()
                          .send(Ends.TEXT)
                          .send(Ends.HALF)
                          .close(CloseReason.GOING_AWAY))),
          ends -> Delivered.by(ends.open(Scenario.accept().send(Ends.HALF).endOfStream())),
          ends -> Delivered.by(ends.open(Scenario.accept().send(Ends.HALF).reset())),
          ends ->
              Delivered.by(
                  ends.open(
                      Trial.thenFailed(
                          Scenario.accept().send(Ends.HALF).send(RawFrame.of(3, new byte[0])),
                          Violation.RESERVED_OPCODE))),
          ends ->
              Delivered.by(
                  ends.open(
                      Trial.thenFailed(
                          Scenario.accept().send(Ends.TEXT).send(compressed(new byte[] {6})),
                          Violation.COMPRESSED_DATA_INVALID))),
          ends -> {
            DefaultClientWebSocketSession session =
                ends.open(Scenario.accept().send(Ends.TEXT).send(Ends.HALF));
            session.send(Ends.HALF);
            assertThat(session.incoming().receive(SOON)).contains(new Frame.Text(Ends.TEXT));
            session.terminate();
          },
          ends -> ends.drop(Scenario.accept().send(Ends.TEXT).send(Ends.HALF)),
          ends -> ends.drop(Scenario.accept().send(Ends.HALF).expect(Ends.TEXT).endOfStream()),
          ends ->
              assertThatExceptionOfType(HandshakeException.class)
                  .isThrownBy(
                      () ->
                          ends.open(
                              Scenario.accept(
                                  head ->
                                      new ResponseHead(
                                          101,
                                          "",
                                          head.headers().toBuilder()
                                              .add("Sec-WebSocket-Extensions", "x-unknown")
                                              .build())))));

  /** In so many of them the test holds no session: two are dropped, one does not open. */
  private static final int NOT_HELD = 3;

  /** Sessions that all stay reachable, whatever became of them, but for those that are dropped. */
  private static final class Ends implements AutoCloseable {
    static final String TEXT = "what was said before is said again, ".repeat(10);
    static final Frame HALF =
        new Frame.Text(TEXT.getBytes(StandardCharsets.UTF_8), false, false, false, false);

    private static final PerMessageDeflateConfig ALWAYS =
        new PerMessageDeflateConfig().withCompressIfBiggerThan(0);

    final MockWebSocketServer server =
        MockWebSocketServer.start(
            config ->
                config.extensions(
                    all -> all.install(WebSocketExtensions.perMessageDeflate(), ALWAYS)));
    final HttpClient client =
        HttpClient.create(
            config ->
                config.install(
                    WebSockets.PLUGIN,
                    ws ->
                        ws.extensions(
                            all -> all.install(WebSocketExtensions.perMessageDeflate(), ALWAYS))));
    final List<DefaultClientWebSocketSession> sessions = new ArrayList<>();

    DefaultClientWebSocketSession open(Scenario scenario) {
      server.enqueue(scenario);
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      sessions.add(session);
      return session;
    }

    /** Opens a session that nobody holds or closes. */
    void drop(Scenario scenario) {
      DefaultClientWebSocketSession session = open(scenario);
      session.send(TEXT);
      sessions.remove(session);
    }

    @Override
    public void close() {
      client.close();
      server.close();
    }
  }

  @Row(51)
  @Test
  void everyStreamEndsWithItsSession() throws Exception {
    int deflaters = Cost.live(Deflater.class);
    int inflaters = Cost.live(Inflater.class);
    List<DefaultClientWebSocketSession> held;
    try (Ends ends = new Ends()) {
      DefaultClientWebSocketSession open = ends.open(Scenario.accept().echo());
      open.send(Ends.TEXT);
      assertThat(open.incoming().receive(SOON)).isPresent();
      assertThat(Cost.live(Deflater.class))
          .as("both ends of an open session")
          .isEqualTo(deflaters + 2);
      assertThat(Cost.live(Inflater.class)).isGreaterThanOrEqualTo(inflaters + 2);
      for (int round = 0; round < 30; round++) {
        WAYS.forEach(way -> way.accept(ends));
      }
      held = ends.sessions;
      // Both ends of the first, and of those that nobody ended.
      int left = deflaters + 2 + 2 * 30;
      assertThat(Cost.settled(() -> Cost.live(Deflater.class), left)).isEqualTo(left);
    }
    assertThat(Cost.live(Deflater.class)).isEqualTo(deflaters);
    assertThat(Cost.live(Inflater.class)).isLessThanOrEqualTo(inflaters);
    assertThat(held).hasSize(1 + 30 * (WAYS.size() - NOT_HELD));
  }
}
