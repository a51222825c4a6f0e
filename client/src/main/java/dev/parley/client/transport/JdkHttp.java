// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import dev.parley.client.transport.LoopbackRelay.Call;
import dev.parley.websocket.handshake.HeadLimits;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ProtocolException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Requests of HTTP: the JDK's client speaks it, 1.1 or 2, over connections that a {@link Connector}
 * of ours makes, with TLS as our {@link TlsOptions} say. Redirects, cookies and credentials are not
 * its business. Any number of threads may send at once.
 *
 * @implNote The JDK's client takes connections from nobody, but it goes through a proxy that it is
 *     told of: that is one of ours, on the loopback interface, which opens to this client alone.
 *     {@code docs/decisions/0006-http-requests.md} says why.
 */
public final class JdkHttp implements AutoCloseable {
  private final LoopbackRelay relay;
  private final TlsOptions tls;
  private final long maxBodySize;
  private final HttpClient shared;

  /** A response with its body. */
  public static final class Answer {
    private final ResponseHead head;
    private final byte[] body;

    private Answer(ResponseHead head, byte[] body) {
      this.head = head;
      this.body = body;
    }

    /** Returns status and headers; the reason is empty, HTTP/2 has none. */
    public ResponseHead head() {
      return head;
    }

    /** Returns the body as it was sent. */
    public byte[] body() {
      return body.clone();
    }
  }

  /**
   * Makes a client.
   *
   * @param connector connects to destinations, whether they are secure or not, and leaves TLS with
   *     them out, as {@link SocketConnector#withoutTls()} does
   * @param tls whom to trust, and who we are
   * @param limits how large the head of a response may be that comes without TLS
   * @param maxBodySize the most bytes of a body
   * @throws IOException if there is no port on the loopback interface
   */
  public JdkHttp(Connector connector, TlsOptions tls, HeadLimits limits, long maxBodySize)
      throws IOException {
    this.relay = new LoopbackRelay(connector, limits);
    this.tls = tls;
    this.maxBodySize = maxBodySize;
    HttpClient made = null;
    try {
      made = client(false);
    } catch (UncheckedIOException e) {
      throw e.getCause(); // no descriptor for its selector
    } finally {
      if (made == null) {
        relay.close();
      }
    }
    this.shared = made;
  }

  private HttpClient client(boolean trustsAnyone) {
    return HttpClient.newBuilder()
        .proxy(ProxySelector.of(relay.address()))
        .sslContext(tls.context(trustsAnyone, relay::failed))
        .followRedirects(HttpClient.Redirect.NEVER)
        .executor(task -> Thread.ofVirtual().name("parley-http").start(task))
        .build();
  }

  /**
   * Sends a request, and waits for the whole response. After an exception nothing is known of what
   * the server has done.
   *
   * @param request its target is the whole URL, whose host, port and scheme are the destination's
   * @param body the body; empty for none
   * @param destination where to connect to; one that trusts anyone, or has a Unix-domain socket,
   *     has a connection for this request alone
   * @throws IllegalArgumentException if the JDK's client refuses the request: a header that it sets
   *     by itself ({@code Host}, {@code Expect}), or a host with an underscore
   * @throws BodyTooLargeException if the body is larger than it may be
   * @throws IOException as {@link Connector#connect}, and where the connection or HTTP broke
   * @throws InterruptedException if the thread was interrupted; the request is given up
   */
  public Answer send(RequestHead request, byte[] body, Destination destination, Deadline deadline)
      throws IOException, InterruptedException {
    if (!destination.trustsAnyone() && destination.unixSocket() == null) {
      return send(shared, request, body, destination, deadline);
    }
    HttpClient apart = client(destination.trustsAnyone());
    try {
      return send(apart, request, body, destination, deadline);
    } finally {
      apart.shutdownNow();
    }
  }

  private Answer send(
      HttpClient client,
      RequestHead request,
      byte[] body,
      Destination destination,
      Deadline deadline)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    try (Call call = relay.admit(destination, deadline)) {
      HttpRequest.Builder asked = request(request, body, destination);
      asked.setHeader("Proxy-Authorization", call.credentials());
      CompletableFuture<HttpResponse<byte[]>> answer =
          client.sendAsync(asked.build(), info -> new Body(info, maxBodySize));
      try {
        HttpResponse<byte[]> response =
            answer.get(Math.max(0, deadline.remainingNanos()), TimeUnit.NANOSECONDS);
        rethrow(call.failure());
        return new Answer(head(response), response.body());
      } catch (ExecutionException e) {
        rethrow(call.failure());
        throw failure(e, call.tlsFailure());
      } catch (TimeoutException e) {
        rethrow(call.failure());
        long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
        throw new OpeningTimeoutException(
            OpeningPhase.RESPONSE, "no whole response after " + millis + " ms", e);
      } finally {
        answer.cancel(true); // does nothing where it is done
      }
    }
  }

  private static HttpRequest.Builder request(
      RequestHead request, byte[] body, Destination destination) {
    URI url = URI.create(request.target());
    if (url.getHost() == null) {
      throw new IllegalArgumentException(
          "host '" + destination.host() + "', expected one that a URI of the JDK can have");
    }
    HttpRequest.Builder asked =
        HttpRequest.newBuilder(url)
            .method(
                request.method(),
                body.length == 0 && !hasBodyAnyway(request)
                    ? BodyPublishers.noBody()
                    : BodyPublishers.ofByteArray(body));
    if (!destination.secure()) {
      asked.version(HttpClient.Version.HTTP_1_1); // no upgrade to HTTP/2 on the way
    }
    for (Headers.Field field : request.headers().fields()) {
      asked.header(field.name(), field.value());
    }
    return asked;
  }

  /** RFC 9110 §8.6: where a body is usual, an empty one is told by its length. */
  private static boolean hasBodyAnyway(RequestHead request) {
    return switch (request.method()) {
      case "POST", "PUT", "PATCH" -> true;
      default -> false;
    };
  }

  private static ResponseHead head(HttpResponse<byte[]> response) throws ProtocolException {
    Headers.Builder headers = Headers.builder();
    try {
      response
          .headers()
          .map()
          .forEach(
              (name, values) -> {
                if (!name.startsWith(":")) { // RFC 9113 §8.3: no header field
                  values.forEach(value -> headers.add(name, value));
                }
              });
      return new ResponseHead(response.statusCode(), "", headers.build());
    } catch (IllegalArgumentException e) {
      ProtocolException failure = new ProtocolException("response that HTTP does not allow");
      failure.initCause(e);
      throw failure;
    }
  }

  private static void rethrow(@Nullable Exception failure)
      throws IOException, InterruptedException {
    switch (failure) {
      case null -> {}
      case IOException e -> throw e;
      case RuntimeException e -> throw e;
      case InterruptedException e -> throw e;
      default -> throw new IllegalStateException("a connector cannot throw it", failure);
    }
  }

  /** Finds what we threw ourselves, somewhere below what the JDK's client made of it. */
  private static IOException failure(ExecutionException thrown, @Nullable IOException tlsFailure) {
    for (Throwable e = thrown.getCause(); e != null; e = e.getCause()) {
      if (e instanceof TlsHandshakeException tls) {
        return tls;
      } else if (e instanceof BodyTooLargeException body) {
        return body;
      }
    }
    if (tlsFailure != null) {
      return tlsFailure;
    }
    return thrown.getCause() instanceof IOException e
        ? e
        : new IOException(String.valueOf(thrown.getMessage()), thrown.getCause());
  }

  /** Collects a body, up to a limit. */
  private static final class Body implements BodySubscriber<byte[]> {
    private final long announced;
    private final long most;
    private final CompletableFuture<byte[]> whole = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private @Nullable Subscription subscription;

    Body(HttpResponse.ResponseInfo info, long most) {
      this.announced = info.headers().firstValueAsLong("Content-Length").orElse(0);
      this.most = most;
    }

    @Override
    public CompletionStage<byte[]> getBody() {
      return whole;
    }

    @Override
    public void onSubscribe(Subscription subscription) {
      this.subscription = subscription;
      subscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      for (ByteBuffer buffer : buffers) {
        long size = Math.max(announced, (long) bytes.size() + buffer.remaining());
        if (size > most) {
          Objects.requireNonNull(subscription).cancel();
          whole.completeExceptionally(new BodyTooLargeException(size, most));
          return;
        }
        byte[] piece = new byte[buffer.remaining()];
        buffer.get(piece);
        bytes.writeBytes(piece);
      }
    }

    @Override
    public void onError(Throwable failure) {
      whole.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      whole.complete(bytes.toByteArray());
    }
  }

  /** Gives up the requests under way, which fail, and closes all connections. Does not wait. */
  @Override
  public void close() {
    shared.shutdownNow();
    relay.close();
  }
}
