// SPDX-License-Identifier: Apache-2.0
/**
 * How fast this client is, beside others and beside what the machine can do at all.
 *
 * <p>{@code benchmarks/run} builds the server (in C, so that it is never what is measured) and
 * starts the harness. The harness starts one JVM for each client and workload, in which the {@link
 * dev.parley.benchmarks.Client} opens its sessions and warms up; then it asks the JVMs in turn for
 * one round each, so that what drifts on the machine drifts for all.
 */
@NullMarked
package dev.parley.benchmarks;

import org.jspecify.annotations.NullMarked;
