// A leader that goes on after its lease has ended. Two writers guard a file with leases of a lock service; one takes a lease, stalls (a
// busy machine, a collection of garbage, a slow network), and writes after the lease has passed to the other. HBase had it. Why no look at
// the clock before the write helps, and that a number which grows with each lease does ("fencing"), is Kleppmann's:
//     https://martin.kleppmann.com/2016/02/08/how-to-do-distributed-locking.html
// Fencing the writes is not enough for who writes what he read: an older write that comes between the newer lease's read and its write
// meets a store that has not heard of the newer lease yet. The number has to go with the read as well.
//
// Expected: expired_lease fails the auditor's check in some schedules, and so does expired_lease_fenced, where writes carry the number;
// expired_lease_fixed, where reads do too, in none.
#include <limits.h>
#include <retick.h>
#include <stdio.h>

#define LEASE TICK_MS(20)

// --- the lock service: "lease" is answered with the lease's number, or with 0 while it is somebody else's; "free <number>" ends it ---

struct lease {
    int number;
    int64_t ends;
};

static int serve_leases(tick_stream *client, void *arg) {
    struct lease *lease = arg;
    char line[32];
    int number;
    while (tick_stream_read_line(client, line, sizeof line) > 0) {
        if (sscanf(line, "free %d", &number) == 1) {
            if (number == lease->number)
                lease->ends = 0;
            continue; // no answer: nobody waits for one
        }
        bool taken = tick_time() < lease->ends;
        if (!taken)
            *lease = (struct lease){lease->number + 1, tick_time() + LEASE};
        TICK_TRY((int)tick_stream_printf(client, "%d\n", taken ? 0 : lease->number));
    }
    return 0;
}

static int locks(void *unused) {
    (void)unused;
    struct lease lease = {0};
    return tick_serve(":7001", serve_leases, &lease);
}

// --- the store of one file: "read <lease's number>", "write <lease's number> <value>"; the answer is what the file holds, or "no" ---

enum fence { NONE, WRITES, ALL }; // which requests tell the store of a newer lease, and are refused under an older one

struct file {
    enum fence fence;
    int newest, value;
};

static int serve_file(tick_stream *client, void *arg) {
    struct file *file = arg;
    char line[32];
    int lease, value;
    while (tick_stream_read_line(client, line, sizeof line) > 0) {
        bool write = sscanf(line, "write %d %d", &lease, &value) == 2;
        bool fenced = write ? file->fence != NONE : file->fence == ALL && sscanf(line, "read %d", &lease) == 1;
        if (fenced && lease < file->newest) {
            TICK_TRY((int)tick_stream_printf(client, "no\n"));
            continue;
        }
        if (fenced)
            file->newest = lease;
        if (write) {
            file->value = value;
            tick_shared_write("the file");
        } else {
            tick_shared_read("the file");
        }
        TICK_TRY((int)tick_stream_printf(client, "%d\n", file->value));
    }
    return 0;
}

static int store(void *fence) {
    struct file file = {.fence = *(enum fence *)fence};
    return tick_serve(":7002", serve_file, &file);
}

// --- the writers: each adds one to what the file holds ---

// 1 with the number that was answered, 0 for "no".
static int ask(tick_stream *server, int *answer, const char *verb, int lease, int value) {
    char line[32];
    TICK_TRY((int)tick_stream_printf(server, "%s %d %d\n", verb, lease, value));
    ssize_t length = tick_stream_read_line(server, line, sizeof line);
    if (length <= 0)
        return length < 0 ? (int)length : TICK_ECLOSED;
    return sscanf(line, "%d", answer) == 1;
}

// Adds one under the lease: 1, or 0 if it came to nothing.
static int add_one(tick_stream *file, int lease, int64_t ends) {
    int value;
    TICK_TRY(ask(file, &value, "read", lease, 0));
    if (tick_time() >= ends)
        return 0; // careful, and in vain: what is sent in time may arrive late
    return ask(file, &value, "write", lease, value + 1);
}

static int writer(void *unused) {
    (void)unused;
    tick_stream *leases, *file;
    TICK_TRY(tick_connect("locks:7001", &leases));
    TICK_TRY(tick_connect("store:7002", &file));
    for (;;) {
        int lease, added = 0;
        int64_t ends = tick_time() + LEASE;
        TICK_TRY(ask(leases, &lease, "lease", 0, 0));
        if (lease) {
            added = add_one(file, lease, ends);
            TICK_TRY(added);
            TICK_TRY((int)tick_stream_printf(leases, "free %d\n", lease));
        }
        if (added)
            return 0;
        tick_mark(lease ? "a lease came to nothing" : "the lease was somebody else's");
        TICK_TRY(tick_sleep(TICK_MS(20)));
    }
}

static int audit(void *unused) {
    (void)unused;
    tick_stream *file;
    int value;
    TICK_TRY(tick_connect("store:7002", &file));
    TICK_TRY(ask(file, &value, "read", INT_MAX, 0));
    return tick_check(value == 2, "two writers added one each, and the file holds %d", value);
}

static void world_with(struct tick_world *world, enum fence *fence) {
    tick_daemon(world, "locks", locks, NULL);
    tick_daemon(world, "store", store, fence);
    struct tick_host *alice = tick_host_add(world, "alice", writer, NULL);
    struct tick_host *bob = tick_host_add(world, "bob", writer, NULL);
    tick_host_add(world, "auditor", audit, NULL, .after = {alice, bob});
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30));
}

static enum fence none = NONE, writes = WRITES, all = ALL;

TICK_SCENARIO(expired_lease, "a writer goes on after its lease has ended") {
    world_with(world, &none);
}

TICK_SCENARIO(expired_lease_fenced, "the same, with a store that refuses writes under older leases") {
    world_with(world, &writes);
}

TICK_SCENARIO(expired_lease_fixed, "the same, with a store that looks at the lease of reads as well") {
    world_with(world, &all);
}
