// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a case needs the client to be set up. Value equality: a driver may keep one client for all
 * cases with the same settings.
 *
 * @param compression whether to offer {@code permessage-deflate}
 * @param offer what to offer of it, to the letter; {@code null} for the client's own idea
 * @param subprotocols the subprotocols to offer, in order
 * @param maxMessageSize the largest message that the client shall accept; {@code 0} for any that
 *     the suite sends, which is {@value #LARGEST} bytes at most
 * @param openTimeout how long the opening may take; {@code null} for the client's own idea
 * @param closesAfter after how many messages, each sent back, the client closes with 1000; {@code
 *     0} for never
 * @param closeTimeout how long the client may wait for the answer to its Close; {@code null} for
 *     its own idea
 */
public record Settings(
    Compression compression,
    @Nullable Deflate offer,
    List<String> subprotocols,
    int maxMessageSize,
    @Nullable Duration openTimeout,
    int closesAfter,
    @Nullable Duration closeTimeout) {
  /** The largest message of any case. */
  public static final int LARGEST = 16 << 20;

  /** Whether to offer {@code permessage-deflate}. */
  public enum Compression {
    /** The case is not about it: best not, but it does no harm. */
    ANY,
    /** The case is about an answer to an offer that was not made. */
    NEVER,
    /** The case is about it. */
    OFFERED
  }

  /** A client as it comes, with no compression. */
  static final Settings PLAIN = new Settings(Compression.ANY, null, List.of(), 0, null, 0, null);

  /** A client that offers compression. */
  static final Settings DEFLATE = PLAIN.with(Compression.OFFERED);

  /** A client that must not offer compression. */
  static final Settings BARE = PLAIN.with(Compression.NEVER);

  /** Copies the subprotocols. */
  public Settings {
    subprotocols = List.copyOf(subprotocols);
  }

  private Settings with(Compression wanted) {
    return new Settings(
        wanted, offer, subprotocols, maxMessageSize, openTimeout, closesAfter, closeTimeout);
  }

  Settings withOffer(Deflate wanted) {
    return new Settings(
        compression, wanted, subprotocols, maxMessageSize, openTimeout, closesAfter, closeTimeout);
  }

  Settings withSubprotocols(String... offered) {
    return new Settings(
        compression,
        offer,
        List.of(offered),
        maxMessageSize,
        openTimeout,
        closesAfter,
        closeTimeout);
  }

  Settings withMaxMessageSize(int bytes) {
    return new Settings(
        compression, offer, subprotocols, bytes, openTimeout, closesAfter, closeTimeout);
  }

  Settings withOpenTimeout(Duration timeout) {
    return new Settings(
        compression, offer, subprotocols, maxMessageSize, timeout, closesAfter, closeTimeout);
  }

  Settings withClosesAfter(int messages) {
    return new Settings(
        compression, offer, subprotocols, maxMessageSize, openTimeout, messages, closeTimeout);
  }

  Settings withCloseTimeout(Duration timeout) {
    return new Settings(
        compression, offer, subprotocols, maxMessageSize, openTimeout, closesAfter, timeout);
  }

  /** Tells whether the client may offer compression as it likes, or as plainly as many do. */
  public boolean takesAnyOffer() {
    return offer == null || offer.equals(Deflate.DEFAULT);
  }

  /** Returns the limit of a message, for clients that need one. */
  public int maxMessageSizeOr(int unlimited) {
    return maxMessageSize == 0 ? unlimited : maxMessageSize;
  }

  /** Tells whether a client that takes no instructions can run a case with these settings. */
  boolean suitAnyClient() {
    return compression != Compression.NEVER
        && offer == null
        && subprotocols.isEmpty()
        && maxMessageSize == 0
        && openTimeout == null
        && closesAfter == 0
        && closeTimeout == null;
  }
}
