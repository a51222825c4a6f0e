// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import dev.parley.websocket.WebSocketException;
import dev.parley.websocket.handshake.Headers;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Follows redirects of a request, an opening or a plain one (RFC 6455 §4.2.2, RFC 9110 §15.4): at
 * most {@value #MOST} for one request, within its deadline, and never from {@code wss} to {@code
 * ws}, or {@code https} to {@code http}. Not installed unless you do: a server that is trusted with
 * a message is thereby trusted to choose who gets it.
 *
 * <p>Where the origin changes (scheme, host or port), the header fields stay behind: credentials,
 * cookies and whatever else the request had, but for {@code User-Agent}, {@code Accept-Language},
 * {@code Origin} and those that are {@linkplain Config#keep kept}. Subprotocols go along, a
 * deliberate exception: they say what the session is to speak, so hide no token there.
 *
 * <p>After 303 a plain request goes on as a GET without its body, and so does a POST after 301 and
 * 302, as browsers do; else method and body go along, but a body never goes to another origin.
 *
 * <p>A redirect that is not followed is a {@link WebSocketUpgradeException}, for a plain request a
 * {@link HttpRequestException}, with the response and one of the reasons {@code redirect-limit},
 * {@code redirect-insecure}, {@code redirect-malformed} and {@code redirect-body}. Hooks of plugins
 * see the first request and the last response.
 */
public final class Redirects {
  /** How many redirects of one request are followed. */
  public static final int MOST = 5;

  /** The plugin, to be installed. */
  public static final HttpClientPlugin<Config, Redirects> PLUGIN =
      new HttpClientPlugin<>() {
        private final AttributeKey<Redirects> key = new AttributeKey<>("Redirects");

        @Override
        public AttributeKey<Redirects> key() {
          return key;
        }

        @Override
        public Redirects prepare(Consumer<Config> configure) {
          Config config = new Config();
          configure.accept(config);
          return new Redirects(config.kept);
        }

        @Override
        public void install(Redirects plugin, HttpClient client) {
          // Nothing to hook into: inside of all hooks, the client itself asks for this plugin.
        }
      };

  private static final Set<Integer> STATUSES = Set.of(301, 302, 303, 307, 308);
  private static final Set<String> SECRET =
      Set.of("authorization", "proxy-authorization", "cookie", "cookie2");

  private final Set<String> kept;

  /** What goes along to another origin. Setters return this. */
  public static final class Config {
    private final Set<String> kept = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    private Config() {
      kept.addAll(List.of("User-Agent", "Accept-Language", "Origin"));
    }

    /**
     * Names header fields that are no secret of the origin that the request was made for.
     *
     * @throws IllegalArgumentException if one is a secret by its nature: {@code Authorization},
     *     {@code Proxy-Authorization}, {@code Cookie}; or {@code Host}, which is the origin's own
     */
    public Config keep(String... names) {
      for (String name : names) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (SECRET.contains(lower) || lower.equals("host")) {
          throw new IllegalArgumentException(
              "header " + lower + " must not go to another origin, expected one that is no secret");
        }
      }
      kept.addAll(List.of(names));
      return this;
    }
  }

  private Redirects(Set<String> kept) {
    this.kept = Set.copyOf(kept);
  }

  /**
   * Sends a request, and again wherever a response leads.
   *
   * @param send one exchange
   */
  HttpClientCall follow(
      HttpRequestBuilder request, Function<HttpRequestBuilder, HttpClientCall> send) {
    HttpClientCall call = send.apply(request);
    HttpRequestBuilder next = request;
    while (STATUSES.contains(call.response().status().value())) {
      if (next.redirects() == MOST) {
        throw refused(call, "redirect-limit", "one too many, at most " + MOST, null);
      }
      next = redirected(next, call);
      call = send.apply(next);
    }
    return call;
  }

  /** Returns the request that was sent last, on the way of this one within its origin. */
  static HttpRequestBuilder arrived(HttpRequestBuilder request, HttpRequest last) {
    boolean withBody =
        last.method() == request.method() && last.body().length == request.body().length;
    return withBody && last.target().equals(request.target())
        ? request
        : request.redirected(
            last.target(), withBody, true, last.redirects(), field -> withBody || !isOfBody(field));
  }

  /** Tells whether method and body go along (RFC 9110 §15.4). */
  private static boolean keepsBody(int status, HttpMethod method) {
    return switch (status) {
      case 303 -> false;
      case 301, 302 -> method != HttpMethod.POST;
      default -> true;
    };
  }

  private HttpRequestBuilder redirected(HttpRequestBuilder request, HttpClientCall call) {
    List<String> locations = call.response().headers().getAll("Location");
    if (locations.size() != 1) {
      throw refused(
          call, "redirect-malformed", locations.size() + " Location headers, expected one", null);
    }
    Url from = call.request().target();
    Url to;
    try {
      to = from.resolve(locations.getFirst().strip());
    } catch (IllegalArgumentException e) {
      throw refused(call, "redirect-malformed", "Location: " + e.getMessage(), e);
    }
    if (from.scheme() == Scheme.WSS && to.scheme() == Scheme.WS) {
      String schemes = call.request().isWebSocket() ? "from wss to ws" : "from https to http";
      throw refused(call, "redirect-insecure", schemes, null);
    }
    if (!call.request().isWebSocket() && !to.isForTheJdk()) {
      throw refused(call, "redirect-malformed", "a host that the JDK's client refuses", null);
    }
    boolean sameOrigin = from.hasOriginOf(to);
    boolean withBody = keepsBody(call.response().status().value(), request.method());
    if (withBody && !sameOrigin && call.request().body().length > 0) {
      throw refused(call, "redirect-body", "it would take the body to another origin", null);
    }
    return request.redirected(
        to,
        withBody,
        sameOrigin,
        request.redirects() + 1,
        field -> (sameOrigin || isKept(field)) && (withBody || !isOfBody(field)));
  }

  private boolean isKept(Headers.Field field) {
    return kept.stream().anyMatch(field.name()::equalsIgnoreCase);
  }

  /** RFC 9110 §15.4: what told of the body makes no sense without it. */
  private static boolean isOfBody(Headers.Field field) {
    String name = field.name().toLowerCase(Locale.ROOT);
    return name.startsWith("content-") || name.equals("last-modified") || name.equals("digest");
  }

  private static WebSocketException refused(
      HttpClientCall call, String reason, String why, @Nullable Exception cause) {
    String all = ", a redirect that is not followed: " + why;
    if (call.request().isWebSocket()) {
      return new WebSocketUpgradeException(call.response(), reason, all, cause);
    }
    String what = "request of " + call.request().place() + " answered " + call.response().status();
    return new HttpRequestException(reason, what + all, call.response(), cause);
  }

  /** Shows which headers go along. */
  @Override
  public String toString() {
    return "Redirects[keep=" + new TreeSet<>(kept) + "]";
  }
}
