// SPDX-License-Identifier: Apache-2.0
package dev.parley.compliance;

/** What a client told its application about the end of a session. */
public sealed interface Ending {
  /**
   * The closing handshake, as the application was told of it.
   *
   * @param code the close code; 1005 where the Close frame had none
   * @param reason the close reason
   */
  record Closed(int code, String reason) implements Ending {}

  /**
   * The session broke: a rule of the protocol, the network.
   *
   * @param error what the client said
   */
  record Broken(String error) implements Ending {}

  /**
   * There was no session: the opening handshake failed.
   *
   * @param error what the client said
   */
  record Refused(String error) implements Ending {}

  /** The application was told nothing for as long as the driver waited. */
  record Silent() implements Ending {}
}
