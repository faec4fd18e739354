// A deadlock in words: who waits for what and where, and the circle of those who wait for each other.
#include "sim/native/harness_int.h"
#include "sim/native/inspect.h"
#include "src/base/line.h"
#include "src/loop/sync_int.h"
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
    return lock ? tick__lock_holder(lock, tick__native(host)->loop) : NULL;
}

// Whether it stands in a circle. *first: the one of that which is first in the loop's list.
static bool in_circle(const struct tick_host *host, const struct tick_task *task, const struct tick_task **first) {
    size_t length = 0;
    for (const struct tick_task *each = blocked_by(host, task); each != task; each = blocked_by(host, each))
        if (!each || ++length > tick__native(host)->loop->task_count)
            return false;
    for (*first = tick__native(host)->loop->tasks; *first != task; *first = (*first)->next)
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
void tick__world_say_wait(struct tick__line *words, const struct tick_host *host, const struct tick_task *task) {
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
    const char *before = "a circle: ";
    const struct tick_task *each = first;
    do {
        tick__line_format(words, "%s", before);
        tick__world_say_wait(words, host, each);
        before = ", ";
        each = blocked_by(host, each);
    } while (each != first);
}

// --- all of them ---

// Whether two tasks are the same but for numbers in their names.
static bool is_like(const struct tick_task *a, const struct tick_task *b) {
    char names[2][100];
    const char *at[2] = {names[0], names[1]};
    if (a->waits_at != b->waits_at || !a->waits_at || a->parent != b->parent)
        return false;
    tick__task_called(a, names[0], sizeof names[0]);
    tick__task_called(b, names[1], sizeof names[1]);
    for (;; at[0]++, at[1]++) {
        for (int i = 0; i < 2; i++)
            at[i] += strspn(at[i], "#0123456789");
        if (*at[0] != *at[1] || !*at[0])
            return *at[0] == *at[1];
    }
}

// How many tasks behind it in the list are like this one. *first: none before it is.
static size_t likes_of(const struct tick_host *host, const struct tick_task *task, bool *first) {
    const struct tick_task *ignored, *each = tick__native(host)->loop->tasks;
    size_t count = 0, left = TASKS_MOST;
    *first = true;
    if (!tick__native(host)->loop->observed)
        return 0;
    for (; each && each != task && left && *first; each = each->next, left--)
        *first = !is_like(each, task) || in_circle(host, each, &ignored);
    for (each = task->next; each && *first && left; each = each->next, left--)
        count += is_like(each, task) && !in_circle(host, each, &ignored);
    return count;
}

static void tell_wait(struct tick__telling *telling, const struct tick_host *host, const struct tick_task *task) {
    char piece[400];
    struct tick__line words = {piece, sizeof piece, 0};
    bool first;
    const size_t likes = likes_of(host, task, &first);
    if (!first)
        return;
    if (likes) {
        char wait[300];
        struct tick__line rest = {wait, sizeof wait, 0};
        tick__world_say_wait(&rest, host, task);
        const char *verb = strstr(wait, " waits for ");
        if (verb) {
            tick__line_format(&words, "%.*s and %zu more like it wait%s", (int)(verb - wait), wait, likes, verb + sizeof " waits" - 1);
            tick__telling_add(telling, &words);
            return;
        }
    }
    tick__world_say_wait(&words, host, task);
    tick__telling_add(telling, &words);
}

// A daemon's tasks are told where they wait for each other: what else they wait for is for others to bring.
static void tell_host(struct tick__telling *telling, const struct tick_host *host) {
    const struct tick_task *first, *tasks = tick__native(host)->loop ? tick__native(host)->loop->tasks : NULL;
    size_t left = TASKS_MOST;
    for (const struct tick_task *task = tasks; task && left; task = task->next, left--) {
        char piece[400];
        struct tick__line words = {piece, sizeof piece, 0};
        if (!in_circle(host, task, &first) || task != first)
            continue;
        say_circle(&words, host, task);
        tick__telling_add(telling, &words);
    }
    for (const struct tick_task *task = tasks; task && !host->options.daemon; task = task->next)
        if (!in_circle(host, task, &first))
            tell_wait(telling, host, task);
}

// The other halves, which are daemons' tasks and not told by themselves: of the first few, where all else has found room, and they do.
static void tell_far_ends(struct tick__telling *telling, const struct tick_host *host) {
    const struct tick_task *ignored;
    for (const struct tick_task *task = tick__native(host)->loop ? tick__native(host)->loop->tasks : NULL; task && telling->far_looks;
         task = task->next) {
        char piece[400];
        struct tick__line words = {piece, sizeof piece, 0};
        const struct tick_host *there;
        const struct tick_task *other = in_circle(host, task, &ignored) ? NULL : tick__far_waiter(host, task, &there);
        bool first;
        telling->far_looks--;
        if (!other || !there->options.daemon || in_circle(there, other, &ignored) || (likes_of(host, task, &first), !first))
            continue;
        tick__world_say_wait(&words, there, other);
        tick__line_put(&words, ", at the other end of that");
        if (!tick__telling_has_room(telling, &words))
            telling->far_looks = 0;
        else
            tick__telling_add(telling, &words);
    }
}

void tick__native_tell_waits(const struct tick_host *host, struct tick__telling *telling, bool far) {
    if (far)
        tell_far_ends(telling, host);
    else
        tell_host(telling, host);
}
