// A runner over a guest: hands it a run, waits, takes what came of it. A process that is gone is replaced for the next run; one that could
// not be put back, too, and from then on runs are forked.
#include "sim/keeper/keeper.h"
#include "sim/keeper/environment_int.h"
#include "sim/keeper/keeper_int.h"
#include "sim/keeper/spawn_int.h"
#include "src/base/inherited.h"
#include "src/base/outside.h"
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENDED_OR_WAITING (TICK__STATE(TICK_GUEST_ENDED) | TICK__STATE(TICK_GUEST_WAITING))

static struct tick__keeper *keeper_of(const struct tick_runner *runner) {
    return (struct tick__keeper *)runner; // its first member
}

// --- a run ---

static int put_schedule(struct tick_guest_control *control, const struct tick_answers *answers) {
    if (answers->count > TICK_GUEST_DEVIATIONS)
        return TICK_ELIMIT;
    if (answers->count)
        memcpy(control->schedule, answers->deviations, answers->count * sizeof *answers->deviations);
    control->request.scheduled = answers->count;
    return 0;
}

int tick__keeper_request(struct tick__keeper *k, const struct tick_answers *answers, bool observed, char *details) {
    const struct tick_guest_program *const program = k->program;
    struct tick_guest_request *const request = &k->control->request;
    *request = (struct tick_guest_request){.digest = program->digest,
        .observed = observed,
        .keeps_output = program->keeps_output,
        .shows_output = program->shows_output,
        .stands = details != NULL,
        .most_time = program->most_time,
        .most_calls = program->most_calls};
    k->details = details;
    request->seed = answers->seed;
    memcpy(request->rates, answers->rates.of, sizeof request->rates);
    switch (answers->way) {
    case TICK_ANSWERS_DRAWN:
        request->chooser = TICK_GUEST_RANDOM;
        return 0;
    case TICK_ANSWERS_ONWARD:
        if (!observed)
            return -ENOMEM; // there was no memory to listen with
        request->chooser = TICK_GUEST_ONWARD;
        request->upto = answers->upto;
        return put_schedule(k->control, answers);
    case TICK_ANSWERS_LISTED:
        request->chooser = answers->count ? TICK_GUEST_REPLAY : TICK_GUEST_CALM;
        return put_schedule(k->control, answers);
    case TICK_ANSWERS_NOTED:
        request->chooser = TICK_GUEST_NOTED;
        request->kinds = answers->kinds;
        return put_schedule(k->control, answers);
    }
    return -EINVAL;
}

static void take_questions(const struct tick_guest_control *control, const struct tick_answers *answers) {
    const uint32_t count = control->question_count < answers->room ? control->question_count : answers->room;
    memcpy(answers->questions, control->questions, count * sizeof *answers->questions);
    *answers->asked = count;
}

static void remember_why(struct tick__keeper *k) {
    if (k->control->why[0])
        snprintf(k->why, sizeof k->why, "%s", k->control->why);
}

// Whatever it was, the next run shall not meet it again.
static void not_put_back(struct tick__keeper *k) {
    remember_why(k);
    k->way = k->way == TICK_GUEST_REWIND ? TICK_GUEST_FORK : k->way;
}

// The process at its snapshot, an ended one (1) whose run was over before it came to one, or -ECHILD.
static int make_ready(struct tick__keeper *k, _Atomic int *watched) {
    int rc = k->pid ? tick__guest_await(k, TICK__STATE(TICK_GUEST_WAITING), watched) : 0;
    if (rc == -ECHILD)
        not_put_back(k);
    if (k->pid)
        return rc;
    rc = tick__guest_start(k);
    if (rc < 0 || k->way == TICK_GUEST_START)
        return rc;
    return tick__guest_await(k, ENDED_OR_WAITING, watched);
}

static bool stands_ready(const struct tick__keeper *k) {
    return atomic_load(&k->control->state) == TICK_GUEST_WAITING;
}

static void hear_the_rest(struct tick__keeper *k) {
    const char *trouble;
    if (tick__listen_end(k->listener, &trouble) < 0)
        snprintf(k->why, sizeof k->why, "%s", trouble);
}

// 0: *out is filled; TICK_EKILLED: somebody killed it.
static int run_once(struct tick__keeper *k, const struct tick_request *request, struct tick_outcome *out) {
    int rc = tick__keeper_request(k, request->answers, request->probe != NULL, request->details);
    if (rc < 0)
        return rc;
    k->tells = request->probe != NULL || k->way != TICK_GUEST_START;
    rc = make_ready(k, request->program);
    if (rc < 0 && rc != -ECHILD)
        return rc;
    tick__listen_begin(k->listener, request->probe);
    if (rc >= 0 && stands_ready(k)) {
        tick__guest_state(k, TICK_GUEST_RUNNING);
        rc = tick__guest_await(k, ENDED_OR_WAITING, request->program);
    } else if (rc >= 0 && k->way == TICK_GUEST_START)
        rc = tick__guest_await(k, ENDED_OR_WAITING, request->program);
    if (rc < 0 && !k->outgrew && WIFSIGNALED(k->status) && WTERMSIG(k->status) == SIGKILL)
        return TICK_EKILLED;
    k->figures.way = k->control->way;
    remember_why(k);
    if (rc >= 0 && !k->pid && k->control->way == TICK_GUEST_REWIND) // the run is over, and the process gone
        not_put_back(k);
    hear_the_rest(k);
    tick__guest_outcome(k, rc < 0, out);
    if (request->answers->way == TICK_ANSWERS_NOTED)
        take_questions(k->control, request->answers);
    if (k->control->way == TICK_GUEST_START) // one process, one run; and so for one that never came to a snapshot
        tick__guest_stop(k);
    return 0;
}

static int run(struct tick_runner *self, const struct tick_request *request, struct tick_outcome *out) {
    struct tick__keeper *const k = keeper_of(self);
    if (request->set_up)
        atomic_store(request->set_up, true); // a program's start takes what it takes
    int rc = run_once(k, request, out);
    if (rc == TICK_EKILLED && !request->probe) // what was told cannot be taken back
        rc = run_once(k, request, out);
    if (request->program)
        atomic_store(request->program, 0);
    k->figures.runs++;
    return rc;
}

// --- what it drew ---

static const struct tick_deviation *deviations(const struct tick_runner *self, size_t *count) {
    const struct tick_guest_control *const control = keeper_of(self)->control;
    *count = control->deviation_count < TICK_GUEST_DEVIATIONS ? control->deviation_count : TICK_GUEST_DEVIATIONS;
    return control->deviations;
}

static size_t marks(const struct tick_runner *self, const char *const **names) {
    (void)self;
    *names = NULL;
    return 0;
}

// What is stopped is this process, which waits for the guest.
static bool crashed(struct tick_runner *self, int signal, const void *address, struct tick_outcome *out) {
    (void)address;
    const struct tick__keeper *const k = keeper_of(self);
    if (atomic_load(&k->control->state) == TICK_GUEST_ENDED)
        return false;
    *out = (struct tick_outcome){.verdict = TICK_CRASHED, .code = signal};
    out->choices = k->control->outcome.choices;
    out->iterations = k->control->outcome.points;
    out->deviations = k->control->deviation_count;
    return true;
}

void tick__keeper_free(struct tick__keeper *k) {
    if (!k)
        return;
    tick__guest_stop(k);
    tick__wanted_close(k);
    tick__listen_free(k->listener);
    if (k->control)
        munmap(k->control, sizeof *k->control);
    if (k->control_fd >= 0)
        close(k->control_fd);
    if (k->errors >= 0)
        close(k->errors);
    tick__outside_free(k->environment);
    tick__outside_free(k);
}

static void release(struct tick_runner *self) {
    tick__keeper_free(keeper_of(self));
}

// --- targets ---

static const struct tick_runner_ops ops = {run, deviations, marks, crashed, NULL, release};

static int make_control(struct tick__keeper *k) {
    k->control_fd = memfd_create("retick guest", MFD_CLOEXEC);
    k->errors = memfd_create("retick errors", MFD_CLOEXEC);
    if (k->control_fd < 0 || k->errors < 0 || ftruncate(k->control_fd, sizeof *k->control) < 0)
        return -errno;
    void *const at = mmap(NULL, sizeof *k->control, PROT_READ | PROT_WRITE, MAP_SHARED, k->control_fd, 0);
    if (at == MAP_FAILED)
        return -errno;
    k->control = at;
    return tick__listen_new(&k->control->told, 0, &k->listener);
}

// A path of the program's is one from the folder that it runs in; what exec takes there is one from the root then.
static int find_from(const char *folder, const char *name, char *file, struct tick_error *error) {
    char here[TICK_PROGRAM_PATH], path[TICK_PROGRAM_PATH];
    if (!folder || name[0] == '/' || !strchr(name, '/'))
        return tick_program_file(name, tick__inherited_value("PATH"), file, error);
    if (folder[0] == '/')
        here[0] = 0;
    else if (!getcwd(here, sizeof here))
        return tick_error_set(error, -errno, "the folder that retick was called in: %s", strerror(errno));
    if (snprintf(path, sizeof path, "%s%s%s/%s", here, *here ? "/" : "", folder, name) >= (int)sizeof path)
        return tick_error_set(error, -ENAMETOOLONG, "%s/%s: %s", folder, name, strerror(ENAMETOOLONG));
    return tick_program_file(path, tick__inherited_value("PATH"), file, error);
}

static int find(const struct tick_guest_program *program, char *file, char *library, struct tick_error *error) {
    const int rc = find_from(program->folder, program->argv[0], file, error);
    return rc < 0 ? rc : tick__guest_library(library, TICK_PROGRAM_PATH, error);
}

int tick_guest_check(const struct tick_guest_program *program, struct tick_error *error) {
    char file[TICK_PROGRAM_PATH], library[TICK_PROGRAM_PATH];
    return find(program, file, library, error);
}

int tick__keeper_new(const struct tick_guest_program *program, struct tick__keeper **out, struct tick_error *error) {
    struct tick__keeper *const k = tick__outside_alloc(sizeof *k);
    if (!k)
        return tick_error_set(error, -ENOMEM, "out of memory");
    memset(k, 0, sizeof *k);
    k->runner.ops = &ops;
    tick__guest_watch_children();
    k->control_fd = k->arena_fd = k->errors = -1;
    k->program = program;
    k->way = program->settings.way;
    int rc = find(program, k->file, k->library, error);
    if (rc >= 0 && (rc = tick__wanted_open(k)) < 0)
        tick_error_set(error, rc, "what its lines are held against could not be read: %s", tick_error_text(rc));
    if (rc >= 0 && (rc = make_control(k)) < 0)
        tick_error_set(error, rc, "what it shares with retick could not be made: %s", tick_error_text(rc));
    if (rc >= 0 && !(k->environment = tick__guest_environment(tick__inherited(), program->set, k->library)))
        rc = tick_error_set(error, -ENOMEM, "out of memory");
    if (rc < 0)
        tick__keeper_free(k);
    else
        *out = k;
    return rc;
}

static int open_keeper(const struct tick_target *target, struct tick_runner **out) {
    struct tick__keeper *k;
    struct tick_error error;
    const int rc = tick__keeper_new(target->what, &k, &error);
    if (rc >= 0)
        *out = &k->runner;
    return rc;
}

struct tick_target tick_guest_target(const char *name, const struct tick_guest_program *program) {
    return (struct tick_target){name, program, open_keeper};
}

const struct tick_guest_control *tick_guest_said(const struct tick_runner *runner) {
    return keeper_of(runner)->control;
}

void tick_guest_figures(const struct tick_runner *runner, struct tick_guest_figures *out) {
    *out = keeper_of(runner)->figures;
    out->why = keeper_of(runner)->why;
    out->backstop = keeper_of(runner)->control->backstop;
    out->fixed_addresses = keeper_of(runner)->control->settings.fixed_addresses;
}
