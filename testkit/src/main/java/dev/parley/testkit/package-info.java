// SPDX-License-Identifier: Apache-2.0

/**
 * A WebSocket server for tests, with no framework of tests in its way: it works with any.
 *
 * <pre>
 *   test ── enqueue(Scenario) ──&gt; MockWebSocketServer &lt;── connects ── the code under test
 *   test &lt;── verify(), takeHandshake(), takeConnection() ──┘
 * </pre>
 *
 * <p>{@link dev.parley.testkit.MockWebSocketServer} listens on the loopback interface. Each
 * connection plays one {@link dev.parley.testkit.Scenario}, a list of {@link
 * dev.parley.testkit.Step}s, on a virtual thread of its own that does one step after the other: it
 * reads when the script expects something and at no other time. A connection that nobody wrote a
 * script for echoes. What the script expected and did not get is kept and thrown by {@code verify}
 * and {@code close}, in the thread of the test.
 *
 * <p>The server speaks by the core's server role, so that it obeys the protocol wherever the script
 * does not ask it to break it; {@link dev.parley.testkit.RawFrame} and bytes break whatever they
 * like. {@link dev.parley.testkit.FaultProxy} is the network that breaks: it stands before this
 * server or any other, and each connection through it has {@link dev.parley.testkit.Faults}, which
 * count bytes and know no protocol. {@link dev.parley.testkit.MockProxy} is an HTTP proxy, {@link
 * dev.parley.testkit.UnixRelay} a Unix-domain socket before a server. {@link
 * dev.parley.testkit.InMemoryPair} is the same conversation with no socket, and {@link
 * dev.parley.testkit.TestCertificates} are the certificates for the tests of {@code wss}.
 */
@NullMarked
package dev.parley.testkit;

import org.jspecify.annotations.NullMarked;
