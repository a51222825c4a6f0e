// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.Frame;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/**
 * Plays a scenario, step after step, on one thread. Other threads may ask where it is, and whether
 * it has settled: whether all that was scripted is behind it.
 */
final class ScenarioPlayer {
  private final Scenario scenario;
  private final Wire wire;
  private final Conversation conversation;
  private final Duration timeout;
  private final CountDownLatch settled = new CountDownLatch(1);
  private int stepNumber;
  private volatile String position = "the beginning";

  ScenarioPlayer(Scenario scenario, Wire wire, Conversation conversation, Duration timeout) {
    this.scenario = scenario;
    this.wire = wire;
    this.conversation = conversation;
    this.timeout = timeout;
  }

  boolean awaitSettled(Duration wait) throws InterruptedException {
    return settled.await(wait.toNanos(), TimeUnit.NANOSECONDS);
  }

  boolean isSettled() {
    return settled.getCount() == 0;
  }

  void settle() {
    settled.countDown();
  }

  /** Returns the step that is played, or the last one that was. */
  String position() {
    return position;
  }

  /**
   * Plays the whole scenario.
   *
   * @throws AssertionError if what a step expects does not come
   * @throws IOException if the connection fails, or the client ends it
   */
  void play() throws IOException, InterruptedException {
    try {
      perform(scenario.steps());
      if (scenario.steps().isEmpty() || !(scenario.steps().getLast() instanceof Step.Last)) {
        serve(false);
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("nothing came within " + timeout, e);
    }
  }

  private void perform(List<Step> steps) throws IOException, InterruptedException {
    for (Step step : steps) {
      perform(step);
    }
  }

  private void perform(Step step) throws IOException, InterruptedException {
    if (!(step instanceof Step.Glued || step instanceof Step.Chopped)) {
      position = "step " + ++stepNumber + " (" + step + ")";
    }
    wire.within(timeout);
    switch (step) {
      case Step.Accept accept -> conversation.accept(accept.change());
      case Step.Answer answer -> conversation.answer(answer.bytes());
      case Step.Send send -> conversation.send(send.frame());
      case Step.SendFragmented send -> sendFragmented(send);
      case Step.SendBytes send -> wire.write(send.bytes().duplicate());
      case Step.Expect expected -> expect(expected.what(), expected.frame());
      case Step.ExpectRaw expected -> {
        RawFrame frame = conversation.nextRawFrame();
        check(expected.frame().test(frame), expected.what(), frame.toString());
      }
      case Step.Pause pause -> Thread.sleep(pause.duration());
      case Step.Await await -> await(await.latch());
      case Step.Signal signal -> signal.latch().countDown();
      case Step.Glued glued -> {
        wire.hold();
        perform(glued.steps());
        wire.release();
      }
      case Step.Chopped chopped -> {
        wire.chop(chopped.size(), chopped.pause());
        perform(chopped.steps());
        wire.chop(Integer.MAX_VALUE, Duration.ZERO);
      }
      case Step.HalfClose half -> wire.halfClose();
      case Step.Reject reject -> {
        conversation.reject(reject.response(), reject.body());
        finish();
      }
      case Step.Echo echo -> serve(true);
      case Step.Stall stall -> {
        settle();
        new CountDownLatch(1).await();
      }
      case Step.Reset reset -> wire.reset();
      case Step.EndOfStream end -> {
        settle();
        wire.cut(timeout);
      }
      case Step.Close close -> {
        conversation.send(new Frame.Close(close.reason()));
        // RFC 6455 §5.5.1: until its own Close, the client may go on sending.
        while (!(conversation.nextFrame() instanceof Frame.Close)) {}
        finish();
      }
      case Step.ExpectClose expected -> {
        Frame close =
            expect(
                expected.what(),
                frame -> frame instanceof Frame.Close c && expected.close().test(c));
        conversation.reply(close);
        finish();
      }
    }
  }

  private void sendFragmented(Step.SendFragmented step) throws IOException, InterruptedException {
    byte[] data = step.message().data();
    int from = 0;
    boolean last;
    do {
      int to = Math.min(from + step.size(), data.length);
      last = to == data.length;
      byte[] fragment = Arrays.copyOfRange(data, from, to);
      conversation.send(
          step.message() instanceof Frame.Text
              ? new Frame.Text(fragment, last, false, false, false)
              : new Frame.Binary(fragment, last, false, false, false));
      from = to;
    } while (!last);
  }

  private Frame expect(String what, Predicate<Frame> expected)
      throws IOException, InterruptedException {
    while (true) {
      Frame frame = conversation.nextFrame();
      if (expected.test(frame)) {
        return frame;
      }
      switch (frame) {
        case Frame.Ping ping -> conversation.reply(new Frame.Pong(ping.data()));
        case Frame.Pong pong -> {}
        case Frame.Text text -> check(false, what, Scenario.show(text));
        case Frame.Binary binary -> check(false, what, Scenario.show(binary));
        case Frame.Close close -> check(false, what, Scenario.show(close));
      }
    }
  }

  private static void check(boolean met, String expected, String got) {
    if (!met) {
      throw new AssertionError("expected " + expected + ", got " + got);
    }
  }

  private void await(CountDownLatch latch) throws InterruptedException {
    if (!latch.await(timeout.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new AssertionError("the test has not counted down within " + timeout);
    }
  }

  /** The polite peer: answers Pings and the client's Close, and echoes if it is to. */
  private void serve(boolean echo) throws IOException, InterruptedException {
    settle();
    wire.unbounded();
    while (true) {
      switch (conversation.nextFrame()) {
        case Frame.Close close -> {
          conversation.reply(close);
          wire.finish(timeout);
          return;
        }
        case Frame.Ping ping -> conversation.reply(new Frame.Pong(ping.data()));
        case Frame.Pong pong -> {}
        case Frame.Text text -> echo(echo, text);
        case Frame.Binary binary -> echo(echo, binary);
      }
    }
  }

  private void echo(boolean echo, Frame message) throws IOException, InterruptedException {
    if (echo) {
      conversation.reply(message);
    }
  }

  private void finish() throws IOException {
    settle();
    wire.finish(timeout);
  }
}
