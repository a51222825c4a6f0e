// SPDX-License-Identifier: Apache-2.0

/**
 * Conversations with servers that nobody here wrote.
 *
 * <p>A {@link dev.parley.interop.Peer} is a server of another project. All of them play the same
 * {@link dev.parley.interop.Conversation}s, which a client asks for by the path of its request, so
 * that {@link dev.parley.interop.InteropTest} is written once and runs against each. {@link
 * dev.parley.interop.EchoServerTest} first shows with the JDK's client that the servers themselves
 * are good.
 *
 * <p>What a client can be told beside that is tried with the proxies of other people ({@link
 * dev.parley.interop.ProxiesTest}), with an nginx in front ({@link dev.parley.interop.NginxTest}),
 * and in single sessions ({@link dev.parley.interop.SessionFeaturesTest}).
 */
@NullMarked
package dev.parley.interop;

import org.jspecify.annotations.NullMarked;
