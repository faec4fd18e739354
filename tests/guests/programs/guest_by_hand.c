// A program as a guest, once, from the command line: guest_by_hand [-s SEED] [-n TIMES] [-q] PROGRAM ARGUMENT...
// -b: without the backstop. Prints how each run ended; exits with 1 if digests of several differ, else with the program's own exit code.
#include "tests/support/guest_start.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *const ends[] = {"did not end", "exited", "was killed by a signal", "deadlock", "limit of time", "limit of calls",
    "not supported", "out of memory", "broken"};

static void tell(const struct tick_guest_control *control, int status) {
    const struct tick_guest_outcome *o = &control->outcome;
    fprintf(stderr,
        "%s %d status %04x digest %016lx%016lx at %ld.%09ld calls %lu choices %lu deviations %u threads %u switches %lu spun %lu %s\n%s",
        ends[o->end], o->code, (unsigned)status, o->digest[0], o->digest[1], o->ended_at / 1000000000, o->ended_at % 1000000000, o->calls,
        o->choices, control->deviation_count, o->threads, o->switches, o->spun, o->text, o->waits);
}

int main(int argc, char **argv) {
    int times = 1, option, status = 0, differ = 0;
    uint64_t first[2] = {0};
    struct tick_guest_control *control = guest_control_new();
    control->request.shows_output = true;
    while ((option = getopt(argc, argv, "+s:n:qubl:j:m:")) != -1) {
        if (option == 's')
            guest_ask_seed(control, strtoul(optarg, NULL, 10));
        else if (option == 'n')
            times = atoi(optarg);
        else if (option == 'q')
            control->request.shows_output = false;
        else if (option == 'u')
            control->request.digest = control->request.keeps_output = false;
        else if (option == 'b')
            control->settings.no_backstop = true;
        else if (option == 'l')
            control->settings.latency = atol(optarg) * 1000000;
        else if (option == 'j')
            control->settings.jitter = atol(optarg) * 1000000;
        else if (option == 'm')
            control->request.most_calls = strtoul(optarg, NULL, 10);
    }
    for (int i = 0; i < times; i++) {
        status = guest_start(control, argv + optind, 600);
        if (!i)
            memcpy(first, control->outcome.digest, sizeof first);
        if (!i || memcmp(first, control->outcome.digest, sizeof first) != 0)
            tell(control, status);
        differ |= memcmp(first, control->outcome.digest, sizeof first) != 0;
    }
    if (control->outcome.end != TICK_GUEST_EXITED)
        return 125;
    return differ ? 1 : status == -1 ? 124 : WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
