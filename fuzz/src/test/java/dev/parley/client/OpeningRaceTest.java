// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static dev.parley.fuzz.Laws.require;
import static dev.parley.fuzz.Races.giveWay;
import static dev.parley.fuzz.Races.race;

import dev.parley.client.Transition.Ending;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.Destination;
import dev.parley.client.transport.Transport;
import dev.parley.fuzz.Races.Round;
import dev.parley.websocket.CloseReason;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A client is closed while it opens: the session is refused, or it is closed however early that
 * comes; nothing is left open, and nobody waits for a server that has answered.
 */
@Timeout(value = 1, unit = TimeUnit.HOURS)
final class OpeningRaceTest {
  private static final String URL = "ws://host/feed";
  private static final Duration SOON = Duration.ofSeconds(30);

  /** Longer than it takes where nobody waits for it. */
  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  /** A client, and all the connections that it made. */
  private static final class Model {
    private final Queue<AnsweringWire> made = new ConcurrentLinkedQueue<>();
    final HttpClient client =
        HttpClient.create(
            config ->
                config
                    .connector(sockets -> this::connect)
                    .install(
                        WebSockets.PLUGIN,
                        settings -> settings.pingInterval(SOON).closeTimeout(TIMEOUT)));

    private Transport connect(Destination destination, Deadline deadline) {
      giveWay();
      AnsweringWire wire = new AnsweringWire();
      made.add(wire);
      giveWay();
      return wire;
    }

    void close() {
      giveWay();
      long begun = System.nanoTime();
      client.close();
      require(System.nanoTime() - begun < TIMEOUT.toNanos(), "waited for who had answered");
    }

    /** Opens, which a client that is closed refuses. */
    void openUnlessClosed(Runnable opening) {
      try {
        opening.run();
      } catch (IllegalStateException e) {
        requireNothingOpen(); // the client is closed
      }
    }

    void requireNothingOpen() {
      require(made.stream().allMatch(AnsweringWire::isClosed), "a connection is left open");
    }
  }

  @Test
  void sessionIsRefusedOrClosedHoweverEarly() {
    race(
        () -> {
          Model model = new Model();
          AtomicReference<@Nullable WebSocketSession> opened = new AtomicReference<>();
          return new Round(
              List.of(
                  () ->
                      model.openUnlessClosed(() -> opened.set(model.client.webSocketSession(URL))),
                  model::close),
              () -> {
                model.requireNothingOpen();
                WebSocketSession session = opened.get();
                require(
                    session == null || CloseReason.GOING_AWAY.equals(reason(session)),
                    "closed for another reason");
              });
        });
  }

  @Test
  void clientDoesNotWaitForASessionThatEndsMeanwhile() {
    race(
        () -> {
          Model model = new Model();
          WebSocketSession session = model.client.webSocketSession(URL);
          return new Round(List.of(session::terminate, model::close), model::requireNothingOpen);
        });
  }

  @Test
  void clientIsClosedByTwo() {
    race(
        () -> {
          Model model = new Model();
          return new Round(
              List.of(
                  () ->
                      model.openUnlessClosed(
                          () -> {
                            var unused = reason(model.client.webSocketSession(URL));
                          }),
                  model::close,
                  model::close),
              model::requireNothingOpen);
        });
  }

  @Test
  void reconnectorIsRefusedOrEnds() {
    race(
        () -> {
          Model model = new Model();
          AtomicReference<@Nullable Reconnector> begun = new AtomicReference<>();
          return new Round(
              List.of(
                  () ->
                      model.openUnlessClosed(
                          () ->
                              begun.set(
                                  model.client.reconnecting(
                                      request -> request.url(URL),
                                      ReconnectPolicy.DEFAULT,
                                      session -> session.closeReason().join()))),
                  model::close),
              () -> {
                Reconnector reconnector = begun.get();
                Ending ending =
                    reconnector == null
                        ? new Ending.Done()
                        : reconnector.awaitEnd(SOON).orElse(null);
                require(new Ending.Done().equals(ending), String.valueOf(ending));
                model.requireNothingOpen();
              });
        });
  }

  @Test
  void loopIsRefusedOrEnds() {
    race(
        () -> {
          Model model = new Model();
          return new Round(
              List.of(
                  () -> {
                    try (ReconnectingSessions sessions =
                        model.client.sessions(
                            request -> request.url(URL), ReconnectPolicy.DEFAULT)) {
                      for (WebSocketSession session : sessions) {
                        var unused = reason(session);
                      }
                    } catch (IllegalStateException e) {
                      model.requireNothingOpen(); // the client is closed
                    }
                  },
                  model::close),
              model::requireNothingOpen);
        });
  }

  /** Waits for the end of a session. */
  private static @Nullable CloseReason reason(WebSocketSession session) {
    CompletableFuture<@Nullable CloseReason> reason = session.closeReason();
    return reason.orTimeout(SOON.toSeconds(), TimeUnit.SECONDS).join();
  }
}
