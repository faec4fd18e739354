// A program of more places than a trace has numbers for.
#include <retick.h>

#define PLACES 66000
static struct tick_loc place[PLACES];

static int goes_everywhere(void *unused) {
    (void)unused;
    for (int i = 0; i < PLACES; i++) {
        place[i] = (struct tick_loc){"goes_everywhere", "places.c", i + 1, NULL};
        tick_future_unref(tick_future_new_at(NULL, &place[i]));
    }
    return 0;
}

TICK_SCENARIO(places, "here, there and everywhere") {
    tick_host_add(world, "a", goes_everywhere, NULL);
}
