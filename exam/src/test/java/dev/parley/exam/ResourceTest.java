// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import static dev.parley.exam.TimeBound.assertTook;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.parley.client.DefaultClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.TlsOptions;
import dev.parley.testkit.Fault;
import dev.parley.testkit.FaultProxy;
import dev.parley.testkit.Faults;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Opcode;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.lang.reflect.Method;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * What sessions cost, and that nothing of it stays behind. Memory outside the heap and open files
 * are told by Linux.
 */
@Isolated("measures what the whole process holds")
final class ResourceTest {
  private static final Duration SOON = Duration.ofSeconds(30);
  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;

  /**
   * By how much the pool may grow where many sessions read in the same moment: 64 buffers. There
   * are several times as many sessions.
   */
  private static final long SOME_BUFFERS = 4 * MIB;

  /** Larger than a window, so that each context fills. */
  private static final String LONG =
      IntStream.range(0, 12_000).mapToObj(Integer::toString).collect(Collectors.joining(" "));

  private static final Pattern MAPPING = Pattern.compile("[0-9a-f]+-[0-9a-f]+ ");

  private static long threads() {
    return ManagementFactory.getThreadMXBean().getThreadCount();
  }

  /** Returns how many deflaters and inflaters are alive: each holds memory outside the heap. */
  private static long streams() {
    return (long) Cost.live(Deflater.class) + Cost.live(Inflater.class);
  }

  private static long directMemory() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  private static long openFiles() {
    try (Stream<Path> files = Files.list(Path.of("/proc/self/fd"))) {
      return files.count();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Returns the bytes of resident memory that are not the heap's. The heap of a JVM this small lies
   * low in the address space, because references to it are compressed; all else lies high.
   */
  private static long memoryOutsideTheHeap() {
    long bytes = 0;
    boolean high = false;
    try (Stream<String> lines = Files.lines(Path.of("/proc/self/smaps"))) {
      for (String line : (Iterable<String>) lines::iterator) {
        if (line.startsWith("Rss:")) {
          bytes += high ? Long.parseLong(line.replaceAll("\\D", "")) * KIB : 0;
        } else if (MAPPING.matcher(line).lookingAt()) {
          high = Long.parseUnsignedLong(line, 0, line.indexOf('-'), 16) >>> 40 != 0;
        }
      }
      return bytes;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static <T> List<T> inParallel(List<? extends Callable<T>> tasks) throws Exception {
    try (ExecutorService executor = Executors.newFixedThreadPool(8, Thread.ofVirtual().factory())) {
      List<T> results = new ArrayList<>();
      for (Future<T> result : executor.invokeAll(tasks)) {
        results.add(result.get());
      }
      return results;
    }
  }

  @Test
  @Row(84)
  void floodThatNobodyReceivesIsHeldBack() throws Exception {
    byte[] message = RawFrame.of(Opcode.BINARY, new byte[(int) MIB]).toBytes();
    BlockingQueue<Integer> ponged = new LinkedBlockingQueue<>();
    Duration interval = Duration.ofMillis(200);
    Duration timeout = Duration.ofSeconds(2);
    Duration closeTimeout = Duration.ofSeconds(1);
    try (BareServer server =
            BareServer.start(
                connection -> {
                  connection.accept();
                  Thread unused = Thread.ofVirtual().start(() -> readPongs(connection, ponged));
                  for (int i = 1; i <= 10 << 10; i++) { // ten gigabytes
                    connection.out.write(ping(i));
                    connection.out.write(message);
                  }
                });
        HttpClient client =
            HttpClient.create(
                config ->
                    config.install(
                        WebSockets.PLUGIN,
                        ws ->
                            ws.pingInterval(interval)
                                .pongTimeout(timeout)
                                .closeTimeout(closeTimeout)))) {
      long before = Cost.liveHeap();
      DefaultClientWebSocketSession session = client.webSocketSession(server.url());
      CompletableFuture<?> end = session.closeReason();
      // Longer than the silence after which it would be dead, were it not our own.
      Duration dead = interval.plus(timeout).plus(TimeBound.SLACK);
      assertThatExceptionOfType(TimeoutException.class)
          .isThrownBy(() -> end.get(dead.toMillis(), TimeUnit.MILLISECONDS));
      assertThat(Cost.liveHeap() - before).isLessThan(3 * MIB); // 1 MiB waits, and another comes
      assertThat(end).isNotDone();
      assertThat(ponged).as("answered before the queue was full").isNotEmpty();
      for (int i = 0; i < 20; i++) {
        assertThat(session.incoming().receive().data()).hasSize((int) MIB);
      }
      awaitPong(ponged, 20);

      long start = TimeBound.now();
      session.close();
      assertTook(start, closeTimeout);
      assertThat(session.closeReason()).isDone();
    }
  }

  private static byte[] ping(int number) {
    return RawFrame.of(Opcode.PING, ByteBuffer.allocate(4).putInt(number).array()).toBytes();
  }

  /** Waits for a Pong of at least this number: a later one answers the earlier Pings as well. */
  private static void awaitPong(BlockingQueue<Integer> ponged, int least)
      throws InterruptedException {
    Integer number = 0;
    while (number < least) {
      number = ponged.poll(SOON.toSeconds(), TimeUnit.SECONDS);
      assertThat(number).as("number of a Pong, expected %d or more", least).isNotNull();
    }
  }

  /** Reads until the client is gone, and tells the number of each Pong. */
  private static void readPongs(BareServer.Connection connection, Queue<Integer> ponged) {
    try {
      RawFrame frame = connection.readFrame();
      while (frame != null) {
        if (frame.opcode() == Opcode.PONG.code()) {
          ponged.add(frame.payload().getInt());
        }
        frame = connection.readFrame();
      }
    } catch (IOException e) {
      return; // The client is gone.
    }
  }

  /**
   * In the gate a thousand of each kind, and 300 that fail in TLS, which takes longest; {@code
   * -Dexam.full=true} makes it 25,000 of each.
   *
   * <p>What is counted must not grow at all. Of the heap, the least that is held at the end is held
   * against the least at the beginning, as what comes and goes meanwhile says nothing. The resident
   * memory grows with whatever the JVM is about, so the median of the rounds counts; what sessions
   * take from the allocator is measured to the kilobyte where no compiler runs.
   */
  @Nested
  @Row(87)
  @EnabledOnOs(OS.LINUX)
  final class ComingAndGoing {
    private static final boolean FULL = Boolean.getBoolean("exam.full");
    private static final int ROUNDS = 5;

    /** So many rounds lie between a figure of the beginning and its like at the end. */
    private static final int SPAN = 3;

    private static final long HEAP_OF_ONE = 200;

    /** What the JVM itself makes once it has seen some rounds, of any length. */
    private static final long HEAP_OF_ALL = 64 * KIB;

    private void assertNothingStays(int inTheGate, Callable<?> once) throws Exception {
      int each = (FULL ? 25_000 : inTheGate) / ROUNDS;
      inParallel(Collections.nCopies(100, once)); // for what is made once and kept
      long files = openFiles();
      long threads = threads();
      long streams = streams();
      long direct = directMemory();

      List<Long> heap = new ArrayList<>(List.of(Cost.liveHeap()));
      List<Long> outside = new ArrayList<>(List.of(memoryOutsideTheHeap()));
      for (int round = 0; round < ROUNDS; round++) {
        inParallel(Collections.nCopies(each, once));
        heap.add(Cost.liveHeap());
        outside.add(memoryOutsideTheHeap());
      }

      assertThat(Cost.settled(ResourceTest::openFiles, files)).isLessThanOrEqualTo(files);
      assertThat(Cost.settled(ResourceTest::threads, threads)).isLessThanOrEqualTo(threads);
      assertThat(Cost.settled(ResourceTest::streams, streams)).isLessThanOrEqualTo(streams);
      assertThat(directMemory()).isLessThanOrEqualTo(direct + SOME_BUFFERS);
      assertThat(ROUNDS * medianStep(outside)).isLessThanOrEqualTo(outside.getFirst() / 20);
      long least = Collections.min(heap.subList(0, SPAN));
      assertThat(Collections.min(heap.subList(SPAN, heap.size())))
          .isLessThanOrEqualTo(least + HEAP_OF_ALL + HEAP_OF_ONE * SPAN * each);
    }

    private static long medianStep(List<Long> figures) {
      return IntStream.range(1, figures.size())
          .mapToLong(i -> figures.get(i) - figures.get(i - 1))
          .sorted()
          .toArray()[(figures.size() - 1) / 2];
    }

    @Test
    @Row({51, 87})
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void cleanOnesLeaveNothingWithTheAllocator() throws Exception {
      int each = FULL ? 2_000 : 60;
      Process process =
          EchoProgram.java(
              "-Xint",
              "-Xmx256m",
              ComingProgram.class.getName(),
              Integer.toString(ROUNDS),
              Integer.toString(each));
      List<Long> allocated;
      try (var lines = process.inputReader(StandardCharsets.UTF_8)) {
        allocated = lines.lines().map(Long::valueOf).toList();
      }
      assertThat(process.waitFor()).isZero();
      assumeFalse(allocated.isEmpty(), "the JVM cannot ask the allocator");

      assertThat(allocated).hasSize(ROUNDS + 1);
      assertThat(medianStep(allocated)).isLessThanOrEqualTo(each * ComingProgram.ALLOWED);
    }

    private static MockWebSocketServer server(Scenario scenario) {
      return MockWebSocketServer.start(
          config ->
              config
                  .unscripted(scenario)
                  .extensions(all -> all.install(WebSocketExtensions.perMessageDeflate())));
    }

    private static HttpClient client() {
      return HttpClient.create(
          config ->
              config
                  .tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext()))
                  .install(
                      WebSockets.PLUGIN,
                      ws ->
                          ws.extensions(
                              all -> all.install(WebSocketExtensions.perMessageDeflate()))));
    }

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void cleanOnesLeaveNothing() throws Exception {
      try (MockWebSocketServer server = server(Scenario.accept().echo());
          HttpClient client = client()) {
        assertNothingStays(
            1_000,
            () -> {
              try (WebSocketSession session = client.webSocketSession(server.url())) {
                session.send(LONG.substring(0, 2_000)); // enough to be compressed
                assertThat(session.incoming().receive()).isInstanceOf(Frame.Text.class);
              }
              return server.takeConnection(SOON);
            });
      }
    }

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void refusedOnesLeaveNothing() throws Exception {
      try (MockWebSocketServer server = server(Scenario.reject(403));
          HttpClient client = client()) {
        assertNothingStays(
            1_000,
            () -> {
              assertThatExceptionOfType(WebSocketException.class)
                  .isThrownBy(() -> client.webSocketSession(server.url()));
              return server.takeConnection(SOON);
            });
      }
    }

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void resetOnesLeaveNothing() throws Exception {
      try (MockWebSocketServer server = server(Scenario.accept().send("hello").reset());
          HttpClient client = client()) {
        assertNothingStays(
            1_000,
            () -> {
              WebSocketSession session = client.webSocketSession(server.url());
              assertThat(session.incoming().receive()).isEqualTo(new Frame.Text("hello"));
              assertThatExceptionOfType(WebSocketException.class)
                  .isThrownBy(() -> session.incoming().receive());
              return server.takeConnection(SOON);
            });
      }
    }

    @Test
    @Timeout(value = 30, unit = TimeUnit.MINUTES)
    void onesThatFailInTlsLeaveNothing() throws Exception {
      try (MockWebSocketServer server =
              MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()));
          FaultProxy proxy = FaultProxy.start(server.port());
          HttpClient client = client()) {
        proxy.always(Faults.none().toClient(Fault.corrupt(0)));
        assertNothingStays(
            300,
            () -> {
              assertThatExceptionOfType(WebSocketException.class)
                  .isThrownBy(() -> client.webSocketSession("wss://localhost:" + proxy.port()));
              return proxy.takeConnection(SOON);
            });
      }
    }
  }

  @Nested
  @Row(88)
  final class NotClosing {
    @Test
    void keepsNoClassLoader() throws Exception {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        ReferenceQueue<ClassLoader> collected = new ReferenceQueue<>();
        WeakReference<ClassLoader> loader = runApart(server.url(), collected);

        long start = System.nanoTime();
        do {
          System.gc();
        } while (collected.remove(10) == null && System.nanoTime() - start < SOON.toNanos());

        assertThat(loader.refersTo(null)).isTrue();
      }
    }

    /** Has the program, the client and all classes of ours loaded once more. */
    private static WeakReference<ClassLoader> runApart(
        String url, ReferenceQueue<ClassLoader> collected) throws Exception {
      URL[] path =
          Stream.of(System.getProperty("java.class.path").split(java.io.File.pathSeparator))
              .map(entry -> toUrl(Path.of(entry)))
              .toArray(URL[]::new);
      // Not closed: what a session does behind its end may need a class yet.
      ClassLoader loader = new URLClassLoader(path, ClassLoader.getPlatformClassLoader());
      Class<?> program = loader.loadClass(CarelessProgram.class.getName());
      assertThat(program).isNotSameAs(CarelessProgram.class);
      Method main = program.getMethod("main", String[].class);
      main.setAccessible(true);
      Object unused = main.invoke(null, (Object) new String[] {url, "true"});
      return new WeakReference<>(loader, collected);
    }

    private static URL toUrl(Path entry) {
      try {
        return entry.toUri().toURL();
      } catch (MalformedURLException e) {
        throw new AssertionError(e);
      }
    }

    @Test
    void keepsNoProcess() throws Exception {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        Process process = EchoProgram.java(CarelessProgram.class.getName(), server.url(), "false");

        assertThat(process.waitFor(SOON.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
      }
    }
  }

  /** As many as make what the JVM itself takes meanwhile not count: megabytes at times. */
  @Nested
  @Row(89)
  @EnabledOnOs(OS.LINUX)
  final class Idle {
    /** What the documents say of one, in KiB. */
    private static final Pattern STATED =
        Pattern.compile(
            "idle session \\| about ([\\d.]+) KiB of heap, over TLS ([\\d.]+), with compression"
                + " agreed on ([\\d.]+)");

    private static final Pattern STATED_OF_CONTEXTS =
        Pattern.compile("context takeover \\| about (\\d+) KiB of native memory");

    /** Returns what the documents say, and a quarter more, in bytes. */
    private static long bound(Pattern stated, int which) throws IOException {
      Path root = Path.of(Objects.requireNonNull(System.getProperty("parley.root")));
      Matcher words = stated.matcher(Files.readString(root.resolve("docs/performance.md")));
      assertThat(words.find()).as("docs/performance.md says what a session weighs").isTrue();
      return (long) (Double.parseDouble(words.group(which)) * KIB * 5 / 4);
    }

    private static HttpClient client(Consumer<WebSockets.Config> configure) {
      return HttpClient.create(
          config ->
              config
                  .tls(TlsOptions.DEFAULT.withContext(TestCertificates.clientContext()))
                  .install(WebSockets.PLUGIN, configure));
    }

    private static WebSocketSession open(HttpClient client, EchoProgram server) {
      return client.webSocketSession(server.url());
    }

    /** Opens one that was of use. */
    private static WebSocketSession used(HttpClient client, EchoProgram server, String text) {
      WebSocketSession session = open(client, server);
      session.send(text);
      assertThat(session.incoming().receive()).isInstanceOf(Frame.Text.class);
      return session;
    }

    /** Opens some to make what is made once, then more, and asserts what each of those holds. */
    private static List<WebSocketSession> measure(
        int count, long heapBound, Callable<WebSocketSession> open) throws Exception {
      List<WebSocketSession> all = new ArrayList<>(inParallel(Collections.nCopies(50, open)));
      long threads = threads();
      long direct = directMemory();
      long heap = Cost.liveHeap();

      all.addAll(inParallel(Collections.nCopies(count, open)));

      // Their buffers go back to the pool a moment after they were used last.
      assertThat(Cost.settled(() -> (Cost.liveHeap() - heap) / count, heapBound))
          .isLessThanOrEqualTo(heapBound);
      assertThat(Cost.settled(ResourceTest::threads, threads)).isLessThanOrEqualTo(threads);
      assertThat(directMemory()).isLessThanOrEqualTo(direct + SOME_BUFFERS);
      return all;
    }

    @Test
    void oneHasTheHeapThatIsStated() throws Exception {
      try (EchoProgram server = EchoProgram.start();
          HttpClient client = client(ws -> {})) {
        List<WebSocketSession> sessions =
            measure(1_000, bound(STATED, 1), () -> used(client, server, "hello"));
        sessions.forEach(WebSocketSession::terminate);
      }
    }

    @Test
    void oneOverTlsHasTheHeapThatIsStated() throws Exception {
      try (EchoProgram server = EchoProgram.startSecure();
          HttpClient client = client(ws -> {})) {
        List<WebSocketSession> sessions =
            measure(300, bound(STATED, 2), () -> used(client, server, "hello"));
        sessions.forEach(WebSocketSession::terminate);
      }
    }

    @Test
    void oneThatMayCompressHoldsNoStream() throws Exception {
      try (EchoProgram server = EchoProgram.start();
          HttpClient client = client(Idle::compress)) {
        long streams = streams();
        List<WebSocketSession> sessions =
            measure(500, bound(STATED, 3), () -> open(client, server));
        assertThat(sessions).allSatisfy(session -> assertThat(session.extensions()).hasSize(1));
        assertThat(streams()).isLessThanOrEqualTo(streams);
        sessions.forEach(WebSocketSession::terminate);
      }
    }

    @Test
    void oneThatCompressesHasItsTwoContextsBesides() throws Exception {
      try (EchoProgram server = EchoProgram.start();
          HttpClient client = client(Idle::compress)) {
        long streams = streams();
        long outside = allocated();
        List<WebSocketSession> sessions = measure(300, 4 * KIB, () -> used(client, server, LONG));
        assertThat(streams()).isEqualTo(streams + 2L * sessions.size());
        // What compilers take while they compile is among it, megabytes that they give back.
        long bound = bound(STATED_OF_CONTEXTS, 1);
        assertThat(Cost.settled(() -> (allocated() - outside) / sessions.size(), bound))
            .isLessThanOrEqualTo(bound);
        sessions.forEach(WebSocketSession::terminate);
      }
    }

    private static long allocated() {
      return Cost.allocatedOutsideTheHeap().orElseGet(ResourceTest::memoryOutsideTheHeap);
    }

    private static void compress(WebSockets.Config ws) {
      ws.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate()));
    }
  }
}
