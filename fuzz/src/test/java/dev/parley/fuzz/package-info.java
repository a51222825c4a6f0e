// SPDX-License-Identifier: Apache-2.0

/**
 * What nobody thought of: properties over inputs made by chance, fuzzers that look for new paths,
 * interleavings of threads, and races.
 *
 * <ul>
 *   <li>{@code …PropertiesTest}: jqwik makes the inputs, and shrinks those that fail.
 *   <li>{@code …FuzzTest}: in the gate Jazzer replays the corpora, which lie beside the tests'
 *       resources; {@code ./dev fuzz} lets it look for more.
 *   <li>{@code …InterleavingTest}, in the packages of what they test: Lincheck tries the
 *       interleavings of a few calls by model checking.
 *   <li>{@code …RaceTest}, there too: threads run into each other over and over, on a real
 *       connection, which is too large for a model checker; {@code -Draces.millis=60000} gives each
 *       race a minute.
 * </ul>
 */
@NullMarked
package dev.parley.fuzz;

import org.jspecify.annotations.NullMarked;
