// Pthreads that lend their stacks and their thread-local memory: contexts for threads of the world, of which one at a time runs, on the one
// kernel thread that there is.
//
// A sleeper is made by libc's own pthread_create, so that everything that libc and the loader know of a thread is there (struct pthread,
// static and dynamic thread-local memory, its place among those whose memory a dlopen has to grow), whatever libc's version. Its kernel
// thread then sleeps for ever, without touching stack or thread-local memory again; it keeps its tid, which libc writes into locks.
//
// Sleepers are never given back to libc: a thread that ends leaves its sleeper to the next one. So a snapshot of the process's memory,
// which is all that rewinding puts back, holds the sleepers too: those made before it are free again after it, with the thread-local memory
// that they had. One that was made since is only a kernel thread then, whose memory is no more: it is told to end before (back), by a word
// in shared memory, which no rewinding touches. A fork has no kernel threads but its own, and needs none.
//
// What is switched off for a sleeper's kernel thread, as it would write into memory that is not its own any more: its robust list (kept,
// for mutexes of a thread that ends are ours to mark), and rseq, where libc has registered it. SIGSETXID is the one signal that it takes,
// so that setuid works: libc's handler finds GAP bytes of the stack that no context has.
#include "sim/guest/context_int.h"
#include "sim/guest/guest_int.h"
#include "sim/guest/originals_int.h"
#include "src/base/check.h"
#include "src/base/keep.h"
#include <linux/futex.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>

#define MOST 4096u
#define GAP ((size_t)16 << 10)       // of the stack, for what the kernel thread itself may need
#define OVERHEAD ((size_t)128 << 10) // of its size: struct pthread, static thread-local memory, the gap
#define SIGSETXID 33                 // libc's
#define FSGSBASE 2u                  // in AT_HWCAP2
#define RSEQ_SIGNATURE 0x53053053u
#define RSEQ_UNREGISTER 1

_Noreturn void tick__guest_sleeper_sleep(uint32_t *keep, uint32_t number, uint32_t *left);
void tick__guest_context_entry(void);

struct shared {    // memory that no rewinding touches
    uint32_t keep; // sleepers from this number on are to end
    uint32_t made, left;
};

struct sleepers {
    struct shared *shared;
    struct tick__guest_sleeper *free;
    uint32_t count, snapshot; // that there are; that there were at the snapshot
    size_t stack;             // the size of each one's
    struct tick__guest_sleeper all[MOST];
};

TICK_KEEP bool tick__guest_fsgsbase = true;
TICK_KEEP static struct sleepers *sleepers;

uintptr_t tick__guest_fs(void) {
    uintptr_t fs;
    __asm__("movq %%fs:0, %0" : "=r"(fs)); // the first word there is its own address
    return fs;
}

void tick__guest_context_make(struct tick__guest_context *context, char *top, uintptr_t fs, void (*entry)(void)) {
    uintptr_t *sp = (uintptr_t *)((uintptr_t)top & ~(uintptr_t)63);
    sp -= 2;
    *--sp = (uintptr_t)tick__guest_context_entry; // returned to with the stack aligned to 16
    for (int i = 0; i < 6; i++)
        *--sp = i == 1 ? (uintptr_t)entry : 0; // rbp, rbx, r12 to r15
    *context = (struct tick__guest_context){.sp = sp, .fs = fs};
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1" : "=m"(context->mode), "=m"(context->x87)); // as in Linux, a thread begins with its maker's
}

// --- making one ---

struct birth {
    struct tick__guest_sleeper *sleeper;
    struct shared *shared;
    uint32_t number, up;
};

static void *pages(size_t size, int flags) {
    const long at = tick__raw(SYS_mmap, 0, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    TICK_ASSERT(at > 0 || at < -4095);
    return (void *)at;
}

void tick__guest_context_begin(void) {
    if (sleepers)
        return;
    pthread_attr_t attributes;
    tick__guest_fsgsbase = (getauxval(AT_HWCAP2) & FSGSBASE) != 0;
    sleepers = pages(sizeof *sleepers, MAP_PRIVATE);
    sleepers->shared = pages(4096, MAP_SHARED);
    sleepers->shared->keep = UINT32_MAX;
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_getstacksize(&attributes, &sleepers->stack);
    (void)pthread_attr_destroy(&attributes);
    if (sleepers->stack < ((size_t)1 << 20))
        sleepers->stack = (size_t)1 << 20;
}

static void no_rseq(uintptr_t fs) {
    const ptrdiff_t *offset = TICK__ORIGINAL(__rseq_offset);
    const unsigned *size = TICK__ORIGINAL(__rseq_size);
    if (!offset || !size || !*size)
        return;
    if (tick__raw(SYS_rseq, fs + (uintptr_t)*offset, 32, RSEQ_UNREGISTER, RSEQ_SIGNATURE) < 0)
        (void)tick__raw(SYS_rseq, fs + (uintptr_t)*offset, *size, RSEQ_UNREGISTER, RSEQ_SIGNATURE);
}

static void *lend(void *arg) {
    struct birth *birth = arg;
    struct tick__guest_sleeper *sleeper = birth->sleeper;
    struct shared *shared = birth->shared;
    const uint32_t number = birth->number;
    const uint64_t mask = ~((uint64_t)1 << (SIGSETXID - 1));
    size_t size;
    (void)tick__raw(SYS_rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof mask);
    if (tick__raw(SYS_get_robust_list, 0, &sleeper->robust, &size) < 0)
        sleeper->robust = NULL;
    (void)tick__raw(SYS_set_robust_list, 0, sizeof(void *) * 3);
    sleeper->fs = tick__guest_fs();
    no_rseq(sleeper->fs);
    sleeper->tid = (int32_t)tick__raw(SYS_gettid);
    sleeper->top = (char *)__builtin_frame_address(0) - GAP;
    tick__guest_on = true; // in what it lends: nothing of the program's runs here otherwise
    __atomic_store_n(&birth->up, 1, __ATOMIC_RELEASE);
    (void)tick__raw(SYS_futex, &birth->up, FUTEX_WAKE_PRIVATE, 1);
    tick__guest_sleeper_sleep(&shared->keep, number, &shared->left);
}

static int make(struct tick__guest_sleeper *sleeper) {
    pthread_attr_t attributes;
    struct birth birth = {.sleeper = sleeper, .shared = sleepers->shared, .number = sleepers->shared->made};
    (void)pthread_attr_init(&attributes);
    (void)pthread_attr_setstacksize(&attributes, sleepers->stack);
    tick__guest_on = false; // glibc before 2.34 has libpthread call clone, by a name that is ours
    const int error = TICK__ORIGINAL(pthread_create)(&sleeper->pthread, &attributes, lend, &birth);
    tick__guest_on = true;
    (void)pthread_attr_destroy(&attributes);
    if (error)
        return error;
    sleepers->shared->made++;
    while (!__atomic_load_n(&birth.up, __ATOMIC_ACQUIRE))
        (void)tick__raw(SYS_futex, &birth.up, FUTEX_WAIT_PRIVATE, 0, 0);
    sleeper->room = sleepers->stack - OVERHEAD;
    return 0;
}

// --- the pool ---

int tick__guest_sleeper_take(struct tick__guest_sleeper **out) {
    tick__guest_context_begin();
    struct tick__guest_sleeper *sleeper = sleepers->free;
    if (sleeper) {
        sleepers->free = sleeper->next;
        *out = sleeper;
        return 0;
    }
    if (sleepers->count == MOST)
        return EAGAIN;
    sleeper = &sleepers->all[sleepers->count];
    const int error = make(sleeper);
    if (!error) {
        sleepers->count++;
        *out = sleeper;
    }
    return error;
}

void tick__guest_sleeper_give(struct tick__guest_sleeper *sleeper) {
    sleeper->begun = true;
    sleeper->next = sleepers->free;
    sleepers->free = sleeper;
}

bool tick__guest_sleeper_has(int32_t tid) {
    for (uint32_t i = 0; sleepers && i < sleepers->count; i++)
        if (sleepers->all[i].tid == tid)
            return true;
    return false;
}

int tick__guest_sleepers_fill(uint32_t count) {
    tick__guest_context_begin();
    int error = 0;
    for (uint32_t i = 0; !error && i < count && sleepers->count < MOST; i++) {
        struct tick__guest_sleeper *sleeper = &sleepers->all[sleepers->count];
        error = make(sleeper);
        if (error)
            break;
        sleepers->count++;
        sleeper->next = sleepers->free;
        sleepers->free = sleeper;
    }
    sleepers->snapshot = sleepers->count;
    return error;
}

void tick__guest_sleepers_back(void) {
    struct shared *shared = sleepers ? sleepers->shared : NULL;
    const uint32_t snapshot = sleepers ? sleepers->snapshot : 0;
    if (!shared || shared->made == snapshot)
        return;
    __atomic_store_n(&shared->keep, snapshot, __ATOMIC_RELEASE);
    (void)tick__raw(SYS_futex, &shared->keep, FUTEX_WAKE, INT32_MAX);
    while (__atomic_load_n(&shared->left, __ATOMIC_ACQUIRE) != shared->made - snapshot)
        (void)tick__raw(SYS_sched_yield);
    shared->made = snapshot;
    shared->left = 0;
    __atomic_store_n(&shared->keep, UINT32_MAX, __ATOMIC_RELEASE);
}

uint32_t tick__guest_sleepers_made(void) {
    return sleepers ? sleepers->shared->made : 0;
}
