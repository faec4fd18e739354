// Each page is hashed when the snapshot is taken and after each run, by other ways than those that put pages back.
#include "sim/guest/memory_check_int.h"
#include <errno.h>
#include <fcntl.h>

// Which pages are there. Not by PAGEMAP_SCAN, which is what is checked: an entry a page, bits 63 and 62 for memory and swap.
struct entries {
    int fd;
    uintptr_t first, count; // pages
    uint64_t of[512];
};

static bool is_there(struct entries *entries, uintptr_t at) {
    const uintptr_t page = at / TICK__PAGE;
    if (page - entries->first >= entries->count) {
        const long got = tick__raw(SYS_pread64, entries->fd, entries->of, sizeof entries->of, page * sizeof *entries->of);
        entries->first = page;
        entries->count = got > 0 ? (uintptr_t)got / sizeof *entries->of : 0;
    }
    return page - entries->first < entries->count && entries->of[page - entries->first] >> 62;
}

static uint64_t hash_of(const void *page) {
    const uint64_t *const words = page;
    uint64_t hash = 0;
    for (size_t i = 0; i < TICK__PAGE / sizeof *words; i++)
        hash = (hash ^ words[i]) * UINT64_C(0x9e3779b97f4a7c15) ^ hash >> 29;
    return hash;
}

static bool is_checked(const struct tick__mapping *m) {
    return !m->shared && m->kind != TICK__MAP_KERNEL && m->prot & PROT_READ && !tick__is_kept(m->start);
}

// Calls fn with each page that holds something, until it returns false.
static void each_page(const struct tick__mappings *mappings, bool (*fn)(void *ctx, uintptr_t at, uint64_t hash), void *ctx) {
    struct entries entries = {.fd = (int)tick__raw(SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC)};
    bool more = true;
    for (uint32_t i = 0; i < mappings->count && more; i++) {
        const struct tick__mapping *const m = &mappings->of[i];
        if (!is_checked(m))
            continue;
        for (uintptr_t at = m->start; at < m->end && more; at += TICK__PAGE) {
            const uint64_t hash = is_there(&entries, at) ? hash_of((const void *)at) : 0;
            more = !hash || fn(ctx, at, hash);
        }
    }
    tick__raw(SYS_close, entries.fd);
}

static bool add(void *ctx, uintptr_t at, uint64_t hash) {
    struct tick__memory_check *const check = ctx;
    if (check->count == check->most)
        return false;
    check->pages[check->count++] = (struct tick__hashed){at, hash};
    return true;
}

int tick__memory_check_new(struct tick__memory_check *check) {
    check->most = (size_t)1 << 24;
    check->pages = tick__kept_new(check->most * sizeof *check->pages);
    return check->pages ? 0 : -ENOMEM;
}

int tick__memory_check_take(struct tick__memory_check *check, const struct tick__mappings *mappings) {
    each_page(mappings, add, check);
    return check->count == check->most ? -E2BIG : 0;
}

struct comparing {
    const struct tick__memory_check *check;
    const struct tick__mappings *were;
    size_t next;
    const char *what;
    uintptr_t start;
};

// A page of a file is there or not as the system has memory for it.
static bool comes_from_file(const struct tick__mappings *mappings, uintptr_t at) {
    for (uint32_t i = 0; i < mappings->count; i++)
        if (mappings->of[i].start <= at && at < mappings->of[i].end)
            return mappings->of[i].kind == TICK__MAP_FILE;
    return false;
}

static bool skip_missing(struct comparing *c, uintptr_t until) {
    for (; c->next < c->check->count && c->check->pages[c->next].start < until; c->next++)
        if (!comes_from_file(c->were, c->check->pages[c->next].start)) {
            c->what = "memory is empty that was not", c->start = c->check->pages[c->next].start;
            return false;
        }
    return true;
}

static bool compare(void *ctx, uintptr_t at, uint64_t hash) {
    struct comparing *const c = ctx;
    if (!skip_missing(c, at))
        return false;
    const struct tick__hashed *const was = c->next < c->check->count ? &c->check->pages[c->next] : NULL;
    if (was && was->start == at) {
        c->next++;
        if (was->hash == hash)
            return true;
        c->what = "memory is not what it was";
    } else if (comes_from_file(c->were, at))
        return true;
    else
        c->what = "memory is there that was not";
    c->start = at;
    return false;
}

const char *tick__memory_check(
    const struct tick__memory_check *check, const struct tick__mappings *were, struct tick__mappings *now, uintptr_t *at) {
    if (tick__mappings_read(now) < 0)
        return "mappings cannot be listed";
    if (tick__mappings_differ(were, now, at))
        return "a mapping is not what it was";
    struct comparing c = {.check = check, .were = were};
    each_page(now, compare, &c);
    if (!c.what)
        skip_missing(&c, UINTPTR_MAX);
    *at = c.start;
    return c.what;
}

void tick__memory_check_drop(struct tick__memory_check *check) {
    tick__kept_free(check->pages, check->most * sizeof *check->pages);
    check->pages = NULL;
}
