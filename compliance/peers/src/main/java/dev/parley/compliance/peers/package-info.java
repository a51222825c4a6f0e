// SPDX-License-Identifier: Apache-2.0

/** Other clients under test, each set up as its own documents advise. */
@NullMarked
package dev.parley.compliance.peers;

import org.jspecify.annotations.NullMarked;
