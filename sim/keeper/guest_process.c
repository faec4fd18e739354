// The guest's process, from outside: it is started, waited for by the futex word in the control block, and noticed when it is gone, which
// no futex tells.
#include "sim/keeper/keeper_int.h"
#include "sim/keeper/spawn_int.h"
#include "sim/keeper/stacks_int.h"
#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WATCH_FIRST 10000000l // ns: how long the death of who is no child of ours may go unnoticed; twice as long each time
#define WATCH_MOST 80000000l

// What a run leaves, and what comes before its snapshot.
static void empty_run(struct tick_guest_control *control) {
    control->run = 0;
    control->heart = 0;
    control->outcome = (struct tick_guest_outcome){0};
    control->question_count = 0;
    control->deviation_count = control->deviations_lost = control->output_used = control->output_lost = 0;
}

static void empty(struct tick_guest_control *control) {
    control->magic = TICK_GUEST_MAGIC;
    control->version = TICK_GUEST_VERSION;
    control->size = sizeof *control;
    control->root = control->tenant = control->process = 0;
    control->way = TICK_GUEST_START;
    control->backstop = 0;
    control->start_count = 0;
    control->why[0] = control->called[0] = 0;
    control->at_hold = control->unheld = false;
    empty_run(control);
    control->state = TICK_GUEST_STARTING;
}

void tick__guest_again(struct tick__keeper *k) {
    empty_run(k->control);
    tick__listen_anew(k->listener);
}

static void child_ends(int number) {
    (void)number; // it has interrupted who waits for a futex, which no process's end does
}

// A child's death ends a wait for what it would have said. One that comes just before that wait is noticed when the first watch ends.
void tick__guest_watch_children(void) {
    struct sigaction now;
    const struct sigaction ours = {.sa_handler = child_ends, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
    if (sigaction(SIGCHLD, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
        sigaction(SIGCHLD, &ours, NULL);
}

int tick__guest_start(struct tick__keeper *k) {
    empty(k->control);
    k->outgrew = false;
    k->control->settings = k->program->settings;
    k->control->settings.way = k->way;
    k->control->settings.tells = k->tells;
    tick__listen_anew(k->listener);
    if (ftruncate(k->errors, 0) < 0 || lseek(k->errors, 0, SEEK_SET) < 0)
        return -errno;
    const struct tick_guest_program *const program = k->program;
    const struct tick__spawn spawn = {
        .file = k->file,
        .argv = program->argv,
        .environment = k->environment,
        .control = k->control,
        .control_fd = k->control_fd,
        .arena_fd = k->arena_fd,
        .errors = program->shows_output ? STDERR_FILENO : k->errors,
        .folder = program->folder,
        .any_addresses = program->any_addresses,
        .shows = program->shows_output,
    };
    const pid_t pid = tick__spawn(&spawn);
    if (pid < 0)
        return pid;
    k->pid = pid;
    k->figures.processes++;
    return 0;
}

static bool is_gone(struct tick__keeper *k) {
    if (waitpid(k->pid, &k->status, WNOHANG) == k->pid) {
        kill(-k->pid, SIGKILL); // and what it has left behind
        k->pid = 0;
        return true;
    }
    const pid_t tenant = k->control->tenant;
    if (!tenant || tenant == k->pid || kill(tenant, 0) == 0 || errno != ESRCH)
        return false;
    tick__guest_stop(k); // who waited for it does not know what it died of
    return true;
}

pid_t tick__guest_process(const struct tick__keeper *k) {
    const pid_t child = k->control->process, tenant = k->control->tenant;
    return child ? child : tenant ? tenant : k->pid;
}

int tick__guest_await(struct tick__keeper *k, unsigned states, _Atomic int *watched) {
    struct timespec patience = {0, WATCH_FIRST};
    for (;;) {
        const uint32_t now = atomic_load(&k->control->state);
        if (states & TICK__STATE(now))
            return 0;
        tick__listen_take(k->listener);
        if (now == TICK_GUEST_STANDS) {
            tick__stacks_take(k);
            tick__guest_state(k, TICK_GUEST_RUNNING);
            continue;
        }
        if (syscall(SYS_futex, &k->control->state, FUTEX_WAIT, now, &patience, NULL, 0) == 0 || (errno != ETIMEDOUT && errno != EINTR))
            continue;
        if (watched)
            atomic_store(watched, tick__guest_process(k));
        if (tick__guest_outgrows(k)) {
            k->outgrew = true;
            tick__guest_stop(k);
            return -ECHILD;
        }
        if (is_gone(k))
            return states & TICK__STATE(atomic_load(&k->control->state)) ? 0 : -ECHILD;
        patience.tv_nsec = 2 * patience.tv_nsec < WATCH_MOST ? 2 * patience.tv_nsec : WATCH_MOST;
    }
}

void tick__guest_state(struct tick__keeper *k, enum tick_guest_state state) {
    atomic_store(&k->control->state, state);
    syscall(SYS_futex, &k->control->state, FUTEX_WAKE, 1, NULL, NULL, 0);
}

void tick__guest_stop(struct tick__keeper *k) {
    if (!k->pid)
        return;
    kill(-k->pid, SIGKILL);
    kill(k->pid, SIGKILL); // it may not lead its group yet
    while (waitpid(k->pid, &k->status, 0) < 0 && errno == EINTR)
        ;
    k->pid = 0;
}
