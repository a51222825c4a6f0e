// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import dev.parley.compliance.Trace.Side;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The server's side of one case: it writes, and holds what comes back against what is expected.
 *
 * <p>Methods that expect something first write what is pending, then wait as long as their patience
 * lasts, and throw {@link Departure} where something else comes. What the application of the client
 * must have seen in the end is written down on the way, and judged by {@link #judge}.
 */
final class Exchange {
  /** Which Close frames answer a broken rule, if not the right one: any that says "failed". */
  private static final List<Integer> FAILURES = List.of(1002, 1003, 1007, 1008, 1009, 1010, 1011);

  private static final long SPLIT_PAUSE_NANOS = 2_000_000;

  /** RFC 6455 §5.5.3 allows it. */
  private static final String UNASKED = "a Pong that answers no Ping: ";

  /** By how much a client may be late, on a busy machine. */
  private static final Duration SLACK = Duration.ofSeconds(1);

  private final Socket raw;
  private final Socket socket;
  private final OutputStream out;
  private final Request request;
  private final Pacing pacing;
  private final Duration patience;
  private final Trace trace;
  private final ClientReader reader;

  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private long written;
  private volatile boolean lost;
  private @Nullable Arrival last;

  private final List<Message> due = new ArrayList<>();
  private final List<String> remarks = new CopyOnWriteArrayList<>();
  private int dispensable;
  private @Nullable Ending ending;
  private int echoed;
  private boolean over;
  private boolean noMorePongs;

  /**
   * Makes one.
   *
   * @param raw the TCP socket
   * @param socket what is read and written: the same, or TLS on top of it
   */
  Exchange(
      Socket raw,
      Socket socket,
      OutputStream out,
      Request request,
      Pacing pacing,
      Duration patience,
      Trace trace,
      ClientReader reader) {
    this.raw = raw;
    this.socket = socket;
    this.out = out;
    this.request = request;
    this.pacing = pacing;
    this.patience = patience;
    this.trace = trace;
    this.reader = reader;
  }

  Request request() {
    return request;
  }

  // The opening handshake.

  /** Accepts the handshake, with further field lines. */
  void open(String... fields) {
    StringBuilder head = new StringBuilder();
    head.append(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
    head.append("Sec-WebSocket-Accept: {accept}\r\n");
    for (String field : fields) {
      head.append(field).append("\r\n");
    }
    respond(head.append("\r\n").toString());
  }

  /** Ends the case where the client does not offer compression. */
  Deflate requireDeflateOffer() {
    return request
        .deflate()
        .orElseThrow(
            () ->
                new Departure(Verdict.NOT_OFFERED, "the client does not offer permessage-deflate"));
  }

  /** Ends the case where the client does not offer compression like this. */
  void requireOffer(Deflate expected) {
    Deflate offer = requireDeflateOffer();
    if (!offer.equals(expected)) {
      throw new Departure(Verdict.NOT_OFFERED, "the client's own offer is " + offer.print());
    }
  }

  /** Answers the offer of compression in these very words, whether they fit it or not. */
  void openCompressed(Deflate answer, Deflate meant) {
    reader.deflate(meant);
    open("Sec-WebSocket-Extensions: " + answer.print());
  }

  /** Accepts the client's offer of compression in these very words. */
  void openCompressed(String field, Deflate meant) {
    if (!meant.within(requireDeflateOffer()).equals(meant)) {
      throw new Departure(Verdict.NOT_OFFERED, "the client asks for more than this answer has");
    }
    reader.deflate(meant);
    open(field);
  }

  /** Accepts the handshake, and the client's offer of compression, with these parameters. */
  Deflate openCompressed(Deflate asked) {
    Deflate offer = requireDeflateOffer();
    if (asked.clientBits() > 0 && offer.clientBits() == 0) {
      throw new Departure(Verdict.NOT_OFFERED, "the client does not offer client_max_window_bits");
    }
    Deflate agreed = asked.within(offer);
    reader.deflate(agreed);
    open("Sec-WebSocket-Extensions: " + agreed.print());
    return agreed;
  }

  /**
   * Answers with a head of any kind.
   *
   * @param head the head, where <code>{accept}</code> stands for what proves that the key was read,
   *     and other words in braces for what comes near to it
   */
  void respond(String head) {
    trace.add(Side.SERVER, head.length() > 2000 ? head.substring(0, 2000) + " …" : head);
    String accept = request.accept();
    char first = accept.charAt(0);
    String filled =
        head.replace("{accept}", accept)
            .replace("{off}", (first == 'A' ? 'B' : 'A') + accept.substring(1))
            .replace("{spaced}", accept.substring(0, 9) + " " + accept.substring(9))
            .replace("{unpadded}", accept.replace("=", ""))
            .replace("{swapped}", swapped(accept))
            .replace("{key}", request.get("Sec-WebSocket-Key"));
    pending.writeBytes(filled.getBytes(StandardCharsets.ISO_8859_1));
    if (!pacing.glued()) {
      flush();
    }
  }

  private static String swapped(String text) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      all.append(Character.isUpperCase(c) ? Character.toLowerCase(c) : Character.toUpperCase(c));
    }
    return all.toString();
  }

  // Writing.

  Exchange send(ServerFrame... frames) {
    for (ServerFrame frame : frames) {
      trace.add(
          Side.SERVER, frame + ": " + Hex.all(frame.header()) + " | " + Hex.brief(frame.body()));
      pending.writeBytes(frame.header());
      pending.writeBytes(frame.body());
    }
    return this;
  }

  Exchange send(List<ServerFrame> frames) {
    return send(frames.toArray(ServerFrame[]::new));
  }

  Exchange raw(String what, byte[] bytes) {
    trace.add(Side.SERVER, what + ": " + Hex.brief(bytes));
    pending.writeBytes(bytes);
    return this;
  }

  /** Writes what is pending, cut as the case wants it. */
  Exchange flush() {
    byte[] bytes = pending.toByteArray();
    pending.reset();
    int piece = pacing.piece() == 0 ? Math.max(1, bytes.length) : pacing.piece();
    for (int from = 0; from < bytes.length && !lost; ) {
      int to = Math.min(bytes.length, from + piece);
      if (written < pacing.split() && pacing.split() < written + to - from) {
        to = from + (int) (pacing.split() - written);
      }
      try {
        out.write(bytes, from, to - from);
        out.flush();
      } catch (IOException e) {
        // The client may hang up at any time. Whether it was right to is for what is expected next.
        trace.add(Side.REMARK, "the client takes no more: " + e.getMessage());
        lost = true;
      }
      written += to - from;
      if (written == pacing.split()) {
        LockSupport.parkNanos(SPLIT_PAUSE_NANOS);
      }
      from = to;
    }
    return this;
  }

  /**
   * Writes the same bytes again and again, until the client hangs up or it is enough; a client that
   * takes no more, and does not hang up, is not waited for.
   */
  long flood(String what, byte[] bytes, long most) {
    trace.add(Side.SERVER, what + ", again and again: " + Hex.brief(bytes));
    flush();
    long before = written;
    while (!lost && written - before < most) {
      pending.writeBytes(bytes);
      CountDownLatch taken = new CountDownLatch(1);
      Thread unused = Thread.ofVirtual().start(() -> hangUpUnless(taken));
      flush();
      taken.countDown();
    }
    trace.add(Side.REMARK, "written: " + (written - before) + " bytes");
    return written - before;
  }

  private void hangUpUnless(CountDownLatch taken) {
    try {
      if (!taken.await(patience.toNanos(), TimeUnit.NANOSECONDS)) {
        tolerate("the client takes no more, and leaves the connection open");
        raw.close();
      }
    } catch (InterruptedException | IOException e) {
      trace.add(Side.REMARK, "closing the connection: " + e);
    }
  }

  /** Writes one byte, then waits a little. */
  void drip(byte one, Duration pause) {
    pending.write(one);
    flush();
    LockSupport.parkNanos(pause.toNanos());
  }

  boolean lost() {
    return lost;
  }

  // What the application of the client must see.

  /** Takes note that the application must get a message. */
  Exchange delivers(Message... messages) {
    due.addAll(Arrays.asList(messages));
    return this;
  }

  /** Takes note that the application gets a message as the last one, or does not. */
  Exchange mayDeliver(Message message) {
    dispensable++;
    return delivers(message);
  }

  /** Takes note of something that is not as it should be, but can be lived with. */
  void tolerate(String remark) {
    remarks.add(remark);
  }

  // Expecting.

  /** The application gets a message, and it comes back. */
  Exchange echoes(Message message) throws InterruptedException {
    delivers(message);
    return echoComes(message);
  }

  Exchange echoComes(Message message) throws InterruptedException {
    flush();
    switch (take()) {
      case Arrival.Echo(Message echo) when echo.equals(message) -> echoed++;
      case Arrival.Echo(Message echo) ->
          throw Departure.failed(
              "expected the echo of " + message + ", got " + echo + unequal(message, echo));
      case Arrival.Close(int code, String reason) ->
          throw Departure.failed(
              "expected the echo of " + message + ", got a Close " + code + " " + reason);
      case Arrival.End(String how) ->
          throw Departure.failed("expected the echo of " + message + ", but the client " + how);
      case Arrival.Fault(String what) -> throw Departure.failed(what);
      case null -> throw Departure.failed("no echo of " + message + " in time");
    }
    return this;
  }

  private static String unequal(Message one, Message other) {
    return one.toString().equals(other.toString()) ? " that differ" : "";
  }

  /** A Ping is answered by a Pong with its payload. */
  Exchange pongs(byte[] payload) throws InterruptedException {
    return lastPongs(List.of(payload));
  }

  /** Of several Pings the last is answered, and perhaps others before it (RFC 6455 §5.5.3). */
  Exchange lastPongs(List<byte[]> payloads) throws InterruptedException {
    int unused = pongsFor(payloads);
    return this;
  }

  /** Each of several Pings is answered, in their order; as §5.5.3 has it, the last would do. */
  Exchange allPongs(List<byte[]> payloads) throws InterruptedException {
    int count = pongsFor(payloads);
    if (count < payloads.size()) {
      tolerate(count + " of " + payloads.size() + " Pings were answered, the last among them");
    }
    return this;
  }

  /** There is no Pong but those expected, to the end of the stream. */
  void noMorePongs() {
    noMorePongs = true;
  }

  private int pongsFor(List<byte[]> payloads) throws InterruptedException {
    flush();
    List<String> expected = payloads.stream().map(ClientReader::mark).toList();
    int count = 0;
    for (int next = 0; next < expected.size(); ) {
      String pong = reader.pongs().poll(patience.toNanos(), TimeUnit.NANOSECONDS);
      if (pong == null || pong.equals(ClientReader.NO_MORE)) {
        throw Departure.failed("a Ping that no Pong answered");
      }
      int ahead = expected.subList(next, expected.size()).indexOf(pong);
      if (ahead < 0) {
        tolerate(UNASKED + pong);
      } else {
        next += ahead + 1;
        count++;
      }
    }
    return count;
  }

  /** Closes with 1000: the Close comes back, and then the connection ends. */
  void closes() throws InterruptedException {
    closes(ServerFrame.close(1000, ""), 1000, "");
  }

  /** Closes: the Close comes back with its code, the application is told, the connection ends. */
  void closes(ServerFrame close, int code, String reason) throws InterruptedException {
    ending = new Ending.Closed(code, reason);
    send(close).flush();
    answered(code);
  }

  /** A Close was sent before: it comes back with its code, once, and then the connection ends. */
  void answered(int code) throws InterruptedException {
    flush();
    over = true;
    ending = ending == null ? new Ending.Closed(code, "") : ending;
    for (boolean done = false; !done; ) {
      switch (take()) {
        case Arrival.Close(int got, String reason) -> {
          if (got != code) {
            tolerate("the Close " + code + " was answered by " + got + " " + reason);
          }
          done = true;
        }
        case Arrival.Echo(Message echo) -> echoOfWhatIsDue(echo);
        case Arrival.End(String how) ->
            throw Departure.failed("the client " + how + ", with no Close to answer ours");
        case Arrival.Fault(String what) -> throw Departure.failed(what);
        case null -> throw Departure.failed("no Close to answer ours in time");
      }
    }
    ends();
  }

  /** The client closes, of its own accord or to answer a Close, with one of these codes. */
  Exchange clientCloses(int... codes) throws InterruptedException {
    flush();
    for (; ; ) {
      switch (take()) {
        case Arrival.Close(int got, String reason) -> {
          if (Arrays.stream(codes).noneMatch(code -> code == got)) {
            throw Departure.failed("the client closed with " + got + " " + reason);
          }
          return this;
        }
        case Arrival.Echo(Message echo) -> echoOfWhatIsDue(echo);
        case Arrival.End(String how) ->
            throw Departure.failed("the client " + how + ", and did not close");
        case Arrival.Fault(String what) -> throw Departure.failed(what);
        case null -> throw Departure.failed("the client did not close in time");
      }
    }
  }

  /** Answers the Close of the client: the application is told, the connection ends. */
  void answers(ServerFrame close, int code, String reason) throws InterruptedException {
    send(close).flush().ends(code, reason);
  }

  /** A Close of ours crossed that of the client: the connection ends. */
  void ends(int code, String reason) throws InterruptedException {
    ending = new Ending.Closed(code, reason);
    ends();
  }

  /** The client waits for the answer to its Close in vain, and no longer than it was told to. */
  void givesUp(Duration timeout) throws InterruptedException {
    ending = new Ending.Broken("");
    if (!reacts(timeout.plus(SLACK))) {
      tolerate("the client waits longer for an answer than " + timeout.toMillis() + " ms");
      if (!reacts(patience)) {
        return;
      }
    }
    if (take() instanceof Arrival.Fault(String what)) {
      throw Departure.failed(what);
    }
  }

  /**
   * The client fails the connection (RFC 6455 §7.1.7): a Close with the code, and no more from what
   * came after the fault.
   */
  void fails(int code) throws InterruptedException {
    flush();
    over = true;
    ending = new Ending.Broken("");
    for (; ; ) {
      switch (take()) {
        case Arrival.Close(int got, String reason) -> {
          if (!FAILURES.contains(got)) {
            throw Departure.failed("expected a failure with " + code + ", got a Close " + got);
          }
          if (got != code) {
            tolerate("failed with " + got + " instead of " + code);
          }
          ends();
          return;
        }
        case Arrival.Echo(Message echo) -> echoOfWhatIsDue(echo);
        case Arrival.End(String how) -> {
          tolerate("the client " + how + " and did not say " + code);
          return;
        }
        case Arrival.Fault(String what) -> throw Departure.failed(what);
        case null ->
            throw Departure.failed("the client did not fail the connection, expected " + code);
      }
    }
  }

  /**
   * As {@link #fails}, once all that came before the fault has come back, though it came in the
   * same write.
   */
  void failsAfterEchoes(int code) throws InterruptedException {
    fails(code);
    if (echoed < due.size()) {
      tolerate("the client failed, and did not send back what had come before");
    }
  }

  /** As {@link #fails}, where nothing but the client's own pride makes it do so. */
  void fails(int code, String otherwise) throws InterruptedException {
    flush();
    Arrival next = take();
    last = next;
    if (next == null) {
      tolerate(otherwise);
      ending = null;
      return;
    }
    fails(code);
  }

  /** Tells whether the client answers by a Close: nothing is lost by asking. */
  boolean closesInstead() throws InterruptedException {
    flush();
    last = take();
    return last instanceof Arrival.Close;
  }

  /** Writes what is pending, and nothing for a time: the client must have nothing to say to it. */
  Exchange waitsForMore(Duration pause) throws InterruptedException {
    if (reacts(pause)) {
      throw Departure.failed("the client reacted to what is right so far: " + last);
    }
    return this;
  }

  /** Tells whether the client reacts to what it got, without waiting for more. */
  boolean reactsAtOnce() throws InterruptedException {
    return reacts(patience.dividedBy(2));
  }

  /** Tells whether the client has failed, or hung up, within a time: nothing is lost by asking. */
  boolean reacts(Duration within) throws InterruptedException {
    flush();
    if (last == null) {
      last = reader.arrivals().poll(within.toNanos(), TimeUnit.NANOSECONDS);
    }
    return last != null;
  }

  private void echoOfWhatIsDue(Message echo) {
    if (echoed == due.size() || !due.get(echoed).equals(echo)) {
      throw Departure.failed("the client sent back what it must not deliver: " + echo);
    }
    echoed++;
  }

  /** The client takes this as no upgrade: it sends nothing, and hangs up. */
  void refuses() throws InterruptedException {
    flush();
    ending = new Ending.Refused("");
    Arrival next = take();
    switch (next) {
      case Arrival.End end -> {}
      case Arrival.Fault(String what) ->
          throw Departure.failed("the client took it for an upgrade: " + what);
      case Arrival.Echo(Message echo) ->
          throw Departure.failed("the client took it for an upgrade, and sent " + echo);
      case Arrival.Close(int code, String reason) -> tolerate("the client said Close " + code);
      case null -> tolerate("the client left the connection open");
    }
    finish();
  }

  /** As {@link #refuses}, once the stream has ended. */
  void refusesAfterEnd() throws InterruptedException {
    flush();
    finish();
    refuses();
  }

  /** As {@link #refuses}, once the connection is lost. */
  void refusesAfterReset() {
    resets();
    ending = new Ending.Refused("");
  }

  /** As {@link #refuses}, where nothing but the client's own pride makes it do so. */
  void refusesOr(String otherwise) throws InterruptedException {
    flush();
    last = take();
    if (last instanceof Arrival.Echo) {
      tolerate(otherwise);
      ending = null;
    } else {
      refuses();
    }
  }

  /** As {@link #refuses}, where whoever takes it for an upgrade is right too. */
  void echoesOrRefuses(Message message) throws InterruptedException {
    flush();
    last = take();
    if (last == null || last instanceof Arrival.End) {
      refuses();
    } else {
      echoes(message).closes();
    }
  }

  /** As {@link #refuses}, where whoever takes it for an upgrade must fail what comes behind it. */
  void refusesOrFails() throws InterruptedException {
    flush();
    last = take();
    if (last instanceof Arrival.End) {
      ending = new Ending.Broken("");
      finish();
    } else {
      fails(1002);
    }
  }

  /** Ends the connection without a Close frame: the application must be told that it broke. */
  void breaksOff() throws InterruptedException {
    flush();
    ending = new Ending.Broken("");
    finish();
  }

  /** Ends the stream, as a server does after the closing handshake; the client does the same. */
  private void ends() throws InterruptedException {
    finish();
    for (; ; ) {
      switch (take()) {
        case Arrival.End end -> {
          return;
        }
        case Arrival.Fault(String what) -> throw Departure.failed(what);
        case Arrival.Echo echo -> {}
        case Arrival.Close close -> {}
        case null -> {
          tolerate("the client left the connection open after the closing handshake");
          return;
        }
      }
    }
  }

  private void finish() {
    try {
      trace.add(Side.SERVER, "end of stream");
      socket.shutdownOutput();
    } catch (IOException e) {
      lost = true; // gone already: what is expected next will tell
    }
  }

  /** Drops the connection at once, so that the client sees a reset. */
  void resets() {
    flush();
    ending = new Ending.Broken("");
    try {
      trace.add(Side.SERVER, "reset");
      raw.setSoLinger(true, 0);
      raw.close();
    } catch (IOException e) {
      lost = true; // gone already
    }
  }

  List<Integer> maskingKeys() {
    return reader.maskingKeys();
  }

  private @Nullable Arrival take() throws InterruptedException {
    Arrival next = last;
    last = null;
    return next != null ? next : reader.arrivals().poll(patience.toNanos(), TimeUnit.NANOSECONDS);
  }

  // Judging.

  /** Judges what was on the wire, and what the application saw where that is known. */
  Finding judge(@Nullable Outcome outcome) {
    List<String> all = new ArrayList<>(remarks);
    // RFC 6455 §5.5.1, §7.1.7: who closed or failed, and has read the other's Close or fault, is
    // done.
    if (over && reader.spokeAfterClose()) {
      return new Finding(Verdict.FAILED, "the client wrote a Ping or a Pong after its Close");
    }
    String pong = noMorePongs ? reader.pongs().peek() : null;
    if (pong != null && !pong.equals(ClientReader.NO_MORE)) {
      if (ending instanceof Ending.Broken) {
        return new Finding(Verdict.FAILED, "the client answered a Ping behind a broken rule");
      }
      all.add(UNASKED + pong);
    }
    if (outcome != null && ending != null) {
      String fault = faultOf(outcome, ending, all);
      if (fault != null) {
        return new Finding(Verdict.FAILED, fault);
      }
    }
    return all.isEmpty() ? Finding.STRICT : new Finding(Verdict.TOLERATED, String.join("; ", all));
  }

  private @Nullable String faultOf(Outcome outcome, Ending expected, List<String> remarks) {
    List<Message> delivered = outcome.delivered();
    if (delivered.size() > due.size()) {
      return "the application got " + delivered.get(due.size()) + " that it must not get";
    }
    if (!due.subList(0, delivered.size()).equals(delivered)) {
      return "the application got other messages than those sent";
    }
    if (delivered.size() < due.size() - dispensable) {
      String lost = "the application got " + delivered.size() + " of " + due.size() + " messages";
      if (expected instanceof Ending.Closed) {
        return lost;
      }
      remarks.add(lost + " that were complete");
    }
    Ending told = outcome.ending();
    switch (expected) {
      case Ending.Closed closed -> {
        if (!told.equals(closed)) {
          remarks.add("the application was told: " + told);
        }
      }
      case Ending.Broken broken -> {
        boolean normal =
            told instanceof Ending.Closed(int code, String reason)
                && (code == 1000 || code == 1001 || code == 1005); // no Close came at all
        if (normal || told instanceof Ending.Silent) {
          remarks.add("the application was told of no failure: " + told);
        }
      }
      case Ending.Refused refused -> {
        if (!(told instanceof Ending.Refused)) {
          return "the application was told: " + told;
        }
      }
      case Ending.Silent silent -> {}
    }
    return null;
  }
}
