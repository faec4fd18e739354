// Runs in children of the process that stands at the snapshot.
//
// links: tick_rewind
// wraps: tick__none
#include "sim/guest/fork_int.h"
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define RUNS 6

static struct seen {
    int runs, gone, status[RUNS];
    char said[200];
} * seen; // shared

static int statics[3000] = {5};
static int file;

static void next(void *ctx) {
    (void)ctx;
    if (seen->runs++ == RUNS)
        _exit(0);
}

static void gone(void *ctx, int status) {
    (void)ctx;
    seen->status[seen->gone++] = status;
}

#define SAY(condition) \
    do { \
        if (!(condition) && !seen->said[0]) \
            snprintf(seen->said, sizeof seen->said, "run %d: %s", seen->runs, #condition); \
    } while (0)

static void run(void) {
    char bytes[10];
    sigset_t mask;
    SAY(tick__fork_running());
    SAY(statics[0] == 5 && statics[2999] == 0);
    SAY(lseek(file, 0, SEEK_CUR) == 100 && !(fcntl(file, F_GETFL) & O_NONBLOCK));
    SAY(sigprocmask(SIG_SETMASK, NULL, &mask) == 0 && sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGUSR2));
    memset(statics, seen->runs, sizeof statics);
    SAY(read(file, bytes, sizeof bytes) == sizeof bytes);
    fcntl(file, F_SETFL, O_NONBLOCK);
    if (seen->runs == 3)
        raise(SIGKILL);
    _exit(seen->runs);
}

static void serve(void) {
    const struct tick__fork fork = {.next = next, .gone = gone};
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    file = open("/proc/self/exe", O_RDONLY);
    lseek(file, 100, SEEK_SET);
    if (tick__fork_take(&fork) < 0)
        _exit(1);
    run();
}

static void each_run_begins_at_the_snapshot(void **state) {
    (void)state;
    fflush(NULL);
    const pid_t pid = fork();
    assert_int_not_equal(pid, -1);
    if (!pid)
        serve();
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_string_equal(seen->said, "");
    assert_int_equal(seen->gone, RUNS);
    for (int i = 0; i < RUNS; i++)
        assert_int_equal(seen->status[i], i == 2 ? SIGKILL : (i + 1) << 8);
}

int main(void) {
    seen = mmap(NULL, sizeof *seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (seen == MAP_FAILED)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_run_begins_at_the_snapshot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
