// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import dev.parley.client.HttpClient;
import dev.parley.client.HttpRequestBuilder;
import dev.parley.client.WebSockets;
import dev.parley.client.transport.ProxyOptions;
import dev.parley.client.transport.TlsOptions;
import dev.parley.websocket.extension.PerMessageDeflateConfig;
import dev.parley.websocket.extension.WebSocketExtensions;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of every command that connects: they make the client and complete the request. */
final class ConnectOptions {
  @Option(
      names = {"-H", "--header"},
      paramLabel = "NAME:VALUE",
      description = "Send this header with the opening request. May be repeated.")
  List<String> headers = List.of();

  @Option(
      names = {"-s", "--subprotocol"},
      paramLabel = "NAME",
      split = ",",
      description = "Offer this subprotocol. May be repeated, the preferred one first.")
  List<String> subprotocols = List.of();

  @Option(
      names = {"-k", "--insecure"},
      description = "Accept any certificate, for any host. For experiments only.")
  boolean insecure;

  @Option(
      names = "--cacert",
      paramLabel = "FILE",
      description = "Trust the authorities of this PEM file, in place of the platform's.")
  @Nullable Path authorities;

  @Option(
      names = "--cert",
      paramLabel = "FILE",
      description = "Present this client certificate: PEM, its chain after it.")
  @Nullable Path certificate;

  @Option(
      names = "--key",
      paramLabel = "FILE",
      description = "The private key to --cert, in PEM. Default: the file of --cert.")
  @Nullable Path key;

  @Option(
      names = "--pass",
      paramLabel = "PASSWORD",
      description =
          "What the private key is encrypted with. Whoever lists the processes of this machine sees"
              + " it.")
  @Nullable String password;

  @Option(
      names = "--pinnedpubkey",
      paramLabel = "sha256/HASH",
      split = ";",
      description =
          "Ask for a certificate with this public key between the server and its authority: the"
              + " SHA-256 of it in Base64. May be repeated.")
  List<String> pins = List.of();

  @Option(
      names = "--proxy",
      paramLabel = "URL",
      description =
          "Connect through this proxy: [http://][USER:PASSWORD@]HOST[:PORT], or with https, socks5"
              + " or socks4a. Default port: 1080, for https 443. It looks the name of the server"
              + " up.")
  @Nullable String proxy;

  @Option(
      names = "--connect-timeout",
      paramLabel = "SECONDS",
      converter = Seconds.class,
      description = "How long the opening may take, from the name look-up on. Default: 15.")
  @Nullable Duration connectTimeout;

  @Option(
      names = "--ping",
      paramLabel = "SECONDS",
      converter = Seconds.class,
      description = "Send a Ping after so long a silence, and fail if no Pong comes.")
  @Nullable Duration ping;

  @Option(names = "--no-compress", description = "Do not offer permessage-deflate.")
  boolean uncompressed;

  @Option(
      names = {"-v", "--verbose"},
      description = "Show the opening handshake on standard error, secrets masked.")
  boolean verbose;

  /** What is offered, if compression is. */
  PerMessageDeflateConfig compression = new PerMessageDeflateConfig();

  /**
   * Makes a client.
   *
   * @throws IllegalArgumentException if an option makes no sense
   */
  HttpClient client(PrintStream err) {
    TlsOptions tls = tls();
    ProxyOptions throughProxy = proxy == null ? null : ProxyOptions.parse(proxy);
    return HttpClient.create(
        config -> {
          config.tls(tls).proxy(throughProxy).install(WebSockets.PLUGIN, this::configure);
          if (verbose) {
            config.install(new HandshakeLog(err));
          }
        });
  }

  /**
   * Completes a request.
   *
   * @throws IllegalArgumentException if a header or a subprotocol cannot be sent
   */
  void addTo(HttpRequestBuilder request) {
    for (String header : headers) {
      int colon = header.indexOf(':');
      if (colon < 1) {
        throw new IllegalArgumentException("header without a colon, expected NAME:VALUE");
      }
      request.header(header.substring(0, colon), header.substring(colon + 1).strip());
    }
    request.subprotocols(subprotocols.toArray(String[]::new));
    if (insecure) {
      request.insecurelyTrustingAnyone();
    }
  }

  private void configure(WebSockets.Config config) {
    if (connectTimeout != null) {
      config.openTimeout(connectTimeout);
    }
    if (ping != null) {
      config.pingInterval(ping);
    }
    if (!uncompressed) {
      config.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate(), compression));
    }
  }

  private TlsOptions tls() {
    TlsOptions options = TlsOptions.DEFAULT;
    if (authorities != null) {
      options = options.withTrust(authorities);
    }
    if (!pins.isEmpty()) {
      options = options.withPinnedKeys(pins.toArray(String[]::new));
    }
    if (certificate != null) {
      Path keyFile = key == null ? certificate : key;
      return password == null
          ? options.withClientCertificate(certificate, keyFile)
          : options.withClientCertificate(certificate, keyFile, password.toCharArray());
    } else if (key != null) {
      throw new IllegalArgumentException("--key without --cert");
    }
    return options;
  }
}
