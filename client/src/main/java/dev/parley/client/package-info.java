// SPDX-License-Identifier: Apache-2.0
/**
 * What a program types to hold a WebSocket conversation.
 *
 * <p>{@link dev.parley.client.HttpClient} is made once, with the plugins that it needs ({@link
 * dev.parley.client.WebSockets} first of all), and opens any number of sessions. An opening goes
 * through the plugins:
 *
 * <pre>
 *   HttpRequestBuilder ──&gt; onRequest ──&gt; onSend ( connect, request, response ) ──&gt; onResponse ──&gt; session
 * </pre>
 *
 * <p>The same client sends plain requests of HTTP ({@code get}, {@code post} …), through the same
 * plugins; there the JDK's HTTP client stands where it says connect, request, response.
 *
 * <p>A {@link dev.parley.client.ClientWebSocketSession} receives by {@code incoming()}, sends by
 * {@code send}, and is ended by {@code close}. Every method blocks until it has done what its name
 * says, holds no thread otherwise, and may be called from any thread. There is no machinery in this
 * package: it says what a user can ask for, {@code dev.parley.client.connection} does it, over a
 * {@code dev.parley.client.transport}.
 *
 * <p>Errors are unchecked. What the caller got wrong is {@link IllegalArgumentException} or {@link
 * IllegalStateException} at the call that was wrong, before a byte is sent. What the network or the
 * peer did is a {@link dev.parley.websocket.WebSocketException}.
 */
@NullMarked
package dev.parley.client;

import org.jspecify.annotations.NullMarked;
