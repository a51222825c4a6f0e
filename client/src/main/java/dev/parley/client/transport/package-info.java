// SPDX-License-Identifier: Apache-2.0

/**
 * Transports: what moves the bytes of a connection.
 *
 * <p>A {@link dev.parley.client.transport.Transport} reads and writes without waiting, and waits
 * apart from that, so that an interrupt or a {@link dev.parley.client.transport.Deadline} ends a
 * wait and never the transport:
 *
 * <pre>
 *   virtual thread that receives         ReadinessLoop (one thread per client, it only signals)
 *     read(buffer) = 0
 *     awaitReadable(deadline) ─ parks      select ── the socket has bytes
 *     ...................... &lt;── unpark ──
 *     read(buffer) &gt; 0                     nobody waits for them? after a moment: onReadable's task
 * </pre>
 *
 * <p>A platform thread selects by itself, with a selector that the loop lends it, a {@code Lead}:
 * then the loop looks away, and no thread has to wake another. Where all are lent, or nothing came
 * for a tenth of a second or two, it parks like a virtual one. Where the loop finds something for
 * several virtual threads at once, another one of its own wakes them, the {@code Signaller}.
 *
 * <p>A {@link dev.parley.client.transport.Connector} makes transports. {@link
 * dev.parley.client.transport.SocketConnector} looks the name up, races its addresses and ends with
 * a {@link dev.parley.client.transport.ChannelTransport}, and for {@code wss} with a {@link
 * dev.parley.client.transport.TlsTransport} over it. Whoever brings bytes from elsewhere implements
 * the two interfaces.
 *
 * <p>With a {@linkplain dev.parley.client.transport.ProxyOptions proxy} the transport leads to the
 * proxy first, over TLS if that is an HTTPS proxy; {@code HttpConnectTunnel} or {@code SocksTunnel}
 * asks it for a tunnel; and TLS with the destination goes over whatever transport that left.
 *
 * <p>Plain requests of HTTP are the business of the JDK's client, in {@link
 * dev.parley.client.transport.JdkHttp}. It is handed transports of a connector, through a {@code
 * LoopbackRelay}, and engines that keep to the {@link dev.parley.client.transport.TlsOptions}.
 *
 * <p>An idle transport holds no thread, and no buffer: buffers are borrowed from a {@link
 * dev.parley.client.transport.BufferPool} while there is something to put in.
 *
 * <p>Read next: {@link dev.parley.client.transport.Transport}, then the laws inside {@code
 * Registration} and {@code TlsTransport}.
 */
@NullMarked
package dev.parley.client.transport;

import org.jspecify.annotations.NullMarked;
