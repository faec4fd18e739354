// A loop on a clock and poller of the test's own: a wait moves the clock to the next timer; nothing to wait for is TICK_EDEADLOCK.
#ifndef RETICK_TEST_LOOP_WORLD_H
#define RETICK_TEST_LOOP_WORLD_H

#include "src/loop/loop_int.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// clang-format off
#include <cmocka.h>

// A task of which only the loop holds a reference: good until it is done.
static inline struct tick_task *borrowed(struct tick_task *task) {
    tick_task_unref(task);
    return task;
}
#define BORROWED_SPAWN(fn, arg) borrowed(tick_spawn(fn, arg))
#define BORROWED_SPAWN_NAMED(name, fn, arg) borrowed(tick_spawn_named(name, fn, arg))
// clang-format on

#define WORLD_EVENTS 4096

struct world {
    struct tick_sys sys;
    struct tick_sys_ops sys_ops;
    struct tick_poller poller;
    struct tick_probe probe;
    struct tick_loop *loop;
    int64_t now;
    int polls;
    int64_t timeout;                 // of the last poll
    tick_id timer;                   // of the last poll
    void (*io)(struct world *world); // called in each poll
    int wakes;
    int wake_error;
    char log[8192];
    size_t logged;
    char reports[4096];
    int report_count;
    int handler_result;
    // what the probe heard
    uint32_t objects, events, texts;
    struct tick_object object[WORLD_EVENTS];
    char key[WORLD_EVENTS][24];
    struct tick_event event[WORLD_EVENTS];
    char text[512];
    // what the chooser shall answer
    uint32_t (*choose)(struct world *world, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n);
};

static inline struct world *world_of_sys(struct tick_sys *sys) {
    return (struct world *)((char *)sys - offsetof(struct world, sys));
}

static inline struct world *world_of_poller(struct tick_poller *poller) {
    return (struct world *)((char *)poller - offsetof(struct world, poller));
}

static inline struct world *world_of_probe(struct tick_probe *probe) {
    return (struct world *)((char *)probe - offsetof(struct world, probe));
}

static inline int64_t world_now(struct tick_sys *sys) {
    return world_of_sys(sys)->now;
}

static inline uint32_t world_choose(
    struct tick_sys *sys, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)most;
    struct world *world = world_of_sys(sys);
    return world->choose(world, kind, subject, ordinal, n);
}

static inline int world_wait(struct tick_poller *poller, int64_t timeout, tick_id timer) {
    struct world *world = world_of_poller(poller);
    world->polls++;
    world->timeout = timeout;
    world->timer = timer;
    if (world->io)
        world->io(world);
    else if (timeout < 0)
        return TICK_EDEADLOCK;
    if (timeout > 0)
        world->now += timeout;
    world->probe.now = world->now;
    return 0;
}

static inline int world_wake(struct tick_poller *poller) {
    struct world *world = world_of_poller(poller);
    world->wakes++;
    return world->wake_error;
}

static inline uint32_t world_object(struct tick_probe *probe, const struct tick_object *object) {
    struct world *world = world_of_probe(probe);
    uint32_t id = ++world->objects;
    if (id < WORLD_EVENTS) {
        world->object[id] = *object;
        snprintf(world->key[id], sizeof world->key[id], "%s", object->key ? object->key : "");
    }
    return id;
}

static inline uint32_t world_event(struct tick_probe *probe, const struct tick_event *event) {
    struct world *world = world_of_probe(probe);
    uint32_t seq = ++world->events;
    if (seq < WORLD_EVENTS)
        world->event[seq] = *event;
    return seq;
}

static inline uint32_t world_text(struct tick_probe *probe, const char *text) {
    struct world *world = world_of_probe(probe);
    snprintf(world->text, sizeof world->text, "%s", text);
    world->texts++;
    return ++world->objects;
}

static inline int world_report(struct tick_loop *loop, const struct tick_report *report, void *arg) {
    (void)loop;
    struct world *world = arg;
    size_t used = strlen(world->reports);
    snprintf(world->reports + used, sizeof world->reports - used, "%s%s%s;", report->message, report->failure ? " " : "",
        report->failure ? tick_error_name(report->failure->code) : "");
    world->report_count++;
    return world->handler_result;
}

// A world without a loop: for tests that make their own.
static inline struct world *world_bare(void) {
    static const struct tick_poller_ops poller_ops = {world_wait, world_wake};
    static const struct tick_probe_ops probe_ops = {.object = world_object, .event = world_event, .text = world_text};
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->sys_ops = (struct tick_sys_ops){.name = "test", .now = world_now};
    world->sys.ops = &world->sys_ops;
    world->poller.ops = &poller_ops;
    world->probe.ops = &probe_ops;
    return world;
}

static inline struct tick_loop_options world_options(struct world *world) {
    return (struct tick_loop_options){.sys = &world->sys, .poller = &world->poller, .id = 7};
}

static inline void world_open(struct world *world, const struct tick_loop_options *options) {
    assert_int_equal(tick_loop_new(options, &world->loop), 0);
    tick_loop_set_exception_handler(world->loop, world_report, world);
}

static inline struct world *world_new(void) {
    struct world *world = world_bare();
    struct tick_loop_options options = world_options(world);
    world_open(world, &options);
    return world;
}

// With a probe that keeps all that it is told.
static inline struct world *world_probed(void) {
    struct world *world = world_bare();
    struct tick_loop_options options = world_options(world);
    options.probe = &world->probe;
    options.object = world_object(&world->probe, &(struct tick_object){.type = TICK_OBJECT_HOST, .id = 7, .key = "host"});
    world->probe.host = options.object;
    world_open(world, &options);
    return world;
}

static inline void world_free(struct world *world) {
    if (world->loop && world->loop->running) { // an assertion failed in a task or callback and jumped out of the run
        world->loop->running = false;
        tick__loop_running = NULL;
    }
    tick_loop_free(world->loop);
    free(world);
}

// Appends "<iteration>:<words> " to the log of the loop's world.
static inline void __attribute__((format(printf, 2, 3))) say(struct world *world, const char *format, ...) {
    va_list list;
    size_t left = sizeof world->log - world->logged;
    int count = snprintf(world->log + world->logged, left, "%d:", (int)tick_loop_iterations(world->loop));
    assert_true(count > 0 && (size_t)count < left);
    world->logged += (size_t)count;
    left -= (size_t)count;
    va_start(list, format);
    count = vsnprintf(world->log + world->logged, left, format, list);
    va_end(list);
    assert_true(count >= 0 && (size_t)count + 2 < left);
    world->logged += (size_t)count;
    world->log[world->logged++] = ' ';
    world->log[world->logged] = 0;
}

#endif
