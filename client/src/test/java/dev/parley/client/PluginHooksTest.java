// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.websocket.handshake.Headers;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PluginHooksTest {
  private final PluginHooks hooks = new PluginHooks();
  private final List<String> log = new ArrayList<>();

  private HttpClientCall answer(HttpRequestBuilder request, int status) {
    HttpClient client = HttpClient.create();
    return new HttpClientCall(
        client,
        request.build(Headers.EMPTY),
        new HttpResponse(client, new HttpStatus(status, ""), Headers.EMPTY, new byte[0]));
  }

  @Test
  void requestAndResponseHooksRunInOrder() {
    hooks
        .onRequest(request -> log.add("request 1"))
        .onRequest(request -> log.add("request 2"))
        .onResponse(response -> log.add("response " + response.status()));
    HttpRequestBuilder request = new HttpRequestBuilder(null).url("ws://h/");
    hooks.request(request);
    hooks.response(answer(request, 101).response());
    assertThat(log).containsExactly("request 1", "request 2", "response 101");
  }

  @Test
  void earlierSendHookIsOutside() {
    for (String name : List.of("outer", "inner")) {
      hooks.onSend(
          (request, next) -> {
            log.add(name + " before");
            HttpClientCall call = next.send(request);
            log.add(name + " after");
            return call;
          });
    }
    hooks.send(
        new HttpRequestBuilder(null).url("ws://h/"),
        request -> {
          log.add("network");
          return answer(request, 101);
        });
    assertThat(log)
        .containsExactly("outer before", "inner before", "network", "inner after", "outer after");
  }

  @Test
  void sendHookMaySendAgain() {
    hooks.onSend(
        (request, next) -> {
          HttpClientCall first = next.send(request);
          return first.response().status().value() == 401
              ? next.send(request.setHeader("Authorization", "token"))
              : first;
        });
    HttpClientCall call =
        hooks.send(
            new HttpRequestBuilder(null).url("ws://h/"),
            request -> answer(request, request.headers().contains("Authorization") ? 101 : 401));
    assertThat(call.response().status().value()).isEqualTo(101);
    assertThat(call.request().headers().getAll("Authorization")).containsExactly("token");
  }
}
