// Who waits when a run ends, and for what.
#ifndef RETICK_WAITS_H
#define RETICK_WAITS_H

#include "trace/explain/tale.h"

struct tick__stuck {
    uint32_t task, step_end, wait; // seq of its last step's end, and of what told what it waits for
    bool outside;                  // for a connection, a request, an answer: what another host would have to send
};
// Whether the verdict is about those who wait.
bool tick__ends_in_waiting(const struct tick_trace *trace);
// All tasks that wait at the end, by task; the caller frees *stuck. 0 or -ENOMEM.
int tick__tale_stuck(const struct tick__tale *tale, struct tick__stuck **stuck, size_t *count);

#endif
