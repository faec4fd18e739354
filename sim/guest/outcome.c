// How a run ends: by the program's exit, by a signal that kills it, because nothing can happen any more, by a limit, or because it needs
// what is not simulated. All that is known of it goes into the control block; then the process is rewound (whoever takes snapshots does
// that), or ends.
//
// A normal exit is noticed by a function that is registered before any other: libc calls it last, with the status. A signal that kills the
// process is noticed by the keeper, who waits for it.
#include "sim/guest/inside_int.h"
#include "sim/guest/rewind_int.h"
#include "sim/guest/snapshot_int.h"
#include "sim/guest/tell_int.h"
#include "src/base/line.h"
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define HEART 1024u // calls between its beats

static bool ending; // TICK_GUEST_ENDED comes next

static void put_text(char *to, size_t size, const char *text) {
    struct tick__line line = {to, size, 0};
    tick__line_put(&line, text);
}

_Noreturn static void over(void) {
    struct tick_guest_control *control = tick__guest_control;
    tick__guest_run_ends();
    atomic_store(&control->state, TICK_GUEST_ENDED);
    // Who goes back wakes the keeper then, and once: on one core each time is two switches of processes.
    if (tick__guest_shared || !tick__rewind_running())
        tick__raw(SYS_futex, &control->state, 1 /* FUTEX_WAKE */, INT32_MAX);
    tick__guest_back();
    const struct tick_guest_outcome *outcome = &control->outcome;
    for (;;)
        tick__raw(SYS_exit_group, outcome->end == TICK_GUEST_EXITED ? outcome->code : 125);
}

static void begin_end(enum tick_guest_end end, int code, const char *text) {
    struct tick_guest_outcome *outcome = &tick__guest_control->outcome;
    outcome->end = end;
    outcome->code = code;
    put_text(outcome->text, sizeof outcome->text, text);
}

bool tick__guest_is_ending(void) {
    return ending;
}

_Noreturn void tick__guest_crash(int signal, const void *context) {
    ending = true;
    begin_end(TICK_GUEST_SIGNALLED, signal, "");
    if (tick__guest_control->request.stands)
        tick__guest_stand(context);
    over();
}

_Noreturn void tick__guest_end(enum tick_guest_end end, int code, const char *text) {
    if (!tick__guest_control || ending)
        for (;;)
            tick__raw(SYS_exit_group, 125);
    ending = true;
    if (end == TICK_GUEST_EXITED)
        tick__guest_output_flush();
    if (end == TICK_GUEST_EXITED && tick__guest_leaks_wanted)
        tick__guest_leaks_tell();
    begin_end(end, code, text);
    if (tick__guest_control->request.stands && end != TICK_GUEST_EXITED && end != TICK_GUEST_UNENDED)
        tick__guest_stand(NULL);
    over();
}

_Noreturn void tick__guest_unsupported(const char *call, const char *why) {
    char text[TICK_GUEST_TEXT];
    struct tick__line line = {text, sizeof text, 0};
    tick__line_put(&line, call);
    tick__line_put(&line, ": not supported yet: ");
    tick__line_put(&line, why);
    tick__guest_put_place(&line, tick__guest_caller);
    tick__guest_end(TICK_GUEST_UNSUPPORTED, 0, text);
}

// A line a thread: who waits for what.
void tick__guest_put_waits(void) {
    if (tick__guest_control->request.stands && tick__guest_shared && !ending)
        tick__guest_stand(NULL);
    struct tick_guest_outcome *outcome = &tick__guest_control->outcome;
    struct tick__line line = {outcome->waits, sizeof outcome->waits, 0};
    const struct tick__guest_turns *t = tick__guest_turns;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct tick__guest_thread *thread = &t->threads[i];
        char words[200];
        if (thread->state != TICK__THREAD_PARKED)
            continue;
        tick__guest_wait_words(&thread->wait, words, sizeof words);
        tick__line_put(&line, thread->path);
        tick__line_put(&line, " waits for ");
        tick__line_put(&line, words);
        tick__line_put(&line, "\n");
    }
}

_Noreturn void tick__guest_deadlock(const char *text) {
    (void)text; // `waits` says more
    tick__guest_put_waits();
    tick__guest_end(TICK_GUEST_DEADLOCKED, 0, "nothing can ever happen again");
}

static __attribute__((cold)) void passed(enum tick_guest_end limit, const char *text) {
    tick__guest_put_waits();
    tick__guest_end(limit, 0, text);
}

void tick__guest_counts(void) {
    struct tick_guest_control *control = tick__guest_control;
    const uint64_t calls = ++control->outcome.calls;
    if (__builtin_expect(calls % HEART == 0, 0))
        atomic_store_explicit(&control->heart, (int64_t)calls, memory_order_relaxed);
    if (__builtin_expect(control->request.most_calls && calls > control->request.most_calls && !ending, 0))
        passed(TICK_GUEST_BUSY, "the limit of calls was passed");
    if (__builtin_expect(control->request.most_time && tick_kernel_now(tick__guest_kernel) > control->request.most_time && !ending, 0))
        passed(TICK_GUEST_LATE, "the limit of virtual time was passed");
}

// --- the program's own ends ---

// A process that is not the tenant ends for nobody but whoever waits for it; the root does, if nobody has become the tenant.
bool tick__guest_end_is_ours(void) {
    const struct tick_guest_control *control = tick__guest_control;
    return tick__guest_begun || tick__guest_held() || (!control->tenant && tick__guest_is_first());
}

static void exits(int status, void *unused) {
    (void)unused;
    if (!tick__guest_on || !tick__guest_end_is_ours())
        return;
    if (!tick__guest_begun)
        tick__guest_hold(false);
    tick__guest_tell_world(); // if it never needed one
    if (!(status & 0xff))     // else it ends in the midst of its step, as who fails a check does
        tick__guest_tell_stops(TICK_STEP_RETURNED);
    tick__guest_end(TICK_GUEST_EXITED, status & 0xff, "");
}

static int quick_status;

static void exits_quickly(void) {
    exits(quick_status, NULL);
}

void tick__guest_ends_quickly(int status) {
    quick_status = status;
}

void tick__guest_ends_watch(void) {
    at_quick_exit(exits_quickly);
    on_exit(exits, NULL);
}
