// The command line out of memory, with a scenario of its own linked in: each command's allocations, the viewer's and the trace's, SQLite's,
// processes and mappings.
// links: tick_cli
// timeout: 600
#include "tests/support/torture_commands.h"
#include <retick.h>

// --- what it works on ---

static int count;

static int serve(tick_stream *stream, void *unused) {
    char line[32];
    (void)unused;
    while (tick_stream_read_line(stream, line, sizeof line) > 0) {
        if (line[0] == 's')
            count = line[1] - '0';
        TICK_TRY((int)tick_stream_printf(stream, "%d\n", count));
    }
    return 0;
}

static int server(void *unused) {
    return tick_serve(":7", serve, unused);
}

static int increment(void *unused) {
    tick_stream *stream;
    char line[32];
    (void)unused;
    TICK_TRY(tick_connect("server:7", &stream));
    TICK_TRY((int)tick_stream_printf(stream, "g\n"));
    TICK_TRY((int)tick_stream_read_line(stream, line, sizeof line));
    TICK_TRY((int)tick_stream_printf(stream, "s%d\n", line[0] - '0' + 1));
    return (int)tick_stream_read_line(stream, line, sizeof line);
}

static int audit(void *unused) {
    (void)unused;
    return tick_check(count == 2, "an increment was lost: %d", count);
}

TICK_SCENARIO(lost, "two increments") {
    count = 0;
    tick_daemon(world, "server", server, NULL);
    struct tick_host *alice = tick_host_add(world, "alice", increment, NULL);
    struct tick_host *bob = tick_host_add(world, "bob", increment, NULL, .start = TICK_MS(20));
    tick_host_add(world, "auditor", audit, NULL, .after = {alice, bob});
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(49));
}

static int set_up(void **state) {
    (void)state;
    if (enter_folder() != 0)
        return -1;
    struct scarce_run calm = {.body = run_command, .arg = &(struct command){.words = {"torture", "run", "-o", "calm.db"}}, .left = -1};
    struct scarce_run found = {.body = run_command, .arg = &(struct command){.words = {"torture", "fuzz", "-o", "found.db"}}, .left = -1};
    if (scarce_run(&calm) != 0 || scarce_run(&found) != 1)
        return -1;
    get_to_know();
    return 0;
}

static void running(void **state) {
    (void)state;
    torture(&(struct command){{"torture", "run", "-o", "once.db"}, {"once.db"}}, 0, 100, 37);
}

static void fuzzing(void **state) {
    (void)state;
    torture(&(struct command){{"torture", "fuzz", "-j", "1", "-n", "50", "-o", "new.db"}, {"new.db", "new.schedule", "new.twin.db", "new.html"}}, 1, 100, 97);
}

static void replaying(void **state) {
    (void)state;
    torture(&(struct command){{"torture", "replay", "found.schedule", "-o", "again.db"}, {"again.db", "again.html"}}, 1, 100, 37);
    torture(&(struct command){{"torture", "replay", "found.db"}, {"found.html"}}, 1, 100, 37);
}

static void asking(void **state) {
    (void)state;
    torture(&(struct command){{"torture", "query", "found.db", "tasks"}, {NULL}}, 0, 100, 37);
    torture(&(struct command){{"torture", "query", "found.db", "tasks", "--json"}, {NULL}}, 0, 100, 37);
    torture(&(struct command){{"torture", "query", "found.db", "SELECT seq, kind FROM events"}, {NULL}}, 0, 100, 37);
    torture(&(struct command){{"torture", "diff", "calm.db", "found.db"}, {NULL}}, 1, 100, 37);
}

static void explaining(void **state) {
    (void)state;
    torture(&(struct command){{"torture", "explain", "found.db"}, {NULL}}, 0, 100, 37);
    torture(&(struct command){{"torture", "explain", "found.db", "--against", "calm.db"}, {NULL}}, 0, 100, 97);
}

static void drawing(void **state) {
    (void)state;
    torture(&(struct command){{"torture", "graph", "found.db", "-o", "found.dot"}, {"found.dot"}}, 0, 200, 37);
    torture(&(struct command){{"torture", "view", "found.db", "-a", "found.twin.db", "-o", "found.html"}, {"found.html"}}, 0, 200, 97);
}

static void digesting(void **state) {
    (void)state;
    // As many seeds as it takes for one of them to fail, whatever is drawn.
    torture(&(struct command){{"torture", "digest", "--seeds", "40"}, {NULL}}, 1, 100, 37);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(running),
        cmocka_unit_test(fuzzing),
        cmocka_unit_test(replaying),
        cmocka_unit_test(asking),
        cmocka_unit_test(explaining),
        cmocka_unit_test(drawing),
        cmocka_unit_test(digesting),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
