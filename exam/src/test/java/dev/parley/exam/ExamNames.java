// SPDX-License-Identifier: Apache-2.0
package dev.parley.exam;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.net.spi.InetAddressResolver;
import java.net.spi.InetAddressResolver.LookupPolicy;
import java.net.spi.InetAddressResolverProvider;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * Names that exist in this JVM only: those below {@code exam.test}, each with the addresses that a
 * test gives it, and {@code example.com} and all below {@code example}, which lead to the loopback
 * interface. All others are looked up as ever.
 */
public final class ExamNames extends InetAddressResolverProvider {
  private static final String DOMAIN = ".exam.test";
  private static final Map<String, List<InetAddress>> ADDRESSES = new ConcurrentHashMap<>();

  /** Gives a name its addresses; none for a name that exists and has no address. */
  static String name(String name, InetAddress... addresses) {
    String whole = name + DOMAIN;
    ADDRESSES.put(whole, List.of(addresses));
    return whole;
  }

  /** Returns a name that does not exist. */
  static String unknown() {
    return "unknown" + DOMAIN;
  }

  /** Returns a name for which no name server ever answers. */
  static String unanswered() {
    return "unanswered" + DOMAIN;
  }

  @Override
  public InetAddressResolver get(Configuration configuration) {
    InetAddressResolver others = configuration.builtinResolver();
    return new InetAddressResolver() {
      @Override
      public Stream<InetAddress> lookupByName(String host, LookupPolicy policy)
          throws UnknownHostException {
        if (host.equals(unanswered())) {
          throw new AssertionError(new CompletableFuture<>().join()); // never completed
        }
        if (host.equals("example.com") || host.endsWith(".example")) {
          return Stream.of(InetAddress.getByAddress(host, new byte[] {127, 0, 0, 1}));
        }
        List<InetAddress> addresses = ADDRESSES.get(host);
        if (addresses == null && host.endsWith(DOMAIN)) {
          throw new UnknownHostException(host);
        }
        return addresses == null ? others.lookupByName(host, policy) : addresses.stream();
      }

      @Override
      public String lookupByAddress(byte[] address) throws UnknownHostException {
        return others.lookupByAddress(address);
      }
    };
  }

  @Override
  public String name() {
    return "names of the exam";
  }
}
