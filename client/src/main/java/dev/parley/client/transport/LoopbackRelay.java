// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import dev.parley.websocket.handshake.HandshakeException;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.HeadReader;
import dev.parley.websocket.handshake.HeadWriter;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.EOFException;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProtocolException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A proxy on the loopback interface, for an HTTP client in this process that takes connections from
 * nobody: what it asks the relay for is connected by a {@link Connector} of ours, and then bytes
 * are passed on both ways. TLS stays between that client and the server.
 */
final class LoopbackRelay implements AutoCloseable {
  // Laws.
  //
  // Any process of this machine can connect here. Only a call under way opens anything: it is told
  // by its credentials, 256 random bits that are good for this call alone, go to nobody else, and
  // name a destination that was fixed when they were given out. What a request says of where it
  // wants to go is not looked at.
  //
  // Two threads serve a connection, one for each direction. The one for what comes from the server
  // also connects, ends last, and closes both sides.
  //
  // A connection that broke is reset, lest it look like one that ended: a body may last until the
  // end.

  private static final System.Logger LOGGER = System.getLogger("dev.parley.client.transport");

  private static final ThreadFactory THREADS =
      Thread.ofVirtual().name("parley-relay-", 0).factory();

  /** For the heads of our own client, which are as large as its user makes them. */
  private static final HeadLimits REQUEST_LIMITS =
      new HeadLimits(256 << 10, 256 << 10, 1024, 1 << 20);

  private static final String SCHEME = "Parley ";
  private static final int TOKEN_BYTES = 32;
  private static final int BUFFER_BYTES = 16 << 10;

  /** How long a process of this machine may take for each piece of its request's head. */
  private static final int PATIENCE_MILLIS = 10_000;

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final Duration MOMENT = Duration.ofSeconds(1);

  private final ServerSocket listener;
  private final Connector connector;
  private final HeadLimits limits;
  private final ThreadFactory threads;
  private final SecureRandom random = new SecureRandom();
  private final Map<String, Call> calls = new ConcurrentHashMap<>();
  private final Set<AutoCloseable> open = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * Starts to listen.
   *
   * @param connector makes the connections, and leaves out TLS with the destination
   * @param limits for the head of a response that is not encrypted
   * @throws IOException if there is no port on the loopback interface
   */
  LoopbackRelay(Connector connector, HeadLimits limits) throws IOException {
    this(connector, limits, THREADS);
  }

  /** Starts to listen, with threads of another make. */
  LoopbackRelay(Connector connector, HeadLimits limits, ThreadFactory threads) throws IOException {
    this.connector = connector;
    this.limits = limits;
    this.threads = threads;
    listener = new ServerSocket(0, 0, InetAddress.getLoopbackAddress());
    try {
      threads.newThread(this::accept).start();
    } catch (RuntimeException | Error refusal) {
      close(listener);
      throw refusal;
    }
  }

  InetSocketAddress address() {
    return (InetSocketAddress) listener.getLocalSocketAddress();
  }

  /** Lets a call in, until it is closed. */
  Call admit(Destination destination, Deadline deadline) {
    byte[] token = new byte[TOKEN_BYTES];
    random.nextBytes(token);
    String credentials = SCHEME + Base64.getUrlEncoder().withoutPadding().encodeToString(token);
    Call call = new Call(credentials, destination, deadline);
    calls.put(credentials, call);
    return call;
  }

  /** One request of the client's, and the connection that it may ask for. */
  final class Call implements AutoCloseable {
    private final String credentials;
    private final Destination destination;
    private final Deadline deadline;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition settled = lock.newCondition();
    private boolean spent;
    private boolean ended;
    private @Nullable Thread connecting;
    private @Nullable Exception failure;
    private volatile @Nullable IOException tlsFailure;

    private Call(String credentials, Destination destination, Deadline deadline) {
      this.credentials = credentials;
      this.destination = destination;
      this.deadline = deadline;
    }

    /** Returns what to send to the relay as {@code Proxy-Authorization}. */
    String credentials() {
      return credentials;
    }

    /**
     * Returns why there is no connection, or no answer that could be passed on; {@code null} where
     * nothing failed here. Waits a moment for a connector at work: its deadline is the call's.
     */
    @Nullable Exception failure() throws InterruptedException {
      lock.lockInterruptibly();
      try {
        long nanos = MOMENT.toNanos();
        while (connecting != null && nanos > 0) {
          nanos = settled.awaitNanos(nanos);
        }
        return failure;
      } finally {
        lock.unlock();
      }
    }

    /** Returns how TLS failed, the last time with this destination while the call lasted. */
    @Nullable IOException tlsFailure() {
      return tlsFailure;
    }

    /**
     * Connects, once: whatever it was that ended the first connection, the client would try again,
     * but the server may have heard it. It may try where an old connection of its own had ended.
     *
     * @return {@code null} where that failed, or the call has ended meanwhile
     */
    @Nullable Transport connect() {
      if (isSpent()) {
        return null;
      }
      Transport transport = null;
      Exception failure = null;
      try {
        transport = connector.connect(destination, deadline);
      } catch (IOException | InterruptedException | RuntimeException e) {
        failure = e;
      }
      settle(null, failure);
      if (Thread.interrupted() && transport != null) { // too late to keep it from connecting
        transport.close();
        return null;
      }
      return transport;
    }

    private boolean isSpent() {
      lock.lock();
      try {
        if (ended) { // since it was looked up
          return true;
        }
        if (spent && failure == null) {
          failure =
              tlsFailure != null
                  ? tlsFailure
                  : new IOException("the connection ended before the answer");
        } else if (!spent) {
          spent = true;
          connecting = Thread.currentThread();
        }
        return connecting != Thread.currentThread();
      } finally {
        lock.unlock();
      }
    }

    private void settle(@Nullable Thread connecting, @Nullable Exception failure) {
      lock.lock();
      try {
        this.connecting = connecting;
        this.failure = failure;
        settled.signalAll();
      } finally {
        lock.unlock();
      }
    }

    /** Tells whether a connection was asked for. */
    private boolean hasAsked() {
      lock.lock();
      try {
        return spent;
      } finally {
        lock.unlock();
      }
    }

    /** Ends the call: its credentials are good for nothing, and nobody connects for it any more. */
    @Override
    public void close() {
      calls.remove(credentials);
      lock.lock();
      try {
        ended = true;
        if (connecting != null) {
          connecting.interrupt();
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Hears that TLS failed. The client knows which call it was, but may try again and forget why; so
   * every call with that destination remembers, but for those that go over a connection of old.
   */
  void failed(Destination destination, IOException failure) {
    callsTo(destination).filter(Call::hasAsked).forEach(call -> call.tlsFailure = failure);
  }

  private Stream<Call> callsTo(Destination destination) {
    return calls.values().stream()
        .filter(call -> call.destination.host().equals(destination.host()))
        .filter(call -> call.destination.port() == destination.port());
  }

  private void accept() {
    while (!closed) {
      Socket socket = null;
      try {
        socket = listener.accept();
        Socket accepted = socket;
        threads.newThread(() -> serve(accepted)).start();
      } catch (Throwable e) { // a thread that is refused too: others may be had later
        if (socket != null) {
          close(socket);
        }
        if (!closed) {
          LOGGER.log(System.Logger.Level.DEBUG, "the relay could not accept a connection", e);
          LockSupport.parkNanos(PAUSE_NANOS); // no descriptors, mostly: some will come back
        }
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      keep(socket);
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(PATIENCE_MILLIS);
      ByteBuffer early = ByteBuffer.allocate(BUFFER_BYTES);
      RequestHead head = readHead(socket.getInputStream(), early);
      String credentials = head.headers().get("Proxy-Authorization");
      Call call = credentials == null ? null : calls.get(credentials);
      if (call == null || call.destination.secure() != isTunnel(head)) {
        answer(socket, "403 Forbidden");
        return;
      }
      socket.setSoTimeout(0);
      try (Transport transport = call.connect()) {
        if (transport == null) {
          answer(socket, "502 Bad Gateway");
          return;
        }
        keep(transport);
        try {
          relay(socket, transport, head, early, call);
        } finally {
          open.remove(transport);
        }
      }
    } catch (IOException | HandshakeException e) {
      // Its client sees the connection end, and tells whoever called it.
      LOGGER.log(System.Logger.Level.DEBUG, "a connection of the relay broke", e);
    } catch (InterruptedException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "nobody interrupts a thread that passes bytes on", e);
    } finally {
      open.remove(socket);
    }
  }

  /** Has a connection closed with the relay. */
  private void keep(AutoCloseable connection) throws IOException {
    open.add(connection);
    if (closed) {
      throw new IOException("the relay is closed");
    }
  }

  private static boolean isTunnel(RequestHead head) {
    return head.method().equals("CONNECT");
  }

  /**
   * Reads the head of a request; what came behind it is left in the buffer, in reading position.
   */
  private static RequestHead readHead(InputStream in, ByteBuffer buffer) throws IOException {
    HeadReader<RequestHead> reader = HeadReader.ofRequest(REQUEST_LIMITS);
    RequestHead head = null;
    while (head == null) {
      if (read(in, buffer) < 0) {
        throw new EOFException("no request");
      }
      head = reader.read(buffer);
    }
    return head;
  }

  /** Reads what is there, in place of what the buffer had, and leaves it in reading position. */
  private static int read(InputStream in, ByteBuffer buffer) throws IOException {
    int count = in.read(buffer.array(), buffer.arrayOffset(), buffer.capacity());
    buffer.clear().limit(Math.max(count, 0));
    return count;
  }

  private static void answer(Socket socket, String status) throws IOException {
    String head = "HTTP/1.1 " + status + "\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
  }

  /**
   * A tunnel is for as many requests as its client likes. A request that is not encrypted is passed
   * on alone, in the form that a server expects instead of a proxy, and its answer tells the client
   * that the connection ends with it: the next request may be for another server.
   */
  private void relay(
      Socket socket, Transport transport, RequestHead head, ByteBuffer early, Call call)
      throws IOException, InterruptedException {
    OutputStream out = socket.getOutputStream();
    if (isTunnel(head)) {
      out.write("HTTP/1.1 200 OK\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      // Until the server has said something: then it is the client's engine that knows.
      call.tlsFailure = new TlsDiagnosis(call.destination).ofEnd(null);
      passBothWays(
          socket, transport, call.destination, early, Long.MAX_VALUE, new FirstByte(out, call));
      return;
    }
    Headers headers =
        head.headers().toBuilder().remove("Proxy-Authorization").set("Connection", "close").build();
    RequestHead asked = new RequestHead(head.method(), originForm(head.target()), headers);
    write(transport, call.destination, ByteBuffer.wrap(HeadWriter.write(asked)));
    String length = headers.get("Content-Length"); // the body's, by RFC 9112 §6.3, or it has none
    passBothWays(
        socket,
        transport,
        call.destination,
        early,
        length == null ? 0 : Long.parseLong(length),
        new LastResponse(out, call));
  }

  /** RFC 9112 §3.2.1: what a server expects, of what a proxy is told. */
  private static String originForm(String absolute) {
    int path = absolute.indexOf('/', absolute.indexOf("://") + 3);
    return path < 0 ? "/" : absolute.substring(path);
  }

  private void passBothWays(
      Socket socket,
      Transport transport,
      Destination destination,
      ByteBuffer early,
      long most,
      OutputStream out)
      throws IOException, InterruptedException {
    Thread up = threads.newThread(() -> passUp(socket, transport, destination, early, most));
    up.start();
    try {
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
      for (int count; (count = transport.read(buffer.clear())) >= 0; ) {
        if (count == 0) {
          transport.awaitReadable(Deadline.NONE);
        } else {
          out.write(buffer.array(), 0, count);
        }
      }
    } catch (IOException | HandshakeException e) {
      socket.setSoLinger(true, 0);
      throw e;
    }
    socket.shutdownOutput();
    up.join(); // until the client closes too: what it still sends would make closing a reset
  }

  /**
   * Passes on what the client sends, until it closes, which ends both directions.
   *
   * @param most how many bytes at most; what comes after them goes nowhere
   */
  private void passUp(
      Socket socket, Transport transport, Destination destination, ByteBuffer early, long most) {
    try (transport) {
      InputStream in = socket.getInputStream();
      ByteBuffer buffer = early;
      long left = most;
      int count = early.remaining();
      while (count >= 0) {
        int passed = (int) Math.min(count, left);
        buffer.limit(buffer.position() + passed);
        left = writeIfTaken(transport, destination, buffer) ? left - passed : 0;
        count = read(in, buffer);
      }
    } catch (IOException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "the client of the relay is gone", e);
    } catch (InterruptedException e) {
      LOGGER.log(System.Logger.Level.DEBUG, "nobody interrupts a thread that passes bytes on", e);
    }
  }

  /** Writes; where the server takes nothing more, it may have answered nevertheless. */
  private boolean writeIfTaken(Transport transport, Destination destination, ByteBuffer source)
      throws IOException, InterruptedException {
    try {
      write(transport, destination, source);
      return true;
    } catch (SocketTimeoutException e) {
      throw e; // given up
    } catch (IOException e) {
      return false;
    }
  }

  /** Writes, and gives up where the server takes nothing and nobody waits for it any more. */
  private void write(Transport transport, Destination destination, ByteBuffer source)
      throws IOException, InterruptedException {
    while (source.hasRemaining() || !transport.flush()) {
      if (transport.write(source) == 0
          && !transport.awaitWritable(Deadline.after(MOMENT))
          && callsTo(destination).findAny().isEmpty()) {
        throw new SocketTimeoutException("the server takes nothing, and its call is over");
      }
    }
  }

  /** Notices that the server has begun with TLS. */
  private static final class FirstByte extends FilterOutputStream {
    private final Call call;
    private boolean first = true;

    FirstByte(OutputStream out, Call call) {
      super(out);
      this.call = call;
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      if (first) {
        first = false;
        call.tlsFailure = null;
      }
      out.write(bytes, offset, count);
    }
  }

  /** Tells the client, in the head of a response, that the connection ends with it. */
  private final class LastResponse extends OutputStream {
    private final OutputStream out;
    private final Call call;
    private final HeadReader<ResponseHead> reader = HeadReader.ofResponse(limits);
    private boolean hasHead;

    LastResponse(OutputStream out, Call call) {
      this.out = out;
      this.call = call;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
      ByteBuffer rest = ByteBuffer.wrap(bytes, offset, count);
      if (!hasHead) {
        ResponseHead head = readHead(rest);
        if (head == null) {
          return;
        }
        hasHead = true;
        Headers headers = head.headers().toBuilder().set("Connection", "close").build();
        out.write(HeadWriter.write(new ResponseHead(head.status(), head.reason(), headers)));
      }
      out.write(bytes, rest.arrayOffset() + rest.position(), rest.remaining());
    }

    private @Nullable ResponseHead readHead(ByteBuffer bytes) throws IOException {
      try {
        return reader.read(bytes);
      } catch (HandshakeException e) {
        ProtocolException failure = new ProtocolException(e.getMessage());
        failure.initCause(e);
        call.settle(null, failure);
        throw failure;
      }
    }
  }

  /** Stops listening, and closes every connection. */
  @Override
  public void close() {
    closed = true;
    close(listener);
    open.forEach(LoopbackRelay::close);
  }

  private static void close(AutoCloseable connection) {
    try {
      connection.close();
    } catch (Exception e) {
      LOGGER.log(System.Logger.Level.DEBUG, "a connection of the relay could not be closed", e);
    }
  }
}
