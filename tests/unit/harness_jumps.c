// Tasks that leave a signal's handler by a jump, from their own stack and from the alternate one, and that jump back over waits: each comes
// out on its own stack, and everybody goes on.
#include "tests/support/harness_fixture.h"
#include <signal.h>
#include <stdint.h>

enum { TASKS = 6, ROUNDS = 20, ALTERNATE = 64 << 10 };

struct jumper {
    sigjmp_buf back;
    int number, landed;
};

static struct jumper *jumping;

static void leaves(int number) {
    (void)number;
    siglongjmp(jumping->back, 1);
}

static int handle(int number, int flags) {
    struct sigaction action = {.sa_handler = leaves, .sa_flags = flags};
    sigemptyset(&action.sa_mask);
    return sigaction(number, &action, NULL);
}

static int is_mine(const struct jumper *jumper, const volatile int *mine) {
    for (int i = 0; i < 100; i++)
        if (mine[i] != jumper->number + i)
            return tick_check(0, "task %d: word %d of its stack was written over", jumper->number, i);
    return 0;
}

static int jumps(void *arg) {
    struct jumper *jumper = arg;
    volatile int mine[100];
    for (int i = 0; i < 100; i++)
        mine[i] = jumper->number + i;
    for (volatile int round = 0; round < ROUNDS; round++) {
        const volatile int before = jumper->landed;
        if (sigsetjmp(jumper->back, 1) == 0) {
            jumping = jumper;
            if ((round + jumper->number) % 3 == 0)
                raise(SIGSEGV);
            raise((round + jumper->number) % 3 == 1 ? SIGUSR1 : SIGUSR2);
            return tick_check(0, "the handler returned");
        }
        jumper->landed++;
        TICK_TRY(tick_check(jumper->landed == before + 1, "it landed once"));
        TICK_TRY(is_mine(jumper, mine));
        TICK_TRY(tick_sleep(TICK_MS(jumper->number)));
        if (jumper->landed == before + 1 && sigsetjmp(jumper->back, 0) == 0) { // and back over a wait
            TICK_TRY(tick_sleep(TICK_US(1 + jumper->number)));
            siglongjmp(jumper->back, 1);
        }
        TICK_TRY(is_mine(jumper, mine));
    }
    return 0;
}

static int all_jump(void *arg) {
    struct tick_task *tasks[TASKS];
    struct jumper jumpers[TASKS] = {0};
    const int flags = (int)(intptr_t)arg;
    static char alternate[ALTERNATE];
    const stack_t stack = {.ss_sp = alternate, .ss_size = sizeof alternate};
    TICK_TRY(sigaltstack(&stack, NULL));
    TICK_TRY(handle(SIGUSR1, 0));
    TICK_TRY(handle(SIGUSR2, flags));
    TICK_TRY(handle(SIGSEGV, flags));
    for (int i = 0; i < TASKS; i++) {
        jumpers[i].number = i;
        tasks[i] = tick_spawn(jumps, &jumpers[i]);
    }
    for (int i = 0; i < TASKS; i++) {
        TICK_TRY(tick_join(tasks[i]));
        TICK_TRY(tick_check(jumpers[i].landed == ROUNDS, "task %d landed %d times", i, jumpers[i].landed));
        tick_task_unref(tasks[i]);
    }
    return 0;
}

TICK_SCENARIO(jumps_from_its_own_stack, "") {
    tick_host_add(world, "a", all_jump, (void *)0);
    tick_host_add(world, "b", all_jump, (void *)0);
}
TICK_SCENARIO(jumps_from_the_alternate_stack, "") {
    tick_host_add(world, "a", all_jump, (void *)(intptr_t)SA_ONSTACK);
    tick_host_add(world, "b", all_jump, (void *)(intptr_t)SA_ONSTACK);
}

static void passes(const char *name) {
    const struct tick_outcome outcome = calm(name);
    if (outcome.verdict != TICK_PASS)
        fail_msg("%s: %s: %s", name, tick_verdict_word(outcome.verdict), outcome.text);
    const uint64_t hash = run_hash;
    calm(name);
    assert_true(run_hash == hash);
}

static void handlers_are_left_by_jumps(void **state) {
    (void)state;
    passes("jumps_from_its_own_stack");
    passes("jumps_from_the_alternate_stack");
}

// The same on the machine's loop.
static void on_the_real_loop(void **state) {
    (void)state;
    assert_int_equal(tick_run(all_jump, (void *)(intptr_t)SA_ONSTACK), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handlers_are_left_by_jumps),
        cmocka_unit_test(on_the_real_loop),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
