// Handles on a kernel: over memory of the caller's, several over the same world, wherever each has it mapped.
#include "sim/kernel/kernel.h"
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE ((size_t)1 << 20)

static void *memory[2]; // one memory, at two places
static struct tick_kernel *near, *far;
static uint32_t made;

// Counts how often it is asked.
static uint32_t choose(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)kind, (void)subject, (void)ordinal, (void)n, (void)most;
    ++*(int *)ctx;
    return 0;
}

static int asked[2];

static int set_up(void **state) {
    (void)state;
    int fd = memfd_create("arena", MFD_CLOEXEC);
    if (fd < 0 || ftruncate(fd, (off_t)SIZE))
        return -1;
    for (int i = 0; i < 2; i++) {
        memory[i] = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (memory[i] == MAP_FAILED)
            return -1;
        asked[i] = 0;
    }
    close(fd);
    made = 0;
    return memory[0] == memory[1] || tick_kernel_over(memory[0], SIZE, &near) || tick_kernel_over(memory[1], SIZE, &far);
}

static int tear_down(void **state) {
    (void)state;
    tick_kernel_free(near);
    tick_kernel_free(far);
    for (int i = 0; i < 2; i++)
        munmap(memory[i], SIZE);
    return 0;
}

static void begin(void) {
    const struct tick_kernel_env envs[] = {{.choose = choose, .ctx = &asked[0]}, {.choose = choose, .ctx = &asked[1]}};
    tick_kernel_env(near, &envs[0]);
    tick_kernel_env(far, &envs[1]);
    tick_kernel_begin(near);
    assert_int_equal(tick_kernel_host_add(near, "host", 1, 0), 0);
    assert_int_equal(tick_kernel_process_start(near, 0), 0);
}

static struct tick_kernel_name name(void) {
    made++;
    return (struct tick_kernel_name){.id = tick_id_mix(9, made), .kth = made};
}

static void both_see_one_world(void **state) {
    (void)state;
    int fds[2];
    char bytes[4] = "";
    const struct tick_kernel_name n[] = {name(), name()};
    begin();
    assert_int_equal(tick_kernel_host_find(far, "host"), 0);
    assert_int_equal(tick_kernel_process_start(far, 0), 1);
    assert_int_equal(tick_k_pipe(far, 0, fds, 0, &n[0], &n[1]), 0);
    assert_int_equal(tick_kernel_open_fds(near, 0), 2);
    assert_int_equal(tick_k_write(near, 0, fds[1], "abc", 4), 4);
    assert_int_equal(tick_k_read(far, 0, fds[0], bytes, sizeof bytes), 4);
    assert_string_equal(bytes, "abc");
    const struct pollfd wanted = {.fd = fds[0], .events = POLLIN};
    uint32_t key, waiter;
    assert_int_equal(tick_kernel_watch_fds(far, 0, &wanted, 1, 7, &key), 0);
    assert_int_equal(tick_k_write(far, 0, fds[1], "d", 1), 1);
    assert_true(tick_kernel_woken(near, &waiter)); // whoever runs the world wakes them all
    assert_int_equal(waiter, 7);
    tick_kernel_unwatch_fds(near, key);
}

static void time_is_one(void **state) {
    (void)state;
    struct tick_posted posted;
    struct tick_probe probe = {.now = 1};
    begin();
    assert_true(tick_kernel_post(near, TICK_MS(5), 1, 2));
    assert_int_equal(tick_kernel_next_at(far), TICK_MS(5));
    assert_true(tick_kernel_next(far, &posted));
    assert_int_equal(posted.arg, 2);
    assert_int_equal(tick_kernel_now(near), TICK_MS(5));
    assert_false(tick_kernel_next(near, &posted));
    const struct tick_kernel_env env = {.choose = choose, .ctx = &asked[0], .probe = &probe};
    tick_kernel_env(near, &env); // a probe that comes late is told the time
    assert_int_equal(probe.now, TICK_MS(5));
    tick_kernel_clock_to(far, TICK_MS(6));
    tick_kernel_env(near, &env);
    assert_int_equal(probe.now, TICK_MS(6));
}

// Over 4 KiB, as only a pipe's write beyond PIPE_BUF may be short.
static void each_asks_its_own_chooser(void **state) {
    (void)state;
    static const char bytes[8192];
    int fds[2];
    const struct tick_kernel_name n[] = {name(), name()};
    begin();
    assert_int_equal(tick_k_pipe(near, 0, fds, 0, &n[0], &n[1]), 0);
    assert_int_equal(tick_k_write(near, 0, fds[1], bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(asked[0], 1);
    assert_int_equal(asked[1], 0);
    assert_int_equal(tick_k_write(far, 0, fds[1], bytes, sizeof bytes), sizeof bytes);
    assert_int_equal(asked[0], 1);
    assert_int_equal(asked[1], 1);
}

static void a_world_outlives_its_handles(void **state) {
    (void)state;
    begin();
    tick_kernel_clock_to(near, TICK_SEC(3));
    tick_kernel_free(near);
    tick_kernel_free(far);
    near = far = NULL;
    assert_int_equal(tick_kernel_over(memory[0], SIZE, &near), 0);
    assert_int_equal(tick_kernel_over(memory[1], SIZE, &far), 0);
    assert_int_equal(tick_kernel_host_find(near, "host"), 0);
    assert_int_equal(tick_kernel_now(far), TICK_SEC(3));
}

static void to_begin_empties_it_for_all(void **state) {
    (void)state;
    const struct tick_kernel_name n = name();
    begin();
    tick_kernel_clock_to(far, TICK_SEC(3));
    assert_true(tick_kernel_post(near, TICK_SEC(5), 1, 2));
    tick_kernel_begin(far);
    assert_int_equal(tick_kernel_now(near), 0);
    assert_int_equal(tick_kernel_host_find(near, "host"), TICK_ENOHOST);
    assert_int_equal(tick_kernel_next_at(near), TICK_NEVER);
    assert_int_equal(tick_kernel_host_add(near, "other", 2, 0), 0);
    assert_int_equal(tick_kernel_process_start(far, 0), 0);
    assert_int_equal(tick_k_eventfd(near, 0, 0, 0, &n), 3);
    memset(memory[0], 0xa5, SIZE); // whatever was there before
    tick_kernel_begin(near);
    assert_int_equal(tick_kernel_host_add(far, "third", 3, 0), 0);
    assert_int_equal(tick_kernel_process_start(near, 0), 0);
    assert_int_equal(tick_k_eventfd(far, 0, 0, 0, &n), 3);
}

static void a_world_comes_back_as_it_was(void **state) {
    (void)state;
    const struct tick_kernel_name n = name();
    size_t size, again;
    begin();
    assert_int_equal(tick_k_eventfd(near, 0, 0, 0, &n), 3);
    tick_kernel_clock_to(near, TICK_SEC(3));
    const void *world = tick_kernel_world(near, &size);
    assert_true(size > 0 && size <= SIZE);
    void *kept = malloc(size);
    assert_non_null(kept);
    memcpy(kept, world, size);
    assert_int_equal(tick_k_eventfd(far, 0, 0, 0, &n), 4);
    tick_kernel_clock_to(far, TICK_SEC(4));
    tick_kernel_put(near, kept, size);
    assert_int_equal(tick_kernel_now(far), TICK_SEC(3));
    assert_int_equal(tick_kernel_open_fds(far, 0), 1);
    assert_int_equal(tick_k_eventfd(far, 0, 0, 0, &n), 4);
    // Of wiped memory the same calls make the same bytes.
    for (int i = 0; i < 2; i++) {
        tick_kernel_wipe(near);
        begin();
        assert_int_equal(tick_k_eventfd(near, 0, 0, 0, &n), 3);
        world = tick_kernel_world(far, &again);
        if (i)
            assert_memory_equal(kept, world, size);
        else
            memcpy(kept, world, size);
        assert_int_equal(again, size);
        assert_int_equal(tick_k_eventfd(near, 0, 0, 0, &n), 4);
    }
    free(kept);
}

static void a_kernels_own_memory_becomes_shared(void **state) {
    (void)state;
    struct tick_kernel *own, *other;
    const struct tick_kernel_env env = {.choose = choose, .ctx = &asked[0]};
    assert_int_equal(tick_kernel_new(SIZE, &own), 0);
    tick_kernel_reset(own, &env);
    assert_int_equal(tick_kernel_host_add(own, "host", 1, 0), 0);
    const void *const was = tick_kernel_world(own, &(size_t){0});
    const int fd = memfd_create("own", MFD_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(ftruncate(fd, (off_t)tick_kernel_size(own)), 0);
    assert_int_equal(tick_kernel_share(own, fd), 0);
    assert_ptr_equal(tick_kernel_world(own, &(size_t){0}), was);
    void *there = mmap(NULL, tick_kernel_size(own), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    assert_true(there != MAP_FAILED);
    assert_int_equal(tick_kernel_over(there, tick_kernel_size(own), &other), 0);
    assert_int_equal(tick_kernel_host_find(other, "host"), 0);
    assert_int_equal(tick_kernel_host_add(other, "second", 2, 0), 1);
    assert_int_equal(tick_kernel_host_find(own, "second"), 1);
    assert_int_equal(tick_kernel_share(other, fd), -EINVAL); // it is the caller's memory
    assert_int_equal(tick_kernel_share(own, -1), -EBADF);
    assert_int_equal(tick_kernel_host_find(own, "second"), 1);
    munmap(there, tick_kernel_size(own));
    tick_kernel_free(other);
    tick_kernel_free(own);
    close(fd);
}

static void what_comes_next_is_seen_before(void **state) {
    (void)state;
    const struct tick_kernel_name n = name();
    uint32_t waiter = 7, key;
    struct tick_posted posted;
    begin();
    assert_false(tick_kernel_next_is_posted(near));
    assert_true(tick_kernel_post(near, TICK_SEC(5), 1, 2));
    assert_true(tick_kernel_next_is_posted(far));
    assert_true(tick_kernel_next(near, &posted));
    assert_false(tick_kernel_next_is_posted(far));
    assert_false(tick_kernel_to_wake(near, &waiter));
    const int fd = tick_k_eventfd(near, 0, 0, 0, &n);
    assert_int_equal(tick_kernel_watch_fds(near, 0, &(struct pollfd){.fd = fd, .events = POLLIN}, 1, 9, &key), 0);
    const uint64_t one = 1;
    assert_int_equal(tick_k_write(near, 0, fd, &one, sizeof one), sizeof one);
    for (int i = 0; i < 2; i++) {
        assert_true(tick_kernel_to_wake(far, &waiter));
        assert_int_equal(waiter, 9);
    }
    assert_true(tick_kernel_woken(near, &waiter));
    assert_false(tick_kernel_to_wake(far, &waiter));
    tick_kernel_unwatch_fds(near, key);
}

static void memory_has_to_suit(void **state) {
    (void)state;
    struct tick_kernel *k;
    const struct tick_kernel_name n = name();
    assert_int_equal(tick_kernel_over(memory[0], 16383, &k), -EINVAL);
    assert_int_equal(tick_kernel_over((char *)memory[0] + 32, SIZE / 2, &k), -EINVAL);
    assert_int_equal(tick_kernel_over((char *)memory[0] + 64, 16384, &k), 0);
    char *behind = (char *)memory[0] + 64 + 16384;
    memset(behind, 0xa5, SIZE - 64 - 16384);
    tick_kernel_begin(k);
    assert_int_equal(tick_kernel_host_add(k, "host", 1, 0), 0);
    assert_int_equal(tick_kernel_process_start(k, 0), 0);
    int fd;
    while ((fd = tick_k_eventfd(k, 0, 0, 0, &n)) >= 0)
        ;
    assert_int_equal(fd, -ENOMEM);
    for (size_t i = 0; i < SIZE - 64 - 16384; i++)
        assert_int_equal(behind[i], (char)0xa5);
    tick_kernel_free(k);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_see_one_world, set_up, tear_down),
        cmocka_unit_test_setup_teardown(time_is_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(each_asks_its_own_chooser, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_world_outlives_its_handles, set_up, tear_down),
        cmocka_unit_test_setup_teardown(to_begin_empties_it_for_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_world_comes_back_as_it_was, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_kernels_own_memory_becomes_shared, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_comes_next_is_seen_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(memory_has_to_suit, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
