// Hosts: names, addresses, and what is left when one crashes.
#include "sim/kernel/file_ops_int.h"
#include "sim/kernel/kernel_int.h"

#define LOOPBACK_NET 127u
#define NET 0x0a000000u // 10.0.0.0/16
#define FIRST_PORT 32768u

static uint32_t hash_of(const char *name) {
    return (uint32_t)tick_id_text(name);
}

static int find(const struct tick_kernel *k, const char *name, uint32_t hash) {
    for (uint32_t i = 0; i < k->root->host_count; i++) {
        const struct tick__host *h = tick__host(k, i);
        if (h->hash == hash && !strcmp(h->name, name))
            return (int)i;
    }
    return TICK_ENOHOST;
}

int tick_kernel_host_find(const struct tick_kernel *k, const char *name) {
    return find(k, name, hash_of(name));
}

int tick_kernel_host_add(struct tick_kernel *k, const char *name, tick_id id, uint32_t object) {
    struct tick__root *root = k->root;
    size_t length = strlen(name);
    if (!length || length > 63)
        return -EINVAL;
    const uint32_t hash = hash_of(name);
    if (find(k, name, hash) >= 0)
        return -EEXIST;
    if (root->host_count >= 65534) // the addresses of 10.0.0.0/16
        return -ENOMEM;
    if (root->host_count == root->host_most &&
        !tick__arena_grow(k, &root->hosts, &root->host_most, 16, root->host_count, sizeof(struct tick__host)))
        return -ENOMEM;
    struct tick__host *h = tick__host(k, root->host_count);
    *h = (struct tick__host){0};
    memcpy(h->name, name, length);
    h->id = id;
    h->hash = hash;
    h->object = object;
    h->next_port = FIRST_PORT;
    return (int)root->host_count++;
}

uint32_t tick__host_address(uint32_t index) {
    return NET + index + 1;
}

int tick__host_of_address(const struct tick_kernel *k, uint32_t from, uint32_t address) {
    if (address >> 24 == LOOPBACK_NET)
        return (int)from;
    uint32_t index = address - NET - 1;
    return index < k->root->host_count ? (int)index : -1;
}

void tick_kernel_host_crash(struct tick_kernel *k, int host) {
    struct tick__host *h = tick__host(k, (uint32_t)host);
    h->dying = true;
    h->crashed = k->env.probe ? k->env.probe->here : 0;
    for (uint32_t p = h->processes; p; p = tick__process(k, p - 1)->next)
        for (uint32_t fd = 0; fd < tick__process(k, p - 1)->fd_most; fd++) {
            struct tick__file *file = tick__file(k, (int)p - 1, (int)fd);
            if (file && tick__ops(file) != &tick__tcp_ops)
                tick_k_close(k, (int)p - 1, (int)fd);
        }
    // Sockets after the epolls that watch them, so that no watcher is told. Those without an fd die with the rest.
    struct tick__sock *s = h->socks ? tick__sock(k, h->socks) : NULL;
    if (s)
        tick__sock_hold(s);
    while (s) { // s is held, and so is its successor before s goes: a death may free others
        tick__sock_die(k, s);
        struct tick__sock *next = s->host_next ? tick__sock(k, s->host_next) : NULL;
        if (next)
            tick__sock_hold(next);
        tick__sock_release(k, s);
        s = next;
    }
    for (tick__ref ref = h->ports; ref;) {
        tick__ref next = TICK__AT(k, tick__port, ref)->next;
        TICK__AT(k, tick__port, ref)->lingers_until = 0; // and with it those that linger
        ref = next;
    }
    while (h->processes)
        tick__process_end(k, h->processes - 1);
    h->pids = 0;
    h->dying = false;
}
