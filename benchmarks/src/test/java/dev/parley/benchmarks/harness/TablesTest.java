// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Tables and goals of a run that is written by hand. */
final class TablesTest {
  private static final JsonNode RESULTS =
      JsonMapper.builder()
          .build()
          .readTree(
              """
              {"clients":{"parley":{"title":"Parley"},"raw":{"title":"raw socket"},
                 "slow":{"title":"Slow"},"fast":{"title":"Fast"},"queues":{"title":"Queues",
                 "tellsWritten":false}},
               "workloads":{
                "open":{"clients":{
                 "parley":{"unit":"per second","value":8123.4,"least":7999,"most":8200},
                 "slow":{"failed":"failed: timeout"}}},
                "send-64-now":{"clients":{
                 "parley":{"value":210000,"rounds":[{"count":21,"nanos":100},{"count":42,"nanos":205}]},
                 "raw":{"value":230000},
                 "slow":{"value":200000,"rounds":[{"count":20,"nanos":100},{"count":40,"nanos":190}]},
                 "queues":{"value":900000}}},
                "send-64":{"clients":{"parley":{"value":24990},"fast":{"value":10000}}}}}
              """);

  @Test
  void aTableStandsWhereItsNameDoes() {
    String document = "before\n<!-- table opened -->\nold\n<!-- end -->\nbehind\n";

    assertThat(Tables.in(document, RESULTS))
        .isEqualTo(
            """
            before
            <!-- table opened -->
            | | plain | TLS |
            |---|--:|--:|
            | **Parley** | 8,123 (7,999–8,200) | – |
            <!-- end -->
            behind
            """);
  }

  @Test
  void aTableThatThereIsNotIsRefused() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Tables.in("<!-- table none -->\n<!-- end -->", RESULTS))
        .withMessage("no table none");
  }

  @Test
  void aGoalIsHeldAgainstThoseItSpeaksOf() {
    assertThat(Goals.of(RESULTS))
        .filteredOn(goal -> goal.what().equals("Send 64 bytes, written when the call returns"))
        .singleElement()
        .satisfies(
            goal -> {
              assertThat(goal.target()).isEqualTo("more than the best peer (raw socket: 1.15)");
              assertThat(goal.reached()).isEqualTo("1.05 of Slow");
              assertThat(goal.spread()).isEqualTo("0.97–1.05");
              assertThat(goal.met()).contains(true);
            });
  }

  @Test
  void aGoalThatIsMissedByLittleIsMissed() {
    assertThat(Goals.of(RESULTS))
        .filteredOn(goal -> goal.what().equals("Send 64 bytes"))
        .singleElement()
        .satisfies(
            goal -> {
              assertThat(goal.reached()).isEqualTo("2.499 of Fast");
              assertThat(goal.met()).contains(false);
            });
  }

  @Test
  void whatWasNotMeasuredIsNeitherMetNorMissed() {
    assertThat(Goals.of(RESULTS))
        .filteredOn(goal -> goal.what().equals("Round trip"))
        .hasSize(3)
        .allSatisfy(
            goal -> {
              assertThat(goal.reached()).isEqualTo("not measured");
              assertThat(goal.met()).isEmpty();
            });
  }
}
