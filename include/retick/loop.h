// The loop: asyncio's event loop, with its clock, system calls, poller, probe and scheduler handed in.
#ifndef RETICK_LOOP_H
#define RETICK_LOOP_H

#include <retick/error.h>
#include <retick/future.h>
#include <retick/poller.h>
#include <retick/probe.h>
#include <retick/scheduler.h>
#include <retick/sys.h>
#include <retick/task.h>

#ifdef __cplusplus
extern "C" {
#endif

struct tick_stacks;
struct tick_handle;
typedef void tick_callback_fn(void *arg);

// What the exception handler gets: loop.call_exception_handler's context. All borrowed, any may be NULL.
struct tick_report {
    const char *message; // asyncio's words, "Task exception was never retrieved"
    struct tick_failure *failure;
    struct tick_future *future;
    struct tick_task *task;
    struct tick_handle *handle;
};
typedef int tick_exception_fn(struct tick_loop *loop, const struct tick_report *report, void *arg); // negative: the handler failed

// Every call below that takes a loop takes NULL for the running one (tick_loop_free apart). Where none runs nothing is done:
// TICK_EINVALSTATE, NULL, 0 or false, by what the call returns; a report then goes to stderr.

struct tick_loop_options {
    struct tick_sys *sys;             // borrowed; must outlive the loop
    struct tick_poller *poller;       // borrowed
    struct tick_probe *probe;         // borrowed; NULL: nobody listens
    int64_t probe_start;              // ns: what the loop's clock said when the probe's time was 0
    struct tick_scheduler *scheduler; // borrowed; NULL: first in, first out (retick/scheduler.h)
    struct tick_stacks *stacks;       // borrowed; NULL: a pool of the loop's own
    tick_id id;                       // the host's stable id: the root of all ids here
    uint32_t object;                  // the host's object id with the probe
    uint32_t threads;                 // of its executor (retick/executor.h), at most; 0: the CPUs + 4, at most 32
    uint32_t processes;               // a simulated program's RLIMIT_NPROC: so many threads, with the loop's own. 0: no limit
    uint32_t poll_budget;             // handles that may run between two polls while work is ready; 0 or 1: poll every iteration
};
#define TICK_POLL_BUDGET 256 // for the real kernel, where a poll takes as long as 30 short handles

// Returns 0 with *loop set, or -ENOMEM.
int tick_loop_new(const struct tick_loop_options *options, struct tick_loop **loop) TICK_MUST_USE;
// loop.close: idempotent; TICK_EINVALSTATE while running. Queues are dropped unrun. Then every call returns TICK_ECLOSED.
int tick_loop_close(struct tick_loop *loop);
void tick_loop_free(struct tick_loop *loop); // closes it first; reports tasks that are unfinished. NULL is allowed

struct tick_loop *tick_loop_running(void); // asyncio.get_running_loop, or NULL
// The system calls of the running loop, real or simulated, for what streams do not cover: datagrams, unix sockets, files, poll. NULL where
// no loop runs. A call of it that blocks (poll, select, sleep, resolve) holds up the loop.
struct tick_sys *tick_sys_running(void);
int64_t tick_loop_time(struct tick_loop *loop);         // loop.time, ns
bool tick_loop_is_closed(const struct tick_loop *loop); // loop.is_closed

// run_forever: until stop; returns 0, or the poller's error. TICK_ENESTED if a loop runs here already.
int tick_loop_run_forever(struct tick_loop *loop);
// run_until_complete: 0 or the future's (borrowed) code of failure; TICK_ESTOPPED if the loop was stopped before, TICK_ENESTED.
int tick_loop_run_until(struct tick_loop *loop, struct tick_future *future);
// asyncio.run: spawns main (its task is named "main"), runs to its end; then cancels all other tasks, waits for them, reports their errors.
// Returns main's result or failure code, or the poller's error.
int tick_loop_run(struct tick_loop *loop, tick_task_fn *main, void *arg);
// asyncio.run on this machine: a loop on the real kernel for main alone, closed when it returns. What tick_loop_run returns, or what making
// the loop failed with; TICK_ENESTED where a loop runs already. (For the simulated world, write a scenario: <retick/scenario.h>.)
int tick_run(tick_task_fn *main, void *arg);
void tick_loop_stop(struct tick_loop *loop); // loop.stop: finishes this iteration's handles; later ones stay queued

// call_soon, call_later, call_at: return one reference to the handle (unref it, or pass it to tick_handle_cancel, which does not take it);
// NULL when out of memory or closed. The fire-and-forget form returns 0 or an error. Times are ns, `when` by the loop's clock; never early.
// arg is borrowed until fn has run, or the handle was cancelled, or the loop closed.
struct tick_handle *tick_call_soon_handle(struct tick_loop *loop, tick_callback_fn *fn, void *arg);
int tick_call_soon(struct tick_loop *loop, tick_callback_fn *fn, void *arg) TICK_MUST_USE;
struct tick_handle *tick_call_at(struct tick_loop *loop, int64_t when, tick_callback_fn *fn, void *arg);
struct tick_handle *tick_call_later(struct tick_loop *loop, int64_t delay, tick_callback_fn *fn, void *arg);
// call_soon_threadsafe: 0, TICK_ECLOSED, or what waking the poller failed with.
int tick_call_soon_threadsafe(struct tick_loop *loop, tick_callback_fn *fn, void *arg) TICK_MUST_USE;
void tick_handle_cancel(struct tick_handle *handle);             // Handle.cancel: fn will not run; nothing once it has
bool tick_handle_cancelled(const struct tick_handle *handle);    // Handle.cancelled
struct tick_handle *tick_handle_ref(struct tick_handle *handle); // returns it
void tick_handle_unref(struct tick_handle *handle);              // NULL is allowed

// set_exception_handler: arg is borrowed; fn NULL restores the default, which writes to stderr in asyncio's words.
void tick_loop_set_exception_handler(struct tick_loop *loop, tick_exception_fn *fn, void *arg);
void tick_loop_report(struct tick_loop *loop, const struct tick_report *report); // call_exception_handler

// set_debug, get_debug; off at first. While it is on: a step or callback of 100 ms or more is reported ("Executing <Task ...> took 0.123
// seconds"); call_soon, call_at and call_later from another thread are refused while the loop runs (TICK_EWRONGTHREAD, NULL);
// reports tell where a task was made (asyncio's "Object created at": a place instead of a backtrace).
void tick_loop_set_debug(struct tick_loop *loop, bool on);
bool tick_loop_get_debug(const struct tick_loop *loop);

// How many iterations the loop has begun: snapshots of the ready queue and idle polls.
uint64_t tick_loop_iterations(const struct tick_loop *loop);

#ifdef __cplusplus
}
#endif

#endif
