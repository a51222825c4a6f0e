// SPDX-License-Identifier: Apache-2.0
/** Helidon, as the benchmarks drive it. */
@NullMarked
package dev.parley.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
