// An echo server and its clients on libevent's buffered events, in one program, which knows nothing of a simulator.
// with: event_core event_extra
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CLIENTS 4
#define ROUNDS 5

struct client {
    struct bufferevent *stream;
    struct event *pause;
    int number, rounds;
};

static struct event_base *base;
static struct timespec began;
static int gone;

static long now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (t.tv_sec - began.tv_sec) * 1000000 + (t.tv_nsec - began.tv_nsec) / 1000;
}

// --- the server ---

static void echo(struct bufferevent *stream, void *unused) {
    (void)unused;
    bufferevent_write_buffer(stream, bufferevent_get_input(stream));
}

static void over(struct bufferevent *stream, short what, void *unused) {
    (void)unused;
    if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
        bufferevent_free(stream);
}

static void greet(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int size, void *unused) {
    (void)listener, (void)from, (void)size, (void)unused;
    struct bufferevent *const stream = bufferevent_socket_new(base, fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(stream, echo, NULL, over, NULL);
    bufferevent_enable(stream, EV_READ | EV_WRITE);
}

// --- a client ---

static void ask(struct client *client) {
    evbuffer_add_printf(bufferevent_get_output(client->stream), "%d of %d", client->rounds, client->number);
}

static void go_on(evutil_socket_t fd, short what, void *ctx) {
    struct client *const client = ctx;
    (void)fd, (void)what;
    if (client->rounds < ROUNDS) {
        ask(client);
        return;
    }
    bufferevent_free(client->stream);
    event_free(client->pause);
    if (++gone == CLIENTS)
        event_base_loopexit(base, NULL);
}

static void hear(struct bufferevent *stream, void *ctx) {
    struct client *const client = ctx;
    char text[40];
    const size_t count = bufferevent_read(stream, text, sizeof text);
    printf("%ld us: client %d hears %.*s\n", now(), client->number, (int)count, text);
    client->rounds++;
    event_add(client->pause, &(struct timeval){0, 10000 * client->number});
}

static void connected(struct bufferevent *stream, short what, void *ctx) {
    (void)stream;
    if (!(what & BEV_EVENT_CONNECTED)) {
        printf("not connected\n");
        exit(1);
    }
    ask(ctx);
}

static void dial(struct client *client, int number, const struct sockaddr_in *to) {
    client->number = number;
    client->stream = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    client->pause = evtimer_new(base, go_on, client);
    bufferevent_setcb(client->stream, hear, NULL, connected, client);
    bufferevent_enable(client->stream, EV_READ | EV_WRITE);
    bufferevent_socket_connect(client->stream, (const struct sockaddr *)to, sizeof *to);
}

int main(void) {
    static struct client clients[CLIENTS];
    const struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(9003), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    clock_gettime(CLOCK_MONOTONIC, &began);
    base = event_base_new();
    struct evconnlistener *const listener = evconnlistener_new_bind(
        base, greet, NULL, LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE, 16, (const struct sockaddr *)&address, sizeof address);
    if (!listener)
        return 1;
    for (int i = 0; i < CLIENTS; i++)
        dial(&clients[i], i, &address);
    event_base_dispatch(base);
    printf("%ld us: over, by %s\n", now(), event_base_get_method(base));
    evconnlistener_free(listener);
    event_base_free(base);
    return 0;
}
