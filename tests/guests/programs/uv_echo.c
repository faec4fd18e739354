// An echo server and its clients on libuv, in one program, which knows nothing of a simulator. uv_echo [work]: a thread works meanwhile.
// with: uv
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define CLIENTS 4
#define ROUNDS 5

struct client {
    uv_tcp_t stream;
    uv_timer_t pause;
    uv_connect_t connect;
    int number, rounds;
};

static uv_loop_t *loop;
static uv_tcp_t listener;
static uint64_t began;
static int gone;

static unsigned long now(void) {
    return (unsigned long)((uv_hrtime() - began) / 1000);
}

static void needs(int rc) {
    if (rc < 0) {
        printf("%s\n", uv_strerror(rc));
        exit(1);
    }
}

static void give_room(uv_handle_t *handle, size_t size, uv_buf_t *out) {
    (void)handle;
    *out = uv_buf_init(malloc(size), (unsigned)size);
}

// What is written goes with its request: struct, then bytes.
static void written(uv_write_t *request, int rc) {
    (void)rc;
    free(request);
}

static void say(uv_stream_t *stream, const char *bytes, size_t count) {
    uv_write_t *const request = malloc(sizeof *request + count);
    memcpy(request + 1, bytes, count);
    const uv_buf_t buffer = uv_buf_init((char *)(request + 1), (unsigned)count);
    needs(uv_write(request, stream, &buffer, 1, written));
}

// --- the server ---

static void forget(uv_handle_t *handle) {
    free(handle);
}

static void echo(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    if (count > 0)
        say(stream, buffer->base, (size_t)count);
    else if (count < 0)
        uv_close((uv_handle_t *)stream, forget);
    free(buffer->base);
}

static void greet(uv_stream_t *from, int rc) {
    uv_tcp_t *const stream = malloc(sizeof *stream);
    needs(rc);
    needs(uv_tcp_init(loop, stream));
    needs(uv_accept(from, (uv_stream_t *)stream));
    needs(uv_read_start((uv_stream_t *)stream, give_room, echo));
}

// --- a client ---

static void ask(struct client *client) {
    char text[40];
    say((uv_stream_t *)&client->stream, text, (size_t)snprintf(text, sizeof text, "%d of %d", client->rounds, client->number));
}

static void go_on(uv_timer_t *timer) {
    struct client *const client = timer->data;
    if (client->rounds < ROUNDS) {
        ask(client);
        return;
    }
    uv_close((uv_handle_t *)&client->stream, NULL);
    uv_close((uv_handle_t *)&client->pause, NULL);
    if (++gone == CLIENTS)
        uv_close((uv_handle_t *)&listener, NULL);
}

static void hear(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct client *const client = stream->data;
    needs((int)count);
    if (count > 0) {
        printf("%lu us: client %d hears %.*s\n", now(), client->number, (int)count, buffer->base);
        client->rounds++;
        needs(uv_timer_start(&client->pause, go_on, 10 * (uint64_t)client->number, 0));
    }
    free(buffer->base);
}

static void connected(uv_connect_t *request, int rc) {
    needs(rc);
    needs(uv_read_start(request->handle, give_room, hear));
    ask(request->handle->data);
}

static void dial(struct client *client, int number, const struct sockaddr *to) {
    client->number = number;
    client->stream.data = client->pause.data = client;
    needs(uv_tcp_init(loop, &client->stream));
    needs(uv_timer_init(loop, &client->pause));
    needs(uv_tcp_connect(&client->connect, &client->stream, to, connected));
}

// --- a thread of libuv's pool ---

static int sum;

static void work(uv_work_t *request) {
    (void)request;
    for (int i = 1; i <= 1000; i++)
        sum += i;
}

static void worked(uv_work_t *request, int rc) {
    (void)request;
    needs(rc);
    printf("%lu us: a thread says %d\n", now(), sum);
}

int main(int argc, char **argv) {
    static struct client clients[CLIENTS];
    static uv_work_t job;
    struct sockaddr_in address;
    (void)argv;
    loop = uv_default_loop();
    began = uv_hrtime();
    needs(uv_ip4_addr("127.0.0.1", 9002, &address));
    needs(uv_tcp_init(loop, &listener));
    needs(uv_tcp_bind(&listener, (const struct sockaddr *)&address, 0));
    needs(uv_listen((uv_stream_t *)&listener, 16, greet));
    if (argc > 1)
        needs(uv_queue_work(loop, &job, work, worked));
    for (int i = 0; i < CLIENTS; i++)
        dial(&clients[i], i, (const struct sockaddr *)&address);
    needs(uv_run(loop, UV_RUN_DEFAULT));
    printf("%lu us: over\n", now());
    return 0;
}
