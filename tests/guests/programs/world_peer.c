// What a program of a world does, by its arguments: a piece each, one after the other.
//   listen:PORT serve:N   echoes what N connections send, one after the other
//   connect:HOST:PORT say:N   sends N lines and reads each one back
//   print:TEXT sleep:MS alarm:MS hang fault exit:N clock:SECONDS
//   started:FILE   one more byte in the machine's file   now   prints the time   child   starts one, and waits for it
//   kept:FILE   says so if it is there   keep:FILE   writes it, and syncs it   locked   waits for a mutex that it has
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what) {
    fprintf(stderr, "%s: %s\n", what, strerror(errno));
    exit(1);
}

static int listen_at(const char *port) {
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    const struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};
    if (fd < 0 || bind(fd, (const struct sockaddr *)&here, sizeof here) < 0 || listen(fd, 10) < 0)
        return fail("listen");
    return fd;
}

static void serve(int listener) {
    char bytes[100];
    const int fd = accept(listener, NULL, NULL);
    if (fd < 0)
        fail("accept");
    for (ssize_t got; (got = read(fd, bytes, sizeof bytes)) > 0;)
        if (write(fd, bytes, (size_t)got) < 0)
            break;
    close(fd);
}

static int connect_to(char *where) {
    struct addrinfo *found, hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    char *port = strchr(where, ':');
    *port++ = 0;
    const int error = getaddrinfo(where, port, &hints, &found);
    if (error) {
        fprintf(stderr, "%s: %s\n", where, gai_strerror(error));
        exit(2);
    }
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, found->ai_addr, found->ai_addrlen) < 0)
        return fail("connect");
    freeaddrinfo(found);
    return fd;
}

static void say(int fd, int times) {
    for (int i = 0; i < times; i++) {
        char line[20], back[20];
        const int size = snprintf(line, sizeof line, "line %d\n", i);
        if (write(fd, line, (size_t)size) != size)
            fail("write");
        for (ssize_t got = 0, more; got < size; got += more)
            if ((more = read(fd, back + got, (size_t)(size - got))) <= 0)
                fail("read");
        if (memcmp(line, back, (size_t)size) != 0)
            exit(3);
    }
}

static volatile sig_atomic_t rang;

static void rings(int number) {
    (void)number;
    rang = 1;
}

int main(int argc, char **argv) {
    int listener = -1, fd = -1;
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int i = 1; i < argc; i++) {
        char *what = argv[i], *value = strchr(what, ':');
        if (value)
            *value++ = 0;
        if (!strcmp(what, "listen")) {
            listener = listen_at(value);
        } else if (!strcmp(what, "serve")) {
            for (int left = atoi(value); left > 0; left--)
                serve(listener);
        } else if (!strcmp(what, "connect")) {
            fd = connect_to(value);
        } else if (!strcmp(what, "say")) {
            say(fd, atoi(value));
        } else if (!strcmp(what, "print")) {
            puts(value);
        } else if (!strcmp(what, "sleep")) {
            usleep((useconds_t)atoi(value) * 1000);
        } else if (!strcmp(what, "hang")) {
            char byte;
            (void)!read(fd, &byte, 1);
        } else if (!strcmp(what, "clock")) { // it shows that
            if (time(NULL) != (time_t)atoll(value))
                exit(5);
        } else if (!strcmp(what, "started")) {
            const int file = open(value, O_WRONLY | O_CREAT | O_APPEND, 0600);
            if (file < 0 || write(file, "+", 1) != 1 || close(file) < 0)
                return fail(value);
        } else if (!strcmp(what, "now")) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            printf("now %lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
        } else if (!strcmp(what, "child")) {
            const pid_t child = fork();
            if (!child)
                _exit(0);
            if (child < 0 || waitpid(child, NULL, 0) != child)
                return fail("child");
        } else if (!strcmp(what, "kept")) {
            if (access(value, F_OK) == 0)
                puts("kept");
        } else if (!strcmp(what, "keep")) {
            const int file = open(value, O_WRONLY | O_CREAT, 0600);
            const int folder = open(dirname(strdup(value)), O_RDONLY | O_DIRECTORY); // NOLINT: for as long as it lives
            if (file < 0 || write(file, "+", 1) != 1 || fsync(file) < 0 || fsync(folder) < 0)
                return fail(value);
        } else if (!strcmp(what, "locked")) {
            static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
            pthread_mutex_lock(&mutex);
            pthread_mutex_lock(&mutex);
        } else if (!strcmp(what, "alarm")) {
            const int ms = atoi(value);
            signal(SIGALRM, rings);
            setitimer(ITIMER_REAL, &(struct itimerval){.it_value = {ms / 1000, ms % 1000 * 1000}}, NULL);
            while (!rang)
                pause();
        } else if (!strcmp(what, "fault")) {
            __asm__ volatile("ud2");
        } else if (!strcmp(what, "exit")) {
            exit(atoi(value));
        }
    }
    return 0;
}
