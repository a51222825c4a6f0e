// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The opening request of a client.
 *
 * @param line the request line
 * @param fields the field lines, names as they came
 */
record Request(String line, List<Map.Entry<String, String>> fields) {
  private static final int MOST = 64 << 10;

  /** Reads as far as the empty line, and not a byte further. */
  static Request read(InputStream in) throws IOException {
    ByteArrayOutputStream head = new ByteArrayOutputStream();
    for (int last4 = 0; last4 != 0x0d0a0d0a; ) {
      int next = in.read();
      if (next < 0 || head.size() == MOST) {
        throw new EOFException("request head that does not end");
      }
      head.write(next);
      last4 = (last4 << 8) | next;
    }
    String[] lines = head.toString(StandardCharsets.ISO_8859_1).stripTrailing().split("\r\n", -1);
    List<Map.Entry<String, String>> fields = new ArrayList<>();
    for (int i = 1; i < lines.length; i++) {
      int colon = lines[i].indexOf(':');
      if (colon < 1) {
        throw new IOException("field line without a name: " + lines[i]);
      }
      fields.add(Map.entry(lines[i].substring(0, colon), lines[i].substring(colon + 1).strip()));
    }
    return new Request(lines[0], List.copyOf(fields));
  }

  String target() {
    String[] parts = line.split(" ", -1);
    return parts.length > 1 ? parts[1] : "";
  }

  /** Returns the values of a field, one for each of its lines. */
  List<String> all(String name) {
    return fields.stream()
        .filter(field -> field.getKey().equalsIgnoreCase(name))
        .map(Map.Entry::getValue)
        .toList();
  }

  String get(String name) {
    return String.join(", ", all(name));
  }

  /** Returns the first offer of permessage-deflate, with its parameters. */
  Optional<Deflate> deflate() {
    for (String offer : get("Sec-WebSocket-Extensions").split(",", -1)) {
      if (offer.strip().startsWith(Deflate.NAME)) {
        return Optional.of(Deflate.parse(offer));
      }
    }
    return Optional.empty();
  }

  /** RFC 6455 §4.2.2: what proves that the server read the key. */
  String accept() {
    byte[] text =
        (get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
            .getBytes(StandardCharsets.ISO_8859_1);
    try {
      return Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-1").digest(text));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-1", e);
    }
  }

  /** Returns the request as a trace shows it: the key, which differs each time, left out. */
  String brief() {
    StringBuilder text = new StringBuilder(line.replace(target(), "(case)"));
    for (Map.Entry<String, String> field : fields) {
      boolean key = field.getKey().equalsIgnoreCase("Sec-WebSocket-Key");
      boolean host = field.getKey().equalsIgnoreCase("Host");
      String value = key ? "(key)" : host ? "(host)" : field.getValue();
      text.append('\n').append(field.getKey()).append(": ").append(value);
    }
    return text.toString();
  }
}
