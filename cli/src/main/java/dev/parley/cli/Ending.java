// SPDX-License-Identifier: Apache-2.0
package dev.parley.cli;

import dev.parley.client.HttpResponse;
import dev.parley.client.WebSocketUpgradeException;
import dev.parley.websocket.CloseReason;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketException;

/**
 * How a session ended.
 *
 * @param status the exit status of the command: 0 where it closed normally, else 1
 * @param why the line that says why
 */
record Ending(int status, String why) {
  /**
   * Judges the peer's Close. Normal are 1000, 1001 (a server that shuts down, a page that is left),
   * and a Close without a code, which many servers send; anything else has its reason.
   */
  static Ending of(Frame.Close close) {
    CloseReason given = close.readReason();
    CloseReason reason = given == null ? CloseReason.NO_STATUS : given;
    boolean normal = reason.code() == 1000 || reason.code() == 1001 || reason.code() == 1005;
    String text = given == null ? "no code" : (given.code() + " " + given.message()).strip();
    return new Ending(normal ? 0 : 1, "closed: " + text);
  }

  /** Judges a failure: of the opening, of the network, or of the peer. */
  static Ending of(WebSocketException failure) {
    StringBuilder why = new StringBuilder();
    if (failure instanceof WebSocketUpgradeException refused) {
      HttpResponse response = refused.response();
      why.append("refused: ").append(response.status());
      String location = response.headers().get("Location");
      if (location != null && response.status().value() / 100 == 3) {
        why.append(", it is at ").append(location);
      }
      return new Ending(1, why.toString());
    }
    why.append(failure.getMessage());
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      String message = cause.getMessage();
      if (message != null && why.indexOf(message) < 0) {
        why.append(": ").append(message);
      }
    }
    return new Ending(1, why.toString());
  }
}
