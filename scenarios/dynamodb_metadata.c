// Five hours of retries, on 20 September 2015. DynamoDB's storage servers ask a metadata service now and then which partitions are theirs,
// and serve nothing while they do not know; after a short network disruption many asked at once. Memberships had grown, so answers took
// longer than a server waits, and who had given up asked again while the service still worked at the old question, until it was paused.
//     https://aws.amazon.com/message/5467D2/    https://www.micahlerner.com/2022/07/11/metastable-failures-in-the-wild.html
//     https://doi.org/10.1145/3458336.3465286 (Bronson, Aghayev, Charapko, Zhu: Metastable Failures in Distributed Systems)
//
// Expected: dynamodb_metadata does not recover in some schedules (one slow answer will do); dynamodb_metadata_fixed, whose servers ask less
// often and wait longer, as Amazon's did from then on, recovers in all.
#include <errno.h>
#include <retick.h>
#include <stdio.h>

#define STORAGE_SERVERS 6
#define RETRIEVAL TICK_MS(25) // of a membership, by the metadata service: it does one after the other

// What the world knows: which storage servers accept requests.
static bool in_service[STORAGE_SERVERS];

// --- the metadata service ---

static int membership(tick_stream *server, void *store) {
    char line[32];
    while (tick_stream_read_line(server, line, sizeof line) > 0) {
        TICK_TRY(tick_lock_acquire(store));
        int result = tick_sleep(RETRIEVAL); // nobody looks whether it is still waited for
        tick_lock_release(store);
        TICK_TRY(result);
        TICK_TRY((int)tick_stream_printf(server, "partitions 1 to 9\n"));
    }
    return 0;
}

static int metadata(void *unused) {
    (void)unused;
    struct tick_lock *store = tick_lock_new();
    return store ? tick_serve(":7000", membership, store) : -ENOMEM;
}

// --- a storage server ---

struct policy {
    int64_t period, patience; // from one confirmation to the next; for an answer
};

static int confirm(void) {
    tick_stream *metadata;
    char line[32];
    TICK_TRY(tick_connect("metadata:7000", &metadata));
    int result = (int)tick_stream_printf(metadata, "which are mine?\n");
    if (result >= 0)
        result = (int)tick_stream_read_line(metadata, line, sizeof line);
    tick_stream_close(metadata);
    return result ? result : TICK_ECLOSED;
}

struct storage_server {
    int number;
    const struct policy *policy;
};

static int storage_server(void *arg) {
    const struct storage_server *me = arg;
    while (tick_time() < TICK_SEC(4)) {
        in_service[me->number] = tick_within(me->policy->patience, confirm()) >= 0;
        if (in_service[me->number])
            TICK_TRY(tick_sleep(me->policy->period));
        else
            tick_mark("out of service, and asks again");
    }
    return 0;
}

static bool all_in_service(void *unused) {
    (void)unused;
    for (int i = 0; i < STORAGE_SERVERS; i++) {
        if (!in_service[i])
            return false;
    }
    return true;
}

static void world_with(struct tick_world *world, const struct policy *policy) {
    static struct storage_server servers[STORAGE_SERVERS];
    struct tick_host *service = tick_daemon(world, "metadata", metadata, NULL);
    for (int i = 0; i < STORAGE_SERVERS; i++) {
        char name[32];
        snprintf(name, sizeof name, "storage-%d", i + 1);
        servers[i] = (struct storage_server){i, policy};
        tick_host_add(world, name, storage_server, &servers[i], .start = TICK_MS(30) * i);
    }
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(20));
    tick_faults(world, "network", .kinds = TICK_PARTITION, .until = TICK_SEC(1), .lasts = TICK_MS(300), .most = 1, .among = {service});
    tick_quiet_after(world, TICK_MS(1500));
    tick_must_by(world, TICK_MS(3500), all_in_service, NULL, "all storage servers are in service again, seconds after the disruption");
}

static const struct policy before = {TICK_MS(200), TICK_MS(100)}, after = {TICK_MS(400), TICK_MS(400)};

TICK_SCENARIO(dynamodb_metadata, "storage servers that ask again after a short disruption") {
    world_with(world, &before);
}

TICK_SCENARIO(dynamodb_metadata_fixed, "the same with servers that ask less often and wait longer") {
    world_with(world, &after);
}
