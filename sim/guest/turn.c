// Whose turn it is: the ready threads, one after the other; else what happens next, in the simulated kernel or to who waits for a moment;
// and if there is nothing that could, a deadlock.
//
// Whoever parks does all that, on its own stack, until somebody is ready: there is no thread beside the program's. Time passes only here.
//
// Choices, all of them by addresses that other threads do not shift: how late a thread goes on after the kernel woke it (host_late, by what
// became ready), after a deadline (poll_late, by its timer) or a poll (poll_late, by the thread and the count of its polls), how long a
// thread other than main takes for what it does in its k-th turn (job_time; told before the turn, as nobody sees the difference), and how
// many turns of others go before its k-th (thread).
#include "sim/guest/guest_int.h"
#include "sim/guest/tell_int.h"
#include "sim/guest/turn_int.h"
#include "src/base/check.h"
#include "src/base/keep.h"
#include "src/base/line.h"
#include "src/base/times.h"
#include <string.h>
#include <sys/mman.h>

TICK_KEEP struct tick__guest_turns *tick__guest_turns;

// --- ready ---

static uint8_t held_back(const struct tick__guest_thread *thread) {
    if (tick__guest_is_calm(TICK_CHOICE_THREAD))
        return 0;
    tick__guest_tell_about(thread);
    const uint32_t turns = tick__guest_choose(TICK_CHOICE_THREAD, thread->id, thread->turns, TICK__GUEST_HELD, 0);
    tick__guest_tell_about(NULL);
    return (uint8_t)turns;
}

static void make_ready(struct tick__guest_thread *thread) {
    struct tick__guest_turns *t = tick__guest_turns;
    thread->state = TICK__THREAD_READY;
    thread->held = t->alive > 1 ? held_back(thread) : 0;
    thread->next = NULL;
    *t->ready_end = thread;
    t->ready_end = &thread->next;
    tick__guest_tell_ready(thread, !thread->woken && !thread->interrupted);
}

// The first that is not held back any more; if all are, the first of those that are least.
static struct tick__guest_thread *take_ready(void) {
    struct tick__guest_turns *t = tick__guest_turns;
    struct tick__guest_thread **link = &t->ready, **best = link, *thread;
    for (; (thread = *link) != NULL && (*best)->held; link = &thread->next)
        if (thread->held < (*best)->held)
            best = link;
    thread = *best;
    if (!thread)
        return NULL;
    for (struct tick__guest_thread *ahead = t->ready; ahead != thread; ahead = ahead->next)
        ahead->held -= ahead->held > 0;
    *best = thread->next;
    if (!thread->next)
        t->ready_end = best;
    return thread;
}

// --- going on ---

static void leave_wait(struct tick__guest_thread *thread) {
    tick__guest_waiters_remove(thread);
    tick__guest_deadline_remove(thread);
}

static int64_t late(enum tick_choice_kind kind, const struct tick__guest_thread *thread, tick_id subject, uint64_t ordinal) {
    if (tick__guest_is_calm(kind))
        return 0;
    tick__guest_tell_about(thread);
    const uint32_t value = tick__guest_choose(kind, subject, ordinal, tick_scale_count(TICK__GUEST_LATE_MOST), TICK__GUEST_LATE_MOST);
    tick__guest_tell_about(NULL);
    return tick_scale_capped(value, TICK__GUEST_LATE_MOST);
}

// A parked thread's wait has ended: it is ready now, or in a while.
static void go_on(struct tick__guest_thread *thread, int64_t after) {
    tick__guest_deadline_remove(thread);
    thread->turns++;
    if (thread->index)
        after = tick__after(after, late(TICK_CHOICE_JOB_TIME, thread, thread->id, thread->turns));
    if (after <= 0) {
        leave_wait(thread);
        make_ready(thread);
        return;
    }
    thread->state = TICK__THREAD_PUT_OFF;
    const uint32_t key = tick__guest_post(tick__after(tick_kernel_now(tick__guest_kernel), after), TICK__POST_GO_ON, thread->index);
    TICK_ASSERT(key);
}

void tick__guest_wake(struct tick__guest_thread *thread) {
    if (thread->state != TICK__THREAD_PARKED && thread->state != TICK__THREAD_PUT_OFF)
        return;
    thread->woken = true;
    tick__guest_tell_woken(thread, 0);
    tick__guest_waiters_remove(thread);
    if (thread->state == TICK__THREAD_PARKED)
        go_on(thread, 0);
}

void tick__guest_interrupt(struct tick__guest_thread *thread) {
    if (thread->state != TICK__THREAD_PARKED)
        return;
    thread->interrupted = true;
    tick__guest_tell_woken(thread, tick__guest_tell_cause());
    tick__guest_waiters_remove(thread);
    go_on(thread, 0);
}

void tick__guest_woken(struct tick__guest_thread *thread, tick_id by, uint64_t ordinal, uint32_t cause) {
    if (thread->state != TICK__THREAD_PARKED)
        return;
    thread->woken = true;
    tick__guest_tell_woken(thread, cause);
    tick__guest_waiters_remove(thread);
    go_on(thread, by ? late(TICK_CHOICE_HOST_LATE, thread, by, ordinal) : 0);
}

static bool takes_woken(uint32_t *index) {
    return __builtin_expect(tick__guest_shared, 0) ? tick__guest_takes(index) : tick_kernel_woken(tick__guest_kernel, index);
}

static void wake_the_kernels(void) {
    for (uint32_t index; takes_woken(&index);) {
        TICK_ASSERT(index < tick__guest_turns->count);
        uint64_t ordinal = 0;
        const tick_id by = tick__guest_is_calm(TICK_CHOICE_HOST_LATE) ? 0 : tick_kernel_woken_by(tick__guest_kernel, &ordinal);
        tick__guest_woken(&tick__guest_turns->threads[index], by, ordinal, tick_kernel_woken_cause(tick__guest_kernel));
    }
}

// --- nothing can ever happen ---

// "main waits for a mutex; main/worker#2 waits for a condition": those that wait, as far as there is room.
static _Noreturn void stuck(void) {
    static const char *const words[] = {[TICK__WAITS_NOTHING] = "nothing",
#define TICK__WAITS_WORDS(name, words) [name] = words,
        TICK__WAITS(TICK__WAITS_WORDS)
#undef TICK__WAITS_WORDS
    };
    struct tick__guest_turns *t = tick__guest_turns;
    char text[1000];
    struct tick__line line = {text, sizeof text, 0};
    for (uint32_t i = 0; i < t->count; i++) {
        const struct tick__guest_thread *thread = &t->threads[i];
        if (thread->state != TICK__THREAD_PARKED)
            continue;
        tick__line_put(&line, line.length ? "; " : "");
        tick__line_put(&line, thread->path);
        tick__line_put(&line, " waits for ");
        tick__line_put(&line, words[thread->wait.what]);
    }
    tick__guest_deadlock(text);
}

// --- time passes ---

void tick__guest_comes(uint32_t what, uint32_t arg) {
    struct tick__guest_thread *thread = &tick__guest_turns->threads[arg];
    if (what == TICK__POST_TIMER)
        tick__guest_timer_due(arg);
    if (what != TICK__POST_GO_ON)
        return;
    leave_wait(thread);
    make_ready(thread);
}

static void happen(void) {
    struct tick_posted posted;
    tick__guest_tell_happens();
    const bool any = tick_kernel_next(tick__guest_kernel, &posted);
    tick__guest_tell_happened();
    if (any)
        tick__guest_comes(posted.what, posted.arg);
}

// It stays among the waiters while it is put off: as in Linux, who is woken before it runs has been woken, not timed out.
static void expire(struct tick__guest_thread *thread) {
    go_on(thread, thread->timer ? late(TICK_CHOICE_POLL_LATE, thread, thread->timer, 0) : 0);
}

void tick__guest_expire(void) {
    const int64_t now = tick_kernel_now(tick__guest_kernel);
    for (struct tick__guest_thread *due; (due = tick__guest_deadline_first()) != NULL && due->deadline <= now;)
        expire(due);
}

static void pass(void) {
    if (tick__guest_shared) {
        tick__guest_hand_over(false);
        return;
    }
    struct tick_kernel *k = tick__guest_kernel;
    struct tick__guest_thread *first = tick__guest_deadline_first();
    const int64_t at = tick_kernel_next_at(k), deadline = first ? first->deadline : TICK_NEVER;
    if (at == TICK_NEVER && !first)
        stuck();
    if (at <= deadline) {
        happen();
        return;
    }
    tick_kernel_clock_to(k, deadline);
    expire(first);
}

// Somebody goes on; the running thread has parked, or is ready again behind the others, or is over.
static void give_turn(void) {
    struct tick__guest_turns *t = tick__guest_turns;
    struct tick__guest_thread *const self = t->self, *next;
    bool told = false;
    while (wake_the_kernels(), !(next = take_ready())) {
        if (!told)
            tick__guest_at_wait(); // returns once for each run
        told = true;
        pass();
    }
    next->state = TICK__THREAD_RUNNING;
    tick__guest_tell_goes_on(next);
    if (__builtin_expect(self->life.handles != NULL, 0))
        tick__guest_mask_look();
    if (__builtin_expect(next->life.mask != self->life.mask, 0))
        (void)tick__raw(SYS_rt_sigprocmask, SIG_SETMASK, &next->life.mask, 0, sizeof next->life.mask);
    if (next == self)
        return;
    t->self = next;
    t->switches++;
    tick__guest_context_switch(&self->context, &next->context);
}

static int park(const struct tick__guest_wait *wait, int64_t deadline, tick_id timer, uint32_t kth) {
    struct tick__guest_turns *t = tick__guest_turns;
    struct tick__guest_thread *self = t->self;
    const int64_t now = tick_kernel_now(tick__guest_kernel);
    self->wait = *wait;
    self->woken = self->interrupted = false;
    self->deadline = deadline > now ? deadline : now;
    self->timer = timer;
    self->parked = ++t->parks;
    self->state = TICK__THREAD_PARKED;
    if (wait->object) {
        self->place = wait->since ? wait->since : tick__guest_place();
        tick__guest_waiters_add(self);
    }
    if (deadline != TICK_NEVER)
        tick__guest_deadline_add(self);
    tick__guest_tell_waits(wait, self->deadline, timer, kth);
    tick__guest_tell_stops(TICK_STEP_SUSPENDED);
    give_turn();
    tick__guest_tell_waited();
    self->wait.what = TICK__WAITS_NOTHING;
    const int how = !self->interrupted ? self->woken : wait->interruptible ? -EINTR : 1;
    if (__builtin_expect(self->life.attention, 0))
        tick__guest_attend(); // handlers may wait in turn
    return how;
}

int tick__guest_park(const struct tick__guest_wait *wait, int64_t deadline) {
    tick_id timer = 0;
    uint32_t kth = 0;
    if (__builtin_expect(tick__guest_self()->life.cancelled, 0) && wait->interruptible && !tick__guest_self()->life.uncancellable)
        return -EINTR;
    if (__builtin_expect(tick__guest_self()->life.attention, 0) && wait->interruptible && tick__guest_called_on())
        return -EINTR; // by what has happened just now
    if (deadline != TICK_NEVER) {
        const uint32_t sort = wait->what == TICK__WAITS_SLEEP ? TICK_SORT_SLEEP : TICK_SORT_DEADLINE;
        timer = tick_maker_next(&tick__guest_self()->maker, sort, &kth);
    }
    return park(wait, deadline, timer, kth);
}

void tick__guest_lets_pass(int64_t span) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_SLEEP, .fd = -1};
    (void)park(&wait, tick__after(tick_kernel_now(tick__guest_kernel), span), 0, 0);
}

bool tick__guest_catch_up(void) {
    const int64_t now = tick_kernel_now(tick__guest_kernel);
    bool some = false;
    // What others posted is theirs.
    for (; tick_kernel_next_at(tick__guest_kernel) <= now && !(tick__guest_shared && tick_kernel_next_is_posted(tick__guest_kernel));
         some = true)
        happen();
    return some;
}

void tick__guest_point(void) {
    struct tick__guest_turns *t = tick__guest_turns;
    struct tick__guest_thread *self = t->self;
    if (!t->ready)
        tick__guest_at_wait();
    const int64_t span = late(TICK_CHOICE_POLL_LATE, self, self->id, ++self->points);
    tick__guest_turns->polls++;
    if (span > 0) {
        tick__guest_lets_pass(span);
        return;
    }
    (void)tick__guest_catch_up();
    tick__guest_expire();
    wake_the_kernels();
    const bool others = tick__guest_shared && tick__guest_is_waited_for();
    if (!t->ready && !others)
        return;
    self->turns++;
    tick__guest_tell_woken(self, 0);
    make_ready(self);
    tick__guest_tell_stops(TICK_STEP_SUSPENDED);
    if (others)
        tick__guest_hand_over(true);
    give_turn();
    if (__builtin_expect(self->life.attention, 0))
        tick__guest_attend();
}

// --- a thread's life ---

static struct tick__guest_thread *take_slot(void) {
    struct tick__guest_turns *t = tick__guest_turns;
    for (uint32_t i = 0; i < t->count; i++)
        if (t->threads[i].state == TICK__THREAD_FREE)
            return &t->threads[i];
    return t->count < TICK__GUEST_THREADS ? &t->threads[t->count++] : NULL;
}

static void name_it(struct tick__guest_thread *thread, const struct tick__guest_thread *parent, const char *name, uint32_t kth) {
    struct tick__line line = {thread->path, sizeof thread->path, 0};
    tick__line_put(&line, parent->path);
    tick__line_put(&line, "/");
    tick__line_put(&line, name);
    if (kth > 1) {
        tick__line_put(&line, "#");
        tick__line_number(&line, kth);
    }
}

struct tick__guest_thread *tick__guest_thread_new(const char *name) {
    struct tick__guest_turns *t = tick__guest_turns;
    struct tick__guest_thread *parent = t->self, *thread = take_slot();
    uint32_t kth;
    if (!thread || tick_maker_count(&parent->maker, TICK_OBJECT_TASK, tick_id_text(name), &kth) < 0)
        return NULL;
    *thread = (struct tick__guest_thread){.state = TICK__THREAD_PARKED, .index = (uint32_t)(thread - t->threads), .deadline = TICK_NEVER};
    thread->id = thread->maker.id = tick_id_task(parent->id, name, kth);
    name_it(thread, parent, name, kth);
    tick__guest_tell_thread(thread, name, kth);
    t->alive++;
    return thread;
}

void tick__guest_thread_free(struct tick__guest_thread *thread) {
    if (thread->state != TICK__THREAD_OVER)
        tick__guest_turns->alive--;
    tick_counts_fini(&thread->maker.named);
    thread->state = TICK__THREAD_FREE;
}

void tick__guest_thread_over(void) {
    struct tick__guest_turns *t = tick__guest_turns;
    tick__guest_tell_stops(TICK_STEP_RETURNED);
    t->self->state = TICK__THREAD_OVER;
    t->alive--;
    give_turn();
    tick__guest_end(TICK_GUEST_BROKEN, 0, "a thread that is over goes on");
}

void tick__guest_turn_begin(void) {
    if (tick__guest_turns)
        return;
    const long at = tick__raw(
        SYS_mmap, 0, sizeof(struct tick__guest_turns), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    TICK_ASSERT(at > 0 || at < -4095);
    struct tick__guest_turns *t = tick__guest_turns = (struct tick__guest_turns *)at;
    t->ready_end = &t->ready;
    t->self = &t->threads[0];
    t->count = t->alive = 1;
    *t->self = (struct tick__guest_thread){.state = TICK__THREAD_RUNNING, .deadline = TICK_NEVER, .path = "main"};
    t->self->id = t->self->maker.id = tick_id_task(tick__guest_host, "main", 1);
    t->self->context.fs = tick__guest_fs();
    (void)tick__raw(SYS_rt_sigprocmask, SIG_BLOCK, 0, &t->self->life.mask, sizeof t->self->life.mask);
}
