// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * JSON that looks like what servers push: orders with names, prices, times and tags. The same each
 * time, for it is made with a fixed seed. ASCII, each message 4,096 characters.
 */
public final class Corpus {
  /** Characters of each message. */
  public static final int MESSAGE = 4096;

  private static final int MESSAGES = 64; // 256 KiB: eight windows

  private static final String[] NAMES = {
    "Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances", "Alan", "Radia", "Leslie", "Margaret"
  };
  private static final String[] ITEMS = {
    "keyboard", "monitor", "cable", "notebook", "headphones", "adapter", "lamp", "chair", "desk"
  };
  private static final String[] STATES = {"new", "paid", "packed", "shipped", "delivered"};

  private Corpus() {}

  /** Returns all messages, in their order. */
  public static List<String> messages() {
    Random random = new Random(6455);
    List<String> messages = new ArrayList<>();
    for (int i = 0; i < MESSAGES; i++) {
      messages.add(message(i, random));
    }
    return messages;
  }

  /** Writes one message a line. */
  public static void write(Path file) throws IOException {
    Files.write(file, messages());
  }

  private static String message(int number, Random random) {
    StringBuilder json = new StringBuilder(MESSAGE + 256);
    json.append("{\"type\":\"orders\",\"sequence\":").append(100_000 + number);
    json.append(",\"orders\":[");
    while (json.length() < MESSAGE - 300) {
      json.append("{\"id\":\"").append(Long.toHexString(random.nextLong() | Long.MIN_VALUE));
      json.append("\",\"customer\":{\"name\":\"").append(one(NAMES, random));
      json.append("\",\"since\":").append(1990 + random.nextInt(36));
      json.append(",\"premium\":").append(random.nextBoolean());
      json.append("},\"item\":\"").append(one(ITEMS, random));
      json.append("\",\"quantity\":").append(1 + random.nextInt(20));
      json.append(",\"price\":").append(random.nextInt(500)).append('.');
      json.append(10 + random.nextInt(90));
      json.append(",\"state\":\"").append(one(STATES, random));
      json.append("\",\"updatedAt\":\"2026-0").append(1 + random.nextInt(9));
      json.append('-').append(10 + random.nextInt(18));
      json.append('T').append(10 + random.nextInt(14)).append(':');
      json.append(10 + random.nextInt(50)).append(":00Z\"},");
    }
    json.setCharAt(json.length() - 1, ']');
    json.append(",\"note\":\"");
    while (json.length() < MESSAGE - 2) {
      json.append((char) ('a' + random.nextInt(26)));
    }
    return json.append("\"}").toString();
  }

  private static String one(String[] of, Random random) {
    return of[random.nextInt(of.length)];
  }
}
