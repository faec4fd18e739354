// Task programs: small programs as JSON that run on a loop and log what happens with the iteration of each event, so that the log can be
// compared with asyncio's, line by line. Only what src/loop has is understood (no locks, semaphores, conditions, task groups).
//
// An op is an array: ["sleep", 1]. A body is an array of ops; body 0 is the main task. A result is value + 1, 0 is None.
#ifndef RETICK_TEST_TASK_PROGRAM_H
#define RETICK_TEST_TASK_PROGRAM_H

#include "src/loop/loop_int.h"
#include "tests/support/loop_world.h"
#include <ctype.h>

#define PROGRAM_TASKS 40
#define PROGRAM_EVENTS 4000
#define PROGRAM_USER (TICK_EUSER - 1000) // Ex<n> is this - n; ExF is this - 1000

struct json {
    enum { JSON_NUMBER, JSON_TEXT, JSON_BOOL, JSON_LIST } type;
    int number; // NUMBER, BOOL
    char text[12];
    struct json *child, *next;
};

struct program {
    struct world *world;
    struct json *bodies;
    char *out;
    size_t used, room;
    int events, made;
    struct tick_task *newest[16];
    struct program_arg *args;
    struct tick_handle *handles[PROGRAM_EVENTS];
    int handle_count;
    struct tick_queue *queues[2];
    struct tick_event_flag *flags[2];
    struct tick_future *futures[3];
};

struct program_arg { // kept to the end; of a body, a callback, or a primitive in a task of its own
    struct program *program;
    struct program_arg *next;
    struct json *op;
    char name[16], word[8];
    int number;
};

static inline struct json *json_read(const char **at) {
    struct json *value = calloc(1, sizeof *value);
    assert_non_null(value);
    while (isspace((unsigned char)**at))
        ++*at;
    if (**at == '[') {
        value->type = JSON_LIST;
        struct json **tail = &value->child;
        ++*at;
        for (;;) {
            while (**at == ' ' || **at == ',')
                ++*at;
            if (**at == ']')
                break;
            *tail = json_read(at);
            tail = &(*tail)->next;
        }
        ++*at;
    } else if (**at == '"') {
        value->type = JSON_TEXT;
        size_t count = 0;
        for (++*at; **at != '"'; ++*at)
            if (count + 1 < sizeof value->text)
                value->text[count++] = **at;
        ++*at;
    } else if (**at == 't' || **at == 'f') {
        value->type = JSON_BOOL;
        value->number = **at == 't';
        *at += value->number ? 4 : 5;
    } else {
        char *end;
        value->number = (int)strtol(*at, &end, 10);
        assert_ptr_not_equal(end, *at);
        *at = end;
    }
    return value;
}

static inline void json_free(struct json *value) {
    while (value) {
        struct json *next = value->next;
        json_free(value->child);
        free(value);
        value = next;
    }
}

static inline void program_put(struct program *p, const char *format, ...) {
    va_list list;
    if (p->room - p->used < 256) {
        p->room = p->room * 2 + 4096;
        p->out = realloc(p->out, p->room);
        assert_non_null(p->out);
    }
    va_start(list, format);
    p->used += (size_t)vsnprintf(p->out + p->used, p->room - p->used, format, list);
    va_end(list);
}

static inline void program_line(struct program *p, const char *who) {
    p->events++;
    program_put(
        p, "%s%lld.%llu %s", p->used ? "\n" : "", (long long)p->world->now, (unsigned long long)tick_loop_iterations(p->world->loop), who);
}

static inline void program_json(struct program *p, const struct json *value) {
    switch (value->type) {
    case JSON_NUMBER:
        program_put(p, "%d", value->number);
        break;
    case JSON_TEXT:
        program_put(p, "%s", value->text);
        break;
    case JSON_BOOL:
        program_put(p, value->number ? "True" : "False");
        break;
    case JSON_LIST:
        program_put(p, "[");
        for (const struct json *child = value->child; child; child = child->next) {
            program_json(p, child);
            if (child->next)
                program_put(p, ", ");
        }
        program_put(p, "]");
    }
}

static inline void program_error(struct program *p, int code) {
    if (code == TICK_ECANCELED)
        program_put(p, "CancelledError");
    else if (code == TICK_ETIMEDOUT)
        program_put(p, "TimeoutError");
    else if (code == PROGRAM_USER - 1000)
        program_put(p, "ExF");
    else if (code <= PROGRAM_USER)
        program_put(p, "Ex%d", PROGRAM_USER - code);
    else
        program_put(p, "RuntimeError");
}

static inline void program_value(struct program *p, intptr_t value) {
    if (value)
        program_put(p, "%d", (int)value - 1);
    else
        program_put(p, "None");
}

static inline int program_block(struct program *p, struct json *ops, const char *me);

static inline int program_body(void *arg) {
    struct program_arg *body = arg;
    struct program *p = body->program;
    program_line(p, body->name);
    program_put(p, " start");
    int result = program_block(p, body->op->child, body->name);
    program_line(p, body->name);
    program_put(p, result < 0 ? " exit " : " ret ");
    if (result < 0)
        program_error(p, result);
    else
        program_value(p, result ? result - 1 : 0);
    return result > 0 ? result - 1 : result;
}

static inline struct program_arg *program_arg(struct program *p, const char *me, const char *word, struct json *op) {
    struct program_arg *arg = calloc(1, sizeof *arg);
    assert_non_null(arg);
    arg->program = p;
    arg->next = p->args;
    p->args = arg;
    arg->op = op;
    snprintf(arg->name, sizeof arg->name, "%s", me);
    snprintf(arg->word, sizeof arg->word, "%s", word);
    return arg;
}

static inline void program_start(struct program *p, int k, int number) {
    struct program_arg *body = program_arg(p, "", "", p->bodies->child);
    for (int i = 0; i < k; i++)
        body->op = body->op->next;
    snprintf(body->name, sizeof body->name, "%d#%d", k, number);
    struct tick_task *task = tick__task_new(p->world->loop, p->world->loop->maker, body->name, program_body, body, TICK_HERE("body"));
    assert_non_null(task);
    p->newest[k] = tick_task_ref(task); // kept to the end: the loop's memory goes as a whole
}

static inline void program_spawn(struct program *p, int k) {
    if (++p->made <= PROGRAM_TASKS)
        program_start(p, k, p->made);
}

static inline void program_done(struct tick_future *future, void *arg) {
    struct program_arg *callback = arg;
    program_line(callback->program, "cb");
    program_put(callback->program, " %s %s %s", callback->name, tick_task_name((struct tick_task *)future),
        tick_future_cancelled(future) ? "True" : "False");
}

static inline void program_called(void *arg) {
    struct program_arg *callback = arg;
    program_line(callback->program, callback->word);
    program_put(callback->program, " %d", callback->number);
}

static inline void program_got(struct program *p, const char *me, intptr_t value) {
    program_line(p, me);
    program_put(p, " got ");
    program_value(p, value);
}

static inline int program_gather(struct program *p, struct json *op, const char *me) {
    struct tick_future *children[16];
    size_t count = 0;
    for (struct json *k = op->child->next->child; k; k = k->next)
        if (p->newest[k->number])
            children[count++] = tick_task_future(p->newest[k->number]);
    if (count == 0)
        return 0;
    struct tick_future *gather = tick_gather(children, count, op->child->next->next->number);
    assert_non_null(gather);
    int result = tick_await(gather);
    tick_future_unref(gather);
    if (result < 0)
        return result;
    program_line(p, me);
    program_put(p, " got [");
    for (size_t i = 0; i < count; i++) {
        intptr_t value = 0;
        int code = tick_future_result(children[i], &value);
        if (code < 0) {
            program_put(p, "'");
            program_error(p, code);
            program_put(p, "'");
        } else {
            program_value(p, value);
        }
        if (i + 1 < count)
            program_put(p, ", ");
    }
    program_put(p, "]");
    return 0;
}

static inline int program_primitive(struct program *p, struct json *op, const char *me) {
    const char *kind = op->child->text;
    struct json *first = op->child->next;
    const int x = first ? first->number : 0;
    struct tick_task *task = x >= 0 && x < 16 ? p->newest[x] : NULL;
    int result = 0;
    program_line(p, me);
    for (struct json *word = op->child; word; word = word->next) {
        program_put(p, " ");
        program_json(p, word);
    }
#define IS(word) (strcmp(kind, word) == 0)
    if (IS("sleep")) {
        result = tick_sleep(x);
    } else if (IS("spawn")) {
        program_spawn(p, x);
    } else if (IS("await") && task) {
        result = tick_join(task);
        if (result >= 0)
            program_got(p, me, result);
    } else if (IS("shield") && task) {
        struct tick_future *outer = tick_shield(tick_task_future(task));
        assert_non_null(outer);
        intptr_t value = 0;
        result = tick_await(outer);
        if (result == 0 && tick_future_result(outer, &value) == 0)
            program_got(p, me, value);
        tick_future_unref(outer);
    } else if (IS("gather")) {
        result = program_gather(p, op, me);
    } else if (IS("cancel") && task) {
        bool taken = tick_task_cancel(task, NULL);
        program_line(p, me);
        program_put(p, " cancel-> %s %s", taken ? "True" : "False", tick_future_cancelled(tick_task_future(task)) ? "True" : "False");
    } else if (IS("uncancel")) {
        int cancelling = tick_task_cancelling(tick_task_current());
        int left = tick_task_uncancel(tick_task_current());
        program_line(p, me);
        program_put(p, " unc %d %d", cancelling, left);
    } else if (IS("info")) {
        program_line(p, me);
        program_put(p, " info %s %d [False, False] [1] [%zu, %zu] %zu", tick_task_name(tick_task_current()),
            tick_task_cancelling(tick_task_current()), tick_queue_size(p->queues[0]), tick_queue_size(p->queues[1]),
            tick_task_count(p->world->loop));
    } else if (IS("cbadd") && task) {
        assert_int_equal(tick_future_on_done(tick_task_future(task), program_done, program_arg(p, me, "cb", NULL)), 0);
    } else if (IS("evset")) {
        tick_event_set(p->flags[x]);
    } else if (IS("evclear")) {
        tick_event_clear(p->flags[x]);
    } else if (IS("evwait")) {
        result = tick_event_wait(p->flags[x]);
    } else if (IS("put") || IS("putnw")) {
        void *item = (void *)((intptr_t)first->next->number + 1);
        result = IS("put") ? tick_queue_put(p->queues[x], item) : tick_queue_try_put(p->queues[x], item);
        if (result == TICK_EFULL) {
            result = 0;
            program_line(p, me);
            program_put(p, " Full");
        }
    } else if (IS("get") || IS("getnw")) {
        void *item = NULL;
        result = IS("get") ? tick_queue_get(p->queues[x], &item) : tick_queue_try_get(p->queues[x], &item);
        if (result == 0) {
            program_got(p, me, (intptr_t)item);
        } else if (result == TICK_EEMPTY) {
            result = 0;
            program_line(p, me);
            program_put(p, " Empty");
        }
    } else if (IS("fset")) {
        (void)tick_future_set_result(p->futures[x], 7 + 1);
    } else if (IS("fexc")) {
        if (tick_future_set_error(p->futures[x], PROGRAM_USER - 1000) == 0)
            (void)tick_future_failure(p->futures[x]);
    } else if (IS("fcancel")) {
        bool taken = tick_future_cancel(p->futures[x], NULL);
        program_line(p, me);
        program_put(p, " -> %s", taken ? "True" : "False");
    } else if (IS("fawait")) {
        intptr_t value = 0;
        result = tick_await(p->futures[x]);
        if (result == 0 && tick_future_result(p->futures[x], &value) == 0)
            program_got(p, me, value);
    } else if (IS("soon") || IS("later")) {
        struct program_arg *arg = program_arg(p, me, kind, NULL);
        arg->number = IS("soon") ? x : first->next->number;
        // As asyncio's, the callback logs as the op's task.
        struct tick_handle *handle = IS("soon") ? tick_call_soon_handle(p->world->loop, program_called, arg)
                                                : tick_call_later(p->world->loop, x, program_called, arg);
        assert_non_null(handle);
        p->handles[p->handle_count++] = handle;
    } else if (IS("hcancel")) {
        if (p->handle_count > 0) {
            tick_handle_cancel(p->handles[--p->handle_count]);
            tick_handle_unref(p->handles[p->handle_count]);
        }
    } else if (IS("raise")) {
        result = PROGRAM_USER - x;
    } else if (IS("ret")) {
        return x + 2;
    }
    return result < 0 ? result : 0;
}

static inline int program_primitive_task(void *arg) {
    struct program_arg *primitive = arg;
    int result = program_primitive(primitive->program, primitive->op, primitive->name);
    return result;
}

static inline int program_op(struct program *p, struct json *op, const char *me) {
    const char *kind = op->child->text;
    struct json *first = op->child->next;
    if (IS("try")) {
        const char *catches = first->next->text;
        struct json *final = first->next->next;
        program_line(p, me);
        program_put(p, " try");
        int result = program_block(p, first->child, me);
        if (result < 0) {
            bool caught = strcmp(catches, "ALL") == 0 || (strcmp(catches, "CE") == 0) == (result == TICK_ECANCELED);
            program_line(p, me);
            program_put(p, " exc ");
            program_error(p, result);
            program_put(p, caught ? " True" : " False");
            if (caught && !final->next->number)
                result = 0;
        }
        if (final->child) {
            program_line(p, me);
            program_put(p, " fin");
            int last = program_block(p, final->child, me);
            if (last < 0)
                result = last;
        }
        return result;
    }
    if (IS("timeout")) {
        struct tick_timeout scope;
        program_line(p, me);
        program_put(p, " timeout %d", first->number);
        int result = tick_timeout_enter(&scope, tick_time() + first->number);
        assert_int_equal(result, 0);
        result = tick_timeout_exit(&scope, program_block(p, first->next->child, me));
        if (result >= 0) {
            program_line(p, me);
            program_put(p, " timeout-exit %s", tick_timeout_expired(&scope) ? "True" : "False");
        }
        return result;
    }
    if (IS("wf")) {
        int result;
        program_line(p, me);
        program_put(p, " wf %d", first->number);
        if (first->number > 0) { // asyncio awaits a coroutine inside the caller
            result = tick_within(first->number, program_primitive(p, first->next, me));
        } else {
            struct tick_task *task = tick_spawn(program_primitive_task, program_arg(p, me, "wf", first->next));
            result = tick_wait_for(tick_task_future(task), first->number);
            intptr_t value = 0;
            if (result == 0 && tick_future_result(tick_task_future(task), &value) == 0)
                result = (int)value;
            tick_task_unref(task);
        }
        if (result < 0)
            return result;
        program_line(p, me);
        program_put(p, result ? " wf= (%d,)" : " wf= None", result - 2);
        return 0;
    }
    return program_primitive(p, op, me);
}

// 0: went through; > 0: ended by `ret`; < 0: an error.
static inline int program_block(struct program *p, struct json *ops, const char *me) {
    for (; ops; ops = ops->next) {
        int result = program_op(p, ops, me);
        if (result != 0)
            return result;
    }
    return 0;
}
#undef IS

static inline int program_by_name(const void *a, const void *b) {
    return strcmp(tick_task_name(*(struct tick_task *const *)a), tick_task_name(*(struct tick_task *const *)b));
}

static inline int program_quiet(struct tick_loop *loop, const struct tick_report *report, void *arg) {
    (void)loop;
    (void)report;
    (void)arg;
    return 0;
}

// Runs a program; returns its log (the caller's to free).
static inline char *program_run(const char *text) {
    struct program *p = calloc(1, sizeof *p);
    assert_non_null(p);
    p->world = world_new();
    struct tick_loop *loop = p->world->loop;
    tick_loop_set_exception_handler(loop, program_quiet, NULL);
    p->bodies = json_read(&text);
    for (int i = 0; i < 2; i++) {
        p->queues[i] = tick_queue_new(1);
        p->flags[i] = tick_event_new();
    }
    for (int i = 0; i < 3; i++)
        p->futures[i] = tick_future_new_at(loop, NULL);
    program_start(p, 0, 0);
    int result = tick_loop_run_forever(loop);
    program_put(p, "\nend %s t=%lld [", result == TICK_EDEADLOCK ? "deadlock" : "done", (long long)p->world->now);
    struct tick_task *left[PROGRAM_TASKS * 4];
    size_t count = 0;
    for (struct tick_task *task = loop->tasks; task && count < PROGRAM_TASKS * 4; task = task->next)
        left[count++] = task;
    qsort(left, count, sizeof left[0], program_by_name);
    for (size_t i = 0; i < count; i++)
        program_put(p, "%s('%s', %d)", i ? ", " : "", tick_task_name(left[i]), tick_task_cancelling(left[i]));
    program_put(p, "]");
    char *out = p->out;
    world_free(p->world);
    for (int i = 0; i < 2; i++) {
        tick_queue_free(p->queues[i]);
        tick_event_free(p->flags[i]);
    }
    json_free(p->bodies);
    for (struct program_arg *arg = p->args, *next; arg; arg = next) {
        next = arg->next;
        free(arg);
    }
    free(p);
    return out;
}

#endif
