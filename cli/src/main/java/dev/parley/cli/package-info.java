// SPDX-License-Identifier: Apache-2.0

/**
 * The {@code parley} command.
 *
 * <pre>
 *   Parley ── URL ──────────&gt; Conversation ── terminal ──&gt; Prompt      (JLine)
 *     │  └─── no URL ──&gt; EchoServer ──┘   └── pipe ──────&gt; Pipe        (line in, line out)
 *     ├────── serve ───&gt; EchoServer
 *     └────── autobahn ─&gt; Autobahn
 * </pre>
 *
 * <p>Standard output has what was received and nothing else; all else goes to standard error. What
 * comes from the network is printed through {@link dev.parley.cli.Printable} only. {@link
 * dev.parley.cli.ConnectOptions} turns options into a client and a request; {@link
 * dev.parley.cli.Ending} decides the exit status.
 */
@NullMarked
package dev.parley.cli;

import org.jspecify.annotations.NullMarked;
