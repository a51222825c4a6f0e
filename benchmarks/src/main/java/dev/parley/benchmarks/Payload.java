// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import dev.parley.benchmarks.Settings.Compression;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** What is sent: made once, in the form of the workload. */
final class Payload {
  private final boolean text;
  private final byte[] binary;
  private final String[] texts;
  private int next;

  private Payload(boolean text, byte[] binary, String[] texts) {
    this.text = text;
    this.binary = binary;
    this.texts = texts;
  }

  static Payload of(Workload workload) {
    if (workload.compression() != Compression.NONE) {
      List<String> corpus = Corpus.messages();
      return new Payload(true, new byte[0], corpus.toArray(String[]::new));
    }
    byte[] binary = new byte[workload.size()];
    for (int i = 0; i < binary.length; i++) {
      binary[i] = (byte) ('a' + i % 26);
    }
    String[] texts = {new String(binary, StandardCharsets.US_ASCII)};
    return new Payload(workload.text(), binary, texts);
  }

  private String nextText() {
    if (texts.length == 1) {
      return texts[0];
    }
    String result = texts[next];
    next = next + 1 == texts.length ? 0 : next + 1;
    return result;
  }

  void send(Session session) throws Exception {
    if (text) {
      session.send(nextText());
    } else {
      session.send(binary);
    }
  }

  void sendNow(Session session) throws Exception {
    if (text) {
      session.sendNow(nextText());
    } else {
      session.sendNow(binary);
    }
  }

  void answer(Session session) throws Exception {
    if (text) {
      session.answer(nextText());
    } else {
      session.answer(binary);
    }
  }
}
