// SCM_RIGHTS: fds on their way, in messages between unix sockets. A description lives while an fd names it or a message has it.
//
// Messages can hold each other up: a socket that stands in its own queue is reachable by nobody once its fds are closed. Such are found by
// asking from which sockets one gets to which, whenever a unix socket is closed.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>

#define MOST_FDS 253u // SCM_MAX_FD

struct tick__rights {
    tick__ref next, prev; // of the host's
    tick__ref holder;     // the socket in whose queue it stands; 0: in none
    tick__ref later;      // the next of its stream, or of those that are to be dropped
    uint64_t begin, end;  // of a stream: which of its bytes it came with
    uint32_t host, count;
    uint32_t gone; // of the files, let go
    tick__ref files[];
};

static struct tick__rights *rights_at(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, tick__rights, ref);
}

static struct tick__file *file_at(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, tick__file, ref);
}

// A message has it; who can get at it is to be found out.
static void fly(struct tick__file *file) {
    file->status = (file->status & ~TICK__REACHED) | TICK__FLIES;
}

static size_t size_of(uint32_t count) {
    return sizeof(struct tick__rights) + count * sizeof(tick__ref);
}

// --- sending ---

// How many fds they are, or an error.
static int count_fds(const struct msghdr *message, uint32_t pid, bool *tells) {
    struct tick__header header;
    size_t count = 0, at = 0;
    int n;
    while ((n = tick__control_next(message, &at, &header)) > 0) {
        if (header.level != SOL_SOCKET)
            continue;
        if (header.type == SCM_CREDENTIALS) {
            TICK_TRY(tick__control_creds(&header, pid));
            *tells = true;
            continue;
        }
        if (header.type != SCM_RIGHTS)
            return -EINVAL;
        count += header.size / sizeof(int);
        if (count > MOST_FDS)
            return -EINVAL;
    }
    return n < 0 ? n : (int)count;
}

int tick__rights_take(struct tick_kernel *k, const struct tick__beside *beside, tick__ref *out, bool *tells) {
    const struct msghdr *message = beside ? beside->control : NULL;
    *out = 0;
    *tells = false;
    int count = message ? count_fds(message, tick__caller_pid(k), tells) : 0;
    if (count <= 0)
        return count;
    tick__ref ref = tick__arena_zero(k, size_of((uint32_t)count));
    if (!ref)
        return -ENOMEM;
    struct tick__rights *rights = rights_at(k, ref);
    rights->host = tick__process_host(k, (int)k->caller);
    struct tick__header header;
    size_t at = 0;
    while (tick__control_next(message, &at, &header) > 0) {
        size_t fds = header.level == SOL_SOCKET && header.type == SCM_RIGHTS ? header.size / sizeof(int) : 0;
        for (size_t i = 0; i < fds; i++) {
            int fd;
            memcpy(&fd, (const char *)header.data + i * sizeof fd, sizeof fd);
            const struct tick__file *file = tick__file(k, (int)k->caller, fd);
            if (!file) {
                tick__arena_give(k, ref, size_of((uint32_t)count));
                return -EBADF;
            }
            rights->files[rights->count++] = file->ref;
        }
    }
    struct tick__host *h = tick__host(k, rights->host);
    for (uint32_t i = 0; i < rights->count; i++)
        fly(file_at(k, rights->files[i]));
    rights->next = h->rights;
    if (h->rights)
        rights_at(k, h->rights)->prev = ref;
    h->rights = ref;
    *out = ref;
    return 0;
}

void tick__rights_hold(struct tick_kernel *k, tick__ref ref, tick__ref holder, uint64_t begin, uint64_t end) {
    struct tick__rights *rights = rights_at(k, ref);
    rights->holder = holder;
    rights->begin = begin;
    rights->end = end;
}

// --- streams ---

void tick__rights_append(struct tick_kernel *k, tick__ref *list, tick__ref ref) {
    while (*list)
        list = &rights_at(k, *list)->later;
    *list = ref;
}

// As Linux does: a look goes through the whole queue, until it meets fds; a read of no bytes takes those that stand first.
size_t tick__rights_reach(const struct tick_kernel *k, tick__ref first, uint64_t at, size_t count, bool peeks, bool *with) {
    const struct tick__rights *rights = first ? rights_at(k, first) : NULL;
    *with = rights && (peeks || rights->begin < at + (count ? count : 1));
    return *with && rights->end - at < count ? (size_t)(rights->end - at) : count;
}

tick__ref tick__rights_shift(const struct tick_kernel *k, tick__ref *list) {
    tick__ref ref = *list;
    *list = rights_at(k, ref)->later;
    rights_at(k, ref)->later = 0;
    return ref;
}

// --- receiving ---

void tick__rights_give(struct tick_kernel *k, int process, tick__ref ref, struct tick__control *c, int flags) {
    const struct tick__rights *rights = rights_at(k, ref);
    char *control = c->bytes + c->used;
    size_t room = c->bytes ? c->room - c->used : 0;
    size_t most = room >= sizeof(struct cmsghdr) ? (room - sizeof(struct cmsghdr)) / sizeof(int) : 0;
    uint32_t done = 0;
    while (done < rights->count && done < most) {
        struct tick__file *file = file_at(k, rights->files[done]);
        int fd = tick__fd_give(k, process, file);
        if (fd < 0)
            break;
        tick__fd_cloexec(k, process, fd, (flags & MSG_CMSG_CLOEXEC) != 0);
        memcpy(control + CMSG_LEN(done * sizeof fd), &fd, sizeof fd);
        done++;
    }
    if (done) {
        const struct cmsghdr header = {.cmsg_len = CMSG_LEN(done * sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
        memcpy(control, &header, sizeof header);
        size_t used = CMSG_SPACE(done * sizeof(int));
        c->used += used < room ? used : room;
    }
    c->flags |= done < rights->count ? MSG_CTRUNC : 0;
}

// --- the end ---

static bool flies(const struct tick_kernel *k, const struct tick__host *h, tick__ref file) {
    for (tick__ref ref = h->rights; ref; ref = rights_at(k, ref)->next)
        for (uint32_t i = rights_at(k, ref)->gone; i < rights_at(k, ref)->count; i++)
            if (rights_at(k, ref)->files[i] == file)
                return true;
    return false;
}

// False: one of them lingers, and the others wait for that.
static bool let_go(struct tick_kernel *k, struct tick__rights *rights) {
    const struct tick__host *h = tick__host(k, rights->host);
    while (rights->gone < rights->count) {
        if (k->root->lingers)
            return false;
        tick__ref ref = rights->files[rights->gone++];
        struct tick__file *file = file_at(k, ref);
        if (flies(k, h, ref) || (h->dying && tick__ops(file) == &tick__tcp_ops)) // of a host that dies, no socket says a word
            continue;
        file->status &= ~(TICK__FLIES | TICK__REACHED);
        if (!file->names) {
            tick__items_drop(k, file);
            tick__ops(file)->close(k, file);
        }
    }
    return true;
}

// What is closed by that may drop others in turn: they wait in a row, so that no stack grows.
void tick__rights_drop(struct tick_kernel *k, tick__ref ref) {
    rights_at(k, ref)->holder = 0;
    rights_at(k, ref)->later = k->root->dropped;
    tick__rights_go_on(k, ref);
}

static void forget(struct tick_kernel *k, tick__ref ref) {
    const struct tick__rights *rights = rights_at(k, ref);
    if (rights->prev)
        rights_at(k, rights->prev)->next = rights->next;
    else
        tick__host(k, rights->host)->rights = rights->next;
    if (rights->next)
        rights_at(k, rights->next)->prev = rights->prev;
    tick__arena_give(k, ref, size_of(rights->count));
}

void tick__rights_go_on(struct tick_kernel *k, tick__ref ref) {
    struct tick__root *root = k->root;
    if (ref)
        root->dropped = ref;
    if (root->dropping || root->lingers || !root->dropped)
        return;
    const uint32_t host = rights_at(k, root->dropped)->host;
    root->dropping = true;
    while (!root->lingers && (ref = root->dropped)) {
        struct tick__rights *rights = rights_at(k, ref);
        root->dropped = rights->later;
        if (let_go(k, rights)) {
            forget(k, ref);
        } else {
            rights->later = root->dropped;
            root->dropped = ref;
        }
    }
    root->dropping = false;
    if (root->uncollected && !root->collecting)
        tick__rights_collect(k, host);
}

tick__ref tick__rights_first(const struct tick_kernel *k, uint32_t host) {
    for (tick__ref ref = tick__host(k, host)->rights; ref; ref = rights_at(k, ref)->next)
        for (uint32_t i = rights_at(k, ref)->gone; i < rights_at(k, ref)->count; i++)
            file_at(k, rights_at(k, ref)->files[i])->status &= ~TICK__WALKED;
    return tick__host(k, host)->rights;
}

struct tick__file *tick__rights_next(const struct tick_kernel *k, tick__ref *ref, uint32_t *place) {
    for (; *ref; *ref = rights_at(k, *ref)->next, *place = 0) {
        const struct tick__rights *rights = rights_at(k, *ref);
        for (*place = *place > rights->gone ? *place : rights->gone; *place < rights->count;) {
            struct tick__file *file = file_at(k, rights->files[(*place)++]);
            if (!file->names && !(file->status & TICK__WALKED)) {
                file->status |= TICK__WALKED;
                return file;
            }
        }
    }
    return NULL;
}

void tick__rights_renamed(struct tick_kernel *k, uint32_t host, tick__ref from, tick__ref to) {
    for (tick__ref ref = tick__host(k, host)->rights; ref; ref = rights_at(k, ref)->next)
        for (uint32_t i = rights_at(k, ref)->gone; i < rights_at(k, ref)->count; i++)
            if (rights_at(k, ref)->files[i] == from)
                rights_at(k, ref)->files[i] = to;
}

// Whether nobody can read from a message's holder. One that is not accepted yet is its listener's.
static bool is_lost(const struct tick_kernel *k, const struct tick__rights *rights) {
    const struct tick__file *holder = rights->holder ? file_at(k, rights->holder) : NULL;
    if (holder && ((const struct tick__unix *)holder)->listener)
        holder = file_at(k, ((const struct tick__unix *)holder)->listener);
    return holder && !holder->names && (holder->status & (TICK__FLIES | TICK__REACHED)) == TICK__FLIES;
}

static void mark(struct tick_kernel *k, const struct tick__host *h) {
    for (tick__ref ref = h->rights; ref; ref = rights_at(k, ref)->next)
        for (uint32_t i = rights_at(k, ref)->gone; i < rights_at(k, ref)->count; i++)
            fly(file_at(k, rights_at(k, ref)->files[i]));
    for (bool more = true; more;) {
        more = false;
        for (tick__ref ref = h->rights; ref; ref = rights_at(k, ref)->next) {
            const struct tick__rights *rights = rights_at(k, ref);
            for (uint32_t i = rights->gone; !is_lost(k, rights) && i < rights->count; i++) {
                more |= !(file_at(k, rights->files[i])->status & TICK__REACHED);
                file_at(k, rights->files[i])->status |= TICK__REACHED;
            }
        }
    }
}

void tick__rights_collect(struct tick_kernel *k, uint32_t host) {
    struct tick__root *root = k->root;
    const struct tick__host *h = tick__host(k, host);
    root->uncollected = h->rights != 0;
    if (root->dropping || root->collecting)
        return;
    root->collecting = true;
    while (root->uncollected) {
        root->uncollected = false;
        mark(k, h);
        tick__ref ref = h->rights;
        while (ref && !is_lost(k, rights_at(k, ref)))
            ref = rights_at(k, ref)->next;
        if (ref) {
            tick__unix_forget_rights(k, (struct tick__unix *)file_at(k, rights_at(k, ref)->holder), ref);
            tick__rights_drop(k, ref);
            root->uncollected = true;
        }
    }
    root->collecting = false;
}

uint32_t tick__rights_count(const struct tick_kernel *k, tick__ref ref) {
    return rights_at(k, ref)->count;
}

int tick_kernel_fds_in_flight(const struct tick_kernel *k, int host) {
    int count = 0;
    for (tick__ref ref = tick__host(k, (uint32_t)host)->rights; ref; ref = rights_at(k, ref)->next)
        count += (int)(rights_at(k, ref)->count - rights_at(k, ref)->gone);
    return count;
}
