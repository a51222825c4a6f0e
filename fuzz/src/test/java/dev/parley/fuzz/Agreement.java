// SPDX-License-Identifier: Apache-2.0
package dev.parley.fuzz;

import dev.parley.websocket.Frame;
import dev.parley.websocket.Role;
import dev.parley.websocket.WebSocketExtension;
import dev.parley.websocket.WebSocketExtension.ReservedBit;
import dev.parley.websocket.extension.DeflateConfig;
import dev.parley.websocket.extension.PerMessageDeflate;
import dev.parley.websocket.extension.PerMessageDeflateConfig;
import dev.parley.websocket.extension.WebSocketExtensionFactory;
import dev.parley.websocket.extension.WebSocketExtensionHeader;
import dev.parley.websocket.extension.WebSocketExtensions;
import dev.parley.websocket.extension.WebSocketExtensionsConfig;
import dev.parley.websocket.handshake.ClientHandshake;
import dev.parley.websocket.handshake.NegotiatedHandshake;
import dev.parley.websocket.handshake.RequestHead;
import dev.parley.websocket.handshake.ServerHandshake;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;

/**
 * What two ends may agree on: a way to compress or none, an extension of a user's own or none.
 *
 * @param name what it is, to be told where a property fails
 * @param install installs it at either end
 */
record Agreement(String name, Consumer<WebSocketExtensionsConfig> install) {
  static final Agreement NOTHING = new Agreement("", config -> {});

  /**
   * Returns what one end has once the two have agreed; whoever asks ends it, by the half of the
   * core that it is given to.
   */
  List<WebSocketExtension<?>> extensions(Role role) {
    WebSocketExtensionsConfig config = new WebSocketExtensionsConfig();
    install.accept(config);
    var client = new ClientHandshake(new byte[16], List.of(), config.installed());
    var request =
        new RequestHead(
            "GET", "/", client.headers().toBuilder().add("Host", "in-memory.example").build());
    return switch (new ServerHandshake(List.of(), config.installed()).answer(request)) {
      case ServerHandshake.Answer.Accepted(var response, NegotiatedHandshake negotiated) ->
          role == Role.CLIENT ? client.accept(response).extensions() : negotiated.extensions();
      case ServerHandshake.Answer.Refused refused -> throw new AssertionError(refused.why());
    };
  }

  /** Returns every kind of agreement, with parameters of every value. */
  static Arbitrary<Agreement> any() {
    return Combinators.combine(compressions(), Arbitraries.of(true, false), customs())
        .as(
            (compression, first, custom) ->
                first ? compression.and(custom) : custom.and(compression));
  }

  private Agreement and(Agreement other) {
    return new Agreement(name + " " + other.name, install.andThen(other.install));
  }

  private static Arbitrary<Agreement> compressions() {
    Arbitrary<Integer> levels = Arbitraries.integers().between(-1, 9);
    Arbitrary<Integer> bits = Arbitraries.integers().between(8, 15);
    Arbitrary<Boolean> eitherWay = Arbitraries.of(true, false);
    Arbitrary<Integer> thresholds = Arbitraries.of(0, 20, 1024);
    Arbitrary<PerMessageDeflate.Factory> perMessage =
        Combinators.combine(levels, eitherWay)
            .as(
                (level, fixed) -> {
                  PerMessageDeflate.Factory any =
                      WebSocketExtensions.perMessageDeflate().withLevel(level);
                  return fixed ? any.withoutClientMaxWindowBits() : any;
                });
    return Arbitraries.oneOf(
        Arbitraries.just(NOTHING),
        Combinators.combine(perMessage, bits, bits, eitherWay, eitherWay, thresholds)
            .as(
                (factory, server, client, serverForgets, clientForgets, threshold) ->
                    of(
                        factory,
                        new PerMessageDeflateConfig(
                            server, client, serverForgets, clientForgets, threshold))),
        Combinators.combine(levels, bits, bits, eitherWay, eitherWay)
            .as(
                (level, server, client, serverForgets, clientForgets) ->
                    of(
                        WebSocketExtensions.deflate().withLevel(level),
                        new DeflateConfig(server, client, serverForgets, clientForgets))));
  }

  private static Arbitrary<Agreement> customs() {
    return Arbitraries.of(
        NOTHING,
        of(new Inverting.Factory(), Set.of()),
        of(new Inverting.Factory(), Set.of(ReservedBit.RSV2)),
        of(new Inverting.Factory(), Set.of(ReservedBit.RSV2, ReservedBit.RSV3)));
  }

  private static <C> Agreement of(WebSocketExtensionFactory<C> factory, C config) {
    return new Agreement(factory.name() + config, all -> all.install(factory, config));
  }

  /** Turns every bit of a payload, and marks the frame where it has bits to do so. */
  private record Inverting(Set<ReservedBit> config)
      implements WebSocketExtension<Set<ReservedBit>> {
    @Override
    public String name() {
      return "x-inverting";
    }

    @Override
    public Set<ReservedBit> reservedBits() {
      return config;
    }

    @Override
    public Frame processOutgoingFrame(Frame frame) {
      return inverted(frame, true);
    }

    @Override
    public Frame processIncomingFrame(Frame frame) {
      return inverted(frame, false);
    }

    private Frame inverted(Frame frame, boolean mark) {
      byte[] data = frame.copy();
      for (int i = 0; i < data.length; i++) {
        data[i] = (byte) ~data[i];
      }
      boolean rsv2 = config.contains(ReservedBit.RSV2) ? mark : frame.rsv2();
      boolean rsv3 = config.contains(ReservedBit.RSV3) ? mark : frame.rsv3();
      return frame instanceof Frame.Text
          ? new Frame.Text(data, frame.fin(), frame.rsv1(), rsv2, rsv3)
          : new Frame.Binary(data, frame.fin(), frame.rsv1(), rsv2, rsv3);
    }

    private record Factory() implements WebSocketExtensionFactory<Set<ReservedBit>> {
      private static final WebSocketExtensionHeader HEADER =
          new WebSocketExtensionHeader("x-inverting", List.of());

      @Override
      public String name() {
        return HEADER.name();
      }

      @Override
      public Set<ReservedBit> defaultConfig() {
        return Set.of();
      }

      @Override
      public List<WebSocketExtensionHeader> offer(Set<ReservedBit> config) {
        return List.of(HEADER);
      }

      @Override
      public Inverting accept(Set<ReservedBit> config, WebSocketExtensionHeader answer) {
        return new Inverting(config);
      }

      @Override
      public WebSocketExtensionFactory.Agreement<Set<ReservedBit>> answer(
          Set<ReservedBit> config, WebSocketExtensionHeader offer) {
        return new WebSocketExtensionFactory.Agreement<>(HEADER, new Inverting(config));
      }
    }
  }
}
