// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.handshake;

import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.extension.WebSocketExtensionFactory;
import dev.parley.websocket.extension.WebSocketExtensionHeader;
import dev.parley.websocket.extension.WebSocketExtensionHeader.Parameter;
import dev.parley.websocket.extension.WebSocketExtensionsConfig.Installed;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** An extension that does nothing but tell when it is ended. */
final class FakeExtension implements WebSocketExtension<String> {
  private final Factory factory;
  private final List<String> ends = new ArrayList<>();

  private FakeExtension(Factory factory) {
    this.factory = factory;
  }

  @Override
  public String name() {
    return factory.name();
  }

  @Override
  public String config() {
    return factory.defaultConfig();
  }

  @Override
  public Set<ReservedBit> reservedBits() {
    return factory.bits;
  }

  @Override
  public Frame processOutgoingFrame(Frame frame) {
    return frame;
  }

  @Override
  public Frame processIncomingFrame(Frame frame) {
    return frame;
  }

  @Override
  public void endIncoming() {
    end("incoming");
  }

  @Override
  public void endOutgoing() {
    end("outgoing");
  }

  private void end(String direction) {
    ends.add(direction);
    if (name().equals("clinging")) {
      throw new IllegalStateException("does not let go of " + direction);
    }
  }

  /** Returns which directions were ended, in order. */
  List<String> ends() {
    return ends;
  }

  /**
   * Offers its name once. The parameter {@code bad} is refused by the client and declined by the
   * server; {@code broken} makes the factory fail. An extension of the name {@code clinging} fails
   * to end.
   */
  static final class Factory implements WebSocketExtensionFactory<String> {
    private final String name;
    private final Set<ReservedBit> bits;
    private final List<WebSocketExtensionHeader> offer;
    private final List<FakeExtension> made = new ArrayList<>();

    Factory(String name, ReservedBit... bits) {
      this(name, Set.of(bits), List.of(new WebSocketExtensionHeader(name, List.of())));
    }

    private Factory(String name, Set<ReservedBit> bits, List<WebSocketExtensionHeader> offer) {
      this.name = name;
      this.bits = bits;
      this.offer = offer;
    }

    /** Returns a factory that offers nothing. */
    static Factory silent(String name) {
      return new Factory(name, Set.of(), List.of());
    }

    Installed<String> installed() {
      return new Installed<>(this, defaultConfig());
    }

    /** Returns what was made, in order. */
    List<FakeExtension> made() {
      return made;
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public String defaultConfig() {
      return "";
    }

    @Override
    public List<WebSocketExtensionHeader> offer(String config) {
      return offer;
    }

    @Override
    public WebSocketExtension<String> accept(String config, WebSocketExtensionHeader answer) {
      if (answer.parameters().contains(new Parameter("bad", null))) {
        throw new IllegalArgumentException("unknown parameter bad");
      }
      return make(answer);
    }

    @Override
    public @Nullable Agreement<String> answer(String config, WebSocketExtensionHeader offer) {
      if (offer.parameters().contains(new Parameter("bad", null))) {
        return null;
      }
      return new Agreement<>(offer, make(offer));
    }

    private FakeExtension make(WebSocketExtensionHeader header) {
      if (header.parameters().contains(new Parameter("broken", null))) {
        throw new IllegalStateException("broken factory");
      }
      FakeExtension extension = new FakeExtension(this);
      made.add(extension);
      return extension;
    }
  }
}
