// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.Limits;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.extension.WebSocketExtensionsConfig;
import dev.parley.websocket.handshake.ServerHandshake;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import org.jspecify.annotations.Nullable;

/**
 * A WebSocket server for tests, on a free port of the loopback interface.
 *
 * <p>Each connection plays the {@link Scenario} that was enqueued first and not played yet, or
 * echoes where there is none. What the server saw can be taken: {@link #takeHandshake}, {@link
 * #takeConnection}. What a scenario expected and did not get is thrown by {@link #verify} and by
 * {@link #close}.
 *
 * <p>May be used by any thread. Each connection has a virtual thread of its own.
 */
public final class MockWebSocketServer implements AutoCloseable {
  private static final int BACKLOG = 1024;

  private final Config config;
  private final ServerHandshake handshake;
  private final ServerSocket listener;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Queue<Scenario> scenarios = new ConcurrentLinkedQueue<>();
  private final Queue<Play> plays = new ConcurrentLinkedQueue<>();
  private final BlockingQueue<MockConnection> connections = new LinkedBlockingQueue<>();

  private MockWebSocketServer(Config config) throws IOException {
    this.config = config;
    this.handshake = new ServerHandshake(config.subprotocols, config.extensions.installed());
    this.listener = new ServerSocket(0, BACKLOG, InetAddress.getLoopbackAddress());
  }

  /** Starts a server without TLS, subprotocols and extensions. */
  public static MockWebSocketServer start() {
    return start(config -> {});
  }

  /**
   * Starts a server.
   *
   * @throws UncheckedIOException if there is no free port
   */
  public static MockWebSocketServer start(Consumer<Config> configure) {
    Config config = new Config();
    configure.accept(config);
    try {
      MockWebSocketServer server = new MockWebSocketServer(config);
      server.threads.execute(server::listen);
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns the URL of the path {@code /}. */
  public String url() {
    return url("/");
  }

  /**
   * Returns the URL of a path.
   *
   * @param path the path, with its query if there is one; begins with a slash
   */
  public String url(String path) {
    return (config.tls == null ? "ws" : "wss") + "://localhost:" + port() + path;
  }

  /** Returns the port. */
  public int port() {
    return listener.getLocalPort();
  }

  /** Adds a scenario for the next connection that has none. */
  public void enqueue(Scenario scenario) {
    scenarios.add(scenario);
  }

  /**
   * Takes the next connection whose request was read and answered.
   *
   * @throws AssertionError if none comes in time
   * @throws WebSocketInterruptedException if the thread is interrupted
   */
  public MockConnection takeConnection(Duration timeout) {
    return MockConnection.take(connections, timeout, "connection");
  }

  /** Takes the next connection, see {@link #takeConnection}, and returns its handshake. */
  public MockConnection.Handshake takeHandshake(Duration timeout) {
    return takeConnection(timeout).handshake();
  }

  /**
   * Waits, at most for the server's timeout, until each scenario that was begun has played its
   * script to the end.
   *
   * @throws AssertionError if a step did not get what it expected, or a scenario was not played;
   *     each failure is thrown once
   * @throws WebSocketInterruptedException if the thread is interrupted
   */
  public void verify() {
    List<Throwable> failures = new ArrayList<>();
    try {
      long deadline = System.nanoTime() + config.timeout.toNanos();
      for (Iterator<Play> each = plays.iterator(); each.hasNext(); ) {
        Play play = each.next();
        if (!play.player.awaitSettled(Duration.ofNanos(deadline - System.nanoTime()))) {
          failures.add(new AssertionError(play.where() + " has not come to its end"));
        }
        Throwable failure = play.failure;
        if (failure != null) {
          failures.add(failure);
          each.remove();
        }
      }
    } catch (InterruptedException e) {
      throw MockConnection.interrupted(e);
    }
    for (Scenario scenario = scenarios.poll(); scenario != null; scenario = scenarios.poll()) {
      failures.add(new AssertionError("nobody connected to play " + scenario.steps()));
    }
    report(failures);
  }

  private static void report(List<Throwable> failures) {
    if (!failures.isEmpty()) {
      StringBuilder message = new StringBuilder();
      failures.forEach(failure -> message.append(failure.getMessage()).append('\n'));
      AssertionError error = new AssertionError(message.toString().strip());
      failures.forEach(error::addSuppressed);
      throw error;
    }
  }

  /**
   * Verifies, then ends every connection and the server. Does nothing the second time.
   *
   * @throws AssertionError see {@link #verify}
   */
  @Override
  public void close() {
    if (listener.isClosed()) {
      return;
    }
    try {
      verify();
    } finally {
      end(listener);
      // An interrupt ends whatever a virtual thread waits for, its socket included.
      threads.shutdownNow();
      threads.close();
      plays.forEach(play -> end(play.wire));
    }
  }

  private void listen() {
    try {
      for (int number = 1; ; number++) {
        Play play = new Play(number, listener.accept(), scenarios.poll());
        plays.add(play);
        threads.execute(play);
      }
    } catch (IOException | RejectedExecutionException e) {
      // The server was closed; so is a connection that came at that moment.
      end(listener);
    }
  }

  private static void end(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // A socket that cannot be closed is gone already.
      return;
    }
  }

  /** One connection, from the accepted socket to its end. */
  private final class Play implements Runnable {
    private final int number;
    private final boolean scripted;
    private final Wire wire;
    private final Conversation conversation;
    private final ScenarioPlayer player;
    private volatile @Nullable Throwable failure;

    Play(int number, Socket socket, @Nullable Scenario scenario) {
      MockConnection connection = new MockConnection(number, connections, config.recordedFrames);
      this.number = number;
      this.scripted = scenario != null;
      this.wire = new Wire(socket, connection::recordEnd);
      this.conversation = new Conversation(wire, handshake, config.limits, connection);
      this.player =
          new ScenarioPlayer(
              scenario != null ? scenario : config.unscripted, wire, conversation, config.timeout);
    }

    @Override
    public void run() {
      try {
        play();
      } catch (IOException e) {
        // Once the script is behind it, and where there is none, how the client ends is its affair.
        if (scripted && !player.isSettled()) {
          failure = new AssertionError(where() + ": " + e, e);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt(); // The server was closed.
      } finally {
        end(wire);
        conversation.close();
        if (failure == null) {
          plays.remove(this);
        }
        player.settle();
      }
    }

    private void play() throws IOException, InterruptedException {
      try {
        wire.within(config.timeout);
        wire.start(config.tls, config.tlsParameters);
        player.play();
      } catch (RuntimeException | Error e) {
        failure = new AssertionError(where() + ": " + e.getMessage(), e);
        player.settle();
        conversation.fail(config.timeout);
      }
    }

    String where() {
      return "connection " + number + ", " + player.position();
    }
  }

  /** How a server is to be; fluent. */
  public static final class Config {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
    private static final int DEFAULT_RECORDED_FRAMES = 16_384;

    private List<String> subprotocols = List.of();
    private final WebSocketExtensionsConfig extensions = new WebSocketExtensionsConfig();
    private Limits limits = Limits.DEFAULT;
    private @Nullable SSLContext tls;
    private SSLParameters tlsParameters = new SSLParameters();
    private Scenario unscripted = Scenario.accept().echo();
    private Duration timeout = DEFAULT_TIMEOUT;
    private int recordedFrames = DEFAULT_RECORDED_FRAMES;

    private Config() {}

    /** Sets the subprotocols that the server speaks. Default: none. */
    public Config subprotocols(String... subprotocols) {
      this.subprotocols = List.of(subprotocols);
      return this;
    }

    /** Installs the extensions that the server agrees to. Default: none. */
    public Config extensions(Consumer<WebSocketExtensionsConfig> install) {
      install.accept(extensions);
      return this;
    }

    /** Sets what a client may send. Default: {@link Limits#DEFAULT}. */
    public Config limits(Limits limits) {
      this.limits = limits;
      return this;
    }

    /** Has the server speak TLS; see {@link TestCertificates}. Default: it does not. */
    public Config tls(SSLContext context) {
      return tls(context, new SSLParameters());
    }

    /** Has the server speak TLS with protocols, ciphers or client certificates of choice. */
    public Config tls(SSLContext context, SSLParameters parameters) {
      this.tls = context;
      this.tlsParameters = parameters;
      return this;
    }

    /** Sets what a connection plays that no scenario was enqueued for. Default: echo. */
    public Config unscripted(Scenario scenario) {
      this.unscripted = scenario;
      return this;
    }

    /**
     * Bounds each step, and {@link #verify}. Default 10 seconds: a test that passes never waits so
     * long, and one that fails on a busy machine fails for its own reason.
     */
    public Config timeout(Duration timeout) {
      this.timeout = timeout;
      return this;
    }

    /** Bounds the frames that each connection records, from its first. Default 16,384. */
    public Config recordedFrames(int frames) {
      this.recordedFrames = frames;
      return this;
    }
  }
}
