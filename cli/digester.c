// Runs in a worker process with a recorder in memory, for their digests.
#include "cli/input.h"
#include "trace/recorder.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// What the worker tells beside the digest: in memory shared with it.
struct digester_page {
    uint64_t events;
    uint8_t contents[16];
    bool ended;
};

struct tick__digester {
    struct tick__hush hush;
    struct tick_isolate *isolate;
    struct digester_page *page;
    struct tick_recorder *recorder; // the worker's own: made at its first run
};

void tick__hush(struct tick__hush *hush) {
    if (hush->done)
        return;
    hush->done = true;
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    dup2(fd, STDOUT_FILENO);
    if (hush->repeats)
        dup2(fd, STDERR_FILENO);
    close(fd);
}

struct tick_probe *tick__hush_begin(void *hush) {
    tick__hush(hush);
    return NULL;
}

void tick__digester_repeats(struct tick__digester *digester) {
    digester->hush.repeats = true;
}

static struct tick_probe *begin(void *ctx) {
    struct tick__digester *digester = ctx;
    tick__hush(&digester->hush);
    digester->page->ended = false;
    if (!digester->recorder && tick_recorder_new(&digester->recorder) < 0)
        return NULL;
    tick_recorder_reset(digester->recorder);
    return tick_recorder_probe(digester->recorder);
}

static void end(void *ctx, const struct tick_outcome *outcome, uint8_t digest[16]) {
    struct tick__digester *digester = ctx;
    if (!digester->recorder)
        return;
    tick_recorder_end(digester->recorder, tick_verdict_word(outcome->verdict), outcome->text);
    tick_recorder_digest(digester->recorder, digest);
    tick_recorder_contents(digester->recorder, digester->page->contents);
    digester->page->events = tick_recorder_events(digester->recorder);
    digester->page->ended = true;
}

int tick__digester_new(const struct tick_target *target, int64_t hang, struct tick__digester **out) {
    struct tick__digester *digester = calloc(1, sizeof *digester);
    if (!digester)
        return -ENOMEM;
    digester->page = mmap(NULL, sizeof *digester->page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (digester->page == MAP_FAILED) {
        free(digester);
        return -ENOMEM;
    }
    const struct tick_isolate_options options = {.target = target, .hang = hang, .begin = begin, .end = end, .ctx = digester};
    int result = tick_isolate_new(&options, &digester->isolate);
    if (result < 0) {
        tick__digester_free(digester);
        return result;
    }
    *out = digester;
    return 0;
}

void tick__digester_free(struct tick__digester *digester) {
    if (!digester)
        return;
    if (digester->isolate)
        tick_isolate_free(digester->isolate);
    munmap(digester->page, sizeof *digester->page);
    free(digester);
}

int tick__digester_run(struct tick__digester *digester, const struct tick__input *input, struct tick__attempt *attempt) {
    memset(attempt, 0, sizeof *attempt);
    digester->page->ended = false;
    int result = tick__input_run(digester->isolate, input, &attempt->outcome, &attempt->drawn, attempt->digest);
    if (result < 0)
        return result;
    attempt->has_digest = digester->page->ended;
    attempt->events = digester->page->events;
    memcpy(attempt->contents, digester->page->contents, sizeof attempt->contents);
    return 0;
}

int tick__digester_onward(
    struct tick__digester *digester, const struct tick_schedule *schedule, uint32_t upto, uint64_t seed, struct tick_outcome *outcome) {
    struct tick_schedule drawn;
    const int result = tick_isolate_onward(digester->isolate, schedule, upto, seed, NULL, outcome, &drawn);
    if (result == 0)
        tick_schedule_fini(&drawn);
    return result;
}

void tick__attempt_fini(struct tick__attempt *attempt) {
    tick_schedule_fini(&attempt->drawn);
}

enum tick__likeness tick__attempt_compare(const struct tick__attempt *a, const struct tick__attempt *b) {
    if (a->has_digest != b->has_digest)
        return TICK__OTHER_RUN;
    if (!a->has_digest) {
        const struct tick_outcome *x = &a->outcome, *y = &b->outcome;
        const bool same = x->verdict == y->verdict && x->code == y->code && strcmp(x->text, y->text) == 0 && x->ended_at == y->ended_at;
        return same && a->drawn.count == b->drawn.count ? TICK__SAME_RUN : TICK__OTHER_RUN;
    }
    if (memcmp(a->digest, b->digest, sizeof a->digest) != 0)
        return TICK__OTHER_RUN;
    return memcmp(a->contents, b->contents, sizeof a->contents) == 0 ? TICK__SAME_RUN : TICK__OTHER_CONTENTS;
}
