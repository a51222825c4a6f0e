// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The routes that environment variables name, as curl reads them. */
final class EnvironmentRoutes implements ProxyRoutes {
  private static final Pattern BRACKETED = Pattern.compile("\\[([^\\]]*)\\](?::(\\d{1,5}))?");
  private static final Pattern WITH_PORT = Pattern.compile("([^:]*)(?::(\\d{1,5}))?");

  private final @Nullable ProxyOptions secure;
  private final @Nullable ProxyOptions plain;
  private final List<Exempt> exempts = new ArrayList<>();

  /** One host, or many, to which the way is straight; port 0 stands for every port. */
  private record Exempt(String host, int bits, int port) {}

  EnvironmentRoutes(Map<String, String> environment) {
    ProxyOptions all = proxy(environment, "all_proxy", "ALL_PROXY");
    ProxyOptions https = proxy(environment, "https_proxy", "HTTPS_PROXY");
    ProxyOptions http = proxy(environment, "http_proxy"); // HTTP_PROXY may be a header of a request
    secure = https == null ? all : https;
    plain = http == null ? all : http;
    String none = value(environment, "no_proxy", "NO_PROXY");
    for (String entry : none.split("[,\\s]+", -1)) {
      add(entry);
    }
  }

  private static String value(Map<String, String> environment, String... names) {
    for (String name : names) {
      String value = environment.get(name);
      if (value != null && !value.isBlank()) {
        return value.strip();
      }
    }
    return "";
  }

  private static @Nullable ProxyOptions proxy(Map<String, String> environment, String... names) {
    String url = value(environment, names);
    try {
      return url.isEmpty() ? null : ProxyOptions.parse(url);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("variable " + names[0] + ": " + e.getMessage(), e);
    }
  }

  /** Takes an entry of no_proxy. One that means nothing is passed over, as everybody does. */
  private void add(String entry) {
    int slash = entry.indexOf('/');
    if (slash > 0) {
      String bits = entry.substring(slash + 1);
      if (bits.matches("\\d{1,3}")) {
        exempts.add(new Exempt(entry.substring(0, slash), Integer.parseInt(bits), 0));
      }
      return;
    }
    Matcher bracketed = BRACKETED.matcher(entry);
    Matcher withPort = WITH_PORT.matcher(entry);
    Matcher parts = bracketed.matches() ? bracketed : withPort.matches() ? withPort : null;
    String host = parts == null ? entry : parts.group(1);
    String port = parts == null ? null : parts.group(2);
    host = host.startsWith(".") ? host.substring(1) : host;
    host = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    if (!host.isEmpty()) {
      exempts.add(
          new Exempt(host.toLowerCase(Locale.ROOT), -1, port == null ? 0 : Integer.parseInt(port)));
    }
  }

  @Override
  public List<Optional<ProxyOptions>> to(Destination destination) {
    ProxyOptions proxy = destination.secure() ? secure : plain;
    boolean straight = exempts.stream().anyMatch(each -> isFor(each, destination));
    return List.of(straight ? Optional.empty() : Optional.ofNullable(proxy));
  }

  private static boolean isFor(Exempt exempt, Destination destination) {
    if (exempt.port() != 0 && exempt.port() != destination.port()) {
      return false;
    }
    String host = destination.host().toLowerCase(Locale.ROOT);
    if (exempt.host().equals("*")) {
      return true;
    } else if (!destination.isAddress()) {
      return host.equals(exempt.host()) || host.endsWith("." + exempt.host());
    }
    byte[] address = address(host);
    byte[] range = address(exempt.host());
    if (address == null || range == null || address.length != range.length) {
      return false;
    }
    int bits = exempt.bits() < 0 ? range.length * 8 : Math.min(exempt.bits(), range.length * 8);
    for (int i = 0; i < bits; i++) {
      int mask = 0x80 >> (i % 8);
      if ((address[i / 8] & mask) != (range[i / 8] & mask)) {
        return false;
      }
    }
    return true;
  }

  private static byte @Nullable [] address(String text) {
    if (text.isEmpty() || text.startsWith("[") || !new Destination(false, text, 1).isAddress()) {
      return null; // or it would be looked up
    }
    try {
      return InetAddress.getByName(text).getAddress();
    } catch (UnknownHostException e) {
      return null; // digits and dots that are no address
    }
  }

  /** Shows the proxies without their credentials. */
  @Override
  public String toString() {
    return "ProxyRoutes[wss=" + secure + ", ws=" + plain + ", exempts=" + exempts + "]";
  }
}
