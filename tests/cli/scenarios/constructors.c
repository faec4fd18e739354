// A constructor that does not come back, in the way that the flags say.
#include <retick.h>
#include <stdlib.h>
#include <unistd.h>

static volatile int *volatile nowhere = (volatile int *)8;
static volatile unsigned turns;

__attribute__((constructor)) static void before_main(void) {
#if defined CRASHES
    *nowhere = 1; // crashes
#elif defined EXITS
    _exit(0); // exits
#elif defined SPINS
    for (;;)
        turns++;
#elif defined ABORTS
    abort(); // aborts
#elif defined PRINTS
    (void)!write(1, "printed\n", 8);
#endif
    turns += nowhere == NULL;
}

static int client(void *unused) {
    (void)unused;
    switch (tick_random("end", 40)) {
    case 7:
        tick_mark("seven");
        abort();
    case 9:
        tick_mark("nine");
        return tick_check(false, "nine");
    default:
        return tick_check(true, "fine");
    }
}

TICK_SCENARIO(constructed, "never seen") {
    tick_host_add(world, "alice", client, NULL);
}
