#include "cli/interrupt.h"
#include "src/base/keep.h"
#include <signal.h>

TICK_KEEP static volatile sig_atomic_t interrupted;

static void note(int signal_number) {
    interrupted = 1;
    signal(signal_number, SIG_DFL);
}

void tick__interrupt_watch(void) {
    const struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    interrupted = 0;
    sigaction(SIGINT, &action, NULL);
}

void tick__interrupt_unwatch(void) {
    signal(SIGINT, SIG_DFL);
}

bool tick__interrupted(void) {
    return interrupted != 0;
}
