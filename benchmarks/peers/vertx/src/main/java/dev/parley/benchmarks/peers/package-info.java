// SPDX-License-Identifier: Apache-2.0
/** Vert.x, as the benchmarks drive it. */
@NullMarked
package dev.parley.benchmarks.peers;

import org.jspecify.annotations.NullMarked;
