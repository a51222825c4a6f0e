// SPDX-License-Identifier: Apache-2.0

/** Parley as a client under test: the one place of this module that knows it. */
@NullMarked
package dev.parley.compliance.ours;

import org.jspecify.annotations.NullMarked;
