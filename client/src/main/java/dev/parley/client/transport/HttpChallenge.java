// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How a server or a proxy wants to be told who asks (RFC 9110 §11.3): one challenge of a {@code
 * WWW-Authenticate} or {@code Proxy-Authenticate} field.
 *
 * @param scheme its name as it came, as in {@code Basic}
 * @param token what follows the name where it is no list of parameters, or an empty text
 * @param parameters by their names in lower case, unquoted
 */
public record HttpChallenge(String scheme, String token, Map<String, String> parameters) {
  // RFC 9110 §5.6.2, §5.6.4, §11.2. Possessive: a hostile field is read once and never again.
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]++";
  private static final Pattern SCHEME = Pattern.compile("(" + TOKEN + ")(?:[ \\t]++|(?=,|$))");
  private static final Pattern PARAMETER =
      Pattern.compile(
          "("
              + TOKEN
              + ")[ \\t]*+=[ \\t]*+(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|("
              + TOKEN
              + "))[ \\t]*+");
  private static final Pattern TOKEN68 = Pattern.compile("([A-Za-z0-9._~+/-]++=*+)[ \\t]*+(?=,|$)");
  private static final Pattern SEPARATOR = Pattern.compile("[ \\t]*+(?:,[ \\t]*+)*+");

  /** Copies the parameters. */
  public HttpChallenge {
    Objects.requireNonNull(scheme, "scheme");
    Objects.requireNonNull(token, "token");
    parameters = Map.copyOf(parameters);
  }

  /** Tells whether this is a challenge of a scheme; case does not matter. */
  public boolean is(String name) {
    return scheme.equalsIgnoreCase(name);
  }

  /** Returns a parameter, or {@code null} where it is missing. */
  public @Nullable String parameter(String name) {
    return parameters.get(name.toLowerCase(Locale.ROOT));
  }

  /**
   * Reads the challenges of all field lines of a name. What cannot be read ends its line: the
   * challenges before it hold.
   */
  public static List<HttpChallenge> parse(List<String> fields) {
    List<HttpChallenge> challenges = new ArrayList<>();
    for (String field : fields) {
      parse(field, challenges);
    }
    return List.copyOf(challenges);
  }

  private static void parse(String field, List<HttpChallenge> challenges) {
    int at = skip(SEPARATOR, field, 0);
    while (at < field.length()) {
      Matcher scheme = SCHEME.matcher(field).region(at, field.length());
      if (!scheme.lookingAt()) {
        return;
      }
      at = scheme.end();
      String token = "";
      Map<String, String> parameters = new LinkedHashMap<>();
      Matcher parameter = PARAMETER.matcher(field).region(at, field.length());
      Matcher token68 = TOKEN68.matcher(field).region(at, field.length());
      if (!parameter.lookingAt() && token68.lookingAt()) {
        token = token68.group(1);
        at = token68.end();
      } else {
        // RFC 9110 §11.6.1: in a list, what an equals sign follows belongs to the challenge before.
        while (parameter.lookingAt()) {
          String quoted = parameter.group(2);
          parameters.putIfAbsent(
              parameter.group(1).toLowerCase(Locale.ROOT),
              quoted == null ? parameter.group(3) : quoted.replaceAll("\\\\(.)", "$1"));
          at = parameter.end();
          int next = skip(SEPARATOR, field, at);
          parameter.region(next, field.length());
        }
      }
      challenges.add(new HttpChallenge(scheme.group(1), token, parameters));
      at = skip(SEPARATOR, field, at);
    }
  }

  private static int skip(Pattern pattern, String text, int from) {
    Matcher matcher = pattern.matcher(text).region(from, text.length());
    return matcher.lookingAt() ? matcher.end() : from;
  }

  /** Shows the scheme and the names of the parameters. */
  @Override
  public String toString() {
    return scheme + (parameters.isEmpty() ? "" : " " + parameters.keySet());
  }
}
