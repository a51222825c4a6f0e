// SPDX-License-Identifier: Apache-2.0

/**
 * The machinery of one open WebSocket: who moves which bytes when. Not exported.
 *
 * <p>{@link dev.parley.client.connection.WebSocketConnection} joins one {@code Transport} with the
 * two halves of the core. {@code OutgoingPath} drives {@code Outbound} under the write lock; {@code
 * IncomingPath} drives {@code Inbound} under the read turn. The thread that wants something does
 * the work itself: a sender writes, a receiver reads. Only where nobody is there does a virtual
 * thread step in, started for the occasion.
 *
 * <h2>The laws</h2>
 *
 * <ol>
 *   <li>The thread that reads never waits to write. What is owed (a Pong, a Close) is written by
 *       whoever holds the write lock, at once where there is room, else by a virtual thread.
 *   <li>The write lock guards {@code Outbound} and {@code Transport.write}; the read turn guards
 *       {@code Inbound} and {@code Transport.read}. The halves share nothing. What joins the two
 *       directions is one immutable value, a {@code ClosingHandshake}: {@code WebSocketConnection}
 *       holds it, and changes it by compare-and-set. No lock of ours is held across user code.
 *   <li>{@code ReentrantLock} around everything that can wait, so that virtual threads are never
 *       pinned.
 *   <li>Interrupts and timeouts end a wait, never a connection. No timeout of ours uses interrupts.
 *   <li>An idle session holds no thread and no buffer.
 * </ol>
 *
 * <h2>How a session ends</h2>
 *
 * The first of these decides, once: the peer's Close frame, a violation, the end of the stream, an
 * I/O error, a deadline, {@code terminate()}. From then on receivers get what has arrived and then
 * the end; senders get one exception. A virtual thread finishes: it lets our Close frame out, reads
 * on until the end of the stream or the deadline, closes the transport, and releases what the
 * extensions hold. A thread in {@code close()} that finds the end of the stream right behind the
 * peer's Close frame has nothing to wait for, and finishes by itself.
 */
@NullMarked
package dev.parley.client.connection;

import org.jspecify.annotations.NullMarked;
