// SPDX-License-Identifier: Apache-2.0
package dev.parley.benchmarks.harness;

import dev.parley.benchmarks.Meter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import tools.jackson.databind.JsonNode;

/** Draws bars and curves as SVG. */
final class Charts {
  static final int WIDTH = 620;
  private static final int ROW = 24;
  private static final int LABEL = 150;
  private static final int MOST = 270; // of a bar
  private static final int CURVES = 300; // high

  private final JsonNode results;

  Charts(JsonNode results) {
    this.results = results;
  }

  /** A drawing and how high it is. */
  record Drawing(String svg, int height) {}

  private record Bar(String client, String title, JsonNode result, double value) {}

  /** The clients of a workload in bars, the best on top, with the range of the rounds. */
  Drawing bars(JsonNode workload, int most) {
    List<Bar> bars = new ArrayList<>();
    for (String client : workload.path("clients").propertyNames()) {
      JsonNode result = workload.path("clients").path(client);
      if (result.has("value")) {
        bars.add(new Bar(client, title(client), result, result.get("value").asDouble()));
      }
    }
    boolean less = !unit(workload).equals("per second");
    Comparator<Bar> order = Comparator.comparingDouble(Bar::value);
    bars.sort(less ? order : order.reversed());
    while (bars.size() > most) {
      int last = bars.size() - 1;
      bars.remove(isOurs(bars.get(last).client()) ? last - 1 : last);
    }
    double longest = bars.stream().mapToDouble(bar -> number(bar, "most")).max().orElse(1);
    StringBuilder svg = new StringBuilder();
    int y = 0;
    for (Bar bar : bars) {
      String type = type(bar.client());
      double length = MOST * bar.value() / longest;
      double from = LABEL + MOST * number(bar, "least") / longest;
      double to = LABEL + MOST * number(bar, "most") / longest;
      svg.append("<g class=\"%s\">".formatted(type));
      svg.append(text(LABEL - 8, y + 16, "end label", bar.title()));
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"14\""
                  + " rx=\"2\"><title>%s</title></rect>",
              LABEL,
              y + 5,
              Math.max(1, length),
              escape(told(workload, bar))));
      if (to - from > 0.5) {
        svg.append(
            String.format(
                Locale.ROOT,
                "<path class=\"spread\" d=\"M%.1f %dV%dM%.1f %dH%.1fM%.1f %dV%d\"/>",
                from,
                y + 8,
                y + 16,
                from,
                y + 12,
                to,
                to,
                y + 8,
                y + 16));
      }
      svg.append(
          text((int) Math.max(to, LABEL) + 8, y + 16, "value", value(workload, bar.value())));
      svg.append(text(WIDTH - 4, y + 16, "end more", cost(workload, bar)));
      svg.append("</g>");
      y += ROW;
    }
    return new Drawing(svg.toString(), y + 4);
  }

  /** The latencies of a workload by percentile, both axes logarithmic. */
  Drawing curves(JsonNode workload) {
    double lowest = Double.MAX_VALUE;
    double highest = 0;
    for (JsonNode result : workload.path("clients")) {
      if (result.has("percentiles")) {
        lowest = Math.min(lowest, result.get("percentiles").get(0).asDouble());
        highest = Math.max(highest, at(result, 99.99));
      }
    }
    if (highest == 0) {
      return new Drawing("", 0);
    }
    double bottom = Math.log10(lowest * 0.9);
    double range = Math.max(0.1, Math.log10(highest * 1.1) - bottom);
    StringBuilder svg = new StringBuilder();
    for (double percent : new double[] {0, 50, 90, 99, 99.9, 99.99}) {
      double x = x(percent);
      svg.append(String.format(Locale.ROOT, "<path class=\"grid\" d=\"M%.1f 0V%d\"/>", x, CURVES));
      svg.append(
          text((int) x, CURVES + 16, "middle more", percent == 0 ? "least" : plain(percent)));
    }
    for (double micros = 1; micros < 1e6; micros *= 10) {
      for (int step : new int[] {1, 2, 5}) {
        double y = y(micros * step, bottom, range);
        if (y > 0 && y < CURVES) {
          svg.append(
              String.format(
                  Locale.ROOT, "<path class=\"grid\" d=\"M60 %.1fH%.1f\"/>", y, x(99.99)));
          svg.append(text(54, (int) y + 4, "end more", micros(micros * step)));
        }
      }
    }
    record Line(String client, String path, double end) {}
    List<Line> lines = new ArrayList<>();
    for (String client : workload.path("clients").propertyNames()) {
      JsonNode result = workload.path("clients").path(client);
      if (!result.has("percentiles")) {
        continue;
      }
      StringBuilder path = new StringBuilder();
      for (int i = 0; i < Meter.PERCENTILES.size() - 1; i++) {
        path.append(i == 0 ? "M" : "L");
        path.append(
            String.format(
                Locale.ROOT,
                "%.1f %.1f",
                x(Meter.PERCENTILES.get(i)),
                y(result.get("percentiles").get(i).asDouble(), bottom, range)));
      }
      lines.add(new Line(client, path.toString(), y(at(result, 99.99), bottom, range)));
    }
    lines.sort(Comparator.comparingDouble(Line::end));
    double free = 4;
    for (Line line : lines) {
      String type = type(line.client());
      free = Math.max(free, line.end() + 4);
      svg.append(
          "<g class=\"%s\"><path class=\"curve\" d=\"%s\"><title>%s</title></path>"
              .formatted(type, line.path(), escape(title(line.client()))));
      svg.append(text((int) x(99.99) + 8, (int) free, "label", title(line.client())));
      svg.append("</g>");
      free += 13;
    }
    return new Drawing(svg.toString(), (int) Math.max(CURVES + 24, free));
  }

  private static double at(JsonNode result, double percent) {
    return result.get("percentiles").get(Meter.PERCENTILES.indexOf(percent)).asDouble();
  }

  private static double x(double percent) {
    return 60 + 100 * -Math.log10(1 - Math.min(percent, 99.99) / 100);
  }

  private static double y(double micros, double bottom, double range) {
    return CURVES * (1 - (Math.log10(micros) - bottom) / range);
  }

  private String told(JsonNode workload, Bar bar) {
    return "%s %s: %s, rounds from %s to %s; %s"
        .formatted(
            bar.title(),
            results.path("clients").path(bar.client()).path("version").asString(""),
            value(workload, bar.value()),
            value(workload, number(bar, "least")),
            value(workload, number(bar, "most")),
            cost(workload, bar));
  }

  private static double number(Bar bar, String member) {
    return bar.result().get(member).asDouble();
  }

  /** What is beside a bar: what each message costs, or what else an idle session holds. */
  private static String cost(JsonNode workload, Bar bar) {
    if (unit(workload).equals("bytes")) {
      return bytes(number(bar, "native"))
          + " outside · "
          + bar.result().get("threads")
          + " threads";
    }
    return micros(number(bar, "cpuMicros")) + " CPU · " + bytes(number(bar, "allocated"));
  }

  private static String unit(JsonNode workload) {
    for (JsonNode result : workload.path("clients")) {
      if (result.has("unit")) {
        return result.get("unit").asString();
      }
    }
    return "";
  }

  static String value(JsonNode workload, double value) {
    return switch (unit(workload)) {
      case "us" -> micros(value);
      case "bytes" -> bytes(value);
      default -> {
        int size = workload.path("size").asInt();
        if (size >= 64 << 10) {
          yield String.format(Locale.ROOT, "%.2f GB/s", value * size / 1e9);
        }
        yield value >= 1e6
            ? String.format(Locale.ROOT, "%.2f M/s", value / 1e6)
            : value >= 1e4
                ? String.format(Locale.ROOT, "%.0f k/s", value / 1e3)
                : String.format(Locale.ROOT, "%,.0f /s", value);
      }
    };
  }

  static String micros(double micros) {
    return micros >= 10_000
        ? String.format(Locale.ROOT, "%.0f ms", micros / 1e3)
        : micros >= 1000
            ? String.format(Locale.ROOT, "%.1f ms", micros / 1e3)
            : micros >= 100
                ? String.format(Locale.ROOT, "%.0f µs", micros)
                : micros >= 1
                    ? String.format(Locale.ROOT, "%.1f µs", micros)
                    : String.format(Locale.ROOT, "%.0f ns", micros * 1e3);
  }

  static String bytes(double bytes) {
    return bytes >= 10 << 20
        ? String.format(Locale.ROOT, "%.0f MiB", bytes / (1 << 20))
        : bytes >= 10 << 10
            ? String.format(Locale.ROOT, "%.0f KiB", bytes / 1024)
            : bytes >= 1024
                ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024)
                : String.format(Locale.ROOT, "%.0f B", bytes);
  }

  String title(String client) {
    return results.path("clients").path(client).path("title").asString(client);
  }

  private static boolean isOurs(String client) {
    return client.startsWith("parley");
  }

  private static String type(String client) {
    return isOurs(client) ? "ours" : client.startsWith("raw") ? "raw" : "peer";
  }

  private static String plain(double percent) {
    return percent == Math.rint(percent)
        ? String.format(Locale.ROOT, "p%.0f", percent)
        : "p" + percent;
  }

  static String text(int x, int y, String type, String text) {
    return "<text x=\"%d\" y=\"%d\" class=\"%s\">%s</text>".formatted(x, y, type, escape(text));
  }

  static String escape(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
  }
}
