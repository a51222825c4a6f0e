// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import java.io.StringWriter;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.core.util.Separators;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;

/** JSON, indented for a reader. Token by token, so that numbers stay as they were written. */
final class PrettyJson {
  private static final JsonMapper MAPPER = new JsonMapper();
  private static final ObjectWriter WRITER =
      MAPPER
          .writer()
          .with(
              new DefaultPrettyPrinter(
                  Separators.createDefaultInstance()
                      .withObjectNameValueSpacing(Separators.Spacing.AFTER)));

  private PrettyJson() {}

  /** Returns the text over several lines, or nothing where it is no JSON object or array. */
  static Optional<String> indent(String text) {
    String trimmed = text.strip();
    if (!trimmed.startsWith("{") && !trimmed.startsWith("[")) {
      return Optional.empty();
    }
    StringWriter pretty = new StringWriter();
    try (JsonParser parser = MAPPER.createParser(trimmed);
        JsonGenerator generator = WRITER.createGenerator(pretty)) {
      boolean ended = false;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (ended) {
          return Optional.empty(); // more than one value is not ours to lay out
        }
        if (token.isNumeric()) {
          generator.writeNumber(parser.getString());
        } else {
          generator.copyCurrentEvent(parser);
        }
        ended = parser.streamReadContext().inRoot();
      }
    } catch (JacksonException e) {
      return Optional.empty(); // no JSON after all; it is shown as the text that it is
    }
    return Optional.of(pretty.toString());
  }
}
