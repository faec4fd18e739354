// An operation that two tasks each believe the other has. Tornado's Queue gives an item straight to the future of a task that waits in
// get(); a deadline that cancels the task after that, and before it runs, takes the future and the item with it. Sirepo's job agents lost
// what they were to do that way, and hung; a deadline around a WebSocket's recv() dropped messages for a like reason.
//     https://github.com/tornadoweb/tornado/issues/2826    https://github.com/python-websockets/websockets/issues/486
//
// Expected: tornado_queue fails the supervisor's check in some schedules; tornado_queue_fixed, whose get() puts back what it was given when
// it is cancelled (as Sirepo did: https://github.com/radiasoft/sirepo/pull/2385), in none.
#include <errno.h>
#include <retick.h>
#include <stdio.h>

#define OPERATIONS 8
#define MOST 16 // operations or getters that may wait

// --- tornado.queues.Queue of numbers ---

struct queue {
    bool fixed;
    size_t count, getter_count;
    int items[MOST];
    struct tick_future *getters[MOST]; // each with a reference; one that was cancelled stays until somebody looks
};

static void drop_getter(struct queue *q) {
    tick_future_unref(q->getters[0]);
    q->getter_count--;
    for (size_t i = 0; i < q->getter_count; i++)
        q->getters[i] = q->getters[i + 1];
}

static void consume_expired(struct queue *q) {
    while (q->getter_count && tick_future_done(q->getters[0]))
        drop_getter(q);
}

static int put_nowait(struct queue *q, int item) {
    consume_expired(q);
    if (q->getter_count) {
        tick_future_set_result(q->getters[0], item); // the item is out of the queue, and with nobody yet
        drop_getter(q);
    } else if (q->count < MOST) {
        q->items[q->count++] = item;
    } else {
        return TICK_EFULL;
    }
    return 0;
}

static int get(struct queue *q) {
    if (q->count) {
        int item = q->items[0];
        q->count--;
        for (size_t i = 0; i < q->count; i++)
            q->items[i] = q->items[i + 1];
        return item;
    }
    consume_expired(q);
    struct tick_future *future = tick_future_new();
    if (!future)
        return -ENOMEM;
    q->getters[q->getter_count++] = tick_future_ref(future);
    int result = tick_await(future);
    intptr_t item = 0;
    if (tick_future_result(future, &item) == 0) {
        if (result == 0)
            result = (int)item;
        else if (q->fixed)
            put_nowait(q, (int)item);
    }
    tick_future_unref(future);
    return result;
}

// --- the job agent: one task reads operations, another runs them ---

struct agent {
    struct queue queue;
    tick_stream *supervisor;
};

static int run_operations(void *arg) {
    struct agent *agent = arg;
    for (;;) {
        int operation = tick_within(TICK_MS(50), get(&agent->queue));
        if (operation == TICK_ETIMEDOUT) {
            tick_mark("the agent is idle");
            continue; // time to look after other things
        }
        TICK_TRY(operation);
        TICK_TRY((int)tick_stream_printf(agent->supervisor, "%d is done\n", operation));
    }
}

static int job_agent(tick_stream *supervisor, void *fixed) {
    struct agent agent = {{.fixed = fixed != NULL}, supervisor};
    struct tick_task *runner = tick_spawn(run_operations, &agent);
    char line[32];
    int operation;
    if (!runner)
        return -ENOMEM;
    while (tick_stream_read_line(supervisor, line, sizeof line) > 0) {
        if (sscanf(line, "run %d", &operation) == 1 && put_nowait(&agent.queue, operation) < 0)
            break;
    }
    tick_task_cancel(runner, NULL);
    tick_join(runner);
    tick_task_unref(runner);
    while (agent.queue.getter_count)
        drop_getter(&agent.queue);
    return 0;
}

static int agent(void *fixed) {
    return tick_serve(":8001", job_agent, fixed);
}

// --- the supervisor: one operation after the other ---

static int supervisor(void *unused) {
    (void)unused;
    tick_stream *agent;
    char line[32];
    TICK_TRY(tick_connect("agent:8001", &agent));
    for (int operation = 1; operation <= OPERATIONS; operation++) {
        TICK_TRY(tick_sleep(TICK_MS(20)));
        TICK_TRY((int)tick_stream_printf(agent, "run %d\n", operation));
        int result = tick_within(TICK_SEC(60), (int)tick_stream_read_line(agent, line, sizeof line));
        TICK_TRY(tick_check(result > 0, "operation %d went to an agent that has nothing to do, and is not done after a minute", operation));
    }
    return 0;
}

static void world_with(struct tick_world *world, void *fixed) {
    tick_daemon(world, "agent", agent, fixed);
    tick_host_add(world, "supervisor", supervisor, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30));
}

TICK_SCENARIO(tornado_queue, "a deadline strikes between an item's hand-over and its receipt") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(tornado_queue_fixed, "the same with a get() that puts the item back") {
    world_with(world, &yes);
}
