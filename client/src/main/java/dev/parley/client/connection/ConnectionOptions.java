// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.connection;

import dev.parley.websocket.Inbound;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a session asks of its connection.
 *
 * @param delivery whole messages, every frame as it came, or messages in fragments of what is there
 * @param pingInterval how long the peer may be silent before it is asked; {@code null} asks never
 * @param pongTimeout how long it may be silent after that
 * @param closeTimeout how long the closing handshake may take
 * @param writeTimeout how long the peer may take nothing of what is to be written; {@code null} for
 *     ever
 * @param receiveSpin for how long a receiver looks for bytes again and again before it waits
 * @param queueMessages how many received messages may wait before the transport is left unread
 * @param queueBytes how many bytes of them may wait; one larger message always fits
 * @param budget what all sessions of the client may hold together; {@code null} for no budget
 */
public record ConnectionOptions(
    Inbound.Delivery delivery,
    @Nullable Duration pingInterval,
    Duration pongTimeout,
    Duration closeTimeout,
    @Nullable Duration writeTimeout,
    Duration receiveSpin,
    int queueMessages,
    long queueBytes,
    @Nullable MemoryBudget budget) {}
