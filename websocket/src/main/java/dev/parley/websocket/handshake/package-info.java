// SPDX-License-Identifier: Apache-2.0

/**
 * The opening handshake of both roles (RFC 6455 §4): headers first, bytes apart from them.
 *
 * <pre>
 *   client:  ClientHandshake.headers() ──&gt; RequestHead ──&gt; HeadWriter ──&gt; bytes
 *   server:  bytes ──&gt; HeadReader ──&gt; RequestHead ──&gt; ServerHandshake.answer ──&gt; ResponseHead ──&gt; HeadWriter ──&gt; bytes
 *   client:  bytes ──&gt; HeadReader ──&gt; ResponseHead ──&gt; ClientHandshake.accept ──&gt; NegotiatedHandshake
 * </pre>
 *
 * <p>{@link dev.parley.websocket.handshake.HeadReader} and {@link
 * dev.parley.websocket.handshake.HeadWriter} know HTTP/1.1 and nothing of WebSocket; the two
 * handshakes know WebSocket and nothing of bytes, so another way to carry headers takes the place
 * of reader and writer only. {@link dev.parley.websocket.handshake.Headers} and the heads are valid
 * from the moment they are made: what would break a head apart is refused where a caller adds it.
 *
 * <p>What a peer did wrong is a {@link dev.parley.websocket.handshake.HandshakeException} with one
 * of the reasons of {@link dev.parley.websocket.handshake.HandshakeFailure}; its message quotes the
 * peer escaped and cut short.
 */
@NullMarked
package dev.parley.websocket.handshake;

import org.jspecify.annotations.NullMarked;
