// The process at the snapshot does nothing but fork, on a private stack apart: what a run finds on its own is the same each time. Files are
// shared with the runs' processes, so that their offsets are put back; all else of a run ends with its process.
#include "sim/guest/cross_int.h"
#include "sim/guest/fork_int.h"
#include "sim/guest/kept_int.h"
#include "sim/guest/process_state_int.h"
#include "src/base/keep.h"
#include <errno.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#define STACK (256ul << 10)

struct forking {
    struct tick__fork with;
    int rc;
    void *snapshot, *server;
    uint64_t mask;
    char *stack;
    struct tick__surroundings *surroundings;
};

TICK_KEEP static struct forking forking;
TICK_KEEP static bool running;

// In the run's process; it ends with the server.
static void begin_run(long server) {
    running = true;
    tick__raw(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (tick__raw(SYS_getppid) != server)
        tick__raw(SYS_exit_group, 0);
    tick__cross(&forking.server, forking.snapshot);
}

static void serve(void) {
    struct forking *const f = &forking;
    const long server = tick__raw(SYS_getpid);
    f->rc = tick__surroundings_take(f->surroundings);
    while (f->rc >= 0) {
        f->with.next(f->with.ctx);
        tick__surroundings_put_back_offsets(f->surroundings);
        // No signal at its end: the program may have a handler for children.
        const long pid = tick__raw(SYS_clone, 0, 0, 0, 0, 0, 0);
        if (!pid)
            begin_run(server);
        int status = 0;
        if (pid < 0)
            f->rc = (int)pid;
        while (pid > 0 && tick__raw(SYS_wait4, pid, &status, __WALL, 0) == -EINTR)
            ;
        f->with.gone(f->with.ctx, pid < 0 ? -1 : status);
    }
    tick__cross(&f->server, f->snapshot);
}

static void drop(struct forking *f) {
    tick__kept_free(f->stack, STACK);
    tick__kept_free(f->surroundings, sizeof *f->surroundings);
}

int tick__fork_take(const struct tick__fork *with) {
    const uint64_t all = ~UINT64_C(0);
    struct forking *const f = &forking;
    tick__raw(SYS_rt_sigprocmask, SIG_SETMASK, &all, &f->mask, 8);
    f->with = *with;
    f->rc = -ENOMEM;
    f->stack = tick__kept_private(STACK);
    f->surroundings = tick__kept_new(sizeof *f->surroundings);
    if (f->stack && f->surroundings)
        tick__cross(&f->snapshot, tick__cross_begin(f->stack + STACK, serve)); // from here on in each run's process
    if (f->rc < 0)
        drop(f);
    tick__raw(SYS_rt_sigprocmask, SIG_SETMASK, &f->mask, NULL, 8);
    return f->rc;
}

bool tick__fork_running(void) {
    return running;
}
