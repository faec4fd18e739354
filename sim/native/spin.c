// Who spins: a livelock with its place. Either the program polls by itself, and stands in that call; or its loop goes on and on, because
// something is always ready, and what is ready now is what was ready all the time.
#include "sim/native/harness_int.h"
#include "src/base/stack_words.h"
#include "src/loop/loop_int.h"
#include <execinfo.h>
#include <string.h>

#define FRAMES 32

// The first task whose step is ready; NULL: callbacks alone are. *callback: the first of those.
static const struct tick_task *ready_task(struct tick_loop *loop, tick_callback_fn **callback) {
    const struct tick_handle *handle = loop->ready;
    *callback = NULL;
    if (loop->scheduler)
        return NULL;
    for (size_t left = tick__ready_count(loop); left > 0; handle = handle->next) {
        if (handle == &loop->mark)
            continue;
        left--;
        if (handle->kind == TICK__STEP)
            return tick__task_of_step((struct tick_handle *)(uintptr_t)handle);
        if (!*callback && !handle->cancelled && !handle->hidden && handle->kind != TICK__DONE)
            *callback = handle->fn.call;
    }
    return NULL;
}

void tick__native_spins(struct native *native) {
    struct tick_world *w = native->host.world;
    char words[sizeof w->outcome.text], name[100];
    struct tick__line text = {words, sizeof words, 0};
    const struct tick_loc *loc = NULL;
    void *frames[FRAMES];
    struct tick_heap *was = tick_heap_use(NULL); // the unwinder may have to be loaded
    const void *own = tick__natives(w)->driving ? NULL : tick__programs_own(frames, (size_t)backtrace(frames, FRAMES));
    tick_heap_use(was);
    tick_callback_fn *callback = NULL;
    const struct tick_task *task = own || !native->loop ? NULL : ready_task(native->loop, &callback);
    tick__line_put(&text, "more than 100000 loop iterations at one instant: ");
    if (task) {
        tick__task_words(task, name, sizeof name);
        tick__line_put(&text, name);
        tick__line_put(&text, " goes on and on without waiting");
        loc = task->waits_at ? task->waits_at : task->loc;
    } else {
        tick__line_put(&text, callback ? "a callback is called again and again" : "something spins without waiting");
        if (!own)
            memcpy(&own, &callback, sizeof own);
        if (own) {
            tick__line_put(&text, " in ");
            if (!tick__line_place(&text, own))
                tick__line_put(&text, "some place");
        }
    }
    tick__world_fail(w, TICK_LIVELOCKED, 0, loc, words);
}
