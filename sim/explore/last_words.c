// Crash handlers of a child process. They run on an alternate stack, since the coroutine's may be what overflowed, and do only what a
// signal handler may: fill the shared page, step by step so that each part survives a crash of the next, and leave.
//
// Addresses are told relative to their module: they must repeat from process to process.
#include "sim/explore/last_words_int.h"
#include "src/base/keep.h"
#include "src/base/stack_words.h"
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define STACK_SIZE ((size_t)256 << 10) // the unwinder's needs are unknown; only what is touched is used
#define GUARD_SIZE ((size_t)64 << 10)
#define FRAMES 24
#define FRAMES_TOLD 5

typedef void (*report_reader)(const char **kind, const char **text, const char **file, unsigned *line, unsigned *column, char **memory);

TICK_KEEP static struct {
    struct tick__page *page;
    struct tick_runner *runner;
    const char *guard;         // below the alternate stack, which handlers of programs may have as well
    report_reader read_report; // UBSan's, if there is one
    bool by_signal;            // it dies of the signal
} dying = {0};

// SIGXCPU: sent by the parent (as TICK__STOP) when a run takes too long, or too much memory.
static const struct {
    int signal;
    const char *word;
} signals[] = {
    {SIGSEGV, "SIGSEGV"},
    {SIGBUS, "SIGBUS"},
    {SIGILL, "SIGILL"},
    {SIGFPE, "SIGFPE"},
    {SIGABRT, "SIGABRT"},
    {SIGTRAP, "SIGTRAP"},
    {SIGSYS, "SIGSYS"},
    {SIGXCPU, "SIGXCPU"},
};
enum { SIGNALS = sizeof signals / sizeof *signals };

const char *tick__signal_word(int signal) {
    for (size_t i = 0; i < SIGNALS; i++)
        if (signals[i].signal == signal)
            return signals[i].word;
    return signal == SIGKILL ? "SIGKILL" : signal == SIGTERM ? "SIGTERM" : signal == SIGPIPE ? "SIGPIPE" : "a signal";
}

static void *counter_of(const void *context) {
    const ucontext_t *c = context;
#if defined(__x86_64__)
    return (void *)(uintptr_t)c->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (void *)(uintptr_t)c->uc_mcontext.pc;
#else
    (void)c;
    return NULL;
#endif
}

// From the frame whose address is counter on, which is where the program stands, or (inside a sanitizer) what a call returns to; called:
// the call itself is meant, which may be its function's last instruction. file: receives the first of them.
static void tell_stack(struct tick__line *text, struct tick__line *file, void *counter, bool called) {
    bool placed = *file->text;
    // First what needs no unwinding, which may crash in its turn.
    if (!placed && counter && !tick__in_libc(counter))
        placed = tick__line_place(file, (char *)counter - called);
    void *frames[FRAMES];
    int count = backtrace(frames, FRAMES), first = 0, told = 0;
    while (first < count && frames[first] != counter)
        first++; // the handler's own frames
    for (int i = first == count ? 0 : first; i < count && told < FRAMES_TOLD; i++) {
        if (tick__in_libc(frames[i]))
            continue;
        size_t before = text->length;
        void *at =
            frames[i] == counter && !called ? counter : (char *)frames[i] - 1; // in the call, which may be a function's last instruction
        tick__line_put(text, told ? " < " : " in ");
        if (!tick__line_place(text, at)) {
            tick__line_back(text, before);
            break;
        }
        if (!placed)
            placed = tick__line_place(file, at);
        told++;
    }
}

// Where the program itself stands, be it in a call of retick's.
static void tell_stop(struct tick__line *text, void *counter) {
    void *frames[FRAMES];
    const int count = backtrace(frames, FRAMES);
    for (int i = 0; i < count; i++)
        if (frames[i] == counter) // no call's return: the instruction itself
            frames[i] = (char *)counter + 1;
    const void *place = tick__programs_own(frames, (size_t)count);
    if (!place)
        return;
    tick__line_put(text, "in ");
    if (!tick__line_place(text, place))
        text->text[0] = 0;
}

// Not _exit: while a host runs, that is the program's (exit.c), and would end the run instead of the process.
_Noreturn static void leave(void) {
    for (;;)
        syscall(SYS_exit_group, 1);
}

static void die_of(int number) {
    sigset_t all;
    sigfillset(&all);
    signal(number, SIG_DFL);
    raise(number); // blocked as yet
    sigprocmask(SIG_UNBLOCK, &all, NULL);
}

void tick__last_words_then_die(void) {
    dying.by_signal = true;
}

// report: NULL, or what else than a signal it was. outside: neither the program nor retick brought it about.
static void last_words(int signal, const void *address, void *counter, const char *report, bool outside) {
    struct tick__page *page = dying.page;
    struct tick_runner *runner = dying.runner;
    size_t count = 0;
    const struct tick_deviation *deviations = runner->ops->deviations(runner, &count);
    page->count = tick__deviations_copy(page->deviations, deviations, count);
    struct tick_outcome *outcome = &page->outcome;
    memset(outcome, 0, sizeof *outcome);
    if (!runner->ops->crashed(runner, signal, address, outcome) || report) {
        struct tick__line text = {outcome->text, sizeof outcome->text, 0};
        outcome->verdict = TICK_CRASHED;
        tick__line_put(&text, report ? report : tick__signal_word(signal));
    }
    outcome->code = signal;
    outcome->deviations = (uint32_t)count;
    const char *const *marks;
    const size_t reached = runner->ops->marks(runner, &marks);
    for (page->marks = 0; page->marks < reached && page->marks < TICK__MARKS_MOST; page->marks++) {
        struct tick__line mark = {page->mark[page->marks], TICK__MARK_BYTES, 0};
        tick__line_put(&mark, marks[page->marks]);
    }
    page->outside = outside;
    atomic_store(&page->state, TICK__DIED);
    struct tick__line text = {outcome->text, sizeof outcome->text, strlen(outcome->text)};
    struct tick__line file = {outcome->file, sizeof outcome->file, 0}, stopped = {outcome->stopped, sizeof outcome->stopped, 0};
    if (signal == SIGXCPU && atomic_load(&page->program))
        return; // the program is not what stands here
    if (signal == SIGXCPU)
        tell_stop(&stopped, counter);
    if (signal != SIGXCPU || page->keeps_place)
        tell_stack(&text, &file, counter, signal == 0);
}

// The program's own faults come from the kernel (si_code > 0), its own signals from itself, retick's SIGXCPU from its parent. What else
// comes is somebody's, or the limit of CPU time that the shell has set.
static bool is_from_outside(int signal, const siginfo_t *info) {
    if (info->si_code > 0)
        return signal == SIGXCPU;
    return info->si_pid != getpid() && (signal != SIGXCPU || info->si_pid != getppid());
}

// Whether what the parent wants to end, the start or a run, has come to its end by itself.
static bool is_over(struct tick__page *page) {
    const uint64_t meant = atomic_load(&page->stop);
    const uint32_t state = atomic_load(&page->state);
    return state == TICK__RUNNING ? meant != atomic_load(&page->runs) + 1 : meant != 1 || state != TICK__STARTING;
}

static void on_signal(int number, siginfo_t *info, void *context) {
    const bool by_parent = number == TICK__STOP && info->si_code <= 0 && info->si_pid == getppid();
    const int signal = by_parent ? SIGXCPU : number;
    if (by_parent && is_over(dying.page)) {
        atomic_store(&dying.page->spared, atomic_load(&dying.page->stop));
        return;
    }
    const bool outside = is_from_outside(signal, info);
    const bool beyond = signal == SIGSEGV && !outside && (uintptr_t)info->si_addr - (uintptr_t)dying.guard < GUARD_SIZE;
    if (atomic_load(&dying.page->state) == TICK__RUNNING) {
        last_words(signal, info->si_addr, counter_of(context), beyond ? "stack overflow in a signal handler" : NULL, outside);
    } else { // the start takes too long, a crash outside of any run, or the end of a sanitizer that has reported
        dying.page->outside = outside;
        dying.page->outcome.code = signal;
    }
    if (dying.by_signal)
        die_of(number);
    leave();
}

void tick__last_words_of_exit(const char *how, int status, void *caller) {
    struct tick__page *page = dying.page;
    char text[60];
    if (atomic_load(&page->state) != TICK__RUNNING)
        return;
    struct tick__line line = {text, sizeof text, 0};
    tick__line_put(&line, "the program called ");
    tick__line_put(&line, how);
    last_words(0, NULL, caller, text, false);
    page->outcome.verdict = TICK_EXITED;
    page->outcome.code = status;
    leave();
}

// --- what sanitizers report ---
//
// AddressSanitizer tells on stderr and ends the process; UBSan would go on, or end it by a system call that nobody sees, and calls this
// before it tells: what it has to say is the finding's text. Its run-time may have come with the scenario alone.

extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
extern const char *__asan_get_report_description(void) __attribute__((weak));
extern int __asan_report_present(void) __attribute__((weak));
void __ubsan_on_report(void);

static void on_death(void) {
    if (atomic_load(&dying.page->state) != TICK__RUNNING)
        return;
    char text[100];
    struct tick__line report = {text, sizeof text, 0};
    tick__line_put(&report, "a sanitizer reported an error (on stderr)");
    if (__asan_report_present && __asan_report_present()) {
        tick__line_put(&report, ": ");
        tick__line_put(&report, __asan_get_report_description());
    }
    last_words(SIGABRT, NULL, __builtin_return_address(0), text, false);
}

// Without the addresses in it, which differ from process to process.
static void say_report(struct tick__line *to, const char *text) {
    for (; *text && to->length + 1 < to->size; text++) {
        to->text[to->length++] = *text;
        if (text[0] == '0' && text[1] == 'x') {
            to->text[to->length] = 0;
            tick__line_put(to, "x...");
            text += 1 + strspn(text + 2, "0123456789abcdef");
        }
    }
    to->text[to->length] = 0;
}

void __ubsan_on_report(void) {
    struct tick__page *page = dying.page;
    if (!page || atomic_load(&page->state) != TICK__RUNNING)
        return;
    const char *kind = NULL, *text = NULL, *file = NULL;
    unsigned line = 0, column;
    char *memory, words[sizeof page->outcome.text];
    struct tick__line report = {words, sizeof words, 0};
    if (dying.read_report)
        dying.read_report(&kind, &text, &file, &line, &column, &memory);
    tick__line_put(&report, "undefined behaviour");
    if (text && *text)
        tick__line_put(&report, ": ");
    say_report(&report, text ? text : "");
    last_words(SIGABRT, NULL, __builtin_return_address(0), words, false);
    if (file && *file) {
        struct tick__line place = {page->outcome.file, sizeof page->outcome.file, 0};
        tick__line_put(&place, file);
        page->outcome.line = line;
    }
    leave();
}

static void listen_to_sanitizers(void) {
    static const char name[] = "__ubsan_get_current_report_data";
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(on_death);
    *(void **)&dying.read_report = dlsym(RTLD_DEFAULT, name);
    void *library = dlopen("libubsan.so.1", RTLD_LAZY | RTLD_NOLOAD);
    if (library && !dying.read_report)
        *(void **)&dying.read_report = dlsym(library, name);
}

int tick__last_words_install(struct tick__page *page, struct tick_runner *runner) {
    dying.page = page;
    dying.runner = runner;
    char *memory = mmap(NULL, GUARD_SIZE + STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, GUARD_SIZE, PROT_NONE) < 0)
        return -ENOMEM;
    dying.guard = memory;
    const stack_t stack = {.ss_sp = memory + GUARD_SIZE, .ss_size = STACK_SIZE};
    if (sigaltstack(&stack, NULL) < 0)
        return -errno;
    void *frame[1];
    backtrace(frame, 1); // loads the unwinder, which allocates
    sigset_t all;
    sigemptyset(&all);
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART};
        action.sa_sigaction = on_signal;
        sigfillset(&action.sa_mask);
        sigaction(signals[i].signal, &action, NULL);
        sigaddset(&all, signals[i].signal);
    }
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    listen_to_sanitizers();
    return 0;
}
