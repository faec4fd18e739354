// libc's names: threads. What is asked about a thread that is none of the world's (a stray one of a library's) is libc's to answer.
#include "sim/guest/locks_int.h"
#include "sim/guest/originals_int.h"
#include "sim/guest/turn_int.h"
#include "sim/guest/wrap_int.h"
#include <sched.h>
#include <string.h>

// The program's main runs in a frame of ours, where pthread_exit can end it.
static int (*the_main)(int, char **, char **);

static int in_frame(int argc, char **argv, char **env) {
    return tick__guest_on ? tick__guest_main(the_main, argc, argv, env) : the_main(argc, argv, env);
}

typedef int start_fn(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void), void (*)(void), void *);
EXPORT start_fn __libc_start_main;
int __libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void), void (*fini)(void),
    void (*loader_fini)(void), void *stack_end) {
    start_fn *libc;
    void *found = tick__original_named("__libc_start_main");
    memcpy(&libc, &found, sizeof libc);
    the_main = main;
    return libc(in_frame, argc, argv, init, fini, loader_fini, stack_end);
}

static struct tick__guest_thread *known(pthread_t pthread) {
    return tick__guest_on ? tick__guest_thread_of(pthread) : NULL;
}

static bool is_stack(const char *stack, size_t size) {
    return (uintptr_t)stack + size != 0; // of attributes without a stack, libc says where none ends
}

static struct tick__guest_asked asked_by(const pthread_attr_t *attributes, uint64_t *mask) {
    struct tick__guest_asked asked = {.stack = NULL};
    int detached = PTHREAD_CREATE_JOINABLE;
    sigset_t set;
    if (!attributes)
        return asked;
    (void)pthread_attr_getdetachstate(attributes, &detached);
    asked.detached = detached == PTHREAD_CREATE_DETACHED;
    void *stack = NULL;
    if (pthread_attr_getstack(attributes, &stack, &asked.stack_size) || !is_stack(stack, asked.stack_size))
        stack = NULL;
    asked.stack = stack;
    if (!stack)
        (void)pthread_attr_getstacksize(attributes, &asked.stack_size);
    if (TICK__ORIGINAL(pthread_attr_getsigmask_np) && TICK__ORIGINAL(pthread_attr_getsigmask_np)(attributes, &set) == 0) {
        memcpy(mask, &set, sizeof *mask);
        asked.mask = mask;
    }
    return asked;
}

EXPORT int pthread_create(pthread_t *restrict out, const pthread_attr_t *restrict attributes, void *(*start)(void *), void *restrict arg) {
    if (!tick__guest_on || !tick__guest_begin())
        return TICK__ORIGINAL(pthread_create)(out, attributes, start, arg);
    uint64_t mask;
    const struct tick__guest_asked asked = asked_by(attributes, &mask);
    tick__guest_caller = __builtin_return_address(0);
    return tick__guest_thread_create(out, &asked, start, arg);
}

EXPORT void pthread_exit(void *result) {
    if (!tick__guest_on)
        TICK__ORIGINAL(pthread_exit)(result);
    tick__guest_thread_exit(result);
}

static int join(pthread_t pthread, void **result, const struct tick__until *until, bool *stray) {
    struct tick__guest_thread *thread = known(pthread);
    const int64_t deadline = thread ? tick__guest_moment(until) : 0;
    *stray = !thread;
    if (!thread)
        return 0;
    return deadline < 0 ? EINVAL : tick__guest_thread_join(thread, result, deadline, until->place);
}

EXPORT int pthread_join(pthread_t pthread, void **result) {
    bool stray;
    const int error = join(pthread, result, TICK__FOR_EVER(), &stray);
    return stray ? TICK__ORIGINAL(pthread_join)(pthread, result) : error;
}

EXPORT int pthread_timedjoin_np(pthread_t pthread, void **result, const struct timespec *at) {
    bool stray;
    const int error = join(pthread, result, TICK__UNTIL(CLOCK_REALTIME, at), &stray);
    return stray ? TICK__ORIGINAL(pthread_timedjoin_np)(pthread, result, at) : error;
}

EXPORT int pthread_clockjoin_np(pthread_t pthread, void **result, clockid_t clock, const struct timespec *at) {
    bool stray;
    const int error = join(pthread, result, TICK__UNTIL(clock, at), &stray);
    return stray ? TICK__ORIGINAL(pthread_clockjoin_np)(pthread, result, clock, at) : error;
}

EXPORT int pthread_tryjoin_np(pthread_t pthread, void **result) {
    struct tick__guest_thread *thread = known(pthread);
    if (!thread)
        return TICK__ORIGINAL(pthread_tryjoin_np)(pthread, result);
    tick__guest_point();
    return thread->state == TICK__THREAD_OVER ? tick__guest_thread_join(thread, result, 0, NULL) : EBUSY;
}

EXPORT int pthread_detach(pthread_t pthread) {
    struct tick__guest_thread *thread = known(pthread);
    return thread ? tick__guest_thread_detach(thread) : TICK__ORIGINAL(pthread_detach)(pthread);
}

// --- cancellation ---

EXPORT int pthread_cancel(pthread_t pthread) {
    struct tick__guest_thread *thread = known(pthread);
    if (!thread)
        return TICK__ORIGINAL(pthread_cancel)(pthread);
    tick__guest_cancel(thread);
    return 0;
}

EXPORT void pthread_testcancel(void) {
    if (!tick__guest_on)
        TICK__ORIGINAL(pthread_testcancel)();
    else if (tick__guest_is_cancelled(tick__guest_self()))
        tick__guest_interrupted();
}

EXPORT int pthread_setcancelstate(int state, int *old) {
    if (!tick__guest_on)
        return TICK__ORIGINAL(pthread_setcancelstate)(state, old);
    struct tick__guest_life *life = &tick__guest_self()->life;
    if (state != PTHREAD_CANCEL_ENABLE && state != PTHREAD_CANCEL_DISABLE)
        return EINVAL;
    if (old)
        *old = life->uncancellable ? PTHREAD_CANCEL_DISABLE : PTHREAD_CANCEL_ENABLE;
    if (!life->ending)
        life->uncancellable = state == PTHREAD_CANCEL_DISABLE;
    if (life->cancelled_at_once && tick__guest_is_cancelled(tick__guest_self()))
        tick__guest_interrupted();
    return 0;
}

EXPORT int pthread_setcanceltype(int type, int *old) {
    if (!tick__guest_on)
        return TICK__ORIGINAL(pthread_setcanceltype)(type, old);
    struct tick__guest_life *life = &tick__guest_self()->life;
    if (type != PTHREAD_CANCEL_DEFERRED && type != PTHREAD_CANCEL_ASYNCHRONOUS)
        return EINVAL;
    if (old)
        *old = life->cancelled_at_once ? PTHREAD_CANCEL_ASYNCHRONOUS : PTHREAD_CANCEL_DEFERRED;
    life->cancelled_at_once = type == PTHREAD_CANCEL_ASYNCHRONOUS;
    if (life->cancelled_at_once && tick__guest_is_cancelled(tick__guest_self()))
        tick__guest_interrupted();
    return 0;
}

// --- what a thread is ---

EXPORT int pthread_getattr_np(pthread_t pthread, pthread_attr_t *out) {
    struct tick__guest_thread *thread = known(pthread);
    const int error = TICK__ORIGINAL(pthread_getattr_np)(pthread, out);
    if (error || !thread)
        return error;
    if (thread->life.stack)
        (void)pthread_attr_setstack(out, thread->life.stack, thread->life.stack_size);
    return pthread_attr_setdetachstate(out, thread->life.detached ? PTHREAD_CREATE_DETACHED : PTHREAD_CREATE_JOINABLE);
}

EXPORT int pthread_setname_np(pthread_t pthread, const char *name) {
    struct tick__guest_thread *thread = known(pthread);
    const size_t length = strlen(name);
    if (!thread)
        return TICK__ORIGINAL(pthread_setname_np)(pthread, name);
    if (length >= sizeof thread->life.name)
        return ERANGE;
    memcpy(thread->life.name, name, length + 1);
    return 0;
}

EXPORT int pthread_getname_np(pthread_t pthread, char *out, size_t size) {
    struct tick__guest_thread *thread = known(pthread);
    if (!thread || !thread->life.name[0])
        return TICK__ORIGINAL(pthread_getname_np)(pthread, out, size);
    const size_t length = strlen(thread->life.name);
    if (size <= length)
        return ERANGE;
    memcpy(out, thread->life.name, length + 1);
    return 0;
}

EXPORT int pthread_getaffinity_np(pthread_t pthread, size_t size, cpu_set_t *set) {
    if (!known(pthread))
        return TICK__ORIGINAL(pthread_getaffinity_np)(pthread, size, set);
    return sched_getaffinity(0, size, set) < 0 ? errno : 0;
}

EXPORT int pthread_setaffinity_np(pthread_t pthread, size_t size, const cpu_set_t *set) {
    if (!known(pthread))
        return TICK__ORIGINAL(pthread_setaffinity_np)(pthread, size, set);
    return sched_setaffinity(0, size, set) < 0 ? errno : 0;
}

EXPORT int pthread_getcpuclockid(pthread_t pthread, clockid_t *clock) {
    if (!known(pthread))
        return TICK__ORIGINAL(pthread_getcpuclockid)(pthread, clock);
    *clock = CLOCK_PROCESS_CPUTIME_ID; // there is one kernel thread
    return 0;
}

EXPORT int pthread_getschedparam(pthread_t pthread, int *policy, struct sched_param *out) {
    if (!known(pthread))
        return TICK__ORIGINAL(pthread_getschedparam)(pthread, policy, out);
    *policy = SCHED_OTHER;
    *out = (struct sched_param){.sched_priority = 0};
    return 0;
}

EXPORT int pthread_setschedparam(pthread_t pthread, int policy, const struct sched_param *parameters) {
    if (!known(pthread))
        return TICK__ORIGINAL(pthread_setschedparam)(pthread, policy, parameters);
    if (policy == SCHED_FIFO || policy == SCHED_RR)
        return EPERM; // as without privileges
    return parameters->sched_priority ? EINVAL : 0;
}

EXPORT int pthread_setschedprio(pthread_t pthread, int priority) {
    if (!known(pthread))
        return TICK__ORIGINAL(pthread_setschedprio)(pthread, priority);
    return priority ? EINVAL : 0;
}

// --- its own data ---

EXPORT int pthread_key_create(pthread_key_t *out, void (*destroy)(void *)) {
    const int error = TICK__ORIGINAL(pthread_key_create)(out, destroy);
    if (!error)
        tick__guest_key_made(*out, destroy);
    return error;
}
ALSO(pthread_key_create, __pthread_key_create)

EXPORT int pthread_key_delete(pthread_key_t key) {
    const int error = TICK__ORIGINAL(pthread_key_delete)(key);
    if (!error)
        tick__guest_key_deleted(key);
    return error;
}

EXPORT int tss_create(tss_t *out, tss_dtor_t destroy) {
    const int error = TICK__ORIGINAL(tss_create)(out, destroy);
    if (error == thrd_success)
        tick__guest_key_made(*out, destroy);
    return error;
}

EXPORT void tss_delete(tss_t key) {
    TICK__ORIGINAL(tss_delete)(key);
    tick__guest_key_deleted(key);
}

// --- C11's threads ---

EXPORT int thrd_create(thrd_t *out, thrd_start_t start, void *arg) {
    if (!tick__guest_on || !tick__guest_begin())
        return TICK__ORIGINAL(thrd_create)(out, start, arg);
    void *(*function)(void *);
    const struct tick__guest_asked asked = {.c11 = true};
    memcpy(&function, &start, sizeof function);
    tick__guest_caller = __builtin_return_address(0);
    const int error = tick__guest_thread_create(out, &asked, function, arg);
    return !error ? thrd_success : error == EAGAIN || error == ENOMEM ? thrd_nomem : thrd_error;
}

EXPORT void thrd_exit(int result) {
    pthread_exit((void *)(intptr_t)result);
}

EXPORT int thrd_join(thrd_t thread, int *result) {
    void *value = NULL;
    const int error = pthread_join(thread, &value);
    if (!error && result)
        *result = (int)(intptr_t)value;
    return error ? thrd_error : thrd_success;
}

EXPORT int thrd_detach(thrd_t thread) {
    return pthread_detach(thread) ? thrd_error : thrd_success;
}

EXPORT int sched_yield(void) {
    return (int)CALL(SYS_sched_yield);
}
ALSO(sched_yield, __sched_yield)

EXPORT int tick__pthread_yield(void) __asm__("pthread_yield"); // which libc's headers turn into sched_yield
int tick__pthread_yield(void) {
    return sched_yield();
}

EXPORT void thrd_yield(void) {
    (void)sched_yield();
}

EXPORT int thrd_sleep(const struct timespec *span, struct timespec *left) {
    const int error = clock_nanosleep(CLOCK_REALTIME, 0, span, left);
    return !error ? 0 : error == EINTR ? -1 : -2;
}
