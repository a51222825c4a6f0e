// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static dev.parley.client.transport.FakeEngine.ALERT;
import static dev.parley.client.transport.FakeEngine.ANSWER;
import static dev.parley.client.transport.FakeEngine.CLOSE_NOTIFY;
import static dev.parley.client.transport.FakeEngine.CORRUPT;
import static dev.parley.client.transport.FakeEngine.DATA;
import static dev.parley.client.transport.FakeEngine.NEW_KEY;
import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.race;

import dev.parley.client.connection.RacingWire;
import dev.parley.fuzz.Races.Round;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The laws of {@link TlsTransport}: an answer that the reader owes goes out whoever holds the lock,
 * with no more to come where there is room, and otherwise with the next write; no record is torn by
 * another, and none goes out behind an alert or close_notify; and after the end everybody is told
 * the same of it. What the engine does is plain to see in {@link FakeEngine}; one race has the
 * JDK's own.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class TlsTransportRaceTest {
  private static final SSLSession SESSION = ServedWire.session();

  private static final byte[] ASKS = {NEW_KEY, 0};
  private static final byte[] ASKS_AND_GOES_ON = {NEW_KEY, 0, DATA, 7};
  private static final byte[] BROKEN = {CORRUPT, 0};

  /** A transport, and what became of its calls. */
  private static final class Model {
    final RacingWire wire;
    final TlsTransport transport;

    Model(byte[]... arrivals) {
      wire = new RacingWire(false, arrivals);
      transport = FakeEngine.connect(wire, SESSION);
    }

    int read() throws IOException {
      return transport.read(ByteBuffer.allocate(8));
    }

    int write(int value) throws IOException {
      return transport.write(ByteBuffer.wrap(new byte[] {(byte) value}));
    }

    /** Returns the records that were written, each of them whole. */
    List<String> sent() {
      require(!wire.hasOverlapped(), "two read or wrote at a time");
      byte[] written = wire.written();
      List<String> records = new ArrayList<>();
      for (int i = 0; i < written.length; i += 2) {
        require(written[i] >= 'A' && i + 1 < written.length && written[i + 1] < 'A', "torn");
        records.add(record(written[i], written[i + 1]));
      }
      return records;
    }

    List<String> sentInAnyOrder() {
      List<String> records = sent();
      Collections.sort(records);
      return records;
    }
  }

  private static String record(byte kind, int value) {
    return String.valueOf((char) kind) + (char) ('0' + value);
  }

  /** What may find the end. */
  private interface Call {
    int run() throws IOException;
  }

  private static int of(Call call) {
    try {
      return call.run();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void answerGoesOutWhoeverHoldsTheLock() {
    race(
        () -> {
          Model model = new Model(ASKS);
          return new Round(
              List.of(
                  () -> require(of(model::read) == 0, "read"),
                  () -> require(of(() -> model.write(1)) == 1, "not taken")),
              () -> {
                require(
                    model.sentInAnyOrder().equals(List.of(record(ANSWER, 0), record(DATA, 1))),
                    model.sent());
              });
        });
  }

  @Test
  void eachAnswerGoesOutOnceThoughMoreIsAskedWhileOneIsWritten() {
    race(
        () -> {
          Model model = new Model(ASKS, ASKS_AND_GOES_ON);
          return new Round(
              List.of(
                  () -> {
                    require(of(model::read) == 0, "read");
                    require(of(model::read) == 1, "not read");
                  },
                  () -> {
                    require(of(() -> model.write(1)) == 1, "not taken");
                    require(of(() -> model.write(2)) == 1, "not taken");
                  }),
              () -> {
                List<String> sent = model.sent();
                require(sent.indexOf(record(DATA, 1)) < sent.indexOf(record(DATA, 2)), sent);
                require(
                    model
                        .sentInAnyOrder()
                        .equals(
                            List.of(
                                record(ANSWER, 0),
                                record(ANSWER, 0),
                                record(DATA, 1),
                                record(DATA, 2))),
                    sent);
              });
        });
  }

  @Test
  void answerThatFindsNoRoomGoesOutWithTheNextFlush() {
    race(
        () -> {
          Model model = new Model(ASKS);
          model.wire.bound(1);
          List<Integer> taken = new ArrayList<>();
          return new Round(
              List.of(
                  () -> require(of(model::read) == 0, "read"),
                  () -> taken.add(of(() -> model.write(1))),
                  () -> model.wire.bound(100)),
              () -> {
                require(of(() -> model.transport.flush() ? 1 : 0) == 1, "not flushed");
                List<String> due = new ArrayList<>(List.of(record(ANSWER, 0)));
                if (taken.equals(List.of(1))) {
                  due.add(record(DATA, 1));
                }
                require(model.sentInAnyOrder().equals(due), model.sent());
              });
        });
  }

  @Test
  void nothingGoesOutBehindCloseNotifyAndAllAreToldThatItIsClosed() {
    race(
        () -> {
          Model model = new Model(ASKS_AND_GOES_ON);
          return new Round(
              List.of(
                  () -> requireClosedOr(1, model::read),
                  () -> requireClosedOr(1, () -> model.write(1)),
                  model.transport::close),
              () -> {
                requireClosedOr(-1, model::read);
                requireClosedOr(-1, () -> model.write(2));
                List<String> sent = model.sent();
                String last = record(CLOSE_NOTIFY, 0);
                require(model.wire.isClosed(), "the wire was left open");
                require(!sent.contains(last) || sent.indexOf(last) == sent.size() - 1, sent);
              });
        });
  }

  @Test
  void closeNotifyGoesOutOnceWhoeverCloses() {
    race(
        () -> {
          Model model = new Model(ASKS_AND_GOES_ON);
          return new Round(
              List.of(model.transport::close, model.transport::close),
              () -> {
                require(model.sent().equals(List.of(record(CLOSE_NOTIFY, 0))), model.sent());
              });
        });
  }

  private static void requireClosedOr(int otherwise, Call call) {
    try {
      int got = call.run();
      require(got == otherwise, got);
    } catch (ClosedChannelException e) {
      return; // as the contract has it
    } catch (IOException e) {
      throw new AssertionError("blames another", e);
    }
  }

  @Test
  void failureOfTheReaderIsWhatEverybodyIsToldAfterItAndThePeerIsToldOnce() {
    race(
        () -> {
          Model model = new Model(BROKEN);
          return new Round(
              List.of(
                  () -> requireCorrupt(model::read),
                  () -> {
                    try {
                      require(model.write(1) == 1, "not taken");
                    } catch (SSLException e) {
                      return; // at the same time: it may know less than the reader
                    } catch (IOException e) {
                      throw new AssertionError(e);
                    }
                  }),
              () -> {
                requireCorrupt(model::read);
                requireCorrupt(() -> model.write(2));
                model.transport.close();
                List<String> sent = new ArrayList<>(model.sent());
                require(sent.removeLast().equals(record(ALERT, 0)), model.sent());
                require(sent.isEmpty() || sent.equals(List.of(record(DATA, 1))), model.sent());
              });
        });
  }

  private static void requireCorrupt(Call call) {
    try {
      throw new AssertionError(call.run());
    } catch (SSLException e) {
      require(String.valueOf(e.getMessage()).contains("was changed on its way"), e);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void answerOfTheJdksEngineGoesOutWhoeverHoldsTheLock() {
    ServedWire wire = new ServedWire();
    TlsTransport client = wire.connect(); // of all rounds: a handshake takes a thousand times more
    race(
        () -> {
          wire.askForNewKey(7);
          return new Round(
              List.of(
                  () -> {
                    ByteBuffer target = ByteBuffer.allocate(1);
                    for (int reads = 0; target.hasRemaining(); reads++) {
                      require(reads < 3, "not read");
                      read(client, target);
                    }
                    require(target.get(0) == 7, target.get(0));
                  },
                  () -> {
                    write(client, 1);
                    write(client, 2);
                  }),
              () -> {
                List<Integer> came = new ArrayList<>(wire.serve());
                require(came.removeAll(List.of(ServedWire.SILENT)), came);
                require(came.equals(List.of(1, 2)), came);
              });
        });
  }

  private static void read(TlsTransport client, ByteBuffer target) {
    try {
      int unused = client.read(target);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void write(TlsTransport client, int value) {
    try {
      require(client.write(ByteBuffer.wrap(new byte[] {(byte) value})) == 1, "not taken");
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
