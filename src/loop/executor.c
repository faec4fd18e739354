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
    struct tick_future future; // first
    struct tick__job *job;     // NULL: it is over, or goes on alone
};

struct tick__job {
    struct tick_sys_job job; // first
    struct tick_loop *loop;
    struct tick__job *next, **back; // of the loop's
    struct tick__job *behind;       // without threads: the next that waits for one
    bool waits;                     // it does
    struct job_future *future;      // one reference; NULL: nobody wants to know
    struct tick_handle handle;      // begins it (without threads), or tells that it is over
    tick_task_fn *fn;
    void *arg;
    const struct tick_loc *loc;
    tick_id id;
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
    if (!executor->jobs && executor->idle)
        tick__future_finish(executor->idle, 0, 0, 0);
}

static bool job_cancel(struct tick_future *future, const char *message) {
    struct tick__job *job = ((struct job_future *)future)->job;
    struct tick_sys *sys = future->loop->sys;
    tick__future_cancelled(future, message, 0);
    if (!job)
        return true;
    struct tick_future *own = part(job);
    if (job->waits) {
        leave_line(job);
        forget(job);
    } else if (sys->ops->threads_withdraw && sys->ops->threads_withdraw(sys, future->loop->executor.threads, &job->job)) {
        forget(job);
    }
    tick_future_unref(own);
    return true;
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
    if (value) {
        const int64_t when = tick__after(sys->ops->now(sys), tick_scale_capped(value, JOB_TIME_MOST));
        struct tick_handle *timer = tick__timer_new(loop, when, carry_out, job, "job", job->loc, true);
        tick_handle_unref(timer);
        if (timer)
            return;
    }
    carry_out(job);
}

static void in_turn(struct tick__job *job) {
    struct tick_loop *loop = job->loop;
    loop->executor.busy++;
    job->handle.fn.call = get_thread;
    job->handle.hidden = 1;
    job->handle.id = job->id;
    job->handle.cause = tick__here(loop);
    tick__ready_push(loop, &job->handle);
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

int tick_run_in_executor_at(struct tick_loop *loop, tick_task_fn *fn, void *arg, struct tick_future **future, const struct tick_loc *loc) {
    loop = tick__loop_meant(loop);
    if (!loop)
        return TICK_EINVALSTATE;
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
    job->handle = (struct tick_handle){.loop = loop, .refs = 1, .kind = TICK__CALL, .embedded = 1, .arg = job};
    atomic_init(&job->refs, 1);
    if (loop->observed)
        job->id = tick__identify(loop, TICK_OBJECT_JOB, loc->name, loc, &job->handle.object);
    tick__future_init(&made->future, loop, &job_ops, loc);
    // Linked before it is submitted: it may be over before that returns.
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
    *future = &made->future;
    return 0;
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

static struct tick_future *idle_future(struct tick_loop *loop) {
    struct tick__executor *executor = &loop->executor;
    if (!executor->idle)
        executor->idle = tick_future_new_at(loop, TICK_HERE("executor"));
    return executor->idle;
}

int tick_executor_shutdown(void) {
    struct tick_task *task = tick__task_running();
    if (!task)
        return TICK_EINVALSTATE;
    struct tick_loop *loop = task->future.loop;
    loop->executor.shut = true;
    if (!loop->executor.jobs)
        return 0;
    struct tick_future *idle = idle_future(loop);
    if (!idle)
        return -ENOMEM;
    struct tick_future *shield = tick_shield(idle); // others may wait for it, too
    const int result = shield ? tick__await_at(shield, TICK_HERE("shield")) : -ENOMEM;
    tick_future_unref(shield);
    return result;
}

int tick__executor_finish(struct tick_loop *loop) {
    struct tick__executor *executor = &loop->executor;
    executor->shut = true;
    int result = 0;
    if (executor->jobs)
        result = idle_future(loop) ? tick_loop_run_until(loop, executor->idle) : -ENOMEM;
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
    tick_future_unref(executor->idle);
    executor->idle = NULL;
}

void tick__executor_fini(struct tick_loop *loop) {
    while (loop->executor.jobs)
        forget(loop->executor.jobs);
}
