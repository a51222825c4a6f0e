// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Where plugins take part in an opening, and in a plain request all the same: {@link
 * HttpRequestBuilder#isWebSocket()} tells which it is. Hooks run on the thread that opens the
 * session or sends the request, in the order in which their plugins were installed; several may run
 * them at once. What a hook throws ends the opening or the request, and reaches the caller
 * unchanged. What hooks do counts towards its timeout, which they should not spend.
 *
 * <p>Hooks can be added only while the client is being made.
 */
public final class PluginHooks {
  /** Sends a request and returns the call it led to, granted or refused. */
  @FunctionalInterface
  public interface Sender {
    /**
     * Sends the request; blocks until the response is there. May be called again, with the request
     * changed: each time opens a connection of its own, and only the one of the call that the hook
     * returns is kept. A response with 101 that breaks the handshake makes a call too, which fails
     * the opening when the hooks have returned it.
     */
    HttpClientCall send(HttpRequestBuilder request);
  }

  /** Wraps the sending of a request. */
  @FunctionalInterface
  public interface SendHook {
    /**
     * Sends the request with {@code next}, and returns the call to go on with.
     *
     * @param request the request, still open to change
     * @param next the hooks after this one and then the network
     */
    HttpClientCall send(HttpRequestBuilder request, Sender next);
  }

  private final List<Consumer<HttpRequestBuilder>> onRequest = new ArrayList<>();
  private final List<SendHook> onSend = new ArrayList<>();
  private final List<Consumer<HttpResponse>> onResponse = new ArrayList<>();
  private boolean closed;

  PluginHooks() {}

  /** Adds a hook that completes or changes a request, after the caller has built it. */
  public PluginHooks onRequest(Consumer<HttpRequestBuilder> hook) {
    return add(onRequest, hook);
  }

  /** Adds a hook around the sending; those added earlier are further outside. */
  public PluginHooks onSend(SendHook hook) {
    return add(onSend, hook);
  }

  /**
   * Adds a hook that looks at the response, granted or refused, before the session is made, or a
   * plain request returns it. By throwing it refuses the session; the connection is dropped.
   */
  public PluginHooks onResponse(Consumer<HttpResponse> hook) {
    return add(onResponse, hook);
  }

  private <H> PluginHooks add(List<H> hooks, H hook) {
    if (closed) {
      throw new IllegalStateException("hooks can be added only while the client is being made");
    }
    hooks.add(Objects.requireNonNull(hook, "hook"));
    return this;
  }

  /** Ends the making of the client: the hooks will not change any more. */
  void close() {
    closed = true;
  }

  void request(HttpRequestBuilder request) {
    onRequest.forEach(hook -> hook.accept(request));
  }

  HttpClientCall send(HttpRequestBuilder request, Sender network) {
    Sender sender = network;
    for (SendHook hook : onSend.reversed()) {
      Sender next = sender;
      sender = changed -> hook.send(changed, next);
    }
    return sender.send(request);
  }

  void response(HttpResponse response) {
    onResponse.forEach(hook -> hook.accept(response));
  }
}
