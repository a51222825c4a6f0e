// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.TimeBound.assertTook;
import static dev.parley.exam.Trial.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.SocketOptions;
import dev.parley.testkit.RawFrame;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Limits;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketProtocolException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames that claim too much, and frames without end. */
@Isolated("measures memory and processor time")
final class FrameFloodTest {
  private static final byte[] EMPTY = {};
  private static final int LIMIT = 1 << 20;

  /** The memory bound of the exam: twice the largest message, and half a megabyte. */
  private static final long MEMORY_BOUND = 2 * LIMIT + (512 << 10);

  private static HttpClient client(Consumer<WebSockets.Config> settings) {
    return HttpClient.create(config -> config.install(WebSockets.PLUGIN, settings));
  }

  /** The client closes with the code of the violation, having taken no more than it may. */
  private static void fails(
      Violation violation,
      long memoryBound,
      Consumer<WebSockets.Config> settings,
      byte[] first,
      byte[] rest)
      throws Exception {
    AtomicInteger code = new AtomicInteger();
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  connection.write(first);
                  RawFrame close = connection.writeUntilClose(rest);
                  code.set(close.payload().getShort());
                });
        HttpClient client = client(settings)) {
      long allocation =
          Cost.allocation(
              () -> {
                DefaultClientWebSocketSession session = client.webSocketSession(server.url());
                Delivered delivered = Delivered.by(session);
                assertThat(delivered.frames()).isEmpty();
                Trial.assertFailed(session, delivered, violation);
              });
      assertThat(allocation).isLessThan(memoryBound);
      server.awaitEnd(SOON);
      assertThat(code).hasValue(violation.closeReason().code());
    }
  }

  @Row({25, 27})
  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 1L << 62, 1L << 31, Integer.MAX_VALUE, (64L << 20) + 1})
  void claimOverTheLimitTakesNoMemory(long length) throws Exception {
    byte[] claim = RawFrame.of(Opcode.BINARY, EMPTY).withLength(length).toBytes();
    Violation violation = length < 0 ? Violation.LENGTH_NEGATIVE : Violation.MESSAGE_TOO_BIG;
    fails(violation, 512 << 10, ws -> {}, claim, EMPTY);
  }

  @Row(27)
  @Test
  void claimWithinTheLimitTakesNoMemory() throws Exception {
    byte[] claim = RawFrame.of(Opcode.BINARY, new byte[10]).withLength(64L << 20).toBytes();
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  connection.write(claim);
                });
        HttpClient client = client(ws -> {})) {
      long allocation =
          Cost.allocation(
              () -> {
                DefaultClientWebSocketSession session = client.webSocketSession(server.url());
                // The end of the stream, which is no fault of the length.
                assertThat(Delivered.by(session).failure())
                    .isNotInstanceOf(WebSocketProtocolException.class)
                    .hasCauseInstanceOf(IOException.class);
                assertThat(session.closeReason()).isCompletedWithValue(null); // 1006
              });
      assertThat(allocation).isLessThan(512 << 10);
    }
  }

  @Row(30)
  @ParameterizedTest
  @ValueSource(ints = {10_000, 1000})
  void endlessFragments(int size) throws Exception {
    fails(
        Violation.MESSAGE_TOO_BIG,
        MEMORY_BOUND,
        ws -> ws.maxMessageSize(LIMIT),
        RawFrame.of(Opcode.BINARY, new byte[size]).withFin(false).toBytes(),
        RawFrame.of(Opcode.CONTINUATION, new byte[size]).withFin(false).toBytes());
  }

  @Row({31, 32})
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void endlessFragmentsOfNearlyNothing(int size) throws Exception {
    byte[] fragment = RawFrame.of(Opcode.CONTINUATION, new byte[size]).withFin(false).toBytes();
    fails(
        Violation.TOO_MANY_FRAGMENTS,
        32 << 20, // 131,072 frames that are garbage at once
        ws -> {},
        RawFrame.of(Opcode.BINARY, new byte[size]).withFin(false).toBytes(),
        repeat(fragment, 1000));
  }

  /** At its limit of fragments a message that is nearly nothing holds no more than any other. */
  @Row({31, 32})
  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void fragmentsOfNearlyNothingHoldLittle(int size) throws Exception {
    int most = Limits.DEFAULT.maxFragments();
    byte[] first = RawFrame.of(Opcode.BINARY, new byte[size]).withFin(false).toBytes();
    byte[] next = RawFrame.of(Opcode.CONTINUATION, new byte[size]).withFin(false).toBytes();
    byte[] others = repeat(next, most - 1);
    CountDownLatch opened = new CountDownLatch(1);
    CountDownLatch written = new CountDownLatch(1);
    CountDownLatch measured = new CountDownLatch(1);
    AtomicInteger code = new AtomicInteger();
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  opened.await();
                  connection.write(first);
                  connection.write(others);
                  connection.write(RawFrame.of(Opcode.PING, EMPTY));
                  connection.readFrame(); // the Pong: the client has read what came before
                  written.countDown();
                  measured.await();
                  connection.write(next);
                  code.set(connection.readClose().payload().getShort());
                });
        HttpClient client = client(ws -> ws.maxMessageSize(LIMIT))) {
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      long before = Cost.liveHeap();
      opened.countDown();
      assertThat(written.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(Cost.liveHeap() - before).isLessThan(MEMORY_BOUND);
      measured.countDown();
      Delivered delivered = Delivered.by(session);
      assertThat(delivered.frames()).isEmpty();
      Trial.assertFailed(session, delivered, Violation.TOO_MANY_FRAGMENTS);
      server.awaitEnd(SOON);
      assertThat(code).hasValue(1008);
    }
  }

  static byte[] repeat(byte[] bytes, int count) {
    ByteArrayOutputStream all = new ByteArrayOutputStream(bytes.length * count);
    for (int i = 0; i < count; i++) {
      all.writeBytes(bytes);
    }
    return all.toByteArray();
  }

  /** Serves one message of bytes that count up, in fragments of one byte. */
  private static byte[] inOneByteFragments(int size) {
    ByteArrayOutputStream all = new ByteArrayOutputStream(3 * size);
    for (int i = 0; i < size; i++) {
      Opcode opcode = i == 0 ? Opcode.BINARY : Opcode.CONTINUATION;
      all.writeBytes(RawFrame.of(opcode, new byte[] {(byte) i}).withFin(i == size - 1).toBytes());
    }
    return all.toByteArray();
  }

  private static byte[] countingUp(int size) {
    byte[] bytes = new byte[size];
    for (int i = 0; i < size; i++) {
      bytes[i] = (byte) i;
    }
    return bytes;
  }

  @Row(31)
  @Test
  void costOfOneByteFragmentsIsLinear() throws Exception {
    int tenth = LIMIT / 10;
    try (BareServer tenShort = servesOneByteFragments(10, tenth);
        BareServer oneLong = servesOneByteFragments(1, LIMIT);
        HttpClient client = client(ws -> ws.maxFragments(LIMIT).maxMessageSize(LIMIT))) {
      double times =
          Cost.timesTheTimeOf(
              () -> receive(client.webSocketSession(tenShort.url()), 10, tenth),
              () -> receive(client.webSocketSession(oneLong.url()), 1, LIMIT));
      assertThat(times).isLessThan(1.5);
    }
  }

  private static BareServer servesOneByteFragments(int messages, int size) throws IOException {
    byte[] wire = repeat(inOneByteFragments(size), messages);
    return BareServer.start(
        connection -> {
          connection.accept();
          connection.write(wire);
          connection.readToEnd();
        });
  }

  private static void receive(WebSocketSession session, int messages, int size) throws Exception {
    Frame message = new Frame.Binary(countingUp(size));
    for (int i = 0; i < messages; i++) {
      assertThat(session.incoming().receive(SOON)).contains(message);
    }
    session.terminate();
  }

  @Row(31)
  @Test
  void oneByteFragmentsTakeNoMoreMemoryThanTheirMessage() throws Exception {
    byte[] wire = inOneByteFragments(LIMIT);
    CountDownLatch opened = new CountDownLatch(1);
    CountDownLatch written = new CountDownLatch(1);
    CountDownLatch measured = new CountDownLatch(1);
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  opened.await();
                  connection.out.write(wire, 0, wire.length - 3);
                  connection.write(RawFrame.of(Opcode.PING, EMPTY));
                  connection.readFrame(); // the Pong: the client has read what came before
                  written.countDown();
                  measured.await();
                  connection.out.write(wire, wire.length - 3, 3);
                  connection.readToEnd();
                });
        HttpClient client = client(ws -> ws.maxFragments(LIMIT).maxMessageSize(LIMIT))) {
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      long before = Cost.liveHeap();
      opened.countDown();
      assertThat(written.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(Cost.liveHeap() - before).isLessThan(MEMORY_BOUND);
      measured.countDown();
      assertThat(session.incoming().receive(SOON)).contains(new Frame.Binary(countingUp(LIMIT)));
      session.terminate();
    }
  }

  /**
   * With all limits as they are by default. The whole message is made when its last fragment has
   * come, and until then the fragments are there: so they may take half of the bound, and no more.
   */
  @Row({28, 31})
  @Test
  void largestMessageInSmallFragmentsKeepsToTheMemoryBound() throws Exception {
    int largest = 64 << 20;
    int size = 512; // of which 128 Ki make the largest message, and are as many as may be
    byte[] some = repeat(fragment(Opcode.CONTINUATION, size, false), 128);
    CountDownLatch opened = new CountDownLatch(1);
    CountDownLatch written = new CountDownLatch(1);
    CountDownLatch measured = new CountDownLatch(1);
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  opened.await();
                  connection.write(fragment(Opcode.BINARY, size, false));
                  for (int i = 1; i < largest / size / 128; i++) {
                    connection.write(some);
                  }
                  for (int i = 0; i < 126; i++) {
                    connection.write(fragment(Opcode.CONTINUATION, size, false));
                  }
                  connection.write(RawFrame.of(Opcode.PING, EMPTY));
                  connection.readFrame(); // the Pong: the client has read what came before
                  written.countDown();
                  measured.await();
                  connection.write(fragment(Opcode.CONTINUATION, size, true));
                  connection.readToEnd();
                });
        HttpClient client = client(ws -> {})) {
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      long before = Cost.liveHeap();
      opened.countDown();
      assertThat(written.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      long held = Cost.liveHeap() - before;
      measured.countDown();
      Frame message = session.incoming().receive(SOON).orElseThrow();
      assertThat(message.data()).hasSize(largest).startsWith(7).endsWith(7);
      assertThat(held + largest).isLessThan(2L * largest + (512 << 10));
      session.terminate();
    }
  }

  private static byte[] fragment(Opcode opcode, int size, boolean fin) {
    byte[] payload = new byte[size];
    Arrays.fill(payload, (byte) 7);
    return RawFrame.of(opcode, payload).withFin(fin).toBytes();
  }

  private static byte[] ping(int number) {
    return RawFrame.of(Opcode.PING, ByteBuffer.allocate(4).putInt(number).array()).toBytes();
  }

  @Row(33)
  @Test
  void pingFloodWithMessagesBetween() throws Exception {
    int pings = 50_000;
    int each = 500;
    CountDownLatch lastAnswered = new CountDownLatch(1);
    AtomicInteger outOfOrder = new AtomicInteger();
    List<String> heard = Collections.synchronizedList(new ArrayList<>());
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  Thread writer =
                      Thread.ofVirtual()
                          .start(
                              () -> {
                                try {
                                  for (int n = 1; n <= pings; n++) {
                                    connection.out.write(ping(n));
                                    if (n % each == 0) {
                                      connection.write(RawFrame.text("message " + n));
                                    }
                                  }
                                } catch (IOException e) {
                                  return; // The client is gone, and its reader sees that.
                                }
                              });
                  int last = 0;
                  while (last < pings || heard.size() < pings / each) {
                    RawFrame frame = Objects.requireNonNull(connection.readFrame());
                    if (frame.opcode() == Opcode.TEXT.code()) {
                      heard.add(frame.payloadAsText());
                      continue;
                    }
                    int number = frame.payload().getInt();
                    if (number <= last || frame.opcode() != Opcode.PONG.code()) {
                      outOfOrder.incrementAndGet();
                    }
                    last = number;
                  }
                  writer.join();
                  lastAnswered.countDown();
                  connection.readToEnd();
                });
        HttpClient client = client(ws -> {})) {
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      Semaphore received = new Semaphore(0);
      FutureTask<List<String>> sending =
          new FutureTask<>(() -> sendWithEach(received, pings / each, session));
      Thread unused = Thread.ofVirtual().start(sending);
      for (int n = each; n <= pings; n += each) {
        assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("message " + n));
        received.release();
      }
      List<String> sent = sending.get(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(lastAnswered.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(outOfOrder).hasValue(0);
      assertThat(heard).isEqualTo(sent).hasSize(pings / each);
      session.terminate();
    }
  }

  /** Sends a message with each that is received, none of which has to wait. */
  private static List<String> sendWithEach(
      Semaphore received, int count, DefaultClientWebSocketSession session)
      throws InterruptedException {
    List<String> sent = new ArrayList<>();
    for (int n = 1; n <= count; n++) {
      received.acquire();
      long start = TimeBound.now();
      session.send("ours " + n);
      assertTook(start, Duration.ZERO);
      sent.add("ours " + n);
    }
    return sent;
  }

  @Row(34)
  @Test
  void pingFloodOfAPeerThatNeverReads() throws Exception {
    CountDownLatch enough = new CountDownLatch(1);
    byte[] pings = repeat(RawFrame.of(Opcode.PING, new byte[125]).toBytes(), 100);
    Duration interval = Duration.ofMillis(500);
    Duration timeout = Duration.ofSeconds(1);
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  connection.writeForEver(pings, 10 << 20, enough);
                });
        HttpClient client =
            client(ws -> ws.pingInterval(interval).pongTimeout(timeout).maxMessageSize(LIMIT))) {
      long before = Cost.liveHeap();
      long start = TimeBound.now();
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      assertThat(enough.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      assertThat(Cost.liveHeap() - before).isLessThan(MEMORY_BOUND);
      Delivered delivered = Delivered.by(session);
      assertTook(start, timeout, interval.plus(timeout));
      assertThat(delivered.frames()).isEmpty();
      assertThat(delivered.failure()).isInstanceOf(WebSocketException.class);
      assertThat(session.closeReason()).succeedsWithin(SOON).isNull();
      server.awaitEnd(SOON);
    }
  }

  /** Without Pings of its own, the client sees that no Pong gets away. */
  @Row(34)
  @Test
  void pingFloodOfAPeerThatNeverReadsEndsAtTheWriteTimeout() throws Exception {
    Duration timeout = Duration.ofSeconds(1);
    byte[] pings = repeat(RawFrame.of(Opcode.PING, new byte[125]).toBytes(), 100);
    SocketOptions small = SocketOptions.DEFAULT.with(StandardSocketOptions.SO_SNDBUF, 4 << 10);
    CountingConnector connector = new CountingConnector();
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  connection.writeForEver(pings);
                });
        HttpClient client =
            HttpClient.create(
                config ->
                    config
                        .sockets(small)
                        .connector(connector)
                        .install(
                            WebSockets.PLUGIN,
                            ws ->
                                ws.pingInterval(null)
                                    .writeTimeout(timeout)
                                    .maxMessageSize(LIMIT)))) {
      long start = TimeBound.now();
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      Delivered delivered = Delivered.by(session);
      assertTook(start, timeout, timeout);
      assertThat(delivered.frames()).isEmpty();
      assertThat(delivered.failure())
          .hasMessageContaining("taken nothing of what was sent for " + timeout)
          .hasCauseInstanceOf(SocketTimeoutException.class);
      assertThat(session.closeReason()).succeedsWithin(SOON).isNull();
      connector.assertNoneOpen(SOON); // which the server does not learn while it never reads
    }
  }

  @Row(34)
  @Test
  void onlyTheLatestPongWaits() throws Exception {
    int pings = 10_000;
    Valve valve = new Valve();
    CountDownLatch shut = new CountDownLatch(1);
    CountDownLatch answered = new CountDownLatch(1);
    AtomicInteger pongs = new AtomicInteger();
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  shut.await();
                  for (int n = 1; n <= pings; n++) {
                    connection.out.write(ping(n));
                  }
                  connection.write(RawFrame.text("flooded"));
                  for (int last = 0; last < pings; pongs.incrementAndGet()) {
                    last = Objects.requireNonNull(connection.readFrame()).payload().getInt();
                  }
                  answered.countDown();
                  connection.readToEnd();
                });
        HttpClient client =
            HttpClient.create(
                config -> config.install(WebSockets.PLUGIN).connector(valve.connector()))) {
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      valve.shut();
      shut.countDown();
      assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("flooded"));
      valve.open();
      assertThat(answered.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
      session.terminate();
      assertThat(pongs.get()).isBetween(1, 2);
    }
  }
}
