// What a switch between two threads of a guest costs, with fs set by wrfsbase and by arch_prctl, beside real threads that hand a semaphore
// to and fro in the same run.
//
//     guest_switch [repeats]        default 9
//
// Every repeat takes all cases in turn. Prints the median, the least and the most of the repeats, in ns of CPU time a switch.
//
// links: tick_guest tick_kernel tick_choice
#include "sim/guest/context_int.h"
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { REPEATS_MOST = 101, SWITCHES = 1000000, REAL_SWITCHES = 20000 };

_Thread_local bool tick__guest_on __attribute__((tls_model("initial-exec")));
static struct tick__guest_context home, other;
static sem_t ping, pong;

static double now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void entry(void) {
    for (;;)
        tick__guest_context_switch(&other, &home);
}

static double switches(bool fsgsbase) {
    const bool has = tick__guest_fsgsbase;
    tick__guest_fsgsbase = has && fsgsbase;
    const double begin = now_ns();
    for (int i = 0; i < SWITCHES / 2; i++)
        tick__guest_context_switch(&home, &other);
    const double took = now_ns() - begin;
    tick__guest_fsgsbase = has;
    return took / SWITCHES;
}

static void *answers(void *unused) {
    for (int i = 0; i < REAL_SWITCHES / 2; i++) {
        sem_wait(&ping);
        sem_post(&pong);
    }
    return unused;
}

static double real_threads(void) {
    pthread_t thread;
    const double begin = now_ns();
    if (pthread_create(&thread, NULL, answers, NULL))
        exit(1);
    for (int i = 0; i < REAL_SWITCHES / 2; i++) {
        sem_post(&ping);
        sem_wait(&pong);
    }
    pthread_join(thread, NULL);
    return (now_ns() - begin) / REAL_SWITCHES;
}

static int by_value(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv) {
    static const char *const names[] = {"wrfsbase", "arch_prctl", "real threads"};
    static double took[3][REPEATS_MOST];
    const int asked = argc > 1 ? atoi(argv[1]) : 9, repeats = asked < 1 ? 1 : asked > REPEATS_MOST ? REPEATS_MOST : asked;
    struct tick__guest_sleeper *sleeper;
    sem_init(&ping, 0, 0);
    sem_init(&pong, 0, 0);
    if (tick__guest_sleeper_take(&sleeper))
        return 1;
    home.fs = tick__guest_fs();
    tick__guest_context_make(&other, sleeper->top, sleeper->fs, entry);
    for (int i = 0; i < repeats; i++) {
        took[0][i] = switches(true);
        took[1][i] = switches(false);
        took[2][i] = real_threads();
    }
    for (int i = 0; i < 3; i++) {
        qsort(took[i], (size_t)repeats, sizeof **took, by_value);
        printf("%-14s %8.1f  (%.1f to %.1f)\n", names[i], took[i][repeats / 2], took[i][0], took[i][repeats - 1]);
    }
    return 0;
}
