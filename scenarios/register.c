// A register kept by three replicas. A write goes to all and counts when a majority has it; a read asks a majority and takes the newest:
// two majorities share a replica (Attiya, Bar-Noy, Dolev: Sharing Memory Robustly in Message-Passing Systems, 1995,
// https://doi.org/10.1145/200836.200869). The wrong variant reads from the first replica that answers, which may be one that was cut off, or down, when the write was made.
//
// Expected: register fails the reader's check under some partitions and restarts; register_fixed in none, and both get on with their work
// once the faults are over.
#include <errno.h>
#include <retick.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPLICAS 3
#define MAJORITY 2
#define PATIENCE TICK_MS(100)
#define WRITES 12
#define READS 20

// A replica keeps its value on disk, written through before it answers. These stand for the disks: statics survive a host's crash.
static int disks[REPLICAS];
// What the checks know and no host could: the newest write that a majority has, and whether all are made.
static int acknowledged;
static bool all_written;

// --- a replica ---

static int serve(tick_stream *client, void *arg) {
    int *disk = arg;
    char line[32];
    while (tick_stream_read_line(client, line, sizeof line) > 0) {
        int version = line[0] == 'w' ? atoi(line + 1) : 0;
        if (version > *disk)
            *disk = version;
        TICK_TRY((int)tick_stream_printf(client, "%d\n", *disk));
    }
    return 0;
}

static int replica(void *disk) {
    return tick_serve(":7000", serve, disk);
}

// --- clients ---

struct question {
    int replica, answer;
    char text[16];
};

static int exchange(struct question *question) {
    tick_stream *stream;
    char address[32], line[32];
    snprintf(address, sizeof address, "replica-%d:7000", question->replica + 1);
    TICK_TRY(tick_connect(address, &stream));
    TICK_TRY((int)tick_stream_printf(stream, "%s\n", question->text));
    if (tick_stream_read_line(stream, line, sizeof line) <= 0)
        return TICK_ECLOSED;
    question->answer = atoi(line);
    return 0;
}

// A task of its own, so that its connection goes with it.
static int ask(void *arg) {
    struct question *question = arg;
    int result = tick_within(PATIENCE, exchange(question));
    return result == TICK_ECANCELED ? result : 0; // no answer is an answer
}

// Asks the replicas from `first` on, `count` of them, at once. The number of answers; *newest is the greatest.
static int ask_all(const char *text, int first, int count, int *newest) {
    struct question questions[REPLICAS];
    struct tick_task *tasks[REPLICAS] = {NULL};
    int answers = 0, result = 0;
    *newest = 0;
    for (int i = 0; i < count; i++) {
        questions[i] = (struct question){.replica = (first + i) % REPLICAS, .answer = -1};
        snprintf(questions[i].text, sizeof questions[i].text, "%s", text);
        tasks[i] = tick_spawn(ask, &questions[i]);
        if (!tasks[i])
            return -ENOMEM;
    }
    for (int i = 0; i < count; i++) {
        int ended = tick_join(tasks[i]);
        if (ended < 0)
            result = ended;
        tick_task_unref(tasks[i]);
        answers += questions[i].answer >= 0;
        if (questions[i].answer > *newest)
            *newest = questions[i].answer;
    }
    return result < 0 ? result : answers;
}

static int writer(void *unused) {
    (void)unused;
    char text[16];
    int newest;
    for (int version = 1; version <= WRITES; version++) {
        int answers;
        snprintf(text, sizeof text, "w%d", version);
        do {
            TICK_TRY(answers = ask_all(text, 0, REPLICAS, &newest));
            TICK_TRY(tick_sleep(TICK_MS(40)));
        } while (answers < MAJORITY);
        acknowledged = version;
    }
    all_written = true;
    return 0;
}

static int read_majority(int *value) {
    int answers;
    do
        TICK_TRY(answers = ask_all("r", 0, REPLICAS, value));
    while (answers < MAJORITY);
    return 0;
}

static int read_one(int *value) {
    for (int first = 0;; first++) {
        int answers = ask_all("r", first, 1, value);
        if (answers)
            return answers < 0 ? answers : 0;
    }
}

typedef int read_fn(int *value);
struct variant {
    read_fn *read;
};

static int reader(void *arg) {
    const struct variant *variant = arg;
    for (int i = 0; i < READS; i++) {
        int value, at_least = acknowledged;
        TICK_TRY(variant->read(&value));
        TICK_TRY(tick_check(value >= at_least, "a stale read: version %d, after %d was acknowledged", value, at_least));
        TICK_TRY(tick_sleep(TICK_MS(40)));
    }
    return 0;
}

static bool is_all_written(void *unused) {
    (void)unused;
    return all_written;
}

static void world_with(struct tick_world *world, struct variant *variant) {
    struct tick_host *replicas[REPLICAS];
    for (int i = 0; i < REPLICAS; i++) {
        char name[16];
        snprintf(name, sizeof name, "replica-%d", i + 1);
        replicas[i] = tick_daemon(world, name, replica, &disks[i]);
    }
    tick_host_add(world, "writer", writer, NULL);
    tick_host_add(world, "reader", reader, variant);
    tick_link_all(world, .latency = TICK_MS(1));
    tick_faults(world, "network", .kinds = TICK_PARTITION | TICK_ONE_WAY, .until = TICK_SEC(1), .lasts = TICK_SEC(1));
    tick_faults(world, "machines", .kinds = TICK_CRASH | TICK_STOP, .until = TICK_SEC(1), .lasts = TICK_SEC(1),
        .among = {replicas[0], replicas[1], replicas[2]});
    tick_quiet_after(world, TICK_SEC(3));
    tick_must_by(world, TICK_SEC(10), is_all_written, NULL, "all is written seven seconds after the last fault");
}

TICK_SCENARIO(register, "three replicas, read from one") {
    static struct variant one = {read_one};
    world_with(world, &one);
}

TICK_SCENARIO(register_fixed, "three replicas, read from a majority") {
    static struct variant majority = {read_majority};
    world_with(world, &majority);
}
