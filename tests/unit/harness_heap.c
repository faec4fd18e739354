// A host's heap: addresses that repeat, blocks that do not overlap, and misuse that does not pass unnoticed.
#include "sim/native/heap.h"
#include "sim/native/malloc_family.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void blocks_hold_what_they_are_given(void **state) {
    (void)state;
    struct tick_heap *heap = tick_heap_new(7);
    assert_non_null(heap);
    unsigned char *blocks[400];
    size_t sizes[400];
    for (size_t i = 0; i < 400; i++) {
        sizes[i] = i * i % 5000 + (i % 7 ? 0 : 70000);
        blocks[i] = i % 5 ? tick_heap_alloc(heap, sizes[i]) : tick_heap_aligned(heap, (size_t)32 << i % 8, sizes[i]);
        assert_non_null(blocks[i]);
        assert_true(tick_heap_owns(blocks[i]));
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        if (i % 5 == 0)
            assert_int_equal((uintptr_t)blocks[i] % ((size_t)32 << i % 8), 0);
        assert_int_equal(tick_heap_size(blocks[i]), sizes[i]);
        memset(blocks[i], (int)i, sizes[i]);
        if (i >= 100 && i % 3 == 0) { // every third goes again, to be reused by later ones
            tick_heap_release(blocks[i - 100]);
            blocks[i - 100] = NULL;
        }
    }
    size_t live = 0, bytes = 0, counted;
    for (size_t i = 0; i < 400; i++) {
        if (!blocks[i])
            continue;
        live++;
        bytes += sizes[i];
        for (size_t at = 0; at < sizes[i]; at++)
            assert_int_equal(blocks[i][at], (unsigned char)i);
    }
    assert_int_equal(tick_heap_live(heap, &counted), live);
    assert_int_equal(counted, bytes);
    tick_heap_free(heap);
}

static void addresses_repeat_after_a_reset(void **state) {
    (void)state;
    struct tick_heap *heap = tick_heap_new(8);
    void *first[50];
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < 50; i++) {
            void *memory = tick_heap_alloc(heap, i * 37);
            if (round == 0)
                first[i] = memory;
            assert_ptr_equal(memory, first[i]);
            if (i % 4 == 0)
                tick_heap_release(memory);
        }
        tick_heap_reset(heap);
        assert_int_equal(tick_heap_live(heap, NULL), 0);
    }
    tick_heap_free(heap);
}

static void poison_fills_fresh_memory(void **state) {
    (void)state;
    struct tick_heap *heap = tick_heap_new(9);
    tick_heap_set_poison(heap, 0xa5);
    const unsigned char *memory = tick_heap_alloc(heap, 100);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(memory[i], 0xa5);
    tick_heap_free(heap);
}

static void too_much_is_refused(void **state) {
    (void)state;
    struct tick_heap *heap = tick_heap_new(10);
    assert_null(tick_heap_alloc(heap, tick_heap_limit()));
    assert_null(tick_heap_alloc(heap, SIZE_MAX));
    assert_null(tick_heap_aligned(heap, tick_heap_limit(), 1));
    size_t count = 0;
    while (tick_heap_alloc(heap, tick_heap_limit() / 16))
        count++;
    assert_in_range(count, 10, 16);
    assert_non_null(tick_heap_alloc(heap, 10)); // what is left still serves
    tick_heap_free(heap);
}

// Runs fn in a child: the signal that ended it, or 0.
static int signal_of(void (*fn)(void)) {
    pid_t pid = fork();
    if (pid == 0) {
        if (!freopen("/dev/null", "w", stderr))
            _exit(1);
        signal(SIGSEGV, SIG_DFL); // cmocka's handler would go on
        fn();
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void free_twice(void) {
    struct tick_heap *heap = tick_heap_new(11);
    void *memory = tick_heap_alloc(heap, 10);
    tick_heap_release(memory);
    tick_heap_release(memory);
}

static void free_inside(void) {
    struct tick_heap *heap = tick_heap_new(11);
    char *memory = memset(tick_heap_alloc(heap, 100), 0, 100);
    tick_heap_release(memory + 32);
}

static void misuse_aborts(void **state) {
    (void)state;
    assert_int_equal(signal_of(free_twice), SIGABRT);
    assert_int_equal(signal_of(free_inside), SIGABRT);
}

// --- heaps that look at what is done to them ---

static struct tick_heap *checked(void) {
    struct tick_heap *heap = tick_heap_checks(true) ? tick_heap_new(13) : NULL;
    tick_heap_checks(false);
    return heap;
}

static void a_checked_heap_serves_as_another(void **state) {
    (void)state;
    struct tick_heap *heap = checked();
    if (!heap)
        skip();
    char text[400] = "";
    char *all[300];
    size_t bytes = 0;
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < 300; i++) {
            const size_t size = i * 37 % 9000;
            all[i] = i % 7 ? tick_heap_alloc(heap, size) : tick_heap_aligned(heap, (size_t)16 << i % 10, size);
            assert_non_null(all[i]);
            assert_int_equal((uintptr_t)all[i] % (i % 7 ? 16 : (size_t)16 << i % 10), 0);
            assert_int_equal(tick_heap_size(all[i]), size);
            memset(all[i], (int)i, size);
        }
        assert_int_equal(tick_heap_live(heap, &bytes), 300);
        for (size_t i = 0; i < 300; i++) {
            for (size_t k = 0; k < tick_heap_size(all[i]); k++)
                assert_int_equal((uint8_t)all[i][k], (uint8_t)i);
            if (i % 3 || round)
                tick_heap_release(all[i]);
        }
        assert_true(tick_heap_is_whole(heap, text, sizeof text));
        tick_heap_reset(heap);
        assert_int_equal(tick_heap_live(heap, &bytes), 0);
    }
    char *first = tick_heap_alloc(heap, 10);
    assert_true(tick_heap_explains(first + 4096, text, sizeof text));
    assert_non_null(strstr(text, " beyond the end of 10 bytes, allocated"));
    first[12] = 1; // behind its end, before the next multiple of its alignment
    assert_false(tick_heap_is_whole(heap, text, sizeof text));
    assert_memory_equal(text, "written beyond the end of 10 bytes, allocated", 45);
    tick_heap_free(heap);
}

// Pages are used again, the longest freed first, when no others are left.
static void a_checked_heap_does_not_run_out(void **state) {
    (void)state;
    struct tick_heap *heap = checked();
    if (!heap)
        skip();
    const size_t size = tick_heap_limit() / 64;
    char *last = NULL;
    for (int i = 0; i < 70; i++) { // more than there is room for, and no more than that: all of it is written
        char *memory = tick_heap_alloc(heap, size);
        assert_non_null(memory);
        memory[0] = memory[size - 1] = 1;
        assert_ptr_not_equal(memory, last);
        tick_heap_release(memory);
        last = memory;
    }
    size_t count = 0;
    while (tick_heap_alloc(heap, size))
        count++;
    assert_in_range(count, 60, 64);
    assert_true(tick_heap_is_full(heap));
    tick_heap_free(heap);
}

static struct tick_heap *watched;
static char *block;
static void reads_what_is_freed(void) {
    tick_heap_release(block);
    _exit(*(volatile char *)block);
}
static void writes_behind(void) {
    *(volatile char *)(block + 112) = 1;
}
static void frees_what_is_written_before(void) {
    block[-1] = 1;
    tick_heap_release(block);
}
static void frees_twice(void) {
    tick_heap_release(block);
    tick_heap_release(block);
}
static void frees_within(void) {
    tick_heap_release(block + 16);
}
static void a_checked_heap_sees_misuse(void **state) {
    (void)state;
    watched = checked();
    if (!watched)
        skip();
    block = tick_heap_alloc(watched, 100);
    assert_int_equal(signal_of(reads_what_is_freed), SIGSEGV);
    assert_int_equal(signal_of(writes_behind), SIGSEGV);
    assert_int_equal(signal_of(frees_what_is_written_before), SIGABRT);
    assert_int_equal(signal_of(frees_twice), SIGABRT);
    assert_int_equal(signal_of(frees_within), SIGABRT);
    tick_heap_free(watched);
}

// The compiler must not see that what is allocated here is never looked at.
static void *volatile sink;

static void the_malloc_family_serves_the_running_host(void **state) {
    (void)state;
    if (!tick_malloc_family_linked())
        skip();
    struct tick_heap *heap = tick_heap_new(12);
    char *outside = malloc(100);
    strcpy(outside, "from outside");
    assert_false(tick_heap_owns(outside));
    assert_null(tick_heap_use(heap));
    sink = malloc(20);
    assert_true(tick_heap_owns(sink));
    sink = realloc(sink, 2000);
    assert_true(tick_heap_owns(sink));
    assert_int_equal(tick_heap_size(sink), 2000);
    char *zero = calloc(50, 3);
    for (size_t i = 0; i < 150; i++)
        assert_int_equal(zero[i], 0);
    char *copy = strdup("a host's own");
    assert_true(tick_heap_owns(copy));
    outside = realloc(outside, 5000); // changes hands
    assert_true(tick_heap_owns(outside));
    assert_string_equal(outside, "from outside");
    volatile size_t most = SIZE_MAX;
    void *kept = sink;
    sink = calloc(most / 2, 3); // through sink, or clang takes it for granted that it succeeds
    assert_null(sink);
    sink = kept;
    void *aligned = NULL;
    assert_int_equal(posix_memalign(&aligned, 256, 10), 0);
    assert_int_equal((uintptr_t)aligned % 256, 0);
    assert_int_not_equal(posix_memalign(&aligned, 3, 10), 0);
    assert_ptr_equal(tick_heap_use(NULL), heap);
    free(zero); // by address, whoever runs
    free(copy);
    free(sink);
    free(outside);
    free(aligned);
    assert_int_equal(tick_heap_live(heap, NULL), 0);
    tick_heap_free(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_hold_what_they_are_given),
        cmocka_unit_test(addresses_repeat_after_a_reset),
        cmocka_unit_test(poison_fills_fresh_memory),
        cmocka_unit_test(too_much_is_refused),
        cmocka_unit_test(misuse_aborts),
        cmocka_unit_test(a_checked_heap_serves_as_another),
        cmocka_unit_test(a_checked_heap_does_not_run_out),
        cmocka_unit_test(a_checked_heap_sees_misuse),
        cmocka_unit_test(the_malloc_family_serves_the_running_host),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
