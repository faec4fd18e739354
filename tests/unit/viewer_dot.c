// The graph: what is in the trace is in the text, foreign names cannot break it, and dot is run, timed out and missed politely.
#include "tests/support/stored.h"
#include "tests/unit/trace_story.h"
#include "trace/writer.h"
#include "viewer/dot.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
// last: it wants the four above
#include <cmocka.h>

#define PATIENCE 60000000000 // ns: of who is to come back, on however busy a machine

static const struct tick_trace_meta meta = {.scenario = "lost_update", .scenario_file = "lost_update.c", .chooser = "random", .seed = 6};

// Stores the recorder's run and returns its graph's text, malloc'd.
static char *graph_of(struct tick_recorder *recorder, unsigned most) {
    struct tick_trace trace;
    struct tick_error error;
    char *text;
    size_t size;
    assert_int_equal(tick_trace_store(recorder, in_folder("g.db"), &meta, &error), 0);
    assert_int_equal(tick_trace_open(in_folder("g.db"), &trace, &error), 0);
    FILE *out = open_memstream(&text, &size);
    const struct tick_graph_options options = {.most_nodes = most};
    assert_int_equal(tick_graph_write(&trace, &options, out, &error), 0);
    fclose(out);
    tick_trace_close(&trace);
    tick_recorder_free(recorder);
    return text;
}

static char *story_graph(int late) {
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    story_record(recorder, late);
    return graph_of(recorder, 0);
}

static size_t count_of(const char *text, const char *words) {
    size_t count = 0;
    for (const char *at = text; (at = strstr(at, words)); at++)
        count++;
    return count;
}

static void draws(const char *text) {
    struct tick_error error = {0};
    FILE *file = fopen(in_folder("g.dot"), "w");
    fputs(text, file);
    fclose(file);
    int code = tick_graph_draw(in_folder("g.dot"), "svg", in_folder("g.svg"), INT64_C(60000000000), &error);
    if (code == -ENOENT)
        skip();
    if (code < 0)
        fail_msg("%s", error.text);
    struct stat about;
    assert_int_equal(stat(in_folder("g.svg"), &about), 0);
    assert_true(about.st_size > 1000);
}

static void the_story_is_in_it(void **state) {
    (void)state;
    char *text = story_graph(1);
    assert_int_equal(count_of(text, "subgraph cluster_"), 4);
    assert_int_equal(count_of(text, "    t"), 7);
    assert_int_equal(count_of(text, "dir=both"), 3);
    assert_non_null(strstr(text, "check: an increment was lost: 1"));
    assert_int_equal(count_of(text, "delivery alice→server @2 +30ms"), 1);
    assert_int_equal(count_of(text, "fillcolor=\"#fee2e2\""), 1); // the auditor
    assert_non_null(strstr(text, "<FONT FACE=\"monospace\">g\\n</FONT>"));
    assert_non_null(strstr(text, "failed at 142 ms"));
    assert_null(strstr(text, "left out"));
    draws(text);
    free(text);
}

static void a_pass_has_no_red(void **state) {
    (void)state;
    char *text = story_graph(0);
    assert_null(strstr(text, "#dc2626"));
    assert_null(strstr(text, "#fee2e2"));
    free(text);
}

static void the_same_trace_gives_the_same_text(void **state) {
    (void)state;
    char *one = story_graph(1), *two = story_graph(1);
    assert_string_equal(one, two);
    free(one);
    free(two);
}

static void many_tasks_are_left_out_and_said(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t host = story_host(probe, "h");
    struct story_task main_task = story_task(probe, host, tick_id_host("h"), host, "main", 1);
    story_step(probe, &main_task);
    struct story_task last = {0};
    for (uint32_t i = 1; i <= 1000; i++)
        last = story_task(probe, host, main_task.id, main_task.object, "worker", i);
    story_end(probe, &main_task, TICK_STEP_SUSPENDED);
    story_step(probe, &last); // the one that fails must be among those drawn
    uint32_t said = probe->ops->text(probe, "broken");
    tick_emit(probe, TICK_EV_EXCEPTION, said, probe->here, 0, NULL);
    story_end(probe, &last, TICK_STEP_FAILED);
    tick_recorder_end(recorder, "check", "broken");
    char *text = graph_of(recorder, 500); // as many as were asked for, of the one host
    assert_int_equal(count_of(text, "    t"), 500);
    assert_non_null(strstr(text, "left out: 501 of 1001 tasks"));
    assert_non_null(strstr(text, "and 501 more tasks"));
    assert_int_equal(count_of(text, "fillcolor=\"#fee2e2\""), 1);
    assert_non_null(strstr(text, "<B>worker#1000</B>"));
    free(text);
}

// A server and n clients, of whom the last fails, and as many hosts that have nothing to do with anybody.
static char *crowd_graph(uint32_t n) {
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t server = story_host(probe, "server");
    struct story_task listener = story_task(probe, server, tick_id_host("server"), server, "main", 1), client = {0};
    for (uint32_t i = 0; i < n; i++) {
        char name[32];
        snprintf(name, sizeof name, "client%u", i + 1);
        uint32_t host = story_host(probe, name);
        client = story_task(probe, host, tick_id_host(name), host, "main", 1);
        story_step(probe, &client);
        struct story_link link = story_connect(probe, &client, "server");
        story_step(probe, &listener);
        const tick_id connection = tick_id_mix(tick_id_mix(client.id, TICK_OBJECT_CONNECTION), 1);
        struct story_task handler = story_task(probe, server, connection, link.connection, "serve", 1);
        story_step(probe, &client);
        story_ask(probe, &client, &link, &handler, "what is it?\n", "nobody knows\n", TICK_MS(1));
        if (i + 1 < n)
            story_end(probe, &client, TICK_STEP_RETURNED);
    }
    for (uint32_t i = 0; i < n; i++) {
        char name[32];
        probe->task = probe->here = 0; // nobody's child
        snprintf(name, sizeof name, "idle%u", i + 1);
        uint32_t host = story_host(probe, name);
        story_task(probe, host, tick_id_host(name), host, "main", 1);
    }
    probe->host = client.host;
    uint32_t said = probe->ops->text(probe, "broken");
    story_step(probe, &client);
    tick_emit(probe, TICK_EV_EXCEPTION, said, probe->here, 0, NULL);
    story_end(probe, &client, TICK_STEP_FAILED);
    tick_recorder_end(recorder, "check", "broken");
    return graph_of(recorder, 0);
}

// The picture's size as dot draws it, in points. False: there is no dot.
static bool drawn_size(const char *text, double *width, double *height) {
    struct tick_error error;
    char dot[128], svg[128], line[512];
    snprintf(dot, sizeof dot, "%s", in_folder("size.dot"));
    snprintf(svg, sizeof svg, "%s", in_folder("size.svg"));
    FILE *file = fopen(dot, "w");
    fputs(text, file);
    fclose(file);
    int result = tick_graph_draw(dot, "svg", svg, TICK_SEC(60), &error);
    if (result == -ENOENT)
        return false;
    assert_int_equal(result, 0);
    bool found = false;
    file = fopen(svg, "r");
    while (!found && fgets(line, sizeof line, file))
        found = sscanf(line, "<svg width=\"%lfpt\" height=\"%lfpt\"", width, height) == 2;
    fclose(file);
    assert_true(found);
    return true;
}

static void a_crowd_is_a_picture_of_bounded_size(void **state) {
    (void)state;
    static const struct {
        uint32_t clients;
        const char *left_out;
    } crowds[] = {{3, NULL}, {50, "of 151 tasks and "}, {1000, "of 3001 tasks and "}};
    for (size_t i = 0; i < sizeof crowds / sizeof *crowds; i++) {
        char *text = crowd_graph(crowds[i].clients), name[64];
        double width, height;
        size_t boxes = count_of(text, "    t"), hosts = count_of(text, "subgraph cluster");
        assert_true(boxes <= 30 && hosts <= 8);
        snprintf(name, sizeof name, "<B>client%u</B>", crowds[i].clients);
        const char *failing = strstr(text, name), *first = strstr(text, "subgraph cluster");
        assert_non_null(failing); // the way to the failure is there, and on top: its hosts come first
        assert_true(count_of(text, "fillcolor=\"#fee2e2\"") == 1);
        assert_non_null(first);
        const char *other = strstr(text, "<B>client1</B>");
        assert_true(!other || crowds[i].clients == 1 || failing < other);
        assert_true(count_of(text, "<B>idle") <= 4);
        if (crowds[i].left_out)
            assert_non_null(strstr(text, crowds[i].left_out));
        if (drawn_size(text, &width, &height))
            assert_true(width <= 20 * 72 + 1 && height <= 30 * 72 + 1);
        free(text);
    }
}

// A chain of a thousand tasks, each spawned by the one before, is not as wide as it is long.
static void a_chain_is_a_picture_of_bounded_size(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t host = story_host(probe, "h");
    struct story_task task = story_task(probe, host, tick_id_host("h"), host, "main", 1);
    for (uint32_t i = 0; i < 1000; i++) {
        story_step(probe, &task);
        struct story_task next = story_task(probe, host, task.id, task.object, "next", 1);
        tick_emit(probe, TICK_EV_FUTURE_AWAIT, next.object, probe->here, 0, NULL);
        story_end(probe, &task, TICK_STEP_SUSPENDED);
        task = next;
    }
    story_step(probe, &task);
    tick_recorder_end(recorder, "check", "the end");
    char *text = graph_of(recorder, 0);
    double width, height;
    assert_true(count_of(text, "    t") <= 30);
    assert_int_equal(count_of(text, "fillcolor=\"#fee2e2\""), 1);
    if (drawn_size(text, &width, &height))
        assert_true(width <= 20 * 72 + 1 && height <= 30 * 72 + 1);
    free(text);
}

static void waits_and_wakes(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t host = story_host(probe, "h");
    struct story_task parent = story_task(probe, host, tick_id_host("h"), host, "main", 1);
    story_step(probe, &parent);
    struct story_task child = story_task(probe, host, parent.id, parent.object, "child", 1);
    tick_emit(probe, TICK_EV_FUTURE_AWAIT, child.object, probe->here, 0, NULL);
    story_end(probe, &parent, TICK_STEP_SUSPENDED);
    story_step(probe, &child);
    const struct tick_object object = {.type = TICK_OBJECT_LOCK, .id = 77, .parent = child.object, .host = host, .key = "lock", .kth = 1};
    uint32_t lock = probe->ops->object(probe, &object);
    for (int i = 0; i < 3; i++) {
        uint32_t release = tick_emit(probe, TICK_EV_RELEASE, lock, probe->here, 0, NULL);
        tick_emit(probe, TICK_EV_TASK_READY, parent.object, release, 0, NULL);
    }
    tick_emit(probe, TICK_EV_WAIT_BEGIN, lock, probe->here, 0, NULL);
    story_end(probe, &child, TICK_STEP_SUSPENDED);
    tick_recorder_end(recorder, "deadlock", NULL);
    char *text = graph_of(recorder, 0);
    assert_non_null(strstr(text, "label=\"wakes ×3 at "));
    assert_non_null(strstr(text, "label=\"awaits at "));
    assert_non_null(strstr(text, "still waits for a lock"));
    draws(text);
    free(text);
}

// However far a cause lies back, beyond what is kept while a trace is read.
static void causes_of_long_ago(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t host = story_host(probe, "h");
    struct story_task early = story_task(probe, host, tick_id_host("h"), host, "main", 1);
    struct story_task late = story_task(probe, host, early.id, early.object, "late", 1);
    story_step(probe, &late);
    story_end(probe, &late, TICK_STEP_SUSPENDED);
    story_step(probe, &early);
    const struct tick_object object = {.type = TICK_OBJECT_TIMER, .id = 77, .parent = early.object, .host = host, .key = "timer", .kth = 1};
    uint32_t timer = probe->ops->object(probe, &object), armed = tick_emit(probe, TICK_EV_TIMER_ARM, timer, probe->here, 0, NULL);
    story_end(probe, &early, TICK_STEP_SUSPENDED);
    for (int i = 0; i < 300000; i++)
        tick_emit(probe, TICK_EV_TIMER_ARM, timer, 0, i, NULL);
    uint32_t fired = tick_emit(probe, TICK_EV_TIMER_FIRE, timer, armed, 0, NULL);
    tick_emit(probe, TICK_EV_TASK_READY, late.object, fired, 0, NULL);
    tick_recorder_end(recorder, "pass", NULL);
    char *text = graph_of(recorder, 0);
    assert_non_null(strstr(text, "label=\"wakes at "));
    free(text);
}

// Nothing caused a deadlock: those are red who wait for ever on the hosts that its text names, and what they await of one another.
static void who_waits_for_ever_is_red(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    for (int i = 0; i < 2; i++) { // the second host is a daemon, as it were
        const char *name = i ? "server" : "app";
        uint32_t host = story_host_of(probe, name, i == 1);
        struct story_task parent = story_task(probe, host, tick_id_host(name), host, "main", 1);
        story_step(probe, &parent);
        struct story_task child = story_task(probe, host, parent.id, parent.object, "request", 1);
        tick_emit(probe, TICK_EV_FUTURE_AWAIT, child.object, probe->here, 0, NULL);
        story_end(probe, &parent, TICK_STEP_SUSPENDED);
        story_step(probe, &child);
        const struct tick_object object = {
            .type = TICK_OBJECT_LOCK, .id = (tick_id)(77 + i), .parent = child.object, .host = host, .key = "lock", .kth = 1};
        tick_emit(probe, TICK_EV_WAIT_BEGIN, probe->ops->object(probe, &object), probe->here, 0, NULL);
        story_end(probe, &child, TICK_STEP_SUSPENDED);
    }
    tick_recorder_end(recorder, "deadlock", "nothing can ever run again: app/main waits for request (a.c:1); app/request waits for a lock");
    char *text = graph_of(recorder, 0);
    assert_int_equal(count_of(text, "fillcolor=\"#fee2e2\""), 1); // app's request; its main only follows, and nobody of the server
    assert_int_equal(count_of(text, "color=\"#dc2626\", penwidth=1.6"), 1);
    assert_int_equal(count_of(text, "color=\"#dc2626\", fontcolor=\"#dc2626\""), 1);
    assert_non_null(strstr(text, "deadlock: nothing can ever run again</FONT>"));
    draws(text);
    free(text);
}

// A plain future: who waits for it is red, with what it waits for; who joins him is not.
static void who_waits_for_a_future_is_red(void **state) {
    (void)state;
    static const struct tick_loc made = {"waiter", "a.c", 6, "future"}, waits = {"waiter", "a.c", 7, "woken"};
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t host = story_host(probe, "app");
    struct story_task parent = story_task(probe, host, tick_id_host("app"), host, "main", 1);
    story_step(probe, &parent);
    struct story_task child = story_task(probe, host, parent.id, parent.object, "waiter", 1);
    tick_emit(probe, TICK_EV_FUTURE_AWAIT, child.object, probe->here, 0, NULL);
    story_end(probe, &parent, TICK_STEP_SUSPENDED);
    story_step(probe, &child);
    const struct tick_object object = {
        .type = TICK_OBJECT_FUTURE, .id = 77, .parent = child.object, .host = host, .key = "future", .kth = 1, .loc = &made};
    uint32_t future = probe->ops->object(probe, &object);
    tick_emit(probe, TICK_EV_FUTURE_CREATE, future, probe->here, 0, &made);
    tick_emit(probe, TICK_EV_FUTURE_AWAIT, future, probe->here, 0, &waits);
    story_end(probe, &child, TICK_STEP_SUSPENDED);
    tick_recorder_end(recorder, "deadlock", "nothing can ever run again: app/main waits for app/waiter; app/waiter waits for woken");
    char *text = graph_of(recorder, 0);
    assert_int_equal(count_of(text, "fillcolor=\"#fee2e2\""), 1);
    const char *waiter = strstr(text, "<B>waiter</B>"), *red = strstr(text, "fillcolor=\"#fee2e2\"");
    assert_non_null(waiter);
    assert_true(red > waiter && red < strchr(waiter, '\n'));
    assert_non_null(strstr(text, "still waits for woken, a future of a.c:6"));
    assert_null(strstr(text, "unfinished at the end"));
    draws(text);
    free(text);
}

// A host that crashes and starts again: its lives are told apart, and a fault stands in the one that it hits.
static void lives_are_told_apart(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t first = 0;
    for (uint32_t life = 1; life <= 3; life++) {
        const struct tick_object object = {.type = TICK_OBJECT_HOST, .id = tick_id_host("db") + life - 1, .key = "db", .kth = life};
        uint32_t host = probe->ops->object(probe, &object);
        first = first ? first : host;
        probe->host = host;
        tick_emit(probe, life == 1 ? TICK_EV_HOST_START : TICK_EV_HOST_RESTART, first, 0, life - 1, NULL);
        struct story_task task = story_task(probe, host, tick_id_mix(77, life), host, "main", 1);
        story_step(probe, &task);
        story_end(probe, &task, TICK_STEP_SUSPENDED);
        if (life == 2) { // in its midst
            const struct tick_deviation deviation = {
                .kind = TICK_CHOICE_HOST_LATE, .subject = tick_id_host("db"), .ordinal = 1, .value = 1, .n = 9, .most = TICK_MS(9)};
            probe->host = probe->task = 0;
            probe->ops->choice(probe, &deviation);
        }
        probe->now += TICK_MS(10);
        probe->host = host;
        if (life < 3)
            tick_emit(probe, TICK_EV_HOST_CRASH, first, 0, life - 1, NULL);
        probe->now += TICK_MS(5);
    }
    tick_recorder_end(recorder, "pass", NULL);
    char *text = graph_of(recorder, 0);
    assert_non_null(strstr(text, "life 1 of 3, ends at 10 ms"));
    assert_non_null(strstr(text, "gone with its host at 10 ms"));
    assert_non_null(strstr(text, "life 3 of 3, from 30 ms on"));
    const char *second = strstr(text, "life 2 of 3, from 15 ms on, ends at 25 ms"), *fault = strstr(text, "host_late db");
    assert_non_null(second);
    assert_non_null(fault);
    assert_true(fault > second && fault < strchr(second, '\n'));
    draws(text);
    free(text);
}

// What nobody took in leads to the host, and not to a task that had nothing to do with it; but to who was begun for the connection.
static void messages_that_nobody_reads(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t message, server = story_host(probe, "server"), host = story_host(probe, "client");
    story_task(probe, server, tick_id_host("server"), server, "main", 1);
    struct story_task client = story_task(probe, host, tick_id_host("client"), host, "main", 1);
    for (uint32_t i = 0; i < 2; i++) {
        story_step(probe, &client);
        struct story_link link = story_connect(probe, &client, "server");
        const char *text = i ? "handled" : "unread";
        uint32_t sent = story_send(probe, &link, 1, text, &message);
        story_end(probe, &client, TICK_STEP_SUSPENDED);
        probe->host = server;
        tick_emit(probe, TICK_EV_MSG_RECV, message, sent, (int64_t)strlen(text), NULL);
        if (i)
            story_task(probe, server, tick_id_mix(client.id, 99), link.connection, "serve", 1);
    }
    tick_recorder_end(recorder, "pass", NULL);
    char *text = graph_of(recorder, 0);
    const char *unread = strstr(text, "unread"), *handled = strstr(text, "handled");
    assert_non_null(unread);
    assert_non_null(handled);
    assert_int_equal(count_of(text, "lhead=cluster_h"), 1);
    const char *frame = strstr(text, "lhead=cluster_h");
    assert_true(frame < unread && !memchr(frame, '\n', (size_t)(unread - frame)));
    draws(text);
    free(text);
}

// Names and payloads that want to be markup.
static void foreign_text_stays_text(void **state) {
    (void)state;
    struct tick_recorder *recorder;
    assert_int_equal(tick_recorder_new(&recorder), 0);
    struct tick_probe *probe = tick_recorder_probe(recorder);
    uint32_t host = story_host(probe, "h\"]<b>&\n\xff");
    struct story_task one = story_task(probe, host, tick_id_host("h"), host, "</B>]; evil [\"", 1),
                      two = story_task(probe, host, 1, host, "two", 1);
    story_step(probe, &one);
    struct story_link link = story_connect(probe, &one, "<TABLE>");
    uint32_t message, sent = story_send(probe, &link, 1, "<script>\"&'\xf0\x28]", &message);
    story_arrive(probe, host, &two, message, sent, 5);
    tick_recorder_end(recorder, "check", "<i>broken</i> & \"so\"");
    char *text = graph_of(recorder, 0);
    assert_null(strstr(text, "<script>"));
    assert_null(strstr(text, "<i>"));
    assert_null(strstr(text, "<TABLE>"));
    draws(text);
    free(text);
}

static void dot_is_missed_politely(void **state) {
    (void)state;
    struct tick_error error;
    FILE *file = fopen(in_folder("x.dot"), "w");
    fputs("digraph {a -> b}\n", file);
    fclose(file);
    char *path = getenv("PATH");
    char old[4096], ours[256];
    snprintf(old, sizeof old, "%s", path ? path : "");
    setenv("PATH", folder, 1);
    assert_int_equal(tick_graph_draw(in_folder("x.dot"), "svg", in_folder("x.svg"), PATIENCE, &error), -ENOENT);
    assert_non_null(strstr(error.text, "install Graphviz"));
    file = fopen(in_folder("dot"), "w"); // one that does not come back
    fputs("#!/bin/sh\nexec sleep 60\n", file);
    fclose(file);
    assert_int_equal(chmod(in_folder("dot"), 0755), 0);
    snprintf(ours, sizeof ours, "%s:%s", folder, old);
    setenv("PATH", ours, 1);
    assert_int_equal(tick_graph_draw(in_folder("x.dot"), "svg", in_folder("x.svg"), 100000000, &error), TICK_ETIMEDOUT);
    file = fopen(in_folder("dot"), "w"); // one that fails, with a reason
    fputs("#!/bin/sh\necho 'no such layout' >&2\nexit 3\n", file);
    fclose(file);
    assert_int_equal(tick_graph_draw(in_folder("x.dot"), "svg", in_folder("x.svg"), PATIENCE, &error), -EIO);
    assert_non_null(strstr(error.text, "no such layout"));
    assert_int_not_equal(access(in_folder("x.svg"), F_OK), 0);
    setenv("PATH", old, 1);
    assert_int_equal(tick_graph_draw(in_folder("none.dot"), "svg", in_folder("x.svg"), PATIENCE, &error), -EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_story_is_in_it),
        cmocka_unit_test(a_pass_has_no_red),
        cmocka_unit_test(the_same_trace_gives_the_same_text),
        cmocka_unit_test(many_tasks_are_left_out_and_said),
        cmocka_unit_test(a_crowd_is_a_picture_of_bounded_size),
        cmocka_unit_test(a_chain_is_a_picture_of_bounded_size),
        cmocka_unit_test(waits_and_wakes),
        cmocka_unit_test(causes_of_long_ago),
        cmocka_unit_test(who_waits_for_ever_is_red),
        cmocka_unit_test(who_waits_for_a_future_is_red),
        cmocka_unit_test(lives_are_told_apart),
        cmocka_unit_test(messages_that_nobody_reads),
        cmocka_unit_test(foreign_text_stays_text),
        cmocka_unit_test(dot_is_missed_politely),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
