// SPDX-License-Identifier: Apache-2.0

/** The rules of the house, as tests: layout, layers, public face, documents. */
@NullMarked
package dev.parley.house;

import org.jspecify.annotations.NullMarked;
