// What keeps those that are ready from their turn: steps that take their time, and calls that block.
//
// It is a finding if one of them waits for longer than the limit: a callback or a step from when it was scheduled, a timer from when it is
// due, I/O from the loop's last look at it, for nobody knows when it came. A loop that takes turns fairly may be busy for ever. What counts
// is the time that the host's own steps and calls take; pauses and late wake-ups are the machine's, not the program's.
#include "sim/native/harness_int.h"
#include "src/loop/loop_int.h"
#include <stdio.h>

void tick_busy_limit(struct tick_world *w, int64_t ns) {
    if (ns < 0)
        tick__world_bad(w, NULL, "tick_busy_limit takes no negative time");
    tick__natives(w)->busy_limit = ns;
}

// --- since when somebody is ready ---
//
// What is ready is numbered in the order of its coming, and `worked` is the time that the host has taken so far: marks say of the numbers
// from one on how much that was when they came.

static void mark(struct tick_turns *turns, uint64_t from, int64_t worked) {
    if (turns->count && turns->at[turns->count - 1].from >= from)
        turns->count--;
    if (turns->count == TURNS_MOST) { // every second one will do; who came between is taken to have come later
        for (uint32_t i = 0; i < TURNS_MOST / 2; i++)
            turns->at[i] = (struct tick_turn){turns->at[2 * i].from, turns->at[2 * i + 1].worked};
        turns->count = TURNS_MOST / 2;
    }
    turns->at[turns->count++] = (struct tick_turn){from, worked};
}

static int64_t came(const struct tick_turns *turns, uint64_t number) {
    uint32_t i = turns->count;
    while (i > 0 && turns->at[i - 1].from > number)
        i--;
    return i > 0 ? turns->at[i - 1].worked : turns->worked;
}

// Who has waited longest, so far, in words.
static void notes_wait(struct native *native, int64_t waited, const struct tick_handle *handle, const char *what) {
    struct tick_turns *turns = &native->turns;
    if (waited <= turns->waited)
        return;
    turns->waited = waited;
    if (handle && handle->kind == TICK__STEP)
        tick__task_words(tick__task_of_step((struct tick_handle *)(uintptr_t)handle), turns->who, sizeof turns->who);
    else
        snprintf(turns->who, sizeof turns->who, "%s", what);
}

// The first in the queue has waited longest of those there.
static void note_queue(struct native *native, const struct tick_loop *loop) {
    if (tick__ready_count(loop) == 0 || loop->scheduler)
        return;
    const struct tick_handle *first = loop->ready == &loop->mark ? loop->mark.next : loop->ready;
    notes_wait(native, tick__until(native->turns.worked, came(&native->turns, loop->begun + 1)), first,
        first->kind == TICK__TIMER ? "a timer" : "a callback");
}

// The host takes so long, while those who are ready wait. Remembers the longest single reason.
static void takes(struct native *native, int64_t ns) {
    struct tick_turns *turns = &native->turns;
    const struct tick_loop *loop = native->loop;
    const struct tick_task *task = tick_task_current();
    if (!loop)
        return;
    if (turns->fresh) // since the look: who was queued by then is this iteration's, and who came later came now
        mark(turns, loop->sealed + 1, turns->worked);
    turns->fresh = false;
    turns->worked = tick__after(turns->worked, ns);
    note_queue(native, loop);
    mark(turns, loop->queued + 1, turns->worked);
    if (ns <= native->longest)
        return;
    native->longest = ns;
    if (task)
        tick__task_words(task, native->longest_by, sizeof native->longest_by);
    else
        snprintf(native->longest_by, sizeof native->longest_by, "a callback");
}

void tick__native_busy(struct tick_host *host, int64_t ns) {
    struct native *native = tick__native(host);
    native->busy = tick__after(native->busy, ns);
    if (tick__natives(native->host.world)->busy_limit)
        takes(native, ns);
}

void tick__native_kept(struct native *native, int64_t ns) {
    if (tick__natives(native->host.world)->busy_limit)
        takes(native, ns);
}

void tick__native_waits(struct native *native) {
    struct tick_turns *turns = &native->turns;
    native->longest = 0;
    if (!tick__natives(native->host.world)->busy_limit || !native->loop)
        return;
    turns->count = 0;
    turns->looked = turns->worked;
    turns->fresh = false;
    mark(turns, native->loop->queued + 1, turns->worked);
}

void tick__native_goes_on(struct native *native, int ready) {
    struct tick_world *w = native->host.world;
    struct tick_loop *loop = tick__loop_running;
    struct tick_turns *turns = &native->turns;
    if (__builtin_expect(!tick__natives(w)->busy_limit || native->host.stopping || !loop || loop != native->loop, 1))
        return;
    const int64_t since = tick__until(turns->worked, turns->looked);
    tick_id timer;
    int64_t late = tick__until(tick_kernel_now(w->kernel), tick__timers_next(loop, &timer));
    late = late < 0 ? 0 : late < since ? late : since;
    if (late > 0)
        notes_wait(native, late, NULL, "a timer");
    if (ready > 0)
        notes_wait(native, late = since, NULL, "I/O");
    mark(turns, loop->queued + 1, tick__until(turns->worked, late));
    turns->looked = turns->worked;
    turns->fresh = true;
    if (turns->waited <= tick__natives(w)->busy_limit)
        return;
    char waited[32], longest[32], text[sizeof w->outcome.text];
    tick__ns_words(turns->waited, waited, sizeof waited);
    tick__ns_words(native->longest, longest, sizeof longest);
    snprintf(text, sizeof text, "on %s, %s waited %s for its turn: the longest that went before, %s, was %s", native->host.name, turns->who,
        waited, longest, native->longest_by);
    tick__world_fail(w, TICK_STARVED, 0, native->host.loc, text);
}
