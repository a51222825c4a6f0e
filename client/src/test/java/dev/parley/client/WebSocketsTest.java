// SPDX-License-Identifier: Apache-2.0
package dev.parley.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class WebSocketsTest {
  private static WebSockets.Config config(Consumer<WebSockets.Config> configure) {
    AtomicReference<WebSockets.Config> made = new AtomicReference<>();
    WebSockets.PLUGIN.prepare(
        config -> {
          configure.accept(config);
          made.set(config);
        });
    return made.get();
  }

  @Test
  void defaultsAreThoseOfTheSpecification() {
    WebSockets.Config config = config(c -> {});
    assertThat(config.pingInterval()).isNull();
    assertThat(config.timeout()).isEqualTo(Duration.ofSeconds(15));
    assertThat(config.maxFrameSize()).isEqualTo(Long.MAX_VALUE);
    assertThat(config.contentConverter()).isNull();
    assertThat(config.maxMessageSize()).isEqualTo(64L << 20);
    assertThat(config.maxFragments()).isEqualTo(128 << 10);
    assertThat(config.receiveSpin()).isZero();
    assertThat(config.receiveQueueMessages()).isEqualTo(16);
    assertThat(config.receiveQueueBytes()).isEqualTo(1 << 20);
    assertThat(config.extensions().installed()).isEmpty();
  }

  @Test
  void settersAreFluentAndHaveGetters() {
    WebSockets.Config config =
        config(
            c ->
                c.pingInterval(20_000)
                    .timeout(1_500)
                    .maxFrameSize(1)
                    .maxMessageSize(2)
                    .maxFragments(3)
                    .receiveSpin(Duration.ofNanos(6))
                    .receiveQueueMessages(4)
                    .receiveQueueBytes(5)
                    .contentConverter(null)
                    .extensions(extensions -> {}));
    assertThat(config.pingInterval()).isEqualTo(Duration.ofSeconds(20));
    assertThat(config.pingInterval(null).pingInterval()).isNull();
    assertThat(config.timeout()).isEqualTo(Duration.ofMillis(1_500));
    assertThat(config.maxFrameSize()).isEqualTo(1);
    assertThat(config.maxMessageSize()).isEqualTo(2);
    assertThat(config.maxFragments()).isEqualTo(3);
    assertThat(config.receiveSpin()).isEqualTo(Duration.ofNanos(6));
    assertThat(config.receiveQueueMessages()).isEqualTo(4);
    assertThat(config.receiveQueueBytes()).isEqualTo(5);
  }

  @Test
  void timeoutHoldsWhereNoneIsSetApart() {
    WebSockets.Config config =
        config(c -> c.openTimeout(Duration.ofSeconds(1)).timeout(Duration.ofSeconds(2)));
    assertThat(config.openTimeout()).isEqualTo(Duration.ofSeconds(1));
    assertThat(config.pongTimeout()).isEqualTo(Duration.ofSeconds(2));
    assertThat(config.closeTimeout()).isEqualTo(Duration.ofSeconds(2));
    config.pongTimeout(Duration.ofSeconds(3)).closeTimeout(Duration.ofSeconds(4));
    assertThat(config.pongTimeout()).isEqualTo(Duration.ofSeconds(3));
    assertThat(config.closeTimeout()).isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void badValuesAreRefusedByName() {
    WebSockets.Config config = config(c -> {});
    refuses("pingInterval", () -> config.pingInterval(0));
    refuses("pingInterval", () -> config.pingInterval(Duration.ofNanos(-1)));
    refuses("timeout", () -> config.timeout(-1));
    refuses("timeout", () -> config.timeout(Duration.ZERO));
    refuses("openTimeout", () -> config.openTimeout(Duration.ZERO));
    refuses("pongTimeout", () -> config.pongTimeout(Duration.ZERO));
    refuses("closeTimeout", () -> config.closeTimeout(Duration.ZERO));
    refuses("maxFrameSize", () -> config.maxFrameSize(0));
    refuses("maxMessageSize", () -> config.maxMessageSize(-1));
    refuses("receiveSpin", () -> config.receiveSpin(Duration.ofNanos(-1)));
    refuses("receiveSpin", () -> config.receiveSpin(Duration.ofSeconds(1).plusNanos(1)));
    refuses("maxFragments", () -> config.maxFragments(0));
    refuses("receiveQueueMessages", () -> config.receiveQueueMessages(0));
    refuses("receiveQueueBytes", () -> config.receiveQueueBytes(0));
    refuses("memoryBudget", () -> config.memoryBudget(0));
  }

  private static void refuses(String name, ThrowingCallable setter) {
    assertThatIllegalArgumentException().isThrownBy(setter).withMessageStartingWith(name + " of ");
  }
}
