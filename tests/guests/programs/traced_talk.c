// A server that serves one client, which is a thread of the same program: what a trace has to say of both.
#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t talk = PTHREAD_MUTEX_INITIALIZER;

static struct sockaddr_in address(void) {
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(8080), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return at;
}

static void *client(void *unused) {
    const struct sockaddr_in to = address();
    char reply[16] = "";
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) < 0)
        return &talk;
    nanosleep(&(struct timespec){0, 5000000}, NULL);
    pthread_mutex_lock(&talk);
    send(fd, "ping", 4, 0);
    recv(fd, reply, sizeof reply - 1, 0);
    pthread_mutex_unlock(&talk);
    close(fd);
    return strcmp(reply, "pong") == 0 ? unused : &talk;
}

int main(void) {
    const struct sockaddr_in at = address();
    char asked[16] = "";
    void *failed;
    pthread_t thread;
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(listener, (const struct sockaddr *)&at, sizeof at) < 0 || listen(listener, 5) < 0)
        return 2;
    printf("listening\n");
    fflush(stdout);
    pthread_create(&thread, NULL, client, NULL);
    const int fd = accept(listener, NULL, NULL);
    recv(fd, asked, sizeof asked - 1, 0);
    printf("asked: %s\n", asked);
    send(fd, "pong", 4, 0);
    pthread_mutex_lock(&talk);
    pthread_mutex_unlock(&talk);
    pthread_join(thread, &failed);
    return failed != NULL;
}
