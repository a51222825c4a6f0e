// SPDX-License-Identifier: Apache-2.0
/** Ours, the JDK's, and the raw sockets that show what the machine can do. */
@NullMarked
package dev.parley.benchmarks.clients;

import org.jspecify.annotations.NullMarked;
