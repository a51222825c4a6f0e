// SPDX-License-Identifier: Apache-2.0
/**
 * The exam: what hostile servers, bad networks and careless callers do to a client, and what must
 * happen. Each test says by {@link dev.parley.exam.Row} which rows it proves; {@code docs/exam.md}
 * is made from that.
 *
 * <p>Every test goes through the public API over real sockets. The core's and the connection's own
 * tests know the same rules; here is what a user would see.
 */
@NullMarked
package dev.parley.exam;

import org.jspecify.annotations.NullMarked;
