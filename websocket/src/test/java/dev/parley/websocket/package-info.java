// SPDX-License-Identifier: Apache-2.0

/** Tests of the core: each wire input is fed whole, and cut at every byte. */
@NullMarked
package dev.parley.websocket;

import org.jspecify.annotations.NullMarked;
