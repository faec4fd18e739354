// Two scenarios in a file.
#include <retick.h>

static int right(void *unused) {
    (void)unused;
    return tick_check(true, "fine");
}

static int wrong(void *unused) {
    (void)unused;
    return tick_check(false, "always wrong");
}

TICK_SCENARIO(fine, "the first, which passes") {
    tick_host_add(world, "alice", right, NULL);
}

TICK_SCENARIO(faulty, "the second, which fails") {
    tick_host_add(world, "alice", wrong, NULL);
}
