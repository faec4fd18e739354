// A watch that hears nothing while there is much to read. Kubernetes' API server watches and lists over one connection to etcd; which of
// its streams writes the next frame is up to Go's HTTP/2, whose priority scheduler goes through streams of equal weight from the youngest
// to the oldest. The watch is the oldest: as long as some list has something to send, it gets no turn, for tens of seconds under load.
//     https://github.com/etcd-io/etcd/issues/15402    https://github.com/golang/go/issues/58804
//
// Expected: etcd_watch fails the server's check in some schedules; etcd_watch_fixed, whose streams write in turn, in none.
#include <errno.h>
#include <retick.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAME ((size_t)16 << 10)
#define BANDWIDTH 6400000 // bytes a second: a list takes 40 ms
#define WATCH 1           // the first stream; then come lists
#define LIST_FRAMES 16
#define LISTS 6
#define RESYNC TICK_MS(50) // from one list to the next
#define CHANGES 10         // of pods
#define STARVED (4 * LIST_FRAMES)

// --- a connection of the server: the names are those of golang.org/x/net/http2 ---

struct stream {
    int id, frames; // frames: that it has to send
    struct stream *next;
};

struct connection {
    bool round_robin;
    tick_stream *socket;
    struct stream *streams;            // in the order in which they are asked for a frame
    struct stream *watch;              // one of them, if there is one
    int passed;                        // frames of others, since it has something to send
    struct tick_event_flag *scheduled; // one of them has something to send
};

struct etcd {
    bool round_robin;
    int changes;
    struct connection *watched; // whom they are told
};

static void add_stream(struct connection *c, struct stream *s) {
    struct stream **at = &c->streams; // always at the head: the priority scheduler
    while (c->round_robin && *at)
        at = &(*at)->next;
    s->next = *at;
    *at = s;
}

static void remove_stream(struct connection *c, const struct stream *s) {
    struct stream **at = &c->streams;
    while (*at != s)
        at = &(*at)->next;
    *at = s->next;
}

static int write_frame(struct connection *c, struct stream *s) {
    static const char payload[FRAME];
    s->frames--;
    c->passed = s == c->watch || !c->watch || !c->watch->frames ? 0 : c->passed + 1;
    if (c->passed == LIST_FRAMES)
        tick_mark("a change waits until a whole list is sent");
    TICK_TRY(tick_check(c->passed < STARVED, "%d frames of lists went before a change that the watch has to tell", STARVED));
    TICK_TRY((int)tick_stream_printf(c->socket, "%d %s\n", s->id, s->frames ? "DATA" : "END_STREAM"));
    TICK_TRY((int)tick_stream_write(c->socket, payload, FRAME));
    return tick_stream_drain(c->socket);
}

static int schedule_frame_writes(void *arg) {
    struct connection *c = arg;
    for (;;) {
        struct stream *s = c->streams;
        while (s && !s->frames)
            s = s->next;
        if (!s) {
            tick_event_clear(c->scheduled);
            TICK_TRY(tick_event_wait(c->scheduled));
            continue;
        }
        TICK_TRY(write_frame(c, s));
        bool closed = !s->frames && s->id != WATCH;
        if (closed || c->round_robin)
            remove_stream(c, s);
        if (closed)
            free(s);
        else if (c->round_robin)
            add_stream(c, s);
    }
}

static int new_stream(struct connection *c, int id, int frames) {
    struct stream *s = malloc(sizeof *s);
    if (!s)
        return -ENOMEM;
    *s = (struct stream){.id = id, .frames = frames};
    add_stream(c, s);
    tick_event_set(c->scheduled);
    return 0;
}

// --- the server ---

static int serve(tick_stream *socket, void *arg) {
    struct etcd *etcd = arg;
    struct connection c = {.round_robin = etcd->round_robin, .socket = socket, .scheduled = tick_event_new()};
    struct tick_task *writer = tick_spawn_named("frame-writer", schedule_frame_writes, &c);
    char line[32];
    int id;
    if (!c.scheduled || !writer)
        return -ENOMEM;
    while (tick_stream_read_line(socket, line, sizeof line) > 0) {
        if (sscanf(line, "watch %d", &id) == 1) {
            TICK_TRY(new_stream(&c, id, etcd->changes));
            c.watch = c.streams;
            etcd->watched = &c;
        } else if (sscanf(line, "list %d", &id) == 1) {
            TICK_TRY(new_stream(&c, id, LIST_FRAMES));
        } else {
            etcd->changes++;
            if (etcd->watched) {
                etcd->watched->watch->frames++;
                tick_event_set(etcd->watched->scheduled);
            }
        }
    }
    if (etcd->watched == &c)
        etcd->watched = NULL;
    tick_task_cancel(writer, NULL);
    tick_join(writer);
    return 0;
}

static int etcd(void *round_robin) {
    struct etcd etcd = {.round_robin = round_robin != NULL};
    return tick_serve(":2379", serve, &etcd);
}

// --- its clients ---

static int list_now_and_then(void *etcd) {
    for (int i = 1; i <= LISTS; i++) {
        TICK_TRY((int)tick_stream_printf(etcd, "list %d\n", WATCH + i));
        TICK_TRY(tick_sleep(RESYNC));
    }
    return 0;
}

static int api_server(void *unused) {
    (void)unused;
    static char payload[FRAME], line[32];
    tick_stream *etcd;
    TICK_TRY(tick_connect("etcd:2379", &etcd));
    TICK_TRY((int)tick_stream_printf(etcd, "watch %d\n", WATCH));
    struct tick_task *lister = tick_spawn_named("lister", list_now_and_then, etcd);
    if (!lister)
        return -ENOMEM;
    for (int lists = 0, changes = 0; lists < LISTS || changes < CHANGES;) {
        if (tick_stream_read_line(etcd, line, sizeof line) <= 0)
            return TICK_ECLOSED;
        TICK_TRY((int)tick_stream_read_exactly(etcd, payload, FRAME));
        bool change = atoi(line) == WATCH;
        changes += change;
        lists += !change && strstr(line, "END_STREAM");
    }
    int result = tick_join(lister);
    tick_task_unref(lister);
    return result;
}

static int kubelet(void *unused) {
    (void)unused;
    tick_stream *etcd;
    TICK_TRY(tick_connect("etcd:2379", &etcd));
    for (int i = 0; i < CHANGES; i++) {
        TICK_TRY((int)tick_stream_printf(etcd, "pod\n"));
        TICK_TRY(tick_sleep(TICK_MS(30)));
    }
    return 0;
}

static void world_with(struct tick_world *world, void *round_robin) {
    struct tick_host *server = tick_daemon(world, "etcd", etcd, round_robin);
    struct tick_host *client = tick_host_add(world, "api-server", api_server, NULL);
    tick_host_add(world, "kubelet", kubelet, NULL, .start = TICK_MS(10));
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30));
    tick_link_between(world, server, client, .latency = TICK_MS(1), .jitter = TICK_MS(30), .bandwidth = BANDWIDTH);
}

TICK_SCENARIO(etcd_watch, "a watch and lists on one connection, and the youngest stream goes first") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(etcd_watch_fixed, "the same with streams that write in turn") {
    world_with(world, &yes);
}
