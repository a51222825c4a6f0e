// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keeps the payloads of the fragments that came so far (RFC 6455 §5.4), and joins them once, when
 * the last one is there.
 */
final class MessageAssembler {
  /**
   * A fragment below this is put together with others: in an array of its own, one byte weighs
   * thirty, and even 512 make a message of many megabytes heavier by a twentieth.
   */
  private static final int SMALL = 8 << 10;

  /**
   * Small fragments are gathered in arrays of this size; the first one doubles up to it as they
   * come.
   */
  private static final int GATHERED = 64 << 10;

  private static final byte[] EMPTY = {};

  private List<byte[]> fragments = List.of();
  private int size;

  /** Small fragments that came one after the other. */
  private byte[] gathered = EMPTY;

  private int gatheredSize;

  /** Returns how many bytes the fragments have in all. */
  int size() {
    return size;
  }

  /** Keeps a fragment that others will follow. Empty ones leave no trace. */
  void add(byte[] fragment) {
    if (fragment.length == 0) {
      return;
    }
    if (fragment.length >= SMALL) {
      keepGathered();
      keep(fragment);
    } else {
      gather(fragment);
    }
    size += fragment.length;
  }

  private void gather(byte[] fragment) {
    if (gatheredSize == 0) {
      gathered = fragment; // full, so that the next one has it copied
      gatheredSize = fragment.length;
      return;
    }
    int count = 0;
    for (int at = 0; at < fragment.length; at += count) {
      int left = fragment.length - at;
      if (gatheredSize == gathered.length) {
        makeRoom(left);
      }
      count = Math.min(left, gathered.length - gatheredSize);
      System.arraycopy(fragment, at, gathered, gatheredSize, count);
      gatheredSize += count;
    }
  }

  private void makeRoom(int needed) {
    if (gatheredSize == GATHERED) {
      keep(gathered);
      gathered = new byte[GATHERED];
      gatheredSize = 0;
    } else {
      int more = Math.max(gatheredSize + needed, 2 * gatheredSize);
      gathered = Arrays.copyOf(gathered, Math.min(more, GATHERED));
    }
  }

  private void keepGathered() {
    if (gatheredSize > 0) {
      keep(gathered.length == gatheredSize ? gathered : Arrays.copyOf(gathered, gatheredSize));
      gathered = EMPTY;
      gatheredSize = 0;
    }
  }

  private void keep(byte[] fragment) {
    if (fragments.isEmpty()) {
      fragments = new ArrayList<>();
    }
    fragments.add(fragment);
  }

  /**
   * Returns the whole message and forgets it. Where all bytes are in one fragment, that array is
   * the message.
   */
  byte[] join(byte[] last) {
    if (size == 0) {
      return last;
    }
    byte[] only = fragments.isEmpty() ? gathered : fragments.getFirst();
    byte[] message = last.length == 0 && only.length == size ? only : concatenate(last);
    clear();
    return message;
  }

  /** Forgets what came. */
  void clear() {
    fragments = List.of();
    gathered = EMPTY;
    gatheredSize = 0;
    size = 0;
  }

  private byte[] concatenate(byte[] last) {
    byte[] message = new byte[size + last.length];
    int at = 0;
    for (byte[] fragment : fragments) {
      System.arraycopy(fragment, 0, message, at, fragment.length);
      at += fragment.length;
    }
    System.arraycopy(gathered, 0, message, at, gatheredSize);
    System.arraycopy(last, 0, message, size, last.length);
    return message;
  }
}
