// Invariants: always on, one condition each. What a caller can get wrong returns an error instead.
#ifndef RETICK_CHECK_H
#define RETICK_CHECK_H

#define TICK_ASSERT(condition) ((condition) ? (void)0 : tick__assert_failed(#condition, __FILE__, __LINE__))
_Noreturn void tick__assert_failed(const char *condition, const char *file, int line);

// What a failed assertion prints besides: the harness sets this to say seed and schedule. NULL: nothing.
void tick__assert_context(void (*print)(void));

#endif
