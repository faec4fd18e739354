// A module for redis-server whose thread is a client of the server that it is loaded into: sets, gets, and shuts it down.
#include <arpa/inet.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 7777

static int connected(void) {
    const struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    for (;;) {
        const int fd = socket(AF_INET, SOCK_STREAM, 0);
        if (fd >= 0 && connect(fd, (const struct sockaddr *)&at, sizeof at) == 0)
            return fd;
        close(fd);
        usleep(10000);
    }
}

// Asks, and reads so many lines of the answer.
static void ask(FILE *server, const char *question, int lines, char *last, int size) {
    fprintf(server, "%s\r\n", question);
    fflush(server);
    for (int i = 0; i < lines; i++)
        if (!fgets(last, size, server))
            last[0] = 0;
}

static void *client(void *unused) {
    FILE *server = fdopen(connected(), "r+");
    char line[200], question[200];
    int right = 0;
    for (int i = 0; i < 50; i++) {
        snprintf(question, sizeof question, "SET key%d %d", i, i * i);
        ask(server, question, 1, line, sizeof line);
        snprintf(question, sizeof question, "GET key%d", i);
        ask(server, question, 2, line, sizeof line);
        right += atoi(line) == i * i;
    }
    printf("%d answers are right\n", right);
    fflush(stdout);
    ask(server, "FLUSHALL ASYNC", 1, line, sizeof line); // for one of redis' own threads
    ask(server, "SHUTDOWN NOSAVE", 1, line, sizeof line);
    return unused;
}

// What a module has to do: ask for a function by its name, and call it (redismodule.h).
int RedisModule_OnLoad(void **context, void **arguments, int count);
int RedisModule_OnLoad(void **context, void **arguments, int count) {
    int (*find)(const char *, void *);
    void (*name_it)(void *, const char *, int, int);
    pthread_t thread;
    (void)arguments, (void)count;
    memcpy(&find, &context[0], sizeof find);
    find("RedisModule_SetModuleAttribs", (void *)&name_it);
    name_it(context, "client", 1, 1);
    return pthread_create(&thread, NULL, client, NULL);
}
