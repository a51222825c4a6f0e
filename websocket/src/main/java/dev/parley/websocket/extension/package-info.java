// SPDX-License-Identifier: Apache-2.0

/** Extensions: how they are negotiated (RFC 6455 §9), and the two that compress. */
@NullMarked
package dev.parley.websocket.extension;

import org.jspecify.annotations.NullMarked;
