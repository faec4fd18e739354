// How much memory a program may have: a run that never stops taking more is ended while the machine is still well.
//
// It is looked at while the keeper waits, every 20 ms at the most, in which a process takes some 100 MB: what a limit of addresses
// (RLIMIT_AS) would refuse at once is no measure of it, since garbage collectors reserve far more than they use.
#include "sim/keeper/keeper_int.h"
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LEAST ((uint64_t)256 << 20)
#define MOST ((uint64_t)4 << 30)

static uint64_t number_in(const char *path, int skip) {
    char text[200];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t length = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[length > 0 ? length : 0] = 0;
    const char *at = text;
    for (; skip > 0 && *at; skip--) {
        at += strcspn(at, " ");
        at += strspn(at, " ");
    }
    return *at >= '0' && *at <= '9' ? strtoull(at, NULL, 10) : 0;
}

uint64_t tick_guest_memory_default(void) {
    const long pages = sysconf(_SC_PHYS_PAGES), page = sysconf(_SC_PAGESIZE), cores = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t all = pages > 0 && page > 0 ? (uint64_t)pages * (uint64_t)page : MOST;
    const uint64_t container = number_in("/sys/fs/cgroup/memory.max", 0); // "max": it has none
    if (container && container < all)
        all = container;
    const uint64_t share = all / 2 / (uint64_t)(cores > 0 ? cores : 1);
    return share < LEAST ? LEAST : share > MOST ? MOST : share;
}

bool tick__guest_outgrows(const struct tick__keeper *k) {
    char path[64];
    const uint64_t most = k->program->most_memory ? k->program->most_memory : tick_guest_memory_default();
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    snprintf(path, sizeof path, "/proc/%d/statm", (int)tick__guest_process(k));
    // What it shares with others or has of files is not its own to give back, nor the keeper's control block; what it writes to is.
    const uint64_t resident = number_in(path, 1), shared = number_in(path, 2);
    return resident > shared && (resident - shared) * page > most;
}

void tick__guest_outgrown_words(const struct tick__keeper *k, char *text, size_t size) {
    const uint64_t most = k->program->most_memory ? k->program->most_memory : tick_guest_memory_default();
    snprintf(
        text, size, "the program took more than %" PRIu64 " MiB of memory, and was ended: --memory SIZE lets it have more", most >> 20);
}
