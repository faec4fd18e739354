// Where the threads stand as a run ends that is a finding: their registers, from which the keeper walks their stacks in this process's
// memory. So nothing is walked, looked up or allocated here, where the program may have destroyed whatever that would take.
//
// Only for a run that somebody will read that of (request.stands).
#include "sim/guest/inside_int.h"
#include "src/base/line.h"
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <ucontext.h>

enum { RAX, RDX, RCX, RBX, RSI, RDI, RBP, RSP, R8, R12 = 12, R13, R14, R15, RIP }; // as DWARF numbers them

static void put_text(char *to, size_t size, const char *text) {
    struct tick__line line = {to, size, 0};
    tick__line_put(&line, text);
}

static void of_handler(uint64_t *registers, const ucontext_t *context) {
    static const uint8_t from[TICK_GUEST_REGISTERS] = {REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP, REG_R8,
        REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15, REG_RIP};
    for (unsigned i = 0; i < TICK_GUEST_REGISTERS; i++)
        registers[i] = (uint64_t)context->uc_mcontext.gregs[from[i]];
}

// As context_x86.S leaves them on the stack of who does not run.
static void of_context(uint64_t *registers, const struct tick__guest_context *context) {
    const uint64_t *at = context->sp;
    static const uint8_t pushed[] = {R15, R14, R13, R12, RBX, RBP, RIP};
    for (unsigned i = 0; i < sizeof pushed; i++)
        registers[pushed[i]] = at[i];
    registers[RSP] = (uint64_t)(uintptr_t)(at + sizeof pushed);
}

static __attribute__((always_inline)) inline void of_here(uint64_t *registers) {
    __asm__ volatile("leaq 0(%%rip), %%rax\n\tmovq %%rax, 128(%0)\n\tmovq %%rsp, 56(%0)\n\tmovq %%rbp, 48(%0)\n\tmovq %%rbx, 24(%0)\n\t"
                     "movq %%r12, 96(%0)\n\tmovq %%r13, 104(%0)\n\tmovq %%r14, 112(%0)\n\tmovq %%r15, 120(%0)"
                     :
                     : "r"(registers)
                     : "rax", "memory");
}

static bool is_there(const struct tick__guest_thread *thread) {
    return thread->state != TICK__THREAD_FREE && thread->state != TICK__THREAD_OVER;
}

static struct tick_guest_standing *add(const struct tick__guest_thread *thread) {
    struct tick_guest_control *control = tick__guest_control;
    if (control->standing_count == TICK_GUEST_STANDING) {
        control->standing_lost++;
        return NULL;
    }
    struct tick_guest_standing *standing = &control->standing[control->standing_count++];
    memset(standing, 0, sizeof *standing);
    standing->pthread = thread->context.fs; // as glibc has it
    put_text(standing->thread, sizeof standing->thread, thread->path);
    put_text(standing->name, sizeof standing->name, thread->life.name);
    if (thread->state == TICK__THREAD_PARKED && thread->wait.what != TICK__WAITS_NOTHING) {
        struct tick__guest_wait wait = thread->wait;
        wait.place = NULL; // the stack says it
        tick__guest_wait_words(&wait, standing->waits, sizeof standing->waits);
    }
    return standing;
}

// Who runs comes first: a crash, a limit or a call that there is none of is its doing. self: the one that this is called in; NULL: for lack
// of room.
static struct tick_guest_standing *list(void) {
    struct tick__guest_turns *t = tick__guest_turns;
    const bool runs = t->self->state != TICK__THREAD_PARKED;
    tick__guest_control->standing_count = tick__guest_control->standing_lost = 0;
    struct tick_guest_standing *self = runs ? add(t->self) : NULL;
    if (runs)
        self->runs = true;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct tick__guest_thread *thread = &t->threads[i];
        if (!is_there(thread) || (runs && thread == t->self))
            continue;
        struct tick_guest_standing *standing = add(thread);
        if (standing && thread == t->self)
            self = standing;
        else if (standing)
            of_context(standing->registers, &thread->context);
    }
    return self;
}

__attribute__((noinline)) void tick__guest_stands(void) {
    _Atomic uint32_t *state = &tick__guest_control->state;
    atomic_store(state, TICK_GUEST_STANDS);
    tick__raw(SYS_futex, state, 1 /* FUTEX_WAKE */, INT32_MAX);
    while (atomic_load(state) == TICK_GUEST_STANDS)
        tick__raw(SYS_futex, state, 0 /* FUTEX_WAIT */, TICK_GUEST_STANDS, NULL);
}

void tick__guest_stand(const void *context) {
    static bool again; // Python's own account crashed in its turn
    tick__guest_control->python_used = 0;
    if (!again) {
        again = true;
        tick__guest_python_stacks();
        again = false;
    }
    struct tick_guest_standing *self = list();
    if (self && context) {
        self->at_fault = true;
        of_handler(self->registers, context);
    } else if (self) {
        of_here(self->registers);
    }
    tick__guest_stands();
    __asm__ volatile("" ::: "memory"); // this frame is there until it returns
}
