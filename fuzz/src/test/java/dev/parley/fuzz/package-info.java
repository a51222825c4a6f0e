// SPDX-License-Identifier: Apache-2.0

/**
 * What nobody thought of: properties over inputs made by chance, fuzzers that look for new paths,
 * and interleavings of threads.
 *
 * <ul>
 *   <li>{@code …PropertiesTest}: jqwik makes the inputs, and shrinks those that fail.
 *   <li>{@code …FuzzTest}: in the gate Jazzer replays the corpora, which lie beside the tests'
 *       resources; {@code ./dev fuzz} lets it look for more.
 *   <li>{@code …InterleavingTest}, in the packages of what they test: Lincheck tries the
 *       interleavings of a few calls by model checking.
 * </ul>
 */
@NullMarked
package dev.parley.fuzz;

import org.jspecify.annotations.NullMarked;
