// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.Connector;
import dev.parley.client.transport.Deadline;
import dev.parley.client.transport.JdkHttp;
import dev.parley.client.transport.JdkHttp.Answer;
import dev.parley.client.transport.TlsOptions;
import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.WebSocketInterruptedException;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.RequestHead;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The requests of a client that open no session: the hooks around them, and one deadline each. */
final class PlainRequests implements AutoCloseable {
  private final HttpClient client;
  private final Supplier<Connector> connector;
  private final TlsOptions tls;
  private final HeadLimits headLimits;
  private final long maxBodySize;
  private final Duration timeout;

  /** Guards what follows; nothing waits in it. */
  private final ReentrantLock lock = new ReentrantLock();

  private @Nullable JdkHttp http; // made for the first request: many a client only opens sessions
  private boolean closed;

  PlainRequests(HttpClient client, HttpClientConfig config, Supplier<Connector> connector) {
    this.client = client;
    this.connector = connector;
    this.tls = config.tls();
    this.headLimits = config.headLimits();
    this.maxBodySize = config.maxBodySize();
    this.timeout = config.requestTimeout();
  }

  HttpResponse send(HttpRequestBuilder request) {
    Deadline deadline = request.start(timeout);
    PluginHooks hooks = client.hooks();
    hooks.request(request);
    HttpClientCall call = hooks.send(request, changed -> send(changed, deadline));
    hooks.response(call.response());
    return call.response();
  }

  /** What hooks call the network: with the redirects, of which they need not know. */
  private HttpClientCall send(HttpRequestBuilder request, Deadline deadline) {
    Redirects redirects = client.installed(Redirects.PLUGIN);
    return redirects == null
        ? sendOnce(request, deadline)
        : redirects.follow(request, next -> sendOnce(next, deadline));
  }

  private HttpClientCall sendOnce(HttpRequestBuilder builder, Deadline deadline) {
    Cookies cookies = client.installed(Cookies.PLUGIN);
    HttpRequest request =
        builder.build(
            Headers.EMPTY, cookies == null ? List.of() : cookies.cookies(builder.target()));
    Answer answer = exchange(request, deadline);
    HttpStatus status = new HttpStatus(answer.head().status(), answer.head().reason());
    HttpResponse response =
        new HttpResponse(client, status, answer.head().headers(), answer.body());
    if (cookies != null) {
      cookies.take(request.target(), response.headers());
    }
    return new HttpClientCall(client, request, response);
  }

  private Answer exchange(HttpRequest request, Deadline deadline) {
    // The host of the URL is the Host field, by the JDK's own hand.
    Headers headers = request.headers().toBuilder().remove("Host").build();
    RequestHead head = new RequestHead(request.method().name(), request.url().toString(), headers);
    JdkHttp http = http(request);
    try {
      return http.send(head, request.body(), request.destination(), deadline);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WebSocketInterruptedException("interrupted while requesting " + request.place(), e);
    } catch (WebSocketException | IllegalArgumentException e) {
      throw e; // whatever else a connector of the user's throws, the request fails in one way
    } catch (IOException | RuntimeException e) {
      throw HttpRequestException.of(request.place(), e);
    }
  }

  private JdkHttp http(HttpRequest request) {
    JdkHttp made = kept(null);
    if (made != null) {
      return made;
    }
    try {
      JdkHttp own = new JdkHttp(connector.get(), tls, headLimits, maxBodySize);
      JdkHttp kept = null;
      try {
        kept = kept(own);
      } finally {
        if (kept != own) { // somebody was faster, or the client was closed
          own.close();
        }
      }
      return Objects.requireNonNull(kept, "kept");
    } catch (IOException e) {
      throw HttpRequestException.of(request.place(), e);
    }
  }

  /** Returns what there is, or else keeps what is offered. */
  private @Nullable JdkHttp kept(@Nullable JdkHttp offered) {
    lock.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the client is closed");
      }
      if (http == null) {
        http = offered;
      }
      return http;
    } finally {
      lock.unlock();
    }
  }

  /** Gives up what is under way. */
  @Override
  public void close() {
    JdkHttp made;
    lock.lock();
    try {
      closed = true;
      made = http;
    } finally {
      lock.unlock();
    }
    if (made != null) {
      made.close(); // transports too, which may be the user's own
    }
  }
}
