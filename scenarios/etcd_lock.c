// A lock that two hold at once, both told so by etcd. A client's place in the line for a lock is a key that goes when its lease ends; the
// server's Lock call waits until no older key is left, and then said "locked", without a look whether the client's own key was still there.
// Who lost his lease while he waited was let in beside the rightful next one; Jepsen saw updates lost that way.
//     https://github.com/etcd-io/etcd/issues/11456    https://github.com/etcd-io/etcd/issues/9921
//     https://jepsen.io/blog/2020-01-30-etcd-3.4.3
//
// Expected: etcd_lock fails etcd's check in some schedules; etcd_lock_fixed, whose Lock call looks for its key again, in none. They lie
// deep: delays have to outlast a lease whose heartbeats are sent, while its client waits (etcd_lock.schedule). That a lease ends while its
// holder is at work, which no server can see to, is another matter: expired_lease.c.
#include <errno.h>
#include <retick.h>
#include <stdio.h>
#include <string.h>

#define CLIENTS 3
#define ROUNDS 4
#define TTL TICK_MS(320)

static const char *const names[CLIENTS] = {"alice", "bob", "carol"};

// --- etcd: leases, and the keys of one lock. The names are those of clientv3/concurrency and lease/lessor.go ---

struct lease {
    int64_t expiry;   // 0: it has none
    int my_rev;       // of its key for the lock, 0: there is none
    bool told, owner; // "locked" was answered, and nothing unlocked since; the key was there then
};

struct etcd {
    bool fixed;
    int revision;
    struct lease leases[CLIENTS];
    struct tick_event_flag *deleted; // a key was deleted
};

static void delete_key(struct etcd *etcd, struct lease *lease) {
    lease->my_rev = 0;
    tick_event_set(etcd->deleted);
    tick_event_clear(etcd->deleted);
}

static int expire_leases(void *arg) {
    struct etcd *etcd = arg;
    for (;;) {
        TICK_TRY(tick_sleep(TTL / 10));
        for (int i = 0; i < CLIENTS; i++) {
            struct lease *lease = &etcd->leases[i];
            if (lease->expiry && lease->expiry <= tick_time()) {
                tick_mark(lease->my_rev && !lease->told ? "a lease ends while its client waits" : "a lease ends");
                lease->expiry = 0;
                delete_key(etcd, lease);
            }
        }
    }
}

static bool older_key(const struct etcd *etcd, int my_rev) {
    for (int i = 0; i < CLIENTS; i++) {
        if (etcd->leases[i].my_rev && etcd->leases[i].my_rev < my_rev)
            return true;
    }
    return false;
}

// What lock() is for.
static int check_one_owner(const struct etcd *etcd, int me) {
    for (int i = 0; i < CLIENTS; i++) {
        const struct lease *mine = &etcd->leases[me], *other = &etcd->leases[i];
        bool both = i != me && other->told && !(mine->owner && other->owner);
        TICK_TRY(tick_check(!both, "%s and %s are both told that they have the lock; %s's lease had ended", names[i], names[me],
            names[mine->owner ? i : me]));
    }
    return 0;
}

// Mutex.Lock
static int lock(struct etcd *etcd, int me, tick_stream *client) {
    struct lease *lease = &etcd->leases[me];
    int my_rev = lease->my_rev = ++etcd->revision;
    while (older_key(etcd, my_rev)) // waitDeletes
        TICK_TRY(tick_event_wait(etcd->deleted));
    lease->owner = lease->my_rev == my_rev;
    if (etcd->fixed && !lease->owner)
        return (int)tick_stream_printf(client, "session expired\n");
    lease->told = true;
    TICK_TRY(check_one_owner(etcd, me));
    return (int)tick_stream_printf(client, "locked\n");
}

static int serve(tick_stream *client, void *arg) {
    struct etcd *etcd = arg;
    char line[32], verb[16];
    int me;
    while (tick_stream_read_line(client, line, sizeof line) > 0 && sscanf(line, "%15s %d", verb, &me) == 2) {
        struct lease *lease = &etcd->leases[me];
        if (!strcmp(verb, "lock") && lease->expiry) {
            TICK_TRY(lock(etcd, me, client));
            continue;
        }
        bool renew = !strcmp(verb, "grant") || (!strcmp(verb, "keepalive") && lease->expiry);
        if (renew)
            lease->expiry = tick_time() + TTL;
        if (!strcmp(verb, "unlock")) {
            lease->told = false;
            delete_key(etcd, lease);
        }
        TICK_TRY((int)tick_stream_printf(client, renew ? "ok\n" : "no lease\n"));
    }
    return 0;
}

static int etcd(void *fixed) {
    struct etcd state = {.fixed = fixed != NULL, .deleted = tick_event_new()};
    if (!state.deleted)
        return -ENOMEM;
    TICK_TRY(tick_go(expire_leases, &state));
    return tick_serve(":2379", serve, &state);
}

// --- its clients ---

struct client {
    int number;
    tick_stream *leases, *locks; // streams of one connection, really
};

// Whether the answer is the one that is hoped for.
static int ask(tick_stream *etcd, const char *verb, int number, const char *hope) {
    char line[32];
    TICK_TRY((int)tick_stream_printf(etcd, "%s %d\n", verb, number));
    ssize_t length = tick_stream_read_line(etcd, line, sizeof line);
    return length > 0 ? !strcmp(line, hope) : TICK_ECLOSED;
}

static int heartbeat(void *arg) {
    const struct client *me = arg;
    for (;;) {
        int alive;
        TICK_TRY(tick_sleep(TTL / 3));
        TICK_TRY(alive = ask(me->leases, "keepalive", me->number, "ok"));
        if (!alive)
            TICK_TRY(ask(me->leases, "grant", me->number, "ok")); // a new session
    }
}

static int work_under_lock(struct client *me) {
    int locked;
    TICK_TRY(locked = ask(me->locks, "lock", me->number, "locked"));
    if (locked)
        TICK_TRY(tick_sleep(TICK_MS(20))); // what the lock is for
    return ask(me->locks, "unlock", me->number, "");
}

static int client(void *number) {
    struct client me = {.number = *(int *)number};
    TICK_TRY(tick_connect("etcd:2379", &me.leases));
    TICK_TRY(tick_connect("etcd:2379", &me.locks));
    TICK_TRY(ask(me.leases, "grant", me.number, "ok"));
    struct tick_task *beat = tick_spawn(heartbeat, &me);
    if (!beat)
        return -ENOMEM;
    for (int i = 0; i < ROUNDS; i++)
        TICK_TRY(work_under_lock(&me));
    tick_task_cancel(beat, NULL);
    tick_join(beat);
    tick_task_unref(beat);
    return 0;
}

static void world_with(struct tick_world *world, void *fixed) {
    static int numbers[CLIENTS];
    tick_daemon(world, "etcd", etcd, fixed);
    for (int i = 0; i < CLIENTS; i++) {
        numbers[i] = i;
        tick_host_add(world, names[i], client, &numbers[i]);
    }
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30));
}

TICK_SCENARIO(etcd_lock, "a lease ends while its client waits for a lock") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(etcd_lock_fixed, "the same, with a Lock call that looks whether the client's key is still there") {
    world_with(world, &yes);
}
