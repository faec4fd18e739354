// What a run could leave behind in its process: the state of a loaded object's threads, open files, names that it made.
#include <fenv.h>
#include <retick.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Thread_local int per_thread = 5;
static _Thread_local char touched[10000];

static int counts(void *arg) {
    (void)arg;
    for (int i = 0; i < 3; i++) {
        touched[++per_thread] = 1;
        TICK_TRY(tick_sleep(TICK_MS(1)));
    }
    return tick_check(per_thread == 8, "counted to %d", per_thread);
}

TICK_SCENARIO(thread_locals, "is restored, and is no host's memory") {
    tick_host_add(world, "alice", counts, NULL);
}

static int keeps_a_log(void *arg) {
    FILE *log = fopen("/dev/null", "w");
    fputs(arg, log); // a daemon: nobody minds that it is left open
    return tick_sleep(TICK_SEC(100));
}

static int reads(void *arg) {
    char line[100] = "";
    TICK_TRY(tick_sleep(TICK_MS(1)));
    FILE *file = fopen(arg, "r");
    if (file) {
        fgets(line, sizeof line, file);
        fclose(file); // walks libc's list of files
    }
    return tick_check(file && *line, "%s cannot be read", (const char *)arg);
}

TICK_SCENARIO(open_files, "a file is open when the run ends") {
    tick_daemon(world, "server", keeps_a_log, "started\n");
    tick_host_add(world, "alice", reads, "/etc/passwd");
}

static int marks(void *arg) {
    char name[40];
    for (int i = 0; i < 3; i++) {
        snprintf(name, sizeof name, "%s %d", (const char *)arg, i);
        tick_mark(name);
    }
    snprintf(name, sizeof name, "something else");
    return tick_check(true, "");
}

TICK_SCENARIO(made_marks, "marks whose names are made on a stack") {
    tick_host_add(world, "alice", marks, "round");
}

static int returns(void *arg) {
    (void)arg;
    return 0;
}

static int runs;

static int runs_once(void *arg) {
    (void)arg;
    runs++;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    return tick_check(runs == 1, "ran %d times", runs);
}

TICK_SCENARIO(after_a_daemon, "which returns before the others begin") {
    struct tick_host *first = tick_daemon(world, "first", returns, NULL);
    tick_host_add(world, "now", runs_once, NULL, .after = {first});
}

TICK_SCENARIO(late_after_a_daemon, "the same, and a while after") {
    struct tick_host *first = tick_daemon(world, "first", returns, NULL);
    tick_host_add(world, "later", runs_once, NULL, .after = {first}, .start = TICK_MS(3));
}

static int asks(void *arg) {
    const char *text = strerror(TICK_EUSER); // a number that libc does not know: it keeps the text
    char *more = malloc(50);
    (void)arg;
    TICK_TRY(tick_check(more && text && strstr(text, "Unknown"), "no text"));
    free(more);
    return tick_sleep(TICK_MS(1));
}

TICK_SCENARIO(texts_of_libc, "is no host's memory") {
    tick_daemon(world, "server", asks, NULL);
    tick_host_add(world, "alice", asks, NULL);
    tick_host_add(world, "bob", asks, NULL);
}

static int closes_all(void *arg) {
    (void)arg;
    for (int fd = 0; fd < 200; fd++)
        close(fd);
    TICK_TRY(tick_sleep(TICK_MS(1)));
    for (volatile int i = 0; i < 100000000; i++) // long enough to be noticed in the run
        ;
    return 0;
}

TICK_SCENARIO(closes_fds, "as a daemon's start does") {
    tick_host_add(world, "alice", closes_all, NULL);
}

static int handled;

static void handles(int number) {
    handled = number;
}

static int handles_signals(void *arg) {
    static char memory[64 << 10];
    const stack_t stack = {.ss_sp = memory, .ss_size = sizeof memory};
    struct sigaction action = {.sa_handler = handles, .sa_flags = SA_ONSTACK}, before;
    stack_t other;
    sigset_t mask, all;
    (void)arg;
    sigfillset(&all);
    if (sigaction(SIGSEGV, &action, &before) || sigaltstack(&stack, &other) || sigprocmask(SIG_BLOCK, &all, &mask))
        return -1;
    TICK_TRY(tick_check(before.sa_handler != handles, "SIGSEGV has its handler already"));
    TICK_TRY(tick_check(signal(SIGUSR1, handles) == SIG_DFL && signal(SIGPIPE, SIG_IGN) == SIG_DFL, "signal was called before"));
    TICK_TRY(tick_check(other.ss_sp != memory, "the alternate stack is there already"));
    TICK_TRY(tick_check(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGTERM), "signals are blocked already"));
    raise(SIGUSR1);
    raise(SIGTERM); // stays pending to the run's end
    TICK_TRY(tick_check(!handled, "came while it was blocked"));
    sigemptyset(&all);
    sigaddset(&all, SIGUSR1);
    sigprocmask(SIG_UNBLOCK, &all, NULL);
    return tick_check(handled == SIGUSR1, "raised and not handled: %d", handled);
}

TICK_SCENARIO(signals, "handlers, mask and alternate stack are the run's own") {
    tick_host_add(world, "alice", handles_signals, NULL);
}

static int rounds_up(void *arg) {
    (void)arg;
    TICK_TRY(tick_check(fegetround() == FE_TONEAREST, "the rounding mode is %d already", fegetround()));
    fesetround(FE_UPWARD);
    TICK_TRY(tick_sleep(TICK_MS(1)));
    return tick_check(fegetround() == FE_UPWARD, "the rounding mode is %d after a sleep", fegetround());
}

TICK_SCENARIO(rounding, "is the task's own") {
    tick_host_add(world, "alice", rounds_up, NULL);
    tick_host_add(world, "bob", rounds_up, NULL);
}
