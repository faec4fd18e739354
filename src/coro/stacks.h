// The pool of stacks, as coro.c uses it.
#ifndef RETICK_STACKS_H
#define RETICK_STACKS_H

#include "src/coro/coro_int.h"

struct tick_coro *tick__stack_take(struct tick_stacks *stacks); // all but fn, arg and sp set; NULL when out of memory
void tick__stack_give(struct tick_coro *coro);
void tick__canary_check(const struct tick_coro *coro); // aborts if the coroutine overflowed its stack

#endif
