// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Runs cases against a client, many at a time. */
final class Runner {
  private static final int AT_ONCE = 16;

  private final FuzzingServer server;
  private final Duration patience;
  private final int atOnce;
  private final Semaphore room;

  Runner(FuzzingServer server, Duration patience) {
    this(server, patience, AT_ONCE);
  }

  private Runner(FuzzingServer server, Duration patience, int atOnce) {
    this.server = server;
    this.patience = patience;
    this.atOnce = atOnce;
    this.room = new Semaphore(atOnce);
  }

  /**
   * Runs cases.
   *
   * @return the results, in the order of the cases
   */
  List<Result> run(ClientUnderTest client, List<Case> cases) throws InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Result>> running = new ArrayList<>();
      for (Case one : cases) {
        running.add(threads.submit(() -> inTurn(client, one)));
      }
      List<Result> results = new ArrayList<>();
      for (Future<Result> result : running) {
        results.add(result.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new IllegalStateException("a case could not be run", e.getCause());
    }
  }

  /**
   * Runs again what was not done strictly, a few at a time: a client is judged by what it does, not
   * by how busy the machine was. The better result counts.
   */
  List<Result> again(ClientUnderTest client, List<Result> first) throws InterruptedException {
    return again(client, first, one -> true);
  }

  /** As the other, for some of the cases only. */
  List<Result> again(ClientUnderTest client, List<Result> first, Predicate<Case> which)
      throws InterruptedException {
    List<Case> doubtful =
        first.stream()
            .filter(result -> which.test(result.played()))
            .filter(result -> result.finding().verdict() != Verdict.STRICT)
            .filter(result -> result.finding().verdict() != Verdict.NOT_OFFERED)
            .map(Result::played)
            .toList();
    Runner alone = new Runner(server, patience, AT_ONCE / 2);
    Map<Case, Result> second = new HashMap<>();
    alone.run(client, doubtful).forEach(result -> second.put(result.played(), result));
    return first.stream().map(one -> one.better(second.getOrDefault(one.played(), one))).toList();
  }

  private Result inTurn(ClientUnderTest client, Case one) throws InterruptedException {
    int weight = one.alone() ? atOnce : one.isLarge() ? atOnce / 2 : 1;
    room.acquire(weight);
    try {
      return run(client, one);
    } finally {
      room.release(weight);
    }
  }

  Result run(ClientUnderTest client, Case one) throws InterruptedException {
    if (!client.supports(one.settings())) {
      return Result.without(one, Verdict.NOT_OFFERED, "the client has no such setting");
    }
    long start = System.nanoTime();
    FuzzingServer.Appointment appointment = server.expect(one);
    Outcome outcome;
    try {
      outcome = client.run(appointment.uri(), one.settings(), patience.multipliedBy(3));
    } catch (InterruptedException e) {
      throw e;
    } catch (Exception e) {
      appointment.cancel();
      return Result.without(one, Verdict.FAILED, "the adapter threw " + e);
    }
    try {
      FuzzingServer.Played played =
          appointment.done().get(3 * patience.toMillis(), TimeUnit.MILLISECONDS);
      return new Result(
          one,
          played.judge(outcome),
          played.trace().lines(),
          outcome,
          (int) ((System.nanoTime() - start) / 1_000_000));
    } catch (TimeoutException e) {
      appointment.cancel();
      return Result.without(
          one, Verdict.FAILED, "the session was over for the client only: " + outcome.ending());
    } catch (ExecutionException e) {
      throw new IllegalStateException("case " + one.id() + " is broken", e.getCause());
    }
  }
}
