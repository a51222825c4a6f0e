// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.WebSocketInterruptedException;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * One connection through a {@link FaultProxy}: how many bytes have passed, and how it ended. May be
 * asked by any thread while it goes on.
 */
public final class ProxiedConnection {
  private static final int BUFFER = 16 << 10;

  private final int number;
  private final Consumer<ProxiedConnection> onGone;
  private final Socket client;
  private final Socket server = new Socket();
  private final Direction toServer;
  private final Direction toClient;
  private final AtomicInteger going = new AtomicInteger(2);
  private final AtomicBoolean decided = new AtomicBoolean();

  /** Completed when all that belongs to the end has been done. */
  private final CompletableFuture<Ending> ending = new CompletableFuture<>();

  /** How a connection ended. */
  public enum Ending {
    /** Both sides ended their streams. */
    FINISHED,
    /** The client dropped it. */
    RESET_BY_CLIENT,
    /** The server dropped it. */
    RESET_BY_SERVER,
    /** No connection to the server could be made; the client's was reset. */
    NOT_CONNECTED,
    /** It was {@linkplain Fault.Cut cut}. */
    CUT,
    /** It was still open when the proxy was closed. */
    DROPPED
  }

  ProxiedConnection(int number, Socket client, Faults faults, Consumer<ProxiedConnection> onGone) {
    this.number = number;
    this.onGone = onGone;
    this.client = client;
    this.toServer =
        new Direction(
            faults.toServer(), client, server, Ending.RESET_BY_CLIENT, Ending.RESET_BY_SERVER);
    this.toClient =
        new Direction(
            faults.toClient(), server, client, Ending.RESET_BY_SERVER, Ending.RESET_BY_CLIENT);
  }

  /** Returns which connection of the proxy this is, from 1. */
  public int number() {
    return number;
  }

  /** Returns how many bytes were passed on from the client to the server. */
  public long bytesToServer() {
    return toServer.passed.get();
  }

  /** Returns how many bytes were passed on from the server to the client. */
  public long bytesToClient() {
    return toClient.passed.get();
  }

  /** Returns how the connection ended, or nothing while it goes on. */
  public Optional<Ending> ending() {
    return Optional.ofNullable(ending.getNow(null));
  }

  /**
   * Waits until the connection has ended.
   *
   * @throws AssertionError if it does not end in time
   * @throws WebSocketInterruptedException if the thread is interrupted
   */
  public Ending awaitEnding(Duration timeout) {
    try {
      return ending.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException e) {
      throw new AssertionError("connection " + number + " has not ended within " + timeout, e);
    } catch (InterruptedException e) {
      throw MockConnection.interrupted(e);
    }
  }

  /** Cuts the connection now, wherever its bytes are. Does nothing where it has ended. */
  public void cut(Fault.End end) {
    if (decided.getAndSet(true)) {
      return;
    }
    switch (end) {
      case FIN -> {
        toServer.drop();
        toClient.drop();
      }
      case RESET -> reset();
      case SILENCE -> {
        toServer.mode = Mode.HOLDING;
        toClient.mode = Mode.HOLDING;
      }
    }
    ending.complete(Ending.CUT);
  }

  /** Connects to the server, and passes on until one direction is over; the other has a thread. */
  void run(InetSocketAddress target, Executor threads) {
    try {
      client.setTcpNoDelay(true);
      server.setTcpNoDelay(true);
      server.connect(target);
      if (toServer.mode == Mode.DROPPING) {
        toServer.shutDown(); // it was cut when there was no server yet to learn of it
      }
      threads.execute(toServer);
    } catch (IOException e) {
      reset(Ending.NOT_CONNECTED);
      return;
    } catch (RejectedExecutionException e) {
      close(Ending.DROPPED); // The proxy is being closed.
      return;
    }
    toClient.run();
  }

  /** Ends it, because the proxy is closed. */
  void close() {
    close(Ending.DROPPED);
  }

  private void close(Ending how) {
    boolean first = !decided.getAndSet(true);
    end(client);
    end(server);
    onGone.accept(this);
    if (first) {
      ending.complete(how);
    }
  }

  private void reset(Ending how) {
    if (!decided.getAndSet(true)) {
      reset();
      ending.complete(how);
    }
  }

  private void reset() {
    reset(client);
    reset(server);
    onGone.accept(this);
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
    } catch (IOException e) {
      return; // It is closed already.
    } finally {
      end(socket);
    }
  }

  static void end(Closeable closeable) {
    try {
      closeable.close();
    } catch (IOException e) {
      // A socket that cannot be closed is gone already.
      return;
    }
  }

  private enum Mode {
    PASSING,
    DROPPING,
    HOLDING
  }

  /** One way through. */
  private final class Direction implements Runnable {
    private final Queue<Fault.Placed> due;
    private final Fault.Pieces pieces;
    private final Socket from;
    private final Socket to;
    private final Ending fromReset;
    private final Ending toReset;
    final AtomicLong passed = new AtomicLong();
    volatile Mode mode = Mode.PASSING;
    private int mask;

    Direction(List<Fault> faults, Socket from, Socket to, Ending fromReset, Ending toReset) {
      List<Fault.Placed> due = new ArrayList<>();
      Fault.Pieces pieces = new Fault.Pieces(BUFFER, Duration.ZERO);
      for (Fault fault : faults) {
        switch (fault) {
          case Fault.Pieces some -> pieces = some;
          case Fault.Placed placed -> due.add(placed);
        }
      }
      due.sort(Comparator.comparingLong(Fault.Placed::after));
      this.due = new ArrayDeque<>(due);
      this.pieces = pieces;
      this.from = from;
      this.to = to;
      this.fromReset = fromReset;
      this.toReset = toReset;
    }

    @Override
    public void run() {
      try {
        byte[] buffer = new byte[Math.min(pieces.size(), BUFFER)];
        while (performDue()) {
          int count = read(buffer, most(buffer.length));
          if (count < 0) {
            over();
            return;
          }
          if (mode == Mode.PASSING) {
            buffer[0] ^= (byte) mask;
            mask = 0;
            write(buffer, count);
            Thread.sleep(pieces.pause());
          }
        }
      } catch (IOException e) {
        // A reset has ended both directions; where it was cut, the sender may end as it likes.
        over();
      } catch (InterruptedException e) {
        close(Ending.DROPPED); // The proxy is being closed.
      }
    }

    /** Does what is due at this place; returns whether to read on. */
    private boolean performDue() throws InterruptedException {
      while (mode == Mode.PASSING && !due.isEmpty() && due.peek().after() == passed.get()) {
        switch (due.remove()) {
          case Fault.Cut cut -> cut(cut.end());
          case Fault.HalfClose half -> drop();
          case Fault.Stall stall -> mode = Mode.HOLDING;
          case Fault.Delay delay -> Thread.sleep(delay.duration());
          case Fault.Corrupt corrupt -> mask ^= corrupt.mask();
        }
      }
      return mode != Mode.HOLDING;
    }

    /**
     * Returns how many bytes to read at most: none beyond the next place where something is due.
     */
    private int most(int size) {
      return due.isEmpty() || mode != Mode.PASSING
          ? size
          : (int) Math.min(size, due.peek().after() - passed.get());
    }

    private int read(byte[] buffer, int most) throws IOException {
      try {
        return from.getInputStream().read(buffer, 0, most);
      } catch (IOException e) {
        reset(fromReset);
        throw e;
      }
    }

    private void write(byte[] buffer, int count) throws IOException {
      try {
        passed.addAndGet(count); // first: whoever has received them finds them counted
        to.getOutputStream().write(buffer, 0, count);
      } catch (IOException e) {
        if (mode == Mode.PASSING) {
          reset(toReset);
          throw e;
        }
      }
    }

    /** Ends the stream for the receiver; what the sender still says is dropped. */
    void drop() {
      mode = Mode.DROPPING;
      shutDown();
    }

    /** The sender has ended its stream. */
    private void over() {
      if (mode == Mode.PASSING && !decided.get()) { // else it is being reset: no FIN before that
        shutDown();
      }
      if (mode != Mode.HOLDING && going.decrementAndGet() == 0) {
        close(Ending.FINISHED);
      }
    }

    private void shutDown() {
      try {
        to.shutdownOutput();
      } catch (IOException e) {
        return; // Its receiver is gone, which is found where something is read from it.
      }
    }
  }
}
