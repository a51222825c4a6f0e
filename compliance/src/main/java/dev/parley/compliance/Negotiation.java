// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import dev.parley.compliance.Section.Group;
import java.util.List;

/**
 * Extensions and subprotocols that the client did not ask for, or not like that (RFC 6455 §9.1).
 */
final class Negotiation {
  private static final String REFUSES = "no session: the client hangs up, and tells its user why";

  private Negotiation() {}

  static Section section() {
    Section section = new Section(13, "Negotiation");
    Group unasked =
        section.group("Extensions that were not offered", "RFC 6455 §9.1").with(Settings.BARE);
    for (String answer :
        List.of(
            "permessage-deflate",
            "permessage-deflate; server_no_context_takeover",
            "x-webkit-deflate-frame",
            "deflate-frame",
            "permessage-bzip2",
            "foo",
            "foo; bar=1, baz")) {
      refused(unasked, "Sec-WebSocket-Extensions: " + answer, false);
    }
    Group abused =
        section.group("Answers that do not fit the offer", "RFC 7692 §7.1").with(Settings.DEFLATE);
    for (String answer :
        List.of(
            "permessage-deflate, permessage-deflate",
            "permessage-deflate; server_no_context_takeover, permessage-deflate",
            "permessage-deflate, foo",
            "foo, permessage-deflate",
            "permessage-deflat",
            "permessage-deflate; unknown",
            "permessage-deflate; unknown=1",
            "permessage-deflate; server_no_context_takeover; server_no_context_takeover",
            "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
            "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10",
            "permessage-deflate; server_no_context_takeover=1",
            "permessage-deflate; server_no_context_takeover=true",
            "permessage-deflate; client_no_context_takeover=0",
            "permessage-deflate; server_max_window_bits",
            "permessage-deflate; server_max_window_bits=",
            "permessage-deflate; server_max_window_bits=\"\"",
            "permessage-deflate; server_max_window_bits=7",
            "permessage-deflate; server_max_window_bits=16",
            "permessage-deflate; server_max_window_bits=0",
            "permessage-deflate; server_max_window_bits=-1",
            "permessage-deflate; server_max_window_bits=+9",
            "permessage-deflate; server_max_window_bits=08",
            "permessage-deflate; server_max_window_bits=010",
            "permessage-deflate; server_max_window_bits=1e1",
            "permessage-deflate; server_max_window_bits=10.0",
            "permessage-deflate; server_max_window_bits=0x0a",
            "permessage-deflate; server_max_window_bits=99999999999",
            "permessage-deflate; client_max_window_bits",
            "permessage-deflate; client_max_window_bits=7",
            "permessage-deflate; client_max_window_bits=16",
            "permessage-deflate; client_max_window_bits=08",
            "permessage-deflate; client_max_window_bits=x",
            "permessage-deflate;",
            "; permessage-deflate",
            "permessage-deflate; =10",
            "permessage-deflate; server_max_window_bits=1 0",
            "permessage-deflate; server_max_window_bits=\"10")) {
      refused(abused, "Sec-WebSocket-Extensions: " + answer, true);
    }
    good(section.group("Answers in other clothes", "RFC 6455 §9.1").with(Settings.DEFLATE));
    subprotocols(section);
    return section;
  }

  private static void refused(Group group, String field, boolean offered) {
    group.add(
        field,
        REFUSES,
        client -> {
          if (offered) {
            client.requireDeflateOffer();
          }
          client.open(field);
          client.send(ServerFrame.text("after")).refuses();
        });
  }

  private static void good(Group group) {
    for (String answer :
        List.of(
            "permessage-deflate",
            "permessage-deflate;server_no_context_takeover",
            "permessage-deflate ; server_no_context_takeover",
            "permessage-deflate; server_max_window_bits=\"10\"",
            ",permessage-deflate",
            "permessage-deflate, ,")) {
      group.add(
          "Sec-WebSocket-Extensions: " + answer,
          "the session opens, compressed",
          client -> {
            client.openCompressed(
                "Sec-WebSocket-Extensions: " + answer, Deflate.parse(answer.replace(",", " ")));
            client.send(ServerFrame.text("a")).echoes(Message.text("a")).closes();
          });
    }
  }

  private static void subprotocols(Section section) {
    Group unasked =
        section.group("A subprotocol that was not offered", "RFC 6455 §4.1").with(Settings.BARE);
    refused(unasked, "Sec-WebSocket-Protocol: chat", false);
    refused(unasked, "Sec-WebSocket-Protocol:", false);
    Group offered =
        section
            .group("A subprotocol that does not fit the offer", "RFC 6455 §4.1")
            .with(Settings.BARE.withSubprotocols("chat.v2", "chat.v1"));
    for (String answer :
        List.of(
            "chat",
            "CHAT.V2",
            "chat.v2, chat.v1",
            "chat.v3",
            "",
            "chat.v2;",
            "\"chat.v2\"",
            "b" + " ".repeat(2000) + "x" + " ".repeat(2000) + "b")) {
      refused(offered, "Sec-WebSocket-Protocol: " + answer, false);
    }
    refused(offered, "Sec-WebSocket-Protocol: chat.v2\r\nSec-WebSocket-Protocol: chat.v1", false);
    refused(offered, "Sec-WebSocket-Protocol: chat.v2\r\nSec-WebSocket-Protocol: chat.v2", false);
    Group good =
        section
            .group("A subprotocol that was offered", "RFC 6455 §4.1")
            .with(Settings.BARE.withSubprotocols("chat.v2", "chat.v1"));
    for (String answer : List.of("chat.v2", "chat.v1", " chat.v1 ")) {
      opens(good, "Sec-WebSocket-Protocol: " + answer);
    }
    good.add(
        "none",
        "the session opens",
        client -> {
          client.open();
          client.send(ServerFrame.text("a")).echoes(Message.text("a")).closes();
        });
  }

  private static void opens(Group group, String field) {
    group.add(
        field,
        "the session opens",
        client -> {
          client.open(field);
          client.send(ServerFrame.text("a")).echoes(Message.text("a")).closes();
        });
  }
}
