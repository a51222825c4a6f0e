// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.connection.ConnectionOptions;
import dev.parley.client.connection.MemoryBudget;
import dev.parley.websocket.Inbound.Delivery;
import dev.parley.websocket.Limits;
import dev.parley.websocket.extension.WebSocketExtensionsConfig;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The plugin that opens WebSockets, and what holds for all sessions of a client. */
public final class WebSockets {
  /** The plugin, to be installed. */
  public static final HttpClientPlugin<Config, WebSockets> PLUGIN =
      new HttpClientPlugin<>() {
        private final AttributeKey<WebSockets> key = new AttributeKey<>("WebSockets");

        @Override
        public AttributeKey<WebSockets> key() {
          return key;
        }

        @Override
        public WebSockets prepare(Consumer<Config> configure) {
          Config config = new Config();
          configure.accept(config);
          return new WebSockets(config);
        }

        @Override
        public void install(WebSockets plugin, HttpClient client) {
          // Nothing to hook into: the client itself asks for this plugin when it opens a session.
        }
      };

  private final @Nullable Duration pingInterval;
  private final Duration openTimeout;
  private final Duration pongTimeout;
  private final Duration closeTimeout;
  private final @Nullable Duration writeTimeout;
  private final Duration receiveSpin;
  private final Limits limits;
  private final int receiveQueueMessages;
  private final long receiveQueueBytes;
  private final long memoryBudget;
  private final @Nullable MemoryBudget budget;
  private final @Nullable WebsocketContentConverter contentConverter;
  private final List<WebSocketExtensionsConfig.Installed<?>> extensions;

  /** Made once for all sessions, which keep them. */
  private final Map<Delivery, ConnectionOptions> connectionOptions = new EnumMap<>(Delivery.class);

  /**
   * The settings of {@link WebSockets}. Each setter returns this and has a getter of its name; a
   * value that makes no sense is refused by the setter with {@link IllegalArgumentException}. Used
   * only while the client is being made: later changes have no effect.
   */
  public static final class Config {
    private static final Duration LONGEST_SPIN = Duration.ofSeconds(1);

    private @Nullable Duration pingInterval;
    private Duration timeout = Duration.ofSeconds(15);
    private @Nullable Duration openTimeout;
    private @Nullable Duration pongTimeout;
    private @Nullable Duration closeTimeout;
    private @Nullable Duration writeTimeout = Duration.ofMinutes(1);
    private Duration receiveSpin = Duration.ZERO;
    private Limits limits = Limits.DEFAULT;
    private int receiveQueueMessages = 16;
    private long receiveQueueBytes = 1 << 20;
    private long memoryBudget = Long.MAX_VALUE;
    private @Nullable WebsocketContentConverter contentConverter;
    private final WebSocketExtensionsConfig extensions = new WebSocketExtensionsConfig();

    private Config() {}

    /**
     * Sets after how long a silence a Ping is sent; see {@link #pongTimeout}. Default: {@code
     * null}, no Pings: nobody is sent what nobody asked for. The socket's own probes are on, but
     * see only as far as the next proxy. Twenty seconds suit most proxies.
     */
    public Config pingInterval(@Nullable Duration interval) {
      pingInterval =
          interval == null ? null : HttpClientConfig.requirePositive("pingInterval", interval);
      return this;
    }

    /** Sets {@link #pingInterval(Duration)} in milliseconds. */
    public Config pingInterval(long millis) {
      return pingInterval(Duration.ofMillis(millis));
    }

    /** Returns after how long a silence a Ping is sent; {@code null} for never. */
    public @Nullable Duration pingInterval() {
      return pingInterval;
    }

    /**
     * Sets how long the opening may take in all (name look-up, connect, proxy, TLS and handshake
     * together), how long a Pong may stay away, and how long the closing handshake may take.
     * Default: 15 seconds, long enough for a slow network, short enough for a human. {@link
     * #openTimeout}, {@link #pongTimeout} and {@link #closeTimeout} set one of them apart.
     */
    public Config timeout(Duration timeout) {
      this.timeout = HttpClientConfig.requirePositive("timeout", timeout);
      return this;
    }

    /** Sets {@link #timeout(Duration)} in milliseconds. */
    public Config timeout(long millis) {
      return timeout(Duration.ofMillis(millis));
    }

    /** Returns the time that holds where none is set apart. */
    public Duration timeout() {
      return timeout;
    }

    /** Sets how long the opening may take in all. Default: {@link #timeout()}. */
    public Config openTimeout(Duration timeout) {
      openTimeout = HttpClientConfig.requirePositive("openTimeout", timeout);
      return this;
    }

    /** Returns how long the opening may take in all. */
    public Duration openTimeout() {
      return openTimeout == null ? timeout : openTimeout;
    }

    /**
     * Sets how long after a Ping the connection fails if nothing at all was received; any byte is a
     * sign of life. So long after {@link #pingInterval} it also fails if the peer has taken nothing
     * of what waits to be written, whatever it sends. Default: {@link #timeout()}.
     */
    public Config pongTimeout(Duration timeout) {
      pongTimeout = HttpClientConfig.requirePositive("pongTimeout", timeout);
      return this;
    }

    /** Returns how long after a Ping the connection fails if nothing was received. */
    public Duration pongTimeout() {
      return pongTimeout == null ? timeout : pongTimeout;
    }

    /**
     * Sets how long the closing handshake may take, from our Close to the end of the connection;
     * then it is dropped. Default: {@link #timeout()}.
     */
    public Config closeTimeout(Duration timeout) {
      closeTimeout = HttpClientConfig.requirePositive("closeTimeout", timeout);
      return this;
    }

    /** Returns how long the closing handshake may take. */
    public Duration closeTimeout() {
      return closeTimeout == null ? timeout : closeTimeout;
    }

    /**
     * Sets how long the peer may take nothing at all of what is to be written, while a sender waits
     * for it; then the connection fails. Default: a minute. A peer that is merely slow takes
     * something in that time, and one that does not would hold the sender for ever. {@code null}
     * for peers that are meant to hold it for longer.
     */
    public Config writeTimeout(@Nullable Duration timeout) {
      writeTimeout =
          timeout == null ? null : HttpClientConfig.requirePositive("writeTimeout", timeout);
      return this;
    }

    /** Returns how long the peer may take nothing; {@code null} for ever. */
    public @Nullable Duration writeTimeout() {
      return writeTimeout;
    }

    /**
     * Sets for how long a receiver looks for bytes again and again before it waits to be woken.
     * Being woken may take several times as long as the answer of a server nearby; looking takes
     * all of the thread's core, and of a virtual thread's carrier, for as long as nothing comes.
     * Default: {@link Duration#ZERO}, it waits at once, because nobody should pay for that unasked.
     * Some tens of microseconds suit a server in the same house, and a machine with cores to spare;
     * a second is the most.
     */
    public Config receiveSpin(Duration spin) {
      if (spin.isNegative() || spin.compareTo(LONGEST_SPIN) > 0) {
        throw new IllegalArgumentException(
            "receiveSpin of " + spin + ", expected zero to " + LONGEST_SPIN);
      }
      receiveSpin = spin;
      return this;
    }

    /** Returns for how long a receiver looks for bytes before it waits. */
    public Duration receiveSpin() {
      return receiveSpin;
    }

    /**
     * Sets the most payload bytes of one frame on the wire; beyond, the connection fails with 1009.
     * Default: {@link Long#MAX_VALUE}, no limit, as {@link #maxMessageSize} bounds the memory
     * already.
     */
    public Config maxFrameSize(long bytes) {
      limits = limits.withMaxFrameSize(bytes);
      return this;
    }

    /** Returns the most payload bytes of one frame on the wire. */
    public long maxFrameSize() {
      return limits.maxFrameSize();
    }

    /**
     * Sets the most bytes of a whole message, after defragmentation and decompression; beyond, the
     * connection fails with 1009. Default: 64 MiB, larger than nearly every message in use and
     * small enough to survive. Memory is taken as bytes arrive.
     */
    public Config maxMessageSize(long bytes) {
      limits = limits.withMaxMessageSize(bytes);
      return this;
    }

    /** Returns the most bytes of a whole message. */
    public long maxMessageSize() {
      return limits.maxMessageSize();
    }

    /**
     * Sets the most frames of one message; beyond, the connection fails with 1008. Default:
     * 131,072, which lets 4 MiB in 64-byte fragments pass and ends endless empty ones.
     */
    public Config maxFragments(int fragments) {
      limits = limits.withMaxFragments(fragments);
      return this;
    }

    /** Returns the most frames of one message. */
    public int maxFragments() {
      return limits.maxFragments();
    }

    /**
     * Sets how many messages may wait to be received before the connection is left unread and the
     * peer has to wait. Default: 16, enough to hide the time between two receives. What came in one
     * read is not counted until more is to be read: 128 messages at most.
     */
    public Config receiveQueueMessages(int messages) {
      receiveQueueMessages = (int) requirePositive("receiveQueueMessages", messages);
      return this;
    }

    /** Returns how many messages may wait to be received. */
    public int receiveQueueMessages() {
      return receiveQueueMessages;
    }

    /**
     * Sets how many bytes the messages that wait to be received may have together; one larger
     * message always fits. Default: 1 MiB.
     */
    public Config receiveQueueBytes(long bytes) {
      receiveQueueBytes = requirePositive("receiveQueueBytes", bytes);
      return this;
    }

    /** Returns how many bytes the messages that wait to be received may have together. */
    public long receiveQueueBytes() {
      return receiveQueueBytes;
    }

    /**
     * Sets how many bytes all sessions of the client together may hold of what has come in and is
     * not yet taken: messages that are not whole, and messages that wait to be received. A half of
     * it is for reading ahead: where that is used up, a session is left unread, and its peer has to
     * wait, until somebody receives from it or bytes come free. The rest is for messages that
     * somebody waits for, one session after the other; so a message of up to a half always has
     * room. Where a message has none and nothing queued could make room, its session fails with
     * 1009; where for ten seconds nothing comes free while somebody waits for memory, the session
     * with the largest message that is not whole does, or the one past the half where nothing more
     * of its message comes.
     *
     * <p>What a session still has queued when it has ended counts until it is received, or the
     * session is closed by this end. Not counted are the 128 KiB into which a session reads, and
     * what joining a fragmented message, or decompressing a frame, takes for a moment. What a
     * fragment, or a part of a frame of more than 64 KiB, is decompressed to counts once it is
     * there, though nobody knew how much it would be. {@link #maxMessageSize} bounds all of these,
     * and should be a quarter of the budget, or less.
     *
     * <p>Default: {@link Long#MAX_VALUE}, no budget. {@link #receiveQueueBytes} bounds each session
     * already, how many there are is up to the application, and no session is to wait for another,
     * or fail because of it, unless somebody asked for that. A budget costs each read a lock that
     * all sessions share.
     */
    public Config memoryBudget(long bytes) {
      memoryBudget = requirePositive("memoryBudget", bytes);
      return this;
    }

    /** Returns how many bytes all sessions together may hold. */
    public long memoryBudget() {
      return memoryBudget;
    }

    /**
     * Sets what {@link ClientWebSocketSession#sendSerialized} and {@link
     * ClientWebSocketSession#receiveDeserialized} use. Default: {@code null}, they throw.
     */
    public Config contentConverter(@Nullable WebsocketContentConverter converter) {
      contentConverter = converter;
      return this;
    }

    /** Returns the converter, or {@code null} where none is set. */
    public @Nullable WebsocketContentConverter contentConverter() {
      return contentConverter;
    }

    /**
     * Changes which extensions are offered. Default: none.
     *
     * @param configure installs extensions, in order of preference
     */
    public Config extensions(Consumer<WebSocketExtensionsConfig> configure) {
      configure.accept(extensions);
      return this;
    }

    /** Returns the extensions that are offered. */
    public WebSocketExtensionsConfig extensions() {
      return extensions;
    }

    private static long requirePositive(String name, long value) {
      if (value < 1) {
        throw new IllegalArgumentException(name + " of " + value + ", expected at least 1");
      }
      return value;
    }
  }

  private WebSockets(Config config) {
    this.pingInterval = config.pingInterval();
    this.openTimeout = config.openTimeout();
    this.pongTimeout = config.pongTimeout();
    this.closeTimeout = config.closeTimeout();
    this.writeTimeout = config.writeTimeout();
    this.receiveSpin = config.receiveSpin();
    this.limits = config.limits;
    this.receiveQueueMessages = config.receiveQueueMessages();
    this.receiveQueueBytes = config.receiveQueueBytes();
    this.memoryBudget = config.memoryBudget();
    this.budget = memoryBudget == Long.MAX_VALUE ? null : new MemoryBudget(memoryBudget);
    this.contentConverter = config.contentConverter();
    this.extensions = config.extensions().installed();
    for (Delivery each : Delivery.values()) {
      connectionOptions.put(each, newConnectionOptions(each));
    }
  }

  @Nullable WebsocketContentConverter contentConverter() {
    return contentConverter;
  }

  Duration openTimeout() {
    return openTimeout;
  }

  Duration closeTimeout() {
    return closeTimeout;
  }

  Limits limits() {
    return limits;
  }

  List<WebSocketExtensionsConfig.Installed<?>> extensions() {
    return extensions;
  }

  ConnectionOptions connectionOptions(Delivery delivery) {
    return Objects.requireNonNull(connectionOptions.get(delivery));
  }

  private ConnectionOptions newConnectionOptions(Delivery delivery) {
    return new ConnectionOptions(
        delivery,
        pingInterval,
        pongTimeout,
        closeTimeout,
        writeTimeout,
        receiveSpin,
        receiveQueueMessages,
        receiveQueueBytes,
        budget);
  }

  /** Returns how many bytes count towards {@link Config#memoryBudget}; 0 where there is none. */
  long memoryUsed() {
    return budget == null ? 0 : budget.used();
  }

  @Override
  public String toString() {
    return "WebSockets[pingInterval="
        + pingInterval
        + ", openTimeout="
        + openTimeout
        + ", pongTimeout="
        + pongTimeout
        + ", closeTimeout="
        + closeTimeout
        + ", writeTimeout="
        + writeTimeout
        + ", receiveSpin="
        + receiveSpin
        + ", "
        + limits
        + ", receiveQueueMessages="
        + receiveQueueMessages
        + ", receiveQueueBytes="
        + receiveQueueBytes
        + ", memoryBudget="
        + memoryBudget
        + ", extensions="
        + extensions.stream().map(installed -> installed.factory().name()).toList()
        + "]";
  }
}
