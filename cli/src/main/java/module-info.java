// SPDX-License-Identifier: Apache-2.0

/** The parley command: WebSocket conversations from a terminal or a pipe. */
@SuppressWarnings("requires-automatic") // org.jline: its bundle has no descriptor
module dev.parley.cli {
  requires dev.parley.client;
  requires static org.jspecify;
  requires info.picocli;
  requires org.jline;
  requires tools.jackson.databind;

  opens dev.parley.cli to
      info.picocli;
}
