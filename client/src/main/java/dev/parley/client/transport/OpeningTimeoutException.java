// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.net.SocketTimeoutException;
import org.jspecify.annotations.Nullable;

/** The deadline of an opening came first. */
public final class OpeningTimeoutException extends SocketTimeoutException {
  private static final long serialVersionUID = 1;

  /** The phase that was not over. */
  private final OpeningPhase phase;

  /**
   * Makes an exception.
   *
   * @param phase the phase that was not over
   * @param message what did not happen, and for how long
   * @param cause what told so, if anything
   */
  public OpeningTimeoutException(OpeningPhase phase, String message, @Nullable Throwable cause) {
    super(message);
    this.phase = phase;
    initCause(cause);
  }

  /** Returns the phase that was not over. */
  public OpeningPhase phase() {
    return phase;
  }
}
