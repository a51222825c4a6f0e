// SPDX-License-Identifier: Apache-2.0
package dev.parley.examples;

import dev.parley.client.ClientWebSocketSession;
import dev.parley.client.HttpClient;
import dev.parley.client.WebSocketSession;
import dev.parley.websocket.Frame;
import dev.parley.websocket.WebSocketClosedException;
import dev.parley.websocket.WebSocketException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Many sessions of one client: a virtual thread for each, and one message for all. */
public final class ManySessions {
  private static final List<String> ROOMS = List.of("kitchen", "attic", "cellar");

  private final CountDownLatch opened = new CountDownLatch(ROOMS.size());
  private final Set<WebSocketSession> open = ConcurrentHashMap.newKeySet();

  /** Is what each thread does: opens a session, listens to its end, and tells what went wrong. */
  private void listen(HttpClient client, String url) {
    try {
      client.webSocket(url, this::listen);
    } catch (WebSocketException e) {
      System.out.println(url + ": " + e.getMessage());
    }
  }

  private void listen(ClientWebSocketSession session) {
    open.add(session);
    opened.countDown();
    try {
      for (Frame frame : session.incoming()) {
        if (frame instanceof Frame.Text text) {
          System.out.println("Received: " + text.readText());
        }
      }
    } finally {
      open.remove(session);
    }
  }

  /** Offers a message to all, waits for nobody, and returns how many did not take it. */
  int broadcast(String text) {
    Frame message = new Frame.Text(text); // one for all
    int left = 0;
    for (WebSocketSession session : open) {
      try {
        if (!session.outgoing().trySend(message)) {
          left++; // its peer does not keep up, or another thread is sending just now
        }
      } catch (WebSocketClosedException e) {
        left++; // it has ended: its own thread takes it out
      }
    }
    return left;
  }

  public static void main(String... args) throws InterruptedException {
    String url = args.length > 0 ? args[0] : "ws://localhost:8080/";
    ManySessions sessions = new ManySessions();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
        HttpClient client = HttpClient.create()) { // closed first: that ends what the threads do
      for (String room : ROOMS) {
        threads.execute(() -> sessions.listen(client, url + room));
      }
      sessions.opened.await();
      System.out.println("Left out: " + sessions.broadcast("Dinner is ready"));
    }
  }
}
