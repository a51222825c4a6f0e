// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.client.transport.HttpAuthentication;
import dev.parley.client.transport.HttpChallenge;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Says who we are: sends a bearer token, and a new one where it was refused, or answers the
 * server's challenges by Basic, Digest or a scheme of your own.
 *
 * {@snippet :
 * HttpClient.create(
 *     config ->
 *         config
 *             .install(WebSockets.PLUGIN)
 *             .install(Auth.PLUGIN, auth -> auth.bearer(tokens).onlyFor(url)));
 * }
 *
 * <p>Credentials go to the origins that {@link Config#onlyFor} names, and to nobody else: a client
 * may also talk to hosts that must not learn them, or without TLS. What another origin gets, that a
 * redirect leads to, has none either. A request that has an {@code Authorization} header of its own
 * goes as it is. A challenge that a redirect within the origin led to is answered there. No more
 * than a few answers are given for one request.
 */
public final class Auth {
  /** The plugin, to be installed. */
  public static final HttpClientPlugin<Config, Auth> PLUGIN =
      new HttpClientPlugin<>() {
        private final AttributeKey<Auth> key = new AttributeKey<>("Auth");

        @Override
        public AttributeKey<Auth> key() {
          return key;
        }

        @Override
        public Auth prepare(Consumer<Config> configure) {
          Config config = new Config();
          configure.accept(config);
          return new Auth(config);
        }

        @Override
        public void install(Auth plugin, HttpClient client) {
          client.hooks().onSend(plugin::send);
        }
      };

  private static final int MOST_REQUESTS = 4;
  private static final String AUTHORIZATION = "Authorization";

  private final HttpAuthentication authentication;

  /** Who gets the credentials; {@code null} where every origin does. */
  private final @Nullable List<Url> origins;

  /**
   * Who we are, and for whom. Setters return this; one of the first four is needed, and one of the
   * last two.
   */
  public static final class Config {
    private @Nullable HttpAuthentication authentication;
    private final List<Url> origins = new ArrayList<>();
    private boolean everyOrigin;

    private Config() {}

    /**
     * Sends a token (RFC 6750) with each request.
     *
     * @param tokens gives the first token, and the next one where a server has refused the last
     *     with 401; asked by one thread at a time, and once however many sessions were refused at
     *     once. What it throws fails the requests that wait for it, and the next one asks again; a
     *     request whose time is over before that waits no longer; where the thread that asks is
     *     interrupted, whoever waits with it asks in its place. It may ask for the token with this
     *     client: what it requests itself, on the same thread, goes without one
     */
    public Config bearer(Supplier<String> tokens) {
      return authentication(new BearerTokens(tokens));
    }

    /**
     * Sends user and password with each request (RFC 7617).
     *
     * @throws IllegalArgumentException if the user has a colon, or either a control character
     */
    public Config basic(String user, String password) {
      return authentication(HttpAuthentication.basic(user, password));
    }

    /**
     * Proves the password where it is asked for, without sending it (RFC 7616).
     *
     * @throws IllegalArgumentException if either has a control character
     */
    public Config digest(String user, String password) {
      return authentication(HttpAuthentication.digest(user, password));
    }

    /** Answers challenges by a scheme of your own. */
    public Config authentication(HttpAuthentication authentication) {
      this.authentication = Objects.requireNonNull(authentication, "authentication");
      return this;
    }

    /**
     * Names the origins that get the credentials. A {@code ws} origin gets them in the clear, for
     * everybody on the way to read.
     *
     * @param urls as in {@code wss://api.example.com}; path and query do not matter
     * @throws IllegalArgumentException if one is no WebSocket URL, or has no scheme
     */
    public Config onlyFor(String... urls) {
      for (String url : urls) {
        origins.add(Url.parseOrigin(url));
      }
      return this;
    }

    /**
     * Gives the credentials to whatever origin a request names, also to those without TLS. Right
     * for a client whose every URL is yours and cannot be listed. Default: only those of {@link
     * #onlyFor}.
     */
    public Config forEveryOrigin() {
      everyOrigin = true;
      return this;
    }
  }

  private Auth(Config config) {
    if (config.authentication == null) {
      throw new IllegalArgumentException(
          "Auth without credentials, expected bearer, basic, digest or authentication");
    }
    if (config.origins.isEmpty() && !config.everyOrigin) {
      throw new IllegalArgumentException(
          "Auth for nobody, expected onlyFor and the URLs whose servers get the credentials,"
              + " or forEveryOrigin");
    }
    this.authentication = config.authentication;
    this.origins = config.everyOrigin ? null : List.copyOf(config.origins);
  }

  private HttpClientCall send(HttpRequestBuilder request, PluginHooks.Sender next) {
    if (request.headers().contains(AUTHORIZATION)) {
      return next.send(request);
    }
    Url url = request.target();
    if (origins != null && origins.stream().noneMatch(origin -> origin.hasOriginOf(url))) {
      return next.send(request);
    }
    HttpAuthentication.Exchange exchange =
        authentication instanceof BearerTokens tokens
            ? tokens.begin(request.deadline())
            : authentication.begin();
    HttpRequestBuilder sent = request;
    String credentials = exchange.credentials(asked(request.method(), url), List.of());
    for (int requests = 1; ; requests++) {
      HttpClientCall call = send(sent, credentials, next);
      if (call.response().status().value() != 401
          || requests == MOST_REQUESTS
          || call.request().leftOrigin()
          || !call.request().target().hasOriginOf(url)) {
        return call;
      }
      // The challenge may be for what a redirect led to: it is answered for that, and there.
      sent = Redirects.arrived(sent, call.request());
      credentials =
          exchange.credentials(
              asked(sent.method(), sent.target()),
              HttpChallenge.parse(call.response().headers().getAll("WWW-Authenticate")));
      if (credentials == null) {
        return call;
      }
    }
  }

  /** Leaves the request as it was: a hook around this one may send it again, elsewhere. */
  private static HttpClientCall send(
      HttpRequestBuilder request, @Nullable String credentials, PluginHooks.Sender next) {
    if (credentials == null) {
      return next.send(request);
    }
    request.setHeader(AUTHORIZATION, credentials);
    try {
      return next.send(request);
    } finally {
      request.removeHeader(AUTHORIZATION);
    }
  }

  private static HttpAuthentication.Request asked(HttpMethod method, Url url) {
    return new HttpAuthentication.Request(method.name(), url.target());
  }

  /** Shows how and for whom; no credentials. */
  @Override
  public String toString() {
    return "Auth["
        + authentication
        + (origins == null ? ", forEveryOrigin]" : ", onlyFor=" + origins + "]");
  }
}
