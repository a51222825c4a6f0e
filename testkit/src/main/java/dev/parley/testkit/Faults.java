// SPDX-License-Identifier: Apache-2.0
package dev.parley.testkit;

import java.util.ArrayList;
import java.util.List;

/**
 * What goes wrong with one connection of a {@link FaultProxy}, in each of its directions.
 *
 * <p>Immutable: each method returns another one. The order within a direction matters only for
 * faults at the same place.
 *
 * @param toServer the faults on the way from the client to the server
 * @param toClient the faults on the way back
 */
public record Faults(List<Fault> toServer, List<Fault> toClient) {
  /** Copies the faults, and validates that a direction is cut in pieces in one way only. */
  public Faults {
    toServer = requireOneSize(List.copyOf(toServer));
    toClient = requireOneSize(List.copyOf(toClient));
  }

  /** Begins with a connection on which nothing goes wrong. */
  public static Faults none() {
    return new Faults(List.of(), List.of());
  }

  /** Adds faults on the way from the client to the server. */
  public Faults toServer(Fault... faults) {
    return new Faults(longer(toServer, faults), toClient);
  }

  /** Adds faults on the way from the server to the client. */
  public Faults toClient(Fault... faults) {
    return new Faults(toServer, longer(toClient, faults));
  }

  private static List<Fault> longer(List<Fault> faults, Fault... more) {
    List<Fault> longer = new ArrayList<>(faults);
    longer.addAll(List.of(more));
    return longer;
  }

  private static List<Fault> requireOneSize(List<Fault> faults) {
    if (faults.stream().filter(Fault.Pieces.class::isInstance).count() > 1) {
      throw new IllegalArgumentException("pieces of two sizes in one direction: " + faults);
    }
    return faults;
  }
}
