// A world without programs in C: tenants that are a few numbers take turns, rest, wait for ever, crash, stop and start again. That it is
// linked with nothing but the world shows what that stands on.
#include "sim/choice/choosers.h"
#include "sim/world/turns_int.h"
#include "src/base/line.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define REST TICK_MS(10)

struct tenant {
    int rests; // in each life; < 0: it waits for ever
    int left;
    int starts, crashes, forgotten;
    bool asleep, reached; // reached: others could wake it
    struct tick_host host;
};

static struct tick_world world;
static struct tenant tenants[4];
static int asks, left;

static struct tenant *tenant_of(const struct tick_host *host) {
    return (struct tenant *)((uintptr_t)host - offsetof(struct tenant, host));
}

static int start(struct tick_host *host) {
    struct tenant *tenant = tenant_of(host);
    tenant->starts++;
    tenant->left = tenant->rests;
    tick__host_tell_start(host);
    tick__host_make_ready(host);
    return 0;
}
static void crash(struct tick_host *host) {
    tenant_of(host)->crashes++;
}
static void forget(struct tick_host *host) {
    tenant_of(host)->forgotten++;
    tenant_of(host)->asleep = false;
}
static void busy(struct tick_host *host, int64_t ns) {
    (void)host, (void)ns;
}
static void leave(struct tick_world *w) {
    (void)w;
    left++;
}
static void asked(struct tick_world *w, bool begins) {
    assert_ptr_equal(w, &world);
    asks += begins ? 1 : 100;
}
static void actor(const struct tick_host *host, char *text, size_t size) {
    (void)host;
    snprintf(text, size, "somebody");
}
static bool waits_for_others(const struct tick_host *host) {
    return tenant_of(host)->asleep;
}
static bool is_out_of_reach(const struct tick_host *host) {
    return !tenant_of(host)->reached;
}
static int64_t last_timer(const struct tick_host *host) {
    (void)host;
    return 0;
}
static void tell_waits(const struct tick_host *host, struct tick__telling *telling, bool far) {
    char text[60];
    struct tick__line piece = {text, sizeof text, 0};
    tick__line_format(&piece, "%s %s", host->name, far ? "is far" : "waits");
    if (!host->options.daemon)
        tick__telling_add(telling, &piece);
}

static const struct tick_tenant_ops ops = {
    .start = start,
    .crash = crash,
    .forget = forget,
    .busy = busy,
    .leave = leave,
    .asks = asked,
    .actor = actor,
    .waits_for_others = waits_for_others,
    .is_out_of_reach = is_out_of_reach,
    .last_timer = last_timer,
    .tell_waits = tell_waits,
};

static void turn(struct tenant *tenant) {
    struct tick_host *host = &tenant->host;
    const int64_t now = tick_kernel_now(world.kernel);
    if (host->stopping || !tenant->left) {
        host->state = HOST_DONE;
        return;
    }
    if (now != host->instant)
        host->instant = now;
    host->state = HOST_PARKED;
    tenant->asleep = tenant->left < 0;
    tenant->left -= tenant->left > 0;
    if (!tenant->asleep)
        host->timeout_key = tick_kernel_post(world.kernel, now + REST, POST_TIMEOUT, (uint32_t)host->index);
}

static inline __attribute__((always_inline)) void run_ready(struct tick_world *w) {
    while (w->ready && !w->ended) {
        struct tick_host *host = tick__turns_next(w);
        tick__turns_arrive(w, host);
        assert_ptr_equal(w->running, host);
        turn(tenant_of(host));
        tick__turns_leave(w, host);
        if (host->state == HOST_DONE)
            tick__host_over(host);
    }
}

static void look_ahead(struct tick_world *w) {
    assert_null(w->running);
}

static struct tick_host *add(size_t place, const char *name, int rests, bool daemon) {
    struct tick_host *host = &tenants[place].host;
    memset(&tenants[place], 0, sizeof tenants[place]);
    tenants[place].rests = rests;
    assert_int_equal(place, world.host_count);
    if (world.hosts.count == place)
        assert_int_equal(tick__list_push(&world.hosts, &host, sizeof host), 0);
    world.host_count++;
    tick__world_add(&world, host, &ops, name, &(struct tick_host_options){.daemon = daemon}, TICK_HERE("main"));
    return host;
}

static void begin(struct tick_chooser *chooser) {
    world.tenant = &ops;
    world.host_count = 0;
    asks = left = 0;
    tick__world_begin(&world, chooser, NULL, NULL);
}

static struct tick_outcome run(void) {
    struct tick_outcome outcome;
    tick__turns_go(&world, run_ready, run_ready, look_ahead);
    if (!world.ended)
        tick__world_finish(&world);
    tick__world_outcome(&world, &outcome);
    return outcome;
}

static int set_up(void **state) {
    (void)state;
    return tick_kernel_new((size_t)1 << 30, &world.kernel);
}

static int tear_down(void **state) {
    (void)state;
    tick__world_fini(&world);
    tick_kernel_free(world.kernel);
    return 0;
}

static void take_turns(void **state) {
    (void)state;
    begin(&tick_calm);
    add(0, "a", 3, false);
    add(1, "b", 5, false);
    add(2, "d", -1, true);
    const struct tick_outcome outcome = run();
    assert_int_equal(outcome.verdict, TICK_PASS);
    assert_int_equal(outcome.ended_at, 5 * REST);
    for (int i = 0; i < 3; i++)
        assert_true(tenants[i].starts == 1 && !tenants[i].crashes && !tenants[i].forgotten);
}

static void live_again(void **state) {
    (void)state;
    for (int stop = 0; stop < 2; stop++) {
        begin(&tick_calm);
        struct tick_host *a = add(0, "a", 4, false);
        tick_fault_at(&world, TICK_MS(15), stop ? TICK_STOP : TICK_CRASH, .side = {a}, .lasts = TICK_MS(100));
        const struct tick_outcome outcome = run();
        assert_int_equal(outcome.verdict, TICK_PASS);
        assert_int_equal(outcome.ended_at, TICK_MS(115) + 4 * REST);
        assert_int_equal(tenants[0].starts, 2);
        assert_int_equal(tenants[0].crashes, !stop);
        assert_int_equal(tenants[0].forgotten, 1);
        assert_int_equal(a->lives, 1);
    }
}

static void stay_down(void **state) {
    (void)state;
    begin(&tick_calm);
    struct tick_host *a = add(0, "a", 4, false);
    tick_fault_at(&world, TICK_MS(15), TICK_CRASH, .side = {a});
    assert_int_equal(run().ended_at, TICK_MS(15));
    assert_int_equal(tenants[0].starts, 1);
}

static void stand_still(void **state) {
    (void)state;
    begin(&tick_calm);
    add(0, "a", 2, false);
    add(1, "b", -1, false);
    struct tick_outcome outcome = run();
    assert_int_equal(outcome.verdict, TICK_DEADLOCKED);
    assert_string_equal(outcome.text, "nothing can ever run again: b waits; b is far");
    assert_string_equal(outcome.host, "");
    assert_int_equal(outcome.ended_at, 2 * REST);
    assert_true(left > 0);
    for (int reached = 0; reached < 2; reached++) { // a daemon goes on and on
        begin(&tick_calm);
        add(0, "b", -1, false);
        add(1, "d", INT32_MAX, true);
        tenants[0].reached = reached;
        outcome = run();
        assert_int_equal(outcome.verdict, reached ? TICK_LIMIT_PASSED : TICK_DEADLOCKED);
        assert_in_range(outcome.ended_at, reached ? STILL_LIMIT : TICK_SEC(1), (reached ? STILL_LIMIT : TICK_SEC(1)) + TICK_SEC(2));
    }
}

static bool has_come(void *arg) {
    return tick_kernel_now(world.kernel) >= *(int64_t *)arg;
}

static int is_late(void *arg) {
    return has_come(arg) ? 0 : -EINVAL;
}

static void must_hold(void **state) {
    (void)state;
    int64_t early = TICK_MS(20), late = TICK_MS(60), never = TICK_NEVER;
    begin(&tick_calm);
    add(0, "a", 6, false);
    tick_must_by(&world, TICK_MS(25), has_come, &early, "it comes");
    tick_at_end(&world, is_late, &late);
    assert_int_equal(run().verdict, TICK_PASS);
    assert_int_equal(asks, 101); // begun and ended, around the must
    begin(&tick_calm);
    add(0, "a", 6, false);
    tick_must_by(&world, TICK_MS(25), has_come, &never, "it comes");
    const struct tick_outcome outcome = run();
    assert_int_equal(outcome.verdict, TICK_NO_PROGRESS);
    assert_int_equal(outcome.ended_at, TICK_MS(25));
    assert_true(outcome.checks > 0);
}

static void deviate(void **state) {
    (void)state;
    size_t faults = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct tick_random_chooser random;
        tick_random_init(&random, seed, NULL);
        begin(&random.chooser);
        add(0, "a", 300, false);
        tick_faults(&world, "trouble", .kinds = TICK_CRASH | TICK_PAUSE, .until = TICK_SEC(2));
        const struct tick_outcome outcome = run();
        assert_int_equal(outcome.verdict, TICK_PASS);
        assert_int_equal(outcome.deviations, world.deviations.count);
        const struct tick_deviation *all = world.deviations.items;
        for (size_t i = 0; i < world.deviations.count; i++)
            assert_true(all[i].kind == TICK_CHOICE_FAULT_CRASH || all[i].kind == TICK_CHOICE_FAULT_PAUSE);
        faults += world.deviations.count;
        if (world.deviations.count) { // and a replay of them is the same run
            struct tick_deviation copy[8];
            const size_t count = world.deviations.count;
            struct tick_replay_chooser *replay;
            assert_in_range(count, 1, 8);
            memcpy(copy, all, count * sizeof *copy);
            assert_int_equal(tick_replay_new(copy, count, &replay), 0);
            begin(tick_replay_chooser(replay));
            add(0, "a", 300, false);
            tick_faults(&world, "trouble", .kinds = TICK_CRASH | TICK_PAUSE, .until = TICK_SEC(2));
            const struct tick_outcome again = run();
            tick_replay_free(replay);
            assert_int_equal(again.ended_at, outcome.ended_at);
            assert_int_equal(world.deviations.count, count);
        }
    }
    assert_true(faults > 20);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(take_turns),
        cmocka_unit_test(live_again),
        cmocka_unit_test(stay_down),
        cmocka_unit_test(stand_still),
        cmocka_unit_test(must_hold),
        cmocka_unit_test(deviate),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
