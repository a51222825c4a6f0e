// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * What a workload wants of the sessions it opens.
 *
 * @param compression whether permessage-deflate is offered
 * @param text whether messages are text, else binary; the few that steer the server are text
 * @param largest the most bytes of a message, for clients that have to be told
 * @param sessions how many sessions there will be at once
 * @param senders how many threads send on one session
 * @param tls trusts the server's certificate; {@code null} if no session is secure
 * @param certificate the server's certificate, its own authority, as a PEM file; likewise
 */
public record Settings(
    Compression compression,
    boolean text,
    int largest,
    int sessions,
    int senders,
    @Nullable SSLContext tls,
    @Nullable Path certificate) {

  /** Whether messages are compressed, and whether the window is kept from one to the next. */
  public enum Compression {
    /** Not offered; the server would decline. */
    NONE,
    /** Offered; both sides keep their window. Every message is to be compressed. */
    TAKEOVER,
    /**
     * Offered, if the client can say so with both {@code no_context_takeover} parameters; the
     * server's answer has both in any case.
     */
    FRESH
  }
}
