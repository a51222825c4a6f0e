// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import dev.parley.client.WebSocketSession;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A session without a person: messages in, lines out. One thread sends, and closes at the end of
 * the input; the caller's prints until the session has ended, whoever ends it.
 */
final class Pipe {
  private final WebSocketSession session;
  private final OutputStream out;
  private final Messages messages;
  private final boolean binary;
  private final Duration wait;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile @Nullable String inputFailure;

  /**
   * Makes a pipe.
   *
   * @param messages what to send
   * @param binary whether as binary messages
   * @param wait how long to go on receiving after the last message before closing
   */
  Pipe(
      WebSocketSession session,
      OutputStream out,
      Messages messages,
      boolean binary,
      Duration wait) {
    this.session = session;
    this.out = out;
    this.messages = messages;
    this.binary = binary;
    this.wait = wait;
  }

  /** Sends and prints until the session has ended. */
  Ending run() {
    // A platform thread, and a daemon: a read of standard input cannot be ended from here.
    Thread.ofPlatform().daemon().name("parley-input").start(this::sendAll);
    Ending ending = printAll();
    ended.countDown();
    String failure = inputFailure;
    return failure == null || ending.status() != 0 ? ending : new Ending(1, failure);
  }

  private void sendAll() {
    try {
      inputFailure = send();
      if (inputFailure != null || !ended.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
        session.close(CloseReason.NORMAL);
      }
    } catch (WebSocketException | InterruptedException e) {
      // The session has ended under our hands; the other thread hears of it, and why.
    }
  }

  /** Sends until the input ends; returns what is wrong with it, if anything. */
  private @Nullable String send() {
    int number = 0;
    try {
      for (byte[] next = messages.next(); next != null; next = messages.next()) {
        number++;
        session.outgoing().send(binary ? new Frame.Binary(next) : new Frame.Text(next));
      }
      return null;
    } catch (IOException e) {
      return "cannot read standard input: " + e.getMessage();
    } catch (IllegalArgumentException e) {
      return "message " + number + " is not UTF-8; --binary sends what is not text";
    }
  }

  private Ending printAll() {
    try {
      Ending ending = null;
      while (ending == null) {
        Optional<Frame> next = session.incoming().tryReceive();
        if (next.isEmpty()) {
          out.flush(); // before we wait, and not earlier: a flood costs few system calls
        }
        ending = print(next.orElseGet(session.incoming()::receive));
      }
      out.flush();
      return ending;
    } catch (IOException e) {
      session.terminate();
      return new Ending(1, "cannot write to standard output: " + e.getMessage());
    } catch (WebSocketException e) {
      return flushed(Ending.of(e));
    }
  }

  /** What came before a failure is printed all the same. */
  private Ending flushed(Ending ending) {
    try {
      out.flush();
      return ending;
    } catch (IOException e) {
      return new Ending(1, ending.why() + "; cannot write to standard output: " + e.getMessage());
    }
  }

  /** Prints a message; returns how the session ended if this is the Close. */
  private @Nullable Ending print(Frame frame) throws IOException {
    switch (frame) {
      case Frame.Text text -> printLine(Printable.line(text.readText()));
      case Frame.Binary bytes -> printLine(HexFormat.of().formatHex(bytes.data()));
      case Frame.Close close -> {
        return Ending.of(close);
      }
      case Frame.Ping ping -> {}
      case Frame.Pong pong -> {}
    }
    return null;
  }

  private void printLine(String line) throws IOException {
    out.write(line.getBytes(StandardCharsets.UTF_8));
    out.write('\n');
  }
}
