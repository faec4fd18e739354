// pthread_once: the function may wait, and then others wait for it, which they could not in libc's own.
//
// The control word is as libc has it: 0 before, bit 0 while it is carried out (and the fork generation above bit 1, which is left alone),
// 2 when it is done. If the function is left by cancellation or by a C++ exception, it has not been done, and the next one does it:
// once_x86.S has a personality, which unwinding asks in each frame that it leaves.
#include "sim/guest/guest_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/locks_int.h"
#include "sim/guest/tell_int.h"
#include "sim/guest/turn_int.h"
#include <unwind.h>

#define BEGUN 1
#define DONE 2

void tick__guest_once_call(void (*run)(void));
_Unwind_Reason_Code tick__guest_once_personality(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
    struct _Unwind_Exception *exception, struct _Unwind_Context *context);

static void end(int state) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    int *control = life->onces->control;
    life->onces = life->onces->next;
    *control = state;
    tick__guest_tell_notify(control, TICK__WAITS_ONCE);
    (void)tick__guest_waiters_wake(control, UINT32_MAX);
}

_Unwind_Reason_Code tick__guest_once_personality(int version, _Unwind_Action actions, _Unwind_Exception_Class class,
    struct _Unwind_Exception *exception, struct _Unwind_Context *context) {
    (void)version, (void)class, (void)exception, (void)context;
    if (actions & _UA_CLEANUP_PHASE)
        end(0);
    return _URC_CONTINUE_UNWIND;
}

int tick__guest_once(int *control, void (*run)(void), const void *place) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_ONCE, .fd = -1, .object = control, .place = place};
    while (*control & BEGUN)
        (void)tick__guest_park(&wait, TICK_NEVER);
    if (*control & DONE)
        return 0;
    struct tick__guest_life *life = &tick__guest_self()->life;
    struct tick__guest_once once = {control, life->onces};
    *control = BEGUN;
    life->onces = &once;
    tick__guest_once_call(run);
    end(DONE);
    return 0;
}
