// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.giveWay;
import static dev.parley.fuzz.Races.race;

import dev.parley.client.connection.RacingWire;
import dev.parley.client.transport.LoopbackRelay.Call;
import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.handshake.HeadLimits;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The laws of a call of {@link LoopbackRelay}: it connects once, whoever asks for it; once it has
 * ended nobody begins to connect for it who was not told so by an interrupt, and a connection that
 * comes too late is closed; and no thread is interrupted that does not connect.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class LoopbackRelayRaceTest {
  private static final Destination PLACE = new Destination(false, "host.example", 80);

  /** A call, and what became of it. */
  private static final class Model {
    private final Call call;
    private final AtomicInteger begun = new AtomicInteger();
    private final Queue<RacingWire> made = new ConcurrentLinkedQueue<>();
    private final Queue<Transport> given = new ConcurrentLinkedQueue<>();
    private volatile boolean ended;
    private volatile boolean late;

    Model(LoopbackRelay relay) {
      call = relay.admit(PLACE, Deadline.NONE);
    }

    /** What the connector does for the relay. */
    Transport open() throws InterruptedException {
      if (ended && !Thread.currentThread().isInterrupted()) { // who is, was about to begin before
        late = true;
      }
      begun.incrementAndGet();
      giveWay();
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      RacingWire wire = new RacingWire(false);
      made.add(wire);
      giveWay();
      return wire;
    }

    /** What a connection to the relay does when it has found its call. */
    void connect() {
      Transport transport = call.connect();
      if (transport != null) {
        given.add(transport);
      }
      giveWay();
      require(!Thread.interrupted(), "interrupted, and does not connect");
    }

    void close() {
      giveWay();
      call.close();
      ended = true;
    }

    void check() {
      require(!late, "connects for a call that has ended");
      require(begun.get() <= 1, "connected " + begun + " times");
      List<RacingWire> open = made.stream().filter(wire -> !wire.isClosed()).toList();
      require(
          open.equals(List.copyOf(given)), open.size() + " left open, " + given.size() + " given");
    }
  }

  private static void raceOnACall(Function<Model, List<Runnable>> actions) throws IOException {
    AtomicReference<@Nullable Model> current = new AtomicReference<>();
    Connector connector = (destination, deadline) -> Objects.requireNonNull(current.get()).open();
    try (LoopbackRelay relay = new LoopbackRelay(connector, HeadLimits.DEFAULT)) {
      race(
          () -> {
            Model model = new Model(relay);
            current.set(model);
            return new Round(actions.apply(model), model::check);
          });
    }
  }

  @Test
  void nobodyConnectsForACallThatHasEnded() throws IOException {
    raceOnACall(model -> List.of(model::connect, model::close));
  }

  @Test
  void oneConnectsForACallThatTwoComeFor() throws IOException {
    raceOnACall(model -> List.of(model::connect, model::connect, model::close));
  }
}
