// Several waiters: of one epoll, of which each readiness wakes one, and of one fd, which wakes all of them.
#include "sim/kernel/kernel_int.h"
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct tick_kernel *k;
static uint32_t made;
static int epoll;

static uint32_t calm(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx, (void)kind, (void)subject, (void)ordinal, (void)n, (void)most;
    return 0;
}

static struct tick_kernel_name name(void) {
    made++;
    return (struct tick_kernel_name){.id = tick_id_mix(5, made), .kth = made};
}

static int set_up(void **state) {
    (void)state;
    if (!k && tick_kernel_new(1 << 18, &k) < 0)
        return -1;
    const struct tick_kernel_env env = {.choose = calm};
    tick_kernel_reset(k, &env);
    made = 0;
    if (tick_kernel_host_add(k, "host", 1, 0) != 0 || tick_kernel_process_start(k, 0) != 0)
        return -1;
    const struct tick_kernel_name n = name();
    epoll = tick_k_epoll_create(k, 0, &n);
    return epoll >= 0 ? 0 : -1;
}

static void adds(int to, int fd, uint32_t events) {
    const struct tick_sys_event e = {events, (uint64_t)fd};
    assert_int_equal(tick_k_epoll_ctl(k, 0, to, EPOLL_CTL_ADD, fd, &e), 0);
}

// An eventfd in the epoll.
static int source(uint32_t events) {
    const struct tick_kernel_name n = name();
    int fd = tick_k_eventfd(k, 0, 0, 0, &n);
    assert_true(fd >= 0);
    adds(epoll, fd, events);
    return fd;
}

static void rises(int fd) {
    const uint64_t one = 1;
    assert_int_equal(tick_k_write(k, 0, fd, &one, sizeof one), sizeof one);
}

static void falls(int fd) {
    uint64_t value;
    assert_int_equal(tick_k_read(k, 0, fd, &value, sizeof value), sizeof value);
}

static void watch(uint32_t waiter) {
    assert_int_equal(tick_kernel_watch(k, 0, epoll, waiter), 0);
}

static void unwatch(uint32_t waiter) {
    tick_kernel_unwatch(k, 0, epoll, waiter);
}

// Who is woken next; 0: nobody.
static uint32_t woken(void) {
    uint32_t waiter;
    return tick_kernel_woken(k, &waiter) ? waiter : 0;
}

static int reports(int most) {
    struct tick_sys_event e[8];
    return tick_k_epoll_wait(k, 0, epoll, e, most, true);
}

static void an_edge_wakes_the_latest_one(void **state) {
    (void)state;
    int fd = source(EPOLLIN | EPOLLET);
    for (uint32_t waiter = 1; waiter <= 3; waiter++)
        watch(waiter);
    assert_int_equal(woken(), 0);
    rises(fd);
    assert_int_equal(woken(), 3);
    assert_int_equal(woken(), 0);
    assert_int_equal(reports(8), 1); // it takes the edge: nothing is left for others
    assert_int_equal(woken(), 0);
    rises(fd);
    assert_int_equal(woken(), 2);
    watch(4);
    rises(fd);
    assert_int_equal(woken(), 4);
    rises(fd);
    assert_int_equal(woken(), 1);
    rises(fd);
    assert_int_equal(woken(), 0); // nobody waits
    watch(5);
    assert_int_equal(woken(), 5); // for the edges that nobody took
}

static void a_level_goes_on_to_the_next(void **state) {
    (void)state;
    int fd = source(EPOLLIN);
    for (uint32_t waiter = 1; waiter <= 3; waiter++)
        watch(waiter);
    rises(fd);
    assert_int_equal(woken(), 3);
    assert_int_equal(woken(), 0); // not before that one has asked
    assert_int_equal(reports(8), 1);
    assert_int_equal(woken(), 2);
    falls(fd); // by the first, before the second asks
    assert_int_equal(reports(8), 0);
    assert_int_equal(woken(), 0);
    watch(2);
    rises(fd);
    assert_int_equal(woken(), 2);
    assert_int_equal(reports(8), 1);
    falls(fd);
    assert_int_equal(woken(), 1); // was woken by what is no more
    assert_int_equal(reports(8), 0);
    assert_int_equal(woken(), 0);
}

static void what_does_not_fit_goes_on_to_the_next(void **state) {
    (void)state;
    int a = source(EPOLLIN | EPOLLET), b = source(EPOLLIN | EPOLLET), c = source(EPOLLIN | EPOLLET);
    watch(1);
    rises(a);
    rises(b);
    rises(c);
    assert_int_equal(woken(), 1);
    watch(2);
    watch(3);
    assert_int_equal(woken(), 2); // there is something as it begins to wait
    assert_int_equal(woken(), 3);
    watch(4);
    watch(5);
    assert_int_equal(woken(), 4);
    assert_int_equal(woken(), 5);
    assert_int_equal(reports(8), 3);
    watch(1);
    watch(2);
    rises(a);
    rises(b);
    assert_int_equal(woken(), 2); // one by each
    assert_int_equal(woken(), 1);
    watch(3);
    assert_int_equal(woken(), 3);
    assert_int_equal(reports(1), 1);
    assert_int_equal(reports(1), 1);
    assert_int_equal(reports(1), 0);
    watch(1);
    watch(2);
    assert_int_equal(woken(), 0);
    rises(a);
    unwatch(1);
    rises(b);
    watch(3);
    assert_int_equal(woken(), 2);
    assert_int_equal(woken(), 3);
    watch(4);
    assert_int_equal(woken(), 4);
    assert_int_equal(reports(1), 1); // one of two
    watch(5);
    assert_int_equal(woken(), 5);
}

// Who asks without having waited takes what is there, and wakes those who wait for the rest.
static void who_only_asks_passes_on_too(void **state) {
    (void)state;
    int fd = source(EPOLLIN);
    watch(1);
    watch(2);
    rises(fd);
    assert_int_equal(reports(8), 1);
    assert_int_equal(woken(), 2);
    assert_int_equal(woken(), 1);
    falls(fd);
    assert_int_equal(reports(8), 0);
    assert_int_equal(woken(), 0);
}

static void one_who_goes_away_leaves_it_to_the_next(void **state) {
    (void)state;
    int fd = source(EPOLLIN | EPOLLET);
    for (uint32_t waiter = 1; waiter <= 4; waiter++)
        watch(waiter);
    unwatch(3);
    unwatch(9); // unknown
    rises(fd);
    unwatch(4); // it was woken, and its time was over at once
    assert_int_equal(woken(), 2);
    assert_int_equal(woken(), 0);
    assert_int_equal(reports(8), 1);
    unwatch(1);
    rises(fd);
    assert_int_equal(woken(), 0);
    assert_int_equal(reports(8), 1);
    watch(1); // now by itself
    rises(fd);
    watch(2);
    assert_int_equal(woken(), 1);
    assert_int_equal(woken(), 2);
    watch(1);
    watch(3);
    assert_int_equal(woken(), 1);
    unwatch(3);
    assert_int_equal(woken(), 0);
    assert_int_equal(reports(8), 1);
}

// The first one is woken, and not taken yet, as others come.
static void the_first_one_may_go_away_late(void **state) {
    (void)state;
    int fd = source(EPOLLIN | EPOLLET);
    watch(1);
    rises(fd);
    assert_int_equal(reports(8), 1);
    assert_int_equal(tick_kernel_watch(k, 0, epoll, 1), -EBUSY);
    watch(2);
    watch(3);
    assert_int_equal(tick_kernel_watch(k, 0, epoll, 2), -EBUSY);
    assert_int_equal(tick_kernel_watch(k, 0, epoll, 3), -EBUSY);
    rises(fd);
    assert_int_equal(tick_kernel_watch(k, 0, epoll, 3), -EBUSY); // is to go on
    assert_true(tick_kernel_is_to_wake(k, 1));
    assert_true(tick_kernel_is_to_wake(k, 3));
    assert_false(tick_kernel_is_to_wake(k, 2));
    unwatch(1);
    assert_int_equal(woken(), 3);
    assert_int_equal(woken(), 2); // in the place of the first
    watch(1);
    assert_int_equal(woken(), 1);
}

static void an_epoll_that_is_closed_wakes_nobody(void **state) {
    (void)state;
    const struct tick_kernel_name n = name();
    int fd = source(EPOLLIN), same = epoll;
    for (int times = 0; times < 3; times++) {
        for (uint32_t waiter = 1; waiter <= 4; waiter++)
            watch(waiter);
        rises(fd);
        rises(fd);
        assert_int_equal(tick_k_close(k, 0, epoll), 0);
        assert_int_equal(woken(), 0);
        epoll = tick_k_epoll_create(k, 0, &n);
        assert_int_equal(epoll, same);
        unwatch(4); // its number is another one's by now
        watch(7);
        unwatch(3);
        falls(fd);
        adds(epoll, fd, EPOLLIN);
        rises(fd);
        assert_int_equal(woken(), 7);
        falls(fd);
    }
}

static void nothing_is_left_of_them(void **state) {
    (void)state;
    int fd = source(EPOLLIN);
    uint32_t bump = 0;
    for (int times = 0; times < 100; times++) {
        for (uint32_t waiter = 1; waiter <= 5; waiter++)
            watch(waiter);
        rises(fd);
        unwatch(2);
        unwatch(5);
        assert_int_equal(woken(), 4);
        assert_int_equal(reports(1), 1);
        assert_int_equal(reports(1), 1);
        falls(fd);
        assert_int_equal(woken(), 3);
        assert_int_equal(woken(), 1);
        assert_int_equal(woken(), 0);
        if (times == 1)
            bump = k->root->bump;
    }
    assert_int_equal(k->root->bump, bump);
}

// What woke them is asked about once; who is woken by what another one left is not.
static void a_readiness_is_one_choice(void **state) {
    (void)state;
    uint64_t ordinal;
    int fd = source(EPOLLIN);
    watch(1);
    watch(2);
    rises(fd);
    assert_int_equal(woken(), 2);
    assert_int_equal(tick_kernel_woken_by(k, &ordinal), tick_k_fd_id(k, 0, fd));
    assert_int_equal(reports(1), 1);
    assert_int_equal(woken(), 1);
    assert_int_equal(tick_kernel_woken_by(k, &ordinal), 0);
}

static void memory_may_run_out(void **state) {
    (void)state;
    int fd = source(EPOLLIN | EPOLLET);
    uint32_t waiter = 0;
    int result;
    while ((result = tick_kernel_watch(k, 0, epoll, ++waiter)) == 0)
        ;
    assert_int_equal(result, -ENOMEM);
    for (rises(fd); --waiter; rises(fd))
        assert_int_equal(woken(), waiter);
    assert_int_equal(woken(), 0);
}

// A wait without an epoll of the program's, as poll has it.
static uint32_t polls(int fd, uint32_t waiter) {
    const struct pollfd wanted = {.fd = fd, .events = POLLIN};
    uint32_t key;
    assert_int_equal(tick_kernel_watch_fds(k, 0, &wanted, 1, waiter, &key), 0);
    return key;
}

static void all_who_poll_an_fd_are_woken(void **state) {
    (void)state;
    int fd = source(EPOLLIN);
    uint32_t keys[4];
    for (uint32_t i = 0; i < 4; i++)
        keys[i] = polls(fd, 10 + i);
    watch(1);
    watch(2);
    rises(fd);
    bool met[14] = {false};
    uint32_t who, count = 0;
    while ((who = woken()) != 0) {
        assert_true(who < 14 && !met[who]);
        met[who] = true;
        count++;
    }
    assert_int_equal(count, 5); // of the epoll's two, one
    assert_true(met[2] && !met[1]);
    for (uint32_t i = 0; i < 4; i++)
        tick_kernel_unwatch_fds(k, keys[i]);
    assert_int_equal(reports(1), 1);
    assert_int_equal(woken(), 1);
}

// Who polls the epoll itself is woken beside those who wait for it.
static void an_epoll_is_polled_and_waited_for(void **state) {
    (void)state;
    int fd = source(EPOLLIN | EPOLLET);
    uint32_t a = polls(epoll, 11), b = polls(epoll, 12);
    watch(1);
    watch(2);
    rises(fd);
    assert_int_equal(woken(), 2);
    uint32_t first = woken(), second = woken();
    assert_int_equal(first + second, 23);
    assert_int_equal(woken(), 0);
    tick_kernel_unwatch_fds(k, a);
    tick_kernel_unwatch_fds(k, b);
}

static void a_crash_leaves_nobody_waiting(void **state) {
    (void)state;
    int fd = source(EPOLLIN);
    watch(1);
    watch(2);
    rises(fd);
    tick_kernel_host_crash(k, 0);
    assert_int_equal(woken(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_edge_wakes_the_latest_one, set_up),
        cmocka_unit_test_setup(a_level_goes_on_to_the_next, set_up),
        cmocka_unit_test_setup(what_does_not_fit_goes_on_to_the_next, set_up),
        cmocka_unit_test_setup(who_only_asks_passes_on_too, set_up),
        cmocka_unit_test_setup(one_who_goes_away_leaves_it_to_the_next, set_up),
        cmocka_unit_test_setup(the_first_one_may_go_away_late, set_up),
        cmocka_unit_test_setup(an_epoll_that_is_closed_wakes_nobody, set_up),
        cmocka_unit_test_setup(nothing_is_left_of_them, set_up),
        cmocka_unit_test_setup(a_readiness_is_one_choice, set_up),
        cmocka_unit_test_setup(memory_may_run_out, set_up),
        cmocka_unit_test_setup(all_who_poll_an_fd_are_woken, set_up),
        cmocka_unit_test_setup(an_epoll_is_polled_and_waited_for, set_up),
        cmocka_unit_test_setup(a_crash_leaves_nobody_waiting, set_up),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(k);
    return failed;
}
