// Threads for jobs: a queue, and workers that are started as jobs come, up to a most.
//
// One lock guards it all. `ran` is called with it held, so that after a pool was freed nobody reaches back to whom it belonged: whoever
// frees it without waiting leaves it to its workers, the last of which frees the memory.
#include "src/base/alloc.h"
#include "src/os/linux_int.h"
#include <pthread.h>
#include <sched.h>
#include <signal.h>

#define THREADS_MOST 32

struct tick_sys_threads {
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct tick_sys_job *first, *last; // queued
    uint32_t idle, count, most;
    bool shut; // no job comes any more
    bool left; // nobody waits: the workers own it
    pthread_t threads[];
};

static uint32_t usual_most(void) {
    cpu_set_t set;
    const int cpus = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return cpus + 4 < THREADS_MOST ? (uint32_t)cpus + 4 : THREADS_MOST;
}

int tick__os_threads_new(struct tick_sys *self, uint32_t most, struct tick_sys_threads **out) {
    (void)self;
    if (!most)
        most = usual_most();
    struct tick_sys_threads *threads = tick__alloc_zero(sizeof *threads + most * sizeof(pthread_t));
    if (!threads)
        return -ENOMEM;
    pthread_mutex_init(&threads->lock, NULL);
    pthread_cond_init(&threads->work, NULL);
    threads->most = most;
    *out = threads;
    return 0;
}

static void destroy(struct tick_sys_threads *threads) {
    pthread_cond_destroy(&threads->work);
    pthread_mutex_destroy(&threads->lock);
    tick__free(threads);
}

static struct tick_sys_job *take(struct tick_sys_threads *threads) {
    struct tick_sys_job *job = threads->first;
    threads->first = job->next;
    if (!threads->first)
        threads->last = NULL;
    return job;
}

static void *worker(void *arg) {
    struct tick_sys_threads *threads = arg;
    pthread_mutex_lock(&threads->lock);
    for (;;) {
        while (!threads->first && !threads->shut) {
            threads->idle++;
            pthread_cond_wait(&threads->work, &threads->lock);
            threads->idle--;
        }
        if (!threads->first)
            break;
        struct tick_sys_job *job = take(threads);
        pthread_mutex_unlock(&threads->lock);
        job->run(job);
        pthread_mutex_lock(&threads->lock);
        if (!threads->left)
            job->ran(job);
        job->drop(job);
    }
    const bool last = --threads->count == 0 && threads->left;
    pthread_mutex_unlock(&threads->lock);
    if (last)
        destroy(threads);
    return NULL;
}

// Signals are for the program's own threads.
static int start(struct tick_sys_threads *threads) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    const int error = pthread_create(&threads->threads[threads->count], NULL, worker, threads);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error)
        return -error;
    threads->count++;
    return 0;
}

int tick__os_threads_run(struct tick_sys *self, struct tick_sys_threads *threads, struct tick_sys_job *job) {
    (void)self;
    pthread_mutex_lock(&threads->lock);
    uint32_t queued = 1;
    for (const struct tick_sys_job *each = threads->first; each && queued <= threads->idle; each = each->next)
        queued++;
    int error = 0;
    if (queued > threads->idle && threads->count < threads->most)
        error = start(threads);
    if (threads->count > 0) { // else it waits for one that there is
        error = 0;
        job->next = NULL;
        *(threads->last ? &threads->last->next : &threads->first) = job;
        threads->last = job;
        pthread_cond_signal(&threads->work);
    }
    pthread_mutex_unlock(&threads->lock);
    return error;
}

bool tick__os_threads_withdraw(struct tick_sys *self, struct tick_sys_threads *threads, struct tick_sys_job *job) {
    (void)self;
    struct tick_sys_job *before = NULL;
    pthread_mutex_lock(&threads->lock);
    struct tick_sys_job *at = threads->first;
    for (; at && at != job; at = at->next)
        before = at;
    if (at) {
        *(before ? &before->next : &threads->first) = job->next;
        if (threads->last == job)
            threads->last = before;
    }
    pthread_mutex_unlock(&threads->lock);
    if (at)
        job->drop(job);
    return at != NULL;
}

void tick__os_threads_free(struct tick_sys *self, struct tick_sys_threads *threads, bool wait) {
    (void)self;
    if (!threads)
        return;
    pthread_mutex_lock(&threads->lock);
    struct tick_sys_job *dropped = threads->first;
    threads->first = threads->last = NULL;
    threads->shut = true;
    threads->left = !wait;
    const uint32_t count = threads->count;
    for (uint32_t i = 0; !wait && i < count; i++)
        pthread_detach(threads->threads[i]);
    pthread_cond_broadcast(&threads->work);
    pthread_mutex_unlock(&threads->lock);
    for (struct tick_sys_job *next; dropped; dropped = next) {
        next = dropped->next;
        dropped->drop(dropped);
    }
    for (uint32_t i = 0; wait && i < count; i++)
        pthread_join(threads->threads[i], NULL);
    if (wait || count == 0)
        destroy(threads);
}
