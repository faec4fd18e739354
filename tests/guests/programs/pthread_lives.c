// Threads' lives, as pthreads(7) has them: join, detach, exit, cancellation, names, attributes, own data, signals, C11's. Prints what it
// finds; the same under real threads as in a simulated world.
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define SAY(...) (printf(__VA_ARGS__), fflush(stdout))

static void nap(long ms) {
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static void *doubles(void *arg) {
    return (void *)((intptr_t)arg * 2);
}

static void joins(void) {
    pthread_t threads[64];
    intptr_t sum = 0;
    void *result;
    for (intptr_t i = 0; i < 64; i++)
        if (pthread_create(&threads[i], NULL, doubles, (void *)i))
            SAY("no thread\n");
    for (int i = 0; i < 64; i++) {
        pthread_join(threads[i], &result);
        sum += (intptr_t)result;
    }
    SAY("joined: %ld\n", (long)sum);
    SAY("join self: %s\n", strerror(pthread_join(pthread_self(), NULL)));
}

static sem_t over;
static void *detached(void *arg) {
    (void)arg;
    pthread_detach(pthread_self());
    SAY("detach twice: %s\n", strerror(pthread_detach(pthread_self())));
    sem_post(&over);
    return NULL;
}

static void detaches(void) {
    pthread_t thread;
    pthread_attr_t attributes;
    sem_init(&over, 0, 0);
    pthread_create(&thread, NULL, detached, NULL);
    sem_wait(&over);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_create(&thread, &attributes, doubles, NULL);
    pthread_attr_destroy(&attributes);
    nap(5);
}

// --- timed and tried joins ---

static void *sleeps(void *arg) {
    nap((intptr_t)arg);
    return arg;
}

static void timed_joins(void) {
    pthread_t thread;
    struct timespec at;
    void *result = NULL;
    pthread_create(&thread, NULL, sleeps, (void *)300);
    SAY("try: %s\n", strerror(pthread_tryjoin_np(thread, NULL)));
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_sec--;
    SAY("late: %s\n", strerror(pthread_timedjoin_np(thread, NULL, &at)));
    at.tv_sec += 10;
    SAY("timed: %s", strerror(pthread_timedjoin_np(thread, &result, &at)));
    SAY(" %ld\n", (long)(intptr_t)result);
}

// --- exit, and what is cleaned up ---

static void cleans(void *text) {
    SAY("clean %s\n", (const char *)text);
}

static pthread_key_t key, other_key;
static int destroyed;
static void destroys(void *value) {
    SAY("destroy %s\n", (const char *)value);
    if (!destroyed++)
        pthread_setspecific(other_key, "other");
}

static void inner(void) {
    pthread_cleanup_push(cleans, "inner");
    pthread_exit("gone");
    pthread_cleanup_pop(0);
}

static void *exits(void *arg) {
    (void)arg;
    pthread_setspecific(key, "one");
    pthread_cleanup_push(cleans, "outer");
    pthread_cleanup_push(cleans, "middle");
    pthread_cleanup_pop(1);
    inner();
    pthread_cleanup_pop(0);
    return NULL;
}

static void exits_clean_up(void) {
    pthread_t thread;
    void *result;
    pthread_key_create(&key, destroys);
    pthread_key_create(&other_key, destroys);
    pthread_create(&thread, NULL, exits, NULL);
    pthread_join(thread, &result);
    SAY("exit: %s\n", (const char *)result);
}

// --- cancellation ---

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;

static void unlocks(void *unused) {
    (void)unused;
    SAY("cleanup has the mutex: %d\n", pthread_mutex_unlock(&mutex) == 0);
}

static void *waits_for_ever(void *arg) {
    (void)arg;
    pthread_mutex_lock(&mutex);
    pthread_cleanup_push(unlocks, NULL);
    for (;;)
        pthread_cond_wait(&cond, &mutex);
    pthread_cleanup_pop(0);
    return NULL;
}

static void *sleeps_for_ever(void *arg) {
    (void)arg;
    pthread_cleanup_push(cleans, "sleeper");
    for (;;)
        pause();
    pthread_cleanup_pop(0);
    return NULL;
}

static void *refuses(void *arg) {
    int old;
    (void)arg;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &old);
    nap(100);
    SAY("was enabled: %d\n", old == PTHREAD_CANCEL_ENABLE);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
    pthread_testcancel();
    SAY("not reached\n");
    return NULL;
}

static void *joins_for_ever(void *arg) {
    pthread_join(*(pthread_t *)arg, NULL);
    return NULL;
}

static void cancels_one(const char *name, void *(*start)(void *), void *arg) {
    pthread_t thread;
    void *result;
    pthread_create(&thread, NULL, start, arg);
    nap(20);
    const int error = pthread_cancel(thread);
    pthread_join(thread, &result); // what it says in between comes first
    SAY("cancel %s: %d %s\n", name, error, result == PTHREAD_CANCELED ? "cancelled" : "not cancelled");
}

static void *napping(void *arg) {
    for (;;)
        nap(1000);
    return arg;
}

static void cancels(void) {
    pthread_t sleeper;
    cancels_one("cond", waits_for_ever, NULL);
    cancels_one("nap", napping, NULL);
    cancels_one("refuses", refuses, NULL);
    pthread_create(&sleeper, NULL, sleeps, (void *)2000);
    cancels_one("join", joins_for_ever, &sleeper);
    SAY("join after that: %d\n", pthread_join(sleeper, NULL));
    cancels_one("done", doubles, NULL);
    (void)sleeps_for_ever;
}

// --- names, attributes, identity ---

static void *tells(void *arg) {
    char name[16], probe;
    pthread_attr_t attributes;
    void *stack;
    size_t size;
    int state;
    pthread_setname_np(pthread_self(), "teller");
    pthread_getname_np(pthread_self(), name, sizeof name);
    pthread_getattr_np(pthread_self(), &attributes);
    pthread_attr_getstack(&attributes, &stack, &size);
    pthread_attr_getdetachstate(&attributes, &state);
    pthread_attr_destroy(&attributes);
    SAY("%s, on its stack: %d, large enough: %d, joinable: %d, main's tid: %d\n", name, &probe >= (char *)stack && &probe < (char *)stack + size,
        size >= (size_t)(intptr_t)arg, state == PTHREAD_CREATE_JOINABLE, gettid() == getpid());
    return (void *)(intptr_t)pthread_equal(pthread_self(), pthread_self());
}

static void *deep(void *arg) {
    volatile char much[3 << 20];
    memset((char *)much, 1, sizeof much);
    return much[1000] == 1 ? tells(arg) : NULL;
}

static void attributes(void) {
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_create(&thread, &attributes, tells, (void *)4096);
    pthread_join(thread, NULL);
    pthread_attr_setstacksize(&attributes, 32 << 20);
    pthread_create(&thread, &attributes, deep, (void *)(32 << 20));
    pthread_join(thread, NULL);
    const size_t size = 4 << 20;
    void *own = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_attr_setstack(&attributes, own, size);
    pthread_create(&thread, &attributes, deep, (void *)(intptr_t)size);
    pthread_join(thread, NULL);
    munmap(own, size);
    pthread_attr_destroy(&attributes);
    SAY("main's name: %d\n", pthread_setname_np(pthread_self(), "a name that is too long"));
}

// --- thread-local data is fresh in each ---

static _Thread_local int counter = 7;
static _Thread_local char buffer[100];
static void *counts(void *arg) {
    (void)arg;
    counter++;
    buffer[50]++;
    errno = 0;
    return (void *)(intptr_t)(counter * 100 + buffer[50] + (pthread_getspecific(key) != NULL));
}

static void locals(void) {
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        void *result;
        pthread_create(&thread, NULL, counts, NULL);
        pthread_join(thread, &result);
        if ((intptr_t)result != 801) {
            SAY("not fresh: %ld\n", (long)(intptr_t)result);
            return;
        }
    }
    SAY("fresh, main's: %d\n", counter);
}

// --- signals ---

static _Thread_local volatile int handled;
static volatile int value;
static void handler(int number, siginfo_t *info, void *context) {
    (void)number, (void)context;
    handled++;
    value = info->si_code == SI_QUEUE ? info->si_value.sival_int : -1;
}

static void *is_signalled(void *arg) {
    const int woken = nanosleep(&(struct timespec){100, 0}, NULL);
    SAY("%s: %s, handled here: %d\n", (const char *)arg, woken < 0 && errno == EINTR ? "interrupted" : "not", handled);
    return NULL;
}

static void *blocks(void *arg) {
    sigset_t set;
    (void)arg;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    nap(100);
    SAY("blocked: %d", handled);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    SAY(", unblocked: %d\n", handled);
    return NULL;
}

static void signals(void) {
    pthread_t thread;
    struct sigaction action = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
    sigaction(SIGUSR1, &action, NULL);
    pthread_create(&thread, NULL, is_signalled, "kill");
    nap(10);
    SAY("there: %d\n", pthread_kill(thread, 0));
    pthread_kill(thread, SIGUSR1);
    pthread_join(thread, NULL);
    pthread_create(&thread, NULL, is_signalled, "queue");
    nap(10);
    pthread_sigqueue(thread, SIGUSR1, (union sigval){.sival_int = 42});
    pthread_join(thread, NULL);
    SAY("value: %d\n", value);
    pthread_create(&thread, NULL, blocks, NULL);
    nap(10);
    pthread_kill(thread, SIGUSR1);
    pthread_join(thread, NULL);
    pthread_kill(pthread_self(), SIGUSR1);
    SAY("main's: %d\n", handled);
}

// --- C11 ---

static once_flag flag = ONCE_FLAG_INIT;
static int onces;
static void once(void) {
    thrd_sleep(&(struct timespec){0, 1000000}, NULL);
    onces++;
}

static mtx_t mtx;
static cnd_t cnd;
static int turn;
static int c11(void *arg) {
    const int mine = (int)(intptr_t)arg;
    call_once(&flag, once);
    mtx_lock(&mtx);
    while (turn != mine)
        cnd_wait(&cnd, &mtx);
    turn++;
    cnd_broadcast(&cnd);
    mtx_unlock(&mtx);
    if (mine == 2)
        thrd_exit(99);
    return mine;
}

static void c11_threads(void) {
    thrd_t threads[4];
    int sum = 0, result;
    mtx_init(&mtx, mtx_plain);
    cnd_init(&cnd);
    for (intptr_t i = 0; i < 4; i++)
        thrd_create(&threads[i], c11, (void *)(3 - i));
    for (int i = 0; i < 4; i++) {
        thrd_join(threads[i], &result);
        sum += result;
    }
    SAY("C11: %d, once: %d\n", sum, onces);
}

static void *outlives_main(void *arg) {
    pthread_join(*(pthread_t *)arg, NULL);
    SAY("the last thread ends the process\n");
    return NULL;
}

int main(void) {
    static pthread_t self;
    pthread_t thread;
    joins();
    detaches();
    timed_joins();
    exits_clean_up();
    cancels();
    attributes();
    locals();
    signals();
    c11_threads();
    self = pthread_self();
    pthread_create(&thread, NULL, outlives_main, &self);
    pthread_cleanup_push(cleans, "main");
    pthread_exit(NULL);
    pthread_cleanup_pop(0);
    return 1;
}
