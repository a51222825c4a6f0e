// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.clients;

import dev.parley.benchmarks.Client;
import dev.parley.benchmarks.Corpus;
import dev.parley.benchmarks.PullSession;
import dev.parley.benchmarks.Receiver;
import dev.parley.benchmarks.Session;
import dev.parley.benchmarks.Settings;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

/**
 * No client and no socket: what the calls of zlib take that every client has to make for the same
 * messages, into and out of arrays that are used again.
 */
public final class RawZlib implements Client {
  @Override
  public String version() {
    return System.getProperty("java.version");
  }

  @Override
  public boolean supports(Settings settings) {
    return settings.compression() != Settings.Compression.NONE && settings.sessions() == 1;
  }

  @Override
  public Session open(URI uri, Settings settings, Receiver receiver) {
    return new Calls(settings.compression() == Settings.Compression.FRESH);
  }

  @Override
  public void close() {}

  private static final class Calls implements PullSession {
    private final boolean forget;
    private final Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);
    private final Inflater inflater = new Inflater(true);
    private final byte[] out = new byte[16 << 10];
    private final Map<String, byte[]> encoded = new HashMap<>();
    private final List<byte[]> compressed = new ArrayList<>();
    private int next;
    private boolean asked;

    Calls(boolean forget) {
      this.forget = forget;
      for (String message : Corpus.messages()) {
        byte[] bytes = message.getBytes(StandardCharsets.US_ASCII);
        encoded.put(message, bytes);
        int length = deflate(bytes);
        compressed.add(Arrays.copyOf(out, length)); // with the empty block at its end
      }
      deflater.reset();
    }

    private int deflate(byte[] bytes) {
      if (forget) {
        deflater.reset();
      }
      deflater.setInput(bytes);
      return deflater.deflate(out, 0, out.length, Deflater.SYNC_FLUSH);
    }

    @Override
    public void send(byte[] binary) {
      // Every compressed workload is JSON: a figure for anything else would compare with nothing.
      throw new UnsupportedOperationException("only text is compressed");
    }

    @Override
    public void send(String text) {
      byte[] bytes = encoded.get(text);
      if (bytes == null) {
        asked = text.startsWith("?"); // the server's part: it would say yes
        return;
      }
      deflate(bytes);
    }

    @Override
    public int receive() throws DataFormatException {
      if (asked) {
        asked = false;
        return 1;
      }
      if (forget) {
        inflater.reset();
      }
      inflater.setInput(compressed.get(next));
      next = next + 1 == compressed.size() ? 0 : next + 1;
      return inflater.inflate(out);
    }

    @Override
    public void close() {
      deflater.end();
      inflater.end();
    }
  }
}
