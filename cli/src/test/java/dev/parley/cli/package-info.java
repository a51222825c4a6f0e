// SPDX-License-Identifier: Apache-2.0

/** Tests of the command, in this JVM, with streams of their own. */
@NullMarked
package dev.parley.cli;

import org.jspecify.annotations.NullMarked;
