// How threads of the world begin and end: each runs on a sleeper's thread-local memory and, where it fits, on its stack (sleepers.c).
//
// pthread_exit and cancellation unwind by libc's own pthread_exit, up to a cleanup handler that the thread began with: that one ends it as
// libc's start_thread would (destructors of C++'s thread_local, then of keys; then robust mutexes lose their owner), but for the kernel
// thread, which is not its. The first thread may call pthread_exit, too, as its main runs inside such a frame; the process ends with the
// last thread.
//
// A thread that is joined, or over and detached, gives its sleeper to the next. pthread_t is the sleeper's, and so may come again, as in
// libc.
#include "sim/guest/guest_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/originals_int.h"
#include "sim/guest/symbols_int.h"
#include "sim/guest/trap_int.h"
#include "sim/guest/turn_int.h"
#include "src/base/check.h"
#include <dlfcn.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE ((size_t)4096)
#define LEAST ((size_t)16 << 10) // of a stack of the program's own: PTHREAD_STACK_MIN

// What pthread_cleanup_push is made of in C: libc's unwinding comes back to where this was 0, and is 1 then. (With -fexceptions the macro
// would be something else, and libc's unwinding would go on to its own end of the thread.)
void __pthread_register_cancel(__pthread_unwind_buf_t *buffer);
void __pthread_unregister_cancel(__pthread_unwind_buf_t *buffer);
union frame {
    __pthread_unwind_buf_t buffer;
    struct __jmp_buf_tag jump; // as its beginning is, and longer
};
#define UNWINDS_TO(frame) __sigsetjmp(&(frame).jump, 0)

int32_t tick__guest_tid(void) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    if (!life->tid) { // libc's word for it, whatever has happened to the process since it read it
        pthread_mutex_t probe = PTHREAD_MUTEX_INITIALIZER;
        (void)TICK__ORIGINAL(pthread_mutex_trylock)(&probe);
        life->tid = probe.__data.__owner;
        (void)TICK__ORIGINAL(pthread_mutex_unlock)(&probe);
    }
    return life->tid;
}

static bool is_gone(const struct tick__guest_thread *thread) {
    return thread->state == TICK__THREAD_OVER && thread->life.detached;
}

struct tick__guest_thread *tick__guest_thread_of(pthread_t pthread) {
    struct tick__guest_turns *t = tick__guest_turns;
    if (!t->threads[0].life.pthread && t->self == &t->threads[0])
        t->threads[0].life.pthread = pthread_self();
    for (uint32_t i = 0; i < t->count; i++)
        if (t->threads[i].life.pthread == pthread && t->threads[i].state != TICK__THREAD_FREE && !is_gone(&t->threads[i]))
            return &t->threads[i];
    return NULL;
}

// --- the end ---

static void recycle(struct tick__guest_thread *thread) {
    struct tick__guest_life *life = &thread->life;
    if (!life->sleeper)
        return; // the first thread
    if (life->mapped)
        (void)tick__raw(SYS_munmap, life->stack - PAGE, life->mapped);
    tick__guest_sleeper_give(life->sleeper);
    tick__guest_thread_free(thread);
}

// Threads that were detached when they ended: nobody joins them.
static void recycle_gone(void) {
    struct tick__guest_turns *t = tick__guest_turns;
    for (uint32_t i = 1; t->gone && i < t->count; i++) {
        struct tick__guest_thread *thread = &t->threads[i];
        if (is_gone(thread) && thread != t->self) {
            recycle(thread);
            t->gone--;
        }
    }
}

static bool is_last(void) {
    return tick__guest_turns->alive == 1;
}

static _Noreturn void finish(void) {
    struct tick__guest_thread *self = tick__guest_self();
    struct tick__guest_life *life = &self->life;
    life->ending = true;
    life->uncancellable = true;
    if (TICK__ORIGINAL(__call_tls_dtors))
        TICK__ORIGINAL(__call_tls_dtors)();
    tick__guest_keys_destroy();
    if (is_last())
        exit(0);
    if (life->sleeper && life->sleeper->robust)
        tick__guest_robust_die(life->sleeper->robust, life->tid);
    tick__guest_tell_over(life);
    (void)tick__guest_waiters_wake(life, UINT32_MAX);
    if (life->detached)
        tick__guest_turns->gone++; // its memory is taken when it has left it
    tick__guest_thread_over();
}

void tick__guest_thread_exit(void *result) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    if (life->ending)
        tick__guest_unsupported("pthread_exit", "in a destructor of a thread that ends");
    life->result = result;
    life->uncancellable = true;
    TICK__ORIGINAL(pthread_exit)(result);
}

// --- the beginning ---

static void *run(struct tick__guest_life *life) {
    return life->c11 ? (void *)(intptr_t)life->start.c11(life->arg) : life->start.pthread(life->arg);
}

static void begin(void) {
    struct tick__guest_life *life = &tick__guest_self()->life;
    if (life->sleeper->begun)
        tick__guest_locals_renew();
    tick__guest_attend();
    union frame frame;
    if (!UNWINDS_TO(frame)) {
        __pthread_register_cancel(&frame.buffer);
        life->result = run(life);
    }
    __pthread_unregister_cancel(&frame.buffer);
    finish();
}

int tick__guest_main(int (*main)(int, char **, char **), int argc, char **argv, char **env) {
    union frame frame;
    if (UNWINDS_TO(frame)) {
        __pthread_unregister_cancel(&frame.buffer);
        finish();
    }
    __pthread_register_cancel(&frame.buffer);
    const int status = main(argc, argv, env);
    __pthread_unregister_cancel(&frame.buffer);
    return status;
}

// Of a function that its file does not export. The control block keeps it, as what a run learns is forgotten with the run.
static const char *name_inside(const Dl_info *info, const void *address) {
    struct tick_guest_control *control = tick__guest_control;
    if (!control) // in a test
        return "thread";
    const uint64_t file = info->dli_fname ? tick_id_text(info->dli_fname) : 0;
    uint32_t at = 0;
    while (at < control->start_count && (control->starts[at].address != (uintptr_t)address || control->starts[at].file != file))
        at++;
    struct tick_guest_start *start = &control->starts[at < TICK_GUEST_STARTS ? at : TICK_GUEST_STARTS - 1];
    if (at >= control->start_count) {
        *start = (struct tick_guest_start){.file = file, .address = (uintptr_t)address};
        const void *begin;
        if (!tick__symbol_at(info, address, start->name, sizeof start->name, &begin) || begin != address)
            start->name[0] = 0;
        control->start_count += at < TICK_GUEST_STARTS;
    }
    return start->name[0] ? start->name : "thread";
}

static const char *name_of(void *(*start)(void *)) {
    Dl_info info;
    void *address;
    memcpy(&address, &start, sizeof address);
    if (!dladdr(address, &info))
        return "thread";
    return info.dli_sname && info.dli_saddr == address ? info.dli_sname : name_inside(&info, address);
}

// A stack for it where its sleeper's will not do.
static int stack_for(struct tick__guest_life *life, const struct tick__guest_asked *asked) {
    if (asked->stack) {
        if (asked->stack_size < LEAST)
            return EINVAL;
        life->stack = asked->stack;
        life->stack_size = asked->stack_size;
        return 0;
    }
    if (asked->stack_size <= life->sleeper->room)
        return 0;
    const size_t size = (asked->stack_size + PAGE - 1) / PAGE * PAGE, mapped = size + PAGE;
    const long at = tick__raw(SYS_mmap, 0, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
    if (at < 0 && at > -4096)
        return EAGAIN;
    (void)tick__raw(SYS_mprotect, at, PAGE, PROT_NONE);
    life->stack = (char *)at + PAGE;
    life->stack_size = size;
    life->mapped = mapped;
    return 0;
}

int tick__guest_thread_create(pthread_t *out, const struct tick__guest_asked *asked, void *(*start)(void *), void *arg) {
    struct tick__guest_thread *self = tick__guest_self();
    (void)tick__guest_tid();
    (void)tick__guest_thread_of(pthread_self()); // the first thread learns its own
    recycle_gone();
    struct tick__guest_thread *thread = tick__guest_thread_new(name_of(start));
    if (!thread)
        return EAGAIN;
    struct tick__guest_life *life = &thread->life;
    int error = tick__guest_sleeper_take(&life->sleeper);
    if (!error && (error = stack_for(life, asked)) != 0)
        tick__guest_sleeper_give(life->sleeper);
    if (error) {
        tick__guest_thread_free(thread);
        return error;
    }
    life->pthread = life->sleeper->pthread;
    life->tid = life->sleeper->tid;
    life->start.pthread = start;
    life->arg = arg;
    life->c11 = asked->c11;
    life->detached = asked->detached;
    life->mask = (asked->mask ? *asked->mask : self->life.mask) & ~tick__trap_kept;
    memcpy(life->name, self->life.name, sizeof life->name);
    char *top = life->stack ? life->stack + life->stack_size : life->sleeper->top;
    tick__guest_context_make(&thread->context, top, life->sleeper->fs, begin);
    *out = life->pthread;
    tick__guest_wake(thread);
    return 0;
}

// --- others wait for the end ---

int tick__guest_thread_join(struct tick__guest_thread *thread, void **result, int64_t deadline, const void *place) {
    struct tick__guest_thread *self = tick__guest_self();
    struct tick__guest_life *life = &thread->life;
    const struct tick__guest_wait wait = {.what = TICK__WAITS_JOIN, .fd = -1, .object = life, .place = place, .interruptible = true};
    if (thread == self || self->life.joiner == thread)
        return EDEADLK;
    if (life->detached || life->joiner)
        return EINVAL;
    if (tick__guest_is_cancelled(self))
        tick__guest_interrupted();
    while (thread->state != TICK__THREAD_OVER) {
        life->joiner = self;
        const int how = tick__guest_park(&wait, deadline);
        life->joiner = NULL;
        if (how == -EINTR)
            tick__guest_interrupted();
        else if (!how && thread->state != TICK__THREAD_OVER)
            return ETIMEDOUT;
    }
    if (result)
        *result = life->result;
    recycle(thread);
    return 0;
}

int tick__guest_thread_detach(struct tick__guest_thread *thread) {
    if (thread->life.detached)
        return EINVAL;
    thread->life.detached = true;
    if (thread->state == TICK__THREAD_OVER)
        recycle(thread);
    return 0;
}
