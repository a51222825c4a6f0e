// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

/**
 * The parameters of {@code permessage-deflate} (RFC 7692 §7.1), as offered or as answered.
 *
 * @param serverForgets server_no_context_takeover
 * @param clientForgets client_no_context_takeover
 * @param serverBits server_max_window_bits; {@code 0} where it is not there
 * @param clientBits client_max_window_bits; {@code 0} where it is not there, 15 where it has no
 *     value
 */
public record Deflate(
    boolean serverForgets, boolean clientForgets, int serverBits, int clientBits) {
  static final String NAME = "permessage-deflate";
  static final Deflate DEFAULT = new Deflate(false, false, 0, 0);

  /**
   * Reads an offer; it is the client's own, and is expected to be right.
   *
   * @throws Departure if a number in it is none
   */
  static Deflate parse(String offer) {
    boolean serverForgets = false;
    boolean clientForgets = false;
    int serverBits = 0;
    int clientBits = 0;
    for (String parameter : offer.split(";", -1)) {
      String[] parts = parameter.replace("\"", "").split("=", -1);
      int bits = parts.length > 1 ? number(parts[1].strip(), offer) : 15;
      switch (parts[0].strip()) {
        case "server_no_context_takeover" -> serverForgets = true;
        case "client_no_context_takeover" -> clientForgets = true;
        case "server_max_window_bits" -> serverBits = bits;
        case "client_max_window_bits" -> clientBits = bits;
        default -> {} // the name itself
      }
    }
    return new Deflate(serverForgets, clientForgets, serverBits, clientBits);
  }

  private static int number(String value, String offer) {
    try {
      return Integer.parseInt(value);
    } catch (NumberFormatException e) {
      throw Departure.failed("the client's offer has no number where one is due: " + offer);
    }
  }

  /** Returns the answer nearest to this one that an offer allows. */
  Deflate within(Deflate offer) {
    return new Deflate(
        serverForgets || offer.serverForgets,
        clientForgets, // what the client offers for itself need not be repeated (RFC 7692 §7.1.1.2)
        least(serverBits, offer.serverBits),
        offer.clientBits == 15 ? clientBits : least(clientBits, offer.clientBits));
  }

  private static int least(int asked, int offered) {
    return offered == 0 || asked == 0 ? Math.max(asked, offered) : Math.min(asked, offered);
  }

  /** Returns it as the value of the field {@code Sec-WebSocket-Extensions}. */
  public String print() {
    return NAME
        + (serverForgets ? "; server_no_context_takeover" : "")
        + (clientForgets ? "; client_no_context_takeover" : "")
        + (serverBits > 0 ? "; server_max_window_bits=" + serverBits : "")
        + (clientBits > 0 ? "; client_max_window_bits=" + clientBits : "");
  }
}
