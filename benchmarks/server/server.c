// SPDX-License-Identifier: Apache-2.0
// The other end of every measurement: a WebSocket server on one thread, on epoll, that does as little as it can.
//
//   server [--batch] [--corpus FILE] [--certificate FILE]
//
// Listens on free ports of 127.0.0.1, and prints two numbers: the plain port and the one of TLS. Ends when its standard
// input does. --certificate is where to write the certificate that it makes for itself, --corpus has the messages that
// are sent compressed, one a line. What a session does is in the path:
//
//   /echo                        sends each frame back, unmasked, payload and reserved bits as they came. A compressed
//                                payload is still valid then, with and without context takeover: what the client
//                                inflates is what it deflated, in the same order.
//   /sink                        counts messages and their bytes (inflated ones) and forgets them. The text
//                                "?MESSAGES BYTES" is answered by "1" if that is what came since the last question,
//                                else by what came.
//   /source?size=N&type=text     sends as many messages of N bytes as the text says that it gets ("1000"), out of a ring
//                                of encoded frames, in writes of up to 256 KiB. type=binary is the default.
//
// with ...?deflate=takeover or ?deflate=fresh to accept the offer of permessage-deflate, the latter with both
// no_context_takeover parameters; without it, the offer is declined. /source then sends the corpus, compressed once: its
// first message refers to nothing before, so the ring can go round.
//
// --batch: scheduled as SCHED_BATCH, so that a request which wakes the server does not let it preempt a client on the same
// core. The client has then always begun to wait before the answer comes, as over a network. Without it most answers
// would be there before the client's write returned, and the wait, which is what differs, would hardly ever happen.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum { CHUNK = 256 * 1024, HEAD_MAX = 16 * 1024, QUESTION_MAX = 48, TURN = 4 * 1024 * 1024 };
enum state { TLS_HANDSHAKE, OPENING, OPEN, ENDING };
enum path { ECHO, SINK, SOURCE };
enum deflate { NONE, TAKEOVER, FRESH };
enum opcode { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

struct buffer {
    uint8_t *bytes;
    size_t from, to, capacity;
};

// Encoded messages; ends[i] is where message i ends.
struct ring {
    struct ring *next;
    size_t size;
    int text;
    enum deflate deflate;
    struct buffer data;
    size_t *ends, count;
};

struct connection {
    int fd;
    SSL *ssl;
    enum state state;
    enum path path;
    enum deflate deflate;
    uint32_t events;
    struct buffer head;  // of the opening, then of a frame that came in parts
    struct buffer out;   // what the socket did not take; nothing is read meanwhile
    // the frame that is being read
    int in_payload, fin, opcode;
    uint64_t left;
    uint32_t key;
    // the message that is being read, and what was counted
    int message_compressed, collecting;
    struct buffer message;
    z_stream *inflater;
    uint64_t messages, bytes;
    // what a source owes
    struct ring *ring;
    size_t at, offset;  // the next message of the ring, and the next byte of its data
    uint64_t due;
};

static int poll_fd;
static SSL_CTX *tls;
static struct ring *rings;
static struct { uint8_t **line; size_t *length, count; } corpus;
static uint8_t in[CHUNK];
static uint8_t gathered[CHUNK + 1024];  // what is written at the end of a turn
static size_t gathered_length;

static void die(const char *what) {
    perror(what);
    exit(1);
}

static void append(struct buffer *b, const void *bytes, size_t n) {
    if (b->from == b->to) b->from = b->to = 0;
    if (b->to + n > b->capacity) {
        b->capacity = (b->to + n) * 2;
        b->bytes = realloc(b->bytes, b->capacity);
        if (!b->bytes) die("realloc");
    }
    memcpy(b->bytes + b->to, bytes, n);
    b->to += n;
}

static void release(struct buffer *b) {
    free(b->bytes);
    memset(b, 0, sizeof *b);
}

static void destroy(struct connection *c) {
    if (c->ssl) SSL_free(c->ssl);
    close(c->fd);
    if (c->inflater) {
        inflateEnd(c->inflater);
        free(c->inflater);
    }
    release(&c->head);
    release(&c->out);
    release(&c->message);
    free(c);
}

// ---- reading and writing: -1 is the end, 0 is "not now"

static ssize_t tls_result(struct connection *c, int result) {
    if (result > 0) return result;
    int error = SSL_get_error(c->ssl, result);
    ERR_clear_error();
    return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

static ssize_t get(struct connection *c, uint8_t *bytes, size_t n) {
    if (c->ssl) return tls_result(c, SSL_read(c->ssl, bytes, (int) n));
    ssize_t got = recv(c->fd, bytes, n, 0);
    return got > 0 ? got : got < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static ssize_t put(struct connection *c, const uint8_t *bytes, size_t n) {
    if (n == 0) return 0;
    if (c->ssl) return tls_result(c, SSL_write(c->ssl, bytes, (int) n));
    ssize_t sent = send(c->fd, bytes, n, MSG_NOSIGNAL);
    return sent > 0 ? sent : sent < 0 && (errno == EAGAIN || errno == EINTR) ? 0 : -1;
}

static void want(struct connection *c, uint32_t events) {
    if (c->events == events) return;
    struct epoll_event e = { .events = events, .data.ptr = c };
    if (epoll_ctl(poll_fd, EPOLL_CTL_MOD, c->fd, &e)) die("epoll_ctl");
    c->events = events;
}

static int drain(struct connection *c) {
    while (c->out.from < c->out.to) {
        ssize_t n = put(c, c->out.bytes + c->out.from, c->out.to - c->out.from);
        if (n < 0) return -1;
        if (n == 0) return 0;
        c->out.from += (size_t) n;
    }
    if (c->out.capacity) release(&c->out);
    return 0;
}

// A source may be within a message, where nothing else may be written.
static int between_messages(const struct connection *c) {
    return !c->ring || c->offset == (c->at == 0 ? 0 : c->ring->ends[c->at - 1]);
}

// Writes what was gathered; what the socket does not take is kept.
static int push(struct connection *c) {
    size_t written = 0;
    while (c->out.from == c->out.to && between_messages(c) && written < gathered_length) {
        ssize_t n = put(c, gathered + written, gathered_length - written);
        if (n < 0) return -1;
        if (n == 0) break;
        written += (size_t) n;
    }
    if (written < gathered_length) append(&c->out, gathered + written, gathered_length - written);
    gathered_length = 0;
    return 0;
}

// Room for n bytes at the end of what is gathered.
static uint8_t *room(struct connection *c, size_t n) {
    if (gathered_length + n > sizeof gathered && push(c) < 0) gathered_length = 0;  // seen again at the next write
    uint8_t *at = gathered + gathered_length;
    gathered_length += n;
    return at;
}

// ---- frames

static size_t frame_head(uint8_t *at, int first, uint64_t length) {
    at[0] = (uint8_t) first;
    if (length < 126) {
        at[1] = (uint8_t) length;
        return 2;
    }
    int bytes = length < 65536 ? 2 : 8;
    at[1] = bytes == 2 ? 126 : 127;
    for (int i = 0; i < bytes; i++) at[2 + i] = (uint8_t) (length >> (8 * (bytes - 1 - i)));
    return (size_t) (2 + bytes);
}

static void unmask(uint8_t *to, const uint8_t *from, size_t n, uint32_t key) {
    uint64_t wide = key | (uint64_t) key << 32;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        uint64_t word;
        memcpy(&word, from + i, 8);
        word ^= wide;
        memcpy(to + i, &word, 8);
    }
    for (; i < n; i++) to[i] = from[i] ^ (uint8_t) (wide >> (8 * (i & 7)));
}

static uint32_t rotated(uint32_t key, size_t n) {
    unsigned bits = 8 * (n & 3);
    return bits ? key >> bits | key << (32 - bits) : key;
}

// ---- rings

static void add_to_ring(struct ring *r, int first, const uint8_t *payload, size_t n) {
    uint8_t head[10];
    append(&r->data, head, frame_head(head, first, n));
    append(&r->data, payload, n);
    r->ends = realloc(r->ends, (r->count + 1) * sizeof *r->ends);
    if (!r->ends) die("realloc");
    r->ends[r->count++] = r->data.to;
}

static void compress_corpus(struct ring *r) {
    z_stream z = { 0 };
    if (deflateInit2(&z, 6, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) die("deflateInit2");
    for (size_t i = 0; i < corpus.count; i++) {
        if (r->deflate == FRESH) deflateReset(&z);
        size_t bound = deflateBound(&z, corpus.length[i]) + 64;
        uint8_t *compressed = malloc(bound);
        if (!compressed) die("malloc");
        z.next_in = corpus.line[i];
        z.avail_in = (uInt) corpus.length[i];
        z.next_out = compressed;
        z.avail_out = (uInt) bound;
        deflate(&z, Z_SYNC_FLUSH);
        // RFC 7692 section 7.2.1: without the empty block at the end
        add_to_ring(r, 0xC0 | (r->text ? TEXT : BINARY), compressed, bound - z.avail_out - 4);
        free(compressed);
    }
    deflateEnd(&z);
}

static struct ring *ring_of(size_t size, int text, enum deflate kind) {
    for (struct ring *r = rings; r; r = r->next)
        if (r->size == size && r->text == text && r->deflate == kind) return r;
    struct ring *r = calloc(1, sizeof *r);
    if (!r) die("calloc");
    r->size = size;
    r->text = text;
    r->deflate = kind;
    if (kind != NONE) {
        compress_corpus(r);
    } else {
        uint8_t *payload = malloc(size + 1);
        if (!payload) die("malloc");
        for (size_t i = 0; i < size; i++) payload[i] = (uint8_t) ('a' + i % 26);
        size_t count = 2 * CHUNK / (size + 2) + 2;
        for (size_t i = 0; i < count; i++) add_to_ring(r, 0x80 | (text ? TEXT : BINARY), payload, size);
        free(payload);
    }
    r->next = rings;
    rings = r;
    return r;
}

// Sends what a source owes, until the socket is full or others should have a turn.
static int pump(struct connection *c) {
    struct ring *r = c->ring;
    size_t turn = 0;
    while (c->due > 0 || !between_messages(c)) {
        size_t end;
        if (c->out.from < c->out.to) {  // a Pong or a Close: as soon as no message is half written
            if (between_messages(c)) {
                if (drain(c) < 0) return -1;
                if (c->out.from < c->out.to) return 0;
                continue;
            }
            end = r->ends[c->at];
        } else {
            size_t last = c->due < r->count - c->at ? c->at + c->due : r->count;
            end = r->ends[last - 1];
        }
        if (end > c->offset + CHUNK) end = c->offset + CHUNK;
        ssize_t n = put(c, r->data.bytes + c->offset, end - c->offset);
        if (n < 0) return -1;
        if (n == 0) return 0;
        c->offset += (size_t) n;
        turn += (size_t) n;
        if (r->ends[c->at] <= c->offset) {  // messages of one size need no search
            size_t low = c->at, high = r->count;
            while (low < high) {
                size_t middle = (low + high) / 2;
                if (r->ends[middle] <= c->offset) low = middle + 1;
                else high = middle;
            }
            c->due -= low - c->at;
            c->at = low;
        }
        if (c->at == r->count) c->at = c->offset = 0;
        if (turn >= TURN) return 0;
    }
    return 0;
}

// ---- what a message means to a sink or a source

static void reply_text(struct connection *c, const char *text) {
    size_t n = strlen(text);
    uint8_t *at = room(c, n + 2);
    memcpy(at + frame_head(at, 0x80 | TEXT, n), text, n);
}

static void question(struct connection *c, const char *text) {
    if (c->path == SOURCE) {
        c->due += strtoull(text, NULL, 10);
        return;
    }
    char answer[64];
    snprintf(answer, sizeof answer, "%llu %llu", (unsigned long long) c->messages, (unsigned long long) c->bytes);
    reply_text(c, strcmp(answer, text + 1) == 0 ? "1" : answer);
    c->messages = c->bytes = 0;
}

static int inflate_message(struct connection *c, char *text, size_t *text_length) {
    static const uint8_t tail[4] = { 0, 0, 0xff, 0xff };
    static uint8_t inflated[CHUNK];
    append(&c->message, tail, 4);
    if (!c->inflater) {
        c->inflater = calloc(1, sizeof *c->inflater);
        if (!c->inflater || inflateInit2(c->inflater, -15) != Z_OK) die("inflateInit2");
    } else if (c->deflate == FRESH) {
        inflateReset(c->inflater);
    }
    c->inflater->next_in = c->message.bytes;
    c->inflater->avail_in = (uInt) c->message.to;
    size_t total = 0;
    do {
        c->inflater->next_out = inflated;
        c->inflater->avail_out = sizeof inflated;
        int result = inflate(c->inflater, Z_SYNC_FLUSH);
        if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) return -1;
        size_t n = sizeof inflated - c->inflater->avail_out;
        if (total == 0) {
            *text_length = n < QUESTION_MAX ? n : QUESTION_MAX;
            memcpy(text, inflated, *text_length);
        }
        total += n;
    } while (c->inflater->avail_out == 0);
    c->bytes += total;
    if (total > QUESTION_MAX) *text_length = 0;
    return 0;
}

static int message_ended(struct connection *c) {
    char text[QUESTION_MAX + 1];
    size_t n = 0;
    uint64_t bytes = c->bytes;
    if (c->collecting && c->message_compressed) {
        if (inflate_message(c, text, &n) < 0) return -1;
    } else if (c->collecting) {
        n = c->message.to;
        memcpy(text, c->message.bytes, n);
    }
    c->message.from = c->message.to = 0;
    text[n] = 0;
    if (n > 0 && (c->path == SOURCE || text[0] == '?')) {
        c->bytes = bytes - (c->message_compressed ? 0 : n);
        question(c, text);
    } else {
        c->messages++;
    }
    c->collecting = 0;
    return 0;
}

// A frame's head is there: decide what becomes of its payload.
static void frame_begins(struct connection *c, const uint8_t *head, uint64_t length, const uint8_t *key) {
    c->opcode = head[0] & 15;
    c->fin = head[0] >> 7;
    c->left = length;
    memcpy(&c->key, key, 4);
    c->in_payload = 1;
    if (c->path == ECHO || c->opcode >= CLOSE) {
        if (c->opcode == PONG) return;
        uint8_t *at = room(c, 10);
        int first = c->opcode == PING ? 0x80 | PONG : head[0];
        gathered_length -= 10 - frame_head(at, first, length);
    } else {
        if (c->opcode != CONTINUATION) {
            c->message_compressed = head[0] >> 6 & 1;
            c->collecting = c->message_compressed || (c->opcode == TEXT && c->fin && length <= QUESTION_MAX);
        }
        if (!c->message_compressed) c->bytes += length;
    }
}

static int payload(struct connection *c, const uint8_t *bytes, size_t n) {
    if (c->path == ECHO || c->opcode >= CLOSE) {
        if (c->opcode != PONG) unmask(room(c, n), bytes, n, c->key);
    } else if (c->collecting) {
        size_t at = c->message.to;
        append(&c->message, bytes, n);
        unmask(c->message.bytes + at, bytes, n, c->key);
    }
    c->key = rotated(c->key, n);
    c->left -= n;
    return 0;
}

static int frame_ended(struct connection *c) {
    c->in_payload = 0;
    if (c->opcode == CLOSE) c->state = ENDING;
    else if (c->opcode < CLOSE && c->path != ECHO && c->fin) return message_ended(c);
    return 0;
}

// Takes bytes of frames, however they are cut.
static int frames(struct connection *c, const uint8_t *bytes, size_t n) {
    const uint8_t *end = bytes + n;
    while (bytes < end && c->state == OPEN) {
        if (!c->in_payload) {
            const uint8_t *head = bytes;
            size_t have = (size_t) (end - bytes), kept = c->head.to;
            if (kept > 0) {  // the head came in parts
                size_t more = have < 14 - kept ? have : 14 - kept;
                append(&c->head, bytes, more);
                head = c->head.bytes;
                have = c->head.to;
            }
            size_t need = 6;
            if (have >= 2) {
                if (!(head[1] & 0x80)) return -1;
                int code = head[1] & 127;
                need = code < 126 ? 6 : code == 126 ? 8 : 14;
            }
            if (have < need) {
                if (kept == 0) append(&c->head, head, have);
                return 0;
            }
            uint64_t length = head[1] & 127;
            if (length >= 126) {
                size_t count = length == 126 ? 2 : 8;
                length = 0;
                for (size_t i = 0; i < count; i++) length = length << 8 | head[2 + i];
            }
            frame_begins(c, head, length, head + need - 4);
            bytes += need - kept;
            c->head.from = c->head.to = 0;
        }
        size_t have = (size_t) (end - bytes);
        size_t take = c->left < have ? (size_t) c->left : have;
        payload(c, bytes, take);
        bytes += take;
        if (c->left == 0 && frame_ended(c) < 0) return -1;
    }
    return 0;
}

// ---- the opening handshake

static const char *header(const char *head, const char *name) {
    size_t n = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;
        if (strncasecmp(at, name, n) == 0 && at[n] == ':') {
            at += n + 1;
            while (*at == ' ' || *at == '\t') at++;
            return at;
        }
    }
    return NULL;
}

static int offers_deflate(const char *head) {
    const char *value = header(head, "Sec-WebSocket-Extensions");
    const char *end = value ? strstr(value, "\r\n") : NULL;
    return value && end && memmem(value, (size_t) (end - value), "permessage-deflate", 18) != NULL;
}

static int refuse(struct connection *c, const char *why) {
    fprintf(stderr, "server: refused: %s\n", why);
    static const char response[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    memcpy(room(c, sizeof response - 1), response, sizeof response - 1);
    c->state = ENDING;
    return 0;
}

static int open_session(struct connection *c, char *head) {
    const char *key = header(head, "Sec-WebSocket-Key");
    char *target = strncmp(head, "GET ", 4) == 0 ? head + 4 : NULL;
    char *end = target ? strchr(target, ' ') : NULL;
    if (!key || !end) return refuse(c, "no WebSocket request");
    int offered = offers_deflate(head);
    char wanted[256];
    snprintf(wanted, sizeof wanted, "%.*s", (int) (end - target), target);
    if (strncmp(wanted, "/echo", 5) == 0) c->path = ECHO;
    else if (strncmp(wanted, "/sink", 5) == 0) c->path = SINK;
    else if (strncmp(wanted, "/source", 7) == 0) c->path = SOURCE;
    else return refuse(c, "no such path");
    if (strstr(wanted, "deflate=takeover")) c->deflate = TAKEOVER;
    else if (strstr(wanted, "deflate=fresh")) c->deflate = FRESH;
    if (c->deflate != NONE && !offered) return refuse(c, "permessage-deflate is wanted and not offered");
    if (c->path == SOURCE) {
        const char *size = strstr(wanted, "size=");
        if (c->deflate != NONE && corpus.count == 0) return refuse(c, "no corpus");
        c->ring = ring_of(size ? (size_t) strtoull(size + 5, NULL, 10) : 64, strstr(wanted, "type=text") != NULL, c->deflate);
    }
    char text[128];
    uint8_t digest[20];
    size_t n = strcspn(key, " \t\r\n");
    snprintf(text, sizeof text, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", (int) (n < 64 ? n : 64), key);
    EVP_Digest(text, strlen(text), digest, NULL, EVP_sha1(), NULL);
    uint8_t accept[32];
    EVP_EncodeBlock(accept, digest, sizeof digest);
    char response[512];
    int length = snprintf(response, sizeof response,
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n",
        (char *) accept,
        c->deflate == NONE ? ""
        : c->deflate == TAKEOVER ? "Sec-WebSocket-Extensions: permessage-deflate\r\n"
        : "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n");
    memcpy(room(c, (size_t) length), response, (size_t) length);
    c->state = OPEN;
    return 0;
}

static int opening(struct connection *c, const uint8_t *bytes, size_t n) {
    append(&c->head, bytes, n);
    if (c->head.to > HEAD_MAX) return -1;
    uint8_t *end = memmem(c->head.bytes, c->head.to, "\r\n\r\n", 4);
    if (!end) return 0;
    end[2] = 0;
    size_t used = (size_t) (end - c->head.bytes) + 4;
    struct buffer head = c->head;
    memset(&c->head, 0, sizeof c->head);
    int result = open_session(c, (char *) head.bytes);
    if (result == 0 && c->state == OPEN) result = frames(c, head.bytes + used, head.to - used);
    release(&head);
    return result;
}

// ---- turns

// Brings a connection as far as it goes now; -1 if it has ended.
static int turn(struct connection *c) {
    if (c->state == TLS_HANDSHAKE) {
        ssize_t n = tls_result(c, SSL_do_handshake(c->ssl));
        if (n < 0) return -1;
        if (n == 0) {
            want(c, SSL_want_write(c->ssl) ? EPOLLOUT : EPOLLIN);
            return 0;
        }
        c->state = OPENING;
    }
    if (between_messages(c) && drain(c) < 0) return -1;
    for (int again = 1; again && c->out.from == c->out.to && c->state != ENDING;) {
        size_t have = 0;
        ssize_t n = 0;
        do {  // TLS gives one record at a time
            n = get(c, in + have, sizeof in - have);
            if (n > 0) have += (size_t) n;
        } while (c->ssl && n > 0 && have < sizeof in);
        if (have > 0 && (c->state == OPENING ? opening(c, in, have) : frames(c, in, have)) < 0) return -1;
        if (push(c) < 0 || n < 0) return -1;
        again = c->ssl != NULL && n > 0;  // what TLS has read ahead, epoll does not know of
    }
    if (c->ring && pump(c) < 0) return -1;
    int owes = c->out.from < c->out.to || c->due > 0 || !between_messages(c);
    if (c->state == ENDING && !owes) {
        if (c->ssl) SSL_shutdown(c->ssl);
        return -1;
    }
    want(c, c->out.from < c->out.to ? EPOLLOUT : owes ? EPOLLIN | EPOLLOUT : EPOLLIN);
    return 0;
}

static void accept_all(int listener, int secure) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC), one = 1;
        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            if (errno == EAGAIN) return;
            die("accept4");  // too many open files, say: better to fail than to let clients wait
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        struct connection *c = calloc(1, sizeof *c);
        if (!c) die("calloc");
        c->fd = fd;
        c->state = secure ? TLS_HANDSHAKE : OPENING;
        c->events = EPOLLIN;
        if (secure) {
            c->ssl = SSL_new(tls);
            if (!c->ssl || !SSL_set_fd(c->ssl, fd)) die("SSL_new");
            SSL_set_accept_state(c->ssl);
        }
        struct epoll_event e = { .events = EPOLLIN, .data.ptr = c };
        if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &e)) die("epoll_ctl");
    }
}

// ---- start

static int listen_on_free_port(int *port) {
    int s = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t length = sizeof a;
    if (s < 0 || bind(s, (struct sockaddr *) &a, length) || listen(s, 4096) ||
        getsockname(s, (struct sockaddr *) &a, &length))
        die("listen");
    *port = ntohs(a.sin_port);
    return s;
}

static void extension(X509 *x, int id, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, x, x, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &context, id, value);
    if (!e || !X509_add_ext(x, e, -1)) die("X509_add_ext");
    X509_EXTENSION_free(e);
}

// A certificate for 127.0.0.1 and localhost, for a day, that is its own authority.
static void make_tls(const char *certificate_file) {
    tls = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    if (!tls || !key || !x) die("OpenSSL");
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), (long) (getpid() + 1));
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), 24 * 3600);
    X509_set_pubkey(x, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, (const uint8_t *) "localhost", -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    extension(x, NID_basic_constraints, "critical,CA:TRUE");
    extension(x, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    if (!X509_sign(x, key, EVP_sha256()) || !SSL_CTX_use_certificate(tls, x) || !SSL_CTX_use_PrivateKey(tls, key))
        die("certificate");
    if (certificate_file) {
        FILE *file = fopen(certificate_file, "w");
        if (!file || !PEM_write_X509(file, x) || fclose(file)) die(certificate_file);
    }
    X509_free(x);
    EVP_PKEY_free(key);
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(tls, 1);
    SSL_CTX_set_default_read_buffer_len(tls, CHUNK);
}

static void read_corpus(const char *name) {
    FILE *file = fopen(name, "r");
    if (!file) die(name);
    char *line = NULL;
    size_t capacity = 0;
    ssize_t n;
    while ((n = getline(&line, &capacity, file)) > 0) {
        if (line[n - 1] == '\n') n--;
        corpus.line = realloc(corpus.line, (corpus.count + 1) * sizeof *corpus.line);
        corpus.length = realloc(corpus.length, (corpus.count + 1) * sizeof *corpus.length);
        if (!corpus.line || !corpus.length) die("realloc");
        corpus.line[corpus.count] = (uint8_t *) strndup(line, (size_t) n);
        corpus.length[corpus.count++] = (size_t) n;
    }
    free(line);
    fclose(file);
}

int main(int argc, char **argv) {
    const char *certificate = NULL;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--batch") == 0) {
            struct sched_param p = { 0 };
            if (sched_setscheduler(0, SCHED_BATCH, &p)) die("sched_setscheduler");
        } else if (strcmp(argv[i], "--corpus") == 0 && i + 1 < argc) {
            read_corpus(argv[++i]);
        } else if (strcmp(argv[i], "--certificate") == 0 && i + 1 < argc) {
            certificate = argv[++i];
        } else {
            fprintf(stderr, "usage: server [--batch] [--corpus FILE] [--certificate FILE]\n");
            return 2;
        }
    }
    signal(SIGPIPE, SIG_IGN);
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    make_tls(certificate);
    int port, tls_port;
    int plain = listen_on_free_port(&port), secure = listen_on_free_port(&tls_port);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    struct epoll_event e = { .events = EPOLLIN, .data.ptr = &plain };
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, plain, &e);
    e.data.ptr = &secure;
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, secure, &e);
    e.data.ptr = &poll_fd;
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, 0, &e);  // fails, and need not work, where the input is a file
    printf("%d %d\n", port, tls_port);
    fflush(stdout);
    for (;;) {
        struct epoll_event events[512];
        int n = epoll_wait(poll_fd, events, 512, -1);
        for (int i = 0; i < n; i++) {
            void *what = events[i].data.ptr;
            if (what == &plain) accept_all(plain, 0);
            else if (what == &secure) accept_all(secure, 1);
            else if (what == &poll_fd) {
                char byte;
                if (read(0, &byte, 1) <= 0) return 0;
            } else {
                gathered_length = 0;
                if (turn(what) < 0) destroy(what);
            }
        }
    }
}
