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
 *
 * <p>Lincheck has the states that stand alone, or on a fake of what is below them: of the client
 * {@code Attributes} and {@code BearerTokens}; of its transport {@code Registration} and {@code
 * ReadinessLoop}; of a connection {@code Inbox}, {@code ReadTurn}, {@code Burst} and {@code
 * Replies}; and {@code LastFrames} of the core. It knows no time, and tries no reordering of plain
 * reads and writes. {@code OutgoingPath}, {@code IncomingPath} and {@code WebSocketConnection}
 * start threads of their own, set timers, and wait for a transport until a deadline, which it
 * cannot control: they are raced, on a real connection over a wire in memory. So is {@code
 * TlsTransport}, within whose calls it was not seen to switch threads: with a fake engine, and with
 * the JDK's own.
 */
@NullMarked
package dev.parley.fuzz;

import org.jspecify.annotations.NullMarked;
