// SPDX-License-Identifier: Apache-2.0
package dev.parley.house;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Whatever threads share in the core and in the client is raced by a test, or is listed here with
 * the reason why it need not be. Who writes another class with such a field chooses one of the two.
 */
final class SharedStateTest {
  private static final Pattern SHARED =
      Pattern.compile(
          "\\b(?:volatile|VarHandle|ReentrantLock|StampedLock|Semaphore|ThreadLocal|Atomic\\w+"
              + "|Concurrent\\w+|CopyOnWrite\\w+|\\w+BlockingQueue|\\w+Adder|synchronized\\w+)\\b");

  private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|//[^\\n]*");

  /** In module fuzz: by Lincheck's model checker, or by threads that run into each other. */
  private static final Map<String, List<String>> RACED =
      Map.ofEntries(
          entry("AddressRace", List.of("AddressRaceRaceTest")),
          entry("Attributes", List.of("AttributesInterleavingTest")),
          entry("BearerTokens", List.of("BearerTokensInterleavingTest")),
          entry("Burst", List.of("BurstInterleavingTest")),
          entry("Frame", List.of("TextInterleavingTest")),
          entry("HttpClient", List.of("OpeningRaceTest")),
          entry("IdleWatch", List.of("IdleWatchRaceTest")),
          entry("Inbound", List.of("LastFramesInterleavingTest")),
          entry("Inbox", List.of("InboxInterleavingTest")),
          entry("IncomingPath", List.of("ReceivingRaceTest")),
          entry("LastFrames", List.of("LastFramesInterleavingTest")),
          entry("LatestOutbox", List.of("LatestOutboxRaceTest")),
          entry("LoopbackRelay", List.of("LoopbackRelayRaceTest")),
          entry("MemoryBudget", List.of("MemoryBudgetInterleavingTest", "MemoryBudgetRaceTest")),
          entry("Outbound", List.of("LastFramesInterleavingTest")),
          entry("Outbox", List.of("OutboxRaceTest")),
          entry("OutgoingPath", List.of("SendingRaceTest", "StreamingRaceTest")),
          entry("ReadTurn", List.of("InboxInterleavingTest", "ReceivingRaceTest")),
          entry("ReadinessLoop", List.of("ReadinessLoopInterleavingTest")),
          entry("Reconnection", List.of("ReconnectionRaceTest")),
          entry("Reconnector", List.of("ReconnectionRaceTest")),
          entry("Registration", List.of("RegistrationInterleavingTest")),
          entry("Replies", List.of("RepliesInterleavingTest", "SendingRaceTest")),
          entry("RoundTrips", List.of("RoundTripsInterleavingTest", "PingRaceTest")),
          entry("SentMessages", List.of("SentMessagesInterleavingTest")),
          entry("Signaller", List.of("SignallerInterleavingTest")),
          entry("StreamedMessage", List.of("StreamingRaceTest")),
          entry("TlsTransport", List.of("TlsTransportRaceTest")),
          entry(
              "WebSocketConnection",
              List.of("ClosingRaceTest", "CloseReasonRaceTest", "PingRaceTest")),
          entry("WebSocketOpener", List.of("OpeningRaceTest")));

  private static final String BYTES_AS_NUMBERS = "sees bytes as numbers, of one thread at a time";
  private static final String ONE_LOCK = "all of it is under one lock, in which nothing waits";

  private static final Map<String, String> SPARED =
      Map.ofEntries(
          entry("BufferPool", ONE_LOCK),
          entry("KeyStream", ONE_LOCK),
          entry(
              "Lead", "one thread counts, the loop looks: an old count wakes late, or for nothing"),
          entry("Masking", BYTES_AS_NUMBERS),
          entry("MaskingKeys", BYTES_AS_NUMBERS + ": the holder of the write lock"),
          entry("PlainRequests", ONE_LOCK + ", and what is closed is closed behind it"),
          entry("SharedStreams", "the JDK's own queues: who has taken something has it alone"),
          entry("SocketConnector", "a hint, which may be old, to keep one address for many"),
          entry("TicketLanes", ONE_LOCK),
          entry("TlsEngine", "set once each; an old value only words a failure less precisely"),
          entry("Utf8", BYTES_AS_NUMBERS),
          entry("Utf8Validator", BYTES_AS_NUMBERS));

  @Test
  void whatIsSharedIsRacedOrHasAReason() {
    Set<String> sharing =
        Stream.of("websocket", "client")
            .flatMap(module -> sources(module + "/src/main"))
            .filter(file -> SHARED.matcher(code(file)).find())
            .map(SharedStateTest::name)
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> listed = new TreeSet<>(RACED.keySet());
    listed.addAll(SPARED.keySet());
    assertThat(listed).hasSize(RACED.size() + SPARED.size()).isEqualTo(sharing);
  }

  @Test
  void everyRaceIsListed() {
    Set<String> races =
        sources("fuzz/src/test")
            .map(SharedStateTest::name)
            .filter(name -> name.endsWith("RaceTest") || name.endsWith("InterleavingTest"))
            .collect(Collectors.toCollection(TreeSet::new));
    Set<String> listed = new TreeSet<>();
    RACED.values().forEach(listed::addAll);
    assertThat(listed).isEqualTo(races);
  }

  private static Stream<Path> sources(String folder) {
    Path root = Repository.ROOT.resolve(folder);
    return Repository.files(".java").stream().filter(file -> file.startsWith(root));
  }

  private static String code(Path file) {
    return COMMENT.matcher(Repository.read(file)).replaceAll("");
  }

  private static String name(Path file) {
    return file.getFileName().toString().replace(".java", "");
  }
}
