// Locks of pthreads(7), semaphores, barriers, futexes, as programs use them. Prints what it finds; the same under real threads as in a
// simulated world.
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define SAY(...) (printf(__VA_ARGS__), fflush(stdout))
#define THREADS 16

static void nap(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static struct timespec in(clockid_t clock, long ms) {
    struct timespec at;
    clock_gettime(clock, &at);
    at.tv_nsec += ms % 1000 * 1000000;
    at.tv_sec += ms / 1000 + at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

static void all(void *(*start)(void *), int count) {
    pthread_t threads[64];
    for (intptr_t i = 0; i < count; i++)
        pthread_create(&threads[i], NULL, start, (void *)i);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

// --- mutexes ---

static pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER, recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP,
                       checking = PTHREAD_ERRORCHECK_MUTEX_INITIALIZER_NP, adaptive = PTHREAD_ADAPTIVE_MUTEX_INITIALIZER_NP, robust, shared;
static int counter;

static void *counts(void *arg) {
    pthread_mutex_t *const mutexes[] = {&plain, &recursive, &checking, &adaptive, &shared};
    for (int i = 0; i < 20; i++) {
        for (int k = 0; k < 5; k++)
            pthread_mutex_lock(mutexes[k]);
        const int was = counter;
        if (i % 5 == (int)(intptr_t)arg % 5)
            nap(1);
        counter = was + 1;
        for (int k = 4; k >= 0; k--)
            pthread_mutex_unlock(mutexes[k]);
    }
    return NULL;
}

static void *holds(void *arg) {
    pthread_mutex_lock(arg);
    nap(200);
    pthread_mutex_unlock(arg);
    return NULL;
}

static void *dies_with_it(void *arg) {
    pthread_mutex_lock(arg);
    return NULL;
}

static void *another(void *arg) {
    SAY("unlock another's: %s\n", strerror(pthread_mutex_unlock(arg)));
    SAY("try another's: %s\n", strerror(pthread_mutex_trylock(arg)));
    return NULL;
}

static void mutexes(void) {
    pthread_t thread;
    pthread_mutexattr_t attributes;
    struct timespec at;
    pthread_mutexattr_init(&attributes);
    pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    pthread_mutex_init(&shared, &attributes);
    pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&robust, &attributes);
    all(counts, THREADS);
    SAY("counted %d\n", counter);
    pthread_mutex_lock(&recursive);
    SAY("recursive: %d", pthread_mutex_lock(&recursive));
    SAY(" %d", pthread_mutex_unlock(&recursive));
    SAY(" %d\n", pthread_mutex_unlock(&recursive));
    pthread_mutex_lock(&checking);
    SAY("checking: %s\n", strerror(pthread_mutex_lock(&checking)));
    pthread_create(&thread, NULL, another, &checking);
    pthread_join(thread, NULL);
    pthread_mutex_unlock(&checking);
    SAY("unlock what is free: %s\n", strerror(pthread_mutex_unlock(&checking)));
    pthread_create(&thread, NULL, holds, &plain);
    nap(20);
    at = in(CLOCK_REALTIME, 50);
    SAY("timed: %s\n", strerror(pthread_mutex_timedlock(&plain, &at)));
    at = in(CLOCK_MONOTONIC, 50);
    SAY("clock: %s\n", strerror(pthread_mutex_clocklock(&plain, CLOCK_MONOTONIC, &at)));
    at.tv_nsec = -1;
    SAY("no time: %s\n", strerror(pthread_mutex_timedlock(&plain, &at)));
    at = in(CLOCK_REALTIME, 1000);
    SAY("in time: %d\n", pthread_mutex_timedlock(&plain, &at));
    pthread_mutex_unlock(&plain);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, dies_with_it, &robust);
    nap(20);
    SAY("robust: %s", strerror(pthread_mutex_lock(&robust)));
    SAY(" %d", pthread_mutex_consistent(&robust));
    SAY(" %d\n", pthread_mutex_unlock(&robust));
    pthread_join(thread, NULL);
    SAY("destroy: %d %d\n", pthread_mutex_destroy(&robust), pthread_mutex_destroy(&plain));
}

// --- conditions ---

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER, monotonic;
static int turn, arrived;

static void *in_turn(void *arg) {
    pthread_mutex_lock(&mutex);
    arrived++;
    for (int i = 0; i < 10; i++) {
        while (turn % THREADS != (int)(intptr_t)arg)
            pthread_cond_wait(&changed, &mutex);
        turn++;
        pthread_cond_broadcast(&changed);
    }
    pthread_mutex_unlock(&mutex);
    return NULL;
}

static int queue[8], queued, taken, taken_sum;
static pthread_cond_t room = PTHREAD_COND_INITIALIZER, work = PTHREAD_COND_INITIALIZER;
static void *moves(void *arg) {
    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&mutex);
        if ((intptr_t)arg % 2) {
            while (queued == 8)
                pthread_cond_wait(&room, &mutex);
            queue[queued++] = i;
            pthread_cond_signal(&work);
        } else {
            while (!queued)
                pthread_cond_wait(&work, &mutex);
            taken_sum += queue[--queued];
            taken++;
            pthread_cond_signal(&room);
        }
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static void conditions(void) {
    struct timespec at;
    pthread_condattr_t attributes;
    all(in_turn, THREADS);
    SAY("turns %d\n", turn);
    all(moves, THREADS);
    SAY("moved %d, sum %d\n", taken, taken_sum);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&monotonic, &attributes);
    pthread_mutex_lock(&mutex);
    at = in(CLOCK_REALTIME, 30);
    SAY("timed: %s\n", strerror(pthread_cond_timedwait(&changed, &mutex, &at)));
    at = in(CLOCK_MONOTONIC, 30);
    SAY("monotonic: %s\n", strerror(pthread_cond_timedwait(&monotonic, &mutex, &at)));
    at = in(CLOCK_MONOTONIC, 30);
    SAY("clock: %s\n", strerror(pthread_cond_clockwait(&changed, &mutex, CLOCK_MONOTONIC, &at)));
    at.tv_nsec = 1000000000;
    SAY("no time: %s\n", strerror(pthread_cond_timedwait(&changed, &mutex, &at)));
    SAY("locked again: %d\n", pthread_mutex_unlock(&mutex));
    SAY("destroy: %d\n", pthread_cond_destroy(&monotonic));
}

// --- read-write locks ---

static pthread_rwlock_t rw = PTHREAD_RWLOCK_INITIALIZER, writers_first = PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP;
static int readers, writers, most_readers, wrong, value;

static void *reads_and_writes(void *arg) {
    for (int i = 0; i < 10; i++) {
        pthread_rwlock_t *lock = i % 2 ? &rw : &writers_first;
        if ((intptr_t)arg % 4 == 0) {
            pthread_rwlock_wrlock(lock);
            if (lock == &rw) {
                wrong += readers || writers;
                writers++;
                value++;
            }
            nap(1);
            if (lock == &rw)
                writers--;
            pthread_rwlock_unlock(lock);
        } else {
            pthread_rwlock_rdlock(lock);
            if (lock == &rw) {
                wrong += writers != 0;
                if (__atomic_add_fetch(&readers, 1, __ATOMIC_SEQ_CST) > most_readers)
                    most_readers = readers;
            }
            nap(1);
            if (lock == &rw)
                __atomic_sub_fetch(&readers, 1, __ATOMIC_SEQ_CST);
            pthread_rwlock_unlock(lock);
        }
    }
    return NULL;
}

static pthread_rwlock_t *asked;
static char order[8];
static int order_used;
static void *asks_to_write(void *unused) {
    (void)unused;
    pthread_rwlock_wrlock(asked);
    order[order_used++] = 'w';
    pthread_rwlock_unlock(asked);
    return NULL;
}

static void *asks_to_read(void *unused) {
    (void)unused;
    pthread_rwlock_rdlock(asked);
    order[order_used++] = 'r';
    pthread_rwlock_unlock(asked);
    return NULL;
}

static void preference(const char *name, pthread_rwlock_t *lock) {
    pthread_t writer, reader;
    asked = lock;
    order_used = 0;
    pthread_rwlock_rdlock(lock);
    pthread_create(&writer, NULL, asks_to_write, NULL);
    nap(20);
    pthread_create(&reader, NULL, asks_to_read, NULL);
    nap(20);
    pthread_rwlock_unlock(lock);
    pthread_join(writer, NULL);
    pthread_join(reader, NULL);
    SAY("%s: %.2s\n", name, order);
}

static void rwlocks(void) {
    struct timespec at;
    pthread_t thread;
    all(reads_and_writes, THREADS);
    SAY("wrong %d, several readers: %d, value %d\n", wrong, most_readers > 1, value);
    preference("readers first", &rw);
    preference("writers first", &writers_first);
    pthread_rwlock_wrlock(&rw);
    SAY("write again: %s\n", strerror(pthread_rwlock_wrlock(&rw)));
    SAY("read what is written: %s\n", strerror(pthread_rwlock_rdlock(&rw)));
    pthread_rwlock_unlock(&rw);
    pthread_rwlock_rdlock(&rw);
    at = in(CLOCK_REALTIME, 30);
    SAY("timed write: %s\n", strerror(pthread_rwlock_timedwrlock(&rw, &at)));
    at = in(CLOCK_MONOTONIC, 30);
    SAY("clock read: %s\n", strerror(pthread_rwlock_clockrdlock(&rw, CLOCK_MONOTONIC, &at)));
    pthread_rwlock_unlock(&rw);
    pthread_rwlock_unlock(&rw);
    // A reader that waits only because a writer does goes on when that gives up.
    asked = &writers_first;
    pthread_rwlock_rdlock(&writers_first);
    pthread_create(&thread, NULL, asks_to_write, NULL);
    nap(20);
    pthread_t reader;
    pthread_create(&reader, NULL, asks_to_read, NULL);
    nap(20);
    pthread_rwlock_unlock(&writers_first);
    pthread_join(thread, NULL);
    pthread_join(reader, NULL);
}

// --- barriers, semaphores, spin locks, once ---

static pthread_barrier_t barrier;
static int serial, rounds[5];
static void *meets(void *arg) {
    for (int i = 0; i < 5; i++) {
        if ((intptr_t)arg == i)
            nap(2);
        __atomic_add_fetch(&rounds[i], 1, __ATOMIC_SEQ_CST);
        if (pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD)
            __atomic_add_fetch(&serial, 1, __ATOMIC_SEQ_CST);
        if (__atomic_load_n(&rounds[i], __ATOMIC_SEQ_CST) != THREADS)
            SAY("somebody is missing\n");
    }
    return NULL;
}

static sem_t slots;
static int within, most_within;
static void *enters(void *unused) {
    (void)unused;
    sem_wait(&slots);
    const int now = __atomic_add_fetch(&within, 1, __ATOMIC_SEQ_CST);
    if (now > most_within)
        most_within = now;
    nap(5);
    __atomic_sub_fetch(&within, 1, __ATOMIC_SEQ_CST);
    sem_post(&slots);
    return NULL;
}

static pthread_spinlock_t spin;
static void *spins(void *unused) {
    (void)unused;
    pthread_spin_lock(&spin);
    const int was = counter;
    nap(1);
    counter = was + 1;
    pthread_spin_unlock(&spin);
    return NULL;
}

static pthread_once_t control = PTHREAD_ONCE_INIT;
static int onces;
static void once(void) {
    nap(10);
    onces++;
}
static void *does_once(void *unused) {
    (void)unused;
    pthread_once(&control, once);
    if (!onces)
        SAY("not done yet\n");
    return NULL;
}

static pthread_once_t cancelled = PTHREAD_ONCE_INIT;
static void for_ever_once(void) {
    if (!onces--)
        for (;;)
            nap(1000);
}
static void *is_cancelled_in_it(void *unused) {
    (void)unused;
    onces = 0;
    pthread_once(&cancelled, for_ever_once);
    return NULL;
}
static void *does_it_then(void *unused) {
    (void)unused;
    pthread_once(&cancelled, for_ever_once);
    return (void *)1;
}

static void others(void) {
    struct timespec at;
    pthread_t first, second;
    void *result;
    pthread_barrier_init(&barrier, NULL, THREADS);
    all(meets, THREADS);
    SAY("serial %d, destroy %d\n", serial, pthread_barrier_destroy(&barrier));
    sem_init(&slots, 0, 3);
    all(enters, THREADS);
    SAY("most %d\n", most_within);
    for (int i = 0; i < 3; i++)
        sem_wait(&slots);
    at = in(CLOCK_REALTIME, 30);
    const int timed = sem_timedwait(&slots, &at);
    SAY("timed: %d %s\n", timed, strerror(errno));
    at = in(CLOCK_MONOTONIC, 30);
    const int clocked = sem_clockwait(&slots, CLOCK_MONOTONIC, &at);
    SAY("clock: %d %s\n", clocked, strerror(errno));
    counter = 0;
    pthread_spin_init(&spin, 0);
    all(spins, 4);
    SAY("spins %d\n", counter);
    all(does_once, 4);
    SAY("once %d\n", onces);
    pthread_create(&first, NULL, is_cancelled_in_it, NULL);
    nap(20);
    pthread_create(&second, NULL, does_it_then, NULL);
    nap(20);
    pthread_cancel(first);
    pthread_join(first, &result);
    SAY("left: %d", result == PTHREAD_CANCELED);
    pthread_join(second, &result);
    SAY(" done by the next: %d\n", result == (void *)1);
}

// --- futex(2) ---

static uint32_t word, second_word;
static long futex(uint32_t *at, int op, uint32_t val, const void *timeout, uint32_t *other, uint32_t third) {
    const long result = syscall(SYS_futex, at, op, val, timeout, other, third);
    return result < 0 ? -errno : result;
}

static int woken_there;
static void *waits_on_word(void *arg) {
    const long result = futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 0, NULL, NULL, (uint32_t)(intptr_t)arg);
    __atomic_add_fetch(&woken_there, result == 0, __ATOMIC_SEQ_CST);
    return NULL;
}

static void futexes(void) {
    pthread_t threads[6];
    SAY("not that value: %ld\n", futex(&word, FUTEX_WAIT, 5, NULL, NULL, 0));
    SAY("timed: %ld\n", futex(&word, FUTEX_WAIT_PRIVATE, 0, &(struct timespec){0, 20000000}, NULL, 0));
    struct timespec at = in(CLOCK_REALTIME, 20);
    SAY("until: %ld\n", futex(&word, FUTEX_WAIT_BITSET | FUTEX_CLOCK_REALTIME, 0, &at, NULL, 1));
    SAY("nobody: %ld, no bits: %ld\n", futex(&word, FUTEX_WAKE, 1, NULL, NULL, 0), futex(&word, FUTEX_WAKE_BITSET, 1, NULL, NULL, 0));
    for (intptr_t i = 0; i < 6; i++)
        pthread_create(&threads[i], NULL, waits_on_word, (void *)(i % 2 ? 2l : 1l));
    nap(50);
    SAY("bits: %ld\n", futex(&word, FUTEX_WAKE_BITSET_PRIVATE, INT_MAX, NULL, NULL, 2));
    SAY("requeue, another value: %ld\n", futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)5, &second_word, 7));
    SAY("requeue: %ld\n", futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 1, (void *)5, &second_word, 0));
    SAY("there: %ld", futex(&word, FUTEX_WAKE_PRIVATE, 5, NULL, NULL, 0));
    const uint32_t op = FUTEX_OP(FUTEX_OP_ADD, 3, FUTEX_OP_CMP_EQ, 0);
    SAY(" and by an operation: %ld", futex(&word, FUTEX_WAKE_OP_PRIVATE, 1, (void *)9, &second_word, op));
    SAY(", value %u\n", second_word);
    for (int i = 0; i < 6; i++)
        pthread_join(threads[i], NULL);
    SAY("woken: %d\n", woken_there);
}

// --- libc's own locks ---

static void *uses_libc(void *arg) {
    char *texts[50];
    for (int i = 0; i < 50; i++) {
        if (asprintf(&texts[i], "%d of %d", i, (int)(intptr_t)arg) < 0)
            return NULL;
        if (i % 10 == 0)
            nap(1);
    }
    FILE *file = tmpfile();
    for (int i = 0; i < 50; i++) {
        fprintf(file, "%s\n", texts[i]);
        free(texts[i]);
    }
    return (void *)(intptr_t)fclose(file);
}

int main(void) {
    mutexes();
    conditions();
    rwlocks();
    others();
    futexes();
    all(uses_libc, THREADS);
    SAY("the end\n");
    return 0;
}
