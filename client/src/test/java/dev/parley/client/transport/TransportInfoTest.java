// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSession;
import org.junit.jupiter.api.Test;

final class TransportInfoTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final InetSocketAddress LOCAL = new InetSocketAddress(LOOPBACK, 4711);
  private static final InetSocketAddress REMOTE = new InetSocketAddress(LOOPBACK, 3128);

  private static TransportInfo to(SocketAddress remote) {
    return new TransportInfo(LOCAL, remote, null);
  }

  @Test
  void tellsTheAddressAndNotTheNameThatLedToIt() throws Exception {
    InetAddress named = InetAddress.getByAddress("www.example", new byte[] {127, 0, 0, 2});
    assertThat(to(new InetSocketAddress(named, 80))).hasToString("connected to 127.0.0.2:80");
    InetAddress six = InetAddress.getByAddress(new byte[16]);
    assertThat(to(new InetSocketAddress(six, 80))).hasToString("connected to [0:0:0:0:0:0:0:0]:80");
  }

  @Test
  void tellsWhateverAddressThereIs() {
    assertThat(to(UnixDomainSocketAddress.of("/run/chat.sock")))
        .hasToString("connected to /run/chat.sock");
    assertThat(to(InetSocketAddress.createUnresolved("memory", 0)))
        .hasToString("connected to memory:0");
  }

  @Test
  void tellsTheProxyWithoutItsCredentials() {
    ProxyOptions proxy = ProxyOptions.parse("http://user:hunter2@proxy.example:3128");
    assertThat(new TransportInfo(LOCAL, REMOTE, null, proxy))
        .hasToString("connected through the proxy http://proxy.example:3128 at 127.0.0.1:3128");
  }

  @Test
  void tellsTheVersionOfTls() throws Exception {
    SSLSession session = SSLContext.getDefault().createSSLEngine().getSession();
    assertThat(session.getProtocol()).isEqualTo("NONE"); // before any handshake
    assertThat(new TransportInfo(LOCAL, REMOTE, session))
        .hasToString("connected to 127.0.0.1:3128 over NONE");
  }
}
