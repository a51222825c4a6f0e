// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.Trial.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.MessageOptions;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.ProxyOptions.Kind;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketInterruptedException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Many threads on one session, and threads that are interrupted. */
final class ThreadsTest {
  private static final int THREADS = 100;

  private static void await(CountDownLatch latch) throws InterruptedException {
    assertThat(latch.await(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
  }

  @Row(79)
  @Test
  void hundredThreadsSend() throws Exception {
    int sends = 10_000;
    int[] next = new int[THREADS];
    AtomicInteger outOfOrder = new AtomicInteger();
    CountDownLatch counted = new CountDownLatch(1);
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  ByteArrayOutputStream streamed = new ByteArrayOutputStream();
                  int type = 0;
                  RawFrame frame = connection.readFrame();
                  for (; frame != null && frame.opcode() != 8; frame = connection.readFrame()) {
                    boolean control = frame.opcode() >= 8;
                    boolean torn = !control && (frame.opcode() == 0) != (type != 0);
                    ByteBuffer payload = frame.payload();
                    if (!control) {
                      type = frame.opcode() == 0 ? type : frame.opcode();
                      byte[] fragment = new byte[payload.remaining()];
                      payload.get(fragment);
                      streamed.writeBytes(fragment);
                      if (!frame.fin()) {
                        outOfOrder.addAndGet(torn ? 1 : 0);
                        continue;
                      }
                      payload = ByteBuffer.wrap(streamed.toByteArray());
                      streamed.reset();
                    }
                    int sender = payload.getInt();
                    int number = payload.getShort() << 7 | payload.getShort();
                    boolean right =
                        !torn
                            && (control ? frame.opcode() : type) == opcode(sender, number).code()
                            && number == next[sender]++
                            && payload.remaining() == filler(number).length;
                    outOfOrder.addAndGet(right ? 0 : 1);
                    type = control ? type : 0;
                  }
                  counted.countDown();
                });
        HttpClient client = HttpClient.create()) {
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      List<Thread> threads = new ArrayList<>();
      for (int n = 0; n < THREADS; n++) {
        int sender = n;
        Runnable task =
            () -> {
              for (int number = 0; number < sends; number++) {
                send(session, sender, number);
              }
            };
        threads.add(n % 2 == 0 ? Thread.ofVirtual().start(task) : Thread.ofPlatform().start(task));
      }
      for (Thread thread : threads) {
        thread.join();
      }
      session.close();
      await(counted);
      assertThat(next).containsOnly(sends);
      assertThat(outOfOrder).hasValue(0);
    }
  }

  private static Opcode opcode(int sender, int number) {
    return new Opcode[] {Opcode.TEXT, Opcode.BINARY, Opcode.PING}[(sender + number) % 3];
  }

  private static byte[] filler(int number) {
    return new byte[number % 100];
  }

  private static void stream(DefaultClientWebSocketSession session, Frame frame) {
    MessageOptions small = MessageOptions.DEFAULT.withFragmentSize(16);
    try {
      if (frame instanceof Frame.Text text) {
        try (Writer out = session.openText(small)) {
          out.write(text.readText());
        }
      } else {
        try (OutputStream out = session.openBinary(small)) {
          out.write(frame.data());
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void send(DefaultClientWebSocketSession session, int sender, int number) {
    byte[] filler = filler(number);
    byte[] payload =
        ByteBuffer.allocate(8 + filler.length)
            .putInt(sender)
            .putShort((short) (number >> 7))
            .putShort((short) (number & 0x7f))
            .put(filler)
            .array();
    Frame frame =
        switch (opcode(sender, number)) {
          case TEXT -> new Frame.Text(payload);
          case BINARY -> new Frame.Binary(payload);
          case PING -> new Frame.Ping(payload);
          case CONTINUATION, CLOSE, PONG -> throw new AssertionError("not sent here");
        };
    if (number % 5 == 0 && !frame.opcode().isControl()) {
      stream(session, frame);
    } else if (number % 2 == 0) {
      session.send(frame);
    } else {
      session.outgoing().send(frame);
    }
  }

  @Row(80)
  @Test
  void closeAmongHundredSends() throws Exception {
    for (int round = 0; round < 3; round++) {
      Queue<String> seen = new ConcurrentLinkedQueue<>();
      AtomicInteger closes = new AtomicInteger();
      CountDownLatch ended = new CountDownLatch(1);
      Set<String> accepted = ConcurrentHashMap.newKeySet();
      try (BareServer server =
              BareServer.start(
                  connection -> {
                    connection.accept();
                    RawFrame frame = connection.readFrame();
                    for (; frame != null; frame = connection.readFrame()) {
                      if (frame.opcode() == Opcode.CLOSE.code()) {
                        closes.incrementAndGet();
                        byte[] reason = new byte[2];
                        frame.payload().get(reason);
                        connection.write(RawFrame.of(Opcode.CLOSE, reason));
                        connection.socket.shutdownOutput();
                      } else {
                        seen.add((closes.get() > 0 ? "late " : "") + frame.payloadAsText());
                      }
                    }
                    ended.countDown();
                  });
          HttpClient client = HttpClient.create()) {
        DefaultClientWebSocketSession session = client.webSocketSession(server.url());
        List<Callable<Void>> tasks = new ArrayList<>();
        CountDownLatch go = new CountDownLatch(1);
        CountDownLatch underWay = new CountDownLatch(THREADS);
        for (int n = 0; n < 2 * THREADS; n++) {
          int number = n;
          tasks.add(
              () -> {
                go.await();
                if (number % 2 == 0) {
                  underWay.await();
                  session.close();
                  return null;
                }
                try {
                  for (int i = 0; ; i++) {
                    String text = number + " " + i;
                    if (number % 4 == 1) {
                      session.send(text);
                    } else {
                      session.outgoing().send(new Frame.Text(text));
                    }
                    accepted.add(text);
                    underWay.countDown();
                  }
                } catch (WebSocketClosedException e) {
                  return null; // which is what a send after the Close frame has to throw
                }
              });
        }
        List<FutureTask<Void>> all = tasks.stream().map(FutureTask::new).toList();
        for (int n = 0; n < all.size(); n++) {
          // Two senders that never wait would keep all other virtual threads from the processors.
          Thread.Builder kind = n % 2 == 0 ? Thread.ofVirtual() : Thread.ofPlatform();
          Thread unused = kind.start(all.get(n));
        }
        go.countDown();
        for (FutureTask<Void> each : all) {
          each.get(SOON.toSeconds(), TimeUnit.SECONDS);
        }
        await(ended);
        assertThat(closes).hasValue(1);
        assertThat(new HashSet<>(seen)).isEqualTo(accepted).hasSameSizeAs(seen);
        assertThat(session.closeReason()).isCompletedWithValue(CloseReason.NORMAL);
      }
    }
  }

  @Row(81)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void interruptedWhileOpening(boolean virtual) throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.readRequest();
                  asked.countDown();
                  connection.readToEnd();
                  left.countDown();
                });
        HttpClient client = HttpClient.create()) {
      Interrupted opener = new Interrupted(virtual, () -> client.webSocketSession(server.url()));
      await(asked);
      opener.interrupt();
      await(left);
    }
  }

  @Row(81)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void interruptedWhileANameIsLookedUp(boolean virtual) throws Exception {
    CountingConnector connector = new CountingConnector();
    try (HttpClient client =
        HttpClient.create(config -> config.connector(connector).install(WebSockets.PLUGIN))) {
      String url = "ws://" + ExamNames.unanswered();
      new Interrupted(virtual, () -> client.webSocketSession(url)).interrupt();
      assertThat(connector.made()).isZero();
    }
  }

  /** Nobody answers, in either sense; afterwards no socket of ours knocks any more. */
  @Row(81)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  @EnabledOnOs(OS.LINUX)
  void interruptedWhileConnecting(boolean virtual) throws Exception {
    CountingConnector connector = new CountingConnector();
    try (BlackHole hole = new BlackHole(InetAddress.getByName("127.0.0.6"), 0);
        HttpClient client =
            HttpClient.create(config -> config.connector(connector).install(WebSockets.PLUGIN))) {
      String url = "ws://127.0.0.6:" + hole.port();
      long others = hole.knocking();
      Interrupted opener = new Interrupted(virtual, () -> client.webSocketSession(url));
      hole.awaitKnocking(others + 1);
      opener.interrupt();
      hole.awaitKnocking(others);
      assertThat(connector.made()).isZero();
    }
  }

  @Row(81)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void interruptedInAHandshakeOfTlsThatNobodyAnswers(boolean virtual) throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    CountingConnector connector = new CountingConnector();
    try (BareServer server =
            BareServer.start(
                connection -> {
                  assertThat(connection.in.read()).as("a handshake record").isEqualTo(0x16);
                  asked.countDown();
                  connection.readToEnd();
                  left.countDown();
                });
        HttpClient client =
            HttpClient.create(config -> config.connector(connector).install(WebSockets.PLUGIN))) {
      String url = "wss://localhost:" + server.port();
      Interrupted opener = new Interrupted(virtual, () -> client.webSocketSession(url));
      await(asked);
      opener.interrupt();
      await(left);
      assertThat(connector.made()).isZero();
    }
  }

  /** The proxy is asked for a tunnel, which it neither opens nor refuses. */
  @Row(81)
  @ParameterizedTest
  @CsvSource({"HTTP, false", "HTTP, true", "SOCKS5, false", "SOCKS5, true"})
  void interruptedWhileATunnelIsAskedFor(Kind kind, boolean virtual) throws Exception {
    CountDownLatch reached = new CountDownLatch(1);
    CountDownLatch left = new CountDownLatch(1);
    ScriptedProxy.Service silent =
        (socket, asked) -> {
          if (kind == Kind.HTTP) {
            asked.add(ScriptedProxy.readHead(socket.getInputStream()));
          } else {
            socket.getInputStream().skipNBytes(3);
            socket.getOutputStream().write(new byte[] {5, 0});
            socket.getInputStream().skipNBytes(7 + "origin.invalid".length());
          }
          reached.countDown();
          ScriptedProxy.stayQuiet(socket, asked);
          left.countDown();
        };
    CountingConnector connector = new CountingConnector();
    try (ScriptedProxy proxy = new ScriptedProxy(silent);
        HttpClient client =
            HttpClient.create(
                config ->
                    config
                        .connector(connector)
                        .proxy(ProxyOptions.of(kind, "localhost", proxy.port()))
                        .install(WebSockets.PLUGIN))) {
      Interrupted opener =
          new Interrupted(virtual, () -> client.webSocketSession("ws://origin.invalid/"));
      await(reached);
      opener.interrupt();
      await(left);
      assertThat(connector.made()).isZero();
    }
  }

  @Row(81)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void interruptedWhileReceiving(boolean virtual) throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    try (Trial trial = Trial.begin()) {
      DefaultClientWebSocketSession session =
          trial.open(Scenario.accept().await(interrupted).send("one").send("two"));
      for (int i = 0; i < 3; i++) {
        new Interrupted(virtual, () -> session.incoming().receive()).interrupt();
        new Interrupted(virtual, () -> session.incoming().receive(SOON)).interrupt();
        new Interrupted(virtual, () -> session.incoming().iterator().hasNext()).interrupt();
      }
      interrupted.countDown();
      assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("one"));
      assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("two"));
      session.close();
    }
  }

  @Row({81, 82})
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void interruptedWhileSending(boolean virtual) throws Exception {
    byte[] large = new byte[32 << 20];
    Arrays.fill(large, (byte) 7);
    CountDownLatch interrupted = new CountDownLatch(1);
    Queue<RawFrame> frames = new ConcurrentLinkedQueue<>();
    CountDownLatch closed = new CountDownLatch(1);
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  interrupted.await();
                  RawFrame frame = connection.readFrame();
                  for (; frame != null && frame.opcode() != 8; frame = connection.readFrame()) {
                    frames.add(frame);
                  }
                  closed.countDown();
                });
        HttpClient client =
            HttpClient.create(
                config ->
                    config.install(
                        WebSockets.PLUGIN, ws -> ws.closeTimeout(Duration.ofSeconds(5))))) {
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      Interrupted begun = new Interrupted(virtual, () -> sendAll(session, large));
      begun.interrupt();
      // The first frame is half written by now, and goes on in the background. Nobody is before it.
      Interrupted waiting = new Interrupted(virtual, () -> sendAll(session, new byte[] {1}));
      waiting.interrupt();
      assertThat(session.outgoing().trySend(new Frame.Binary(new byte[] {2}))).isFalse();
      interrupted.countDown();
      session.send("after");
      session.close();
      await(closed);
      assertThat(frames).extracting(RawFrame::opcode).containsExactly(2, 1);
      assertThat(frames.remove().payload()).isEqualTo(ByteBuffer.wrap(large));
      assertThat(frames.remove().payloadAsText()).isEqualTo("after");
    }
  }

  private static @Nullable Void sendAll(DefaultClientWebSocketSession session, byte[] bytes) {
    session.send(bytes);
    return null;
  }

  @Row(81)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void interruptedBeforeSending(boolean virtual) throws Exception {
    try (Trial trial = Trial.begin()) {
      DefaultClientWebSocketSession session =
          trial.open(Scenario.accept().expect("after").send("seen"));
      FutureTask<@Nullable Throwable> task =
          new FutureTask<>(
              () -> {
                Thread.currentThread().interrupt();
                assertThatExceptionOfType(WebSocketInterruptedException.class)
                    .isThrownBy(() -> session.send("before"));
                return Thread.interrupted() ? null : new AssertionError("no flag");
              });
      Thread thread = virtual ? Thread.ofVirtual().start(task) : Thread.ofPlatform().start(task);
      thread.join();
      assertThat(task.get()).isNull();
      session.send("after");
      assertThat(session.incoming().receive(SOON)).contains(new Frame.Text("seen"));
      session.close();
    }
  }

  @Row(81)
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void interruptedWhileClosing(boolean virtual) throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    try (Trial trial = Trial.begin()) {
      DefaultClientWebSocketSession session =
          trial.open(
              Scenario.accept()
                  .expectRaw("Close", frame -> frame.opcode() == Opcode.CLOSE.code())
                  .await(interrupted)
                  .send("last words")
                  .send(new Frame.Close(CloseReason.NORMAL))
                  .endOfStream());
      new Interrupted(
              virtual,
              () -> {
                session.close();
                return null;
              })
          .interrupt();
      assertThatThrownBy(() -> session.send("late")).isInstanceOf(WebSocketClosedException.class);
      interrupted.countDown();
      assertThat(Delivered.by(session))
          .isEqualTo(
              new Delivered(
                  List.of(new Frame.Text("last words"), new Frame.Close(CloseReason.NORMAL)),
                  null));
      assertThat(session.closeReason()).succeedsWithin(SOON).isEqualTo(CloseReason.NORMAL);
    }
  }
}
