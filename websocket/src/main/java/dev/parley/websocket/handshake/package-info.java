// SPDX-License-Identifier: Apache-2.0

/** The opening handshake of both roles (RFC 6455 §4): headers first, bytes apart from them. */
@NullMarked
package dev.parley.websocket.handshake;

import org.jspecify.annotations.NullMarked;
