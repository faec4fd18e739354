// What others ask of a thread: to end (pthread_cancel). It acts at waits that are cancellation points; asynchronous cancellation acts
// there, too, as nothing here interrupts a thread between two calls, and at once on oneself.
#include "sim/guest/guest_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/turn_int.h"
#include <unistd.h>

bool tick__guest_is_cancelled(const struct tick__guest_thread *thread) {
    return thread->life.cancelled && !thread->life.uncancellable;
}

void tick__guest_interrupted(void) {
    struct tick__guest_thread *self = tick__guest_self();
    tick__guest_attend();
    if (tick__guest_is_cancelled(self))
        tick__guest_thread_exit(PTHREAD_CANCELED);
}

void tick__guest_cancel(struct tick__guest_thread *thread) {
    thread->life.cancelled = true;
    if (thread != tick__guest_self()) {
        if (tick__guest_is_cancelled(thread) && thread->wait.interruptible)
            tick__guest_interrupt(thread);
    } else if (thread->life.cancelled_at_once) {
        tick__guest_interrupted();
    }
}
