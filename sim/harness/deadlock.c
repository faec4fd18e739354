// A deadlock in words: who waits for what and where, and the circle of those who wait for each other.
#include "sim/harness/harness_int.h"
#include "src/base/line.h"
#include "src/loop/sync_int.h"
#include <stdio.h>
#include <string.h>

#define TASKS_MOST 1000 // of a host that are looked at

static void say_place(struct tick__line *words, const struct tick_loc *loc) {
    const char *slash = strrchr(loc->file, '/');
    tick__line_format(words, "%s:%d", slash ? slash + 1 : loc->file, loc->line);
}

static void say_task(struct tick__line *words, const struct tick_host *host, const struct tick_task *task) {
    char name[100];
    tick__task_words(task, name, sizeof name);
    tick__line_format(words, "%s/%s", host->name, name);
}

// The task without which this one cannot go on: it awaits that, or a lock that it holds. NULL: something else.
static const struct tick_task *blocked_by(const struct tick_host *host, const struct tick_task *task) {
    const struct tick_future *future = tick_task_awaited(task);
    if (future && future->ops == &tick__task_ops)
        return (const struct tick_task *)future;
    const struct tick_lock *lock = tick__lock_awaited(task);
    return lock ? tick__lock_holder(lock, host->loop) : NULL;
}

// Whether it stands in a circle. *first: the one of that which is first in the loop's list.
static bool in_circle(const struct tick_host *host, const struct tick_task *task, const struct tick_task **first) {
    size_t length = 0;
    for (const struct tick_task *each = blocked_by(host, task); each != task; each = blocked_by(host, each))
        if (!each || ++length > host->loop->task_count)
            return false;
    for (*first = host->loop->tasks; *first != task; *first = (*first)->next)
        for (const struct tick_task *each = blocked_by(host, task); each != task; each = blocked_by(host, each))
            if (each == *first)
                return true;
    return true;
}

// What a task waits for that is no future: it stands in the list of a resource.
static void say_resource(struct tick__line *words, const struct tick_task *task) {
    const struct tick_future *future = task->waiter;
    enum tick_object_type type = TICK_OBJECT_FUTURE;
    if (future && future->ops == &tick__waiter_ops)
        type = ((const struct tick__waiter *)future)->resource->type;
    tick__line_put(words, type == TICK_OBJECT_QUEUE   ? "a queue"
                          : type == TICK_OBJECT_LOCK  ? "a semaphore"
                          : type == TICK_OBJECT_EVENT ? "an event or a condition"
                                                      : "something");
}

// "a/A waits for the lock of pool.c:12 (pool.c:40) that a/B holds"
static void say_wait(struct tick__line *words, const struct tick_host *host, const struct tick_task *task) {
    const struct tick_loc *at = task->waits_at;
    const struct tick_lock *lock = tick__lock_awaited(task);
    const struct tick_task *other = blocked_by(host, task);
    say_task(words, host, task);
    tick__line_put(words, " waits for ");
    if (lock) {
        const struct tick_loc *made = lock->made;
        if (made && made->line) {
            tick__line_put(words, "the lock of ");
            say_place(words, made);
        } else { // a task program's have names
            tick__line_format(words, "%s", made ? made->name : "a lock");
        }
    } else if (other) {
        say_task(words, host, other);
    } else if (at) {
        tick__line_format(words, "%s", at->name);
    } else {
        say_resource(words, task);
    }
    if (at) {
        tick__line_put(words, " (");
        say_place(words, at);
        tick__line_put(words, ")");
    }
    if (lock && other) {
        tick__line_put(words, " that ");
        say_task(words, host, other);
        tick__line_put(words, " holds");
    } else if (lock) {
        tick__line_put(words, lock->locked ? " whose holder is over" : " that nobody holds");
    }
}

static void say_circle(struct tick__line *words, const struct tick_host *host, const struct tick_task *first) {
    const char *before = " a circle: ";
    const struct tick_task *each = first;
    do {
        tick__line_put(words, before);
        say_wait(words, host, each);
        before = ", ";
        each = blocked_by(host, each);
    } while (each != first);
    tick__line_put(words, ";");
}

void tick__world_describe_deadlock(const struct tick_world *w, char *text, size_t size) {
    struct tick__line words = {text, size, 0};
    tick__line_put(&words, "nothing can ever run again:");
    for (size_t i = 0; i < w->host_count; i++) {
        const struct tick_host *host = ((struct tick_host **)w->hosts.items)[i];
        const struct tick_task *first, *tasks = host->loop ? host->loop->tasks : NULL;
        if (host->options.daemon || host->state == HOST_DONE || host->state == HOST_DOWN)
            continue;
        if (host->state == HOST_WAITING) {
            tick__line_format(&words, " %s was never started;", host->name);
            continue;
        }
        tick_heap_use(host->heap); // a task's name is made when somebody asks for it, and is the host's
        size_t left = TASKS_MOST;
        for (const struct tick_task *task = tasks; task && left; task = task->next, left--)
            if (in_circle(host, task, &first) && task == first)
                say_circle(&words, host, task);
        for (const struct tick_task *task = tasks; task && !tick__line_cut(&words); task = task->next) {
            if (in_circle(host, task, &first))
                continue;
            tick__line_put(&words, " ");
            say_wait(&words, host, task);
            tick__line_put(&words, ";");
        }
        tick_heap_use(NULL);
    }
    if (!tick__line_cut(&words) && text[words.length - 1] == ';')
        tick__line_back(&words, words.length - 1);
}
