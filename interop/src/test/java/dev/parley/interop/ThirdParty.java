// SPDX-License-Identifier: Apache-2.0
package dev.parley.interop;

import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Issued;
import dev.parley.testkit.TestCertificates.Subject;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateFactory;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;

/** What people put between a client and a server, with the least configuration that works. */
final class ThirdParty {
  static final String USER = "user";
  static final String PASSWORD = "p@ss:w\u00f6rd"; // whatever a user may have chosen
  static final String REALM = "exam";

  /** For those that know no other password. */
  static final String PLAIN_PASSWORD = "hunter2";

  private ThirdParty() {}

  /** Squid, with one kind of authentication, or none. */
  static Daemon squid(Path directory, String scheme, boolean tls) {
    String squid = Daemon.program("squid");
    int port = Daemon.freePort();
    StringBuilder config = new StringBuilder();
    config.append(
        tls
            ? "https_port 127.0.0.1:%d tls-cert=%s tls-key=%s\n"
                .formatted(port, copy(directory, true), sec1Key(directory))
            : "http_port 127.0.0.1:%d\n".formatted(port));
    config.append(
        """
        pid_filename none
        access_log none
        cache_log /dev/stderr
        cache_store_log none
        cache deny all
        netdb_filename none
        coredump_dir none
        visible_hostname squid.example
        shutdown_lifetime 1 seconds
        """);
    switch (scheme) {
      case "none" -> config.append("http_access allow all\n");
      case "basic" -> {
        String program = Daemon.program("basic_ncsa_auth", "/usr/lib/squid/basic_ncsa_auth");
        Path users = Daemon.file(directory, "users", USER + ":" + md5(PLAIN_PASSWORD) + "\n");
        config.append("auth_param basic program %s %s\n".formatted(program, users));
        config.append("auth_param basic realm %s\n".formatted(REALM));
        config.append("acl known proxy_auth REQUIRED\nhttp_access allow known\n");
      }
      case "digest" -> {
        String program = Daemon.program("digest_file_auth", "/usr/lib/squid/digest_file_auth");
        String secret = md5(USER + ":" + REALM + ":" + PASSWORD);
        Path users = Daemon.file(directory, "users", "%s:%s:%s\n".formatted(USER, REALM, secret));
        config.append("auth_param digest program %s -c %s\n".formatted(program, users));
        config.append("auth_param digest realm %s\n".formatted(REALM));
        config.append("acl known proxy_auth REQUIRED\nhttp_access allow known\n");
      }
      default -> throw new IllegalArgumentException(scheme);
    }
    config.append("http_access deny all\n");
    Path file = Daemon.file(directory, "squid.conf", config.toString());
    return Daemon.start(directory, port, squid, "-N", "-d", "1", "-f", file.toString());
  }

  static Daemon tinyproxy(Path directory) {
    int port = Daemon.freePort();
    Path file =
        Daemon.file(
            directory,
            "tinyproxy.conf",
            """
            Port %d
            Listen 127.0.0.1
            Timeout 60
            BasicAuth %s %s
            """
                .formatted(port, USER, PLAIN_PASSWORD));
    return Daemon.start(directory, port, Daemon.program("tinyproxy"), "-d", "-c", file.toString());
  }

  /** Dante: it asks for no password, having none but those of the machine's users. */
  static Daemon dante(Path directory) {
    int port = Daemon.freePort();
    Path file =
        Daemon.file(
            directory,
            "danted.conf",
            """
            errorlog: stderr
            internal: 127.0.0.1 port = %d
            external: 127.0.0.1
            clientmethod: none
            socksmethod: none
            client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }
            socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0 protocol: tcp }
            """
                .formatted(port));
    return Daemon.start(directory, port, Daemon.program("danted"), "-f", file.toString());
  }

  static Daemon microsocks(Path directory) {
    int port = Daemon.freePort();
    return Daemon.start(
        directory,
        port,
        Daemon.program("microsocks"),
        "-i",
        "127.0.0.1",
        "-p",
        Integer.toString(port),
        "-u",
        USER,
        "-P",
        PASSWORD);
  }

  /**
   * nginx in front of a server, over TLS or plain. At {@code /asked} it answers by itself, over TLS
   * also by HTTP/2, with the protocol and the credentials for proxies that it was sent.
   */
  static Daemon nginx(Path directory, boolean tls, int server) {
    int port = Daemon.freePort();
    String listen =
        tls
            ? "%d ssl http2; ssl_certificate %s; ssl_certificate_key %s"
                .formatted(port, copy(directory, true), copy(directory, false))
            : Integer.toString(port);
    return nginx(
        directory,
        port,
        """
        server {
          listen 127.0.0.1:%s;
          location = /asked {
            return 200 "$server_protocol [$http_proxy_authorization]";
          }
          location / {
            %s
          }
        }
        """
            .formatted(listen, nginxPassesTo(server)));
  }

  /** What a location of nginx has that leads to a server of WebSockets. */
  static String nginxPassesTo(int server) {
    return """
        proxy_pass http://127.0.0.1:%d;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        proxy_set_header Host $host;
        """
        .formatted(server);
  }

  /**
   * nginx with servers of any kind.
   *
   * @param port one on which they listen
   * @param servers what stands in the block {@code http}
   */
  static Daemon nginx(Path directory, int port, String servers) {
    Path file =
        Daemon.file(
            directory,
            "nginx.conf",
            """
            daemon off;
            pid nginx.pid;
            error_log stderr;
            events {}
            http {
              access_log off;
              client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
              uwsgi_temp_path uwsgi; scgi_temp_path scgi;
              %s
            }
            """
                .formatted(servers));
    return Daemon.start(
        directory,
        port,
        Daemon.program("nginx"),
        "-p",
        directory.toString(),
        "-e",
        "stderr",
        "-c",
        file.toString());
  }

  /** HAProxy in front of a server, over TLS or plain. */
  static Daemon haproxy(Path directory, boolean tls, int server) {
    int port = Daemon.freePort();
    Issued issued = TestCertificates.issue(Subject.SERVER);
    Path both =
        Daemon.file(directory, "both.pem", read(issued.certificateFile()) + read(issued.keyFile()));
    Path file =
        Daemon.file(
            directory,
            "haproxy.cfg",
            """
            defaults
              mode http
              timeout connect 10s
              timeout client 60s
              timeout server 60s
              timeout tunnel 60s
            frontend in
              bind 127.0.0.1:%d%s
              default_backend out
            backend out
              server one 127.0.0.1:%d
            """
                .formatted(port, tls ? " ssl crt " + both : "", server));
    return Daemon.start(directory, port, Daemon.program("haproxy"), "-db", "-f", file.toString());
  }

  private static Path copy(Path directory, boolean certificate) {
    Issued issued = TestCertificates.issue(Subject.SERVER);
    return certificate
        ? Daemon.file(directory, "certificate.pem", read(issued.certificateFile()))
        : Daemon.file(directory, "key.pem", read(issued.keyFile()));
  }

  /** As OpenSSL writes it, with the public part, without which GnuTLS takes no key. */
  private static Path sec1Key(Path directory) {
    Issued issued = TestCertificates.issue(Subject.SERVER);
    try (InputStream in = Files.newInputStream(issued.certificateFile())) {
      byte[] key =
          CertificateFactory.getInstance("X.509")
              .generateCertificate(in)
              .getPublicKey()
              .getEncoded();
      String base64 = read(issued.keyFile()).replaceAll("-----.*-----", "");
      ECPrivateKey secret =
          (ECPrivateKey)
              KeyFactory.getInstance("EC")
                  .generatePrivate(new PKCS8EncodedKeySpec(Base64.getMimeDecoder().decode(base64)));
      String der =
          "30770201010420%064xa00a06082a8648ce3d030107a14403420004".formatted(secret.getS())
              + HexFormat.of().formatHex(key, key.length - 64, key.length);
      return Daemon.file(
          directory,
          "key.pem",
          "-----BEGIN EC PRIVATE KEY-----\n"
              + Base64.getMimeEncoder(64, new byte[] {'\n'})
                  .encodeToString(HexFormat.of().parseHex(der))
              + "\n-----END EC PRIVATE KEY-----\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new AssertionError(e);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String md5(String text) {
    try {
      byte[] hash = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
