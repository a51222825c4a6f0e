// SPDX-License-Identifier: Apache-2.0

/** Tests of the testkit, with clients that are not ours: plain sockets and the JDK's. */
@NullMarked
package dev.parley.testkit;

import org.jspecify.annotations.NullMarked;
