// A piece of a file that is made of other messages. vortex, a BitTorrent client on io_uring, collects what its tasks have to say to a peer
// and submits it as one write a turn, without a look at how many bytes that write took; when the socket takes fewer, the rest is gone, and
// the peer reads the next message as the rest of the one before. It tells by the hash, and the download stands still.
//     https://github.com/Nehliin/vortex/pull/81
//
// Expected: vortex_write fails the downloader's check of a piece in some schedules; vortex_write_fixed, which has one write on its way at a
// time and submits the rest again, in none.
#include <errno.h>
#include <retick.h>
#include <stdlib.h>
#include <string.h>

#define PIECES 12
#define BLOCK 40 // bytes of a piece

enum message_id { HAVE = 4, PIECE = 7 };

// A message: its length (one byte here, four in BitTorrent), id, number of the piece; the block of a PIECE.
static size_t encode(unsigned char *message, enum message_id id, int piece) {
    message[0] = id == PIECE ? 2 + BLOCK : 2;
    message[1] = (unsigned char)id;
    message[2] = (unsigned char)piece;
    if (id == PIECE)
        memset(message + 3, 'a' + piece, BLOCK);
    return message[0] + 1u;
}

// --- the seeder's event loop: event_loop.rs and io_utils.rs ---

struct connection {
    bool fixed, scheduled;
    bool network_write_inflight;
    int fd;
    size_t count;
    unsigned char outgoing_msgs_buffer[4096];
};

struct connected_write { // a submission, and then its completion
    struct connection *connection;
    size_t count;
    ssize_t written;
    unsigned char buffer[];
};

static void send_outgoing(void *arg);
static void completed(void *arg);

static void write_to_connection(struct connection *c, struct connected_write *event) {
    struct tick_sys *sys = tick_sys_running();
    event->written = sys->ops->send(sys, c->fd, event->buffer, event->count, 0); // by the kernel, which tells the loop in its next turn
    if (tick_call_soon(NULL, completed, event) < 0)
        free(event);
}

static void completed(void *arg) {
    struct connected_write *event = arg;
    struct connection *c = event->connection;
    size_t written = event->written > 0 ? (size_t)event->written : 0;
    if (written < event->count)
        tick_mark("a partial write");
    if (c->fixed && written && written < event->count) {
        event->count -= written;
        memmove(event->buffer, event->buffer + written, event->count);
        write_to_connection(c, event);
        return;
    }
    c->network_write_inflight = false;
    free(event);
    send_outgoing(c);
}

// At the end of a turn: all that was said in it.
static void send_outgoing(void *arg) {
    struct connection *c = arg;
    c->scheduled = false;
    if (!c->count || (c->fixed && c->network_write_inflight))
        return;
    struct connected_write *event = malloc(sizeof *event + c->count);
    if (!event)
        return;
    *event = (struct connected_write){.connection = c, .count = c->count};
    memcpy(event->buffer, c->outgoing_msgs_buffer, c->count);
    c->count = 0;
    c->network_write_inflight = true;
    write_to_connection(c, event);
}

static int send_message(struct connection *c, enum message_id id, int piece) {
    c->count += encode(c->outgoing_msgs_buffer + c->count, id, piece);
    if (c->scheduled)
        return 0;
    c->scheduled = true;
    return tick_call_soon(NULL, send_outgoing, c);
}

// --- the seeder: pieces for one peer, while it gets new ones itself ---

static int upload(void *arg) {
    for (int piece = 0; piece < PIECES; piece++) {
        TICK_TRY(send_message(arg, PIECE, piece));
        TICK_TRY(tick_sleep(TICK_MS(7)));
    }
    return 0;
}

static int announce(void *arg) {
    for (int piece = PIECES; piece < 2 * PIECES; piece++) {
        TICK_TRY(send_message(arg, HAVE, piece));
        TICK_TRY(tick_sleep(TICK_MS(5)));
    }
    return 0;
}

static int connect_to(const char *peer, uint16_t port, struct tick_sys *sys, int *fd) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    TICK_TRY(sys->ops->resolve(sys, peer, port, &address, &size));
    TICK_TRY(*fd = sys->ops->socket(sys, address.ss_family, SOCK_STREAM, 0));
    int result = sys->ops->connect(sys, *fd, (struct sockaddr *)&address, size);
    fd_set writable;
    FD_ZERO(&writable);
    FD_SET(*fd, &writable);
    return result == -EINPROGRESS ? sys->ops->select(sys, *fd + 1, NULL, &writable, NULL, -1) : result;
}

static int seeder(void *fixed) {
    struct tick_sys *sys = tick_sys_running();
    struct connection connection = {.fixed = fixed != NULL};
    struct tick_group group;
    TICK_TRY(connect_to("downloader", 6881, sys, &connection.fd));
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, upload, &connection));
    TICK_TRY(tick_group_go(&group, announce, &connection));
    TICK_TRY(tick_group_exit(&group, 0));
    TICK_TRY(tick_sleep(TICK_SEC(1))); // until the last completions are in
    return sys->ops->close(sys, connection.fd);
}

// --- the downloader ---

static int download(tick_stream *seeder, void *unused) {
    (void)unused;
    unsigned char got[256], expected[256];
    int pieces = 0, told = 0;
    while (tick_stream_read_exactly(seeder, got, 1) > 0 && tick_stream_read_exactly(seeder, got + 1, got[0]) > 0) {
        enum message_id id = (enum message_id)got[1];
        int piece = got[2];
        TICK_TRY(tick_check(id == HAVE || id == PIECE, "the seeder sends a message of no known kind (%d)", got[1]));
        size_t size = encode(expected, id, piece);
        TICK_TRY(tick_check(!memcmp(got, expected, size), "the hash of piece %d is wrong", piece));
        pieces += id == PIECE;
        told += id == HAVE;
    }
    return tick_check(pieces == PIECES && told == PIECES, "the seeder has gone, and only %d of %d pieces are here", pieces, PIECES);
}

static int downloader(void *unused) {
    return tick_serve(":6881", download, unused);
}

static void world_with(struct tick_world *world, void *fixed) {
    tick_daemon(world, "downloader", downloader, NULL);
    tick_host_add(world, "seeder", seeder, fixed);
    tick_link_all(world, .latency = TICK_MS(10), .jitter = TICK_MS(10));
}

TICK_SCENARIO(vortex_write, "what a short write leaves is forgotten") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(vortex_write_fixed, "the same, with one write at a time, which goes on where it stopped") {
    world_with(world, &yes);
}
