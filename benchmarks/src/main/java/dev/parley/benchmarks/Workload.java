// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import dev.parley.benchmarks.Settings.Compression;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.NoSuchElementException;

/**
 * One thing that is measured.
 *
 * @param name for the command line, stable
 * @param title for the page
 * @param kind what is done
 * @param size bytes of a message
 * @param text whether messages are text
 * @param tls whether sessions are secure
 * @param virtual whether the thread that waits is a virtual one
 * @param compression whether messages are compressed
 * @param parties how many sessions, threads, or messages in flight
 * @param standard whether it is measured where nobody asks for others: the rest says little that
 *     these do not say
 */
public record Workload(
    String name,
    String title,
    Kind kind,
    int size,
    boolean text,
    boolean tls,
    boolean virtual,
    Compression compression,
    int parties,
    boolean standard) {

  /** What is done, how it is counted, and on which cores. */
  public enum Kind {
    /** One message there and back, again and again; client and server on one core. */
    ROUND_TRIP(true),
    /**
     * Likewise, but the server lets the client begin to wait before it answers, as over a network.
     * Otherwise, on one core, it mostly answers before the client's send has returned.
     */
    LATE_ROUND_TRIP(true),
    /** So many messages on their way on one session. */
    IN_FLIGHT(false),
    /** One message on its way on each of so many sessions. */
    SESSIONS(false),
    /** As many messages as the server takes, held back and written together. */
    SEND(false),
    /** Likewise, each written when the call returns. */
    SEND_NOW(false),
    /** Likewise, by so many threads on one session. */
    SEND_THREADS(false),
    /** As many messages as the client takes. */
    RECEIVE(false),
    /** A gigabyte there and back at once. */
    STREAM(false),
    /** Sessions opened and closed. */
    OPEN(false),
    /** Sessions that are open and do nothing. */
    IDLE(false);

    private final boolean sharesCore;

    Kind(boolean sharesCore) {
      this.sharesCore = sharesCore;
    }

    /** Tells whether client and server share a core: what is told then is the length of the way. */
    public boolean sharesCore() {
      return sharesCore;
    }

    /** Tells whether what counts is how long each message takes. */
    public boolean isRoundTrip() {
      return this == ROUND_TRIP || this == LATE_ROUND_TRIP;
    }
  }

  /** All of them, in the order of the page. */
  public static final List<Workload> ALL = all();

  /** How many messages a round of a stream echoes, of 64 KiB each: a gigabyte. */
  static final int STREAM_MESSAGES = 16_384;

  /** Returns the workload of a name. */
  public static Workload of(String name) {
    return ALL.stream()
        .filter(workload -> workload.name.equals(name))
        .findFirst()
        .orElseThrow(() -> new NoSuchElementException("no workload " + name));
  }

  /** Tells whether this is its name, where a star stands for any letters. */
  public boolean isCalled(String pattern) {
    return name.matches("\\Q" + pattern.replace("*", "\\E.*\\Q") + "\\E");
  }

  private static List<Workload> all() {
    List<Workload> all = new ArrayList<>();
    for (boolean tls : new boolean[] {false, true}) {
      for (boolean virtual : new boolean[] {false, true}) {
        all.add(
            new Workload(
                "roundtrip-64" + (tls ? "-tls" : "") + (virtual ? "-virtual" : ""),
                "Round trip of 64 bytes"
                    + (tls ? " over TLS" : "")
                    + (virtual ? ", from a virtual thread" : ""),
                Kind.ROUND_TRIP,
                64,
                false,
                tls,
                virtual,
                Compression.NONE,
                1,
                true));
      }
    }
    for (boolean virtual : new boolean[] {false, true}) {
      all.add(
          new Workload(
              "roundtrip-64-late" + (virtual ? "-virtual" : ""),
              "Round trip of 64 bytes, answered when the client waits"
                  + (virtual ? ", from a virtual thread" : ""),
              Kind.LATE_ROUND_TRIP,
              64,
              false,
              false,
              virtual,
              Compression.NONE,
              1,
              true));
    }
    all.add(plain("inflight-64", "64 messages of 64 bytes in flight", Kind.IN_FLIGHT, 64));
    for (int sessions : new int[] {1, 100, 1_000, 10_000}) {
      all.add(
          plain(
              "sessions-" + sessions,
              "%,d %s at once, one message of 64 bytes each"
                  .formatted(sessions, sessions == 1 ? "session" : "sessions"),
              Kind.SESSIONS,
              sessions));
    }
    for (Kind kind : new Kind[] {Kind.SEND, Kind.SEND_NOW, Kind.RECEIVE}) {
      for (boolean tls : new boolean[] {false, true}) {
        for (boolean text : new boolean[] {false, true}) {
          for (int size : new int[] {64, 1 << 10, 64 << 10, 1 << 20}) {
            all.add(oneWay(kind, size, text, tls));
          }
        }
      }
    }
    for (Kind kind : new Kind[] {Kind.SEND, Kind.RECEIVE}) {
      for (Compression compression : new Compression[] {Compression.TAKEOVER, Compression.FRESH}) {
        String verb = kind == Kind.SEND ? "send" : "receive";
        boolean takeover = compression == Compression.TAKEOVER;
        all.add(
            new Workload(
                "deflate-" + verb + (takeover ? "-takeover" : "-fresh"),
                (kind == Kind.SEND ? "Send" : "Receive")
                    + " compressed JSON of 4 KiB, "
                    + (takeover ? "with" : "without")
                    + " context takeover",
                kind,
                Corpus.MESSAGE,
                true,
                false,
                false,
                compression,
                1,
                true));
      }
    }
    all.add(plain("threads-8", "8 threads send 64 bytes on one session", Kind.SEND_THREADS, 8));
    all.add(
        new Workload(
            "stream-1g",
            "Stream 1 GB there and back, in messages of 64 KiB",
            Kind.STREAM,
            64 << 10,
            false,
            false,
            false,
            Compression.NONE,
            1,
            true));
    all.add(plain("open", "Open and close sessions", Kind.OPEN, 16));
    all.add(secure("open-tls", "Open and close sessions over TLS", Kind.OPEN, 16));
    all.add(plain("idle-10k", "10,000 idle sessions", Kind.IDLE, 10_000));
    all.add(secure("idle-10k-tls", "10,000 idle sessions over TLS", Kind.IDLE, 10_000));
    for (Compression compression : new Compression[] {Compression.TAKEOVER, Compression.FRESH}) {
      boolean takeover = compression == Compression.TAKEOVER;
      all.add(
          new Workload(
              takeover ? "idle-10k-deflate" : "idle-10k-deflate-fresh",
              takeover
                  ? "10,000 idle sessions with compression negotiated, not used yet"
                  : "10,000 idle sessions that compressed a message, without context takeover",
              Kind.IDLE,
              Corpus.MESSAGE,
              true,
              false,
              false,
              compression,
              10_000,
              true));
    }
    return List.copyOf(all);
  }

  private static Workload plain(String name, String title, Kind kind, int parties) {
    return new Workload(
        name, title, kind, 64, false, false, false, Compression.NONE, parties, true);
  }

  private static Workload secure(String name, String title, Kind kind, int parties) {
    return new Workload(name, title, kind, 64, false, true, false, Compression.NONE, parties, true);
  }

  private static Workload oneWay(Kind kind, int size, boolean text, boolean tls) {
    String verb = kind == Kind.RECEIVE ? "receive" : "send";
    String bytes = size < 1 << 10 ? "" + size : size < 1 << 20 ? size / 1024 + "k" : "1m";
    String spoken =
        size < 1 << 10 ? size + " bytes" : size < 1 << 20 ? size / 1024 + " KiB" : "1 MiB";
    boolean small = size == 64;
    boolean large = size == 64 << 10;
    boolean received = kind == Kind.RECEIVE && size == 1 << 10;
    boolean standard =
        kind == Kind.SEND_NOW
            ? small && !text && !tls
            : tls ? !text && (small || large) : !text || small || large || received;
    return new Workload(
        verb
            + "-"
            + bytes
            + (text ? "-text" : "")
            + (tls ? "-tls" : "")
            + (kind == Kind.SEND_NOW ? "-now" : ""),
        verb.substring(0, 1).toUpperCase(Locale.ROOT)
            + verb.substring(1)
            + " "
            + spoken
            + (text ? " of text" : "")
            + (tls ? " over TLS" : "")
            + (kind == Kind.SEND_NOW ? ", written when the call returns" : ""),
        kind,
        size,
        text,
        tls,
        false,
        Compression.NONE,
        1,
        standard);
  }
}
