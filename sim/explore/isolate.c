// Runs carried out one after the other by a child process, over a socket pair: a byte asks, a byte answers, the rest stands in shared
// memory.
#include "sim/explore/isolate.h"
#include "sim/explore/sandbox_int.h"
#include "src/base/outside.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
    struct tick_answers answers; // its pointers are to what follows: the memory stands at one address in both processes
    uint8_t poison;
    uint32_t asked;
    struct tick_deviation deviations[TICK__DEVIATIONS_MOST];
    struct tick_deviation questions[TICK__DEVIATIONS_MOST];
};

struct tick_isolate {
    struct tick_isolate_options options;
    struct tick__sandbox sandbox;
    struct request *request; // shared
    bool asked_where;        // of the present run
};

// --- in the child ---

static int answer(struct tick_isolate *isolate, struct tick__page *page, struct tick_runner *runner) {
    const struct tick_isolate_options *options = &isolate->options;
    memset(page->digest, 0, sizeof page->digest);
    const struct tick_request request = {
        .answers = &isolate->request->answers,
        .poison = isolate->request->poison,
        .probe = options->begin ? options->begin(options->ctx) : NULL,
        .details = options->details ? page->details : NULL,
    };
    struct tick_outcome outcome;
    int rc = tick__sandbox_run(page, runner, &request, &outcome);
    if (rc < 0)
        return rc;
    if (options->end)
        options->end(options->ctx, &outcome, page->digest);
    size_t count;
    const struct tick_deviation *deviations = runner->ops->deviations(runner, &count);
    page->outcome = outcome;
    page->count = tick__deviations_copy(page->deviations, deviations, count);
    return 0;
}

static void serve(void *ctx, struct tick__page *page, int fd) {
    struct tick_isolate *isolate = ctx;
    struct tick_runner *runner;
    char byte;
    page->rc = tick__sandbox_open(page, isolate->options.target, &runner);
    if (page->rc < 0)
        return;
    while (recv(fd, &byte, 1, 0) == 1) {
        page->rc = answer(isolate, page, runner);
        if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
            return;
    }
}

// --- in the parent ---

int tick_isolate_new(const struct tick_isolate_options *options, struct tick_isolate **out) {
    struct tick_isolate *isolate = tick__outside_alloc(sizeof *isolate);
    if (!isolate)
        return -ENOMEM;
    *isolate = (struct tick_isolate){.options = *options, .sandbox.fd = -1, .request = tick__shared_new(sizeof *isolate->request)};
    if (!isolate->request || tick__sandbox_new(&isolate->sandbox) < 0) {
        tick_isolate_free(isolate);
        return -ENOMEM;
    }
    *out = isolate;
    return 0;
}

void tick_isolate_free(struct tick_isolate *isolate) {
    if (!isolate)
        return;
    tick__sandbox_fini(&isolate->sandbox);
    tick__shared_free(isolate->request, sizeof *isolate->request);
    tick__outside_free(isolate);
}

// A program in a process of its own is asked, once, to say where it hangs: who keeps it takes its end for the run's.
static bool tells_where(struct tick_isolate *isolate) {
    const int program = atomic_load(&isolate->sandbox.page->program);
    if (!isolate->options.details || isolate->asked_where || program <= 0)
        return false;
    isolate->asked_where = true;
    return kill(program, SIGXCPU) == 0 && poll(&(struct pollfd){.fd = isolate->sandbox.fd, .events = POLLIN}, 1, 5000) > 0;
}

// Waits for the child's answer: 1 answered, 0 the child died in the run (buried), TICK_EKILLED: by somebody's hand, in it or before it;
// else negative: it could not carry it out.
static int await(struct tick_isolate *isolate) {
    struct tick__sandbox *sandbox = &isolate->sandbox;
    int64_t hang = isolate->options.hang;
    int timeout = hang > 0 && hang < 8000000 * TICK__WATCH_EVERY ? (int)(hang / 8000000) + 1 : TICK__WATCH_EVERY;
    char byte;
    for (;;) {
        struct pollfd fd = {.fd = sandbox->fd, .events = POLLIN};
        int ready = poll(&fd, 1, timeout);
        if (ready > 0 && recv(sandbox->fd, &byte, 1, 0) == 1)
            return sandbox->page->rc < 0 ? sandbox->page->rc : 1;
        enum tick__trouble trouble = ready ? TICK__NO_TROUBLE : tick__sandbox_watch(sandbox, hang, isolate->options.memory);
        if (ready <= 0 && !trouble)
            continue;
        if (trouble == TICK__HANGS && tells_where(isolate))
            continue; // the answer is on its way, or it is asked no more
        if (!tick__sandbox_bury(sandbox, trouble))
            continue; // the answer is on its way
        if (sandbox->signal)
            return TICK_EKILLED;
        if (atomic_load(&sandbox->page->state) == TICK__DIED)
            return 0;
        return sandbox->page->rc < 0 ? sandbox->page->rc : -ECHILD; // between runs
    }
}

// Has the request carried out, by a new child if there is none. As await.
static int ask(struct tick_isolate *isolate) {
    struct tick__sandbox *sandbox = &isolate->sandbox;
    char byte = 0;
    isolate->asked_where = false;
    sandbox->page->details[0] = 0;
    if (sandbox->pid && send(sandbox->fd, &byte, 1, MSG_NOSIGNAL) != 1)
        tick__sandbox_bury(sandbox, TICK__NO_TROUBLE); // something killed it while it was idle
    if (!sandbox->pid) {
        int rc = tick__sandbox_start(sandbox, serve, isolate);
        if (rc < 0)
            return rc;
        if (send(sandbox->fd, &byte, 1, MSG_NOSIGNAL) != 1)
            return -ECHILD;
    }
    sandbox->runs_seen = UINT64_MAX; // the first look only notes how far it is
    return await(isolate);
}

static int carry_out(struct tick_isolate *isolate, struct tick_outcome *outcome, struct tick_schedule *drawn, uint8_t digest[16]) {
    struct tick__page *page = isolate->sandbox.page;
    tick_schedule_init(drawn, isolate->options.target->name);
    int rc = ask(isolate);
    if (rc == TICK_EKILLED && !isolate->options.once)
        rc = ask(isolate);
    if (rc == TICK_EKILLED && atomic_load(&page->state) == TICK__DIED && atomic_load(&page->runs) == 1 &&
        tick__sandbox_explains(&isolate->sandbox))
        rc = 0;
    if (rc < 0)
        return rc;
    *outcome = page->outcome;
    if (digest)
        memcpy(digest, page->digest, 16);
    if (!rc && digest)
        memset(digest, 0, 16);
    for (uint32_t i = 0; i < page->count; i++) {
        rc = tick_schedule_add(drawn, &page->deviations[i]);
        if (rc < 0) {
            tick_schedule_fini(drawn);
            return rc;
        }
    }
    return 0;
}

static int with_schedule(struct tick_isolate *isolate, enum tick_answers_way way, const struct tick_schedule *schedule, uint8_t poison,
    struct tick_outcome *outcome, struct tick_schedule *drawn, uint8_t digest[16]) {
    struct request *request = isolate->request;
    tick_schedule_init(drawn, schedule->scenario);
    if (schedule->count > TICK__DEVIATIONS_MOST)
        return TICK_ELIMIT;
    request->answers.way = way;
    request->answers.count = tick__deviations_copy(request->deviations, schedule->deviations, schedule->count);
    request->answers.deviations = request->deviations;
    request->poison = poison;
    return carry_out(isolate, outcome, drawn, digest);
}

int tick_isolate_schedule(struct tick_isolate *isolate, const struct tick_schedule *schedule, uint8_t poison, struct tick_outcome *outcome,
    struct tick_schedule *drawn, uint8_t digest[16]) {
    return with_schedule(isolate, TICK_ANSWERS_LISTED, schedule, poison, outcome, drawn, digest);
}

int tick_isolate_questions(struct tick_isolate *isolate, const struct tick_schedule *schedule, uint64_t kinds, struct tick_outcome *outcome,
    struct tick_schedule *questions) {
    struct request *request = isolate->request;
    struct tick_answers *answers = &request->answers;
    struct tick_schedule drawn;
    answers->kinds = kinds;
    answers->questions = request->questions;
    answers->room = TICK__DEVIATIONS_MOST;
    answers->asked = &request->asked;
    tick_schedule_init(questions, schedule->scenario);
    int rc = with_schedule(isolate, TICK_ANSWERS_NOTED, schedule, 0, outcome, &drawn, NULL);
    if (rc < 0)
        return rc;
    tick_schedule_fini(&drawn);
    for (uint32_t i = 0; i < request->asked && rc >= 0; i++)
        rc = tick_schedule_add(questions, &request->questions[i]);
    if (rc < 0)
        tick_schedule_fini(questions);
    return rc;
}

int tick_isolate_seed(struct tick_isolate *isolate, uint64_t seed, const struct tick_rates *rates, uint8_t poison,
    struct tick_outcome *outcome, struct tick_schedule *drawn, uint8_t digest[16]) {
    tick_answers_seed(&isolate->request->answers, seed, rates);
    isolate->request->poison = poison;
    return carry_out(isolate, outcome, drawn, digest);
}

const char *tick_isolate_details(const struct tick_isolate *isolate) {
    return isolate->sandbox.page->details;
}

int tick_isolate_onward(struct tick_isolate *isolate, const struct tick_schedule *schedule, uint32_t upto, uint64_t seed,
    const struct tick_rates *rates, struct tick_outcome *outcome, struct tick_schedule *drawn) {
    tick_answers_seed(&isolate->request->answers, seed, rates);
    isolate->request->answers.upto = upto;
    return with_schedule(isolate, TICK_ANSWERS_ONWARD, schedule, 0, outcome, drawn, NULL);
}
