// Guests: ordinary programs, one a case, that know nothing of a simulator. guest_cases CASE. What each prints is looked at by
// tests/guests/guest_programs.c; most give the same, but for the time that they take, without any simulator.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static int listener(struct sockaddr_in *address) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    socklen_t size = sizeof *address;
    *address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    bind(fd, (struct sockaddr *)address, sizeof *address);
    listen(fd, 10);
    getsockname(fd, (struct sockaddr *)address, &size);
    return fd;
}

// Three clients say something, and an echo server on epoll answers until all have gone.
static int echo(void) {
    struct sockaddr_in address;
    const int server = listener(&address), ep = epoll_create1(EPOLL_CLOEXEC);
    int clients[3], open = 0, gone = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.fd = server};
    epoll_ctl(ep, EPOLL_CTL_ADD, server, &event);
    for (int i = 0; i < 3; i++) {
        clients[i] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(clients[i], (struct sockaddr *)&address, sizeof address) < 0)
            return 1;
        dprintf(clients[i], "hello %d", i);
        shutdown(clients[i], SHUT_WR);
    }
    while (gone < 3) {
        struct epoll_event events[8];
        const int count = epoll_wait(ep, events, 8, 1000);
        if (count <= 0)
            return 2;
        for (int i = 0; i < count; i++) {
            char bytes[64];
            if (events[i].data.fd == server) {
                event.data.fd = accept4(server, NULL, NULL, SOCK_NONBLOCK);
                epoll_ctl(ep, EPOLL_CTL_ADD, event.data.fd, &event);
                open++;
                continue;
            }
            const ssize_t got = recv(events[i].data.fd, bytes, sizeof bytes, 0);
            if (got > 0 && send(events[i].data.fd, bytes, (size_t)got, 0) != got)
                return 3;
            if (got == 0) {
                close(events[i].data.fd);
                gone++;
            }
        }
    }
    for (int i = 0; i < 3; i++) {
        char text[64];
        const ssize_t got = recv(clients[i], text, sizeof text, MSG_WAITALL);
        printf("%.*s\n", got > 0 ? (int)got : 0, text);
    }
    printf("%d connections\n", open);
    return 0;
}

static int numbers(void) {
    int fds[2], moved;
    const int epoll = epoll_create1(0), file = open("/dev/null", O_RDONLY), event = eventfd(7, 0);
    printf("%d %d %d\n", epoll, file, event);
    close(file);
    if (pipe(fds) < 0)
        return 1;
    printf("%d %d\n", fds[0], fds[1]);
    printf("%d %d\n", moved = fcntl(fds[1], F_DUPFD, 50), dup2(fds[0], 60));
    close(fds[1]);
    if (write(moved, "abc", 3) != 3)
        return 2;
    char text[8] = "";
    printf("%d", (int)read(60, text, sizeof text));
    printf(" %s\n", text);
    close_range(3, 55, 0);
    printf("%d", fcntl(epoll, F_GETFD));
    printf(" %d", errno == EBADF);
    printf(" %d\n", (int)read(60, text, sizeof text)); // its writer is closed: the end
    printf("%d\n", socket(AF_INET, SOCK_DGRAM, 0));
    return 0;
}

static int times_pass(void) {
    const int64_t began = now();
    sleep(3600);
    printf("%ld\n", (long)((now() - began) / 1000000));
    const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
    const struct itimerspec set = {{0, 0}, {5, 0}};
    timerfd_settime(timer, 0, &set, NULL);
    struct pollfd fd = {.fd = timer, .events = POLLIN};
    printf("%d", poll(&fd, 1, 2000));
    printf(" %d", poll(&fd, 1, -1));
    uint64_t expired = 0;
    printf(" %d", (int)read(timer, &expired, sizeof expired));
    printf(" %lu %ld\n", (unsigned long)expired, (long)((now() - began) / 1000000));
    struct timeval half = {0, 500000};
    fd_set set_of;
    FD_ZERO(&set_of);
    FD_SET(timer, &set_of);
    printf("%d", select(timer + 1, &set_of, NULL, NULL, &half));
    printf(" %ld\n", (long)((now() - began) / 1000000));
    int pair[2];
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    const struct timeval limit = {3, 0};
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    printf("%d", (int)read(pair[0], &expired, 1));
    printf(" %d %ld\n", errno == EAGAIN, (long)((now() - began) / 1000000));
    return 0;
}

static void print_names(const char *name, int flags) {
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    const int error = getaddrinfo(name, "80", &hints, &found);
    printf("%s:", name);
    if (error)
        printf(" %s", error == EAI_NONAME ? "unknown" : gai_strerror(error));
    for (const struct addrinfo *at = found; at; at = at->ai_next) {
        char host[80], service[20];
        getnameinfo(at->ai_addr, at->ai_addrlen, host, sizeof host, service, sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
        printf(" %s %s", host, service);
    }
    printf("\n");
    freeaddrinfo(found);
}

static int names(void) {
    char own[64];
    gethostname(own, sizeof own);
    printf("%s\n", own);
    print_names("localhost", 0);
    print_names("127.0.0.1", AI_NUMERICHOST);
    print_names(own, 0);
    print_names("nobody.example", 0);
    const struct hostent *host = gethostbyname("localhost");
    printf("%s\n", host ? inet_ntoa(*(struct in_addr *)(void *)host->h_addr_list[0]) : "none");
    return 0;
}

static void at_the_end(void) {
    printf("the end\n");
}

static int output(void) {
    atexit(at_the_end);
    printf("one");
    fprintf(stderr, "two\n");
    fflush(stdout);
    if (write(1, "\nthree\n", 7) != 7)
        return 1;
    sleep(1);
    puts("four");
    return 3;
}

static int deadlock(void) {
    int fds[2];
    char byte;
    sleep(2);
    return pipe(fds) < 0 || read(fds[0], &byte, 1) < 0;
}

static int child_too_late(void) {
    (void)eventfd(0, 0);
    return fork() < 0;
}

static int child_before(void) {
    int fds[2], own[2], go[2];
    char text[32] = "";
    if (pipe(own) < 0 || pipe(fds) < 0 || pipe(go) < 0 || write(own[1], "kept", 4) != 4)
        return 1;
    FILE *program = popen("echo out of a child", "r");
    printf("%s", fgets(text, sizeof text, program) ? text : "nothing\n");
    pclose(program);
    const pid_t child = fork();
    if (child == 0) { // answers once the world of its parent has begun
        dprintf(fds[1], read(go[0], text, 1) == 1 ? "mine" : "nothing");
        _exit(5);
    }
    close(fds[1]);
    int status = 0;
    epoll_create1(0); // the world begins
    if (write(go[1], "!", 1) != 1 || waitpid(child, &status, 0) != child)
        return 2;
    text[read(fds[0], text, sizeof text - 1)] = 0;
    printf("%s %d\n", text, WEXITSTATUS(status));
    struct pollfd fd = {.fd = own[0], .events = POLLIN};
    printf("%d", poll(&fd, 1, 0));
    text[read(own[0], text, sizeof text - 1)] = 0;
    printf(" %s\n", text);
    return 0;
}

static int spins(void) {
    int64_t began = now();
    while (now() < began + 20000000)
        continue;
    printf("clock\n");
    struct pollfd fd = {.fd = timerfd_create(CLOCK_MONOTONIC, 0), .events = POLLIN};
    const struct itimerspec set = {{0, 0}, {0, 10000000}};
    timerfd_settime(fd.fd, 0, &set, NULL);
    while (poll(&fd, 1, 0) == 0)
        continue;
    printf("poll\n");
    return 0;
}

// Waits for 10 ms, and then polls until it is later than that, as libev does; in the end with a call between polls that does something.
static int watched;

static void by_epoll(int ms) {
    struct epoll_event event;
    (void)epoll_wait(watched, &event, 1, ms);
}
static void by_poll(int ms) {
    struct pollfd fd = {.fd = watched, .events = POLLIN};
    (void)poll(&fd, 1, ms);
}
static void by_select(int ms) {
    fd_set set;
    FD_ZERO(&set);
    FD_SET(watched, &set);
    (void)select(watched + 1, &set, NULL, NULL, &(struct timeval){0, ms * 1000});
}

static int behind(void) {
    static void (*const ways[])(int) = {by_epoll, by_poll, by_select, by_poll};
    const int event = eventfd(0, EFD_NONBLOCK);
    for (int i = 0; i < 4; i++) {
        watched = i ? eventfd(0, 0) : epoll_create1(0);
        const int64_t until = now() + 10000000;
        int polls = 0;
        for (ways[i](10); now() <= until && polls < 100; polls++) {
            if (i == 3)
                (void)eventfd_write(event, 1);
            ways[i](0);
        }
        printf("%d %ld\n", polls, (long)(now() - until));
    }
    return 0;
}

static int sigpipe(void) {
    int fds[2];
    epoll_create1(0);
    if (pipe(fds) < 0)
        return 1;
    close(fds[0]);
    return write(fds[1], "x", 1) != 1;
}

static int signals_seen;
static void seen(int number) {
    signals_seen += number == SIGUSR1;
}

static int raises(void) {
    signal(SIGUSR1, seen);
    epoll_create1(0);
    kill(getpid(), SIGUSR1);
    raise(SIGUSR1);
    printf("%d %d\n", signals_seen, kill(getpid() + 1, 0) < 0 && errno == ESRCH);
    return 0;
}

static int randoms(void) {
    unsigned char bytes[4][8] = {{0}};
    const int device = open("/dev/urandom", O_RDONLY);
    if (getrandom(bytes[0], 8, 0) != 8 || getentropy(bytes[1], 8) < 0 || read(device, bytes[2], 8) != 8)
        return 1;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 8; j++)
            printf("%02x", bytes[i][j]);
    printf(" %ld %d\n", (long)time(NULL), (int)getpid());
    return 0;
}

static int stream(void) {
    int pair[2];
    char line[32] = "";
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
        return 1;
    FILE *in = fdopen(pair[0], "r"), *out = fdopen(pair[1], "w");
    fprintf(out, "by stdio %d\n", fileno(out));
    fclose(out);
    printf("%s", fgets(line, sizeof line, in) ? line : "nothing\n");
    printf("%d\n", fgets(line, sizeof line, in) == NULL);
    return 0;
}

// Fds travel, and a large message over a small buffer blocks until it is read.
static int passes(void) {
    int pair[2], fds[2];
    char control[CMSG_SPACE(sizeof fds)] = {0}, byte = 'x';
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0 || pipe(fds) < 0)
        return 1;
    struct cmsghdr *c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(c), fds, sizeof fds);
    printf("%d", (int)sendmsg(pair[0], &message, 0));
    message.msg_controllen = sizeof control;
    printf(" %d", (int)recvmsg(pair[1], &message, 0));
    int got[2];
    memcpy(got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof got);
    printf(" %d %d", got[0], got[1]);
    printf(" %d", (int)write(got[1], "y", 1));
    printf(" %d\n", (int)read(fds[0], &byte, 1));
    return byte != 'y';
}

static int says(char what, unsigned seconds) {
    int fds[2];
    char got = 0;
    sleep(seconds);
    if (pipe(fds) < 0 || write(fds[1], &what, 1) != 1 || read(fds[0], &got, 1) != 1)
        return 1;
    printf("said\n");
    return 0;
}

static int says_a(void) {
    return says('a', 1);
}

static int says_b(void) {
    return says('b', 1);
}

static int waits_1(void) {
    return says('c', 1);
}

static int waits_2(void) {
    return says('c', 2);
}

// What is called at the end, but for what gives memory back alone, which is known by its name.
void OPENSSL_cleanup(void); // exported, as OpenSSL's is
void OPENSSL_cleanup(void) {
    printf("given back\n");
}

static void a_word(void) {
    printf("a word\n");
}

static void last_words(void) {
    printf("last words\n");
}

static int ends(void) {
    return atexit(last_words) || atexit(OPENSSL_cleanup) || atexit(a_word);
}

static const struct {
    const char *name;
    int (*run)(void);
} cases[] = {{"says_a", says_a}, {"says_b", says_b}, {"waits_1", waits_1}, {"waits_2", waits_2}, {"echo", echo}, {"numbers", numbers},
    {"times", times_pass}, {"names", names}, {"output", output}, {"deadlock", deadlock}, {"child_too_late", child_too_late},
    {"child_before", child_before}, {"spins", spins}, {"behind", behind}, {"sigpipe", sigpipe}, {"raises", raises}, {"randoms", randoms}, {"stream", stream},
    {"passes", passes}, {"ends", ends}};

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < sizeof cases / sizeof *cases; i++)
        if (!strcmp(cases[i].name, argv[1]))
            return cases[i].run();
    return 99;
}
