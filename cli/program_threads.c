// Threads of a virtual clock: a job that has one is over when its time has come, and is run as a whole then. Who waits moves the clock.
#include "cli/program_threads.h"
#include <errno.h>
#include <retick/time.h>
#include <stdlib.h>

struct tick_sys_threads {
    const int64_t *now;
    struct tick_sys_job *first, **last; // queued
    uint32_t busy, most;
    struct busy {
        struct tick_sys_job *job;
        int64_t until;
    } at[]; // by time, then by who began first
};

int tick__virtual_threads_new(const int64_t *now, uint32_t most, struct tick_sys_threads **out) {
    struct tick_sys_threads *threads = calloc(1, sizeof *threads + most * sizeof(struct busy));
    if (!threads)
        return -ENOMEM;
    threads->now = now;
    threads->last = &threads->first;
    threads->most = most;
    *out = threads;
    return 0;
}

// Free threads take the jobs that have waited longest.
static void begin(struct tick_sys_threads *threads) {
    while (threads->first && threads->busy < threads->most) {
        struct tick_sys_job *job = threads->first;
        const int64_t until = *threads->now + job->takes;
        uint32_t place = threads->busy++;
        threads->first = job->next;
        if (!threads->first)
            threads->last = &threads->first;
        for (; place > 0 && threads->at[place - 1].until > until; place--)
            threads->at[place] = threads->at[place - 1];
        threads->at[place] = (struct busy){job, until};
    }
}

void tick__virtual_threads_run(struct tick_sys_threads *threads, struct tick_sys_job *job) {
    job->next = NULL;
    *threads->last = job;
    threads->last = &job->next;
    begin(threads);
}

bool tick__virtual_threads_withdraw(struct tick_sys_threads *threads, struct tick_sys_job *job) {
    struct tick_sys_job **at = &threads->first;
    while (*at && *at != job)
        at = &(*at)->next;
    if (!*at)
        return false;
    *at = job->next;
    if (threads->last == &job->next)
        threads->last = at;
    job->drop(job);
    return true;
}

int64_t tick__virtual_threads_next(const struct tick_sys_threads *threads) {
    return threads && threads->busy ? threads->at[0].until : TICK_NEVER;
}

static struct tick_sys_job *take(struct tick_sys_threads *threads) {
    struct tick_sys_job *job = threads->at[0].job;
    threads->busy--;
    for (uint32_t i = 0; i < threads->busy; i++)
        threads->at[i] = threads->at[i + 1];
    return job;
}

void tick__virtual_threads_end(struct tick_sys_threads *threads) {
    while (threads && tick__virtual_threads_next(threads) <= *threads->now) {
        struct tick_sys_job *job = take(threads);
        job->run(job);
        job->ran(job);
        job->drop(job);
        begin(threads);
    }
}

void tick__virtual_threads_free(struct tick_sys_threads *threads) {
    if (!threads)
        return;
    for (struct tick_sys_job *job = threads->first, *next; job; job = next) {
        next = job->next;
        job->drop(job);
    }
    while (threads->busy) {
        struct tick_sys_job *job = take(threads);
        job->drop(job);
    }
    free(threads);
}
