// The allocation hooks: every request passes through the plug-in, and its refusals come out as NULL.
#include "src/base/alloc.h"
#include "src/base/check.h"
#include "src/base/outside.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

// Counts, fills what it gives with a pattern, and refuses from a given request on.
struct counting {
    struct tick_allocator base; // first: self is cast
    size_t asked, given, freed, refuse_from, last_size;
};

static void *counting_alloc(struct tick_allocator *self, size_t size) {
    struct counting *counting = (struct counting *)self;
    counting->last_size = size;
    if (counting->asked++ >= counting->refuse_from)
        return NULL;
    void *memory = malloc(size);
    if (memory) {
        memset(memory, 0xa5, size);
        counting->given++;
    }
    return memory;
}

static void counting_free(struct tick_allocator *self, void *memory) {
    ((struct counting *)self)->freed++;
    free(memory);
}

static struct counting counting;

static int setup(void **state) {
    (void)state;
    counting = (struct counting){.base = {counting_alloc, counting_free}, .refuse_from = SIZE_MAX};
    tick__set_allocator(&counting.base);
    return 0;
}

static int teardown(void **state) {
    (void)state;
    tick__set_allocator(NULL);
    return 0;
}

static void every_request_passes_through(void **state) {
    (void)state;
    unsigned char *raw = tick__alloc(100);
    assert_int_equal(counting.last_size, 100);
    assert_int_equal(raw[99], 0xa5);
    unsigned char *zero = tick__alloc_zero(64);
    assert_int_equal(counting.last_size, 64);
    for (int i = 0; i < 64; i++)
        assert_int_equal(zero[i], 0);
    char *copy = tick__strdup("copy");
    assert_int_equal(counting.last_size, 5);
    assert_string_equal(copy, "copy");
    char *empty = tick__strdup("");
    assert_string_equal(empty, "");
    assert_int_equal(counting.asked, 4);
    tick__free(raw);
    tick__free(zero);
    tick__free(copy);
    tick__free(empty);
    assert_int_equal(counting.freed, 4);
}

static void nothing_stays_nothing(void **state) {
    (void)state;
    tick__free(NULL);
    assert_null(tick__strdup(NULL));
    assert_int_equal(counting.asked, 0);
    assert_int_equal(counting.freed, 0);
}

static void refusals_come_out(void **state) {
    (void)state;
    counting.refuse_from = 1;
    void *first = tick__alloc(1);
    assert_non_null(first);
    assert_null(tick__alloc(1));
    assert_null(tick__alloc_zero(1));
    assert_null(tick__strdup("text"));
    assert_int_equal(counting.asked, 4);
    tick__free(first);
    assert_int_equal(counting.freed, counting.given);
}

static void the_default_comes_back(void **state) {
    (void)state;
    tick__set_allocator(NULL);
    void *memory = tick__alloc(10);
    assert_non_null(memory);
    tick__free(memory);
    assert_int_equal(counting.asked, 0);
    assert_int_equal(counting.freed, 0);
}

static void outside_memory_is_not_the_plug_ins(void **state) {
    (void)state;
    char *memory = tick__outside_alloc(10);
    assert_non_null(memory);
    strcpy(memory, "outside");
    memory = tick__outside_realloc(memory, 100000);
    assert_string_equal(memory, "outside");
    tick__outside_free(memory);
    tick__outside_free(NULL);
    assert_int_equal(counting.asked, 0);
}

static void say_context(void) {
    fputs("the context\n", stderr);
}

static void a_failed_assertion_says_where_and_aborts(void **state) {
    (void)state;
    int ends[2];
    char said[500] = "";
    size_t length = 0;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], 2);
        tick__assert_context(say_context);
        TICK_ASSERT(1 + 1 == 2);
        TICK_ASSERT(1 + 1 == 3);
        _exit(0);
    }
    close(ends[1]);
    for (ssize_t got; (got = read(ends[0], said + length, sizeof said - 1 - length)) > 0;)
        length += (size_t)got;
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    assert_non_null(strstr(said, "base_allocs.c"));
    assert_non_null(strstr(said, "assertion failed: 1 + 1 == 3\nthe context\n"));
    assert_null(strstr(said, "1 + 1 == 2"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_request_passes_through, setup, teardown),
        cmocka_unit_test_setup_teardown(nothing_stays_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals_come_out, setup, teardown),
        cmocka_unit_test_setup_teardown(the_default_comes_back, setup, teardown),
        cmocka_unit_test_setup_teardown(outside_memory_is_not_the_plug_ins, setup, teardown),
        cmocka_unit_test(a_failed_assertion_says_where_and_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
