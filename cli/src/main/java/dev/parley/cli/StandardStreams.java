// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;

/**
 * The three streams of the command, in UTF-8 whatever the locale says.
 *
 * @param in what is sent
 * @param out what is received
 * @param err everything else
 * @param terminal whether {@code in} and {@code out} are a person's terminal
 */
record StandardStreams(InputStream in, OutputStream out, PrintStream err, boolean terminal) {
  /** Returns the streams of the process. */
  // The console of java.base, which the launcher asks for, is there for a terminal only.
  @SuppressWarnings("SystemConsoleNull")
  static StandardStreams ofProcess() {
    return new StandardStreams(
        System.in,
        // Not System.out, which swallows the error that tells us that nobody listens any more.
        new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16),
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
        System.console() != null);
  }

  /** Prints a line on standard error, escaped. */
  void say(String line) {
    err.println("parley: " + Printable.line(line));
  }
}
