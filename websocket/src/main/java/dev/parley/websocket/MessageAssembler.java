// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.util.ArrayList;
import java.util.List;

/**
 * Keeps the payloads of the fragments that came so far (RFC 6455 §5.4), and joins them once, when
 * the last one is there.
 */
final class MessageAssembler {
  private List<byte[]> fragments = List.of();
  private int size;

  /** Returns how many bytes the fragments have in all. */
  int size() {
    return size;
  }

  /** Keeps a fragment that others will follow. Empty ones leave no trace. */
  void add(byte[] fragment) {
    if (fragment.length == 0) {
      return;
    }
    if (fragments.isEmpty()) {
      fragments = new ArrayList<>();
    }
    fragments.add(fragment);
    size += fragment.length;
  }

  /**
   * Returns the whole message and forgets it. Where all bytes are in one fragment, that array is
   * the message.
   */
  byte[] join(byte[] last) {
    if (size == 0) {
      return last;
    }
    add(last);
    byte[] message = fragments.size() == 1 ? fragments.getFirst() : concatenate();
    clear();
    return message;
  }

  /** Forgets what came. */
  void clear() {
    fragments = List.of();
    size = 0;
  }

  private byte[] concatenate() {
    byte[] message = new byte[size];
    int at = 0;
    for (byte[] fragment : fragments) {
      System.arraycopy(fragment, 0, message, at, fragment.length);
      at += fragment.length;
    }
    return message;
  }
}
