// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import dev.parley.client.AttributeKey;
import dev.parley.client.HttpClient;
import dev.parley.client.HttpClientCall;
import dev.parley.client.HttpClientPlugin;
import dev.parley.client.HttpRequest;
import dev.parley.client.HttpResponse;
import dev.parley.websocket.handshake.Headers;
import java.io.PrintStream;
import java.net.URI;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** The plugin behind -v: shows the heads of the opening handshake, without what is secret. */
final class HandshakeLog implements HttpClientPlugin<HandshakeLog, HandshakeLog> {
  private static final AttributeKey<HandshakeLog> KEY = new AttributeKey<>("HandshakeLog");
  private static final Pattern SECRET =
      Pattern.compile(
          "(?i).*(auth|cookie|token|secret|passw|session|signature|(api|access)-?key).*");
  private static final String MASK = "*****";

  private final PrintStream err;

  HandshakeLog(PrintStream err) {
    this.err = err;
  }

  @Override
  public AttributeKey<HandshakeLog> key() {
    return KEY;
  }

  @Override
  public HandshakeLog prepare(Consumer<HandshakeLog> configure) {
    configure.accept(this);
    return this;
  }

  @Override
  public void install(HandshakeLog plugin, HttpClient client) {
    client
        .hooks()
        .onSend(
            (request, next) -> {
              HttpClientCall call = next.send(request);
              show(call.request());
              show(call.response());
              return call;
            });
  }

  private void show(HttpRequest request) {
    URI url = request.url();
    print("> " + request.method() + " " + url.getRawPath() + query(url) + " HTTP/1.1");
    show("> ", request.headers());
  }

  private void show(HttpResponse response) {
    print("< HTTP/1.1 " + response.status());
    show("< ", response.headers());
    response.bodyAsText().lines().forEach(line -> print("< " + line));
  }

  private void show(String mark, Headers headers) {
    for (Headers.Field field : headers.fields()) {
      boolean secret = SECRET.matcher(field.name()).matches();
      print(mark + field.name() + ": " + (secret ? MASK : field.value()));
    }
    print(mark);
  }

  private static String query(URI url) {
    if (url.getRawQuery() == null) {
      return "";
    }
    StringBuilder query = new StringBuilder();
    for (String parameter : url.getRawQuery().split("&", -1)) {
      query.append(query.isEmpty() ? '?' : '&');
      int name = parameter.indexOf('=');
      if (name > 0 && SECRET.matcher(parameter.substring(0, name)).matches()) {
        query.append(parameter, 0, name + 1).append(MASK);
      } else {
        query.append(parameter);
      }
    }
    return query.toString();
  }

  private void print(String line) {
    err.println(Printable.line(line.stripTrailing()));
  }
}
