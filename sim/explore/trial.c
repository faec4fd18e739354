#include "sim/explore/trial.h"
#include "sim/explore/last_words_int.h"
#include "sim/explore/sandbox_int.h"
#include "src/base/times.h"
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

struct trial {
    const struct tick_target *target;
    void (*body)(void *ctx);
    void *ctx;
};

static void carry_out(void *ctx, struct tick__page *page, int fd) {
    const struct trial *trial = ctx;
    struct tick_runner *runner; // for the handlers
    (void)fd;
    page->rc = tick__sandbox_open(page, trial->target, &runner);
    if (page->rc < 0)
        return;
    page->keeps_place = true;
    atomic_store(&page->runs, 1);
    atomic_store(&page->state, TICK__RUNNING);
    trial->body(trial->ctx);
    atomic_store(&page->state, TICK__FINISHED);
}

static enum tick__trouble wait_for(struct tick__sandbox *sandbox, int64_t hang) {
    for (;;) {
        struct pollfd fd = {.fd = sandbox->fd, .events = POLLIN};
        if (poll(&fd, 1, TICK__WATCH_EVERY) > 0)
            return TICK__NO_TROUBLE;
        const enum tick__trouble trouble = tick__sandbox_watch(sandbox, hang, 0);
        if (trouble)
            return trouble;
    }
}

static int once(struct tick__sandbox *sandbox, struct trial *trial, int64_t hang) {
    int rc = tick__sandbox_start(sandbox, carry_out, trial);
    if (rc < 0)
        return rc;
    while (!tick__sandbox_bury(sandbox, wait_for(sandbox, hang)))
        ;
    const uint32_t state = atomic_load(&sandbox->page->state);
    if (sandbox->signal)
        return state == TICK__DIED && tick__sandbox_explains(sandbox) ? 0 : TICK_EKILLED;
    if (state == TICK__DIED)
        return 0;
    return sandbox->page->rc < 0 ? sandbox->page->rc : state == TICK__FINISHED ? 1 : TICK_EKILLED;
}

int tick_trial(const struct tick_target *target, void (*body)(void *ctx), void *ctx, int64_t hang, struct tick_outcome *out) {
    struct trial trial = {target, body, ctx};
    struct tick__sandbox sandbox;
    int rc = tick__sandbox_new(&sandbox);
    if (rc < 0)
        return rc;
    sandbox.as_is = true;
    rc = once(&sandbox, &trial, hang);
    if (rc == TICK_EKILLED)
        rc = once(&sandbox, &trial, hang);
    *out = sandbox.page->outcome;
    tick__sandbox_fini(&sandbox);
    return rc;
}
