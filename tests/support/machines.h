// A host of one process, with one index for both: what most tests of the kernel run on.
#ifndef RETICK_TEST_MACHINES_H
#define RETICK_TEST_MACHINES_H

#include "sim/kernel/kernel.h"
#include "src/base/check.h"

// Both indices, or an error; -1 where they are not the same, because processes were started otherwise before.
static inline int machine_add(struct tick_kernel *k, const char *name, tick_id id, uint32_t object) {
    int host = tick_kernel_host_add(k, name, id, object);
    int process = host < 0 ? host : tick_kernel_process_start(k, host);
    return process < 0 || process == host ? process : -1;
}

// It loses power, and starts again: same host, a new process of the same index.
static inline void machine_crash(struct tick_kernel *k, int host) {
    tick_kernel_host_crash(k, host);
    int process = tick_kernel_process_start(k, host);
    TICK_ASSERT(process == host);
}

#endif
