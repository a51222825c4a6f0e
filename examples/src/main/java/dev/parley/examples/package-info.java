// SPDX-License-Identifier: Apache-2.0

/**
 * Programs that run, one file each. What the documents show stands in one of them.
 *
 * <p>Each takes the URL of a server as its first argument. Without one it talks to {@code
 * ws://localhost:8080}, where {@code ./parley serve --port 8080} echoes.
 */
@NullMarked
package dev.parley.examples;

import org.jspecify.annotations.NullMarked;
