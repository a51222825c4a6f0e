// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A section of the catalogue: numbered groups of numbered cases. */
final class Section {
  private final int number;
  private final String title;
  private final List<Group> groups = new ArrayList<>();

  Section(int number, String title) {
    this.number = number;
    this.title = title;
  }

  int number() {
    return number;
  }

  String title() {
    return title;
  }

  List<Group> groups() {
    return List.copyOf(groups);
  }

  Stream<Case> cases() {
    return groups.stream().flatMap(group -> group.cases.stream());
  }

  /** Begins a group whose cases test the same rule. */
  Group group(String title, String rule) {
    Group group = new Group(number + "." + (groups.size() + 1), title, rule);
    groups.add(group);
    return group;
  }

  /** Cases of one kind. */
  static final class Group {
    private final String id;
    private final String title;
    private final String rule;
    private Settings settings = Settings.PLAIN;
    private Pacing pacing = Pacing.WHOLE;
    private boolean alone;
    private final List<Case> cases = new ArrayList<>();

    private Group(String id, String title, String rule) {
      this.id = id;
      this.title = title;
      this.rule = rule;
    }

    String id() {
      return id;
    }

    String title() {
      return title;
    }

    List<Case> cases() {
      return List.copyOf(cases);
    }

    /** Sets how the client is to be set up for the cases that follow. */
    Group with(Settings settings) {
      this.settings = settings;
      return this;
    }

    /** Sets how the server cuts what it writes in the cases that follow. */
    Group paced(Pacing pacing) {
      this.pacing = pacing;
      return this;
    }

    /** Has the cases that follow run with nothing beside them. */
    Group alone() {
      alone = true;
      return this;
    }

    /** Adds a case in which the client does whatever the script says. */
    Group add(String title, String expects, Case.Script script) {
      String cut = pacing.toString();
      cases.add(
          new Case(
              id + "." + (cases.size() + 1),
              cut.isEmpty() ? title : title + ", " + cut,
              expects,
              rule,
              settings,
              pacing,
              alone,
              script));
      return this;
    }

    /** Adds a case in which the frames are one message, which comes back. */
    Group echoes(String title, Message message, ServerFrame... frames) {
      return add(
          title,
          "the message comes back",
          client -> {
            client.open();
            client.send(frames).echoes(message).closes();
          });
    }

    /**
     * Adds a case in which the frames break a rule. A message before them is delivered, one after
     * them is not.
     */
    Group fails(int code, String title, ServerFrame... frames) {
      return add(
          title,
          "the connection fails with " + code,
          client -> {
            client.open();
            client.delivers(Message.text("before")).send(ServerFrame.text("before"));
            client.send(frames).send(ServerFrame.text("after")).fails(code);
          });
    }

    /**
     * Adds a case as {@link #fails} does, in which the message before has come back before the rule
     * is broken: so it was delivered at once.
     */
    Group failsAfterEcho(int code, String title, ServerFrame... frames) {
      return add(
          "text, its echo, then " + title,
          "the text comes back; then the connection fails with " + code,
          client -> {
            client.open();
            client.send(ServerFrame.text("before")).echoes(Message.text("before"));
            client.send(frames).send(ServerFrame.text("after")).fails(code);
          });
    }

    /**
     * Adds a case as {@link #fails} does, in which the message before is not only delivered but
     * comes back, though the frames come in the same write; and a Ping after them is not answered.
     */
    Group failsAfterEchoOf(
        int code, Message message, List<ServerFrame> before, String title, ServerFrame... frames) {
      return add(
          (message.text() ? "text" : "binary") + ", and right behind it " + title,
          "the message comes back; then the connection fails with " + code,
          client -> {
            client.open();
            client.delivers(message).send(before).send(frames);
            client.send(ServerFrame.text("after"), ServerFrame.ping((byte) 9));
            client.failsAfterEchoes(code);
            client.noMorePongs();
          });
    }

    /** As the other, for a text and for a binary message of one frame. */
    Group failsAfterEchoOfEither(int code, String title, ServerFrame... frames) {
      for (ServerFrame before : List.of(ServerFrame.text("before"), ServerFrame.binary((byte) 7))) {
        boolean text = before.opcode() == ServerFrame.TEXT;
        failsAfterEchoOf(code, Message.of(text, before.payload()), List.of(before), title, frames);
      }
      return this;
    }
  }
}
