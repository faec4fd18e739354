// Random programs of datagrams and timers on three hosts in a faulty world. Whatever happens, nothing may that Linux could not do:
//
//  H  datagrams come whole, from who sent them, not before the latency, once and in order unless the link says otherwise
//  I  timers count what is over, and no tick more
// links: tick_kernel
#include "tests/fuzz/faulty.h"
#include <sys/ioctl.h>
#include <time.h>

#define LOG 64
#define STEPS 200

// A host's UDP socket, and its timer.
static struct datagrams {
    int fd;
    uint64_t sent[HOSTS], latest[HOSTS]; // to and from each; numbers count from 1
    int64_t at[HOSTS][LOG];              // when the latest ones were sent
} udp[HOSTS];
static struct timer {
    int fd;
    int64_t at, interval; // 0: disarmed
} timers[HOSTS];

#define RULE(letter, holds, what, value) \
    do { \
        if (!(holds)) \
            broken((letter), (what), (int64_t)(value)); \
    } while (0)

// --- datagrams ---

static uint64_t id_of(int from, int to) {
    return tick_id_mix(9, (uint64_t)(from * HOSTS + to));
}

static void sends_datagram(int host) {
    uint8_t bytes[1000];
    const int to = (int)draw(HOSTS);
    const struct sockaddr_in in = address(to, 53);
    struct datagrams *u = &udp[host];
    const uint64_t number = ++u->sent[to];
    const size_t size = 12 + tick_id_mix(id_of(host, to), number) % 900;
    memcpy(bytes, &number, sizeof number);
    memcpy(bytes + 8, &host, 4);
    for (size_t i = 12; i < size; i++)
        bytes[i] = byte_at(id_of(host, to) ^ number, i);
    u->at[to][number % LOG] = now();
    assert_int_equal(tick_k_sendto(k, host, u->fd, bytes, size, 0, (const struct sockaddr *)&in, sizeof in), size);
}

static void takes_datagram(int host) {
    uint8_t bytes[1000];
    uint64_t number;
    int from;
    struct sockaddr_in in;
    socklen_t size = sizeof in;
    const int fd = udp[host].fd;
    int there = 0;
    if (draw(3) == 0)
        there = tick_k_recv(k, host, fd, bytes, sizeof bytes, MSG_PEEK) > 0;
    else if (draw(3) == 0)
        (void)!tick_k_ioctl(k, host, fd, FIONREAD, &there);
    ssize_t n = tick_k_recvfrom(k, host, fd, bytes, sizeof bytes, 0, (struct sockaddr *)&in, &size);
    RULE('H', n > 0 || !there, "what was looked at is gone", there);
    if (n == -EAGAIN)
        return;
    RULE('H', n >= 12, "a datagram of another size, or an error", n);
    memcpy(&number, bytes, sizeof number);
    memcpy(&from, bytes + 8, sizeof from);
    RULE('H', from >= 0 && from < HOSTS && ntohl(in.sin_addr.s_addr) == 0x0a000001u + (uint32_t)from, "from another host", from);
    struct datagrams *u = &udp[from];
    uint64_t *latest = &udp[host].latest[from];
    const int64_t sent_at = u->at[host][number % LOG];
    if (number + LOG > u->sent[host])
        RULE('H', now() >= sent_at + (from == host ? 0 : faulty.link.latency), "before the latency was over", now() - sent_at);
    RULE('H', (uint64_t)n == 12 + tick_id_mix(id_of(from, host), number) % 900 && number <= u->sent[host], "of another size", n);
    for (ssize_t i = 12; i < n; i++)
        RULE('H', bytes[i] == byte_at(id_of(from, host) ^ number, (uint64_t)i), "another byte", i);
    if ((!faulty.link.reorder || from == host))
        RULE('H', number > *latest || (number == *latest && faulty.link.duplicate && from != host), "twice, or overtaken", number);
    *latest = number > *latest ? number : *latest;
}

// --- timers ---

static void sets_timer(struct timer *t, int host) {
    bool absolute = draw(2);
    int64_t value = (int64_t)draw(5) * TICK_MS(3), old, interval;
    t->interval = (int64_t)draw(3) * TICK_MS(2);
    t->at = !value ? 0 : absolute ? value : now() + value;
    assert_int_equal(tick_k_timerfd_settime(k, host, t->fd, absolute ? 1 : 0, value, t->interval, &old, &interval), 0);
}

static void reads_timer(struct timer *t, int host) {
    uint64_t ticks = 0, due = 0;
    struct pollfd p = {.fd = t->fd, .events = POLLIN};
    tick_k_poll(k, host, &p, 1);
    ssize_t n = tick_k_read(k, host, t->fd, &ticks, sizeof ticks);
    RULE('I', (n == 8) == (p.revents != 0), "a timer is reported that has nothing to say, or has", n);
    if (t->at && now() >= t->at) {
        due = t->interval ? (uint64_t)((now() - t->at) / t->interval) + 1 : 1;
        t->at = t->interval ? t->at + (int64_t)due * t->interval : 0;
    }
    RULE('I', n == 8 ? ticks == due : n == -EAGAIN, "another count of ticks", ticks);
    if (n == -EAGAIN && due) // it has come, but the timer's own event comes yet at this instant
        t->at = t->interval ? t->at - (int64_t)due * t->interval : now();
}

static void step(void) {
    const int host = (int)draw(HOSTS);
    const uint32_t what = draw(10);
    snprintf(faulty.last, sizeof faulty.last, "step %u on host %d", what, host);
    if (what < 3)
        sends_datagram(host);
    else if (what < 6)
        takes_datagram(host);
    else if (what < 7)
        sets_timer(&timers[host], host);
    else if (what < 8)
        reads_timer(&timers[host], host);
    else
        passes((int64_t)draw(8) * TICK_MS(1));
}

static void run(void) {
    memset(udp, 0, sizeof udp);
    for (int host = 0; host < HOSTS; host++) {
        const struct tick_kernel_name n[] = {name(), name()};
        const struct sockaddr_in in = address(host, 53);
        udp[host].fd = tick_k_socket(k, host, AF_INET, SOCK_DGRAM, 0, &n[0]);
        assert_int_equal(tick_k_bind(k, host, udp[host].fd, (const struct sockaddr *)&in, sizeof in), 0);
        timers[host] = (struct timer){.fd = tick_k_timerfd(k, host, CLOCK_MONOTONIC, 0, &n[1])};
    }
    for (int i = 0; i < STEPS; i++)
        step();
}

static void nothing_happens_that_linux_would_not_do(void **state) {
    (void)state;
    programs(run, 5000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(nothing_happens_that_linux_would_not_do)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
