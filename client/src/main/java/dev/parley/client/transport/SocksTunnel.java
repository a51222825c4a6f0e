// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import dev.parley.client.transport.ProxyException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A tunnel through a SOCKS proxy, 4a or 5, to a name that the proxy looks up. */
final class SocksTunnel {
  private static final int CONNECT = 1;

  private static final int VERSION_4 = 4;
  private static final int GRANTED_4 = 90;

  private static final int VERSION_5 = 5;
  private static final int NO_AUTHENTICATION = 0;
  private static final int USER_AND_PASSWORD = 2;
  private static final int NO_ACCEPTABLE_METHOD = 0xff;
  private static final int LOGIN_VERSION = 1;
  private static final int IPV4 = 1;
  private static final int NAME = 3;
  private static final int IPV6 = 4;

  private static final Pattern IPV4_ADDRESS =
      Pattern.compile("(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})\\.(\\d{1,3})");

  private final TunnelExchange exchange;
  private final ProxyOptions proxy;

  private SocksTunnel(TunnelExchange exchange) {
    this.exchange = exchange;
    this.proxy = exchange.proxy();
  }

  /** Opens a tunnel by SOCKS 4a. An IPv6 address goes as a name: there is no other form for it. */
  static void open4a(TunnelExchange exchange) throws IOException, InterruptedException {
    SocksTunnel tunnel = new SocksTunnel(exchange);
    exchange.send(tunnel.request4a());
    tunnel.receiveReply4();
  }

  /** Opens a tunnel by SOCKS 5. */
  static void open5(TunnelExchange exchange) throws IOException, InterruptedException {
    SocksTunnel tunnel = new SocksTunnel(exchange);
    byte[] request = tunnel.request5(); // refuses what cannot be asked for, before anything is said
    tunnel.agreeOnMethod();
    exchange.send(request);
    tunnel.receiveReply5();
  }

  private byte[] request4a() {
    byte[] address = ipv4(exchange.destination().host());
    Message request = new Message().add(VERSION_4, CONNECT).addPort(exchange.destination().port());
    // 0.0.0.x is no address: it says that the name stands at the end.
    request.add(address != null ? address : new byte[] {0, 0, 0, 1});
    request.add(bytes(proxy.user() == null ? "" : proxy.user())).add(0);
    if (address == null) {
      request.add(bytes(exchange.destination().host())).add(0);
    }
    return request.toByteArray();
  }

  private void receiveReply4() throws IOException, InterruptedException {
    requireVersion(0); // of the reply, not of the protocol
    int code = exchange.receive();
    if (code != GRANTED_4) {
      throw switch (code) {
        case 92, 93 -> refused(Reason.CREDENTIALS, code, "the user is not known there");
        default -> refused(Reason.REFUSED, code, "rejected or failed");
      };
    }
    skip(6); // port and address, which mean nothing here
  }

  /** RFC 1928 §3. */
  private void agreeOnMethod() throws IOException, InterruptedException {
    boolean known = proxy.user() != null;
    Message offer = new Message();
    if (known) {
      offer.add(VERSION_5, 2, NO_AUTHENTICATION, USER_AND_PASSWORD);
    } else {
      offer.add(VERSION_5, 1, NO_AUTHENTICATION);
    }
    exchange.send(offer.toByteArray());
    requireVersion(VERSION_5);
    int method = exchange.receive();
    if (method == USER_AND_PASSWORD && known) {
      logIn();
    } else if (method == NO_ACCEPTABLE_METHOD) {
      throw refused(
          Reason.CREDENTIALS,
          method,
          known ? "takes neither user and password nor none" : "wants credentials");
    } else if (method != NO_AUTHENTICATION) {
      throw exchange.malformed("chose SOCKS5 method " + method + ", which was not offered", null);
    }
  }

  /** RFC 1929 §2. Deviation: the version of the answer is not looked at, some proxies say 5. */
  private void logIn() throws IOException, InterruptedException {
    byte[] user = bytes(Objects.requireNonNull(proxy.user(), "user"));
    byte[] password = bytes(proxy.password());
    exchange.send(
        new Message()
            .add(LOGIN_VERSION, user.length)
            .add(user)
            .add(password.length)
            .add(password)
            .toByteArray());
    skip(1);
    int status = exchange.receive();
    if (status != 0) {
      throw refused(Reason.CREDENTIALS, status, "user or password is wrong");
    }
  }

  /** RFC 1928 §4. */
  private byte[] request5() throws UnknownHostException {
    String host = exchange.destination().host();
    byte[] ipv4 = ipv4(host);
    Message request = new Message().add(VERSION_5, CONNECT, 0);
    if (ipv4 != null) {
      request.add(IPV4).add(ipv4);
    } else if (host.indexOf(':') >= 0) {
      // In brackets it is read and never looked up.
      request.add(IPV6).add(InetAddress.getByName("[" + host + "]").getAddress());
    } else {
      byte[] name = bytes(host);
      if (name.length > 255) {
        throw new IllegalArgumentException(
            "host of " + name.length + " bytes, at most 255 in SOCKS5");
      }
      request.add(NAME, name.length).add(name);
    }
    return request.addPort(exchange.destination().port()).toByteArray();
  }

  /** RFC 1928 §6. A refusal may end after its code. */
  private void receiveReply5() throws IOException, InterruptedException {
    requireVersion(VERSION_5);
    int code = exchange.receive();
    if (code != 0) {
      throw refused(Reason.REFUSED, code, meaning5(code));
    }
    skip(1);
    int type = exchange.receive();
    skip(
        switch (type) {
          case IPV4 -> 4;
          case IPV6 -> 16;
          case NAME -> exchange.receive();
          default -> throw exchange.malformed("answered with address type " + type, null);
        });
    skip(2);
  }

  private static String meaning5(int code) {
    return switch (code) {
      case 1 -> "general failure";
      case 2 -> "not allowed by its rules";
      case 3 -> "network unreachable";
      case 4 -> "host unreachable";
      case 5 -> "connection refused";
      case 6 -> "too many hops";
      case 7 -> "command not supported";
      case 8 -> "address type not supported";
      default -> "not a code of RFC 1928";
    };
  }

  private void requireVersion(int expected) throws IOException, InterruptedException {
    int version = exchange.receive();
    if (version != expected) {
      throw exchange.malformed(
          "answered something else than SOCKS: first byte " + version + ", expected " + expected,
          null);
    }
  }

  private ProxyException refused(Reason reason, int code, String why) {
    String protocol = proxy.kind() == ProxyOptions.Kind.SOCKS5 ? "SOCKS5" : "SOCKS4";
    return new ProxyException(
        reason, code, exchange.refusal(protocol + " reply " + code + ", " + why));
  }

  private void skip(int count) throws IOException, InterruptedException {
    for (int i = 0; i < count; i++) {
      exchange.receive();
    }
  }

  private static byte @Nullable [] ipv4(String host) {
    Matcher numbers = IPV4_ADDRESS.matcher(host);
    if (!numbers.matches()) {
      return null;
    }
    byte[] address = new byte[4];
    for (int i = 0; i < 4; i++) {
      int number = Integer.parseInt(numbers.group(i + 1));
      if (number > 255) {
        return null;
      }
      address[i] = (byte) number;
    }
    return address;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Bytes to send. */
  private static final class Message {
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Message add(int... octets) {
      for (int octet : octets) {
        bytes.write(octet);
      }
      return this;
    }

    Message add(byte[] octets) {
      bytes.writeBytes(octets);
      return this;
    }

    Message addPort(int port) {
      return add(port >> 8, port & 0xff);
    }

    byte[] toByteArray() {
      return bytes.toByteArray();
    }
  }
}
