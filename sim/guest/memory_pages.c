// Which pages were written, the kernel tells: userfaultfd's asynchronous write protection and PAGEMAP_SCAN (Linux 6.7), for which nobody
// needs a privilege. A page that is watched costs a fault when it is written first. One that was written is not watched again, but put back
// after each run: most runs write the same pages, and copying one costs a fraction of a fault.
#include "sim/guest/memory_pages_int.h"
#include "sim/guest/places_int.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>

// Since Linux 6.7, and younger than the headers of Debian 12.
#ifndef UFFD_FEATURE_WP_ASYNC
#define UFFD_FEATURE_WP_ASYNC (1 << 15)
#endif
#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
struct scan { // struct pm_scan_arg
    uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, category_inverted, category_mask, category_anyof_mask, return_mask;
};
#define SCAN _IOWR('f', 16, struct scan)
#define SCAN_PROTECT (1 << 0) // what matches is watched again
#define IS_WRITTEN (1 << 1)
#define IS_PRESENT (1 << 3)
#define IS_SWAPPED (1 << 4)
#define IS_ZERO_PAGE (1 << 5)

#define PER_WORD 64u
#define GAP 2u            // words that hold nothing amid others: to ask of them what is not there is cheaper than to ask once more
#define GIVEN_BACK 16384u // pages that a run wrote where there were none: beyond so many they are unmapped, and not filled with zeros

// --- what the kernel offers ---

static long open_uffd(void) {
    const long fd = tick__raw(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
    if (fd < 0)
        return fd;
    struct uffdio_api api = {.api = UFFD_API, .features = UFFD_FEATURE_WP_ASYNC};
    const long rc = tick__raw(SYS_ioctl, fd, UFFDIO_API, &api);
    if (rc < 0) {
        tick__raw(SYS_close, fd);
        return rc;
    }
    return fd;
}

static long scan_nothing(int pagemap) {
    struct scan arg = {
        .size = sizeof arg, .start = TICK__PAGE, .end = 2 * TICK__PAGE, .category_mask = IS_WRITTEN, .return_mask = IS_WRITTEN};
    struct tick__found found;
    arg.vec = (uint64_t)&found;
    arg.vec_len = 1;
    return tick__raw(SYS_ioctl, pagemap, SCAN, &arg);
}

static long open_pagemap(void) {
    const long fd = tick__raw(SYS_openat, AT_FDCWD, "/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    const long rc = fd < 0 ? fd : scan_nothing((int)fd);
    if (fd >= 0 && rc < 0)
        tick__raw(SYS_close, fd);
    return rc < 0 ? rc : fd;
}

int tick__pages_probe(void) {
    const long uffd = open_uffd();
    if (uffd < 0)
        return (int)uffd;
    tick__raw(SYS_close, uffd);
    const long pagemap = open_pagemap();
    if (pagemap < 0)
        return (int)pagemap;
    tick__raw(SYS_close, pagemap);
    return 0;
}

// --- the copies ---

static bool is_tracked(const struct tick__mapping *m) {
    return !m->shared && m->kind != TICK__MAP_KERNEL && (m->prot & PROT_WRITE || m->kind != TICK__MAP_FILE);
}

static uint32_t words_of(uintptr_t bytes) {
    return (uint32_t)((bytes / TICK__PAGE + PER_WORD - 1) / PER_WORD);
}

static bool allow(const struct tick__region *region, int needed) {
    if (!(needed & ~region->prot))
        return false;
    tick__raw(SYS_mprotect, region->start, region->end - region->start, region->prot | needed);
    return true;
}

static void disallow(const struct tick__region *region, bool allowed) {
    if (allowed)
        tick__raw(SYS_mprotect, region->start, region->end - region->start, region->prot);
}

static bool is_zero(const void *page) {
    const uint64_t *const words = page;
    for (size_t i = 0; i < TICK__PAGE / sizeof *words; i += 4)
        if (words[i] | words[i + 1] | words[i + 2] | words[i + 3])
            return false;
    return true;
}

static int copy_page(struct tick__pages *pages, const struct tick__region *region, uintptr_t at, bool covered) {
    if (!covered && is_zero((void *)at))
        return 0;
    if (pages->copies_used == pages->copies_most)
        return -ENOMEM;
    const size_t page = (at - region->start) / TICK__PAGE;
    struct tick__sixty_four *const word = &pages->words[region->words + page / PER_WORD];
    if (!word->there)
        word->first = pages->copies_used;
    word->there |= UINT64_C(1) << page % PER_WORD;
    memcpy(pages->copies + (size_t)pages->copies_used++ * TICK__PAGE, (void *)at, TICK__PAGE);
    return 0;
}

// Calls fn for each range between at and end whose pages match.
static int each_found(struct tick__pages *pages, struct scan *arg, uintptr_t at, uintptr_t end,
    int (*fn)(struct tick__pages *pages, const struct tick__found *found, void *ctx), void *ctx) {
    arg->size = sizeof *arg;
    arg->vec = (uint64_t)pages->found;
    arg->vec_len = TICK__FOUND_MOST;
    for (arg->start = at, arg->end = end; arg->start < end; arg->start = arg->walk_end) {
        const long count = tick__raw(SYS_ioctl, pages->pagemap, SCAN, arg);
        if (count < 0)
            return (int)count;
        for (long i = 0; i < count; i++) {
            const int rc = fn(pages, &pages->found[i], ctx);
            if (rc < 0)
                return rc;
        }
        if (arg->walk_end <= arg->start)
            return -EIO;
    }
    return 0;
}

static int count_found(struct tick__pages *pages, const struct tick__found *found, void *ctx) {
    (void)pages;
    *(uint64_t *)ctx += (found->end - found->start) / TICK__PAGE;
    return 0;
}

static int ignore_found(struct tick__pages *pages, const struct tick__found *found, void *ctx) {
    (void)pages, (void)found, (void)ctx;
    return 0;
}

static int copy_found(struct tick__pages *pages, const struct tick__found *found, void *ctx) {
    int rc = 0;
    for (uintptr_t at = found->start; at < found->end && !rc; at += TICK__PAGE)
        rc = copy_page(pages, ctx, at, false);
    return rc;
}

static const struct scan SCAN_HELD = {.category_anyof_mask = IS_PRESENT | IS_SWAPPED, .return_mask = IS_PRESENT};

static int copy_region(struct tick__pages *pages, struct tick__region *region, bool covered) {
    const bool allowed = allow(region, PROT_READ);
    int rc = 0;
    struct scan held = SCAN_HELD;
    if (covered)
        for (uintptr_t at = region->start; at < region->end && !rc; at += TICK__PAGE)
            rc = copy_page(pages, region, at, true);
    else
        rc = each_found(pages, &held, region->start, region->end, copy_found, region);
    disallow(region, allowed);
    return rc;
}

static int watch_region(const struct tick__pages *pages, const struct tick__region *region) {
    struct uffdio_register reg = {.range = {region->start, region->end - region->start}, .mode = UFFDIO_REGISTER_MODE_WP};
    return (int)tick__raw(SYS_ioctl, pages->uffd, UFFDIO_REGISTER, &reg);
}

int tick__pages_watch(struct tick__pages *pages) {
    int rc = 0;
    for (uint32_t i = 0; i < pages->count && rc >= 0; i++) {
        // Only pages that are there: an entry for each that is not would take another fault when it is written. Without room for what it
        // finds, the kernel heeds no category.
        struct scan arg = {.flags = SCAN_PROTECT, .category_mask = IS_PRESENT, .return_mask = IS_PRESENT};
        rc = each_found(pages, &arg, pages->region[i].start, pages->region[i].end, ignore_found, NULL);
    }
    return rc;
}

// --- the snapshot ---

static int list_regions(struct tick__pages *pages, const struct tick__mappings *mappings, uint64_t *held) {
    *held = 0;
    for (uint32_t i = 0; i < mappings->count; i++) {
        const struct tick__mapping *const m = &mappings->of[i];
        if (!is_tracked(m))
            continue;
        if (pages->count == TICK__REGIONS_MOST)
            return -E2BIG;
        pages->region[pages->count++] = (struct tick__region){m->start, m->end, pages->words_most, m->prot, m->kind == TICK__MAP_FILE};
        pages->words_most += words_of(m->end - m->start);
        struct scan arg = SCAN_HELD;
        const int rc = each_found(pages, &arg, m->start, m->end, count_found, held);
        if (rc < 0)
            return rc;
        if (m->kind == TICK__MAP_FILE)
            *held += (m->end - m->start) / TICK__PAGE;
    }
    return 0;
}

static void add_stretch(struct tick__pages *pages, const struct tick__stretch *next) {
    struct tick__stretch *const last = pages->stretch + pages->stretches - 1;
    if (pages->stretches && last->end == next->start && last->sparse == next->sparse)
        last->end = next->end;
    else
        pages->stretch[pages->stretches++] = *next;
}

static void add_stretches(struct tick__pages *pages, uint32_t index) {
    const struct tick__region *const region = &pages->region[index];
    const struct tick__sixty_four *const words = pages->words + region->words;
    const uint32_t count = words_of(region->end - region->start);
    for (uint32_t from = 0, to; from < count; from = to) {
        const bool holds = region->covered || words[from].there;
        for (to = from + 1; to < count && (region->covered || !words[to].there == !holds);)
            to++;
        const bool amid = from && to < count && to - from <= GAP;
        const struct tick__stretch next = {region->start + (uintptr_t)from * PER_WORD * TICK__PAGE,
            to < count ? region->start + (uintptr_t)to * PER_WORD * TICK__PAGE : region->end, index, !holds && !amid};
        add_stretch(pages, &next);
    }
}

static int take(struct tick__pages *pages, const struct tick__mappings *mappings) {
    uint64_t held;
    int rc = list_regions(pages, mappings, &held);
    if (rc < 0)
        return rc;
    if (held > UINT32_MAX)
        return -E2BIG;
    pages->copies_most = (uint32_t)held;
    pages->words = tick__kept_new(pages->words_most * sizeof *pages->words);
    pages->copies = tick__kept_large(pages->copies_most * TICK__PAGE);
    pages->hot = tick__kept_large(pages->copies_most * TICK__PAGE);
    pages->hot_of = tick__kept_new(pages->copies_most * sizeof *pages->hot_of);
    pages->stretch = tick__kept_new(pages->words_most * sizeof *pages->stretch); // before anything is copied: it is noted in memory
    if (!pages->words || !pages->stretch || !pages->copies || !pages->hot || !pages->hot_of)
        return -ENOMEM;
    for (uint32_t i = 0; i < pages->count && !rc; i++) {
        rc = copy_region(pages, &pages->region[i], pages->region[i].covered);
        if (!rc)
            rc = watch_region(pages, &pages->region[i]);
        add_stretches(pages, i);
    }
    return rc < 0 ? rc : tick__pages_watch(pages);
}

int tick__pages_take(struct tick__pages *pages, const struct tick__mappings *mappings) {
    pages->pagemap = tick__place_fd((int)open_pagemap(), TICK__AT_PAGEMAP);
    pages->uffd = tick__place_fd((int)open_uffd(), TICK__AT_UFFD);
    int rc = pages->pagemap < 0 ? pages->pagemap : pages->uffd < 0 ? pages->uffd : take(pages, mappings);
    if (rc < 0)
        tick__pages_drop(pages);
    return rc;
}

void tick__pages_drop(struct tick__pages *pages) {
    tick__kept_free(pages->words, pages->words_most * sizeof *pages->words);
    tick__kept_free(pages->stretch, pages->words_most * sizeof *pages->stretch);
    tick__kept_free(pages->copies, pages->copies_most * TICK__PAGE);
    tick__kept_free(pages->hot, pages->copies_most * TICK__PAGE);
    tick__kept_free(pages->hot_of, pages->copies_most * sizeof *pages->hot_of);
    if (pages->pagemap >= 0)
        tick__raw(SYS_close, pages->pagemap);
    if (pages->uffd >= 0)
        tick__raw(SYS_close, pages->uffd); // which ends the watch
    pages->words = NULL, pages->stretch = NULL, pages->copies = pages->hot = NULL, pages->hot_of = NULL;
    pages->words_most = pages->copies_most = pages->copies_used = pages->hot_used = pages->count = pages->stretches = 0;
    pages->pagemap = pages->uffd = -1;
}

bool tick__pages_hold(const struct tick__pages *pages, uintptr_t at, uintptr_t end) {
    for (uint32_t i = 0; i < pages->count && at < end; i++)
        if (pages->region[i].start <= at && at < pages->region[i].end)
            at = pages->region[i].end;
    return at >= end;
}

// --- the way back ---

struct putting_back {
    struct tick__region *region; // where the scan is; those before it are done
    bool allowed;
    uint64_t emptied; // pages that were not there
};

// The page's copy among those that are used after each run.
static const char *hot_copy(struct tick__pages *pages, size_t copy) {
    char *const hot = pages->hot + (size_t)pages->hot_of[copy] * TICK__PAGE;
    if (__builtin_expect(pages->hot_of[copy], 1))
        return hot - TICK__PAGE;
    pages->hot_of[copy] = ++pages->hot_used;
    return memcpy(pages->hot + (size_t)(pages->hot_used - 1) * TICK__PAGE, pages->copies + copy * TICK__PAGE, TICK__PAGE);
}

static void put_back_page(struct tick__pages *pages, const struct tick__region *region, size_t page) {
    const struct tick__sixty_four *const word = &pages->words[region->words + page / PER_WORD];
    const uint64_t bit = UINT64_C(1) << page % PER_WORD;
    const size_t copy = word->first + (size_t)__builtin_popcountll(word->there & (bit - 1));
    memcpy((void *)(region->start + page * TICK__PAGE), hot_copy(pages, copy), TICK__PAGE);
    pages->put_back++;
}

// Pages from..to of the region are not mapped. Those that held something come back.
static void put_back_gone(struct tick__pages *pages, struct putting_back *state, size_t from, size_t to) {
    const struct tick__sixty_four *const words = pages->words + state->region->words;
    for (size_t page = from; page < to; page++) {
        if (!words[page / PER_WORD].there) {
            page |= PER_WORD - 1;
            continue;
        }
        if (words[page / PER_WORD].there >> page % PER_WORD & 1) {
            state->allowed |= allow(state->region, PROT_WRITE);
            put_back_page(pages, state->region, page);
        }
    }
}

// Pages from..to of the region were written.
static void put_back_written(struct tick__pages *pages, struct putting_back *state, size_t from, size_t to) {
    const struct tick__region *const region = state->region;
    const struct tick__sixty_four *const words = pages->words + region->words;
    state->allowed |= allow(region, PROT_WRITE);
    for (size_t page = from; page < to; page++) {
        void *const at = (void *)(region->start + page * TICK__PAGE);
        if (words[page / PER_WORD].there >> page % PER_WORD & 1) {
            put_back_page(pages, region, page);
            continue;
        }
        pages->put_back++;
        if (++state->emptied > GIVEN_BACK)
            tick__raw(SYS_madvise, at, TICK__PAGE, MADV_DONTNEED);
        else
            memset(at, 0, TICK__PAGE);
    }
}

static int put_back_found(struct tick__pages *pages, const struct tick__found *found, void *ctx) {
    struct putting_back *const state = ctx;
    for (uintptr_t at = found->start; at < found->end;) {
        while (state->region->end <= at) {
            disallow(state->region, state->allowed);
            state->allowed = false;
            state->region++;
        }
        const uintptr_t end = found->end < state->region->end ? found->end : state->region->end;
        const size_t from = (at - state->region->start) / TICK__PAGE, to = (end - state->region->start) / TICK__PAGE;
        // What is not there counts as written, too; and a page whose entry says only that it is watched, as one that is swapped out.
        if (found->categories & IS_WRITTEN && found->categories & (IS_PRESENT | IS_SWAPPED) && !(found->categories & IS_ZERO_PAGE))
            put_back_written(pages, state, from, to);
        else
            put_back_gone(pages, state, from, to);
        at = end;
    }
    return 0;
}

// Written, or not there: the latter is told as the absence of a category, hence the inversion. Where nothing was held: written alone.
static const struct scan SCAN_CHANGED = {.category_inverted = IS_PRESENT,
    .category_anyof_mask = IS_WRITTEN | IS_PRESENT,
    .return_mask = IS_WRITTEN | IS_PRESENT | IS_SWAPPED | IS_ZERO_PAGE};
static const struct scan SCAN_NEW = {.category_mask = IS_WRITTEN,
    .category_anyof_mask = IS_PRESENT | IS_SWAPPED,
    .return_mask = IS_WRITTEN | IS_PRESENT | IS_SWAPPED | IS_ZERO_PAGE};

int tick__pages_put_back(struct tick__pages *pages) {
    struct putting_back state = {.region = pages->region};
    pages->put_back = 0;
    int rc = 0;
    for (uint32_t i = 0; i < pages->stretches && !rc; i++) {
        const struct tick__stretch *const stretch = &pages->stretch[i];
        struct scan arg = stretch->sparse ? SCAN_NEW : SCAN_CHANGED;
        disallow(state.region, state.allowed);
        state = (struct putting_back){.region = &pages->region[stretch->region], .emptied = state.emptied};
        rc = each_found(pages, &arg, stretch->start, stretch->end, put_back_found, &state);
    }
    disallow(state.region, state.allowed);
    return rc;
}
