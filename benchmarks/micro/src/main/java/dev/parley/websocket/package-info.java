// SPDX-License-Identifier: Apache-2.0
/** How fast the parts of the core are, each beside what bounds it. */
@NullMarked
package dev.parley.websocket;

import org.jspecify.annotations.NullMarked;
