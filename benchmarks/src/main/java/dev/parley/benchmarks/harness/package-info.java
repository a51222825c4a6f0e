// SPDX-License-Identifier: Apache-2.0
/** Runs the measurements, and shows them. Nothing here runs in the JVM of a client. */
@NullMarked
package dev.parley.benchmarks.harness;

import org.jspecify.annotations.NullMarked;
