// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.ResponseHead;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/**
 * What one connection of a {@link MockWebSocketServer} does, step by step.
 *
 * <p>Immutable: each method returns a longer scenario. A scenario that ends with no {@link
 * Step.Last} goes on as a polite peer: it passes over messages, answers Pings, and answers the
 * client's Close. Each step takes at most the server's timeout, but for those that say how long
 * they take.
 *
 * @param steps the steps, in their order
 */
public record Scenario(List<Step> steps) {
  private static final int SHOWN = 64;

  /** Copies the steps, and validates that nothing follows the last one. */
  public Scenario {
    steps = List.copyOf(steps);
    for (Step step : steps.subList(0, Math.max(0, steps.size() - 1))) {
      if (step instanceof Step.Last) {
        throw new IllegalArgumentException("a step after " + step + ", which is the last one");
      }
    }
  }

  /** Begins with nothing: the connection is made, and not a byte is read. */
  public static Scenario empty() {
    return new Scenario(List.of());
  }

  /** Begins with an opening handshake by the rules. */
  public static Scenario accept() {
    return empty().thenAccept();
  }

  /** Begins with an opening handshake that sets headers of the answer, or adds them. */
  public static Scenario accept(Headers headers) {
    return accept(
        head -> {
          Headers.Builder changed = head.headers().toBuilder();
          headers.fields().forEach(field -> changed.remove(field.name()));
          return new ResponseHead(head.status(), head.reason(), changed.addAll(headers).build());
        });
  }

  /**
   * Begins with an opening handshake whose answer is changed.
   *
   * @param change is given the answer that would be right, and returns the one to send
   */
  public static Scenario accept(UnaryOperator<ResponseHead> change) {
    return empty().then(new Step.Accept(change));
  }

  /** Refuses the opening handshake. */
  public static Scenario reject(int status) {
    return reject(status, Headers.EMPTY, "");
  }

  /**
   * Refuses the opening handshake.
   *
   * @param headers the headers; {@code Content-Length} and {@code Connection: close} are added
   *     where they say nothing of the body's length
   */
  public static Scenario reject(int status, Headers headers, String body) {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(body);
    Headers.Builder all = headers.toBuilder();
    if (!all.contains("Content-Length") && !all.contains("Transfer-Encoding")) {
      all.add("Content-Length", Integer.toString(bytes.remaining())).set("Connection", "close");
    }
    return empty().then(new Step.Reject(new ResponseHead(status, "Rejected", all.build()), bytes));
  }

  /**
   * Reads the request head and answers with bytes, then goes on as if the handshake was right.
   *
   * @param bytes is given the answer that would be right, whose {@code Sec-WebSocket-Accept} many a
   *     wrong one needs, and returns the bytes to send
   */
  public static Scenario answer(Function<ResponseHead, byte[]> bytes) {
    return empty().then(new Step.Answer(bytes));
  }

  /** Accepts, where a pause or something else came first. */
  public Scenario thenAccept() {
    return then(new Step.Accept(UnaryOperator.identity()));
  }

  /** Sends a text message. */
  public Scenario send(String text) {
    return send(new Frame.Text(text));
  }

  /** Sends a frame by the rules of the protocol. */
  public Scenario send(Frame frame) {
    return then(new Step.Send(frame));
  }

  /** Sends a frame with no regard to the rules. */
  public Scenario send(RawFrame frame) {
    return sendBytes(frame.toBytes());
  }

  /** Writes bytes. */
  public Scenario sendBytes(byte[] bytes) {
    return then(new Step.SendBytes(ByteBuffer.wrap(bytes.clone())));
  }

  /** Sends a message in frames of at most {@code size} bytes. */
  public Scenario sendFragmented(Frame message, int size) {
    return then(new Step.SendFragmented(message, size));
  }

  /** Expects a text message. */
  public Scenario expect(String text) {
    return expect(new Frame.Text(text));
  }

  /** Expects a message or a control frame. */
  public Scenario expect(Frame frame) {
    return expect(show(frame), frame::equals);
  }

  /** Expects a message or a control frame; see {@link Step.Expect}. */
  public Scenario expect(String what, Predicate<Frame> frame) {
    return then(new Step.Expect(what, frame));
  }

  /** Expects a frame as it stands on the wire. */
  public Scenario expectRaw(String what, Predicate<RawFrame> frame) {
    return then(new Step.ExpectRaw(what, frame));
  }

  /** Pauses, and does not read. */
  public Scenario pause(Duration duration) {
    return then(new Step.Pause(duration));
  }

  /** Waits until the test has counted a latch down, and does not read. */
  public Scenario await(CountDownLatch latch) {
    return then(new Step.Await(latch));
  }

  /** Counts a latch down, so that the test knows how far the scenario has come. */
  public Scenario signal(CountDownLatch latch) {
    return then(new Step.Signal(latch));
  }

  /** Has everything so far written at once, as in the answer and the first frames in one packet. */
  public Scenario glued() {
    return new Scenario(List.of(new Step.Glued(unfinished())));
  }

  /** Has everything so far written a few bytes at a time. */
  public Scenario chopped(int size) {
    return chopped(size, Duration.ZERO);
  }

  /** Has everything so far written a few bytes at a time, with a pause between two writes. */
  public Scenario chopped(int size, Duration pause) {
    return new Scenario(List.of(new Step.Chopped(unfinished(), size, pause)));
  }

  /** Ends the outgoing direction and goes on receiving. */
  public Scenario halfClose() {
    return then(new Step.HalfClose());
  }

  /** Sends each message back until the client closes. */
  public Scenario echo() {
    return then(new Step.Echo());
  }

  /** Neither reads nor writes any more. */
  public Scenario stall() {
    return then(new Step.Stall());
  }

  /** Drops the connection with a TCP reset. */
  public Scenario reset() {
    return then(new Step.Reset());
  }

  /** Ends the TCP stream with no Close frame. */
  public Scenario endOfStream() {
    return then(new Step.EndOfStream());
  }

  /** Closes first, and expects the client's answer. */
  public Scenario close(CloseReason reason) {
    return then(new Step.Close(reason));
  }

  /** Expects the client to close, whatever its reason, and answers. */
  public Scenario expectClose() {
    return then(new Step.ExpectClose("Close", close -> true));
  }

  /** Expects the client to close with a reason, and answers. */
  public Scenario expectClose(CloseReason reason) {
    return then(
        new Step.ExpectClose(
            show(new Frame.Close(reason)), close -> reason.equals(close.readReason())));
  }

  /** Adds a step. */
  public Scenario then(Step step) {
    List<Step> longer = new ArrayList<>(steps);
    longer.add(step);
    return new Scenario(longer);
  }

  private List<Step> unfinished() {
    if (!steps.isEmpty() && steps.getLast() instanceof Step.Last last) {
      throw new IllegalStateException("to be called before " + last + ", which may wait");
    }
    return steps;
  }

  /** Shows a frame with its content, which is the test's own. */
  static String show(Frame frame) {
    return switch (frame) {
      case Frame.Text text -> "Text \"" + shorten(text.readText()) + '"' + bits(frame);
      case Frame.Close close -> close.readReason() == null ? "Close" : "Close " + text(close);
      case Frame.Binary binary -> "Binary " + hex(frame) + bits(frame);
      case Frame.Ping ping -> "Ping " + hex(frame);
      case Frame.Pong pong -> "Pong " + hex(frame);
    };
  }

  private static String text(Frame.Close close) {
    CloseReason reason = close.readReason();
    return reason == null ? "" : reason.code() + " \"" + reason.message() + '"';
  }

  private static String hex(Frame frame) {
    return '[' + shorten(HexFormat.ofDelimiter(" ").formatHex(frame.data())) + ']';
  }

  private static String bits(Frame frame) {
    return (frame.fin() ? "" : ", not final")
        + (frame.rsv1() ? ", rsv1" : "")
        + (frame.rsv2() ? ", rsv2" : "")
        + (frame.rsv3() ? ", rsv3" : "");
  }

  private static String shorten(String text) {
    return text.length() <= SHOWN
        ? text
        : text.substring(0, SHOWN) + "… (" + text.length() + " characters)";
  }
}
