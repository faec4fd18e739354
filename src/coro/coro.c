// Coroutines: begin, switch, end. Where stacks come from is stacks.c; how registers are exchanged is switch_int.h.
#include "src/coro/coro.h"
#include "src/base/alloc.h"
#include "src/base/check.h"
#include "src/coro/stacks.h"
#include "src/coro/switch_int.h"

__attribute__((noinline, cold)) void tick__coro_leave_slowly(struct tick_coro *from, struct tick_coro *to) {
    tick__coro_check(from);
    if (tick__exceptions_here)
        tick__exceptions_exchange(&from->exceptions, &to->exceptions);
}

void tick_coro_switch(struct tick_coro *from, struct tick_coro *to) {
    tick__coro_leave(from, to);
    tick__annotate_leave(from, to, false);
    tick__switch_out(from, to);
    tick__annotate_arrive(from);
}

_Noreturn void tick_coro_exit(struct tick_coro *from, struct tick_coro *to) {
    tick__coro_leave(from, to);
    tick__annotate_leave(from, to, true);
    tick__switch(from, to);
    __builtin_unreachable();
}

_Noreturn void tick__coro_main(struct tick_coro *coro) {
    tick__annotate_arrive(coro);
    coro->fn(coro->arg);
    tick__assert_failed("a coroutine ends with tick_coro_exit", __FILE__, __LINE__);
}

struct tick_coro *tick_coro_new(struct tick_stacks *stacks, void (*fn)(void *arg), void *arg) {
    struct tick_coro *coro = tick__stack_take(stacks);
    if (!coro)
        return NULL;
    coro->fn = fn;
    coro->arg = arg;
    tick__switch_prepare(coro);
    return coro;
}

void tick_coro_free(struct tick_coro *coro) {
    TICK_ASSERT(coro->stacks != NULL);
    tick__coro_check(coro);
    tick__stack_give(coro);
}

struct tick_coro *tick_coro_thread_new(void) {
    struct tick_coro *coro = tick__alloc_zero(sizeof *coro);
    if (coro)
        coro->careful = tick__exceptions_here != NULL;
    return coro;
}

void tick_coro_thread_free(struct tick_coro *coro) {
    tick__free(coro);
}
