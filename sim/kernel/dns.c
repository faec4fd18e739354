// Names: those of hosts, and a table of names that scenarios add. A look-up is answered at once; how long it takes is the caller's to wait.
#include "sim/kernel/objects_int.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

#define MOST_ADDRESSES 64u

static const char *const devices[] = {"lo", "eth0"}; // numbered from 1, as control.c has them

struct known {
    char name[64];
    tick__ref next, addresses; // struct sockaddr_storage: the right ones, then the wrong ones
    uint32_t count, wrong;
    int64_t latency, jitter;
    int32_t error;
    bool may_fail;
};

static struct known *find(const struct tick_kernel *k, const char *name) {
    for (tick__ref ref = k->root->names; ref; ref = TICK__AT(k, known, ref)->next)
        if (!strcmp(TICK__AT(k, known, ref)->name, name))
            return TICK__AT(k, known, ref);
    return NULL;
}

int tick_kernel_dns_set(struct tick_kernel *k, const struct tick_dns_name *name) {
    const size_t one = sizeof *name->addresses, length = strlen(name->name), size = (name->count + name->wrong_count) * one;
    if (!length || length > 63 || name->count > MOST_ADDRESSES || name->wrong_count > MOST_ADDRESSES || name->error > 0)
        return -EINVAL;
    tick__ref addresses = size ? tick__arena_take(k, size) : 0;
    if (size && !addresses)
        return -ENOMEM;
    struct known *known = find(k, name->name);
    if (!known) {
        tick__ref ref = tick__arena_zero(k, sizeof *known);
        if (!ref) {
            if (addresses)
                tick__arena_give(k, addresses, size);
            return -ENOMEM;
        }
        known = TICK__AT(k, known, ref);
        memcpy(known->name, name->name, length);
        known->next = k->root->names;
        k->root->names = ref;
    } else if (known->addresses) {
        tick__arena_give(k, known->addresses, (known->count + known->wrong) * one);
    }
    if (name->count)
        memcpy(TICK__ARRAY(k, uint8_t, addresses), name->addresses, name->count * one);
    if (name->wrong_count)
        memcpy(TICK__ARRAY(k, uint8_t, addresses) + name->count * one, name->wrong, name->wrong_count * one);
    known->addresses = addresses;
    known->count = name->count;
    known->wrong = name->wrong_count;
    known->latency = name->latency;
    known->jitter = name->jitter;
    known->error = name->error;
    known->may_fail = name->may_fail;
    return 0;
}

static void ip4_out(uint32_t ip, uint16_t port, struct sockaddr_storage *out) {
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = ip};
    memset(out, 0, sizeof *out);
    memcpy(out, &in, sizeof in);
}

static void six_out(const struct in6_addr *address, uint32_t scope, uint16_t port, struct sockaddr_storage *out) {
    const struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = *address, .sin6_scope_id = scope};
    memset(out, 0, sizeof *out);
    memcpy(out, &in, sizeof in);
}

static bool number(const char *name, uint16_t port, struct sockaddr_storage *out) {
    struct in_addr four;
    struct in6_addr six;
    if (!strcmp(name, "localhost")) {
        ip4_out(htonl(INADDR_LOOPBACK), port, out);
        return true;
    }
    if (inet_pton(AF_INET, name, &four) == 1) {
        ip4_out(four.s_addr, port, out);
        return true;
    }
    if (inet_pton(AF_INET6, name, &six) != 1)
        return false;
    six_out(&six, 0, port, out);
    return true;
}

// "%lo" or "%1" behind an address: devices' names belong to link-local ones. False: neither.
static bool scope_in(const char *text, const struct in6_addr *address, uint32_t *scope) {
    if (IN6_IS_ADDR_LINKLOCAL(address) || IN6_IS_ADDR_MC_LINKLOCAL(address))
        for (uint32_t i = 0; i < sizeof devices / sizeof *devices; i++)
            if (!strcmp(text, devices[i])) {
                *scope = i + 1;
                return true;
            }
    uint64_t value = 0;
    const char *end = text;
    for (; *end >= '0' && *end <= '9' && value <= UINT32_MAX; end++)
        value = value * 10 + (uint64_t)(*end - '0');
    *scope = (uint32_t)value;
    return end != text && !*end && value <= UINT32_MAX;
}

// Numbers that nobody has as a name: "127.1", "0x7f000001", "fe80::1%lo".
static bool odd_number(const char *name, uint16_t port, struct sockaddr_storage *out) {
    struct in_addr four;
    struct in6_addr six;
    char text[INET6_ADDRSTRLEN];
    uint32_t scope;
    const char *percent = strchr(name, '%');
    if (!percent) {
        if (strpbrk(name, " \t\n\v\f\r") || !inet_aton(name, &four))
            return false;
        ip4_out(four.s_addr, port, out);
        return true;
    }
    if ((size_t)(percent - name) >= sizeof text)
        return false;
    memcpy(text, name, (size_t)(percent - name));
    text[percent - name] = 0;
    if (inet_pton(AF_INET6, text, &six) != 1 || !scope_in(percent + 1, &six, &scope))
        return false;
    six_out(&six, scope, port, out);
    return true;
}

bool tick_kernel_dns_asks(const struct tick_kernel *k, const char *name) {
    const struct known *known = k->root->names ? find(k, name) : NULL;
    return known && (known->jitter > 0 || known->may_fail || known->wrong);
}

int tick_k_resolve(struct tick_kernel *k, int process, const char *name, uint16_t port, tick_id subject, uint64_t ordinal,
    struct sockaddr_storage *out, uint32_t most, int64_t *late) {
    (void)process;
    *late = 0;
    if (!most)
        return -EINVAL;
    if (number(name, port, out))
        return 1;
    const struct known *known = find(k, name);
    if (!known) {
        int index = tick_kernel_host_find(k, name);
        if (index < 0)
            return odd_number(name, port, out) ? 1 : -ENOENT;
        ip4_out(htonl(tick__host_address((uint32_t)index)), port, out);
        return 1;
    }
    *late = known->latency;
    if (known->jitter > 0) {
        uint32_t n = tick_scale_count(known->jitter);
        const uint32_t value = TICK__ASK(k, TICK_CHOICE_RESOLVE_LATE, subject, ordinal, n, known->jitter);
        *late = tick__after(*late, tick_scale_capped(value, known->jitter));
    }
    if (known->error)
        return known->error;
    if (known->may_fail && !k->root->calm && TICK__ASK(k, TICK_CHOICE_RESOLVE_FAIL, subject, ordinal, 2, 0))
        return -EAGAIN;
    uint32_t first = 0, count = known->count;
    if (known->wrong && !k->root->calm && TICK__ASK(k, TICK_CHOICE_RESOLVE_WRONG, subject, ordinal, 2, 0)) {
        first = known->count;
        count = known->wrong;
    }
    if (!count)
        return -ENOENT;
    if (count > most)
        count = most;
    for (uint32_t i = 0; i < count; i++) {
        out[i] = TICK__ARRAY(k, struct sockaddr_storage, known->addresses)[first + i];
        uint16_t net = htons(port); // at the same place in both families
        memcpy((char *)&out[i] + offsetof(struct sockaddr_in, sin_port), &net, sizeof net);
    }
    return (int)count;
}
