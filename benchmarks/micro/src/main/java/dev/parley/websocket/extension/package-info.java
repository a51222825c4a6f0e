// SPDX-License-Identifier: Apache-2.0
/** How fast compression is, beside zlib alone. */
@NullMarked
package dev.parley.websocket.extension;

import org.jspecify.annotations.NullMarked;
