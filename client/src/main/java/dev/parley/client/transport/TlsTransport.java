// SPDX-License-Identifier: Apache-2.0
package dev.parley.client.transport;

import java.io.IOException;
import javax.net.ssl.SSLException;

/** TLS over another transport. */
final class TlsTransport {
  private TlsTransport() {}

  static Transport connect(
      Transport below,
      Destination destination,
      TlsOptions options,
      BufferPool buffers,
      Deadline deadline)
      throws IOException, InterruptedException {
    below.close();
    throw new SSLException("no TLS to " + destination + " yet");
  }
}
