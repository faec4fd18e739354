// Faulty worlds for random programs: three hosts, links with any fault, a chooser that answers by the seed, and rules that must hold.
#ifndef RETICK_TEST_FAULTY_H
#define RETICK_TEST_FAULTY_H

#include "sim/kernel/kernel.h"
#include "tests/support/machines.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define HOSTS 3

static struct tick_kernel *k;
static struct {
    struct tick_link link;
    uint64_t seed, drawn, made, rate;
    bool had_reset, trace;
    char last[160];
} faulty;

static inline uint32_t draw(uint32_t n) {
    return (uint32_t)(tick_id_mix(faulty.seed, ++faulty.drawn) >> 16) % n;
}

static inline uint32_t choose(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx, (void)most;
    uint64_t hash = tick_id_mix(tick_id_mix(tick_id_mix(faulty.seed ^ 77, (uint64_t)kind), subject), ordinal);
    if (hash % 1000 >= faulty.rate)
        return 0;
    uint32_t value = (uint32_t)(hash >> 20) % n;
    faulty.had_reset |= kind == TICK_CHOICE_FAULT_RESET && value;
    return value;
}

static inline struct tick_kernel_name name(void) {
    faulty.made++;
    return (struct tick_kernel_name){tick_id_mix(3, faulty.made), 0, (uint32_t)faulty.made, NULL};
}

static inline int64_t now(void) {
    return tick_kernel_now(k);
}

static inline uint8_t byte_at(uint64_t id, uint64_t at) {
    return (uint8_t)(tick_id_mix(id, at) >> 40);
}

static inline struct sockaddr_in address(int host, uint16_t port) {
    return (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(0x0a000001u + (uint32_t)host)};
}

static inline _Noreturn void broken(char rule, const char *what, int64_t value) {
    printf("seed %llu breaks rule %c at %lld us: %s (%lld); %s\n", (unsigned long long)faulty.seed, rule, (long long)now() / 1000, what,
        (long long)value, faulty.last);
    fail();
    abort();
}

// Takes the next event, if it comes by then.
static inline bool goes_on(int64_t until) {
    struct tick_posted posted;
    const int64_t before = now();
    if (tick_kernel_next_at(k) > until || !tick_kernel_next(k, &posted))
        return false;
    if (now() < before)
        broken('T', "time goes back", now() - before);
    return true;
}

static inline void passes(int64_t ns) {
    const int64_t until = now() + ns;
    while (goes_on(until))
        ;
    tick_kernel_clock_to(k, until);
}

// Runs that many programs, or RETICK_PROGRAMS, from seed 1 or RETICK_SEED on; each in a new world with links of its own.
static inline void programs(void (*run)(void), uint32_t count) {
    const char *asked = getenv("RETICK_PROGRAMS"), *seed = getenv("RETICK_SEED");
    const uint64_t first = seed ? strtoull(seed, NULL, 10) : 1;
    count = asked ? (uint32_t)strtoul(asked, NULL, 10) : count;
    assert_int_equal(tick_kernel_new(64 << 20, &k), 0);
    for (uint64_t i = first; i < first + count; i++) {
        memset(&faulty, 0, sizeof faulty);
        faulty.seed = i;
        faulty.trace = seed && count == 1;
        const struct tick_kernel_env env = {.choose = choose};
        tick_kernel_reset(k, &env);
        for (int host = 0; host < HOSTS; host++)
            assert_int_equal(machine_add(k, (const char *[]){"a", "b", "c"}[host], (tick_id)host + 1, 0), host);
        faulty.rate = (uint64_t[]){0, 50, 300, 900}[draw(4)];
        faulty.link = (struct tick_link){
            .latency = (int64_t)draw(5) * TICK_MS(1),
            .jitter = draw(2) ? TICK_MS(20) : 0,
            .loss = draw(3) == 0,
            .reset = draw(6) == 0,
            .refuse = draw(6) == 0,
            .duplicate = draw(4) == 0,
            .reorder = draw(4) == 0,
            .corrupt = draw(4) == 0,
            .bandwidth = draw(6) == 0 ? 100000 : 0,
            .timeout = draw(3) == 0 ? TICK_SEC(2) : 0,
        };
        tick_kernel_link_all(k, &faulty.link);
        run();
    }
    tick_kernel_free(k);
}

#endif
