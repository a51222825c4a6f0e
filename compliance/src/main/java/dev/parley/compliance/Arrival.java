// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

/** What came from the client, once it is complete. */
sealed interface Arrival {
  /** A message, put together and decompressed. */
  record Echo(Message message) implements Arrival {}

  /** A Close frame; 1005 stands for one without a code. */
  record Close(int code, String reason) implements Arrival {}

  /** Nothing more will come. */
  record End(String how) implements Arrival {}

  /** The client broke a rule by what it wrote. */
  record Fault(String what) implements Arrival {}
}
