// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import java.util.Objects;

/** One exchange: the request as it was sent, and the response to it. Immutable. */
public final class HttpClientCall {
  private final HttpClient client;
  private final HttpRequest request;
  private final HttpResponse response;

  HttpClientCall(HttpClient client, HttpRequest request, HttpResponse response) {
    this.client = Objects.requireNonNull(client, "client");
    this.request = Objects.requireNonNull(request, "request");
    this.response = Objects.requireNonNull(response, "response");
  }

  /** Returns the client that made the call. */
  public HttpClient client() {
    return client;
  }

  /** Returns the request as it was sent. */
  public HttpRequest request() {
    return request;
  }

  /** Returns the response. */
  public HttpResponse response() {
    return response;
  }

  @Override
  public String toString() {
    return request + " -> " + response.status();
  }
}
