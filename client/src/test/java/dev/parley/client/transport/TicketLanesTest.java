// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import dev.parley.client.transport.TicketLanes.Lane;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class TicketLanesTest {
  private final TicketLanes lanes = new TicketLanes();

  @Test
  void whoIsAloneHasThePortAsItIs() {
    for (int i = 0; i < 3; i++) {
      Lane lane = lanes.take("host", 443);
      assertThat(lane.port()).isEqualTo(443);
      lane.leave();
    }
  }

  @Test
  void eachHasOneForItself() {
    Lane first = lanes.take("host", 0xFFFF);
    Lane second = lanes.take("host", 0xFFFF);
    assertThat(second.port()).isEqualTo(0x1FFFF);
    assertThat(lanes.take("host", 0xFFFF).port()).isEqualTo(0x2FFFF);
    first.leave();
    assertThat(lanes.take("host", 0xFFFF).port()).isEqualTo(0xFFFF);
  }

  @Test
  void otherHostsAndPortsHaveTheirOwn() {
    assertThat(lanes.take("host", 443).port()).isEqualTo(443);
    assertThat(lanes.take("other", 443).port()).isEqualTo(443);
    assertThat(lanes.take("host", 444).port()).isEqualTo(444);
  }

  @Test
  void whoLeavesTwiceTakesItFromNobody() {
    Lane before = lanes.take("host", 443);
    before.leave();
    Lane after = lanes.take("host", 443);
    before.leave();
    assertThat(lanes.take("host", 443).port()).isNotEqualTo(after.port());
  }

  @Test
  void whoComesWhenAllAreTakenSharesTheFirst() {
    List<Lane> all = new ArrayList<>();
    for (int i = 0; i < TicketLanes.MOST; i++) {
      all.add(lanes.take("host", 443));
    }
    assertThat(all).extracting(Lane::port).doesNotHaveDuplicates();
    Lane more = lanes.take("host", 443);
    assertThat(more.port()).isEqualTo(443);
    more.leave();
    assertThat(lanes.take("host", 443).port()).isEqualTo(443); // none was left
    all.get(7).leave();
    assertThat(lanes.take("host", 443).port()).isEqualTo(all.get(7).port());
  }
}
