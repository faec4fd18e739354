// Where runs begin: at the program's first wait, which is after all that it does to start up. One process is one run, so far.
#include "sim/guest/inside_int.h"

void tick__guest_at_wait(void) {
    if (!tick__guest_control->run)
        tick__guest_run_begins();
}

void tick__guest_back(void) {}
