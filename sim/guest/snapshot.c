// The program runs to the snapshot once, calm; from there on each run begins as the keeper asks. Three ways to begin there, each of which
// gives the same runs: the process goes back (rewind.c), or it forks (fork.c), or it is a fresh one that the request was waiting for.
//
// Which one is tried says the keeper; if the kernel does not offer what it takes, the next one is taken, and why is told.
#include "sim/guest/context_int.h"
#include "sim/guest/fork_int.h"
#include "sim/guest/guest_int.h"
#include "sim/guest/rewind_int.h"
#include "sim/guest/snapshot_int.h"
#include "sim/guest/trap_int.h"
#include "sim/guest/turn_int.h"
#include "src/base/line.h"
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define FUTEX_WAIT 0
#define FUTEX_WAKE 1
#define NO_WAY_BACK 126 // exit status of a process that could not be put back

static bool taken, due;
static uint32_t seen; // of what the place counts

// --- between runs: only what is shared is written ---

static void set_state(enum tick_guest_state state) {
    atomic_store(&tick__guest_control->state, state);
    tick__raw(SYS_futex, &tick__guest_control->state, FUTEX_WAKE, INT32_MAX);
}

static void wait_for_request(bool at_hold) {
    atomic_store(&tick__guest_control->at_hold, at_hold);
    set_state(TICK_GUEST_WAITING);
    while (atomic_load(&tick__guest_control->state) == TICK_GUEST_WAITING)
        tick__raw(SYS_futex, &tick__guest_control->state, FUTEX_WAIT, TICK_GUEST_WAITING, NULL);
}

static void say_why(const char *what, const char *more) {
    struct tick__line line = {tick__guest_control->why, sizeof tick__guest_control->why, 0};
    tick__line_put(&line, what);
    tick__line_put(&line, more);
}

static void next_in_place(void *ctx, const char *trouble) {
    (void)ctx;
    if (trouble) {
        say_why("a run changed what cannot be put back: ", trouble);
        tick__raw(SYS_exit_group, NO_WAY_BACK);
    }
    wait_for_request(tick__guest_held());
}

static void next_forked(void *ctx) {
    (void)ctx;
    wait_for_request(tick__guest_held());
}

static void child_gone(void *ctx, int status) {
    (void)ctx;
    struct tick_guest_control *const control = tick__guest_control;
    atomic_store(&control->process, 0);
    if (status == -1) {
        say_why("no child could be forked", "");
        tick__raw(SYS_exit_group, NO_WAY_BACK);
    }
    if (atomic_load(&control->state) == TICK_GUEST_ENDED)
        return;
    control->outcome.end = WIFSIGNALED(status) ? TICK_GUEST_SIGNALLED : TICK_GUEST_EXITED;
    control->outcome.code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    set_state(TICK_GUEST_ENDED);
}

// --- the three ways ---

static const char *reason(int error) {
    switch (-error) {
    case EPERM:
        return "it is forbidden here (a container's seccomp profile, for one, does)";
    case ENOSYS:
    case ENOTTY:
    case EINVAL:
        return "this kernel has none";
    case ENOMEM:
        return "out of memory";
    }
    return "it failed";
}

static bool rewinds(void) {
    const char *what;
    int rc = tick__rewind_probe(&what);
    const struct tick__rewind rewind = {
        .next = next_in_place, .notes = tick__trap_kept != 0, .check = tick__guest_control->settings.compares_memory};
    if (rc >= 0) {
        atomic_store(&tick__guest_control->way, TICK_GUEST_REWIND);
        rc = tick__rewind_take(&rewind);
    }
    if (rc >= 0)
        return true;
    say_why("runs are forked, not rewound, as that takes userfaultfd with PAGEMAP_SCAN (Linux 6.7): ", reason(rc));
    return false;
}

static bool forks(void) {
    atomic_store(&tick__guest_control->way, TICK_GUEST_FORK);
    const struct tick__fork fork = {.next = next_forked, .gone = child_gone};
    const int rc = tick__fork_take(&fork);
    if (rc < 0)
        say_why("each run is a process of its own, as none can be forked: ", reason(rc));
    else
        atomic_store(&tick__guest_control->process, (int32_t)tick__raw(SYS_getpid));
    tick__trap_forked();
    return rc >= 0;
}

// What a run finds is the same whichever way it begins.
static void prepare(void) {
    tick__raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0); // whoever started it, if that is not the keeper
    // Of a fresh start as well, so that memory lies alike; one that cannot be made is missed by who takes it.
    (void)tick__guest_sleepers_fill(TICK__GUEST_POOL);
    tick__guest_python_end();
}

// Returns once for each run, where there are several; false: there is one.
static bool begins_runs(uint32_t way) {
    if ((way == TICK_GUEST_REWIND && rewinds()) || (way >= TICK_GUEST_FORK && forks()))
        return true;
    atomic_store(&tick__guest_control->way, TICK_GUEST_START);
    return false;
}

static void take(void) {
    const struct tick_guest_settings *const settings = &tick__guest_control->settings;
    taken = true;
    if (!tick__guest_held())
        prepare();
    if (tick__guest_held() || (!begins_runs(settings->way) && (settings->way != TICK_GUEST_START || settings->shared)))
        wait_for_request(false);
    if (tick__guest_held() && tick__guest_control->turn.back)
        tick__guest_end(TICK_GUEST_UNENDED, 0, "");
    tick__guest_run_begins();
}

void tick__guest_hold_here(void) {
    const uint32_t way = tick__guest_control->settings.way;
    prepare();
    if (!begins_runs(way) && way != TICK_GUEST_START)
        wait_for_request(true);
}

_Noreturn void tick__guest_hold_fails(const char *why) {
    say_why(why, "");
    atomic_store(&tick__guest_control->unheld, true);
    set_state(TICK_GUEST_ENDED);
    for (;;)
        tick__raw(SYS_exit_group, NO_WAY_BACK);
}

// --- where ---

static void count(enum tick_guest_place place) {
    const struct tick_guest_settings *const settings = &tick__guest_control->settings;
    if (!taken && settings->snapshot_place == (uint32_t)place && seen++ == settings->snapshot_at)
        due = true;
}

void tick__guest_at_wait(void) {
    if (taken)
        return;
    if (!tick__guest_shared) // else polls are no waits, and a wait is the last place that there is
        count(TICK_GUEST_AT_WAIT);
    if (due)
        take();
}

bool tick__guest_must_wait(void) {
    if (taken)
        return false;
    take();
    return true;
}

void tick__guest_snapshot_sees(enum tick_guest_place place) {
    count(place);
}

void tick__guest_snapshot_reads(const char *text, size_t size) {
    const char *const wanted = tick__guest_control->settings.snapshot_text;
    if (!taken && memmem(text, size, wanted, strlen(wanted)))
        count(TICK_GUEST_AT_OUTPUT);
}

// For the program itself: it is ready for its runs.
TICK_GUEST_EXPORT void retick_snapshot(void);
TICK_GUEST_EXPORT void retick_snapshot(void) {
    if (!tick__guest_on || taken || !tick__guest_begin())
        return;
    count(TICK_GUEST_AT_CALL);
    if (due)
        take();
}

void tick__guest_back(void) {
    if (tick__rewind_running()) {
        tick__guest_sleepers_back();
        tick__rewind_back();
    }
    if (tick__fork_running())
        tick__raw(SYS_exit_group, 0);
}
