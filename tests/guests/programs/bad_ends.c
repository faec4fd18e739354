// Ends of which a finding tells where the program stood: bad_ends HOW.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void rest(void) {
    nanosleep(&(struct timespec){0, 1000000}, NULL);
}

__attribute__((noinline)) static int take_apart(const volatile int *number) {
    return *number + 1;
}

__attribute__((noinline)) static void touch_nothing(void) {
    const volatile int *volatile nowhere = NULL;
    printf("%d\n", take_apart(nowhere));
}

static int go_deep(int n) {
    volatile char room[4096];
    room[0] = (char)n;
    return n > 1000000 ? room[0] : go_deep(n + 1) + room[0];
}

__attribute__((noinline)) static void give_up(void) {
    abort();
}

__attribute__((noinline)) static void divide(void) {
    volatile int many = 10, none = 0;
    printf("%d\n", many / none);
}

__attribute__((noinline)) static void start_a_child(void) {
    if (fork() == 0)
        _exit(0);
    wait(NULL);
}

__attribute__((noinline)) static void turn_round(void) {
    for (volatile unsigned n = 0;; n++)
        continue;
}

static void eat(void) {
    for (size_t size = (size_t)1 << 20;;)
        memset(malloc(size), 1, size);
}

// The compiler puts it into its caller, and its caller into main.
static inline __attribute__((always_inline)) void *inner(volatile int *number) {
    *number = 1;
    return NULL;
}
static inline __attribute__((always_inline)) void outer(void) {
    inner(NULL);
}
__attribute__((noinline)) static void within(void) {
    outer();
}

static void *in_a_thread(void *how) {
    void (*const fn)(void) = *(void (**)(void))how;
    pthread_setname_np(pthread_self(), "unlucky");
    rest();
    fn();
    return NULL;
}

__attribute__((noinline)) static void with_a_thread(void (*fn)(void)) {
    pthread_t thread;
    pthread_create(&thread, NULL, in_a_thread, &fn);
    pthread_join(thread, NULL);
}

static int open_it(int port, int type) {
    const int fd = socket(AF_INET, type, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(fd, (struct sockaddr *)&at, sizeof at) < 0 || listen(fd, 5) < 0)
        exit(9);
    return fd;
}

__attribute__((noinline)) static void leave(void) {
    const int listener = open_it(7000, SOCK_STREAM), client = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(7000), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (connect(client, (struct sockaddr *)&at, sizeof at) < 0)
        exit(9);
    const int server = accept(listener, NULL, NULL);
    if (write(server, "hello", 5) != 5)
        exit(9);
    close(server);
    nanosleep(&(struct timespec){1, 0}, NULL);
    close(listener);
}

static void handled(int number) {
    static const char text[] = "its own handler\n";
    (void)number;
    (void)!write(1, text, sizeof text - 1);
    _exit(3);
}

static void ask_for_handlers(void) {
    struct sigaction before, set = {.sa_handler = handled};
    rest();
    sigaction(SIGSEGV, NULL, &before);
    printf("%d\n", before.sa_handler == SIG_DFL);
    printf("%d\n", signal(SIGFPE, SIG_IGN) == SIG_DFL);
    sigaction(SIGSEGV, &set, NULL);
    signal(SIGSEGV, SIG_DFL);
    sigaction(SIGSEGV, NULL, &before);
    printf("%d\n", before.sa_handler == SIG_DFL);
    sigaction(SIGSEGV, &set, NULL);
    fflush(stdout);
    touch_nothing();
}

int main(int argc, char **argv) {
    const char *how = argc > 1 ? argv[1] : "";
    static const struct {
        const char *how;
        void (*fn)(void);
        int threaded;
    } all[] = {{"segv", touch_nothing, 0}, {"threadsegv", touch_nothing, 1}, {"abort", give_up, 0}, {"fpe", divide, 1},
        {"fork", start_a_child, 0}, {"spin", turn_round, 1}, {"eat", eat, 0}, {"leave", leave, 0}, {"handlers", ask_for_handlers, 0},
        {"inlined", within, 0}};
    rest();
    if (!strcmp(how, "deep"))
        return go_deep(0);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (!strcmp(how, all[i].how) && all[i].threaded)
            with_a_thread(all[i].fn);
        else if (!strcmp(how, all[i].how))
            all[i].fn();
    return 0;
}
