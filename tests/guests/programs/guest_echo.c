// An echo server and its clients in one program, which knows nothing of a simulator: guest_echo [threads | call | dirty | crash].
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS 4
#define ROUNDS 5

extern void retick_snapshot(void) __attribute__((weak));

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int listener;
static struct sockaddr_in address;

static void begin(void) {
    socklen_t size = sizeof address;
    listener = socket(AF_INET, SOCK_STREAM, 0);
    address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 10) < 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) < 0)
        exit(9);
}

static int dial(void) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        exit(8);
    return fd;
}

// --- in one thread ---

static void in_one_thread(void) {
    struct pollfd fds[1 + 2 * CLIENTS];
    int count = 1, replies[CLIENTS] = {0}, left = CLIENTS;
    char bytes[100], order[CLIENTS * ROUNDS + 1] = "";
    fds[0] = (struct pollfd){listener, POLLIN, 0};
    for (int i = 0; i < CLIENTS; i++)
        fds[count++] = (struct pollfd){dial(), POLLIN, 0};
    for (int i = 1; i <= CLIENTS; i++)
        if (write(fds[i].fd, "hello", 5) != 5)
            exit(7);
    while (left) {
        if (poll(fds, (nfds_t)count, 5000) <= 0)
            exit(6);
        if (fds[0].revents)
            fds[count++] = (struct pollfd){accept(listener, NULL, NULL), POLLIN, 0};
        for (int i = 1; i < count; i++) {
            if (!(fds[i].revents & (POLLIN | POLLHUP)))
                continue;
            fds[i].revents = 0;
            const ssize_t got = read(fds[i].fd, bytes, sizeof bytes);
            if (i > CLIENTS && got > 0 && write(fds[i].fd, bytes, (size_t)got) != got)
                exit(5);
            if (i > CLIENTS || got <= 0)
                continue;
            order[strlen(order)] = (char)('0' + i);
            const bool more = ++replies[i - 1] < ROUNDS;
            left -= !more;
            if (more && write(fds[i].fd, "again", 5) != 5)
                exit(4);
        }
    }
    printf("order %s after %.6f\n", order, now());
}

// --- in many ---

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char told[CLIENTS * ROUNDS + 1];

static void *serve_one(void *arg) {
    char bytes[100];
    const int fd = (int)(long)arg;
    for (ssize_t got; (got = read(fd, bytes, sizeof bytes)) > 0;)
        if (write(fd, bytes, (size_t)got) != got)
            exit(5);
    close(fd);
    return NULL;
}

static void *serve(void *arg) {
    pthread_t threads[CLIENTS];
    for (long i = 0; i < CLIENTS; i++)
        if (pthread_create(&threads[i], NULL, serve_one, (void *)(long)accept(listener, NULL, NULL)) != 0)
            exit(3);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    return arg;
}

static void *ask(void *arg) {
    char bytes[100];
    const int fd = dial();
    for (int k = 0; k < ROUNDS; k++) {
        if (write(fd, "hello", 5) != 5 || read(fd, bytes, sizeof bytes) <= 0)
            exit(2);
        pthread_mutex_lock(&lock);
        told[strlen(told)] = (char)('0' + (long)arg);
        pthread_mutex_unlock(&lock);
    }
    close(fd);
    return NULL;
}

static void in_threads(void) {
    pthread_t server, clients[CLIENTS];
    pthread_create(&server, NULL, serve, NULL);
    for (long i = 0; i < CLIENTS; i++)
        pthread_create(&clients[i], NULL, ask, (void *)i);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(clients[i], NULL);
    pthread_join(server, NULL);
    printf("threads %s after %.6f\n", told, now());
}

// What a run should not leave behind: memory, mappings, files, folders.
static void dirty(void) {
    static int counter;
    char folder[500];
    const int fd = open("/dev/null", O_RDONLY);
    void *const area = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(area, 1, 1 << 20);
    memset(malloc(300000), ++counter, 300000);
    printf("counter %d fd %d area %p at %s\n", counter, fd, area, getcwd(folder, sizeof folder));
    if (chdir("/") < 0)
        exit(1);
}

int main(int argc, char **argv) {
    const char *const how = argc > 1 ? argv[1] : "";
    begin();
    if (!strcmp(how, "call") && retick_snapshot)
        retick_snapshot();
    printf("ready\n");
    fflush(stdout);
    if (!strcmp(how, "threads"))
        in_threads();
    else
        in_one_thread();
    if (!strcmp(how, "dirty"))
        dirty();
    if (!strcmp(how, "crash"))
        abort();
    return 0;
}
