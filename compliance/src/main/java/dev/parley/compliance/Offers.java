// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import dev.parley.compliance.Section.Group;

/** Answers to offers of permessage-deflate that ask for something (RFC 7692 §7.1). */
final class Offers {
  private static final Deflate SMALL_SERVER = new Deflate(false, false, 10, 15);
  private static final Deflate SMALL_CLIENT = new Deflate(false, false, 0, 10);
  private static final Deflate SERVER_FORGETS = new Deflate(true, false, 0, 15);
  private static final Deflate CLIENT_FORGETS = new Deflate(false, true, 0, 15);
  private static final Deflate EVERYTHING = new Deflate(true, true, 9, 9);

  private Offers() {}

  static void add(Section section) {
    serverWindow(section.group("Answers to server_max_window_bits=10", "RFC 7692 §7.1.2.1"));
    clientWindow(section.group("Answers to client_max_window_bits=10", "RFC 7692 §7.1.2.2"));
    serverContext(section.group("Answers to server_no_context_takeover", "RFC 7692 §7.1.1.1"));
    clientContext(section.group("Answers to client_no_context_takeover", "RFC 7692 §7.1.1.2"));
    Group all = section.group("Answers to an offer with all four", "RFC 7692 §7.1");
    opens(all, EVERYTHING, EVERYTHING, EVERYTHING);
    Deflate less = new Deflate(true, true, 8, 8);
    opens(all, EVERYTHING, less, less);
    // What the client said of itself holds, though the answer is silent on it.
    opens(all, EVERYTHING, new Deflate(true, false, 9, 0), EVERYTHING);
    refused(all, EVERYTHING, Deflate.DEFAULT);
    refused(all, EVERYTHING, new Deflate(false, true, 9, 9));
    refused(all, EVERYTHING, new Deflate(true, true, 0, 9));
    refused(all, EVERYTHING, new Deflate(true, true, 10, 9));
    refused(all, EVERYTHING, new Deflate(true, true, 9, 10));
  }

  private static void serverWindow(Group group) {
    for (int bits : new int[] {8, 9, 10}) {
      Deflate answer = new Deflate(false, false, bits, 0);
      opens(group, SMALL_SERVER, answer, answer);
    }
    for (int bits : new int[] {0, 11, 12, 15}) {
      refused(group, SMALL_SERVER, new Deflate(false, false, bits, 0));
    }
  }

  private static void clientWindow(Group group) {
    for (int bits : new int[] {0, 8, 9, 10}) {
      // Where the answer is silent, what the client said of itself holds.
      Deflate holds = new Deflate(false, false, 0, bits == 0 ? 10 : bits);
      opens(group, SMALL_CLIENT, new Deflate(false, false, 0, bits), holds);
    }
    for (int bits : new int[] {11, 12, 15}) {
      refused(group, SMALL_CLIENT, new Deflate(false, false, 0, bits));
    }
    for (int bits : new int[] {8, 10, 15}) {
      refused(group, Deflate.DEFAULT, new Deflate(false, false, 0, bits));
    }
  }

  private static void serverContext(Group group) {
    opens(group, SERVER_FORGETS, new Deflate(true, false, 0, 0), new Deflate(true, false, 0, 0));
    opens(group, SERVER_FORGETS, new Deflate(true, true, 0, 0), new Deflate(true, true, 0, 0));
    refused(group, SERVER_FORGETS, Deflate.DEFAULT);
    refused(group, SERVER_FORGETS, new Deflate(false, true, 0, 0));
  }

  private static void clientContext(Group group) {
    Deflate holds = new Deflate(false, true, 0, 0);
    opens(group, CLIENT_FORGETS, holds, holds);
    opens(group, CLIENT_FORGETS, Deflate.DEFAULT, holds);
  }

  private static String title(Deflate offer, Deflate answer) {
    String none = offer.clientBits() == 0 ? ", to an offer without client_max_window_bits" : "";
    return answer.print() + none;
  }

  private static void opens(Group group, Deflate offer, Deflate answer, Deflate holds) {
    group
        .with(Settings.DEFLATE.withOffer(offer))
        .add(
            title(offer, answer),
            "the session opens, every message comes back, the client keeps to what was agreed",
            client -> {
              client.requireOffer(offer);
              client.openCompressed(answer, holds);
              Compression.medley(client, holds, 20);
              client.closes();
            });
  }

  /**
   * RFC 7692 §7.1: a client that can do with the answer all the same is not said to break a rule.
   */
  private static void refused(Group group, Deflate offer, Deflate answer) {
    group
        .with(Settings.DEFLATE.withOffer(offer))
        .add(
            title(offer, answer),
            "no session: the client hangs up, and tells its user why",
            client -> {
              client.requireOffer(offer);
              client.openCompressed(answer, answer);
              client
                  .send(ServerFrame.text("after"))
                  .refusesOr("the client takes more, or other things, than it offered");
            });
  }
}
