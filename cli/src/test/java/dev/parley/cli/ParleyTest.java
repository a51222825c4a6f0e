// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.testkit.MockConnection;
import dev.parley.testkit.MockProxy;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.testkit.RawFrame;
import dev.parley.testkit.Scenario;
import dev.parley.testkit.TestCertificates;
import dev.parley.testkit.TestCertificates.Subject;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.handshake.Headers;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ResponseHead;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import javax.net.ssl.SSLParameters;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
final class ParleyTest {
  private static final Duration SOON = Duration.ofSeconds(10);

  @Nested
  @DisplayName("a pipe")
  final class APipe {
    @Test
    void withoutUrlEchoesByItself() {
      assertThat(Command.run("hello\nwörld\n")).isEqualTo(new Command(0, "hello\nwörld\n", ""));
    }

    @Test
    void sendsEachLineAndPrintsEachMessage() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(
            Scenario.accept()
                .expect("one")
                .send("eins")
                .expect("")
                .send("")
                .expectClose(CloseReason.NORMAL));

        assertThat(Command.run("one\n\n", server.url())).isEqualTo(new Command(0, "eins\n\n", ""));
      }
    }

    @Test
    void printsWhatComesBeforeThePeersClose() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(
            Scenario.accept()
                .expect(new Frame.Close(CloseReason.NORMAL))
                .send("late")
                .send(RawFrame.text("and split").withFin(false))
                .send(RawFrame.of(0, new byte[] {'!'}))
                .send(new Frame.Close(CloseReason.NORMAL))
                .endOfStream());

        assertThat(Command.run("", server.url()))
            .isEqualTo(new Command(0, "late\nand split!\n", ""));
      }
    }

    @Test
    @Timeout(10)
    void leavesSoonThoughThePeerKeepsTheConnection() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(
            Scenario.accept()
                .expect(new Frame.Close(CloseReason.NORMAL))
                .send(new Frame.Close(CloseReason.NORMAL)));

        assertThat(Command.run("", server.url())).isEqualTo(new Command(0, "", ""));
      }
    }

    @Test
    void leavesWhenThePeerClosesThoughTheInputGoesOn() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(Scenario.accept().send("bye").close(CloseReason.GOING_AWAY));

        assertThat(Command.run(Command.silence(), server.url()))
            .isEqualTo(new Command(0, "bye\n", ""));
      }
    }

    @Test
    void keepsEachMessageOnItsLine() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(Scenario.accept().send("a\nb\r\n\u001b[2J\tc\\n").close(CloseReason.NORMAL));

        assertThat(Command.run(Command.silence(), server.url()).out())
            .isEqualTo("a\\nb\\r\\n\\u001b[2J\tc\\n\n");
      }
    }

    @Test
    void printsBinaryMessagesAsHex() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(
            Scenario.accept()
                .expect(new Frame.Binary(new byte[] {'h', 'i'}))
                .send(new Frame.Binary(new byte[] {0, 1, (byte) 0xff}))
                .expectClose(CloseReason.NORMAL));

        assertThat(Command.run("hi\n", "-b", server.url()))
            .isEqualTo(new Command(0, "0001ff\n", ""));
      }
    }

    @Test
    void carriesManyLines() {
      String lines =
          IntStream.range(0, 20_000)
              .mapToObj(number -> "line " + number + "\n")
              .collect(Collectors.joining());

      assertThat(Command.run(lines)).isEqualTo(new Command(0, lines, ""));
    }

    @Test
    void carriesAMessageThatIsCompressed() {
      String line = "all work and no play ".repeat(100_000) + "\n";

      assertThat(Command.run(line)).isEqualTo(new Command(0, line, ""));
    }

    @Test
    void refusesToSendWhatIsNotUtf8() {
      byte[] input = {'o', 'k', '\n', (byte) 0xff, '\n', 'n', 'o', '\n'};

      Command command = Command.run(new ByteArrayInputStream(input));

      assertThat(command.status()).isEqualTo(1);
      assertThat(command.out()).isEqualTo("ok\n");
      assertThat(command.err())
          .isEqualTo("parley: message 2 is not UTF-8; --binary sends what is not text\n");
    }

    @Test
    void saysThatNobodyReadsItsOutput() {
      OutputStream gone =
          new OutputStream() {
            @Override
            public void write(int b) throws IOException {
              throw new IOException("Broken pipe");
            }
          };
      java.io.ByteArrayOutputStream err = new java.io.ByteArrayOutputStream();

      int status =
          Parley.run(
              new StandardStreams(
                  new ByteArrayInputStream(new byte[] {'a', '\n'}),
                  gone,
                  new PrintStream(err, true, StandardCharsets.UTF_8),
                  false));

      assertThat(status).isEqualTo(1);
      assertThat(err.toString(StandardCharsets.UTF_8))
          .isEqualTo("parley: cannot write to standard output: Broken pipe\n");
    }
  }

  @Nested
  @DisplayName("-x")
  final class Execute {
    @Test
    void sendsItsMessagesInPlaceOfTheInput() {
      assertThat(Command.run("not sent\n", "-x", "a\nb", "-x", "c", "-w", "0"))
          .isEqualTo(new Command(0, "a\\nb\nc\n", ""));
    }

    @Test
    void waitsForAnswers() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(
            Scenario.accept()
                .expect("question")
                .pause(Duration.ofMillis(100))
                .send("answer")
                .expectClose(CloseReason.NORMAL));

        assertThat(Command.run("", "-x", "question", "-w", "0.5", server.url()))
            .isEqualTo(new Command(0, "answer\n", ""));
      }
    }

    @Test
    void stopsWaitingWhenThePeerCloses() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(Scenario.accept().expect("bye").close(CloseReason.NORMAL));

        assertThat(Command.run("", "--execute", "bye", "--wait", "1000", server.url()).status())
            .isZero();
      }
    }
  }

  @Nested
  @DisplayName("exit status")
  final class ExitStatus {
    @ParameterizedTest
    @ValueSource(ints = {1000, 1001})
    void isZeroForNormalCloses(int code) {
      assertThat(closedWith(new Frame.Close(new CloseReason(code, "done"))))
          .isEqualTo(new Command(0, "", ""));
    }

    @Test
    void isZeroForACloseWithoutCode() {
      assertThat(closedWith(new Frame.Close())).isEqualTo(new Command(0, "", ""));
    }

    @ParameterizedTest
    @ValueSource(ints = {1002, 1008, 1011, 3000, 4999})
    void isOneForOtherCloses(int code) {
      assertThat(closedWith(new Frame.Close(new CloseReason(code, "no\u001bway"))))
          .isEqualTo(new Command(1, "", "parley: closed: " + code + " no\\u001bway\n"));
    }

    private Command closedWith(Frame.Close close) {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(Scenario.accept().send(close));
        return Command.run(Command.silence(), server.url());
      }
    }

    @Test
    void isOneForAnEndWithoutClose() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(Scenario.accept().send("first").endOfStream());

        Command command = Command.run(Command.silence(), server.url());

        assertThat(command.status()).isEqualTo(1);
        assertThat(command.out()).isEqualTo("first\n");
        assertThat(command.err()).startsWith("parley: ").hasLineCount(1);
      }
    }

    @Test
    void isOneForAPeerThatBreaksTheProtocol() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(
            Scenario.accept().send("first").send(RawFrame.text("second").withRsv2(true)));

        Command command = Command.run(Command.silence(), server.url());

        assertThat(command.status()).isEqualTo(1);
        assertThat(command.out()).isEqualTo("first\n");
        assertThat(command.err()).contains("RFC 6455").hasLineCount(1);
      }
    }

    @Test
    void isOneForARefusal() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(Scenario.reject(403, Headers.EMPTY, "go away"));

        assertThat(Command.run("", server.url()))
            .isEqualTo(new Command(1, "", "parley: refused: 403 Rejected\n"));
      }
    }

    @Test
    void isOneForARedirectAndSaysWhereTo() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        Headers location = Headers.builder().add("Location", "wss://other.example/").build();
        server.enqueue(Scenario.reject(307, location, ""));

        assertThat(Command.run("", server.url()).err())
            .isEqualTo("parley: refused: 307 Rejected, it is at wss://other.example/\n");
      }
    }

    @Test
    void isOneWhereNobodyListens() throws IOException {
      try (Socket held = new Socket()) { // at a port that nobody else can get to listen at
        held.bind(null);
        int port = held.getLocalPort();

        Command command = Command.run("", "ws://127.0.0.1:" + port + "/?token=hidden");

        assertThat(command.status()).isEqualTo(1);
        assertThat(command.err())
            .contains("127.0.0.1:" + port, "refused")
            .doesNotContain("hidden")
            .hasLineCount(1);
      }
    }

    @Test
    void isOneForAServerThatNeverAnswers() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(Scenario.empty().stall());

        Command command = Command.run("", "--connect-timeout", "0.2", server.url());

        assertThat(command.status()).isEqualTo(1);
        assertThat(command.err()).startsWith("parley: cannot open ").hasLineCount(1);
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "--no-such-option",
          "nonsense",
          "http://a b/",
          "ws://host/#fragment",
          "ws://a ws://b",
          "-H no-colon ws://127.0.0.1:1",
          "-H Connection:close ws://127.0.0.1:1",
          "-s no;token ws://127.0.0.1:1",
          "--cacert /no/such/file wss://127.0.0.1:1",
          "--key key.pem wss://127.0.0.1:1",
          "--ping 0 ws://127.0.0.1:1",
          "--connect-timeout x ws://127.0.0.1:1",
          "--proxy ftp://proxy:8080 ws://127.0.0.1:1",
          "--proxy http://proxy:x ws://127.0.0.1:1",
          "serve --port 65536",
          "autobahn",
          "autobahn --cases x ws://127.0.0.1:1"
        })
    void isTwoForWrongUsage(String arguments) {
      Command command = Command.run("", arguments.split(" "));

      assertThat(command.status()).isEqualTo(2);
      assertThat(command.out()).isEmpty();
      assertThat(command.err()).startsWith("parley: ").endsWith("Try 'parley --help'.\n");
    }
  }

  @Nested
  @DisplayName("--proxy")
  final class ThroughAProxy {
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void goesThroughATunnel(boolean secure) {
      try (MockProxy proxy = MockProxy.start();
          MockWebSocketServer server =
              MockWebSocketServer.start(
                  config -> {
                    if (secure) {
                      config.tls(TestCertificates.serverContext());
                    }
                  })) {
        Command command =
            Command.run(
                "hello\n",
                "--proxy",
                "user:secret@localhost:" + proxy.port(),
                "--cacert=" + TestCertificates.authorityFile(),
                server.url());

        assertThat(command).isEqualTo(new Command(0, "hello\n", ""));
        RequestHead request = proxy.takeRequest(SOON);
        assertThat(request.target()).isEqualTo("localhost:" + server.port());
        assertThat(request.headers().contains("Proxy-Authorization")).isTrue();
        Headers headers = server.takeHandshake(SOON).request().headers();
        assertThat(headers.contains("Proxy-Authorization")).isFalse();
      }
    }

    @Test
    void saysWhyThereIsNoTunnel() {
      try (MockProxy proxy = MockProxy.start()) {
        Headers offer = Headers.builder().add("Proxy-Authenticate", "Basic realm=\"gate\"").build();
        proxy.enqueue(new ResponseHead(407, "Proxy Authentication Required", offer));

        Command command = Command.run("", "--proxy", proxy.url(), "ws://nowhere.invalid/");

        assertThat(command.status()).isEqualTo(1);
        assertThat(command.out()).isEmpty();
        assertThat(command.err())
            .isEqualTo(
                "parley: cannot open ws://nowhere.invalid/: the proxy localhost:%d refused the tunnel"
                        .formatted(proxy.port())
                    + " to nowhere.invalid:80: 407 Proxy Authentication Required, offered Basic;"
                    + " connected to 127.0.0.1:%d\n".formatted(proxy.port()));
      }
    }

    @Test
    void needsSomebodyThere() throws IOException {
      try (Socket held = new Socket()) { // at a port that nobody else can get to listen at
        held.bind(null);
        int port = held.getLocalPort();

        Command command = Command.run("", "--proxy=socks5://127.0.0.1:" + port, "ws://a.invalid/");

        assertThat(command.status()).isEqualTo(1);
        assertThat(command.err())
            .contains("the proxy 127.0.0.1:" + port + " is out of reach")
            .hasLineCount(1);
      }
    }
  }

  @Nested
  @DisplayName("options of the opening")
  final class Opening {
    @Test
    void headersAndSubprotocolsAreSent() {
      try (MockWebSocketServer server =
          MockWebSocketServer.start(config -> config.subprotocols("chat"))) {
        Command command =
            Command.run(
                "",
                "-H",
                "X-One: 1",
                "-H",
                "X-One:2",
                "--header=X-Empty:",
                "-s",
                "superchat,chat",
                server.url("/path?a=b"));

        assertThat(command).isEqualTo(new Command(0, "", ""));
        MockConnection.Handshake handshake = server.takeHandshake(SOON);
        Headers headers = handshake.request().headers();
        assertThat(handshake.request().target()).isEqualTo("/path?a=b");
        assertThat(headers.getAll("X-One")).containsExactly("1", "2");
        assertThat(headers.getAll("X-Empty")).containsExactly("");
        assertThat(headers.get("Sec-WebSocket-Protocol")).isEqualTo("superchat, chat");
      }
    }

    @Test
    void compressionIsOfferedUnlessItIsNotWanted() {
      try (MockWebSocketServer server =
          MockWebSocketServer.start(
              config ->
                  config.extensions(all -> all.install(WebSocketExtensions.perMessageDeflate())))) {
        assertThat(Command.run("", server.url()).status()).isZero();
        assertThat(Command.run("", "--no-compress", server.url()).status()).isZero();

        String header = "Sec-WebSocket-Extensions";
        assertThat(server.takeHandshake(SOON).request().headers().get(header))
            .isEqualTo("permessage-deflate; client_max_window_bits");
        assertThat(server.takeHandshake(SOON).request().headers().get(header)).isNull();
      }
    }

    @Test
    void pingsAreSent() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(
            Scenario.accept()
                .expect("Ping", frame -> frame instanceof Frame.Ping)
                .close(CloseReason.NORMAL));

        assertThat(Command.run(Command.silence(), "--ping", "0.05", server.url()).status())
            .isZero();
      }
    }

    @Test
    void verboseShowsTheHandshakeWithoutItsSecrets() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(
            Scenario.accept(Headers.builder().add("Set-Cookie", "id=hidden").build()).echo());

        Command command =
            Command.run(
                "",
                "-v",
                "-H",
                "Authorization: Basic hidden",
                "-H",
                "cookie: hidden",
                "-H",
                "X-Api-Key: hidden",
                "-H",
                "X-Plain: shown",
                server.url("/a?room=1&token=hidden"));

        assertThat(command.out()).isEmpty();
        assertThat(command.err())
            .doesNotContain("hidden")
            .contains(
                "> GET /a?room=1&token=***** HTTP/1.1\n",
                "> Authorization: *****\n",
                "> cookie: *****\n",
                "> X-Plain: shown\n",
                "< HTTP/1.1 101 Switching Protocols\n",
                "< Set-Cookie: *****\n");
      }
    }

    @Test
    void verboseShowsAResponseThatBreaksTheHandshake() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(
            Scenario.accept(Headers.builder().add("Sec-WebSocket-Accept", "wrong").build()));

        Command command = Command.run("", "-v", server.url());

        assertThat(command.status()).isEqualTo(1);
        assertThat(command.err())
            .contains("> GET / HTTP/1.1\n", "< HTTP/1.1 101 ", "< Sec-WebSocket-Accept: wrong\n");
        assertThat(command.err().lines().filter(line -> line.startsWith("parley: "))).hasSize(1);
      }
    }

    @Test
    void verboseShowsTheBodyOfARefusal() {
      try (MockWebSocketServer server = MockWebSocketServer.start()) {
        server.enqueue(Scenario.reject(401, Headers.EMPTY, "first\n\u001b[2Jsecond"));

        assertThat(Command.run("", "-v", server.url()).err())
            .contains("< HTTP/1.1 401 Rejected\n", "< first\n< \\u001b[2Jsecond\n")
            .endsWith("parley: refused: 401 Rejected\n");
      }
    }
  }

  @Nested
  @DisplayName("TLS")
  final class Tls {
    @TempDir Path directory;

    @Test
    void trustsNobodyThatThePlatformDoesNot() {
      try (MockWebSocketServer server =
          MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()))) {
        Command command = Command.run("", server.url());

        assertThat(command.status()).isEqualTo(1);
        assertThat(command.err()).contains("cert").hasLineCount(1);
      }
    }

    @Test
    void trustsTheAuthoritiesOfAFile() {
      try (MockWebSocketServer server =
          MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()))) {
        assertThat(
                Command.run(
                    "hello\n",
                    "--cacert",
                    TestCertificates.authorityFile().toString(),
                    server.url()))
            .isEqualTo(new Command(0, "hello\n", ""));
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-k", "--insecure"})
    void insecureTrustsAnybody(String option) {
      try (MockWebSocketServer server =
          MockWebSocketServer.start(
              config -> config.tls(TestCertificates.issue(Subject.WRONG_HOST).context()))) {
        assertThat(Command.run("hello\n", option, server.url()))
            .isEqualTo(new Command(0, "hello\n", ""));
      }
    }

    @Test
    void presentsAClientCertificate() {
      TestCertificates.Issued client = TestCertificates.issue(Subject.CLIENT);
      SSLParameters parameters = new SSLParameters();
      parameters.setNeedClientAuth(true);
      try (MockWebSocketServer server =
          MockWebSocketServer.start(
              config -> config.tls(TestCertificates.serverContext(), parameters))) {
        assertThat(
                Command.run(
                    "hello\n",
                    "--cacert",
                    TestCertificates.authorityFile().toString(),
                    "--cert",
                    client.certificateFile().toString(),
                    "--key",
                    client.keyFile().toString(),
                    server.url()))
            .isEqualTo(new Command(0, "hello\n", ""));
      }
    }

    @Test
    void keyAndCertificateMayShareAFile() throws IOException {
      TestCertificates.Issued client = TestCertificates.issue(Subject.CLIENT);
      Path both = directory.resolve("both.pem");
      Files.writeString(
          both, Files.readString(client.keyFile()) + Files.readString(client.certificateFile()));
      SSLParameters parameters = new SSLParameters();
      parameters.setNeedClientAuth(true);
      try (MockWebSocketServer server =
          MockWebSocketServer.start(
              config -> config.tls(TestCertificates.serverContext(), parameters))) {
        assertThat(Command.run("", "-k", "--cert", both.toString(), server.url()).status())
            .isZero();
      }
    }

    @Test
    void anEncryptedKeyNeedsItsPassword() throws IOException, GeneralSecurityException {
      TestCertificates.Issued client = TestCertificates.issue(Subject.CLIENT);
      Path encrypted = directory.resolve("encrypted.pem");
      Files.writeString(encrypted, encrypted(Files.readString(client.keyFile()), "secret"));
      String[] options = {
        "--cert", client.certificateFile().toString(), "--key", encrypted.toString(), "-k"
      };
      SSLParameters parameters = new SSLParameters();
      parameters.setNeedClientAuth(true);
      try (MockWebSocketServer server =
          MockWebSocketServer.start(
              config -> config.tls(TestCertificates.serverContext(), parameters))) {
        Command without = Command.run("", with(options, server.url()));
        assertThat(without.status()).isEqualTo(2);
        assertThat(without.err()).contains("is encrypted: give its password");

        assertThat(Command.run("hi\n", with(options, "--pass", "secret", server.url())))
            .isEqualTo(new Command(0, "hi\n", ""));
      }
    }

    private static String[] with(String[] options, String... more) {
      return Stream.concat(Stream.of(options), Stream.of(more)).toArray(String[]::new);
    }

    private static String encrypted(String pem, String password)
        throws IOException, GeneralSecurityException {
      byte[] der = Base64.getMimeDecoder().decode(pem.replaceAll("-----.*-----", ""));
      String scheme = "PBEWithSHA1AndDESede";
      Cipher cipher = Cipher.getInstance(scheme);
      cipher.init(
          Cipher.ENCRYPT_MODE,
          SecretKeyFactory.getInstance(scheme)
              .generateSecret(new PBEKeySpec(password.toCharArray())));
      byte[] encrypted =
          new EncryptedPrivateKeyInfo(cipher.getParameters(), cipher.doFinal(der)).getEncoded();
      return "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
          + Base64.getMimeEncoder().encodeToString(encrypted)
          + "\n-----END ENCRYPTED PRIVATE KEY-----\n";
    }

    @Test
    void aPinnedKeyIsAskedFor() throws IOException, GeneralSecurityException {
      X509Certificate certificate;
      try (InputStream in = Files.newInputStream(TestCertificates.authorityFile())) {
        certificate =
            (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(in);
      }
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(certificate.getPublicKey().getEncoded());
      String pin = "sha256/" + Base64.getEncoder().encodeToString(hash);
      String other = "sha256/" + Base64.getEncoder().encodeToString(new byte[32]);
      String authority = TestCertificates.authorityFile().toString();
      try (MockWebSocketServer server =
          MockWebSocketServer.start(config -> config.tls(TestCertificates.serverContext()))) {
        String[] options = {"--cacert", authority, "--pinnedpubkey"};
        assertThat(Command.run("hi\n", with(options, other + ";" + pin, server.url())))
            .isEqualTo(new Command(0, "hi\n", ""));
        Command refused = Command.run("hi\n", with(options, other, server.url()));
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.err()).contains("has no pinned key").contains(pin).hasLineCount(1);
        assertThat(Command.run("", with(options, "sha256/x", server.url())).status()).isEqualTo(2);
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"--cacert", "--cert"})
    void aFileWithoutCertificateIsRefused(String option) throws IOException {
      Path empty = Files.createFile(directory.resolve("empty.pem"));

      Command command = Command.run("", option, empty.toString(), "wss://a");

      assertThat(command.status()).isEqualTo(2);
      assertThat(command.err()).contains("empty.pem: no certificate");
    }
  }

  @Test
  void helpGoesToStandardOutput() {
    Command command = Command.run("", "--help");

    assertThat(command.status()).isZero();
    assertThat(command.err()).isEmpty();
    assertThat(command.out()).startsWith("Usage: parley").contains("autobahn", "serve");
  }

  @Test
  void everyOptionIsInTheHowTo() throws IOException {
    String howTo =
        Files.readString(Path.of(System.getProperty("parley.root"), "docs/howto/command-line.md"));
    String help =
        Command.run("", "--help").out()
            + Command.run("", "serve", "--help").out()
            + Command.run("", "autobahn", "--help").out();

    assertThat(Pattern.compile("--[a-z-]+").matcher(help).results().map(MatchResult::group))
        .hasSizeGreaterThan(15)
        .allSatisfy(option -> assertThat(howTo).contains("`" + option));
  }
}
