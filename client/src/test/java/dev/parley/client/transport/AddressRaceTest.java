// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
@DisplayName("RFC 8305: addresses are raced")
final class AddressRaceTest {
  private static final Destination PLACE = new Destination(false, "host.example", 80);

  /** Where each attempt began, and what is to come of it. */
  private final Map<Integer, Long> begun = new ConcurrentHashMap<>();

  private final CountDownLatch given = new CountDownLatch(1);

  private static List<InetSocketAddress> addresses(int count) {
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (int i = 1; i <= count; i++) {
      addresses.add(new InetSocketAddress("127.0.0." + i, 80));
    }
    return addresses;
  }

  private static int number(SocketAddress address) {
    return ((InetSocketAddress) address).getAddress().getAddress()[3];
  }

  private AddressRace race(int count, Deadline deadline, AddressRace.Attempt attempt) {
    return new AddressRace(
        addresses(count),
        PLACE,
        (address, until) -> {
          begun.put(number(address), System.nanoTime());
          return attempt.connect(address, until);
        },
        Thread.ofVirtual().factory(),
        deadline);
  }

  /** Returns how long after a moment an attempt began: its thread may have been late for that. */
  private Duration since(long nanos, int attempt) {
    return Duration.ofNanos(Objects.requireNonNull(begun.get(attempt)) - nanos);
  }

  /** Never answers; when it is given up, that shows. */
  private Transport silence(Deadline deadline) throws IOException, InterruptedException {
    try {
      new CountDownLatch(1).await(Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      given.countDown();
      throw e;
    }
    throw new SocketTimeoutException("no answer");
  }

  private static Deadline after(long millis) {
    return Deadline.after(Duration.ofMillis(millis));
  }

  @Test
  void firstThatAnswersWinsAndTheOthersAreGivenUp() throws Exception {
    Won won = new Won();
    long start = System.nanoTime();
    assertThat(race(3, after(20_000), (a, until) -> number(a) == 2 ? won : silence(until)).run())
        .isSameAs(won);
    assertThat(won.closed).isFalse();
    assertThat(since(start, 2)).isBetween(AddressRace.HEAD_START, Duration.ofSeconds(5));
    assertThat(begun).doesNotContainKey(3);
    assertThat(given.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void nextOneStartsAtOnceWhereOneFails() throws Exception {
    Won won = new Won();
    AddressRace.Attempt attempt =
        (a, until) -> {
          if (number(a) < 9) {
            throw new ConnectException("refused");
          }
          return won;
        };
    long start = System.nanoTime();
    assertThat(race(9, after(20_000), attempt).run()).isSameAs(won);
    // With a head start for each it would be two seconds.
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofMillis(1500));
  }

  @Test
  void errorOfAnAttemptIsAFailureToo() {
    AddressRace.Attempt attempt =
        (a, until) -> {
          throw new OutOfMemoryError("none left");
        };
    long start = System.nanoTime();
    assertThatThrownBy(() -> race(2, after(20_000), attempt).run())
        .isInstanceOf(ConnectException.class)
        .hasStackTraceContaining("none left");
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
  }

  @Test
  void oneThatIsSlowMayStillWin() throws Exception {
    CountDownLatch second = new CountDownLatch(1);
    Won won = new Won();
    AddressRace.Attempt attempt =
        (a, until) -> {
          if (number(a) == 1) {
            second.await();
            return won;
          }
          second.countDown();
          return silence(until);
        };
    assertThat(race(2, after(20_000), attempt).run()).isSameAs(won);
  }

  @Test
  void oneThatComesTooLateIsClosed() throws Exception {
    CountDownLatch over = new CountDownLatch(1);
    Won late = new Won();
    Won won = new Won();
    AddressRace.Attempt attempt =
        (a, until) -> {
          if (number(a) == 2) {
            return won;
          }
          try {
            over.await();
          } catch (InterruptedException e) {
            return late; // it was connected in this very moment
          }
          return late;
        };
    assertThat(race(2, after(20_000), attempt).run()).isSameAs(won);
    assertThat(late.gone.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(won.closed).isFalse();
  }

  @Test
  void allFailuresAreListedInTheirOrder() {
    AddressRace.Attempt attempt =
        (a, until) -> {
          throw number(a) == 2 ? new IOException("reset") : new ConnectException("refused");
        };
    ConnectException e =
        catchThrowableOfType(ConnectException.class, race(3, after(20_000), attempt)::run);
    assertThat(e)
        .hasMessage(
            "no connection to host.example:80: 127.0.0.1:80: refused; 127.0.0.2:80: reset;"
                + " 127.0.0.3:80: refused")
        .hasCauseInstanceOf(ConnectException.class);
    assertThat(e.getSuppressed()).hasSize(2);
  }

  @Test
  void deadlineEndsAllAndTellsHowFarTheyCame() {
    AddressRace.Attempt attempt =
        (a, until) -> {
          if (number(a) == 1) {
            throw new ConnectException("refused");
          }
          return silence(Deadline.NONE);
        };
    OpeningTimeoutException e =
        catchThrowableOfType(OpeningTimeoutException.class, race(5, after(400), attempt)::run);
    assertThat(e.phase()).isEqualTo(OpeningPhase.CONNECT);
    assertThat(e)
        .hasMessageMatching(
            "no connection to host.example:80: 127.0.0.1:80: refused; 127.0.0.2:80: no answer;"
                + " 127.0.0.3:80: no answer; 127.0.0.4:80: not tried, the time was over;"
                + " 127.0.0.5:80: not tried, the time was over after \\d+ ms");
  }

  @Test
  void whatElseAnAttemptThrowsIsAFailure() {
    AddressRace.Attempt attempt =
        (a, until) -> {
          throw new SecurityException("no");
        };
    assertThatThrownBy(race(2, after(20_000), attempt)::run)
        .isInstanceOf(ConnectException.class)
        .hasMessageContaining("java.lang.SecurityException: no");
  }

  @Test
  void interruptGivesAllUp() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    AddressRace race =
        race(
            2,
            Deadline.NONE,
            (a, until) -> {
              started.countDown();
              return silence(until);
            });
    FutureTask<Transport> racing = new FutureTask<>(race::run);
    Thread thread = Thread.startVirtualThread(racing);
    started.await();
    thread.interrupt();
    assertThatThrownBy(racing::get).hasCauseInstanceOf(InterruptedException.class);
    assertThat(given.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void noThreadIsNoConnection() {
    OutOfMemoryError none = new OutOfMemoryError("unable to create native thread");
    AddressRace race =
        new AddressRace(
            addresses(2),
            PLACE,
            (address, until) -> silence(until),
            task -> {
              throw none;
            },
            after(20_000));
    assertThatThrownBy(race::run)
        .isInstanceOf(ThreadRefusedException.class)
        .hasMessageContaining("connecting to 127.0.0.1:80")
        .hasCause(none);
    AddressRace.Attempt refused =
        (a, until) -> {
          throw new ThreadRefusedException("waiting", none);
        };
    for (int count : new int[] {1, 2}) {
      assertThatThrownBy(race(count, after(20_000), refused)::run)
          .isInstanceOf(ThreadRefusedException.class)
          .hasMessageContaining("waiting");
    }
  }

  @Nested
  @DisplayName("§4: the order")
  final class TheOrder {
    @ParameterizedTest
    @CsvSource({
      "1.1.1.1 2.2.2.2 ::1 ::2 ::3, ::1 1.1.1.1 ::2 2.2.2.2 ::3",
      "::1 ::2 1.1.1.1,             ::1 1.1.1.1 ::2",
      "2.2.2.2 1.1.1.1,             2.2.2.2 1.1.1.1",
      "::2 ::1,                     ::2 ::1",
    })
    void isTheFamiliesInTurnIpv6First(String given, String expected) {
      assertThat(AddressRace.interleaved(parse(given))).isEqualTo(parse(expected));
    }

    private static List<InetAddress> parse(String addresses) {
      return Arrays.stream(addresses.split(" ", -1)).map(TheOrder::address).toList();
    }

    private static InetAddress address(String literal) {
      try {
        return InetAddress.getAllByName(literal)[0];
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** A transport that does nothing but end. */
  private static final class Won implements Transport {
    private final CountDownLatch gone = new CountDownLatch(1);
    private volatile boolean closed;

    @Override
    public int read(ByteBuffer target) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int write(ByteBuffer source) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean flush() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean awaitReadable(Deadline deadline) {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean awaitWritable(Deadline deadline) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void onReadable(Runnable task) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
      closed = true;
      gone.countDown();
    }

    @Override
    public TransportInfo info() {
      throw new UnsupportedOperationException();
    }
  }
}
