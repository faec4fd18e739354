// Executors: work that blocks, on a thread of its own, while the loop goes on. asyncio's run_in_executor.
//
// A job sees nothing of the loop: tick_loop_running() is NULL in it, and the one call it may make is tick_call_soon_threadsafe. In the
// simulated world there are no threads: a job is carried out at one instant that a choice draws (job_time, docs/IDENTITY.md), between two
// callbacks of its host, on a stack of its own. As many as the host has threads (8, or its option `threads`) are on the way at a time; the
// others are queued.
#ifndef RETICK_EXECUTOR_H
#define RETICK_EXECUTOR_H

#include <retick/task.h>

#ifdef __cplusplus
extern "C" {
#endif

// loop.run_in_executor(None, fn, arg): *future receives one reference to a future of what fn returns (0 or a count; a negative code is
// its failure). 0, TICK_ECLOSED after the executor was shut down or the loop closed, -ENOMEM, or what no thread could be started for
// (-EAGAIN), if there is none yet: else the job waits for one.
// loop NULL: the running one; TICK_EINVALSTATE if there is none. Cancelling the future: a job that is still queued never runs; one that
// runs goes on, and what it returns is dropped. arg must live until it is over.
#define tick_run_in_executor(loop, fn, arg, future) tick_run_in_executor_at((loop), (fn), (arg), (future), TICK_HERE(#fn))
int tick_run_in_executor_at(
    struct tick_loop *loop, tick_task_fn *fn, void *arg, struct tick_future **future, const struct tick_loc *loc) TICK_MUST_USE;

// asyncio.to_thread: what fn returned, or why it could not be run. TICK_ECANCELED if this task is cancelled: the job may still run then.
#define tick_to_thread(fn, arg) tick_to_thread_at((fn), (arg), TICK_HERE(#fn))
int tick_to_thread_at(tick_task_fn *fn, void *arg, const struct tick_loc *loc);

// loop.shutdown_default_executor, in a task of the running loop: no job is taken any more; waits until all are over. 0 or TICK_ECANCELED,
// -ENOMEM. tick_loop_run does so at its end. tick_loop_close does not wait: what is queued never runs, what runs is left to its end.
int tick_executor_shutdown(void);

// executor.shutdown(wait=False, cancel_futures=cancel), in the running loop: no job is taken any more. cancel: those that are still queued
// never run, and their futures are cancelled in the next iteration. 0, or TICK_EINVALSTATE: no loop runs.
int tick_executor_close(bool cancel);

#ifdef __cplusplus
}
#endif

#endif
