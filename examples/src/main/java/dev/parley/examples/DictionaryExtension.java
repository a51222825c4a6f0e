// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.HttpClient;
import dev.parley.client.WebSockets;
import dev.parley.testkit.MockWebSocketServer;
import dev.parley.websocket.Frame;
import dev.parley.websocket.Violation;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.WebSocketProtocolException;
import dev.parley.websocket.extension.WebSocketExtensionFactory;
import dev.parley.websocket.extension.WebSocketExtensionHeader;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * An extension of one's own: compresses each frame with the help of words that both sides know
 * beforehand. Short messages become smaller than with permessage-deflate, which has to learn its
 * words from the messages before.
 */
public final class DictionaryExtension
    implements WebSocketExtension<DictionaryExtension.Dictionary> {

  /**
   * The configuration: what both sides know.
   *
   * @param name what the two call it
   * @param words what is expected in a message, the most frequent last
   */
  public record Dictionary(String name, String words) {
    /** The dictionary of a small chat. */
    public static final Dictionary CHAT =
        new Dictionary("chat-1", "Hello everyone!{\"user\":\"\",\"text\":\"\"}");
  }

  /** Negotiates the extension: {@code x-dictionary; name=chat-1}. */
  public static final class Factory implements WebSocketExtensionFactory<Dictionary> {
    @Override
    public String name() {
      return "x-dictionary";
    }

    @Override
    public Dictionary defaultConfig() {
      return Dictionary.CHAT;
    }

    @Override
    public List<WebSocketExtensionHeader> offer(Dictionary config) {
      return List.of(header(config));
    }

    @Override
    public DictionaryExtension accept(Dictionary config, WebSocketExtensionHeader answer) {
      if (!answer.equals(header(config))) {
        throw new IllegalArgumentException("expected " + header(config) + ", got " + answer);
      }
      return new DictionaryExtension(config);
    }

    @Override
    public @Nullable Agreement<Dictionary> answer(
        Dictionary config, WebSocketExtensionHeader offer) {
      return offer.equals(header(config))
          ? new Agreement<>(offer, new DictionaryExtension(config))
          : null;
    }

    private WebSocketExtensionHeader header(Dictionary config) {
      var parameter = new WebSocketExtensionHeader.Parameter("name", config.name());
      return new WebSocketExtensionHeader(name(), List.of(parameter));
    }
  }

  private static final int STEP = 4096;

  private final Dictionary dictionary;
  private final byte[] words;
  private final Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION, true);
  private final Inflater inflater = new Inflater(true);

  private DictionaryExtension(Dictionary dictionary) {
    this.dictionary = dictionary;
    this.words = dictionary.words().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public String name() {
    return "x-dictionary";
  }

  @Override
  public Dictionary config() {
    return dictionary;
  }

  /** RSV2 marks a compressed frame; RSV1 is left to permessage-deflate. */
  @Override
  public Set<ReservedBit> reservedBits() {
    return Set.of(ReservedBit.RSV2);
  }

  @Override
  public Frame processOutgoingFrame(Frame frame) {
    if (frame.rsv2()) {
      throw new IllegalArgumentException("rsv2 set in a frame to send, which is up to " + name());
    }
    deflater.reset();
    deflater.setDictionary(words);
    deflater.setInput(frame.data());
    deflater.finish();
    byte[] compressed = new byte[frame.data().length];
    int length = deflater.deflate(compressed);
    // What does not become smaller goes as it is, without the mark.
    return deflater.finished() ? replace(frame, Arrays.copyOf(compressed, length), true) : frame;
  }

  @Override
  public Frame processIncomingFrame(Frame frame) {
    return processIncomingFrame(frame, Long.MAX_VALUE);
  }

  /** Stops as soon as the result is larger than allowed: a small frame may be a bomb. */
  @Override
  public Frame processIncomingFrame(Frame frame, long room) {
    if (!frame.rsv2()) {
      return frame;
    }
    inflater.reset();
    inflater.setDictionary(words);
    inflater.setInput(frame.data());
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    byte[] step = new byte[STEP];
    try {
      while (!inflater.finished()) {
        int count = inflater.inflate(step);
        if (count == 0 && !inflater.finished()) {
          throw new DataFormatException("frame ends too early");
        }
        if (count > room - result.size()) {
          throw new WebSocketProtocolException(
              Violation.MESSAGE_TOO_BIG, "message inflates to more than maxMessageSize allows");
        }
        result.write(step, 0, count);
      }
    } catch (DataFormatException e) {
      throw new WebSocketProtocolException(
          Violation.COMPRESSED_DATA_INVALID, "frame that cannot be inflated", e);
    }
    return replace(frame, result.toByteArray(), false);
  }

  private static Frame replace(Frame frame, byte[] data, boolean rsv2) {
    return frame instanceof Frame.Text
        ? new Frame.Text(data, frame.fin(), frame.rsv1(), rsv2, frame.rsv3())
        : new Frame.Binary(data, frame.fin(), frame.rsv1(), rsv2, frame.rsv3());
  }

  /** Called once, however the session ends. */
  @Override
  public void endIncoming() {
    inflater.end();
  }

  @Override
  public void endOutgoing() {
    deflater.end();
  }

  /** Talks to a server that speaks the extension, too: it is the same code in both roles. */
  public static void main(String... args) {
    String message = "{\"user\":\"ada\",\"text\":\"Hello everyone!\"}";
    try (MockWebSocketServer server =
            MockWebSocketServer.start(
                config -> config.extensions(extensions -> extensions.install(new Factory())));
        HttpClient client =
            HttpClient.create(
                config ->
                    config.install(
                        WebSockets.PLUGIN,
                        ws -> ws.extensions(extensions -> extensions.install(new Factory()))))) {
      client.webSocket(
          server.url(),
          session -> {
            session.send(message);
            System.out.println(
                "Received: " + session.incoming().receive().equals(new Frame.Text(message)));
          });
      int wire =
          server
              .takeConnection(Duration.ofSeconds(5))
              .takeFrame(Duration.ofSeconds(5))
              .payload()
              .remaining();
      System.out.println(message.length() + " bytes took " + wire + " on the wire");
    }
  }
}
