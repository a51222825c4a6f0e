// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;

/** The system does not let this process start a thread that an opening cannot do without. */
public final class ThreadRefusedException extends IOException {
  private static final long serialVersionUID = 1;

  /**
   * Makes an exception.
   *
   * @param what the thread was for
   * @param cause what starting it threw
   */
  public ThreadRefusedException(String what, Throwable cause) {
    super("no thread could be started for " + what + ": " + cause, cause);
  }
}
