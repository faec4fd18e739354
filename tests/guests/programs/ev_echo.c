// An echo server and its clients on libev, in one program, which knows nothing of a simulator.
// with: ev
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
// The library's header has its own style.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wstrict-aliasing"
#include <ev.h>
#pragma GCC diagnostic pop

#define CLIENTS 4
#define ROUNDS 5

struct client {
    ev_io ready;
    ev_timer pause;
    int number, rounds, connected;
};

static struct timespec began;
static int gone;

static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (t.tv_sec - began.tv_sec) * 1000000 + (t.tv_nsec - began.tv_nsec) / 1000;
}

static void needs(int done) {
    if (!done) {
        printf("%s\n", strerror(errno));
        exit(1);
    }
}

// --- the server ---

static void echo(struct ev_loop *loop, ev_io *ready, int events) {
    char bytes[100];
    (void)events;
    const ssize_t count = read(ready->fd, bytes, sizeof bytes);
    if (count > 0) {
        needs(write(ready->fd, bytes, (size_t)count) == count);
    } else if (count == 0 || errno != EAGAIN) {
        ev_io_stop(loop, ready);
        close(ready->fd);
        free(ready);
    }
}

static void greet(struct ev_loop *loop, ev_io *ready, int events) {
    (void)events;
    const int fd = accept4(ready->fd, NULL, NULL, SOCK_NONBLOCK);
    if (fd < 0)
        return;
    ev_io *const stream = malloc(sizeof *stream);
    ev_io_init(stream, echo, fd, EV_READ);
    ev_io_start(loop, stream);
}

// --- a client ---

static void ask(struct client *client) {
    char text[40];
    const int count = snprintf(text, sizeof text, "%d of %d", client->rounds, client->number);
    needs(send(client->ready.fd, text, (size_t)count, 0) == count);
}

static void go_on(struct ev_loop *loop, ev_timer *timer, int events) {
    struct client *const client = timer->data;
    (void)events;
    if (client->rounds < ROUNDS) {
        ask(client);
        return;
    }
    ev_io_stop(loop, &client->ready);
    close(client->ready.fd);
    if (++gone == CLIENTS)
        ev_break(loop, EVBREAK_ALL);
}

static void hear(struct ev_loop *loop, ev_io *ready, int events) {
    struct client *const client = ready->data;
    char text[40];
    (void)events;
    if (!client->connected) {
        client->connected = 1;
        ev_io_stop(loop, ready);
        ev_io_set(ready, ready->fd, EV_READ);
        ev_io_start(loop, ready);
        ask(client);
        return;
    }
    const ssize_t count = recv(ready->fd, text, sizeof text, 0);
    if (count < 0 && errno == EAGAIN)
        return;
    needs(count > 0);
    printf("%ld us: client %d hears %.*s\n", now(), client->number, (int)count, text);
    client->rounds++;
    ev_timer_set(&client->pause, 0.01 * client->number, 0);
    ev_timer_start(loop, &client->pause);
}

static void dial(struct ev_loop *loop, struct client *client, int number, const struct sockaddr_in *to) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    needs(fd >= 0 && (connect(fd, (const struct sockaddr *)to, sizeof *to) == 0 || errno == EINPROGRESS));
    client->number = number;
    ev_io_init(&client->ready, hear, fd, EV_WRITE);
    client->ready.data = client;
    ev_timer_init(&client->pause, go_on, 0.01, 0);
    client->pause.data = client;
    ev_io_start(loop, &client->ready);
}

int main(void) {
    static struct client clients[CLIENTS];
    static ev_io listener;
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9004), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct ev_loop *const loop = ev_default_loop(0);
    clock_gettime(CLOCK_MONOTONIC, &began);
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    needs(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0);
    needs(bind(fd, (const struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 16) == 0);
    ev_io_init(&listener, greet, fd, EV_READ);
    ev_io_start(loop, &listener);
    for (int i = 0; i < CLIENTS; i++)
        dial(loop, &clients[i], i, &address);
    ev_run(loop, 0);
    printf("%ld us: over, by backend %u\n", now(), ev_backend(loop));
    return 0;
}
