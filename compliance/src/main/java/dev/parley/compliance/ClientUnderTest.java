// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.net.URI;
import java.time.Duration;
import javax.net.ssl.SSLContext;

/**
 * A WebSocket client that can be put to the test. An implementation sets the client up as its own
 * documents advise, and is found by {@link java.util.ServiceLoader}.
 *
 * <p>{@link #run} is called by many threads at once.
 */
public interface ClientUnderTest extends AutoCloseable {
  /** Returns a short name, as on a command line: {@code okhttp}. */
  String name();

  /** Returns the name and the version to show: {@code OkHttp 5.5.1}. */
  String title();

  /**
   * Tells whether the client can be set up like this. Unless an adapter says so, it never closes by
   * itself, and its client cannot be told what to offer of compression; a plain offer may be its
   * own, and the case looks whether it is.
   */
  default boolean supports(Settings settings) {
    return settings.takesAnyOffer() && settings.closesAfter() == 0;
  }

  /**
   * Gives the client a context for {@code wss}, before the first run.
   *
   * @param context trusts the server's certificate
   * @return whether the client uses it; one that cannot takes no part in a run through TLS
   */
  default boolean trust(SSLContext context) {
    return false;
  }

  /**
   * Opens a session and sends every message back as it came, with its own type, until the session
   * ends; closes it by itself only where the settings say so. Where it ends in time, what is left
   * to do for the connection is the client's own business: only a session that does not end is
   * dropped.
   *
   * @param uri where the server is
   * @param settings how to set the client up
   * @param patience how long to wait at most; after that the session is dropped, and the ending is
   *     {@link Ending.Silent}
   * @return what the application saw; a failure of the session is an outcome and not an exception
   */
  Outcome run(URI uri, Settings settings, Duration patience) throws Exception;

  @Override
  default void close() {}
}
