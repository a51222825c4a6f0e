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
 * ReadinessLoop}; of a connection {@code Inbox}, {@code ReadTurn}, {@code Burst}, {@code Replies},
 * {@code RoundTrips}, {@code SentMessages} and {@code MemoryBudget}; of the core {@code
 * LastFrames}, with the halves that make them, and {@code Frame.Text}. It knows no time, and tries
 * no reordering of plain reads and writes.
 *
 * <p>What starts threads of its own, sets timers, or waits for a transport until a deadline is
 * beyond its control, and raced: {@code OutgoingPath}, {@code IncomingPath}, {@code IdleWatch} and
 * {@code WebSocketConnection}, on a real connection over a wire in memory; a {@code HttpClient}
 * that opens and is closed, with a server in memory; {@code Reconnection}, {@code Outbox} and
 * {@code LatestOutbox}, on sessions without a connection; {@code AddressRace} and {@code
 * LoopbackRelay}, with what connects in the hands of the test. So is {@code TlsTransport}, within
 * whose calls it was not seen to switch threads: with a fake engine, and with the JDK's own.
 *
 * <p>{@code SharedStateTest} of the module house holds all that threads share against these tests,
 * and says why a few need none. Plain fields it does not see: each belongs to a lock, a turn or a
 * thread, as those of {@code Keepalive} do to that of the timers.
 */
@NullMarked
package dev.parley.fuzz;

import org.jspecify.annotations.NullMarked;
