#include "cli/guest_begin.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "sim/explore/trial.h"
#include "src/base/times.h"
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

struct beginning { // shared with the process that tries it
    const struct tick_target *target;
    struct tick_outcome outcome;
    enum tick_guest_way way;
    bool fixed; // addresses
    int backstop;
    char why[TICK_GUEST_TEXT];
    bool none;             // of what was started made a world,
    char called[200];      // or what was started by it did
    int64_t first, second; // host ns that the runs took
    int result;
};

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return tick__of_parts(t.tv_sec, t.tv_nsec);
}

static void try_twice(void *ctx) {
    struct beginning *b = ctx;
    struct tick_runner *runner;
    const struct tick_answers calm = {.way = TICK_ANSWERS_LISTED};
    const struct tick_request request = {.answers = &calm};
    struct tick_guest_figures figures;
    b->result = b->target->open(b->target, &runner);
    if (b->result < 0)
        return;
    const int64_t begun = now();
    b->result = runner->ops->run(runner, &request, &b->outcome);
    const int64_t then = now();
    if (b->result == 0)
        b->result = runner->ops->run(runner, &request, &b->outcome);
    b->first = tick__until(then, begun);
    b->second = tick__until(now(), then);
    tick_guest_figures(runner, &figures);
    b->way = figures.way;
    b->fixed = figures.fixed_addresses;
    b->backstop = figures.backstop;
    snprintf(b->why, sizeof b->why, "%s", figures.why);
    b->none = !tick_guest_said(runner)->tenant;
    snprintf(b->called, sizeof b->called, "%s", tick_guest_said(runner)->called);
    runner->ops->free(runner);
}

static void say(const struct tick__loaded *loaded, const struct beginning *b) {
    static const char *const words[] = {
        [TICK_GUEST_START] = "each run in a fresh process", [TICK_GUEST_FORK] = "by fork", [TICK_GUEST_REWIND] = "rewinding"};
    char time[64];
    const int64_t start_up = b->first > b->second ? tick__until(b->first, b->second) : b->first;
    tick__say("%s: %s%s%s of start-up%s%s%s", loaded->target.name, words[b->way], b->way == TICK_GUEST_START ? ", with " : " after ",
        tick__format_time(start_up, time, sizeof time), *b->why ? " (" : "", b->why, *b->why ? ")" : "");
    if (b->none)
        tick__say("  nothing of it is simulated: neither it nor what it starts makes a socket, an epoll or a thread, or sleeps");
    else if (*b->called)
        tick__say("  of what it starts, this is what runs: %s (--guest NAME names another)", b->called);
    if (!b->fixed)
        tick__say("  addresses differ in each process, as personality(2) is forbidden here: retick check tells whether that matters to it");
    if (b->backstop < 0)
        tick__say("  calls past libc's names, such as libc's own inside, are real, as seccomp is %s here",
            b->backstop == -EPERM || b->backstop == -EACCES ? "forbidden" : "not available");
    fflush(stdout);
}

int tick__guest_try(const struct tick__loaded *loaded) {
    struct tick_outcome ended;
    struct beginning *b = mmap(NULL, sizeof *b, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (b == MAP_FAILED)
        return tick__no_memory(loaded->target.name);
    b->target = &loaded->target;
    int result = tick_trial(&loaded->target, try_twice, b, TICK_SEC(60), &ended), code = 0;
    if (result == 1)
        result = b->result;
    if (result < 0) {
        tick__complain_of(loaded->target.name, result, NULL);
        code = TICK__EXIT_HARNESS;
    } else if (b->outcome.verdict == TICK_BAD_SCENARIO) {
        tick__complain("%s: %s", loaded->target.name, b->outcome.text);
        code = TICK__EXIT_USAGE;
    } else {
        say(loaded, b);
    }
    munmap(b, sizeof *b);
    return code;
}
