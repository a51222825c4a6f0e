// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.CloseInfo;
import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.LatestOutbox;
import dev.parley.client.MessageOptions;
import dev.parley.client.RoundTrip;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a session does beyond sending and receiving, with everybody else's servers. */
@Timeout(120)
final class SessionFeaturesTest {
  @RegisterExtension static final Servers SERVERS = new Servers();

  private static final AtomicInteger IDS = new AtomicInteger();
  private static final Duration PATIENCE = Duration.ofSeconds(30); // the machine may be busy

  private final String id = "features-" + IDS.incrementAndGet();

  private static HttpClient client(Consumer<WebSockets.Config> configure) {
    return HttpClient.create(
        config ->
            config
                .tls(TlsOptions.DEFAULT.withTrust(TestCertificates.authorityFile()))
                .install(WebSockets.PLUGIN, configure));
  }

  private String url(Peer peer, boolean secure, String conversation) {
    return SERVERS.of(peer).uri(secure, id, conversation).toString();
  }

  /** Alone, and beside a thread that receives. */
  @ParameterizedTest
  @EnumSource(Peer.class)
  void pingIsAnsweredAndMeasured(Peer peer) throws Exception {
    for (boolean secure : new boolean[] {false, true}) {
      try (HttpClient client = client(ws -> {});
          DefaultClientWebSocketSession session =
              client.webSocketSession(url(peer, secure, "echo"))) {
        assertThat(session.roundTrip()).isEmpty();
        Duration alone = session.ping(PATIENCE);
        assertThat(alone).isPositive().isLessThan(PATIENCE);
        assertThat(session.roundTrip()).contains(new RoundTrip(alone, alone));

        Future<Frame> received;
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
          received = executor.submit(() -> session.incoming().receive());
          Duration beside = session.ping(PATIENCE);
          assertThat(session.roundTrip().orElseThrow().last()).isEqualTo(beside);
          session.send("hello");
        }
        assertThat(received.get()).isEqualTo(new Frame.Text("hello"));

        session.close(CloseReason.NORMAL);
        CloseInfo info = session.closeInfo().orElseThrow();
        assertThat(info.isClean()).isTrue();
        assertThat(info.messagesReceived()).isEqualTo(1); // no Pong is a message
        assertThat(info.roundTrip()).isEqualTo(session.roundTrip().orElseThrow());
      }
    }
  }

  /** What happened, and nothing of what was said. */
  @ParameterizedTest
  @EnumSource(Peer.class)
  void isSeenByAFlightRecorder(Peer peer, @TempDir Path directory) throws Exception {
    String url = url(peer, true, "echo");
    Path file = directory.resolve("session.jfr");
    try (Recording recording = new Recording()) {
      for (String event : List.of("Opening", "OpeningPhase", "MessageSent", "Ping", "Close")) {
        recording.enable("dev.parley." + event).withoutThreshold();
      }
      recording.start();
      try (HttpClient client = client(ws -> {});
          DefaultClientWebSocketSession open =
              client.webSocketSession(
                  request -> request.url(url).header("Authorization", "Bearer s3cr3t"))) {
        open.ping(PATIENCE);
        open.send("s3cr3t");
        assertThat(open.incoming().receive()).isEqualTo(new Frame.Text("s3cr3t"));
        open.close(new CloseReason(4242, "s3cr3t"));
      }
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events = RecordingFile.readAllEvents(file);
    RecordedEvent opening = only(events, "Opening");
    assertThat(url).startsWith(opening.getString("place"));
    assertThat(opening.getString("outcome")).isEqualTo("open");
    long session = opening.getLong("session");
    assertThat(
            events.stream()
                .filter(event -> event.getEventType().getName().endsWith(".OpeningPhase"))
                .sorted(Comparator.comparing(RecordedEvent::getEndTime))
                .map(event -> event.getString("phase")))
        .endsWith("CONNECT", "TLS", "REQUEST", "RESPONSE");
    assertThat(only(events, "Ping").getLong("session")).isEqualTo(session);
    assertThat(only(events, "MessageSent").getLong("session")).isEqualTo(session);
    RecordedEvent close = only(events, "Close");
    assertThat(close.getLong("session")).isEqualTo(session);
    assertThat(close.getInt("ourCode")).isEqualTo(4242);
    assertThat(close.getInt("peerCode")).isEqualTo(4242);
    assertThat(close.getString("first")).isEqualTo("US");
    assertThat(close.getLong("messagesSent")).isEqualTo(1);
    assertThat(close.getLong("messagesReceived")).isEqualTo(1);
    assertThat(events).noneMatch(event -> event.toString().contains("s3cr3t"));
  }

  private static RecordedEvent only(List<RecordedEvent> events, String name) {
    List<RecordedEvent> found =
        events.stream()
            .filter(event -> event.getEventType().getName().equals("dev.parley." + name))
            .toList();
    assertThat(found).as(name).hasSize(1);
    return found.getFirst();
  }

  /** The compressor's memory is not of the message that went past it. */
  @ParameterizedTest
  @EnumSource(Peer.class)
  void uncompressedMessagesAmongCompressedOnes(Peer peer) throws Exception {
    int size = 256 << 10;
    int rounds = 5;
    Random random = new Random(7692);
    byte[] piece = new byte[97];
    long[] sent = new long[2];
    for (boolean mixed : new boolean[] {false, true}) {
      try (HttpClient client =
              client(
                  ws ->
                      ws.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate())));
          DefaultClientWebSocketSession session =
              client.webSocketSession(url(peer, false, "echo"))) {
        assertThat(session.extensions()).hasSize(1);
        MessageOptions options = MessageOptions.DEFAULT.withCompressed(!mixed);
        for (int round = 0; round < rounds; round++) {
          random.nextBytes(piece);
          byte[] bytes = new byte[size];
          for (int i = 0; i < size; i++) {
            bytes[i] = piece[i % piece.length];
          }
          Frame before = new Frame.Text("before %d ".formatted(round).repeat(500));
          Frame binary = new Frame.Binary(bytes);
          Frame text = new Frame.Text("%d \u00e4\u20ac ".formatted(round).repeat(5000));
          session.send(before);
          session.send(binary, options);
          session.send(before);
          session.send(text, options);
          session.send(binary);
          for (Frame expected : List.of(before, binary, before, text, binary)) {
            assertThat(session.incoming().receive()).isEqualTo(expected);
          }
        }
        session.close(new CloseReason(4242, "enough"));
        CloseInfo info = session.closeInfo().orElseThrow();
        assertThat(info.peers()).isEqualTo(new CloseReason(4242, "enough"));
        sent[mixed ? 1 : 0] = info.bytesSent();
      }
    }
    assertThat(sent[0]).as("all compressed").isLessThan(size);
    assertThat(sent[1]).as("some as they are").isGreaterThan((long) rounds * size);
  }

  /** A server that stands still gets, when it goes on, what is true by then and nothing older. */
  @Test
  void latestOutboxInFrontOfAServerThatStandsStill() throws Exception {
    int updates = 1000;
    List<String> keys = List.of("gold", "silver", "copper");
    try (NodeServer server = NodeServer.start();
        HttpClient client = client(ws -> {});
        DefaultClientWebSocketSession session =
            client.webSocketSession(server.uri(false, id, "echo").toString())) {
      LatestOutbox<String> outbox = new LatestOutbox<>(session, keys.size() + 1);
      server.signal("STOP");
      // More than the buffers between take, so that it is on its way until the server goes on.
      Frame large = new Frame.Binary(new byte[24 << 20]);
      assertThat(outbox.put("large", large)).isTrue();
      for (int i = 1; i <= updates; i++) {
        for (String key : keys) {
          assertThat(outbox.put(key, key + " " + i)).isTrue();
        }
      }
      assertThat(outbox.replaced()).isEqualTo((updates - 1L) * keys.size());

      server.signal("CONT");

      assertThat(session.incoming().receive(PATIENCE)).contains(large);
      for (String key : keys) {
        assertThat(session.incoming().receive(PATIENCE))
            .contains(new Frame.Text(key + " " + updates));
      }
      assertThat(outbox.put("gold", "gold is sold")).isTrue();
      assertThat(session.incoming().receive(PATIENCE)).contains(new Frame.Text("gold is sold"));
      assertThat(outbox.dropped()).isZero();
      session.close(CloseReason.NORMAL);
      assertThat(session.closeInfo().orElseThrow().messagesReceived())
          .isEqualTo(keys.size() + 2L); // and there was nothing else
    }
  }

  /** Forty megabytes want in at once, of which two have room. */
  @ParameterizedTest
  @EnumSource(
      value = Peer.class,
      names = {"NODE", "NETTY"}) // which take more before they are read from
  void messagesOfManySessionsPassThroughASmallBudget(Peer peer) throws Exception {
    int sessions = 20;
    int messages = 4;
    int size = 512 << 10;
    byte[] content = LongMessage.bytes();
    CountDownLatch allSent = new CountDownLatch(sessions);
    try (HttpClient client = client(ws -> ws.memoryBudget(2 << 20).maxMessageSize(size));
        ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Long>> received = new ArrayList<>();
      for (int s = 0; s < sessions; s++) {
        int own = s;
        received.add(
            executor.submit(
                () -> {
                  String conversation = own % 2 == 0 ? "echo" : "fragments/50000";
                  try (DefaultClientWebSocketSession session =
                      client.webSocketSession(url(peer, own % 4 < 2, conversation))) {
                    List<Frame> all = new ArrayList<>();
                    for (int m = 0; m < messages; m++) {
                      byte[] bytes = new byte[size];
                      System.arraycopy(content, own * 1000 + m, bytes, 0, size);
                      Frame message = new Frame.Binary(bytes);
                      all.add(message);
                      session.send(message);
                    }
                    allSent.countDown();
                    allSent.await();
                    for (Frame expected : all) {
                      assertThat(session.incoming().receive()).isEqualTo(expected);
                    }
                    session.close(CloseReason.NORMAL);
                    return session.closeInfo().orElseThrow().messagesReceived();
                  }
                }));
      }
      for (Future<Long> each : received) {
        assertThat(each.get()).isEqualTo(messages);
      }
    }
  }
}
