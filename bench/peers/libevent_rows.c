// libevent's rows. A call_soon is an event made active.
#include "bench/peers/peer.h"
#include <event2/event.h>
#include <event2/event_struct.h>

enum { BATCH = 1000 };
static struct event_base *base;
static long count, pieces;

static void soon(int fd, short events, void *arg) {
    (void)fd, (void)events, (void)arg;
}

static struct event links[2];
static void chain(int fd, short events, void *arg) {
    (void)fd, (void)events;
    if (++count < pieces)
        event_active(&links[arg == &links[0]], EV_TIMEOUT, 1);
}

static struct event *timers;
static void arm(long i, uint32_t us) {
    const struct timeval after = {us / 1000000, us % 1000000};
    event_add(&timers[i], &after);
}
static void cancel(long i) {
    event_del(&timers[i]);
}
static void fire(void) {
    event_base_loop(base, EVLOOP_NONBLOCK);
}

int main(void) {
    struct event_config *config = event_config_new();
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
    base = event_base_new_with_config(config);
    pieces = 5000000;
    struct event *events = calloc(BATCH, sizeof *events);
    for (int i = 0; i < BATCH; i++)
        event_assign(&events[i], base, -1, 0, soon, NULL);
    begin();
    for (long round = 0; round < pieces / BATCH; round++) {
        for (int i = 0; i < BATCH; i++)
            event_active(&events[i], EV_TIMEOUT, 1);
        event_base_loop(base, EVLOOP_NONBLOCK);
    }
    end("call_soon", (double)pieces);
    for (int i = 0; i < 2; i++)
        event_assign(&links[i], base, -1, 0, chain, &links[i]);
    event_active(&links[0], EV_TIMEOUT, 1);
    begin();
    event_base_loop(base, 0);
    end("chain", (double)pieces);
    pieces = 1000000;
    timers = calloc((size_t)pieces, sizeof *timers);
    for (long i = 0; i < pieces; i++)
        event_assign(&timers[i], base, -1, 0, soon, NULL);
    peer_timers(&(struct peer_timers){arm, cancel, fire}, pieces);
    printf("idle_timer %zu\n", sizeof(struct event) + 8);
    return 0;
}
