// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.time.Duration;

/**
 * How long it takes a Ping to the peer and its Pong back, from writing the one to reading the
 * other.
 *
 * @param last what was measured last
 * @param smoothed a moving average in which each measurement counts for an eighth (RFC 6298 §2)
 */
public record RoundTrip(Duration last, Duration smoothed) {}
