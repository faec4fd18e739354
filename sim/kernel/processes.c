// Processes: what a program has of its own (fds, handlers, limits), on a host that has the rest (network, disk, clock). Several may share a
// host; a description that has travelled between them in a message is named by fds of both.
#include "sim/kernel/objects_int.h"

// Room for 16 at first. Out of line, as few worlds need more.
static __attribute__((noinline)) bool grow(struct tick_kernel *k) {
    struct tick__root *root = k->root;
    return tick__arena_grow(k, &root->processes, &root->process_most, 16, root->process_count, sizeof(struct tick__process));
}

int tick_kernel_process_start(struct tick_kernel *k, int host) {
    struct tick__root *root = k->root;
    uint32_t index = root->process_free;
    if (index)
        root->process_free = tick__process(k, --index)->next;
    else if (root->process_count == root->process_most && !grow(k))
        return -ENOMEM;
    else
        index = root->process_count++;
    struct tick__host *h = tick__host(k, (uint32_t)host);
    *tick__process(k, index) = (struct tick__process){
        .fd_low = TICK__FIRST_FD, .fd_limit = TICK__MOST_FDS, .host = (uint32_t)host, .next = h->processes, .pid = ++h->pids};
    h->processes = index + 1;
    return (int)index;
}

void tick__process_end(struct tick_kernel *k, uint32_t index) {
    struct tick__process *p = tick__process(k, index);
    TICK_ASSERT(!p->fd_count);
    uint32_t *link = &tick__host(k, p->host)->processes;
    while (*link != index + 1)
        link = &tick__process(k, *link - 1)->next;
    *link = p->next;
    if (p->fd_most)
        tick__arena_give(k, p->fds, p->fd_most * sizeof(tick__ref));
    p->fd_most = 0;
    if (k->root->signals)
        tick__signals_end(k, index);
    p->next = k->root->process_free;
    k->root->process_free = index + 1;
}

void tick_kernel_process_exit(struct tick_kernel *k, int process) {
    k->root->exiting = true;
    for (uint32_t fd = 0; fd < TICK__FIRST_FD || tick__process(k, (uint32_t)process)->fd_count; fd++) // 0 to 2 are not counted
        if (tick__file(k, process, (int)fd))
            (void)tick_k_close(k, process, (int)fd);
    k->root->exiting = false;
    tick__process_end(k, (uint32_t)process);
}

int tick_kernel_process_fork(struct tick_kernel *k, int process) {
    const int child = tick_kernel_process_start(k, (int)tick__process_host(k, process));
    const int error = child < 0 ? child : tick__fds_inherit(k, process, child);
    if (!error)
        return child;
    if (child >= 0)
        tick_kernel_process_exit(k, child);
    return error;
}

bool tick_kernel_process_exec(struct tick_kernel *k, int process) {
    for (uint32_t fd = 0; fd < tick__process(k, (uint32_t)process)->fd_most; fd++) {
        if (!(TICK__ARRAY(k, tick__ref, tick__process(k, (uint32_t)process)->fds)[fd] & TICK__CLOEXEC))
            continue;
        (void)tick_k_close(k, process, (int)fd);
        if (k->root->lingers)
            return false;
    }
    return true;
}

int tick_kernel_open_fds(const struct tick_kernel *k, int process) {
    return (int)tick__process(k, (uint32_t)process)->fd_count;
}

void tick_kernel_fd_limit(struct tick_kernel *k, int process, uint32_t most) {
    tick__process(k, (uint32_t)process)->fd_limit = most < TICK__MOST_FDS ? most : TICK__MOST_FDS;
}
