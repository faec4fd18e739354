// The executor: jobs on the seam's threads, or, where it has none (a simulated world), each on a stack of its own between two callbacks.
//
// A job belongs to the loop, until that has heard that it is over or is closed, and to the threads, until they drop it. The last of them
// frees it. Coming back needs no memory: the handle that tells the loop is a part of the job.
#include <retick/executor.h>

#include "src/base/alloc.h"
#include "src/coro/coro.h"
#include "src/loop/loop_int.h"
#include <errno.h>

#define JOB_TIME_MOST TICK_MS(100)
#define SIMULATED_THREADS 8 // of a machine with 4 CPUs, by asyncio's rule

struct job_future {
    struct tick_future future;   // first
    struct tick__job *job;       // NULL: it is over, or goes on alone
    struct tick__job *withdrawn; // from the queue, by a cancellation that the loop has not heard of yet
    struct tick_handle heard;    // the first that is called when it is done, as asyncio's is: an iteration is its own
};

// Waits until no job is left.
struct tick__idle_wait {
    struct tick__idle_wait *next, **back;
    struct tick_future *future; // one reference; NULL: nobody waits any more
    struct tick_handle handle;  // none was left when it came
    bool called;                // that is in the ready queue
};

struct tick__job {
    struct tick_sys_job job; // first
    struct tick_loop *loop;
    struct tick__job *next, **back; // of the loop's
    struct tick__job *behind;       // without threads: the next that waits for one
    bool waits;                     // it does
    bool revoked;                   // from the queue, by the executor's end
    struct job_future *future;      // one reference; NULL: nobody wants to know
    struct job_future *leaves;      // that withdrew it, and has not told so yet
    struct tick_handle handle;      // begins it (without threads), or tells that it is over
    tick_task_fn *fn;
    void *arg;
    const struct tick_loc *loc;
    tick_id id;
    int64_t takes; // in virtual time, at least
    int result;
    atomic_uint refs;
};

static void job_unref(struct tick__job *job) {
    if (atomic_fetch_sub_explicit(&job->refs, 1, memory_order_acq_rel) == 1)
        tick__free(job);
}

static void dropped(struct tick_sys_job *job) {
    job_unref((struct tick__job *)job);
}

static struct tick_future *part(struct tick__job *job) {
    struct job_future *future = job->future;
    job->future = NULL;
    if (!future)
        return NULL;
    future->job = NULL;
    return &future->future;
}

// Out of the line of those that wait for a thread.
static void leave_line(struct tick__job *job) {
    struct tick__executor *executor = &job->loop->executor;
    struct tick__job *before = NULL, *each = executor->line;
    for (; each != job; each = each->behind)
        before = each;
    *(before ? &before->behind : &executor->line) = job->behind;
    if (executor->line_end == job)
        executor->line_end = before;
    job->waits = false;
}

// The loop's part of it ends.
static void forget(struct tick__job *job) {
    struct tick__executor *executor = &job->loop->executor;
    *job->back = job->next;
    if (job->next)
        job->next->back = job->back;
    tick_future_unref(part(job));
    job_unref(job);
    for (struct tick__idle_wait *wait = executor->jobs ? NULL : executor->waits; wait; wait = wait->next)
        if (!wait->called)
            tick__future_finish(wait->future, 0, 0, 0);
}

static bool withdraw(struct tick__job *job) {
    struct tick_sys *sys = job->loop->sys;
    if (job->waits) {
        leave_line(job);
        return true;
    }
    return sys->ops->threads_withdraw && !job->revoked && sys->ops->threads_withdraw(sys, job->loop->executor.threads, &job->job);
}

static void over(void *arg);

// Of a job that no thread has: the loop hears of it in its next iteration.
static void tell_loop(struct tick__job *job, tick_callback_fn *fn) {
    struct tick_loop *loop = job->loop;
    job->handle.fn.call = fn;
    job->handle.hidden = 1;
    job->handle.id = job->id;
    job->handle.cause = tick__here(loop);
    tick__ready_push(loop, &job->handle);
}

static bool job_cancel(struct tick_future *future, const char *message) {
    struct job_future *cancelled = (struct job_future *)future;
    struct tick__job *job = cancelled->job;
    tick__future_cancelled(future, message, 0);
    if (!job)
        return true;
    struct tick_future *own = part(job);
    if (withdraw(job)) {
        cancelled->withdrawn = job;
        job->leaves = cancelled;
    }
    tick_future_unref(own);
    return true;
}

// A job that was withdrawn tells so, as one that has ended would.
static void heard(struct tick_future *future, void *arg) {
    struct job_future *own = (struct job_future *)future;
    (void)arg;
    struct tick__job *job = own->withdrawn;
    if (!job)
        return;
    own->withdrawn = NULL;
    job->leaves = NULL;
    tell_loop(job, over);
}

static void job_future_drop(struct tick_future *future) {
    tick__block_free(future);
}

static const struct tick_future_ops job_ops = {.type = TICK_OBJECT_FUTURE, .cancel = job_cancel, .drop = job_future_drop};

static void over(void *arg) {
    struct tick__job *job = arg;
    struct tick_future *future = part(job);
    if (future)
        tick__future_finish(future, job->result, job->result, 0);
    tick_future_unref(future);
    forget(job);
}

// --- with threads ---

static void run(struct tick_sys_job *base) {
    struct tick__job *job = (struct tick__job *)base;
    job->result = job->fn(job->arg);
}

static void ran(struct tick_sys_job *base) {
    struct tick__job *job = (struct tick__job *)base;
    (void)tick__inbox_push(job->loop, &job->handle); // if waking failed, the next push tries again
}

static int on_thread(struct tick_loop *loop, struct tick__job *job) {
    struct tick__executor *executor = &loop->executor;
    struct tick_sys *sys = loop->sys;
    if (!executor->threads)
        TICK_TRY(sys->ops->threads_new(sys, executor->most, &executor->threads));
    job->job = (struct tick_sys_job){.run = run, .ran = ran, .drop = dropped};
    job->handle.fn.call = over;
    job->job.takes = job->takes;
    atomic_store_explicit(&job->refs, 2, memory_order_relaxed);
    const int error = sys->ops->threads_run(sys, executor->threads, &job->job);
    if (error < 0)
        atomic_store_explicit(&job->refs, 1, memory_order_relaxed);
    return error;
}

// --- without ---

static void on_own_stack(void *arg) {
    struct tick__job *job = arg;
    struct tick_loop *loop = job->loop;
    job->result = job->fn(job->arg);
    tick_coro_exit(loop->executor.on, loop->coro);
}

static void in_turn(struct tick__job *job);

// Its thread takes the one that has waited longest.
static void leave_thread(struct tick__job *job) {
    struct tick__executor *executor = &job->loop->executor;
    struct tick__job *next = executor->line;
    over(job);
    executor->busy--;
    if (!next)
        return;
    leave_line(next);
    in_turn(next);
}

// All at one instant: whatever waits in the job holds its host up.
static void carry_out(void *arg) {
    struct tick__job *job = arg;
    struct tick_loop *loop = job->loop;
    struct tick_coro *coro = tick_coro_new(loop->stacks, on_own_stack, job);
    // What it makes is the job's, whether a timer or the queue brought it here.
    struct tick_maker maker = {.id = job->id, .object = job->handle.object};
    struct tick__acting outer;
    if (loop->observed)
        tick__acting_begin(loop, &maker, &outer);
    if (coro) {
        loop->executor.on = coro;
        tick__loop_running = NULL;
        tick_coro_switch(loop->coro, coro);
        tick__loop_running = loop;
        loop->executor.on = NULL;
        tick_coro_free(coro);
    } else {
        job->result = -ENOMEM;
    }
    if (loop->observed) {
        tick__acting_end(loop, &outer);
        tick__maker_fini(&maker);
    }
    leave_thread(job);
}

// From here on it has its thread: a cancellation comes too late to keep it from running.
static void get_thread(void *arg) {
    struct tick__job *job = arg;
    struct tick_loop *loop = job->loop;
    struct tick_sys *sys = loop->sys;
    if (!job->future) { // cancelled in the queue
        leave_thread(job);
        return;
    }
    uint32_t value = 0;
    if (sys->ops->choose)
        value = sys->ops->choose(sys, TICK_CHOICE_JOB_TIME, job->id, 0, tick_scale_count(JOB_TIME_MOST), JOB_TIME_MOST);
    if (value || job->takes > 0) {
        const int64_t takes = tick__after(job->takes, tick_scale_capped(value, JOB_TIME_MOST)),
                      when = tick__after(sys->ops->now(sys), takes);
        struct tick_handle *timer = tick__timer_new(loop, when, carry_out, job, "job", job->loc, true);
        tick_handle_unref(timer);
        if (timer)
            return;
    }
    carry_out(job);
}

static void in_turn(struct tick__job *job) {
    job->loop->executor.busy++;
    tell_loop(job, get_thread);
}

// How many threads it can have: none where the loop's own is the last that its program may have.
static uint32_t threads_most(const struct tick__executor *executor) {
    const uint32_t most = executor->most ? executor->most : SIMULATED_THREADS;
    return executor->processes && executor->processes - 1 < most ? executor->processes - 1 : most;
}

static int get_in_line(struct tick__job *job) {
    struct tick__executor *executor = &job->loop->executor;
    const uint32_t most = threads_most(executor);
    if (!most)
        return -EAGAIN;
    if (executor->busy < most) {
        in_turn(job);
        return 0;
    }
    *(executor->line_end ? &executor->line_end->behind : &executor->line) = job;
    executor->line_end = job;
    job->waits = true;
    return 0;
}

// --- for programs ---

int tick__executor_submit(
    struct tick_loop *loop, tick_task_fn *fn, void *arg, int64_t takes, struct tick_future **future, const struct tick_loc *loc) {
    if (loop->closed || loop->executor.shut)
        return TICK_ECLOSED;
    struct tick__job *job = tick__alloc_zero(sizeof *job);
    struct job_future *made = job ? tick__block_alloc(loop, sizeof *made) : NULL;
    if (!made) {
        tick__free(job);
        return -ENOMEM;
    }
    job->loop = loop;
    job->fn = fn;
    job->arg = arg;
    job->loc = loc;
    job->takes = takes;
    job->handle = (struct tick_handle){.loop = loop, .refs = 1, .kind = TICK__CALL, .embedded = 1, .arg = job};
    atomic_init(&job->refs, 1);
    if (loop->observed)
        job->id = tick__identify(loop, TICK_OBJECT_JOB, loc->name, loc, &job->handle.object);
    tick__future_init(&made->future, loop, &job_ops, loc);
    made->heard = (struct tick_handle){.loop = loop, .refs = 1, .kind = TICK__DONE, .embedded = 1, .hidden = 1};
    made->heard.fn.done = heard;
    if (loop->observed)
        made->heard.id = tick_id_mix(job->id, TICK_OBJECT_HANDLE);
    tick__future_listen(&made->future, &made->heard);
    // Linked before it is submitted: it may be over before that returns.
    made->withdrawn = NULL;
    made->job = job;
    job->future = made;
    job->next = loop->executor.jobs;
    job->back = &loop->executor.jobs;
    if (job->next)
        job->next->back = &job->next;
    loop->executor.jobs = job;
    tick_future_ref(&made->future);
    const int error = loop->sys->ops->threads_new ? on_thread(loop, job) : get_in_line(job);
    if (error < 0) {
        forget(job);
        tick_future_unref(&made->future);
        return error;
    }
    loop->executor.used = true;
    *future = &made->future;
    return 0;
}

int tick_run_in_executor_at(struct tick_loop *loop, tick_task_fn *fn, void *arg, struct tick_future **future, const struct tick_loc *loc) {
    loop = tick__loop_meant(loop);
    return loop ? tick__executor_submit(loop, fn, arg, 0, future, loc) : TICK_EINVALSTATE;
}

int tick_to_thread_at(tick_task_fn *fn, void *arg, const struct tick_loc *loc) {
    struct tick_future *future;
    if (!tick_task_current())
        return TICK_EINVALSTATE;
    TICK_TRY(tick_run_in_executor_at(NULL, fn, arg, &future, loc));
    int result = tick__await_at(future, loc);
    if (result == 0)
        result = (int)future->is.value;
    else if (!tick_future_done(future))
        (void)tick_future_cancel(future, NULL);
    tick_future_unref(future);
    return result;
}

// --- ends ---

// The last part of a wait: its call of the loop still comes, or came.
static void idle_free(struct tick__idle_wait *wait) {
    tick_future_unref(wait->future);
    wait->future = NULL;
    if (!wait->called)
        tick__block_free(wait);
}

static void idle_now(void *arg) {
    struct tick__idle_wait *wait = arg;
    wait->called = false;
    if (wait->future)
        tick__future_finish(wait->future, 0, 0, 0);
    else
        tick__block_free(wait);
}

// Done once no job is left: through the loop, if none is now. A thread of its own waits in asyncio, and tells it so.
static struct tick__idle_wait *idle_new(struct tick_loop *loop) {
    struct tick__executor *executor = &loop->executor;
    struct tick__idle_wait *wait = tick__block_alloc(loop, sizeof *wait), **end = &executor->waits;
    struct tick_future *future = wait ? tick_future_new_at(loop, TICK_HERE("executor")) : NULL;
    if (!future) {
        tick__block_free(wait);
        return NULL;
    }
    while (*end)
        end = &(*end)->next;
    *wait = (struct tick__idle_wait){.back = end, .future = future};
    *end = wait;
    if (executor->jobs)
        return wait;
    wait->handle = (struct tick_handle){.loop = loop, .refs = 1, .kind = TICK__CALL, .embedded = 1, .hidden = 1, .arg = wait};
    wait->handle.fn.call = idle_now;
    if (loop->observed)
        wait->handle.id = tick_maker_next(loop->maker, TICK_OBJECT_HANDLE, NULL);
    wait->handle.cause = tick__here(loop);
    wait->called = true;
    tick__ready_push(loop, &wait->handle);
    return wait;
}

static void idle_leave(struct tick__idle_wait *wait) {
    *wait->back = wait->next;
    if (wait->next)
        wait->next->back = wait->back;
    idle_free(wait);
}

int tick_executor_shutdown(void) {
    struct tick_task *task = tick__task_running();
    if (!task)
        return TICK_EINVALSTATE;
    struct tick_loop *loop = task->future.loop;
    loop->executor.shut = true;
    if (!loop->executor.used)
        return 0;
    struct tick__idle_wait *wait = idle_new(loop);
    if (!wait)
        return -ENOMEM;
    const int result = tick__await_at(wait->future, TICK_HERE("executor"));
    idle_leave(wait);
    return result;
}

static void told_revoked(void *arg) {
    struct tick__job *job = arg;
    struct tick_future *future = part(job);
    if (future)
        tick__future_finish(future, TICK_ECANCELED, 0, 0);
    tick_future_unref(future);
    forget(job);
}

// Those that no thread has, the longest first; those that were withdrawn and not told of are told of now.
static void revoke_queued(struct tick__executor *executor) {
    struct tick__job *first = NULL;
    for (struct tick__job *job = executor->jobs; job; job = job->next) {
        if (job->leaves)
            job->leaves->withdrawn = NULL;
        else if (!withdraw(job))
            continue;
        job->leaves = NULL;
        job->revoked = true;
        job->behind = first;
        first = job;
    }
    for (; first; first = first->behind)
        tell_loop(first, told_revoked);
}

int tick_executor_close(bool cancel) {
    struct tick_loop *loop = tick__loop_meant(NULL);
    if (!loop)
        return TICK_EINVALSTATE;
    loop->executor.shut = true;
    if (cancel)
        revoke_queued(&loop->executor);
    return 0;
}

int tick__executor_finish(struct tick_loop *loop) {
    struct tick__executor *executor = &loop->executor;
    executor->shut = true;
    int result = 0;
    if (executor->jobs) {
        struct tick__idle_wait *wait = idle_new(loop);
        result = wait ? tick_loop_run_until(loop, wait->future) : -ENOMEM;
        if (wait)
            idle_leave(wait);
    }
    if (executor->threads && (!executor->jobs || result == -ENOMEM)) { // without memory to run the loop: at least none is left running
        loop->sys->ops->threads_free(loop->sys, executor->threads, true);
        executor->threads = NULL;
    }
    return result;
}

void tick__executor_leave(struct tick_loop *loop) {
    struct tick__executor *executor = &loop->executor;
    executor->shut = true;
    if (executor->threads)
        loop->sys->ops->threads_free(loop->sys, executor->threads, false);
    executor->threads = NULL;
    while (executor->waits)
        idle_leave(executor->waits);
}

void tick__executor_fini(struct tick_loop *loop) {
    while (loop->executor.jobs)
        forget(loop->executor.jobs);
}
