// Names beside the hosts' own, and what their look-ups may do wrong.
#include "sim/kernel/kernel_int.h"
#include "sim/world/world_int.h"
#include <netinet/in.h>

// The addresses of hosts, in their order; each IPv6 one before the IPv4 one of the same host. -EINVAL: one of them is no host.
static int addresses_of(struct tick_host *const hosts[TICK_FAULT_SIDE], bool six, struct sockaddr_storage *out) {
    int count = 0;
    for (size_t i = 0; i < TICK_FAULT_SIDE; i++) {
        if (!hosts[i])
            continue;
        if (hosts[i]->index < 0)
            return -EINVAL;
        for (int family = six ? 0 : 1; family < 2; family++) {
            const struct tick__address address = {.ip = tick__host_address((uint32_t)hosts[i]->index), .six = family == 0};
            socklen_t size = sizeof *out;
            memset(&out[count], 0, sizeof *out);
            tick__address_out(address.six ? AF_INET6 : AF_INET, &address, (struct sockaddr *)&out[count++], &size);
        }
    }
    return count;
}

void tick_name_at(struct tick_world *w, const char *name, const struct tick_name *what, const struct tick_loc *loc) {
    struct sockaddr_storage right[TICK_FAULT_SIDE * 2], wrong[TICK_FAULT_SIDE * 2];
    int count = addresses_of(what->hosts, what->six, right), wrongs = addresses_of(what->wrong, what->six, wrong);
    if (count < 0 || wrongs < 0 || what->latency < 0 || what->jitter < 0) {
        tick__world_bad(w, loc, "a name needs hosts that were added before, and no negative times");
        return;
    }
    const struct tick_dns_name entry = {
        .name = name,
        .addresses = right,
        .wrong = wrong,
        .count = (uint32_t)count,
        .wrong_count = (uint32_t)wrongs,
        .latency = what->latency,
        .jitter = what->jitter,
        .error = what->error,
        .may_fail = what->fails,
    };
    int result = tick_kernel_dns_set(w->kernel, &entry);
    if (result == -EINVAL)
        tick__world_bad(w, loc, "a name has 1 to 63 bytes, and its .error is a negative number");
    else if (result < 0)
        tick__world_starve(w);
}
