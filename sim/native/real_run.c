// tick_run: a program of one's own on this machine, without a scenario.
#include "src/io/epoll_poller.h"
#include "src/loop/loop_int.h"
#include "src/os/linux.h"

int tick_run(tick_task_fn *fn, void *arg) {
    struct tick_linux system;
    struct tick_io *io = NULL;
    struct tick_loop *loop = NULL;
    if (tick_loop_running())
        return TICK_ENESTED;
    TICK_TRY(tick_linux_init(&system));
    int result = tick_epoll_new(tick_linux_sys(&system), NULL, &io);
    if (result == 0) {
        const struct tick_loop_options options = {
            .sys = tick_linux_sys(&system), .poller = &io->poller, .id = 1, .poll_budget = TICK_POLL_BUDGET};
        result = tick_loop_new(&options, &loop);
    }
    if (result == 0)
        result = tick_loop_run(loop, fn, arg);
    tick_loop_free(loop);
    tick_epoll_free(io);
    return result;
}
