// planted KIND: a bug for each kind of choice that unmodified programs are asked about, which that kind alone brings out: the least program
// of each. Exits with 1 if it happens; calm, and under the other kinds, with 0.
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static long ms_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static struct timespec in_ms(long ms) {
    struct timespec at;
    clock_gettime(CLOCK_REALTIME, &at);
    at.tv_nsec += ms * 1000000;
    at.tv_sec += at.tv_nsec / 1000000000;
    at.tv_nsec %= 1000000000;
    return at;
}

// Two ends of a TCP connection.
static void connected(int ends[2]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1) ||
        getsockname(listener, (struct sockaddr *)&address, &size) || connect(ends[0], (struct sockaddr *)&address, size))
        abort();
    ends[1] = accept(listener, NULL, NULL);
}

// An answer is expected within 20 ms: on a network that takes 1 to 31.
static bool delivery(void) {
    int ends[2];
    connected(ends);
    (void)!write(ends[0], "x", 1);
    return poll(&(struct pollfd){.fd = ends[1], .events = POLLIN}, 1, 20) == 0;
}

// A look without a wait is expected to take no time.
static bool poll_late(void) {
    const long began = ms_now();
    (void)poll(&(struct pollfd){.fd = -1}, 1, 0);
    return ms_now() - began >= 30;
}

// A wait of 10 ms is expected to end before the 40th.
static bool timer_late(void) {
    pthread_cond_t never = PTHREAD_COND_INITIALIZER;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    const long began = ms_now();
    const struct timespec until = in_ms(10);
    pthread_mutex_lock(&mutex);
    (void)pthread_cond_timedwait(&never, &mutex, &until);
    return ms_now() - began >= 40;
}

// Who reads is expected to run within 40 ms of what came, which the network brings within 31.
static bool host_late(void) {
    int ends[2];
    char byte;
    connected(ends);
    const long began = ms_now();
    (void)!write(ends[0], "x", 1);
    (void)!read(ends[1], &byte, 1);
    return ms_now() - began >= 40;
}

// What came long ago on two connections is expected in one epoll.
static bool ready_hold(void) {
    int one[2], other[2];
    struct epoll_event seen[2];
    const int epfd = epoll_create1(0);
    connected(one);
    connected(other);
    epoll_ctl(epfd, EPOLL_CTL_ADD, one[1], &(struct epoll_event){.events = EPOLLIN});
    epoll_ctl(epfd, EPOLL_CTL_ADD, other[1], &(struct epoll_event){.events = EPOLLIN});
    (void)!write(one[0], "x", 1);
    (void)!write(other[0], "x", 1);
    usleep(200000);
    return epoll_wait(epfd, seen, 2, 1000) != 2;
}

// A head of 8 bytes is expected in one piece.
static bool short_recv(void) {
    int ends[2];
    char head[8];
    connected(ends);
    (void)!write(ends[0], "12345678", 8);
    return read(ends[1], head, sizeof head) != (ssize_t)sizeof head;
}

// A message is read until 64 of its 100 bytes are there, whatever the pieces; and then it is expected to be whole.
static bool short_recv_at_end(void) {
    int ends[2];
    char message[100] = {0};
    size_t have = 0;
    connected(ends);
    (void)!write(ends[0], message, sizeof message);
    while (have < 64)
        have += (size_t)read(ends[1], message + have, sizeof message - have);
    return have != sizeof message;
}

// What a socket that does not block was given is expected to be on its way, all of it.
static bool short_send(void) {
    int ends[2];
    char block[1000] = {0};
    connected(ends);
    for (int i = 0; i < 4; i++)
        if (send(ends[0], block, sizeof block, MSG_DONTWAIT) != (ssize_t)sizeof block)
            return true;
    return false;
}

// The same of a program that is ready for less than half of it.
static bool short_send_at_end(void) {
    int ends[2];
    char block[1000] = {0};
    connected(ends);
    for (int i = 0; i < 4; i++) {
        const ssize_t taken = send(ends[0], block, sizeof block, MSG_DONTWAIT);
        if (taken >= (ssize_t)sizeof block / 2 && taken < (ssize_t)sizeof block)
            return true;
    }
    return false;
}

static sem_t first, second, asked, answered;
static bool overtaken;

static void *is_second(void *arg) {
    sem_wait(&second);
    overtaken = true;
    return arg;
}

static void *wakes_both(void *arg) {
    sem_post(&first);
    sem_post(&second);
    return arg;
}

// Who was woken first is expected to go on first.
static bool thread(void) {
    pthread_t other;
    sem_init(&first, 0, 0);
    sem_init(&second, 0, 0);
    pthread_create(&other, NULL, is_second, NULL);
    pthread_create(&other, NULL, wakes_both, NULL);
    sem_wait(&first);
    return overtaken;
}

static void *works(void *arg) {
    sem_wait(&asked);
    sem_post(&answered);
    return arg;
}

// What a thread computes is expected to be there within 20 ms.
static bool job_time(void) {
    pthread_t worker;
    const struct timespec until = in_ms(20);
    sem_init(&asked, 0, 0);
    sem_init(&answered, 0, 0);
    pthread_create(&worker, NULL, works, NULL);
    sem_post(&asked);
    return sem_timedwait(&answered, &until) < 0 && errno == ETIMEDOUT;
}

static const struct {
    const char *kind;
    bool (*happens)(void);
} bugs[] = {{"delivery", delivery}, {"poll_late", poll_late}, {"timer_late", timer_late}, {"host_late", host_late}, {"ready_hold", ready_hold},
    {"short_recv", short_recv}, {"short_recv_at_end", short_recv_at_end}, {"short_send", short_send},
    {"short_send_at_end", short_send_at_end}, {"thread", thread}, {"job_time", job_time}};

int main(int argc, char **argv) {
    usleep(1); // a run begins at the first wait
    for (size_t i = 0; argc > 1 && i < sizeof bugs / sizeof *bugs; i++)
        if (!strcmp(argv[1], bugs[i].kind)) {
            const bool happened = bugs[i].happens();
            if (happened)
                fprintf(stderr, "planted: %s\n", argv[1]);
            return happened;
        }
    return 2;
}
