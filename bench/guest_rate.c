// Schedules a second of unmodified programs, by rewinding, forks and fresh starts on one core, and by rewinding on two; and the program
// itself, as a process. What is not installed is left out, and said. guest_rate [PROGRAM [SECONDS]]
// links: tick_keeper
// runs: guest_echo uv_echo event_echo ev_echo cxx_threads
#include "sim/keeper/keeper.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 5

// Below the folder that this is started in (retick's source), or as built; argv[0] begins with * for those.
static const struct program {
    const char *name, *argv[4];
    const char *needs; // a module of Python's, without which it is left out
} programs[] = {{"asyncio echo", {"/usr/bin/python3", "bench/guests/asyncio_echo.py"}, "asyncio"},
    {"asyncio bank", {"/usr/bin/python3", "examples/bank.py"}, "asyncio"},
    {"aiohttp", {"/usr/bin/python3", "bench/guests/aiohttp_posts.py"}, "aiohttp"}, {"C, poll", {"*guest_echo"}, NULL},
    {"C, 4 threads", {"*guest_echo", "threads"}, NULL}, {"libuv", {"*uv_echo"}, NULL}, {"libuv, pool", {"*uv_echo", "work"}, NULL},
    {"libevent", {"*event_echo"}, NULL}, {"libev", {"*ev_echo"}, NULL}, {"C++ threads", {"*cxx_threads"}, NULL}};

static double span = 1; // seconds a measurement

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void pin(int core) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(core, &set);
    (void)sched_setaffinity(0, sizeof set, &set);
}

// --- in a process of its own ---

static double rate(char *const *argv, enum tick_guest_way way) {
    const struct tick_guest_program program = {
        .argv = argv, .settings = {.way = way, .latency = 1000000, .jitter = 30000000}, .most_time = INT64_C(3600) * 1000000000};
    const struct tick_target target = tick_guest_target("it", &program);
    struct tick_runner *runner;
    struct tick_guest_figures figures;
    struct tick_outcome outcome;
    uint64_t runs = 0;
    double began = 0, took = 0;
    if (target.open(&target, &runner) < 0)
        return 0;
    for (; took < span; took = now() - began, runs++) {
        struct tick_answers answers;
        tick_answers_seed(&answers, runs, NULL);
        const struct tick_request request = {.answers = &answers};
        if (runner->ops->run(runner, &request, &outcome) < 0)
            return 0;
        if (!runs)
            began = now(); // the first includes the program's start
    }
    tick_guest_figures(runner, &figures);
    runner->ops->free(runner);
    return figures.way == way ? (double)(runs - 1) / took : 0;
}

static double native(char *const *argv) {
    const double began = now();
    const pid_t pid = fork();
    int status;
    if (!pid) {
        const int null = open("/dev/null", O_WRONLY);
        dup2(null, 1);
        dup2(null, 2);
        execv(argv[0], argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return 1 / (now() - began);
}

// --- from outside ---

// All at once, each on a core of its own: the sum. way -1: natively.
static double on_cores(int cores, char *const *argv, int way) {
    int fds[2];
    double sum = 0, each;
    if (pipe(fds) < 0)
        exit(3);
    for (int core = 0; core < cores; core++)
        if (!fork()) {
            pin(core);
            each = way < 0 ? native(argv) : rate(argv, (enum tick_guest_way)way);
            _exit(write(fds[1], &each, sizeof each) != sizeof each);
        }
    close(fds[1]);
    while (read(fds[0], &each, sizeof each) == sizeof each)
        sum += each;
    close(fds[0]);
    while (wait(NULL) > 0 || errno == EINTR)
        ;
    return sum;
}

enum { NATIVE, START, FORK, REWIND, TWO, MEASURED };

static void print(const char *what, double *rates, const double *base, const char *relation) {
    double ratio[ROUNDS];
    for (int i = 0; i < ROUNDS; i++)
        ratio[i] = base[i] > 0 ? rates[i] / base[i] : 0;
    qsort(rates, ROUNDS, sizeof *rates, by_value);
    qsort(ratio, ROUNDS, sizeof *ratio, by_value);
    if (rates[ROUNDS - 1] <= 0)
        printf("  %-10s not here\n", what);
    else
        printf("  %-10s %7.1f /s   (%.1f to %.1f)   %.1f times %s (%.1f to %.1f)\n", what, rates[ROUNDS / 2], rates[0], rates[ROUNDS - 1],
            ratio[ROUNDS / 2], relation, ratio[0], ratio[ROUNDS - 1]);
}

static void measure(const struct program *program, char *const *argv, int cores) {
    double rates[MEASURED][ROUNDS] = {0}, starts[ROUNDS], rewinds[ROUNDS], natives[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) { // one of each in turn: what the machine does besides meets all of them
        rates[NATIVE][round] = on_cores(1, argv, -1);
        rates[START][round] = on_cores(1, argv, TICK_GUEST_START);
        rates[FORK][round] = on_cores(1, argv, TICK_GUEST_FORK);
        rates[REWIND][round] = on_cores(1, argv, TICK_GUEST_REWIND);
        rates[TWO][round] = cores > 1 ? on_cores(2, argv, TICK_GUEST_REWIND) : 0;
    }
    memcpy(natives, rates[NATIVE], sizeof natives);
    memcpy(starts, rates[START], sizeof starts);
    memcpy(rewinds, rates[REWIND], sizeof rewinds);
    printf("%s\n", program->name);
    qsort(rates[NATIVE], ROUNDS, sizeof *rates[NATIVE], by_value);
    printf("  %-10s %7.1f /s   (%.1f to %.1f)\n", "a process", rates[NATIVE][ROUNDS / 2], rates[NATIVE][0], rates[NATIVE][ROUNDS - 1]);
    print("start", rates[START], natives, "the process");
    print("fork", rates[FORK], starts, "starts");
    print("rewind", rates[REWIND], starts, "starts");
    if (cores > 1)
        print("two cores", rates[TWO], rewinds, "one");
    fflush(stdout);
}

static bool has_module(const char *name) {
    char command[200];
    snprintf(command, sizeof command, "/usr/bin/python3 -c 'import %s' 2>/dev/null", name);
    return system(command) == 0;
}

static void built(char *path, size_t size, const char *name) {
    char self[4096];
    const ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    self[length > 0 ? length : 0] = 0;
    for (int i = 0; i < 2; i++) // bench/ and the program's name
        if (strrchr(self, '/'))
            *strrchr(self, '/') = 0;
    snprintf(path, size, "%s/tests/%s", self, name);
}

int main(int argc, char **argv) {
    static char path[5000];
    const int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
    if (argc > 2)
        span = strtod(argv[2], NULL);
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        const struct program *const program = &programs[i];
        char *words[4];
        if (argc > 1 && !strstr(program->name, argv[1]))
            continue;
        for (int k = 0; k < 4; k++)
            words[k] = (char *)program->argv[k];
        if (*words[0] == '*') {
            built(path, sizeof path, words[0] + 1);
            words[0] = path;
        }
        if (access(words[0], X_OK) < 0 || (program->needs && !has_module(program->needs)))
            printf("%s: left out, as %s is not here\n", program->name, program->needs ? program->needs : words[0]);
        else
            measure(program, words, cores);
    }
    return 0;
}
