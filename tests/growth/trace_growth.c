// links: tick_counted
// timeout: 300
// once: yes
// What a trace costs grows as the run does, whatever its shape: telling, storing, comparing, asking and drawing are counted at n, 2n and 4n
// events of one kind. Counted are basic blocks of our own code (which is compiled to tell them) and steps of SQLite's machine; from one
// doubling to the next the rise may double, and a logarithm more, but not grow fourfold.
#include "sim/choice/schedule.h"
#include "tests/support/folder.h"
#include "tests/unit/trace_story.h"
#include "trace/explain/page.h"
#include "trace/query.h"
#include "trace/writer.h"
#include "viewer/dot.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>
// last: it wants the four above
#include <cmocka.h>

#define SIZE 500u

static uint64_t blocks, steps;
void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void) {
    blocks++;
}

// At each statement's end. (Progress handlers belong to the library.)
static int count_steps(unsigned event, void *ctx, void *statement, void *time) {
    (void)event, (void)ctx, (void)time;
    steps += (uint64_t)sqlite3_stmt_status(statement, SQLITE_STMTSTATUS_VM_STEP, true);
    return 0;
}

// Called for each connection that anybody opens.
static int watch(sqlite3 *db, char **message, const struct sqlite3_api_routines *api) {
    (void)message, (void)api;
    return sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, count_steps, NULL);
}

static char folder[64];

static int set_up(void **state) {
    (void)state;
    sqlite3_auto_extension((void (*)(void))watch);
    return folder_make(folder, sizeof folder);
}

static int tear_down(void **state) {
    (void)state;
    return folder_remove(folder);
}

// --- shapes of runs ---

struct stage {
    struct tick_probe *probe;
    uint32_t host;
    struct story_task main_task;
};

static struct stage stage(struct tick_probe *probe) {
    struct stage stage = {.probe = probe, .host = story_host(probe, "h")};
    stage.main_task = story_task(probe, stage.host, tick_id_host("h"), stage.host, "main", 1);
    story_step(probe, &stage.main_task);
    return stage;
}

static struct story_task child(struct stage *stage, const struct story_task *parent, uint32_t kth) {
    return story_task(stage->probe, stage->host, parent->id, parent->object, "worker", kth);
}

static uint32_t object(struct stage *stage, enum tick_object_type type, uint32_t kth, const char *key) {
    const struct tick_object object = {.type = type,
        .id = tick_id_mix(tick_id_mix(stage->main_task.id, type), kth),
        .parent = stage->main_task.object,
        .host = stage->host,
        .key = key,
        .kth = kth};
    return stage->probe->ops->object(stage->probe, &object);
}

static void as(struct stage *stage, const struct story_task *task) {
    stage->probe->host = stage->host;
    stage->probe->task = task->object;
}

static void deviate(struct tick_probe *probe, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal) {
    const struct tick_deviation deviation = {
        .kind = (uint8_t)kind, .subject = subject, .ordinal = ordinal, .value = 1, .n = 9, .most = TICK_MS(9)};
    probe->ops->choice(probe, &deviation);
}

static void many_await_one(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    struct story_task slow = child(&s, &s.main_task, 1), waiter = s.main_task;
    for (uint32_t i = 0; i < n; i++) {
        waiter = child(&s, &s.main_task, i + 2);
        as(&s, &waiter);
        tick_emit(probe, TICK_EV_FUTURE_AWAIT, slow.object, 0, 0, NULL);
    }
    story_step(probe, &slow);
    story_end(probe, &slow, TICK_STEP_RETURNED);
}

static void a_long_chain(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t from = probe->here;
        probe->now += 1000;
        story_end(probe, &s.main_task, TICK_STEP_SUSPENDED);
        s.main_task.ready = tick_emit(probe, TICK_EV_TASK_READY, s.main_task.object, from, 0, NULL);
        story_step(probe, &s.main_task);
    }
}

static void many_tasks(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    for (uint32_t i = 0; i < n; i++) {
        struct story_task task = child(&s, &s.main_task, i + 1);
        story_step(probe, &task);
        story_end(probe, &task, i % 3 ? TICK_STEP_RETURNED : TICK_STEP_FAILED);
    }
}

// Each sends to the next, whom nothing reaches, and is late.
static void many_hosts(struct tick_probe *probe, uint32_t n) {
    char name[16], next[16];
    for (uint32_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "h%u", i);
        snprintf(next, sizeof next, "h%u", (i + 1) % n);
        uint32_t message, host = story_host(probe, name);
        struct story_task task = story_task(probe, host, tick_id_host(name), host, "main", 1);
        story_step(probe, &task);
        struct story_link link = story_connect(probe, &task, next);
        story_send(probe, &link, 1, "hello", &message);
        deviate(probe, TICK_CHOICE_HOST_LATE, tick_id_host(name), 1);
        story_end(probe, &task, TICK_STEP_SUSPENDED);
    }
}

// From one host to another, over one connection, each of them late.
static void many_messages(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    uint32_t message, other = story_host(probe, "other");
    struct story_task reader = story_task(probe, other, tick_id_host("other"), other, "main", 1);
    story_step(probe, &s.main_task);
    struct story_link link = story_connect(probe, &s.main_task, "other");
    for (uint32_t i = 0; i < n; i++) {
        story_step(probe, &s.main_task);
        deviate(probe, TICK_CHOICE_DELIVERY, link.out_id, link.sent_out);
        uint32_t sent = story_send(probe, &link, 1, "hello", &message);
        story_end(probe, &s.main_task, TICK_STEP_SUSPENDED);
        if (i % 5)
            story_arrive(probe, other, &reader, message, sent, 5);
        else
            tick_emit(probe, TICK_EV_MSG_DROP, message, sent, 5, NULL);
        story_step(probe, &reader);
        story_end(probe, &reader, TICK_STEP_SUSPENDED);
    }
    story_step(probe, &reader);
}

// All of them held up behind the first, and read at once.
static void many_messages_behind_one(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    uint32_t message, received = 0, other = story_host(probe, "other"), first = 0;
    story_step(probe, &s.main_task);
    struct story_link link = story_connect(probe, &s.main_task, "other");
    link.sent_out = 1;
    deviate(probe, TICK_CHOICE_DELIVERY, link.out_id, 1);
    for (uint32_t i = 0; i < n; i++) {
        story_send(probe, &link, 1, "hello", &message);
        first = first ? first : message;
    }
    probe->now += TICK_MS(10);
    probe->host = other;
    probe->task = 0;
    for (uint32_t i = 0; i < n; i++)
        received = tick_emit(probe, TICK_EV_MSG_RECV, first + i, 0, 5, NULL);
    tick_emit(probe, TICK_EV_IO_COMPLETE, 0, received, 5 * (int64_t)n, NULL);
}

// Steps that take their time, and what was ready meanwhile and comes late.
static void many_costs(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    for (uint32_t i = 0; i < n; i++) {
        story_step(probe, &s.main_task);
        deviate(probe, TICK_CHOICE_STEP_COST, s.main_task.id, i + 1);
        s.main_task.ready = tick_emit(probe, TICK_EV_TASK_READY, s.main_task.object, probe->here, 0, NULL);
        story_end(probe, &s.main_task, TICK_STEP_SUSPENDED);
    }
    const uint32_t ready = s.main_task.ready;
    probe->now += TICK_SEC(1);
    for (uint32_t i = 0; i < n; i++) {
        s.main_task.ready = ready;
        story_step(probe, &s.main_task);
        story_end(probe, &s.main_task, TICK_STEP_SUSPENDED);
    }
}

static void many_futures(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t future = object(&s, TICK_OBJECT_FUTURE, i + 1, "future");
        tick_emit(probe, TICK_EV_FUTURE_CREATE, future, probe->here, 0, NULL);
        tick_emit(probe, TICK_EV_FUTURE_AWAIT, future, 0, 0, NULL);
        if (i % 4)
            tick_emit(probe, TICK_EV_FUTURE_DONE, future, probe->here, (int64_t)(i % 3), NULL);
    }
}

// Each task is the child of the one before, and awaited by it.
static void deep_parents(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    struct story_task parent = s.main_task;
    for (uint32_t i = 0; i < n; i++) {
        struct story_task task = child(&s, &parent, 1);
        as(&s, &parent);
        tick_emit(probe, TICK_EV_FUTURE_AWAIT, task.object, 0, 0, NULL);
        story_end(probe, &parent, TICK_STEP_SUSPENDED);
        story_step(probe, &task);
        parent = task;
    }
}

static void one_lock_taken_in_turn(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    struct story_task tasks[2] = {child(&s, &s.main_task, 1), child(&s, &s.main_task, 2)};
    uint32_t lock = object(&s, TICK_OBJECT_LOCK, 1, "lock"), released = 0;
    for (uint32_t i = 0; i < n; i++) {
        as(&s, &tasks[i & 1]);
        tick_emit(probe, TICK_EV_HOLD, lock, released, 0, NULL);
        as(&s, &tasks[~i & 1]);
        tick_emit(probe, TICK_EV_WAIT_BEGIN, lock, 0, 0, NULL);
        as(&s, &tasks[i & 1]);
        released = tick_emit(probe, TICK_EV_RELEASE, lock, 0, 0, NULL);
        as(&s, &tasks[~i & 1]);
        tick_emit(probe, TICK_EV_WAIT_END, lock, released, 0, NULL);
    }
}

// A semaphore with as many holders as waiters.
static void many_hold_and_many_wait(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    uint32_t permits = object(&s, TICK_OBJECT_LOCK, 1, "semaphore");
    for (uint32_t i = 0; i < n; i++) {
        struct story_task task = child(&s, &s.main_task, i + 1);
        as(&s, &task);
        tick_emit(probe, i & 1 ? TICK_EV_WAIT_BEGIN : TICK_EV_HOLD, permits, 0, 0, NULL);
    }
}

// Each holds a lock and wants the next one's, round in a circle; and beside it, each wants the same one's, in a line.
static void a_great_circle(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    struct story_task *tasks = malloc(n * sizeof *tasks);
    uint32_t *locks = malloc(n * sizeof *locks);
    for (uint32_t i = 0; i < n; i++) {
        tasks[i] = child(&s, &s.main_task, i + 1);
        locks[i] = object(&s, TICK_OBJECT_LOCK, i + 1, "lock");
        as(&s, &tasks[i]);
        tick_emit(probe, TICK_EV_HOLD, locks[i], 0, 0, NULL);
    }
    for (uint32_t i = 0; i < n; i++) {
        as(&s, &tasks[i]);
        tick_emit(probe, TICK_EV_WAIT_BEGIN, locks[i < n / 2 ? (i + 1) % (n / 2) : i - 1], 0, 0, NULL);
    }
    free(tasks);
    free(locks);
}

// All of them about one host, and drawn while its task makes one step.
static void many_deviations(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    for (uint32_t i = 0; i < n; i++) {
        deviate(probe, TICK_CHOICE_HOST_LATE, tick_id_host("h"), i);
        s.main_task.ready = tick_emit(probe, TICK_EV_TASK_READY, s.main_task.object, s.main_task.ready, 0, NULL);
    }
    story_step(probe, &s.main_task);
}

static void many_logs(struct tick_probe *probe, uint32_t n) {
    stage(probe);
    for (uint32_t i = 0; i < n; i++) {
        char words[32];
        snprintf(words, sizeof words, "line %u", i);
        tick_emit(probe, i & 1 ? TICK_EV_LOG : TICK_EV_MARK, probe->ops->text(probe, words), 0, 0, NULL);
    }
}

// Every event from a place of its own, as a program that is made by another may have them.
static void many_places(struct tick_probe *probe, uint32_t n) {
    static struct tick_loc places[4 * SIZE];
    struct stage s = stage(probe);
    for (uint32_t i = 0; i < n; i++) {
        places[i] = (struct tick_loc){"made", "made.c", (int)i + 1, NULL};
        tick_emit(probe, TICK_EV_TASK_READY, s.main_task.object, 0, 0, &places[i]);
    }
}

// Workers that hand on to each other, in turn over all of them: an edge from each to many.
static void many_edges(struct tick_probe *probe, uint32_t n) {
    struct stage s = stage(probe);
    struct story_task tasks[64];
    for (uint32_t i = 0; i < 64; i++)
        tasks[i] = child(&s, &s.main_task, i + 1);
    for (uint32_t i = 0; i < n; i++) {
        struct story_task *task = &tasks[i * 7 % 64];
        story_step(probe, task);
        tasks[i * 13 % 64].ready = tick_emit(probe, TICK_EV_TASK_READY, tasks[i * 13 % 64].object, probe->here, 0, NULL);
        story_end(probe, task, TICK_STEP_SUSPENDED);
    }
}

static const struct shape {
    const char *name;
    void (*tell)(struct tick_probe *probe, uint32_t n);
} shapes[] = {
#define SHAPE(name) \
    { #name, name }
    SHAPE(many_await_one),
    SHAPE(a_long_chain),
    SHAPE(many_tasks),
    SHAPE(many_hosts),
    SHAPE(many_messages),
    SHAPE(many_messages_behind_one),
    SHAPE(many_costs),
    SHAPE(many_futures),
    SHAPE(deep_parents),
    SHAPE(one_lock_taken_in_turn),
    SHAPE(many_hold_and_many_wait),
    SHAPE(a_great_circle),
    SHAPE(many_deviations),
    SHAPE(many_logs),
    SHAPE(many_places),
    SHAPE(many_edges),
};
#define SHAPES (sizeof shapes / sizeof *shapes)

// --- what is done with them ---

enum { RECORD, STORE, NAMES, SCHEDULE, DIFF, DIFF_EARLY, GRAPH, SMALL_GRAPH, CHAIN, PAGE, EFFECTS, FIRST_QUERY };
static const char *const works[FIRST_QUERY] = {"record", "store", "names", "schedule", "diff", "diff that parts early", "graph",
    "graph of 10", "causes of the last step", "page of them", "page of what came of the first"};
#define WORKS_MOST 32

struct cost {
    uint64_t blocks, steps;
};

static void check_code(int code, const struct tick_error *error) {
    if (code < 0)
        fail_msg("%s", error->text);
}

static struct cost since(struct cost before) {
    return (struct cost){blocks - before.blocks, steps - before.steps};
}

static struct cost now(void) {
    return (struct cost){blocks, steps};
}

// Tells the shape's run and stores it. variant 1: a mark more at the end, variant 2: at the beginning.
static void make(const struct shape *shape, uint32_t n, int variant, const char *path, struct cost *costs) {
    const struct tick_trace_meta meta = {.scenario = shape->name, .chooser = "calm"};
    struct tick_recorder *recorder;
    struct tick_error error = {0};
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    struct cost before = now();
    if (variant == 2)
        tick_emit(probe, TICK_EV_MARK, probe->ops->text(probe, "early"), 0, 0, NULL);
    shape->tell(probe, n);
    if (variant == 1)
        tick_emit(probe, TICK_EV_MARK, probe->ops->text(probe, "late"), 0, 0, NULL);
    tick_recorder_end(recorder, "check", "broken");
    costs[RECORD] = since(before);
    before = now();
    check_code(tick_trace_store(recorder, path, &meta, &error), &error);
    costs[STORE] = since(before);
    tick_recorder_free(recorder);
}

static struct cost diff(const struct tick_trace *trace, const char *path) {
    struct tick_trace other;
    struct tick_error error = {0};
    char *report;
    check_code(tick_trace_open(path, &other, &error), &error);
    struct cost before = now();
    assert_int_equal(tick_trace_diff(trace, &other, &report, &error), 1);
    struct cost cost = since(before);
    free(report);
    tick_trace_close(&other);
    return cost;
}

static struct cost draw(const struct tick_trace *trace, unsigned most) {
    const struct tick_graph_options options = {.most_nodes = most};
    struct tick_error error = {0};
    FILE *out = fopen("/dev/null", "w");
    struct cost before = now();
    check_code(tick_graph_write(trace, &options, out, &error), &error);
    struct cost cost = since(before);
    fclose(out);
    return cost;
}

static struct cost ask(const struct tick_trace *trace, const char *name, const char *arg) {
    struct tick_error error = {0};
    char *sql;
    FILE *out = fopen("/dev/null", "w");
    check_code(tick_trace_named_query(name, arg, &sql, &error), &error);
    struct cost before = now();
    check_code(tick_trace_query(trace, sql, out, &error), &error);
    struct cost cost = since(before);
    fclose(out);
    free(sql);
    return cost;
}

static void ignore(void *ctx, const struct tick__page_line *line) {
    (void)line;
    ++*(uint32_t *)ctx;
}

typedef int tell_fn(const struct tick_trace *, uint32_t, size_t, tick__page_fn *, void *, struct tick_error *);

static struct cost page(const struct tick_trace *trace, uint32_t seq, tell_fn *tell) {
    struct tick_error error = {0};
    uint32_t lines = 0;
    struct cost before = now();
    check_code(tell(trace, seq, TICK__PAGE_LINES, ignore, &lines, &error), &error);
    assert_in_range(lines, 1, TICK__PAGE_LINES);
    return since(before);
}

static size_t measure(const struct shape *shape, uint32_t n, struct cost costs[WORKS_MOST]) {
    struct tick_trace trace;
    struct tick_error error = {0};
    struct tick_names *names;
    struct tick_schedule schedule;
    struct cost unused[WORKS_MOST];
    char path[3][128];
    for (int variant = 2; variant >= 0; variant--) {
        snprintf(path[variant], sizeof path[variant], "%s/%d.db", folder, variant);
        make(shape, n, variant, path[variant], variant ? unused : costs);
    }
    check_code(tick_trace_open(path[0], &trace, &error), &error);
    struct cost before = now();
    check_code(tick_trace_names(&trace, &names, &error), &error);
    costs[NAMES] = since(before);
    tick_names_free(names);
    before = now();
    check_code(tick_trace_schedule(&trace, &schedule, &error), &error);
    costs[SCHEDULE] = since(before);
    tick_schedule_fini(&schedule);
    costs[DIFF] = diff(&trace, path[1]);
    costs[DIFF_EARLY] = diff(&trace, path[2]);
    costs[GRAPH] = draw(&trace, 1000000);
    costs[SMALL_GRAPH] = draw(&trace, 10);
    char last[32];
    snprintf(last, sizeof last, "%llu", (unsigned long long)trace.events - 1);
    costs[CHAIN] = ask(&trace, "why", last);
    costs[PAGE] = page(&trace, (uint32_t)trace.events - 1, tick__why_tell);
    costs[EFFECTS] = page(&trace, 1, tick__effects_tell);
    size_t count = FIRST_QUERY;
    for (const struct tick_trace_named *named = tick_trace_named_queries; named->name; named++) {
        assert_true(count < WORKS_MOST);
        costs[count++] = ask(&trace, named->name,
            !named->arg || named->arg[0] == '[' ? NULL
            : strcmp(named->arg, "SEQ") == 0    ? "1"
                                                : "h/main");
    }
    tick_trace_close(&trace);
    return count;
}

// Whether the rise from 2n to 4n is that of n log n, beside the one from n to 2n. What hardly rises at all may do so as it likes.
static bool grows(size_t work, uint64_t one, uint64_t two, uint64_t four) {
    int64_t first = (int64_t)(two - one), second = (int64_t)(four - two);
    // A diff begins at the last checkpoint that agrees: how far that lies back from the parting is nobody's doing.
    int64_t free = work == DIFF ? (int64_t)4096 * 100 : (int64_t)SIZE * 4;
    return second <= (first > 0 ? first : 0) * 28 / 10 + free;
}

static void nothing_grows_faster_than_the_run(void **state) {
    (void)state;
    bool well = true;
    const char *only = getenv("RETICK_SHAPE"), *told = getenv("RETICK_GROWTH");
    for (const struct shape *shape = shapes; shape < shapes + SHAPES; shape++) {
        struct cost costs[3][WORKS_MOST];
        size_t count = 0;
        if (only && strcmp(only, shape->name) != 0)
            continue;
        for (unsigned i = 0; i < 3; i++)
            count = measure(shape, SIZE << i, costs[i]);
        for (size_t i = 0; i < count; i++) {
            const struct cost *a = &costs[0][i], *b = &costs[1][i], *c = &costs[2][i];
            bool fits = grows(i, a->blocks, b->blocks, c->blocks) && grows(i, a->steps, b->steps, c->steps);
            if (!fits || told)
                print_message("%s%s, %s: %llu, %llu, %llu blocks, %llu, %llu, %llu steps\n", fits ? "" : "TOO FAST: ", shape->name,
                    i < FIRST_QUERY ? works[i] : tick_trace_named_queries[i - FIRST_QUERY].name, (unsigned long long)a->blocks,
                    (unsigned long long)b->blocks, (unsigned long long)c->blocks, (unsigned long long)a->steps,
                    (unsigned long long)b->steps, (unsigned long long)c->steps);
            well = well && fits;
        }
    }
    assert_true(well);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_grows_faster_than_the_run),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
