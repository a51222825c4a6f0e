// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import static dev.parley.fuzz.Interleavings.check;
import static dev.parley.fuzz.Interleavings.sideBySide;
import static dev.parley.fuzz.Laws.require;

import dev.parley.websocket.Frame;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * A Ping is answered once: by its own Pong, or by that of one that was written after it; and by
 * nothing once nobody waits for it. How a connection uses them is raced in {@link PingRaceTest}.
 */
final class RoundTripsInterleavingTest {
  private static Frame.Pong pongTo(RoundTrips.Ping ping) {
    return new Frame.Pong(ping.frame().data());
  }

  private static RoundTrips.Ping written(RoundTrips trips) {
    RoundTrips.Ping ping = trips.next();
    trips.begun(ping.frame());
    return ping;
  }

  @Test
  void pingsMadeAtOnceAreToldApart() {
    check(
        () -> {
          RoundTrips trips = new RoundTrips();
          AtomicReference<RoundTrips.@Nullable Ping> one = new AtomicReference<>();
          AtomicReference<RoundTrips.@Nullable Ping> other = new AtomicReference<>();
          sideBySide(() -> one.set(trips.next()), () -> other.set(trips.next()));
          RoundTrips.Ping first = Objects.requireNonNull(one.get());
          RoundTrips.Ping second = Objects.requireNonNull(other.get());
          sideBySide(() -> trips.begun(first.frame()), () -> trips.begun(second.frame()));
          require(!first.frame().equals(second.frame()), first.frame());
          require(trips.answered(pongTo(first)), "not answered by its own");
          boolean before = second.isAnswered(); // then it was written before
          boolean own = trips.answered(pongTo(second));
          require(second.isAnswered() && own != before, "answered by neither, or by both");
        });
  }

  @Test
  void pongsComeInEitherOrder() {
    check(
        () -> {
          RoundTrips trips = new RoundTrips();
          RoundTrips.Ping one = written(trips);
          RoundTrips.Ping two = written(trips);
          AtomicBoolean ofOne = new AtomicBoolean();
          AtomicBoolean ofTwo = new AtomicBoolean();
          sideBySide(
              () -> ofOne.set(trips.answered(pongTo(one))),
              () -> {
                ofTwo.set(trips.answered(pongTo(two)));
                require(one.isAnswered(), "the one before is left waiting");
              });
          require(ofTwo.get() && two.isAnswered(), "not answered by its own");
          require(
              two.roundTrip() != null && two.roundTrip().equals(trips.last()),
              "measured by another");
          require(!trips.answered(pongTo(one)) && !trips.answered(pongTo(two)), "answered twice");
        });
  }

  @Test
  void pongThatNobodyAskedForAnswersNothing() {
    check(
        () -> {
          RoundTrips trips = new RoundTrips();
          RoundTrips.Ping ping = written(trips);
          AtomicBoolean answered = new AtomicBoolean();
          sideBySide(
              () -> {
                require(!trips.answered(new Frame.Pong(new byte[8])), "answered by a guess");
                require(!trips.answered(new Frame.Pong(new byte[0])), "answered by nothing");
              },
              () -> {
                require(!ping.isAnswered() && trips.last() == null, "answered before its Pong");
                answered.set(trips.answered(pongTo(ping)));
              });
          require(answered.get() && ping.isAnswered(), "not answered by its own");
        });
  }

  @Test
  void pongAnswersNoPingThatIsNotWrittenYet() {
    check(
        () -> {
          RoundTrips trips = new RoundTrips();
          AtomicReference<RoundTrips.@Nullable Ping> slow = new AtomicReference<>();
          sideBySide(
              () -> {
                RoundTrips.Ping ping = trips.next();
                slow.set(ping);
                trips.begun(ping.frame());
              },
              () -> {
                RoundTrips.Ping quick = written(trips);
                require(trips.answered(pongTo(quick)), "not answered by its own");
                RoundTrips.Ping other = slow.get();
                require(
                    other == null || !other.isAnswered() || other.isBegun(),
                    "answered before it was written");
              });
        });
  }

  @Test
  void pongAnswersNoPingThatWasWrittenAfterItsOwn() {
    check(
        () -> {
          RoundTrips trips = new RoundTrips();
          RoundTrips.Ping slow = trips.next();
          RoundTrips.Ping quick = written(trips);
          AtomicBoolean before = new AtomicBoolean();
          sideBySide(
              () -> trips.begun(slow.frame()),
              () -> {
                before.set(slow.isAnswered());
                require(trips.answered(pongTo(quick)), "not answered by its own");
              });
          require(!before.get() && !slow.isAnswered(), "answered by the Pong of an older one");
          require(trips.answered(pongTo(slow)), "not answered by its own");
        });
  }

  @Test
  void pingIsEitherAnsweredOrForgotten() {
    check(
        () -> {
          RoundTrips trips = new RoundTrips();
          RoundTrips.Ping ping = written(trips);
          AtomicBoolean answered = new AtomicBoolean();
          sideBySide(() -> trips.forget(ping), () -> answered.set(trips.answered(pongTo(ping))));
          require(answered.get() == ping.isAnswered(), answered);
          require(answered.get() == (trips.last() != null), "measured, or not, all the same");
          require(!trips.answered(pongTo(ping)), "waits on");
        });
  }

  @Test
  void laterPongComesToItsPingThoughTheOneBeforeIsForgotten() {
    check(
        () -> {
          RoundTrips trips = new RoundTrips();
          RoundTrips.Ping one = written(trips);
          RoundTrips.Ping two = written(trips);
          AtomicBoolean answered = new AtomicBoolean();
          sideBySide(() -> trips.forget(one), () -> answered.set(trips.answered(pongTo(two))));
          require(answered.get() && two.isAnswered(), "not answered by its own");
        });
  }

  @Test
  void whoSeesTheAnswerFindsItMeasured() {
    check(
        () -> {
          RoundTrips trips = new RoundTrips();
          RoundTrips.Ping ping = written(trips);
          sideBySide(
              () -> require(trips.answered(pongTo(ping)), "not answered by its own"),
              () -> {
                if (ping.isAnswered()) {
                  require(trips.last() != null && trips.smoothed() != null, "not measured");
                  require(ping.roundTrip() != null, "not told how long");
                }
              });
        });
  }
}
