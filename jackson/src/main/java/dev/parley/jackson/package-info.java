// SPDX-License-Identifier: Apache-2.0

/** A {@link dev.parley.client.WebsocketContentConverter} on Jackson 3. */
@NullMarked
package dev.parley.jackson;

import org.jspecify.annotations.NullMarked;
