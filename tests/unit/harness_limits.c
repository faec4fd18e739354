// A host's limits: of fds, of threads and of memory. Its program meets them as errors, goes on, and has all of it again afterwards.
#include "sim/native/malloc_family.h"
#include "tests/support/harness_fixture.h"
#include <errno.h>
#include <stdlib.h>

static void passes(const char *name) {
    const struct tick_outcome outcome = calm(name);
    if (outcome.verdict != TICK_PASS)
        fail_msg("%s: %s: %s", name, tick_verdict_word(outcome.verdict), outcome.text);
}

// --- fds ---

static int runs_out_of_fds(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    int fds[64], count = 0, fd;
    (void)arg;
    while ((fd = sys->ops->eventfd(sys, 0, 0)) >= 0)
        fds[count++] = fd;
    TICK_TRY(tick_check(fd == -EMFILE && fds[count - 1] == 19, "%s after fd %d", tick_error_name(fd), fds[count - 1]));
    while (count)
        TICK_TRY(sys->ops->close(sys, fds[--count]));
    return 0;
}
TICK_SCENARIO(few_fds, "") {
    tick_host_add(world, "a", runs_out_of_fds, NULL, .fds = 20);
}

static void a_program_has_as_many_fds_as_its_host_says(void **state) {
    (void)state;
    passes("few_fds");
}

// --- threads ---

static int job(void *arg) {
    (void)arg;
    return 7;
}

static int has_no_thread(void *arg) {
    struct tick_future *future;
    (void)arg;
    for (int i = 0; i < 3; i++) { // and nothing is left of what was refused
        TICK_TRY(tick_check(tick_run_in_executor(NULL, job, NULL, &future) == -EAGAIN, "it has no thread but this"));
        TICK_TRY(tick_check(tick_to_thread(job, NULL) == -EAGAIN, "nor this"));
    }
    return tick_executor_shutdown();
}
TICK_SCENARIO(one_process, "") {
    tick_host_add(world, "a", has_no_thread, NULL, .processes = 1);
    tick_host_add(world, "b", has_no_thread, NULL, .processes = 1, .threads = 4);
}

// Which job is on its way when: a job is cancelled that waits for a thread, and that never runs.
TICK_KEEP static int ran = 0;
static int counted(void *arg) {
    (void)arg;
    return ++ran;
}
static int has_some(void *arg) {
    const int threads = *(const int *)arg;
    struct tick_future *all[12];
    ran = 0;
    for (int i = 0; i < 12; i++)
        TICK_TRY(tick_run_in_executor(NULL, counted, NULL, &all[i]));
    TICK_TRY(tick_sleep(0)); // the first have their threads
    for (int i = 0; i < 12; i++)
        (void)tick_future_cancel(all[i], NULL);
    TICK_TRY(tick_executor_shutdown());
    for (int i = 0; i < 12; i++)
        tick_future_unref(all[i]);
    return tick_check(ran == threads, "%d of %d jobs had threads", ran, threads);
}
static const int one = 1, three = 3, eight = 8;
TICK_SCENARIO(few_processes, "") {
    struct tick_host *a = tick_host_add(world, "a", has_some, (void *)(uintptr_t)&one, .processes = 2);
    struct tick_host *b = tick_host_add(world, "b", has_some, (void *)(uintptr_t)&three, .processes = 4, .after = {a});
    struct tick_host *c = tick_host_add(world, "c", has_some, (void *)(uintptr_t)&three, .processes = 8, .threads = 3, .after = {b});
    tick_host_add(world, "d", has_some, (void *)(uintptr_t)&eight, .processes = 100, .after = {c});
}

static void a_program_has_as_many_threads_as_its_host_says(void **state) {
    (void)state;
    passes("one_process");
    passes("few_processes");
}

// --- memory ---

#define MIB ((size_t)1 << 20)

static int runs_out_of_memory(void *arg) {
    void *held[64], *aligned = NULL;
    int count = 0;
    (void)arg;
    while (count < 64 && (held[count] = malloc(64 << 10)))
        count++;
    TICK_TRY(tick_check(count >= 8 && count < 16 && errno == ENOMEM, "%d times 64 KiB of a MiB", count));
    errno = 0;
    TICK_TRY(tick_check(!calloc(4, 64 << 10) && errno == ENOMEM, "calloc"));
    TICK_TRY(tick_check(!realloc(held[0], 2 * MIB), "realloc"));
    TICK_TRY(tick_check(!aligned_alloc(4096, 64 << 10), "aligned_alloc"));
    TICK_TRY(tick_check(posix_memalign(&aligned, 64, 128 << 10) == ENOMEM, "posix_memalign"));
    struct rest {
        struct rest *next;
    } *rest = NULL, *one_more;
    while ((one_more = malloc(sizeof *one_more)) != NULL) {
        one_more->next = rest;
        rest = one_more;
    }
    struct tick_future *future;
    TICK_TRY(tick_check(tick_run_in_executor(NULL, job, NULL, &future) == -ENOMEM, "what retick allocates for it is its memory, too"));
    for (; rest; rest = one_more) {
        one_more = rest->next;
        free(rest);
    }
    while (count)
        free(held[--count]);
    void *again = malloc(512 << 10);
    TICK_TRY(tick_check(again != NULL, "what was freed is there again"));
    free(again);
    return 0;
}
TICK_SCENARIO(little_memory, "") {
    tick_host_add(world, "a", runs_out_of_memory, NULL, .memory = MIB);
}

// A program that does not look dies of it, and that is its own fault: a finding.
static int does_not_look(void *arg) {
    (void)arg;
    char *bytes = malloc(2 * MIB);
    return tick_check(bytes != NULL, "out of memory");
}
TICK_SCENARIO(too_little_memory, "") {
    tick_host_add(world, "a", does_not_look, NULL, .memory = MIB);
    tick_host_add(world, "b", does_not_look, NULL);
}
static int does_nothing(void *arg) {
    (void)arg;
    return 0;
}
TICK_SCENARIO(no_memory, "") {
    tick_host_add(world, "a", does_nothing, NULL, .memory = 100);
}

static void a_program_has_as_much_memory_as_its_host_says(void **state) {
    (void)state;
    if (!tick_malloc_family_linked())
        skip(); // another's malloc knows no limit
    passes("little_memory");
    struct tick_outcome outcome = calm("too_little_memory");
    assert_int_equal(outcome.verdict, TICK_CHECK_FAILED);
    assert_string_equal(outcome.host, "a");
    outcome = calm("no_memory");
    assert_int_equal(outcome.verdict, TICK_HOST_FAILED);
    assert_non_null(strstr(outcome.text, "ENOMEM"));
    outcome = calm("few_fds"); // the same heap has no limit any more
    assert_int_equal(outcome.verdict, TICK_PASS);
}

int main(void) {
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_program_has_as_many_fds_as_its_host_says),
        cmocka_unit_test(a_program_has_as_many_threads_as_its_host_says),
        cmocka_unit_test(a_program_has_as_much_memory_as_its_host_says),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
