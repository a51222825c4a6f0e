// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import java.time.Duration;

/**
 * One thing that goes wrong with the bytes of one direction of a {@link FaultProxy}. The methods
 * here make them, and {@link Faults} puts them together.
 *
 * <p>Positions count the bytes of the direction from the first one of the connection, the opening
 * handshake and TLS included: a fault after {@code n} lets exactly {@code n} bytes pass before it.
 */
public sealed interface Fault {
  /** A fault at a place in the stream. */
  sealed interface Placed extends Fault {
    /** Returns how many bytes pass before it. */
    long after();
  }

  /** How a connection is cut. */
  enum End {
    /** Each side sees the end of the stream. */
    FIN,
    /** Each side sees a TCP reset. */
    RESET,
    /** Nothing more passes in either direction, nothing is read, and nobody is told. */
    SILENCE
  }

  /**
   * Ends the whole connection.
   *
   * @param after how many bytes pass before it
   * @param end what the two sides see of it
   */
  record Cut(long after, End end) implements Placed {
    /** Validates the place. */
    public Cut {
      requirePlace(after);
    }
  }

  /**
   * Ends this direction with FIN. What still comes is read and dropped; the other direction goes
   * on.
   *
   * @param after how many bytes pass before it
   */
  record HalfClose(long after) implements Placed {
    /** Validates the place. */
    public HalfClose {
      requirePlace(after);
    }
  }

  /**
   * Never reads this direction again, so that its sender is held up when the system's buffers are
   * full; the other direction goes on.
   *
   * @param after how many bytes pass before it
   */
  record Stall(long after) implements Placed {
    /** Validates the place. */
    public Stall {
      requirePlace(after);
    }
  }

  /**
   * Lets nothing pass for a while. What comes next is also in a packet of its own.
   *
   * @param after how many bytes pass before it
   * @param duration how long
   */
  record Delay(long after, Duration duration) implements Placed {
    /** Validates the place. */
    public Delay {
      requirePlace(after);
    }
  }

  /**
   * Changes one byte.
   *
   * @param after how many bytes pass before it
   * @param mask which of its bits are inverted, 1 to 255
   */
  record Corrupt(long after, int mask) implements Placed {
    /** Validates the place, and that something changes. */
    public Corrupt {
      requirePlace(after);
      if (mask < 1 || mask > 0xff) {
        throw new IllegalArgumentException("mask " + mask + ", expected 1 to 255");
      }
    }
  }

  /**
   * Passes everything on in small packets.
   *
   * @param size the most bytes of one
   * @param pause how long to wait between two
   */
  record Pieces(int size, Duration pause) implements Fault {
    /** Validates that something passes at a time. */
    public Pieces {
      if (size < 1) {
        throw new IllegalArgumentException("pieces of " + size + " bytes, expected at least 1");
      }
    }
  }

  /** Makes a {@link Cut}. */
  static Fault cut(long after, End end) {
    return new Cut(after, end);
  }

  /** Makes a {@link HalfClose}. */
  static Fault halfClose(long after) {
    return new HalfClose(after);
  }

  /** Makes a {@link Stall}; after 0 bytes, a peer that accepts and never reads. */
  static Fault stall(long after) {
    return new Stall(after);
  }

  /** Makes a {@link Delay}. */
  static Fault delay(long after, Duration duration) {
    return new Delay(after, duration);
  }

  /** Makes a {@link Corrupt} that inverts every bit of the byte. */
  static Fault corrupt(long after) {
    return new Corrupt(after, 0xff);
  }

  /** Makes {@link Pieces} with no pause between them. */
  static Fault pieces(int size) {
    return new Pieces(size, Duration.ZERO);
  }

  /** Makes {@link Pieces} of one byte. */
  static Fault drip(Duration pause) {
    return new Pieces(1, pause);
  }

  private static void requirePlace(long after) {
    if (after < 0) {
      throw new IllegalArgumentException("fault after " + after + " bytes, expected at least 0");
    }
  }
}
