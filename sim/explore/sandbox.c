// Child processes for runs: what they inherit is fixed, what they may use up is limited, and how they end is understood.
#include "sim/explore/isolate.h"
#include "sim/explore/last_words_int.h"
#include "sim/explore/sandbox_int.h"
#include "src/base/inherited.h"
#include "src/base/times.h"
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MEMORY_DEFAULT ((size_t)4 << 30)

void *tick__shared_new(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

void tick__shared_free(void *memory, size_t size) {
    if (memory)
        munmap(memory, size);
}

static int64_t read_clock(clockid_t id) {
    struct timespec time;
    return clock_gettime(id, &time) < 0 ? -1 : (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

int64_t tick__host_now(void) {
    return read_clock(CLOCK_MONOTONIC);
}

int tick__sandbox_new(struct tick__sandbox *sandbox) {
    *sandbox = (struct tick__sandbox){.fd = -1, .page = tick__shared_new(sizeof *sandbox->page)};
    return sandbox->page ? 0 : -ENOMEM;
}

void tick__sandbox_fini(struct tick__sandbox *sandbox) {
    if (sandbox->pid) {
        kill(sandbox->pid, SIGKILL);
        tick__sandbox_bury(sandbox, TICK__NO_TROUBLE);
    }
    tick__shared_free(sandbox->page, sizeof *sandbox->page);
    sandbox->page = NULL;
}

// --- in the child ---

static void bound(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0); // it died before that took effect
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    // The terminal's interrupt is for the parent, which then stops the campaign.
    signal(SIGINT, SIG_IGN);
}

static int same_for_all(void) {
    if (tick__inherited_keep() < 0)
        return -ENOMEM;
    clearenv();
    setenv("LANG", "C", 1);
    setenv("LC_ALL", "C", 1);
    setenv("TZ", "UTC", 1);
    setenv("PATH", "/usr/bin:/bin", 1);
    setenv("HOME", "/", 1);
    tzset();
    locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    if (c)
        uselocale(c);
    return 0;
}

int tick__sandbox_start(struct tick__sandbox *sandbox, void (*body)(void *ctx, struct tick__page *page, int fd), void *ctx) {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    atomic_store(&sandbox->page->state, TICK__STARTING);
    atomic_store(&sandbox->page->runs, 0);
    atomic_store(&sandbox->page->stop, 0);
    atomic_store(&sandbox->page->spared, 0);
    sandbox->page->rc = 0;
    sandbox->page->outside = sandbox->page->keeps_place = false;
    atomic_store(&sandbox->page->set_up, false);
    atomic_store(&sandbox->page->program, 0);
    sandbox->page->marks = 0;
    sandbox->page->resident = 0;
    sandbox->signal = 0;
    fflush(NULL); // else what is buffered would be written twice
    pid_t parent = getpid(), pid = fork();
    if (pid < 0) {
        int rc = -errno;
        close(pair[0]);
        close(pair[1]);
        return rc;
    }
    if (!pid) {
        close(pair[0]);
        bound(parent);
        if (!sandbox->as_is && (sandbox->page->rc = same_for_all()) < 0)
            _exit(0);
        body(ctx, sandbox->page, pair[1]);
        fflush(NULL); // what programs printed
        _exit(0);
    }
    close(pair[1]);
    sandbox->pid = pid;
    sandbox->fd = pair[0];
    sandbox->runs_seen = 0;
    sandbox->program_seen = 0;
    sandbox->cpu_at = 0;
    sandbox->wall_at = tick__host_now();
    return 0;
}

// Bytes that a process has in memory, 0: unknown.
static size_t resident(pid_t pid) {
    char path[40], text[80];
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t got = read(fd, text, sizeof text - 1);
    close(fd);
    text[got > 0 ? got : 0] = 0;
    const char *second = strchr(text, ' ');
    return second ? (size_t)strtoull(second + 1, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) : 0;
}

int tick__sandbox_open(struct tick__page *page, const struct tick_target *target, struct tick_runner **out) {
    struct tick_runner *runner;
    int rc = target->open(target, &runner);
    if (rc >= 0)
        rc = tick__last_words_install(page, runner);
    page->resident = resident(getpid());
    if (rc < 0)
        return rc;
    if (runner->ops->watch_exit)
        runner->ops->watch_exit(runner, tick__last_words_of_exit); // where no host runs: in a set-up, an invariant, a check at the end
    atomic_store(&page->state, TICK__IDLE);
    *out = runner;
    return 0;
}

uint32_t tick__deviations_copy(struct tick_deviation *to, const struct tick_deviation *from, size_t count) {
    count = count < TICK__DEVIATIONS_MOST ? count : TICK__DEVIATIONS_MOST;
    if (count)
        memcpy(to, from, count * sizeof *to);
    return (uint32_t)count;
}

int tick__sandbox_run(
    struct tick__page *page, struct tick_runner *runner, const struct tick_request *request, struct tick_outcome *outcome) {
    atomic_store_explicit(&page->set_up, false, memory_order_relaxed);
    // Only this process writes it, so that no locked instruction is needed.
    atomic_store_explicit(&page->runs, atomic_load_explicit(&page->runs, memory_order_relaxed) + 1, memory_order_relaxed);
    atomic_store_explicit(&page->state, TICK__RUNNING, memory_order_release);
    struct tick_request watched = *request;
    watched.set_up = &page->set_up;
    watched.program = &page->program;
    int rc = runner->ops->run(runner, &watched, outcome);
    atomic_store_explicit(&page->state, TICK__IDLE, memory_order_release);
    return rc;
}

// --- in the parent ---

static int64_t cpu_of(pid_t pid) {
    clockid_t id;
    return clock_getcpuclockid(pid, &id) ? -1 : read_clock(id);
}

// Of the child and the process that its program runs in (0: none, and a program that is gone has used up nothing more).
static int64_t cpu_of_both(pid_t pid, pid_t program) {
    const int64_t own = cpu_of(pid), programs = program ? cpu_of(program) : 0;
    return own < 0 || programs < 0 ? own : tick__after(own, programs);
}

enum tick__trouble tick__sandbox_watch(struct tick__sandbox *sandbox, int64_t hang, size_t memory) {
    const bool in_setup = atomic_load(&sandbox->page->state) == TICK__RUNNING && !atomic_load(&sandbox->page->set_up);
    hang = hang > 0 ? hang : in_setup ? TICK_SETUP_DEFAULT : TICK_HANG_DEFAULT;
    memory = memory ? memory : MEMORY_DEFAULT;
    uint64_t runs = atomic_load_explicit(&sandbox->page->runs, memory_order_relaxed);
    const int program = atomic_load(&sandbox->page->program);
    int64_t cpu = cpu_of_both(sandbox->pid, program), wall = tick__host_now();
    uint32_t state = atomic_load(&sandbox->page->state);
    if (state == TICK__STARTING && hang < TICK_SETUP_DEFAULT) // what is asked for is of runs
        hang = TICK_SETUP_DEFAULT;
    if (state == TICK__RUNNING && resident(sandbox->pid) + (program ? resident(program) : 0) > sandbox->page->resident + memory) {
        sandbox->runs_seen = runs;
        return TICK__OUTGROWS;
    }
    if (cpu < 0 || runs != sandbox->runs_seen || program != sandbox->program_seen || (state != TICK__RUNNING && state != TICK__STARTING)) {
        sandbox->runs_seen = runs;
        sandbox->program_seen = program;
        sandbox->cpu_at = cpu;
        sandbox->wall_at = wall;
        return TICK__NO_TROUBLE;
    }
    const int64_t used = tick__until(cpu, sandbox->cpu_at), passed = tick__until(wall, sandbox->wall_at);
    // The second: blocked in a system call of its own, where it uses no CPU time at all.
    return used > hang || (passed > tick__after(tick__times(hang, 4), TICK_SEC(1)) && used < passed / 100) ? TICK__HANGS : TICK__NO_TROUBLE;
}

// Waits for the child's end for so many ms at most.
static bool gone(pid_t pid, int ms, int *status, struct rusage *usage) {
    for (int waited = 0;; waited++) {
        pid_t got = wait4(pid, status, WNOHANG, usage);
        if (got == pid || (got < 0 && errno != EINTR))
            return true;
        if (waited >= ms)
            return false;
        nanosleep(&(const struct timespec){0, 1000000}, NULL);
    }
}

static void from_status(struct tick_outcome *outcome, int status) {
    *outcome = (struct tick_outcome){0};
    if (WIFEXITED(status)) {
        outcome->verdict = TICK_EXITED;
        outcome->code = WEXITSTATUS(status);
        snprintf(outcome->text, sizeof outcome->text, "the program ended its process with status %d", outcome->code);
        return;
    }
    outcome->verdict = TICK_CRASHED;
    outcome->code = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    snprintf(outcome->text, sizeof outcome->text, "the process was killed by %s", tick__signal_word(outcome->code));
}

static int64_t ns_of(const struct timeval *time) {
    return (int64_t)time->tv_sec * 1000000000 + (int64_t)time->tv_usec * 1000;
}

// Whether it was killed from outside, as far as one can know, and what it had used up by then. ours: we ended it.
static void note_end(struct tick__sandbox *sandbox, bool ours, int status, const struct rusage *usage) {
    const size_t most = (size_t)usage->ru_maxrss << 10;
    struct tick__page *page = sandbox->page;
    sandbox->grown = most > page->resident ? most - page->resident : 0;
    sandbox->cpu = tick__after(ns_of(&usage->ru_utime), ns_of(&usage->ru_stime));
    const bool wordless = atomic_load(&page->state) != TICK__DIED && WIFSIGNALED(status);
    sandbox->signal = ours ? 0 : page->outside ? page->outcome.code : wordless ? WTERMSIG(status) : 0;
}

// Memory by which a run may have brought it on itself that it was killed: what worlds of a few hosts need is far less.
#define MUCH ((size_t)256 << 20)

bool tick__sandbox_explains(struct tick__sandbox *sandbox) {
    struct tick_outcome *outcome = &sandbox->page->outcome;
    struct rlimit limit;
    const bool limited = getrlimit(RLIMIT_CPU, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
    const bool slow = limited && sandbox->cpu / 1000000000 + 1 >= (int64_t)limit.rlim_cur;
    if (!slow && sandbox->signal != SIGKILL)
        return !sandbox->page->outside; // in the same run again: it sends it to itself
    if (!slow && sandbox->grown < MUCH)
        return false;
    *outcome = (struct tick_outcome){.verdict = slow ? TICK_HUNG : TICK_OUT_OF_MEMORY};
    if (slow)
        snprintf(outcome->text, sizeof outcome->text, "the program used up the %llu s of CPU time that a process may have here (ulimit -t)",
            (unsigned long long)limit.rlim_cur);
    else
        snprintf(outcome->text, sizeof outcome->text,
            "the process was killed (SIGKILL), as the kernel does when memory runs out; the run had "
            "taken more than %zu MiB",
            MUCH >> 20);
    return true;
}

void tick__sandbox_obituary(const struct tick__sandbox *sandbox, char *text, size_t size) {
    snprintf(text, size,
        "the process of a run was killed from outside (%s), and again in a fresh one; the run's own memory (%zu MiB) and CPU time (%lld "
        "ms) do "
        "not explain it: is memory short, or limited (ulimit, cgroup)?",
        tick__signal_word(sandbox->signal), sandbox->grown >> 20, (long long)(sandbox->cpu / 1000000));
}

enum stopping { IT_ENDS, IT_STAYS, IT_WAS_OVER };

// Has the child's handler end the run that is the trouble, and leave what it drew; or say that this run was over.
static enum stopping stop(const struct tick__sandbox *sandbox, int *status, struct rusage *usage) {
    struct tick__page *const page = sandbox->page;
    atomic_store(&page->stop, sandbox->runs_seen + 1);
    kill(sandbox->pid, TICK__STOP);
    for (int waited = 0; waited < 5000; waited++) { // it has words to say, and on a busy machine waits for its turn
        if (atomic_load(&page->spared) == sandbox->runs_seen + 1)
            return IT_WAS_OVER;
        if (gone(sandbox->pid, 1, status, usage))
            return IT_ENDS;
    }
    return IT_STAYS;
}

bool tick__sandbox_bury(struct tick__sandbox *sandbox, enum tick__trouble trouble) {
    int status = 0;
    struct rusage usage = {0};
    bool running = atomic_load(&sandbox->page->state) == TICK__RUNNING;
    const enum stopping stopping = trouble ? stop(sandbox, &status, &usage) : IT_ENDS;
    if (stopping == IT_WAS_OVER)
        return false;
    // Without a trouble its end of the socket is closed: it is as good as gone, unless the program closed what is not its own.
    bool stays = trouble ? stopping == IT_STAYS : !gone(sandbox->pid, 500, &status, &usage);
    if (stays) {
        kill(sandbox->pid, SIGKILL);
        while (wait4(sandbox->pid, &status, 0, &usage) < 0 && errno == EINTR)
            ;
    }
    note_end(sandbox, trouble || stays, status, &usage);
    close(sandbox->fd);
    sandbox->fd = -1;
    sandbox->pid = 0;
    struct tick__page *page = sandbox->page;
    uint32_t state = atomic_load(&page->state);
    bool closed = running && !trouble && (stays || state == TICK__IDLE || state == TICK__FINISHED); // it went on
    if (state == TICK__RUNNING || closed) {
        page->count = 0;
        from_status(&page->outcome, status);
        if (closed) {
            page->outcome.verdict = TICK_EXITED;
            page->outcome.code = 0;
            snprintf(
                page->outcome.text, sizeof page->outcome.text, "the program closed a file descriptor that it had not opened: retick's");
        }
        atomic_store(&page->state, TICK__DIED);
    } else if (state != TICK__DIED) {
        return true;
    }
    const bool in_setup = !page->keeps_place && !atomic_load(&page->set_up);
    page->outcome.in_setup = in_setup;
    if (trouble) {
        bool hung = trouble == TICK__HANGS;
        page->outcome.verdict = hung ? TICK_HUNG : TICK_OUT_OF_MEMORY;
        page->outcome.code = 0;
        page->outcome.file[0] = 0; // where it was stopped is chance
        page->outcome.line = 0;
        static const char *const of_run = "the program did not come back within the CPU time that a run may take";
        static const char *const of_setup = "the set-up did not return within the CPU time that it may take: --hang TIME gives it more";
        char *stack = page->keeps_place ? strstr(page->outcome.text, " in ") : NULL, kept[sizeof page->outcome.text];
        snprintf(kept, sizeof kept, "%s", stack ? stack : "");
        snprintf(page->outcome.text, sizeof page->outcome.text, "%s%s",
            !hung      ? "the program used up the memory that a run may take"
            : in_setup ? of_setup
                       : of_run,
            kept);
    }
    return true;
}
