// What the simulated kernel tells the probe: objects with their ids and parents, and for each byte that arrives who sent it.
#include "sim/kernel/kernel.h"
#include "tests/support/machines.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define LATENCY TICK_MS(1)
enum { CLIENT_OBJECT = 1, SERVER_OBJECT = 2, TASK = 3, HERE = 4 };

static struct tick_object objects[256];
static char keys[256][16];
static struct tick_event events[256];
static uint32_t object_count, event_count;
static char payload[64];

static uint32_t on_object(struct tick_probe *self, const struct tick_object *object) {
    (void)self;
    object_count++;
    objects[object_count] = *object;
    if (object->key)
        strncpy(keys[object_count], object->key, sizeof keys[0] - 1);
    return object_count;
}

static uint32_t on_event(struct tick_probe *self, const struct tick_event *event) {
    assert_int_equal(self->now, event->ts);
    events[++event_count] = *event;
    return event_count;
}

static void on_payload(struct tick_probe *self, uint32_t message, const void *bytes, size_t count) {
    (void)self;
    assert_int_equal(objects[message].type, TICK_OBJECT_MESSAGE);
    memcpy(payload, bytes, count);
    payload[count] = 0;
}

static uint32_t written_to;
static uint64_t written_at;
static void on_written(struct tick_probe *self, uint32_t object, uint64_t offset, const void *bytes, size_t count) {
    (void)self;
    written_to = object;
    written_at = offset;
    memcpy(payload, bytes, count);
    payload[count] = 0;
}

static const struct tick_probe_ops ops = {.object = on_object, .event = on_event, .payload = on_payload, .written = on_written};
static struct tick_probe probe;
static struct tick_kernel *k;
static uint32_t reset_at; // ordinal to reset at; 0: never
static uint32_t lose_at;  // and to lose at

static uint32_t choose(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx, (void)subject, (void)n, (void)most;
    return (kind == TICK_CHOICE_FAULT_RESET && reset_at && ordinal == reset_at) ||
           (kind == TICK_CHOICE_LOSS && lose_at && ordinal == lose_at);
}

static void as(uint32_t host) {
    probe.host = host;
    probe.task = TASK;
    probe.here = HERE;
}

static void run(void) {
    struct tick_posted posted;
    probe.host = probe.task = probe.here = 0;
    while (tick_kernel_next(k, &posted))
        ;
}

static int listener, near, far;
static const struct tick_kernel_name connection = {4711, TASK, 1, NULL};

static int setup(void **state) {
    (void)state;
    const struct tick_kernel_env env = {.choose = choose, .probe = &probe};
    const struct tick_link link = {.latency = LATENCY, .reset = true, .loss = true};
    if (!k)
        assert_int_equal(tick_kernel_new(1 << 20, &k), 0);
    object_count = HERE;
    event_count = HERE;
    reset_at = lose_at = 0;
    memset(objects, 0, sizeof objects);
    memset(events, 0, sizeof events);
    probe = (struct tick_probe){.ops = &ops, .now = 99};
    tick_kernel_reset(k, &env);
    assert_int_equal(probe.now, 0);
    tick_kernel_link_all(k, &link);
    assert_int_equal(machine_add(k, "server", 11, SERVER_OBJECT), 0);
    assert_int_equal(machine_add(k, "client", 12, CLIENT_OBJECT), 1);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
    const struct tick_kernel_name a = {21, TASK, 1, NULL}, b = {22, TASK, 2, NULL};
    as(SERVER_OBJECT);
    listener = tick_k_socket(k, 0, AF_INET, SOCK_STREAM, 0, &a);
    assert_int_equal(tick_k_bind(k, 0, listener, (struct sockaddr *)&in, sizeof in), 0);
    assert_int_equal(tick_k_listen(k, 0, listener, 4), 0);
    as(CLIENT_OBJECT);
    near = tick_k_socket(k, 1, AF_INET, SOCK_STREAM, 0, &b);
    assert_int_equal(objects[object_count].type, TICK_OBJECT_FD);
    assert_int_equal(objects[object_count].id, 22);
    assert_int_equal(objects[object_count].parent, TASK);
    assert_int_equal(objects[object_count].kth, 2);
    in.sin_addr.s_addr = htonl(0x0a000001);
    assert_int_equal(tick_k_connect(k, 1, near, (struct sockaddr *)&in, sizeof in, &connection), -EINPROGRESS);
    return 0;
}

static void connected(void) {
    run();
    as(SERVER_OBJECT);
    far = tick_k_accept(k, 0, listener, NULL, NULL);
    assert_true(far >= 0);
}

static void a_connection_has_five_objects(void **state) {
    (void)state;
    uint32_t c = 0;
    for (uint32_t i = 1; i <= object_count; i++)
        if (objects[i].type == TICK_OBJECT_CONNECTION)
            c = i;
    assert_int_equal(objects[c].id, 4711);
    assert_int_equal(objects[c].parent, TASK);
    assert_int_equal(objects[c].kth, 1);
    assert_string_equal(keys[c], "server");
    for (uint32_t part = TICK_OUT; part <= TICK_FAR; part++) {
        const struct tick_object *o = &objects[c + part];
        assert_int_equal(o->type, part <= TICK_IN ? TICK_OBJECT_DIRECTION : TICK_OBJECT_FD);
        assert_int_equal(o->parent, c);
        assert_int_equal(o->kth, part);
        assert_true(o->id == tick_id_part(4711, (enum tick_connection_part)part));
        assert_int_equal(o->host, part == TICK_OUT || part == TICK_NEAR ? CLIENT_OBJECT : SERVER_OBJECT);
    }
    connected();
    assert_true(tick_k_fd_id(k, 1, near) == tick_id_part(4711, TICK_NEAR));
    assert_true(tick_k_fd_id(k, 0, far) == tick_id_part(4711, TICK_FAR));
    assert_int_equal(tick_k_fd_id(k, 0, listener), 21);
}

// The event `seq` is a msg_recv of the message at `ordinal` of the direction `part`, caused by its msg_send.
static const struct tick_event *received(uint32_t seq, enum tick_connection_part part, uint64_t ordinal) {
    const struct tick_event *e = &events[seq];
    assert_int_equal(e->kind, TICK_EV_MSG_RECV);
    assert_int_equal(objects[e->subject].type, TICK_OBJECT_MESSAGE);
    assert_int_equal(objects[e->subject].ordinal, ordinal);
    assert_int_equal(objects[objects[e->subject].parent].kth, part);
    assert_int_equal(e->host, part == TICK_OUT ? SERVER_OBJECT : CLIENT_OBJECT);
    assert_int_equal(e->task, 0);
    const struct tick_event *send = &events[e->cause];
    assert_int_equal(send->kind, TICK_EV_MSG_SEND);
    assert_int_equal(send->subject, e->subject);
    assert_int_equal(send->arg, e->arg);
    assert_int_equal(e->ts - send->ts, LATENCY);
    return send;
}

static void the_handshake_is_told(void **state) {
    (void)state;
    connected();
    const struct tick_event *syn = received(probe.arrived, TICK_OUT, 0);
    assert_int_equal(syn->task, TASK);
    assert_int_equal(syn->cause, HERE);
    uint32_t syn_received = probe.arrived;
    int error;
    socklen_t size = sizeof error;
    assert_int_equal(tick_k_getsockopt(k, 1, near, SOL_SOCKET, SO_ERROR, &error, &size), 0);
    const struct tick_event *answer = received(probe.arrived, TICK_IN, 0);
    assert_int_equal(answer->cause, syn_received);
    assert_int_equal(answer->host, SERVER_OBJECT);
    assert_int_equal(answer->task, 0);
}

static void bytes_know_their_send(void **state) {
    (void)state;
    char bytes[16];
    connected();
    as(CLIENT_OBJECT);
    assert_int_equal(tick_k_send(k, 1, near, "abc", 3, 0), 3);
    assert_string_equal(payload, "abc");
    assert_int_equal(tick_k_send(k, 1, near, "defg", 4, 0), 4);
    run();
    probe.arrived = 0;
    assert_int_equal(tick_k_recv(k, 0, far, bytes, 16, MSG_PEEK), 7);
    assert_int_equal(probe.arrived, 0); // a look consumes nothing
    assert_int_equal(tick_k_recv(k, 0, far, bytes, 2, 0), 2);
    assert_int_equal(received(probe.arrived, TICK_OUT, 1)->arg, 3);
    assert_int_equal(tick_k_recv(k, 0, far, bytes, 2, 0), 2);
    const struct tick_event *send = received(probe.arrived, TICK_OUT, 4);
    assert_int_equal(send->arg, 4);
    assert_int_equal(send->cause, HERE);
    assert_int_equal(send->host, CLIENT_OBJECT);
    assert_int_equal(tick_k_recv(k, 0, far, bytes, 16, 0), 3);
    received(probe.arrived, TICK_OUT, 4);
    as(CLIENT_OBJECT);
    tick_k_close(k, 1, near);
    run();
    assert_int_equal(tick_k_recv(k, 0, far, bytes, 16, 0), 0);
    assert_int_equal(received(probe.arrived, TICK_OUT, 8)->cause, HERE); // the FIN
}

// What was lost, and for that reason: `by` it, 0: by nothing but its send.
static uint32_t drops(enum tick_drop why, uint32_t by) {
    uint32_t count = 0;
    for (uint32_t i = 1; i <= event_count; i++)
        if (events[i].kind == TICK_EV_MSG_DROP && events[i].arg == why) {
            const struct tick_event *cause = &events[events[i].cause];
            if (by)
                assert_int_equal(events[i].cause, by);
            else
                assert_true(cause->kind == TICK_EV_MSG_SEND && cause->subject == events[i].subject);
            count++;
        }
    return count;
}

// As a fault of the world's that was told begins, or has its way.
static uint32_t fault(void) {
    probe.host = probe.task = 0;
    probe.here = tick_emit(&probe, TICK_EV_FAULT_BEGIN, 0, 0, 0, NULL);
    return probe.here;
}

static uint32_t latest(enum tick_event_kind kind) {
    uint32_t seq = event_count;
    while (seq && events[seq].kind != kind)
        seq--;
    return seq;
}

static void what_is_lost_is_told(void **state) {
    (void)state;
    char byte;
    connected();
    as(CLIENT_OBJECT);
    reset_at = 4;
    assert_int_equal(tick_k_send(k, 1, near, "abc", 3, 0), 3);
    assert_int_equal(tick_k_send(k, 1, near, "lost", 4, 0), 4);
    assert_int_equal(tick_k_send(k, 1, near, "too", 3, 0), 3);
    run();
    assert_int_equal(drops(TICK_DROP_RESET, 0), 1);
    assert_int_equal(drops(TICK_DROP_UNSENT, 0), 1); // "too", which nothing carries any more
    assert_int_equal(tick_k_recv(k, 0, far, &byte, 1, 0), 1);
}

static void a_dead_host_drops(void **state) {
    (void)state;
    connected();
    as(CLIENT_OBJECT);
    assert_int_equal(tick_k_send(k, 1, near, "abc", 3, 0), 3);
    const uint32_t crash = fault();
    machine_crash(k, 0);
    run();
    assert_int_equal(drops(TICK_DROP_CLOSED, crash), 1);
    char byte;
    probe.arrived = 0;
    assert_int_equal(tick_k_recv(k, 1, near, &byte, 1, 0), -ECONNRESET);
    assert_int_equal(events[probe.arrived].kind, TICK_EV_MSG_RECV); // the RST,
    const struct tick_event *reset = &events[events[probe.arrived].cause];
    assert_int_equal(events[reset->cause].kind, TICK_EV_MSG_DROP); // which answers what was lost
}

// --- outages ---

static const uint8_t sides[] = {1, 2};

static void what_a_partition_loses_says_so(void **state) {
    (void)state;
    char bytes[8];
    connected();
    const uint32_t begun = fault();
    assert_int_equal(tick_kernel_outage_begin(k, 1, sides, 2, false, 0), 0);
    as(CLIENT_OBJECT);
    assert_int_equal(tick_k_send(k, 1, near, "abc", 3, 0), 3);
    assert_int_equal(drops(TICK_DROP_CUT, begun), 1);
    assert_int_equal(tick_k_send(k, 1, near, "behind", 6, 0), 6);
    assert_int_equal(drops(TICK_DROP_CUT, begun), 1); // it waits for its turn
    struct tick_posted posted;
    assert_int_not_equal(tick_kernel_post(k, TICK_MS(300), 1, 0), 0);
    do
        assert_true(tick_kernel_next(k, &posted));
    while (!posted.what);
    assert_int_equal(drops(TICK_DROP_CUT, begun), 2); // when it goes out again
    tick_kernel_outage_end(k, 1);
    run();
    assert_int_equal(drops(TICK_DROP_CUT, begun), 2);
    assert_int_equal(tick_k_recv(k, 0, far, bytes, 8, 0), 8);
}

static void who_gives_up_knows_why(void **state) {
    (void)state;
    char byte;
    connected();
    const uint32_t begun = fault();
    assert_int_equal(tick_kernel_outage_begin(k, 1, sides, 2, false, 0), 0);
    as(CLIENT_OBJECT);
    assert_int_equal(tick_k_send(k, 1, near, "abc", 3, 0), 3);
    const struct tick_kernel_name a = {31, TASK, 3, NULL}, to_server = {4712, TASK, 2, NULL};
    const int other = tick_k_socket(k, 1, AF_INET, SOCK_STREAM, 0, &a);
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(0x0a000001)};
    assert_int_equal(tick_k_connect(k, 1, other, (struct sockaddr *)&in, sizeof in, &to_server), -EINPROGRESS);
    run();
    assert_int_equal(tick_k_recv(k, 1, near, &byte, 1, 0), -ETIMEDOUT);
    assert_int_equal(events[probe.arrived].kind, TICK_EV_MSG_DROP);
    assert_int_equal(events[probe.arrived].arg, TICK_DROP_GIVEN_UP);
    assert_int_equal(events[probe.arrived].cause, begun);
    int error;
    socklen_t size = sizeof error;
    probe.arrived = 0;
    assert_int_equal(tick_k_getsockopt(k, 1, other, SOL_SOCKET, SO_ERROR, &error, &size), 0);
    assert_int_equal(error, ETIMEDOUT);
    assert_int_equal(events[probe.arrived].kind, TICK_EV_MSG_DROP);
    assert_int_equal(events[probe.arrived].arg, TICK_DROP_CUT);
    assert_int_equal(events[probe.arrived].cause, begun);
    assert_int_equal(objects[events[probe.arrived].subject].ordinal, 0); // its SYN
}

static void a_host_that_is_down_takes_nothing(void **state) {
    (void)state;
    connected();
    const uint32_t crash = fault();
    tick_kernel_host_crash(k, 0);
    tick_kernel_host_up(k, 0, false);
    as(CLIENT_OBJECT);
    assert_int_equal(tick_k_send(k, 1, near, "abc", 3, 0), 3);
    assert_int_equal(drops(TICK_DROP_DOWN, crash), 1);
}

static void what_a_clog_slows_says_so(void **state) {
    (void)state;
    connected();
    const uint32_t begun = fault();
    assert_int_equal(tick_kernel_outage_begin(k, 1, sides, 2, false, TICK_MS(30)), 0);
    as(CLIENT_OBJECT);
    assert_int_equal(tick_k_send(k, 1, near, "abc", 3, 0), 3);
    const struct tick_event *slow = &events[latest(TICK_EV_MSG_SLOW)];
    assert_int_equal(slow->cause, begun);
    assert_int_equal(slow->arg, TICK_MS(30));
    assert_int_equal(slow->subject, events[latest(TICK_EV_MSG_SEND)].subject);
    assert_int_equal(latest(TICK_EV_MSG_DROP), 0);
}

static void a_segment_that_is_lost_by_choice_says_so(void **state) {
    (void)state;
    char bytes[8];
    connected();
    as(CLIENT_OBJECT);
    lose_at = 1;
    assert_int_equal(tick_k_send(k, 1, near, "abc", 3, 0), 3);
    assert_int_equal(drops(TICK_DROP_LOSS, 0), 1);
    run();
    assert_int_equal(tick_k_recv(k, 0, far, bytes, 8, 0), 3); // it is sent again
}

static int udp_to(int port, struct sockaddr_in *in) {
    const struct tick_kernel_name a = {41, TASK, 5, NULL};
    *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(0x0a000001)};
    return tick_k_socket(k, 1, AF_INET, SOCK_DGRAM, 0, &a);
}

static void a_datagram_says_why_it_is_lost(void **state) {
    (void)state;
    struct sockaddr_in in;
    connected();
    as(CLIENT_OBJECT);
    const int udp = udp_to(53, &in);
    assert_int_equal(tick_k_sendto(k, 1, udp, "one", 3, 0, (struct sockaddr *)&in, sizeof in), 3);
    run();
    assert_int_equal(drops(TICK_DROP_CLOSED, 0), 1);
    event_count = HERE;
    as(CLIENT_OBJECT);
    lose_at = 2;
    assert_int_equal(tick_k_sendto(k, 1, udp, "two", 3, 0, (struct sockaddr *)&in, sizeof in), 3);
    assert_int_equal(drops(TICK_DROP_LOSS, 0), 1);
    event_count = HERE;
    const uint32_t begun = fault();
    assert_int_equal(tick_kernel_outage_begin(k, 1, sides, 2, false, 0), 0);
    as(CLIENT_OBJECT);
    assert_int_equal(tick_k_sendto(k, 1, udp, "three", 5, 0, (struct sockaddr *)&in, sizeof in), 5);
    assert_int_equal(drops(TICK_DROP_CUT, begun), 1);
}

// Puts bytes into fd, whose object is the latest but `before`, and looks what was told of them.
static void puts_and_tells(int fd, uint32_t before, const char *text, uint64_t offset) {
    const size_t count = strlen(text);
    payload[0] = 0;
    assert_int_equal(tick_k_write(k, 1, fd, text, count), count);
    assert_string_equal(payload, text);
    assert_int_equal(written_to, object_count - before);
    assert_int_equal(written_at, offset);
}

static void what_is_no_connection_is_told_its_bytes(void **state) {
    (void)state;
    const struct tick_kernel_name a = {31, TASK, 3, NULL}, b = {32, TASK, 4, NULL};
    int fds[2];
    as(CLIENT_OBJECT);
    assert_int_equal(tick_k_pipe(k, 1, fds, 0, &a, &b), 0);
    puts_and_tells(fds[1], 0, "into a pipe", 0);
    puts_and_tells(fds[1], 0, "more", 11);
    assert_int_equal(tick_k_socketpair(k, 1, AF_UNIX, SOCK_STREAM, 0, fds, &a, &b), 0);
    puts_and_tells(fds[0], 1, "into a pair", 0);
    puts_and_tells(fds[0], 1, "more", 11);
    assert_int_equal(tick_k_socketpair(k, 1, AF_UNIX, SOCK_DGRAM, 0, fds, &a, &b), 0);
    puts_and_tells(fds[0], 1, "a datagram", 1);
    puts_and_tells(fds[0], 1, "a second one", 2);
    const int event = tick_k_eventfd(k, 1, 0, 0, &a);
    puts_and_tells(event, 0, "\1\1\1\1\1\1\1\1", 0);
    const int file = tick_k_open(k, 1, "/log", O_CREAT | O_WRONLY, 0600, &a);
    puts_and_tells(file, 0, "into a file", 0);
    puts_and_tells(file, 0, "more", 11);
    assert_int_equal(tick_k_pwrite(k, 1, file, "there", 5, 4), 5);
    assert_string_equal(payload, "there");
    assert_int_equal(written_at, 4);
    // A datagram is a message.
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(0x0a000001)};
    const int udp = tick_k_socket(k, 1, AF_INET, SOCK_DGRAM, 0, &a);
    written_to = 0;
    assert_int_equal(tick_k_sendto(k, 1, udp, "over the network", 16, 0, (struct sockaddr *)&in, sizeof in), 16);
    assert_string_equal(payload, "over the network");
    assert_int_equal(written_to, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_no_connection_is_told_its_bytes, setup),
        cmocka_unit_test_setup(a_connection_has_five_objects, setup),
        cmocka_unit_test_setup(the_handshake_is_told, setup),
        cmocka_unit_test_setup(bytes_know_their_send, setup),
        cmocka_unit_test_setup(what_is_lost_is_told, setup),
        cmocka_unit_test_setup(a_dead_host_drops, setup),
        cmocka_unit_test_setup(what_a_partition_loses_says_so, setup),
        cmocka_unit_test_setup(who_gives_up_knows_why, setup),
        cmocka_unit_test_setup(a_host_that_is_down_takes_nothing, setup),
        cmocka_unit_test_setup(what_a_clog_slows_says_so, setup),
        cmocka_unit_test_setup(a_segment_that_is_lost_by_choice_says_so, setup),
        cmocka_unit_test_setup(a_datagram_says_why_it_is_lost, setup),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(k);
    return failed;
}
