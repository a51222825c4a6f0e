// SPDX-License-Identifier: Apache-2.0

/**
 * A suite that tells how well a WebSocket client obeys RFC 6455 and RFC 7692, whoever wrote it.
 *
 * <p>A {@link dev.parley.compliance.FuzzingServer} plays the {@link dev.parley.compliance.Case
 * cases} of a {@link dev.parley.compliance.Catalogue}, one for each connection; a {@link
 * dev.parley.compliance.ClientUnderTest} opens the connection and sends back what it gets. The
 * {@link dev.parley.compliance.Exchange} holds what comes against what the case expects: the bytes
 * on the wire, and what the application was told.
 *
 * <p>What is written and read here shares no code with {@code dev.parley.websocket}, or it would
 * share its faults. Only the package {@code ours} knows Parley, and through its public API.
 */
@NullMarked
package dev.parley.compliance;

import org.jspecify.annotations.NullMarked;
