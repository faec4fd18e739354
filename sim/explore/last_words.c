// Crash handlers of a child process. They run on an alternate stack, since the coroutine's may be what overflowed, and do only what a
// signal handler may: fill the shared page, step by step so that each part survives a crash of the next, and leave.
//
// Addresses are told relative to their module: they must repeat from process to process.
#include "sim/explore/last_words_int.h"
#include "src/base/keep.h"
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
#define FRAMES 24
#define FRAMES_TOLD 5

TICK_KEEP static struct {
    struct tick__page *page;
    struct tick_harness *harness;
} dying = {0};

// SIGXCPU: sent by the parent when a run takes too long, or too much memory.
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

// --- text without stdio, in a handler ---

struct line {
    char *text;
    size_t size, length;
};

static void say(struct line *to, const char *text) {
    while (*text && to->length + 1 < to->size)
        to->text[to->length++] = *text++;
    to->text[to->length] = 0;
}

static void say_hex(struct line *to, uint64_t value) {
    char digits[17], *at = digits + 16;
    *at = 0;
    do
        *--at = "0123456789abcdef"[value & 15];
    while (value >>= 4);
    say(to, "0x");
    say(to, at);
}

static const char *file_of(const Dl_info *info) {
    const char *slash = strrchr(info->dli_fname, '/');
    return slash ? slash + 1 : info->dli_fname;
}

// "worker+0x1c" or "lost_update.so+0x11f0". False if nobody knows the address.
static bool say_place(struct line *to, void *address) {
    Dl_info info;
    if (!dladdr(address, &info) || !info.dli_fname)
        return false;
    bool named = info.dli_sname && info.dli_saddr;
    say(to, named ? info.dli_sname : file_of(&info));
    say(to, "+");
    say_hex(to, (uint64_t)((char *)address - (char *)(named ? info.dli_saddr : info.dli_fbase)));
    return true;
}

// Frames of libc and sanitizers say only how it died (raise, abort, memcpy), not where.
static bool in_libc(void *address) {
    static const char *const files[] = {"libc.", "ld-linux", "libasan.", "libubsan.", "libtsan."};
    Dl_info info;
    if (!dladdr(address, &info) || !info.dli_fname)
        return false;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (!strncmp(file_of(&info), files[i], strlen(files[i])))
            return true;
    return false;
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

static void tell_stack(struct tick_outcome *outcome, void *counter) {
    struct line text = {outcome->text, sizeof outcome->text, strlen(outcome->text)};
    struct line place = {outcome->file, sizeof outcome->file, 0};
    bool placed = *outcome->file;
    // First what needs no unwinding, which may crash in its turn.
    if (!placed && counter && !in_libc(counter))
        placed = say_place(&place, counter);
    void *frames[FRAMES];
    int count = backtrace(frames, FRAMES), first = 0, told = 0;
    while (first < count && frames[first] != counter)
        first++; // the handler's own frames
    for (int i = first == count ? 0 : first; i < count && told < FRAMES_TOLD; i++) {
        if (in_libc(frames[i]))
            continue;
        size_t before = text.length;
        say(&text, told ? " < " : " in ");
        if (!say_place(&text, frames[i])) {
            text.text[text.length = before] = 0;
            break;
        }
        if (!placed)
            placed = say_place(&place, frames[i]);
        told++;
    }
}

// Not _exit: while a host runs, that is the program's (sim/harness/exit.c), and would end the run instead of the process.
_Noreturn static void leave(void) {
    for (;;)
        syscall(SYS_exit_group, 1);
}

// report: NULL, or what else than a signal it was.
static void last_words(int signal, const void *address, void *counter, const char *report) {
    struct tick__page *page = dying.page;
    size_t count = 0;
    const struct tick_deviation *deviations = tick_harness_deviations(dying.harness, &count);
    page->count = tick__deviations_copy(page->deviations, deviations, count);
    struct tick_outcome *outcome = &page->outcome;
    memset(outcome, 0, sizeof *outcome);
    if (!tick_harness_crashed(signal, address, outcome) || report) {
        struct line text = {outcome->text, sizeof outcome->text, 0};
        outcome->verdict = TICK_CRASHED;
        say(&text, report ? report : tick__signal_word(signal));
    }
    outcome->code = signal;
    outcome->deviations = (uint32_t)count;
    atomic_store(&page->state, TICK__DIED);
    if (signal != SIGXCPU)
        tell_stack(outcome, counter);
}

static void on_signal(int signal, siginfo_t *info, void *context) {
    // Otherwise: the parent's signal between runs, a crash outside of any, or the end of a sanitizer that has reported.
    if (atomic_load(&dying.page->state) == TICK__RUNNING)
        last_words(signal, info->si_addr, counter_of(context), NULL);
    leave();
}

// A sanitizer's error ends the process by exit or abort, after this call. (Not UBSan's beside ASan in gcc, which is a library of its own:
// the run then counts as an exit.) Weak: without a sanitizer it is not there.
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void on_report(void) {
    if (atomic_load(&dying.page->state) == TICK__RUNNING)
        last_words(SIGABRT, NULL, NULL, "a sanitizer reported an error (on stderr)");
}

int tick__last_words_install(struct tick__page *page, struct tick_harness *harness) {
    dying.page = page;
    dying.harness = harness;
    void *memory = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return -ENOMEM;
    const stack_t stack = {.ss_sp = memory, .ss_size = STACK_SIZE};
    if (sigaltstack(&stack, NULL) < 0)
        return -errno;
    void *frame[1];
    backtrace(frame, 1); // loads the unwinder, which allocates
    sigset_t all;
    sigemptyset(&all);
    for (size_t i = 0; i < SIGNALS; i++) {
        struct sigaction action = {.sa_flags = SA_SIGINFO | SA_ONSTACK};
        action.sa_sigaction = on_signal;
        sigfillset(&action.sa_mask);
        sigaction(signals[i].signal, &action, NULL);
        sigaddset(&all, signals[i].signal);
    }
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(on_report);
    return 0;
}
