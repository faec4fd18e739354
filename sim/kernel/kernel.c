// The kernel as a whole: its memory, its reset, the clock, and what each event does.
#include "sim/kernel/objects_int.h"
#include "src/base/outside.h"
#include <sys/mman.h>

#define PAGE ((size_t)4096)
#define LEAST (4 * PAGE)
#define MOST ((size_t)(TICK__CLOEXEC - 1) * TICK__GRANULE) // what refs reach

int tick_kernel_over(void *memory, size_t size, struct tick_kernel **out) {
    if ((uintptr_t)memory % TICK__GRANULE || size < LEAST)
        return -EINVAL;
    struct tick_kernel *k = tick__outside_alloc(sizeof *k);
    if (!k)
        return -ENOMEM;
    *k = (struct tick_kernel){.base = memory, .root = memory, .size = size < MOST ? size : MOST};
    *out = k;
    return 0;
}

int tick_kernel_new(size_t arena_most, struct tick_kernel **out) {
    size_t size = (arena_most < MOST ? arena_most + PAGE - 1 : MOST) / PAGE * PAGE;
    if (size < LEAST)
        size = LEAST;
    void *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (base == MAP_FAILED)
        return -ENOMEM;
    int error = tick_kernel_over(base, size, out);
    if (error) {
        munmap(base, size);
        return error;
    }
    (*out)->mapped = true;
    tick_kernel_begin(*out);
    return 0;
}

size_t tick_kernel_size(const struct tick_kernel *k) {
    return k->size;
}

const void *tick_kernel_world(const struct tick_kernel *k, size_t *size) {
    *size = (size_t)k->root->bump * TICK__GRANULE;
    return k->base;
}

void tick_kernel_put(struct tick_kernel *k, const void *world, size_t size) {
    TICK_ASSERT(size <= k->size);
    memcpy(k->base, world, size);
    if (k->env.probe)
        k->env.probe->now = k->root->now;
}

void tick_kernel_wipe(struct tick_kernel *k) {
    memset(k->base, 0, (size_t)k->root->bump * TICK__GRANULE);
}

int tick_kernel_share(struct tick_kernel *k, int fd) {
    size_t used;
    const void *const world = tick_kernel_world(k, &used);
    if (!k->mapped)
        return -EINVAL;
    void *const at = mmap(NULL, k->size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
    if (at == MAP_FAILED)
        return -errno;
    memcpy(at, world, used);
    if (mremap(at, k->size, k->size, MREMAP_MAYMOVE | MREMAP_FIXED, k->base) == MAP_FAILED) {
        const int error = errno;
        munmap(at, k->size);
        return -error;
    }
    return 0;
}

uint32_t tick_kernel_cause(const struct tick_kernel *k) {
    return k->cause;
}

void tick_kernel_no_cause(struct tick_kernel *k) {
    k->cause = 0;
}

void tick_kernel_large(struct tick_kernel *k) {
    madvise(k->base, k->size, MADV_HUGEPAGE); // fails without such pages: as good
}

void tick_kernel_free(struct tick_kernel *k) {
    if (!k)
        return;
    if (k->mapped)
        munmap(k->base, k->size);
    tick__outside_free(k);
}

void tick_kernel_env(struct tick_kernel *k, const struct tick_kernel_env *env) {
    k->env = *env;
    if (env->probe)
        env->probe->now = k->root->now;
}

void tick_kernel_begin(struct tick_kernel *k) {
    *k->root = (struct tick__root){
        .bump = (uint32_t)((sizeof(struct tick__root) + TICK__GRANULE - 1) / TICK__GRANULE),
        .limit = (uint32_t)(k->size / TICK__GRANULE),
    };
    if (k->env.probe)
        k->env.probe->now = 0;
}

void tick_kernel_reset(struct tick_kernel *k, const struct tick_kernel_env *env) {
    tick_kernel_env(k, env);
    tick_kernel_begin(k);
}

int64_t tick_kernel_now(const struct tick_kernel *k) {
    return k->root->now;
}

void tick_kernel_clock_to(struct tick_kernel *k, int64_t at) {
    if (at > k->root->now)
        k->root->now = at;
    if (k->env.probe)
        k->env.probe->now = k->root->now;
}

bool tick_kernel_pass(struct tick_kernel *k, int64_t at) {
    if (tick_kernel_next_at(k) <= at || k->root->woken_first)
        return false;
    tick_kernel_clock_to(k, at);
    return true;
}

static void carry_out(struct tick_kernel *k, const struct tick__due *due) {
    switch (due->kind) {
    case TICK__DATAGRAM:
        tick__udp_arrived(k, due->a, due->b);
        break;
    case TICK__UNREACHABLE:
        tick__udp_unreachable(k, due->a, due->b);
        break;
    case TICK__EXPIRE:
        tick__timerfd_expired(k, due->a);
        break;
    default:
        tick__tcp_event(k, due);
        break;
    }
}

bool tick_kernel_next(struct tick_kernel *k, struct tick_posted *posted) {
    struct tick__due due;
    if (!tick__event_take(k, &due))
        return false;
    tick_kernel_clock_to(k, due.at);
    if (due.kind == TICK__POSTED) {
        *posted = (struct tick_posted){due.at, due.a, due.b};
    } else {
        *posted = (struct tick_posted){due.at, 0, 0};
        carry_out(k, &due);
    }
    return true;
}
