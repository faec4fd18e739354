// Campaigns, shrinking and single runs out of memory: each allocation of the process that leads them failing in turn, and so of the workers
// that it starts. An error or the whole result; nothing leaks, and no worker is left.
// links: tick_explore tick_choice tick_coro
// wraps: tick__outside_alloc tick__outside_realloc tick__outside_free tick_coro_new
// timeout: 300
#include "sim/explore/campaign.h"
#include "sim/explore/shrink.h"
#include "tests/support/fake_target.h"
#include "tests/support/torture.h"
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void segments(void) {
    uint32_t late = 0;
    for (uint32_t i = 0; i < 20; i++)
        late += fake_choose(TICK_CHOICE_DELIVERY, 5, i, 9, 49000000) > 4;
    fake_mark(late ? "late" : "in time");
    if (late >= 2)
        fake_fail(7);
}

static const struct tick_target target = FAKE(segments);

static int start_of(struct tick_schedule *schedule) {
    tick_schedule_init(schedule, "segments");
    for (uint32_t i = 0; i < 20; i++)
        TICK_TRY(tick_schedule_add(schedule, &(struct tick_deviation){5, i, 8, 9, 49000000, TICK_CHOICE_DELIVERY}));
    return 0;
}

// A worker that has no memory for its world ends before its run: -ECHILD.
static int settled(int result) {
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    return result == -ECHILD && torture_refused() ? -ENOMEM : result;
}

static int shrinks(void *arg) {
    struct tick_schedule start;
    struct tick_isolate *isolate = NULL;
    struct tick_shrink_result shrunk;
    struct tick_error error = {0};
    uint32_t share;
    (void)arg;
    int result = start_of(&start);
    if (result == 0)
        result = tick_isolate_new(&(const struct tick_isolate_options){.target = &target}, &isolate);
    if (result == 0)
        result = tick_shrink_run(&(const struct tick_shrink){.isolate = isolate, .start = &start}, &shrunk, &error);
    if (result == 0) {
        assert_true(!shrunk.complete || shrunk.schedule.count == 2);
        result = tick_schedule_stability(isolate, &shrunk.schedule, &share);
        tick_schedule_fini(&shrunk.schedule);
    }
    tick_isolate_free(isolate);
    tick_schedule_fini(&start);
    return settled(result);
}

static int campaigns(void *arg) {
    struct tick_campaign_result found;
    struct tick_error error = {0};
    const struct tick_campaign campaign = {.target = &target, .first = 1, .count = 60, .workers = 2, .keep_going = arg != NULL};
    const int result = tick_campaign_run(&campaign, &found, &error);
    if (result == 0) {
        assert_true(found.found && found.runs > 0);
        tick_campaign_result_fini(&found);
    }
    return settled(result);
}

static void single_runs_and_shrinking(void **state) {
    (void)state;
    assert_true(torture_some("shrinks", shrinks, NULL, 60, 5) > 20);
}

static void campaigns_of_workers(void **state) {
    (void)state;
    assert_true(torture_each("campaigns", campaigns, NULL) > 3);
    assert_true(torture_each("campaigns that go on", campaigns, (void *)1) > 3);
}

int main(void) {
    torture_shared = mmap(NULL, sizeof *torture_shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (torture_shared == MAP_FAILED)
        return 1;
    const struct CMUnitTest tests[] = {cmocka_unit_test(single_runs_and_shrinking), cmocka_unit_test(campaigns_of_workers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
