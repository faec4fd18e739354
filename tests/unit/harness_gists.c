// Which findings are one: the same on another host of the kind, at another time, with other numbers; and which are not.
#include "tests/support/harness_fixture.h"
#include <errno.h>
#include <stdio.h>

// What befalls whom is said by what a host is given.
static int ends_with(void *code) {
    return (int)(intptr_t)code;
}
static int ends_elsewhere(void *code) {
    return (int)(intptr_t)code;
}
static int says(void *text) {
    return tick_check(!text, "%s", (const char *)text);
}
static int leaves_memory(void *blocks) {
    for (intptr_t i = 0; i < (intptr_t)blocks; i++)
        if (!malloc(10))
            return -ENOMEM;
    return 0;
}
static int leaves_descriptors(void *count) {
    struct tick_sys *sys = tick_sys_running();
    for (intptr_t i = 0; i < (intptr_t)count; i++)
        TICK_TRY(sys->ops->epoll_create(sys));
    return 0;
}
static int joins(void *task) {
    return tick_join(task);
}
static int joins_its_child(void *unused) {
    (void)unused;
    return tick_join(tick_spawn(joins, tick_task_current()));
}
static int waits_for_nothing(void *unused) {
    (void)unused;
    struct tick_future *future = tick_future_new();
    return tick_await(future);
}

TICK_KEEP static struct plan {
    tick_task_fn *fn[2];
    void *arg[2];
} plan = {0};

TICK_SCENARIO(gists, "") {
    tick_host_add(world, "node-1", plan.fn[0], plan.arg[0]);
    tick_host_add(world, "b", plan.fn[1], plan.arg[1]);
}
// The same functions, elsewhere.
TICK_SCENARIO(gists_of_one_role, "") {
    tick_host_add(world, "node-1", ends_with, plan.arg[0]);
    tick_host_add(world, "node-22", ends_with, plan.arg[1]);
    tick_host_add(world, "b", ends_elsewhere, NULL);
}

static struct tick_outcome of(const char *scenario, tick_task_fn *one, void *arg, tick_task_fn *two, void *other) {
    plan = (struct plan){{one, two}, {arg, other}};
    return calm(scenario);
}

static uint64_t gist(tick_task_fn *one, void *arg, tick_task_fn *two, void *other, enum tick_verdict verdict) {
    const struct tick_outcome outcome = of("gists", one, arg, two, other);
    assert_int_equal(outcome.verdict, verdict);
    assert_true(outcome.gist != 0 || verdict == TICK_PASS);
    return outcome.gist;
}

static void *code(int error) {
    return (void *)(intptr_t)error;
}

static void hosts_of_one_role_are_one(void **state) {
    (void)state;
    const struct tick_outcome first = of("gists_of_one_role", NULL, code(-EIO), NULL, code(0));
    const struct tick_outcome second = of("gists_of_one_role", NULL, code(0), NULL, code(-EIO));
    const struct tick_outcome otherwise = of("gists_of_one_role", NULL, code(0), NULL, code(-EPERM));
    assert_string_equal(first.host, "node-1");
    assert_string_equal(second.host, "node-22");
    assert_true(first.gist && first.gist == second.gist);
    assert_true(first.gist != otherwise.gist);
    // a macro's argument is the role's name
    assert_true(first.gist != gist(ends_with, code(-EIO), ends_with, NULL, TICK_HOST_FAILED));
    assert_int_equal(gist(ends_with, NULL, ends_with, NULL, TICK_PASS), 0);
}

static uint64_t text(const char *words) {
    return gist(says, (void *)(uintptr_t)words, says, NULL, TICK_CHECK_FAILED);
}

static void numbers_and_hosts_do_not_count(void **state) {
    (void)state;
    const uint64_t lost = text("node-1 lost 1 page after 30 ms");
    assert_true(text("b lost 12 pages after 1.25 s") == lost);
    assert_true(text("node-1 lost 1,024 pages after -3 us") == lost);
    assert_true(text("node-1 lost 0x7f page after 30 ms") == lost);
    assert_true(text("node-1 lost no page after 30 ms") != lost);
    assert_true(text("node-1 lost 1 book after 30 ms") != lost);
    assert_true(text("node-1 lost 1 page after 30 mss") != lost);
    assert_true(text("bo lost 1 page after 30 ms") != lost); // no host's name
    assert_true(text("node-1 lost 1 page after 30 ms!") != lost);
    assert_true(text("page7") == text("book8"));
    assert_true(text("") != text("-"));
    // on the other host
    assert_true(gist(says, NULL, says, (void *)(uintptr_t) "b lost 2 pages after 1 s", TICK_CHECK_FAILED) == lost);
}

static void leaks_are_of_one_sort(void **state) {
    (void)state;
    if (!hosts_memory_is_counted())
        skip();
    const uint64_t memory = gist(leaves_memory, code(1), leaves_memory, NULL, TICK_LEAKED);
    assert_true(gist(leaves_memory, code(3), leaves_memory, NULL, TICK_LEAKED) == memory);
    const uint64_t fds = gist(leaves_descriptors, code(2), leaves_memory, NULL, TICK_LEAKED);
    assert_true(fds != memory);
}

static void deadlocks_have_a_circle_or_none(void **state) {
    (void)state;
    const uint64_t circle = gist(joins_its_child, NULL, says, NULL, TICK_DEADLOCKED);
    assert_true(gist(says, NULL, joins_its_child, NULL, TICK_DEADLOCKED) == circle);
    assert_true(gist(waits_for_nothing, NULL, says, NULL, TICK_DEADLOCKED) != circle);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hosts_of_one_role_are_one),
        cmocka_unit_test(numbers_and_hosts_do_not_count),
        cmocka_unit_test(leaks_are_of_one_sort),
        cmocka_unit_test(deadlocks_have_a_circle_or_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
