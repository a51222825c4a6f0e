// SPDX-License-Identifier: Apache-2.0
// The other end of IoModels.java: blocking sockets, one thread per connection.
// The first byte of a connection selects what it does:
//   'E'  echo: write back whatever is read
//   'F'  flood: write 64 KiB blocks of 66-byte frames (2-byte header, 64-byte payload) until the peer leaves
// With the argument "batch" its threads are scheduled as SCHED_BATCH: when a request wakes one, it does not preempt the
// client. Then the client has always begun to wait before the answer comes, as it has over a network. Without it, on
// one core, most answers are there before write() returns, and the wait under test hardly ever happens.
// Prints the port it listens on.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FRAME = 66, FRAMES = 992, BLOCK = FRAME * FRAMES };

static int write_all(int fd, const char *p, size_t n) {
    while (n > 0) {
        ssize_t w = write(fd, p, n);
        if (w <= 0) return -1;
        p += w;
        n -= (size_t) w;
    }
    return 0;
}

static void *serve(void *arg) {
    int fd = (int) (intptr_t) arg;
    static __thread char buf[BLOCK];
    char mode;
    if (read(fd, &mode, 1) == 1) {
        if (mode == 'E') {
            ssize_t n;
            while ((n = read(fd, buf, sizeof buf)) > 0 && write_all(fd, buf, (size_t) n) == 0) { }
        } else {
            for (int i = 0; i < FRAMES; i++) {
                memset(buf + i * FRAME, 'x', FRAME);
                buf[i * FRAME] = (char) 0x82;
                buf[i * FRAME + 1] = 64;
            }
            while (write_all(fd, buf, BLOCK) == 0) { }
        }
    }
    close(fd);
    return NULL;
}

int main(int argc, char **argv) {
    if (argc > 1 && strcmp(argv[1], "batch") == 0) {
        struct sched_param p = { 0 };
        if (sched_setscheduler(0, SCHED_BATCH, &p)) perror("sched_setscheduler");
    }
    signal(SIGPIPE, SIG_IGN);
    int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof a;
    if (bind(s, (struct sockaddr *) &a, len) || listen(s, 256) || getsockname(s, (struct sockaddr *) &a, &len)) {
        perror("listen");
        return 1;
    }
    printf("%d\n", ntohs(a.sin_port));
    fflush(stdout);
    for (;;) {
        int fd = accept(s, NULL, NULL);
        if (fd < 0) continue;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        pthread_t t;
        if (pthread_create(&t, NULL, serve, (void *) (intptr_t) fd)) close(fd);
        else pthread_detach(t);
    }
}
