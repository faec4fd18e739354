// What verdicts say: the circle of a deadlock, where an invariant broke, which futures are left over, how long a loop was kept busy.
#include "src/loop/loop_int.h"
#include "tests/support/harness_fixture.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The text with each different line number of this file as a letter, in order: "here:A".
static void without_lines(const char *text, char *out, size_t size) {
    static const char file[] = "harness_verdicts.c:";
    int lines[26];
    size_t known = 0, at = 0;
    while (*text && at + 8 < size) {
        if (strncmp(text, file, sizeof file - 1)) {
            out[at++] = *text++;
            continue;
        }
        text += sizeof file - 1;
        int line = atoi(text);
        size_t letter = 0;
        while (letter < known && lines[letter] != line)
            letter++;
        if (letter == known && known < 25)
            lines[known++] = line;
        at += (size_t)snprintf(out + at, size - at, "here:%c", (char)('A' + letter));
        while (isdigit((unsigned char)*text))
            text++;
    }
    out[at] = 0;
}

static void ends_with(const char *name, enum tick_verdict verdict, const char *expected) {
    struct tick_outcome outcome = run_with(name, &tick_calm);
    char text[500];
    without_lines(outcome.text, text, sizeof text);
    if (outcome.verdict != verdict || strcmp(text, expected) != 0)
        fail_msg("%s: %s: %s", name, tick_verdict_word(outcome.verdict), text);
}

static int returns_at_once(void *arg) {
    return (int)(intptr_t)arg;
}

// --- deadlocks ---

static int joins(void *arg) {
    return tick_join(*(struct tick_task **)arg);
}
static int joins_in_a_circle(void *arg) {
    (void)arg;
    struct tick_task *tasks[3] = {tick_task_current(), NULL, NULL};
    tasks[1] = tick_spawn_named("one", joins, &tasks[0]);
    tasks[2] = tick_spawn_named("two", joins, &tasks[1]);
    return tick_join(tasks[2]);
}
TICK_SCENARIO(deadlocks_in_a_circle, "") {
    tick_host_add(world, "a", joins_in_a_circle, NULL);
}
struct crossing {
    struct tick_lock *first, *second;
};
static int crosses(void *arg) {
    struct crossing *both = arg;
    TICK_TRY(tick_lock_acquire(both->first));
    TICK_TRY(tick_sleep(TICK_MS(1)));
    TICK_TRY(tick_lock_acquire(both->second));
    (void)tick_lock_release(both->second);
    (void)tick_lock_release(both->first);
    return 0;
}
static int crosses_itself(void *arg) {
    (void)arg;
    struct tick_lock *locks[2];
    // Each is named by its line.
    locks[0] = tick_lock_new();
    locks[1] = tick_lock_new();
    struct crossing ways[] = {{locks[0], locks[1]}, {locks[1], locks[0]}};
    struct tick_task *one = tick_spawn_named("one", crosses, &ways[0]), *two = tick_spawn_named("two", crosses, &ways[1]);
    return tick_join(one) + tick_join(two);
}
TICK_SCENARIO(deadlocks_over_locks, "") {
    tick_host_add(world, "a", crosses_itself, NULL);
}
static int locks(void *arg) {
    TICK_TRY(tick_lock_acquire(arg));
    return tick_lock_release(arg);
}
static int joins_under_a_lock(void *arg) {
    (void)arg;
    struct tick_lock *lock = tick_lock_new();
    TICK_TRY(tick_lock_acquire(lock));
    struct tick_task *task = tick_spawn(locks, lock);
    return tick_join(task);
}
TICK_SCENARIO(deadlocks_in_a_mixed_circle, "") {
    tick_host_add(world, "a", joins_under_a_lock, NULL);
}
static int locks_and_leaves(void *arg) {
    return tick_lock_acquire(arg);
}
static int locks_after_it(void *arg) {
    (void)arg;
    struct tick_lock *lock = tick_lock_new();
    TICK_TRY(tick_join(tick_spawn(locks_and_leaves, lock)));
    TICK_TRY(tick_join(tick_spawn(returns_at_once, NULL))); // may stand where the other one stood
    return tick_lock_acquire(lock);
}
TICK_SCENARIO(deadlocks_over_a_lost_lock, "") {
    tick_host_add(world, "a", locks_after_it, NULL);
}

static int waits_for_a_semaphore(void *arg) {
    return tick_semaphore_acquire(arg);
}
static int waits_for_an_item(void *arg) {
    return tick_queue_get(arg, &(void *){NULL});
}
static int waits_for_things(void *arg) {
    (void)arg;
    (void)!tick_spawn_named("one", waits_for_a_semaphore, tick_semaphore_new(0));
    (void)!tick_spawn_named("two", waits_for_an_item, tick_queue_new(1));
    return tick_event_wait(tick_event_new());
}
TICK_SCENARIO(deadlocks_over_things, "") {
    tick_host_add(world, "a", waits_for_things, NULL);
}

static int says_nothing(tick_stream *stream, void *arg) {
    (void)stream, (void)arg;
    return tick_await(tick_future_new());
}
static int serves(void *arg) {
    return tick_serve(":7", says_nothing, arg);
}
static int listens_in_vain(void *arg) {
    tick_stream *stream;
    char line[8];
    (void)arg;
    TICK_TRY(tick_connect("s:7", &stream));
    return (int)tick_stream_read_line(stream, line, sizeof line);
}
TICK_SCENARIO(deadlocks_on_a_stream, "") {
    tick_daemon(world, "s", serves, NULL);
    tick_host_add(world, "a", listens_in_vain, NULL);
}

static void deadlocks_are_explained(void **state) {
    (void)state;
    ends_with("deadlocks_in_a_circle", TICK_DEADLOCKED,
        "nothing can ever run again: a circle: a/main waits for a/two (here:A), a/two waits for a/one (here:B), a/one waits for a/main "
        "(here:B)");
    ends_with("deadlocks_over_locks", TICK_DEADLOCKED,
        "nothing can ever run again: a circle: a/one waits for the lock of here:A (here:B) that a/two holds, a/two waits for the lock of "
        "here:C (here:B) that a/one holds; a/main waits for a/one (here:D)");
    ends_with("deadlocks_in_a_mixed_circle", TICK_DEADLOCKED,
        "nothing can ever run again: a circle: a/main waits for a/locks (here:A), a/locks waits for the lock of here:B "
        "(here:C) that a/main holds");
    ends_with("deadlocks_over_a_lost_lock", TICK_DEADLOCKED,
        "nothing can ever run again: a/main waits for the lock of here:A (here:B) whose holder is over");
    ends_with("deadlocks_over_things", TICK_DEADLOCKED,
        "nothing can ever run again: a/main waits for an event (here:A); a/one waits for a semaphore (here:B); a/two waits for a queue "
        "(here:C)");
    ends_with("deadlocks_on_a_stream", TICK_DEADLOCKED, "nothing can ever run again: a/main waits for read_line (here:A)");
}

// --- invariants ---

static int size;

static bool is_small(void *arg) {
    return *(int *)arg < 3;
}
static int grows(void *arg) {
    for (int i = 0; i < 5; i++) {
        ++*(int *)arg;
        TICK_TRY(tick_sleep(TICK_MS(1)));
    }
    return 0;
}
TICK_SCENARIO(breaks_an_invariant, "") { // each sleep is an event
    tick_host_add(world, "a", grows, &size);
    tick_invariant(world, is_small, &size, "it grew");
}
static int grows_at_once(void *arg) {
    *(int *)arg = 9;
    return 0;
}
TICK_SCENARIO(breaks_an_invariant_at_once, "") {
    tick_host_add(world, "a", grows_at_once, &size);
    tick_invariant(world, is_small, &size, "it grew");
}

static void an_invariant_breaks_somewhere(void **state) {
    (void)state;
    ends_with("breaks_an_invariant", TICK_INVARIANT_BROKEN, "it grew (broken at 2 ms)");
    ends_with("breaks_an_invariant_at_once", TICK_INVARIANT_BROKEN, "it grew (broken at 0 s)");
}

// --- futures that are left over ---

static void completes(void *arg) {
    (void)!tick_future_set_result(arg, 1);
}
static int makes_futures(void *arg) {
    const char *what = arg;
    struct tick_future *kept = tick_future_new(), *others[100];
    for (size_t i = 0; i < 100; i++) // more than one chunk of the pool
        others[i] = tick_future_new();
    for (size_t i = 0; i < 100; i++)
        tick_future_unref(others[(i * 37) % 100]);
    if (strchr(what, 't')) // a timer would, but the loop is over before
        tick_handle_unref(tick_call_later(tick__loop_running, TICK_SEC(1), completes, kept));
    if (strchr(what, 'c')) {
        TICK_TRY(tick_call_soon(tick__loop_running, completes, kept));
        TICK_TRY(tick_await(kept));
    }
    if (strchr(what, 'g')) { // who waits for it holds it, too
        struct tick_future *both[] = {kept, kept};
        struct tick_future *all = tick_gather(both, 2, false);
        tick_future_cancel(all, NULL);
        (void)!tick_await(all);
        tick_future_unref(all);
    }
    if (strchr(what, 'r'))
        tick_future_unref(kept);
    if (strchr(what, '2'))
        (void)!tick_future_new();
    return strchr(what, 'e') ? -ENOENT : 0;
}
TICK_SCENARIO(leaves_a_future, "") {
    tick_host_add(world, "a", makes_futures, "");
}
TICK_SCENARIO(leaves_two_futures, "") {
    tick_host_add(world, "a", makes_futures, "2");
}
TICK_SCENARIO(leaves_a_future_of_a_timer, "") {
    tick_host_add(world, "a", makes_futures, "t");
}
TICK_SCENARIO(leaves_a_completed_future, "") {
    tick_host_add(world, "a", makes_futures, "c");
}
TICK_SCENARIO(releases_its_futures, "") {
    tick_host_add(world, "a", makes_futures, "r");
    tick_host_add(world, "b", makes_futures, "cr");
    tick_host_add(world, "c", makes_futures, "gr");
}
TICK_SCENARIO(leaves_a_future_and_fails, "") {
    tick_host_add(world, "a", makes_futures, "e");
}
static int serves_for_ever(void *arg) {
    (void)!tick_future_new();
    (void)arg;
    return 0;
}
TICK_SCENARIO(leaves_a_future_in_a_daemon, "") {
    tick_daemon(world, "d", serves_for_ever, NULL);
    tick_host_add(world, "a", returns_at_once, NULL);
}

static void futures_are_left_over(void **state) {
    (void)state;
    static const char one[] = "a left 1 future that nobody can complete any more";
    ends_with("leaves_a_future", TICK_LEAKED, one);
    struct tick_outcome outcome = run_with("leaves_a_future", &tick_calm);
    assert_non_null(strstr(outcome.file, "harness_verdicts.c")); // where it was made
    ends_with("leaves_two_futures", TICK_LEAKED, "a left 2 futures that nobody can complete any more");
    ends_with("leaves_a_future_of_a_timer", TICK_LEAKED, one);
    ends_with("leaves_a_completed_future", TICK_LEAKED, "a did not release 1 future");
    ends_with("releases_its_futures", TICK_PASS, "");
    ends_with("leaves_a_future_and_fails", TICK_HOST_FAILED, "a's main returned ENOENT: No such file or directory");
    ends_with("leaves_a_future_in_a_daemon", TICK_PASS, "");
}

// --- what main failed with ---

static int raises(void *arg) {
    TICK_TRY(tick_sleep(TICK_MS(1)));
    return tick_raise(tick_failure_new(TICK_EUSER - 1, "cluster", "no node of %s is reachable", arg ? (char *)arg : "it"));
}
static int joins_it(void *arg) {
    struct tick_task *task = tick_spawn(raises, arg);
    const int result = tick_join(task);
    tick_task_unref(task);
    return result;
}
static int groups_it(void *arg) {
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, raises, arg));
    TICK_TRY(tick_group_go(&group, raises, arg));
    return tick_group_exit(&group, 0);
}
static int gathers_it(void *arg) {
    struct tick_task *task = tick_spawn(raises, arg);
    struct tick_future *child = tick_task_future(task), *all = tick_gather(&child, 1, false);
    const int result = tick_await(all);
    tick_future_unref(all);
    tick_task_unref(task);
    return result;
}
static int leaves_it_unasked(void *arg) {
    TICK_TRY(tick_go(raises, arg));
    return tick_sleep(TICK_MS(10));
}
static int returns_another(void *arg) { // what it caught is not what it fails with
    (void)joins_it(arg);
    return TICK_EUSER - 2;
}
TICK_SCENARIO(main_raises, "") {
    tick_host_add(world, "a", raises, NULL);
}
TICK_SCENARIO(main_joins, "") {
    tick_host_add(world, "a", joins_it, NULL);
}
TICK_SCENARIO(main_groups, "") {
    tick_host_add(world, "a", groups_it, NULL);
}
TICK_SCENARIO(main_gathers, "") {
    tick_host_add(world, "a", gathers_it, NULL);
}
TICK_SCENARIO(main_leaves, "") {
    tick_host_add(world, "a", leaves_it_unasked, NULL);
}
TICK_SCENARIO(main_returns_another, "") {
    tick_host_add(world, "a", returns_another, NULL);
}

static void failures_keep_their_words_and_place(void **state) {
    (void)state;
    static const char own[] = "a's main returned cluster (TICK_EUSER - 1): no node of it is reachable";
    ends_with("main_raises", TICK_HOST_FAILED, own);
    ends_with("main_joins", TICK_HOST_FAILED, own);
    ends_with("main_gathers", TICK_HOST_FAILED, own);
    ends_with("main_groups", TICK_HOST_FAILED,
        "a's main returned group (TICK_EGROUP): 2 failed [cluster (TICK_EUSER - 1): no node of it is reachable; "
        "cluster (TICK_EUSER - 1): no node of it is reachable]");
    ends_with("main_leaves", TICK_UNHANDLED,
        "a: Task exception was never retrieved, raises: cluster (TICK_EUSER - 1): no node of it is reachable "
        "(tick_allow_unhandled lets it pass)");
    ends_with("main_returns_another", TICK_HOST_FAILED, "a's main returned TICK_EUSER - 2: the program's own error");
    const int made = run_with("main_raises", &tick_calm).line;
    static const char *const same[] = {"main_joins", "main_gathers", "main_groups", "main_leaves"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_int_equal(run_with(same[i], &tick_calm).line, made);
    assert_int_not_equal(run_with("main_returns_another", &tick_calm).line, made);
}

// --- loops that are kept busy ---

static int rests(void *arg) {
    int64_t *late = arg;
    for (int i = 0; i < 20; i++) {
        int64_t began = tick_loop_time(NULL);
        TICK_TRY(tick_sleep(TICK_MS(1)));
        if (tick_loop_time(NULL) - began > *late)
            *late = tick_loop_time(NULL) - began;
    }
    return 0;
}
static int64_t latest;

// Computes for 30 ms, `arg` times in a row, with a chance for others between.
static int computes(void *arg) {
    for (intptr_t i = 0; i < (intptr_t)arg; i++) {
        tick_busy(TICK_MS(30));
        TICK_TRY(tick_sleep(0));
    }
    return 0;
}
static int computes_beside_another(void *arg) {
    struct tick_task *other = tick_spawn_named("rests", rests, &latest);
    TICK_TRY(tick_sleep(TICK_MS(5)));
    struct tick_task *task = tick_spawn_named("computes", computes, arg);
    TICK_TRY(tick_join(task));
    return tick_join(other);
}
TICK_SCENARIO(is_busy, "") { // 4 times 30 ms
    tick_host_add(world, "a", computes_beside_another, (void *)4);
    tick_busy_limit(world, TICK_MS(100));
}
static int crowds(void *arg) { // so many at a time
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    for (intptr_t i = 0; i < (intptr_t)arg; i++)
        TICK_TRY(tick_group_go(&group, computes, (void *)3));
    return tick_group_exit(&group, 0);
}
TICK_SCENARIO(is_crowded, "") { // 5 take turns: each waits for the other 4
    tick_host_add(world, "a", crowds, (void *)5);
    tick_busy_limit(world, TICK_MS(110));
}
TICK_SCENARIO(is_less_crowded, "") {
    tick_host_add(world, "a", crowds, (void *)5);
    tick_busy_limit(world, TICK_MS(120));
}
static int takes_turns(void *arg) {
    for (int i = 0; i < 30; i++) {
        int64_t begun = tick_time();
        tick_busy(TICK_MS(10));
        TICK_TRY(tick_sleep(0));
        TICK_TRY(tick_check(tick_time() - begun <= TICK_MS(20), "a turn came late"));
    }
    return (int)(intptr_t)arg;
}
static int both_take_turns(void *arg) {
    struct tick_task *one = tick_spawn(takes_turns, arg), *two = tick_spawn(takes_turns, arg);
    TICK_TRY(tick_join(one));
    TICK_TRY(tick_join(two));
    tick_task_unref(one);
    tick_task_unref(two);
    return 0;
}
TICK_SCENARIO(is_fair, "") { // busy for 600 ms, and nobody waits for longer than 20
    tick_host_add(world, "a", both_take_turns, NULL);
    tick_busy_limit(world, TICK_MS(21));
}
TICK_SCENARIO(is_less_busy, "") {
    tick_host_add(world, "a", computes_beside_another, (void *)3);
    tick_busy_limit(world, TICK_MS(100));
}
TICK_SCENARIO(is_busy_without_limit, "") {
    tick_host_add(world, "a", computes_beside_another, (void *)40);
}
static int computes_and_waits(void *arg) { // as much, with pauses in which nothing is to be done
    for (intptr_t i = 0; i < (intptr_t)arg; i++) {
        tick_busy(TICK_MS(30));
        TICK_TRY(tick_sleep(TICK_MS(31)));
    }
    return 0;
}
TICK_SCENARIO(is_busy_with_pauses, "") {
    tick_host_add(world, "a", computes_and_waits, (void *)40);
    tick_busy_limit(world, TICK_MS(100));
}
TICK_SCENARIO(is_paused, "") { // by its machine
    struct tick_host *host = tick_host_add(world, "a", computes_beside_another, (void *)3);
    tick_fault_at(world, TICK_MS(40), TICK_PAUSE, .side = {host}, .lasts = TICK_SEC(5));
    tick_busy_limit(world, TICK_MS(100));
}
static int blocks(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    (void)arg;
    return sys->ops->sleep(sys, TICK_MS(200));
}
static int blocks_beside_another(void *arg) {
    if (arg)
        return blocks(NULL);
    struct tick_task *other = tick_spawn_named("rests", rests, &latest);
    struct tick_task *task = tick_spawn_named("blocks", blocks, NULL);
    TICK_TRY(tick_join(task));
    return tick_join(other);
}
TICK_SCENARIO(blocks_its_loop, "") {
    tick_host_add(world, "a", blocks_beside_another, NULL);
    tick_busy_limit(world, TICK_MS(100));
}
TICK_SCENARIO(blocks_nobody, "") {
    tick_host_add(world, "a", blocks_beside_another, &latest);
    tick_busy_limit(world, TICK_MS(100));
}
TICK_SCENARIO(is_never_that_busy, "") {
    tick_host_add(world, "a", rests, &latest);
    tick_busy_limit(world, -1);
}
// In the calm run it is quick; a slow machine starves it.
static int runs_on(void *arg) {
    struct tick_task *other = tick_spawn_named("rests", rests, &latest);
    for (int i = 0; i < 60; i++)
        TICK_TRY(tick_sleep(0));
    (void)arg;
    return tick_join(other);
}
TICK_SCENARIO(may_be_busy, "") {
    tick_host_add(world, "a", runs_on, NULL);
    tick_busy_limit(world, TICK_MS(60));
}

static void loops_are_kept_busy(void **state) {
    (void)state;
    ends_with("is_fair", TICK_PASS, "");
    ends_with("is_busy", TICK_PASS, ""); // a turn each
    ends_with("is_crowded", TICK_STARVED,
        "on a, computes#5 waited 120 ms for its turn: the longest that went before, 30 ms, was computes");
    ends_with("is_less_crowded", TICK_PASS, "");
    ends_with("is_less_busy", TICK_PASS, "");
    assert_int_equal(latest, TICK_MS(60)); // it was late by one of them, then by the next
    ends_with("is_busy_without_limit", TICK_PASS, "");
    ends_with("is_busy_with_pauses", TICK_PASS, "");
    ends_with("is_paused", TICK_PASS, "");
    ends_with(
        "blocks_its_loop", TICK_STARVED, "on a, a timer waited 199 ms for its turn: the longest that went before, 200 ms, was blocks");
    ends_with("blocks_nobody", TICK_PASS, "");
    ends_with("is_never_that_busy", TICK_BAD_SCENARIO, "tick_busy_limit takes no negative time");
    ends_with("may_be_busy", TICK_PASS, "");
    size_t found = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct tick_random_chooser chooser;
        tick_random_init(&chooser, seed, NULL);
        struct tick_outcome outcome = run_with("may_be_busy", &chooser.chooser);
        assert_true(outcome.verdict == TICK_PASS || outcome.verdict == TICK_STARVED);
        size_t count, costs = 0;
        const struct tick_deviation *drawn = tick_harness_deviations(harness, &count);
        for (size_t i = 0; i < count; i++)
            costs += drawn[i].kind == TICK_CHOICE_STEP_COST;
        assert_true(outcome.verdict == TICK_PASS || costs > 0);
        found += outcome.verdict == TICK_STARVED;
    }
    assert_in_range(found, 1, 150);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlocks_are_explained),
        cmocka_unit_test(an_invariant_breaks_somewhere),
        cmocka_unit_test(futures_are_left_over),
        cmocka_unit_test(failures_keep_their_words_and_place),
        cmocka_unit_test(loops_are_kept_busy),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
