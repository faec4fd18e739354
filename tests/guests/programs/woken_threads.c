// Threads that wait, one after the other, each in another way, and what ends their waits: each thread says first how it waits.
#include <arpa/inet.h>
#include <linux/futex.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int listener, near, far, ends[2], event, timer, signals;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_t waiting;
static sem_t semaphore;
static uint32_t word;
static char bytes[1 << 22];

static struct sockaddr_in address(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(9000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return at;
}

static void rest(void) {
    (void)nanosleep(&(struct timespec){0, 10000000}, NULL);
}

static void say(const char *how) {
    printf("%s\n", how);
    fflush(stdout);
}

// --- how they wait ---

static void accepts(void) {
    far = accept(listener, NULL, NULL);
}

static void reads(void) {
    char some[8];
    (void)recv(far, some, sizeof some, 0);
}

static void polls(void) {
    (void)poll(&(struct pollfd){.fd = far, .events = POLLIN}, 1, -1);
}

static void selects(void) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(far, &set);
    (void)select(far + 1, &set, NULL, NULL, NULL);
}

static void watches(void) {
    const int epoll = epoll_create1(0);
    struct epoll_event watched = {.events = EPOLLIN};
    (void)epoll_ctl(epoll, EPOLL_CTL_ADD, far, &watched);
    (void)epoll_wait(epoll, &watched, 1, -1);
    close(epoll);
}

static void sends_much(void) {
    (void)send(far, bytes, sizeof bytes, 0);
}

static void reads_pipe(void) {
    char some[8];
    (void)!read(ends[0], some, sizeof some);
}

static void reads_event(void) {
    uint64_t count;
    (void)!read(event, &count, sizeof count);
}

static void reads_timer(void) {
    uint64_t count;
    (void)timerfd_settime(timer, 0, &(struct itimerspec){.it_value.tv_nsec = 5000000}, NULL);
    (void)!read(timer, &count, sizeof count);
}

static void locks(void) {
    pthread_mutex_lock(&mutex);
    pthread_mutex_unlock(&mutex);
}

static void awaits_condition(void) {
    pthread_mutex_lock(&mutex);
    pthread_cond_wait(&condition, &mutex);
    pthread_mutex_unlock(&mutex);
}

static void reads_lock(void) {
    pthread_rwlock_rdlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
}

static void meets(void) {
    (void)pthread_barrier_wait(&barrier);
}

static void takes(void) {
    (void)sem_wait(&semaphore);
}

static void sleeps_on_futex(void) {
    (void)syscall(SYS_futex, &word, FUTEX_WAIT, 0, NULL, NULL, 0);
}

static void awaits_signal(void) {
    sigset_t set;
    int got;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    (void)sigwait(&set, &got);
}

static void reads_signals(void) {
    struct signalfd_siginfo info;
    (void)!read(signals, &info, sizeof info);
}

static void awaits_alarm(void) {
    sigset_t set;
    int got;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    (void)setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 5000}, NULL);
    (void)sigwait(&set, &got);
}

static void sleeps(void) {
    rest();
}

// --- what ends that ---

static void connects(void) {
    const struct sockaddr_in to = address();
    near = socket(AF_INET, SOCK_STREAM, 0);
    (void)connect(near, (const struct sockaddr *)&to, sizeof to);
}

static void sends(void) {
    char some[8];
    (void)send(near, "abc", 3, 0);
    rest();
    (void)recv(far, some, sizeof some, MSG_DONTWAIT);
}

static void takes_all_in(void) {
    for (size_t got = 0; got < sizeof bytes;) {
        const ssize_t count = recv(near, bytes, sizeof bytes, 0);
        if (count <= 0)
            break;
        got += (size_t)count;
    }
}

static void writes_pipe(void) {
    (void)!write(ends[1], "abc", 3);
}

static void counts(void) {
    (void)!write(event, &(uint64_t){1}, sizeof(uint64_t));
}

static void does_nothing(void) {}

static void unlocks(void) {
    pthread_mutex_unlock(&mutex);
}

static void signals_condition(void) {
    pthread_cond_signal(&condition);
}

static void unlocks_writing(void) {
    pthread_rwlock_unlock(&rwlock);
}

static void posts(void) {
    (void)sem_post(&semaphore);
}

static void wakes_futex(void) {
    (void)syscall(SYS_futex, &word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static void kills_thread(void) {
    pthread_kill(waiting, SIGUSR1);
}

static void kills_process(void) {
    kill(getpid(), SIGUSR2);
}

static const struct way {
    const char *how;
    void (*waits)(void), (*wakes)(void);
} ways[] = {
    {"accept", accepts, connects},
    {"recv", reads, sends},
    {"poll", polls, sends},
    {"select", selects, sends},
    {"epoll", watches, sends},
    {"send", sends_much, takes_all_in},
    {"pipe", reads_pipe, writes_pipe},
    {"eventfd", reads_event, counts},
    {"timerfd", reads_timer, does_nothing},
    {"mutex", locks, unlocks},
    {"condition", awaits_condition, signals_condition},
    {"rwlock", reads_lock, unlocks_writing},
    {"barrier", meets, meets},
    {"semaphore", takes, posts},
    {"futex", sleeps_on_futex, wakes_futex},
    {"signal", awaits_signal, kills_thread},
    {"signalfd", reads_signals, kills_process},
    {"alarm", awaits_alarm, does_nothing},
    {"sleep", sleeps, does_nothing},
};

static void *begin(void *arg) {
    const struct way *way = arg;
    say(way->how);
    way->waits();
    return NULL;
}

int main(void) {
    const struct sockaddr_in at = address();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    signals = signalfd(-1, &set, 0);
    listener = socket(AF_INET, SOCK_STREAM, 0);
    event = eventfd(0, 0);
    timer = timerfd_create(CLOCK_MONOTONIC, 0);
    if (bind(listener, (const struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 5) < 0 || pipe(ends) < 0)
        return 2;
    pthread_barrier_init(&barrier, NULL, 2);
    sem_init(&semaphore, 0, 0);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (ways[i].waits == locks)
            pthread_mutex_lock(&mutex);
        if (ways[i].waits == reads_lock)
            pthread_rwlock_wrlock(&rwlock);
        pthread_create(&waiting, NULL, begin, (void *)(uintptr_t)&ways[i]);
        rest();
        ways[i].wakes();
        pthread_join(waiting, NULL);
    }
    return 0;
}
