// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.net.SocketAddress;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Where a transport leads.
 *
 * @param local this end
 * @param remote the other end; the proxy if there is one
 * @param tls protocol, cipher suite and certificates, or {@code null} without TLS; those of an
 *     HTTPS proxy where only the way to it is encrypted
 */
public record TransportInfo(SocketAddress local, SocketAddress remote, @Nullable SSLSession tls) {}
