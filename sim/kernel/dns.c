// Names: those of hosts, and a table of names that scenarios add. A look-up is answered at once; how long it takes is the caller's to wait.
#include "sim/kernel/objects_int.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

struct known {
    char name[64];
    tick__ref next, addresses; // struct sockaddr_storage
    uint32_t count;
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
    size_t length = strlen(name->name), size = name->count * sizeof *name->addresses;
    if (!length || length > 63 || name->count > 64 || name->error > 0)
        return -EINVAL;
    tick__ref addresses = name->count ? tick__arena_take(k, size) : 0;
    if (name->count && !addresses)
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
    } else if (known->count) {
        tick__arena_give(k, known->addresses, known->count * sizeof *name->addresses);
    }
    if (size)
        memcpy(TICK__ARRAY(k, uint8_t, addresses), name->addresses, size);
    known->addresses = addresses;
    known->count = name->count;
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

static bool number(const char *name, uint16_t port, struct sockaddr_storage *out) {
    struct in_addr four;
    struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (!strcmp(name, "localhost")) {
        ip4_out(htonl(INADDR_LOOPBACK), port, out);
        return true;
    }
    if (inet_pton(AF_INET, name, &four) == 1) {
        ip4_out(four.s_addr, port, out);
        return true;
    }
    if (inet_pton(AF_INET6, name, &in.sin6_addr) != 1)
        return false;
    memset(out, 0, sizeof *out);
    memcpy(out, &in, sizeof in);
    return true;
}

int tick_k_resolve(struct tick_kernel *k, int host, const char *name, uint16_t port, tick_id subject, uint64_t ordinal,
    struct sockaddr_storage *out, uint32_t most, int64_t *late) {
    (void)host;
    *late = 0;
    if (!most)
        return -EINVAL;
    if (number(name, port, out))
        return 1;
    const struct known *known = find(k, name);
    if (!known) {
        int index = tick_kernel_host_find(k, name);
        if (index < 0)
            return -ENOENT;
        ip4_out(htonl(tick__host_address((uint32_t)index)), port, out);
        return 1;
    }
    *late = known->latency;
    if (known->jitter > 0) {
        uint32_t n = tick_scale_count(known->jitter);
        *late += tick_scale_capped(TICK__ASK(k, TICK_CHOICE_RESOLVE_LATE, subject, ordinal, n, known->jitter), known->jitter);
    }
    if (known->error)
        return known->error;
    if (known->may_fail && !k->root->calm && TICK__ASK(k, TICK_CHOICE_RESOLVE_FAIL, subject, ordinal, 2, 0))
        return -EAGAIN;
    if (!known->count)
        return -ENOENT;
    uint32_t count = known->count < most ? known->count : most;
    for (uint32_t i = 0; i < count; i++) {
        out[i] = TICK__ARRAY(k, struct sockaddr_storage, known->addresses)[i];
        uint16_t net = htons(port); // at the same place in both families
        memcpy((char *)&out[i] + offsetof(struct sockaddr_in, sin_port), &net, sizeof net);
    }
    return (int)count;
}
