// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Two runs, written by hand, and what is said of them. */
final class CompareTest {
  private static JsonNode run(String... workloads) {
    String all = String.join(",", workloads);
    return JsonMapper.builder().build().readTree("{\"workloads\":{" + all + "}}");
  }

  private static String sent(String name, double ours, double raw) {
    String client = "\"%s\":{\"unit\":\"per second\",\"value\":%s,\"least\":%s,\"most\":%s}";
    return "\"%s\":{\"clients\":{%s,%s}}"
        .formatted(
            name,
            client.formatted("parley", ours, ours * 0.99, ours * 1.01),
            client.formatted("raw", raw, raw, raw));
  }

  @Test
  void whatGotSlowerByMoreThanATenthIsTold() {
    Compare.Found found =
        Compare.between(
            run(sent("send-64", 1000, 9000)), run(sent("send-64", 880, 9000)), "parley");

    assertThat(found.worse()).isEqualTo(1);
    assertThat(found.lines().getFirst())
        .contains("send-64", "worse by  14 %", "880.00, was 1,000.00 per second")
        .doesNotContain("overlap");
  }

  @Test
  void aSlowerMachineIsNoSlowerClient() {
    Compare.Found found =
        Compare.between(
            run(sent("send-64", 1000, 9000)), run(sent("send-64", 500, 4500)), "parley");

    assertThat(found).isEqualTo(new Compare.Found(found.lines(), 1, 0));
    assertThat(found.lines()).containsExactly("0 of 1 are worse by more than a tenth");
  }

  @Test
  void anotherCongestionControlIsTold() {
    JsonNode paced =
        JsonMapper.builder()
            .build()
            .readTree("{\"machine\":{\"congestion control\":\"bbr\"},\"workloads\":{}}");

    assertThat(Compare.between(paced, run(), "parley").lines())
        .contains("TCP's congestion control was bbr, is unknown: streams may differ by it");
    assertThat(Compare.between(paced, paced, "parley").lines())
        .noneMatch(line -> line.contains("congestion control"));
  }

  @Test
  void moreTimeIsWorseWhereTimeIsMeasured() {
    String trips =
        """
        "roundtrip-64":{"clients":{"parley":{"unit":"us","value":%s,"least":10,"most":30,
          "cpuMicros":%s,"allocated":%s,"percentiles":[1,1,1,1,1,1,1,1,%s]}}}\
        """;
    Compare.Found found =
        Compare.between(
            run(trips.formatted(14, 5, 40, 20)), run(trips.formatted(16, 6, 80, 30)), "parley");

    assertThat(found.worse()).isEqualTo(1);
    assertThat(found.lines())
        .satisfiesExactly(
            line -> assertThat(line).contains("worse by  14 %", "; the rounds of both overlap"),
            line -> assertThat(line).contains("worse by  50 %", "us at p99"),
            line -> assertThat(line).contains("worse by  20 %", "us of CPU"),
            line -> assertThat(line).contains("allocates 80 bytes, was 40"),
            line -> assertThat(line).startsWith("1 of 1 "));
  }

  @Test
  void whatFailsNowAndWhatIsMissingAreTold() {
    Compare.Found found =
        Compare.between(
            run(sent("send-64", 1, 1), sent("open", 1, 1)),
            run("\"send-64\":{\"clients\":{\"parley\":{\"failed\":\"failed: timeout\"}}}"),
            "parley");

    assertThat(found.worse()).isEqualTo(1);
    assertThat(found.lines())
        .anySatisfy(line -> assertThat(line).contains("send-64", "fails"))
        .contains("not measured any more: open of parley");
  }

  @Test
  void runsWithNothingInCommonAreNotCompared() {
    Compare.Found found =
        Compare.between(run(sent("send-64", 1, 1)), run(sent("open", 1, 1)), "all");

    assertThat(found.compared()).isZero();
  }
}
