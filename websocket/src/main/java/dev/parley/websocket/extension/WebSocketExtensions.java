// SPDX-License-Identifier: Apache-2.0
package dev.parley.websocket.extension;

/** The extensions that come with this library, to be installed and negotiated. */
public final class WebSocketExtensions {
  private WebSocketExtensions() {}

  /**
   * Returns {@code permessage-deflate} (RFC 7692), which every server that compresses has met. Its
   * default offer is the one that Chrome makes.
   */
  public static PerMessageDeflate.Factory perMessageDeflate() {
    return PerMessageDeflate.Factory.DEFAULT;
  }

  /** Returns {@code deflate-frame}, the older extension that compresses each frame by itself. */
  public static DeflateFrame.Factory deflate() {
    return DeflateFrame.Factory.DEFAULT;
  }
}
