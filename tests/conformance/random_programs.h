// Random programs of calls, run on Linux and on the simulated kernel: what kernel_random.c and kernel_mixed.c share. A program is a seed;
// it writes down a line a call, and both kernels must have written the same.
//
// Linux may be late (its loopback runs in soft interrupts), so a program that differs is tried again with pauses between its calls, and
// counts only if it still does.
#ifndef RETICK_TEST_RANDOM_PROGRAMS_H
#define RETICK_TEST_RANDOM_PROGRAMS_H

#include "tests/conformance/both_kernels.h"
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#define SLOTS 6
#define STEPS_MOST 50
#define LINE 240

static uint64_t seed_at, drawn;

static inline uint32_t draw(uint32_t n) {
    return (uint32_t)(tick_id_mix(seed_at, ++drawn) >> 16) % n;
}

struct record {
    int count;
    char lines[STEPS_MOST][LINE];
};

static inline void begin_program(uint64_t seed, int fds[SLOTS]) {
    seed_at = seed;
    drawn = 0;
    for (int i = 0; i < SLOTS; i++)
        fds[i] = -1;
}

static inline void close_fd(int fd) {
    (void)!sys->ops->close(sys, fd);
}

static inline void end_program(const int fds[SLOTS], int epfd) {
    for (int i = 0; i < SLOTS; i++)
        if (fds[i] >= 0)
            close_fd(fds[i]);
    close_fd(epfd);
}

static inline int free_slot(const int fds[SLOTS]) {
    for (int i = 0; i < SLOTS; i++)
        if (fds[i] < 0)
            return i;
    return -1;
}

static inline int some_slot(const int fds[SLOTS]) {
    uint32_t first = draw(SLOTS);
    for (uint32_t i = 0; i < SLOTS; i++)
        if (fds[(first + i) % SLOTS] >= 0)
            return (int)((first + i) % SLOTS);
    return -1;
}

static inline void watch_edges(int epfd, int fd, int slot) {
    const struct tick_sys_event e = {EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, (uint64_t)slot};
    (void)!sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_ADD, fd, &e);
}

// The edges since the last time, in the order of slots: Linux's wake-ups may fall otherwise.
static inline void edges(int epfd, char *text) {
    struct tick_sys_event out[SLOTS * 2];
    uint32_t events[SLOTS] = {0};
    int n = sys->ops->epoll_wait(sys, epfd, out, SLOTS * 2, 0, 0);
    for (int i = 0; i < n; i++)
        events[out[i].data] |= out[i].events;
    size_t used = (size_t)snprintf(text, LINE, "edges");
    for (int i = 0; i < SLOTS; i++)
        if (events[i])
            used += (size_t)snprintf(text + used, LINE - used, " %d:%x", i, events[i]);
}

// --- comparing ---

static inline uint32_t edges_of(const char *text, int slot) {
    char key[8];
    snprintf(key, sizeof key, " %d:", slot);
    const char *at = strstr(text, key), *end = strchr(text, '|');
    return at && at < end ? (uint32_t)strtoul(at + strlen(key), NULL, 16) : 0;
}

// Linux may report an edge once more, with nothing changed: each of the simulated edges is among the real ones.
static inline bool same_step(const char *real, const char *simulated) {
    const char *real_masks = strchr(real, '|'), *masks = strchr(simulated, '|');
    if (!real_masks || !masks || strncmp(real, "edges", 5) || strncmp(simulated, "edges", 5))
        return !strcmp(real, simulated);
    if (strcmp(real_masks, masks))
        return false;
    for (int i = 0; i < SLOTS; i++)
        if (edges_of(simulated, i) & ~edges_of(real, i))
            return false;
    return true;
}

static inline int difference(const struct record *a, const struct record *b) {
    for (int i = 0; i < a->count && i < b->count; i++)
        if (!same_step(a->lines[i], b->lines[i]))
            return i;
    return a->count == b->count ? -1 : 0;
}

static uint32_t programs = 1000, numbered;
static uint64_t first_seed = 1;
// Set by a program on Linux that was so slow that what it saw means nothing: it is run again.
static bool overtaken;
#define OVERTAKEN_MOST 50

// A program of that seed; its number is its alone, so that no program meets what another one left. slow: us of pause behind each call.
typedef void program_fn(uint64_t seed, uint32_t number, int slow, struct record *record);

static inline void programs_agree(program_fn *run) {
    static struct record on_real, on_simulated;
    uint32_t failed = 0, late = 0;
    for (uint32_t i = 0; i < programs; i++) {
        int at = 0;
        for (int slow = 0; slow < 3 && at >= 0; slow++) {
            late += slow > 0;
            int tries = 0;
            do {
                overtaken = false;
                on_linux(NULL);
                run(first_seed + i, numbered++, slow * 500, &on_real);
            } while (overtaken && ++tries < OVERTAKEN_MOST);
            on_sim(NULL);
            run(first_seed + i, numbered++, 0, &on_simulated);
            at = difference(&on_real, &on_simulated);
        }
        if (at < 0)
            continue;
        failed++;
        if (failed > 8)
            continue;
        printf("seed %llu differs in step %d:\n", (unsigned long long)(first_seed + i), at);
        for (int line = 0; line < at; line++)
            printf("  %s\n", on_real.lines[line]);
        printf("  linux: %s\n  sim:   %s\n", on_real.lines[at], on_simulated.lines[at]);
    }
    printf("%u programs, %u differ; %u runs again with pauses\n", programs, failed, late);
    assert_int_equal(failed, 0);
}

// PROGRAM [PROGRAMS [FIRST_SEED]], or RETICK_PROGRAMS in the environment.
static inline int programs_main(int argc, char **argv, void (*test)(void **state)) {
    const char *count = argc > 1 ? argv[1] : getenv("RETICK_PROGRAMS");
    if (count)
        programs = (uint32_t)strtoul(count, NULL, 10);
    if (argc > 2)
        first_seed = strtoull(argv[2], NULL, 10);
    signal(SIGPIPE, SIG_IGN);
    numbered = (uint32_t)getpid() * 8192u;
    const struct CMUnitTest tests[] = {cmocka_unit_test(test)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(sim_calls.kernel);
    return failed;
}

#endif
