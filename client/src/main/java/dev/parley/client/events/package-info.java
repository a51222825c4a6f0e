// SPDX-License-Identifier: Apache-2.0

/**
 * What a flight recorder sees of sessions. Not exported: recordings know the events by their names,
 * which begin with {@code dev.parley}.
 *
 * <p>Where nothing is recorded an event costs a look at a constant; none is made then. No event has
 * a secret: neither headers, nor the query of a URL, nor payload, nor the message of a Close.
 */
@NullMarked
package dev.parley.client.events;

import org.jspecify.annotations.NullMarked;
