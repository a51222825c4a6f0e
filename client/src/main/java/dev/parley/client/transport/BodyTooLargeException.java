// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;

/** The body of a response was larger than it may be; the rest of it was not read. */
public final class BodyTooLargeException extends IOException {
  private static final long serialVersionUID = 1;

  /** How large the body is, or had become. */
  private final long size;

  BodyTooLargeException(long size, long limit) {
    super("body of " + size + " bytes or more, at most maxBodySize of " + limit);
    this.size = size;
  }

  /** Returns how large the body is by its own account, or had become when it was given up. */
  public long size() {
    return size;
  }
}
