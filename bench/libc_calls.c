// What a call of libc costs a guest: an ordinary program that prints ns a call. On Linux it is run as it is; as a guest:
//     build/release/tests/guest_by_hand -u build/release/bench/bench_libc_calls
// links: pthread
#include "bench/host_clock.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static char bytes[64];

static void must(ssize_t result) {
    if (result < 0) {
        perror("a call failed");
        exit(1);
    }
}

static void there_and_back(const char *what, const int fds[2]) {
    MEASURE(what, 300000, must(write(fds[1], bytes, 64)); must(read(fds[0], bytes, 64)));
}

static void tcp(void) {
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof in;
    const int listener = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0), ep = epoll_create1(0);
    must(bind(listener, (struct sockaddr *)&in, sizeof in));
    must(listen(listener, 10));
    must(getsockname(listener, (struct sockaddr *)&in, &size));
    must(connect(client, (struct sockaddr *)&in, sizeof in));
    const int server = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN}, out[8];
    must(epoll_ctl(ep, EPOLL_CTL_ADD, server, &event));
    MEASURE("TCP: send + epoll_wait + recv, 64 bytes", 300000, must(send(client, bytes, 64, 0)); must(epoll_wait(ep, out, 8, -1));
            must(recv(server, bytes, 64, 0)));
    MEASURE("epoll_wait that ends after 1 ms", 2000, must(epoll_wait(ep, out, 8, 1)));
}

static sem_t there, back;
#define TURNS 100000

static void *answers(void *unused) {
    for (int i = 0; i < TURNS; i++) {
        sem_wait(&there);
        sem_post(&back);
    }
    return unused;
}

static void threads(void) {
    pthread_t thread;
    sem_init(&there, 0, 0);
    sem_init(&back, 0, 0);
    pthread_create(&thread, NULL, answers, NULL);
    MEASURE("threads: there and back", TURNS, sem_post(&there); sem_wait(&back));
    pthread_join(thread, NULL);
}

int main(void) {
    struct timespec t;
    int fds[2];
    MEASURE("clock_gettime", 1000000, must(clock_gettime(CLOCK_MONOTONIC, &t)));
    must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    there_and_back("unix: write + read, 64 bytes", fds);
    must(pipe(fds));
    there_and_back("pipe: write + read, 64 bytes", fds);
    tcp();
    MEASURE("socket + close", 100000, must(close(socket(AF_INET, SOCK_STREAM, 0))));
    MEASURE("eventfd + close", 100000, must(close(eventfd(0, 0))));
    const int file = open("/dev/null", O_WRONLY);
    MEASURE("write to a real file", 300000, must(write(file, bytes, 64)));
    threads();
    return 0;
}
