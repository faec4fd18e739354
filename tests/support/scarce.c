#include "tests/support/scarce.h"
#include "src/base/keep.h"
#include "src/base/sanitized.h"
#include "src/coro/coro.h"
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { PATIENCE_MS = 60000 };

// What a process tells of itself to the one that made it.
struct told {
    long asked, refused;
};

// The tests' own statics stay as they are when the harness restores those of a scenario.
TICK_KEEP static long left = -1;
TICK_KEEP static bool for_good = false;
TICK_KEEP static struct told own = {0, 0};
TICK_KEEP static struct told *told = &own;
TICK_KEEP static long asked = 0;
TICK_KEEP static bool armed = false;
TICK_KEEP static bool ends_at_failure = false; // see __longjmp_chk
TICK_KEEP static pid_t counts = 0;

void scarce_begin(long allocation, bool all_later) {
    left = allocation;
    for_good = all_later;
    told->asked = told->refused = asked = 0;
    counts = getpid();
    armed = true;
}

long scarce_asked(void) {
    return told->asked;
}

long scarce_refused(void) {
    return told->refused;
}

void scarce_end(void) {
    armed = false;
}

static void remember_place(void);

// A process that the body forks goes on counting from where it was.
static bool refuses(void) {
    if (!armed)
        return false;
    long number = __atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED);
    if (getpid() == counts)
        told->asked = number + 1;
    if (left < 0 || (for_good ? number < left : number != left))
        return false;
    __atomic_fetch_add(&told->refused, 1, __ATOMIC_RELAXED);
    if (ends_at_failure)
        remember_place();
    errno = ENOMEM;
    return true;
}

// --- the calls ---

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
char *__real_strdup(const char *text);
FILE *__real_open_memstream(char **text, size_t *size);
FILE *__real_fopen(const char *path, const char *mode);
ssize_t __real_getdelim(char **line, size_t *room, int delimiter, FILE *file);
void *__real_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
pid_t __real_fork(void);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*fn)(void *arg), void *arg);
int __real_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes,
    char *const argv[], char *const envp[]);
void *__real_tick__outside_alloc(size_t size);
void *__real_tick__outside_realloc(void *memory, size_t size);
// Not in every layer's tests.
struct tick_coro *__real_tick_coro_new(struct tick_stacks *stacks, void (*fn)(void *arg), void *arg) __attribute__((weak));

#define WRAP(type, name, parameters, arguments, refused) \
    type __wrap_##name parameters; \
    type __wrap_##name parameters { \
        return refuses() ? refused : __real_##name arguments; \
    }

WRAP(void *, malloc, (size_t size), (size), NULL)
WRAP(void *, calloc, (size_t count, size_t size), (count, size), NULL)
WRAP(void *, realloc, (void *memory, size_t size), (memory, size), NULL)
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size), NULL)
WRAP(char *, strdup, (const char *text), (text), NULL)
WRAP(FILE *, open_memstream, (char **text, size_t *size), (text, size), NULL)
WRAP(FILE *, fopen, (const char *path, const char *mode), (path, mode), NULL)
WRAP(ssize_t, getdelim, (char **line, size_t *room, int delimiter, FILE *file), (line, room, delimiter, file), -1)
WRAP(pid_t, fork, (void), (), -1)
WRAP(int, pthread_create, (pthread_t * thread, const pthread_attr_t *attributes, void *(*fn)(void *arg), void *arg),
    (thread, attributes, fn, arg), EAGAIN)
WRAP(int, posix_spawnp,
    (pid_t * pid, const char *file, const posix_spawn_file_actions_t *actions, const posix_spawnattr_t *attributes, char *const argv[],
        char *const envp[]),
    (pid, file, actions, attributes, argv, envp), ENOMEM)
WRAP(void *, tick__outside_alloc, (size_t size), (size), NULL)
WRAP(void *, tick__outside_realloc, (void *memory, size_t size), (memory, size), NULL)
WRAP(struct tick_coro *, tick_coro_new, (struct tick_stacks * stacks, void (*fn)(void *arg), void *arg), (stacks, fn, arg), NULL)

// Not under sanitizers, where a host's heap is a list that has to grow within malloc (sim/native/heap_list.c).
enum { MMAP_FAILS = !TICK__SANITIZED };
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset) {
    return MMAP_FAILS && refuses() ? MAP_FAILED : __real_mmap(at, size, protection, flags, fd, offset);
}

int __wrap_asprintf(char **text, const char *format, ...) __attribute__((format(printf, 2, 3)));
int __wrap_asprintf(char **text, const char *format, ...) {
    if (refuses())
        return -1;
    va_list list;
    va_start(list, format);
    int length = vasprintf(text, format, list);
    va_end(list);
    return length;
}

// Present where the program is linked with SQLite and jansson. (Their headers may not be.)
typedef int64_t sqlite_int;
struct sqlite_memory {
    void *(*alloc)(int);
    void (*free)(void *);
    void *(*realloc)(void *, int);
    int (*size)(void *);
    int (*round_up)(int);
    int (*init)(void *);
    void (*shutdown)(void *);
    void *data;
};
enum { SQLITE_SET_MALLOC = 4, SQLITE_GET_MALLOC = 5, SQLITE_LOOKASIDE = 13 };
int sqlite3_config(int option, ...) __attribute__((weak));
void json_set_alloc_funcs(void *(*alloc)(size_t), void (*release)(void *)) __attribute__((weak));

TICK_KEEP static struct sqlite_memory sqlite_own = {0}, sqlite_hooked = {0};

static void *sqlite_alloc(int size) {
    return refuses() ? NULL : sqlite_own.alloc(size);
}

static void *sqlite_realloc(void *memory, int size) {
    return refuses() ? NULL : sqlite_own.realloc(memory, size);
}

static void hook_libraries(void) {
    if (json_set_alloc_funcs)
        json_set_alloc_funcs(__wrap_malloc, free);
    if (!sqlite3_config || sqlite3_config(SQLITE_GET_MALLOC, &sqlite_own) != 0)
        return;
    sqlite_hooked = sqlite_own;
    sqlite_hooked.alloc = sqlite_alloc;
    sqlite_hooked.realloc = sqlite_realloc;
    sqlite3_config(SQLITE_SET_MALLOC, &sqlite_hooked);
    sqlite3_config(SQLITE_LOOKASIDE, 0, 0); // each allocation is one
}

// --- a process of its own ---

// cmocka's assertions leave a test by this. Under torture that is where the process ends: what the test had made stands around half done,
// and tearing it down proves nothing.
void __longjmp_chk(jmp_buf at, int value) __attribute__((noreturn));
void __longjmp_chk(jmp_buf at, int value) {
    TICK_KEEP static void (*real)(jmp_buf, int) = NULL;
    if (ends_at_failure)
        _exit(1);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "__longjmp_chk");
    if (real)
        real(at, value);
    abort();
}

// cmocka makes a failed assertion of a signal: a crash would look like a test that minds its memory. So what stood there before it.
static const int crashes[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGSYS};
enum { CRASHES = sizeof crashes / sizeof crashes[0] };
TICK_KEEP static struct sigaction at_start[CRASHES] = {0};

__attribute__((constructor)) static void remember_crashes(void) {
    for (int i = 0; i < CRASHES; i++)
        sigaction(crashes[i], NULL, &at_start[i]);
}

// --- whose crash ---
//
// Tests do not check each handle that they are given, and hand NULL on. That is no finding; so of the crashes at NULL those are left out
// that came close below the test's own code, in another call than the one that was refused its memory.

extern char __executable_start[], etext[], end_of_test[];

enum { FRAMES = 24, CLOSE = 3 };
TICK_KEEP static void *refused_in = NULL; // the place in the test's code that made the last call that was refused its memory

// Returns the innermost place in the test's own code, and how many of the program's other functions stand on top of it; NULL without any.
static __attribute__((noinline)) void *place_in_test(int skip, int *above) {
    void *frames[FRAMES];
    int count = backtrace(frames, FRAMES);
    *above = 0;
    for (int i = skip; i < count; i++) {
        char *at = frames[i];
        if (at < __executable_start || at >= etext)
            continue;
        if (at < end_of_test)
            return at;
        ++*above;
    }
    return NULL;
}

// Asked by a handler.
static __attribute__((noinline)) bool is_the_tests(void) {
    int above;
    void *place = place_in_test(3, &above);
    return place && above <= CLOSE && (above == 0 || place != refused_in);
}

static void remember_place(void) {
    int above;
    refused_in = place_in_test(1, &above);
}

static void crashed(int number, siginfo_t *about, void *unused) {
    (void)unused;
    if (number == SIGSEGV && (uintptr_t)about->si_addr < 4096 && is_the_tests())
        _exit(1);
    for (int i = 0; i < CRASHES; i++) // and once more
        sigaction(crashes[i], &at_start[i], NULL);
}

// Called by UBSan for each report. Where there are worker processes, sim/explore has one of its own.
void __ubsan_on_report(void) __attribute__((weak));
void __ubsan_on_report(void) {
    if (ends_at_failure && is_the_tests())
        _exit(1);
}

static void let_crash(void) {
    for (int i = 0; i < CRASHES; i++)
        sigaction(crashes[i], &at_start[i], NULL);
    if (ends_at_failure)
        sigaction(SIGSEGV, &(struct sigaction){.sa_sigaction = crashed, .sa_flags = SA_SIGINFO | SA_ONSTACK}, NULL);
}

int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

static _Noreturn void child(struct scarce_run *run, int output) {
    setpgid(0, 0);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    let_crash();
    scarce_begin(run->left, run->for_good);
    int result = run->body(run->arg);
    scarce_end();
    fflush(NULL);
    if ((result == 0 || !run->at_end) && __lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check())
        result = SCARCE_LEAKED;
    _exit(result);
}

static int ending(pid_t pid) {
    struct pollfd end = {(int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0};
    int status;
    bool hung = end.fd >= 0 && poll(&end, 1, PATIENCE_MS) == 0;
    kill(hung ? -pid : 0, hung ? SIGKILL : 0);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    kill(-pid, SIGKILL); // whom it left
    if (end.fd >= 0)
        close(end.fd);
    return hung ? SCARCE_HUNG : WIFEXITED(status) ? WEXITSTATUS(status) : SCARCE_CRASHED;
}

int scarce_run(struct scarce_run *run) {
    // Sanitizers end with codes that may be anybody's.
    static const char *const wrong[] = {"Sanitizer:", "runtime error: ", "Test failed with exception", NULL};
    if (told == &own) {
        void *shared = __real_mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (shared == MAP_FAILED)
            return SCARCE_CRASHED;
        told = shared;
        hook_libraries();
    }
    int output = memfd_create("output", MFD_CLOEXEC);
    fflush(NULL);
    pid_t pid = __real_fork();
    if (pid == 0)
        child(run, output);
    if (pid < 0 || output < 0)
        return SCARCE_CRASHED;
    int result = ending(pid);
    run->asked = told->asked;
    run->refused = told->refused;
    off_t size = lseek(output, 0, SEEK_END), from = size < (off_t)sizeof run->output ? 0 : size - (off_t)sizeof run->output + 1;
    ssize_t got = pread(output, run->output, sizeof run->output - 1, from);
    run->output[got > 0 ? got : 0] = '\0';
    close(output);
    for (const char *const *text = wrong; *text && result < SCARCE_CRASHED; text++)
        if (strstr(run->output, *text))
            result = SCARCE_COMPLAINED;
    return result;
}

// --- each test of a cmocka program ---

int __real__cmocka_run_group_tests(
    const char *name, const struct CMUnitTest *tests, size_t count, CMFixtureFunction set_up, CMFixtureFunction tear_down);
int __wrap__cmocka_run_group_tests(
    const char *name, const struct CMUnitTest *tests, size_t count, CMFixtureFunction set_up, CMFixtureFunction tear_down);

struct one {
    struct CMUnitTest test;
    CMFixtureFunction set_up, tear_down;
};
TICK_KEEP static struct one one = {0};

// What cmocka calls, after it has set its handlers.
static int fixture(CMFixtureFunction fn, void **state) {
    let_crash();
    return fn ? fn(state) : 0;
}
static int group_set_up(void **state) {
    return fixture(one.set_up, state);
}
static int group_tear_down(void **state) {
    return fixture(one.tear_down, state);
}
static int test_set_up(void **state) {
    return fixture(one.test.setup_func, state);
}
static int test_tear_down(void **state) {
    return fixture(one.test.teardown_func, state);
}
static void test_itself(void **state) {
    let_crash();
    one.test.test_func(state);
}

static int run_one(void *arg) {
    const struct CMUnitTest test = {one.test.name, test_itself, one.test.setup_func ? test_set_up : NULL,
        one.test.teardown_func ? test_tear_down : NULL, one.test.initial_state};
    int above;
    (void)arg;
    ends_at_failure = true;
    place_in_test(0, &above); // backtrace allocates the first time
    int failed =
        __real__cmocka_run_group_tests("torture", &test, 1, one.set_up ? group_set_up : NULL, one.tear_down ? group_tear_down : NULL);
    ends_at_failure = false;
    return failed != 0;
}

static const char *words(int result) {
    return result == SCARCE_CRASHED      ? "crashes"
           : result == SCARCE_HUNG       ? "hangs"
           : result == SCARCE_LEAKED     ? "leaks"
           : result == SCARCE_COMPLAINED ? "is found wanting"
                                         : "ends";
}

// The allocation that is tried after n: all up to half of `most`, then as many of the others.
static long after(long n, long all, long most) {
    long dense = most / 2 + 1;
    long stride = all > most ? (all - dense) / (most - dense + 1) + 1 : 1;
    return n + (n + 1 < dense ? 1 : stride);
}

static int torture(const struct CMUnitTest *tests, size_t count, CMFixtureFunction set_up, CMFixtureFunction tear_down, long most) {
    long runs = 0, allocations = 0;
    int bad = 0;
    for (size_t i = 0; i < count; i++) {
        one = (struct one){tests[i], set_up, tear_down};
        struct scarce_run run = {.body = run_one, .left = -1, .at_end = true};
        const char *only = getenv("RETICK_TORTURE_TEST");
        if ((only && strcmp(only, tests[i].name) != 0) || scarce_run(&run) != 0)
            continue; // skipped, here and now
        long all = run.asked;
        allocations += all;
        for (long n = 0; n < all; n = after(n, all, most))
            for (int way = 0; way < 2; way++) {
                run.left = n;
                run.for_good = way;
                int result = scarce_run(&run);
                runs++;
                if (result < SCARCE_CRASHED && result > 1)
                    result = SCARCE_CRASHED;
                if (result >= SCARCE_CRASHED) {
                    fprintf(stderr, "--- %s %s: RETICK_TORTURE_TEST=%s RETICK_TORTURE_AT=%ld%s\n%s\n", tests[i].name, words(result),
                        tests[i].name, n, way ? "+" : "", run.output);
                    bad++;
                }
            }
    }
    printf("%ld runs, over %ld allocations: %d ended badly\n", runs, allocations, bad);
    return bad != 0;
}

int scarce_rounds(int usual) {
    return getenv("RETICK_TORTURE") || getenv("RETICK_TORTURE_AT") ? usual / 40 : usual;
}

int __wrap__cmocka_run_group_tests(
    const char *name, const struct CMUnitTest *tests, size_t count, CMFixtureFunction set_up, CMFixtureFunction tear_down) {
    const char *most = getenv("RETICK_TORTURE"), *at = getenv("RETICK_TORTURE_AT"), *only = getenv("RETICK_TORTURE_TEST");
    if (at)
        hook_libraries();
    if (most && !at)
        return torture(tests, count, set_up, tear_down, atol(most));
    if (only)
        cmocka_set_test_filter(only);
    if (at)
        scarce_begin(atol(at), at[strlen(at) - 1] == '+');
    int result = __real__cmocka_run_group_tests(name, tests, count, set_up, tear_down);
    scarce_end();
    return result;
}
