// A world before each test of a file, and none after it.
#ifndef RETICK_TEST_LOOP_FIXTURE_H
#define RETICK_TEST_LOOP_FIXTURE_H

#include "tests/support/loop_world.h"

static struct world *w;

static int set_up(void **state) {
    (void)state;
    w = world_new();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    world_free(w);
    return 0;
}

#endif
