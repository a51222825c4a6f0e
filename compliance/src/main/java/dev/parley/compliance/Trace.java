// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What went over the wire in a case, in both directions, and when. Any thread may add to it.
 *
 * <p>A flood of frames is not kept whole: its first and last lines tell what it was.
 */
public final class Trace {
  private static final int FIRST = 40;
  private static final int LAST = 12;

  /** Who did it. */
  public enum Side {
    /** The server of this suite. */
    SERVER,
    /** The client under test. */
    CLIENT,
    /** Nobody: a remark. */
    REMARK
  }

  /**
   * One line of a trace.
   *
   * @param millis when, in milliseconds from the request on
   * @param side who
   * @param text what
   */
  public record Line(int millis, Side side, String text) {}

  private final ReentrantLock lock = new ReentrantLock();
  private final long start = System.nanoTime();
  private final List<Line> first = new ArrayList<>();
  private final List<Line> last = new ArrayList<>();
  private int omitted;

  void add(Side side, String text) {
    int millis = (int) ((System.nanoTime() - start) / 1_000_000);
    lock.lock();
    try {
      Line line = new Line(millis, side, text);
      if (first.size() < FIRST) {
        first.add(line);
        return;
      }
      last.add(line);
      if (last.size() > LAST) {
        last.remove(0);
        omitted++;
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns the lines; where there are very many, the first and the last of them. */
  public List<Line> lines() {
    lock.lock();
    try {
      List<Line> all = new ArrayList<>(first);
      if (omitted > 0) {
        all.add(new Line(last.get(0).millis(), Side.REMARK, "… " + omitted + " more"));
      }
      all.addAll(last);
      return all;
    } finally {
      lock.unlock();
    }
  }
}
