// SPDX-License-Identifier: Apache-2.0

/**
 * What the bytes of a WebSocket mean (RFC 6455), for both roles, with no socket, thread, lock or
 * clock. One class is shared by the threads of all connections: {@code extension.SharedStreams},
 * which keeps zlib streams that are not in use.
 *
 * <p>A connection has two halves that share nothing:
 *
 * <pre>
 *   bytes ──&gt; Inbound.poll(bytes) ──&gt; Event: Received(frame) · ReplyDue(frame) · Failed(violation) · Ended
 *   Frame ──&gt; Outbound.begin(frame), Outbound.write(buffer) ──&gt; bytes
 * </pre>
 *
 * <p>{@link dev.parley.websocket.Inbound} knows every rule of receiving, {@link
 * dev.parley.websocket.Outbound} every rule of sending. They are fetched from, never called back:
 * whoever owns a half asks it for the next event or the next bytes and does the I/O itself. Each
 * half must be used by one thread at a time; two threads may use the two halves at once. What joins
 * them, the order of the two Close frames, is a value, {@link
 * dev.parley.websocket.ClosingHandshake}, which whoever drives them holds.
 *
 * <p>A frame on the wire (RFC 6455 §5.2):
 *
 * <pre>
 *   0               1               2 .. 9                     0 or 4 bytes
 *   FIN RSV1-3 op   MASK length7    16 or 64 bits of length    masking key    payload
 * </pre>
 *
 * <p>{@code FrameReader} and {@code FrameWriter} turn bytes into headers and back and know no rule;
 * the two halves judge what they read. Every rule that a peer can break is one constant of {@link
 * dev.parley.websocket.Violation}, with its close code and its section.
 *
 * <p>Read next: {@link dev.parley.websocket.Frame}, {@link dev.parley.websocket.Event}, {@link
 * dev.parley.websocket.Violation}, then {@link dev.parley.websocket.Inbound}.
 */
@NullMarked
package dev.parley.websocket;

import org.jspecify.annotations.NullMarked;
