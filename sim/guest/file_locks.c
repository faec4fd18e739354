// Locks of files within the world. Those of fcntl belong to the process, which is alone: they are in the way of descriptions' own only, and
// go when the process closes any fd of the file. Those of flock(2) and of open file descriptions are held by the description. Who finds
// one taken waits for it.
#include "sim/guest/files_int.h"
#include "src/base/times.h"
#include <string.h>
#include <sys/file.h>

#define MOST 256
#define LOCK_END INT64_MAX
#define PROCESS UINT32_MAX // the holder of fcntl's

struct lock {
    tick__ref holder; // a description; 0: unused
    uint64_t inode;
    off_t from, to;        // the last byte
    bool whole, exclusive; // flock's, or a description's
};

static struct lock locks[MOST];
static uint32_t used;
static uint32_t word; // those who wait are woken at it: whatever is unlocked

static tick__ref description(int fd) {
    return tick__file(TICK__K, fd)->ref;
}

static bool meets(const struct lock *one, const struct lock *other) {
    return one->holder && one->whole == other->whole && one->inode == other->inode && one->from <= other->to && other->from <= one->to;
}

static const struct lock *in_the_way(const struct lock *wanted) {
    for (uint32_t i = 0; i < used; i++)
        if (meets(&locks[i], wanted) && locks[i].holder != wanted->holder && (locks[i].exclusive || wanted->exclusive))
            return &locks[i];
    return NULL;
}

static int add(const struct lock *lock) {
    uint32_t at = 0;
    while (at < used && locks[at].holder)
        at++;
    if (at == MOST)
        return -ENOLCK;
    locks[at] = *lock;
    used = at == used ? at + 1 : used;
    return 0;
}

// The holder's own in that range go, or are cut; true: there were some.
static bool drop(const struct lock *range) {
    bool any = false;
    for (uint32_t i = 0, all = used; i < all; i++) {
        struct lock *own = &locks[i];
        if (!meets(own, range) || own->holder != range->holder)
            continue;
        const struct lock was = *own;
        struct lock before = was, behind = was;
        any = true;
        own->holder = 0;
        before.to = range->from - 1;
        behind.from = range->to == LOCK_END ? LOCK_END : range->to + 1;
        if (was.from < range->from)
            (void)add(&before);
        if (was.to > range->to)
            (void)add(&behind);
    }
    return any;
}

static void wake(void) {
    word++;
    (void)tick__guest_call(SYS_futex, (long)&word, 1 /* FUTEX_WAKE */, INT32_MAX, 0, 0, 0);
}

static int take(int fd, struct lock *wanted, bool waits) {
    struct stat s;
    int error = tick_k_fstat(TICK__K, fd, &s);
    if (error < 0)
        return error;
    wanted->inode = s.st_ino;
    wanted->holder = wanted->holder ? wanted->holder : description(fd);
    while (in_the_way(wanted)) {
        if (!waits)
            return -EAGAIN;
        error = (int)tick__guest_call(SYS_futex, (long)&word, 0 /* FUTEX_WAIT */, word, 0, 0, 0);
        if (error < 0 && error != -EAGAIN)
            return error;
    }
    const bool had = drop(wanted);
    error = add(wanted);
    if (had)
        wake(); // an exclusive one may have become a shared one
    return error;
}

static int give(int fd, struct lock *range) {
    struct stat s;
    const int error = tick_k_fstat(TICK__K, fd, &s);
    if (error < 0)
        return error;
    range->inode = s.st_ino;
    range->holder = range->holder ? range->holder : description(fd);
    if (drop(range))
        wake();
    return 0;
}

long tick__file_flock(int fd, int operation) {
    struct lock lock = {.from = 0, .to = LOCK_END, .whole = true, .exclusive = (operation & ~LOCK_NB) == LOCK_EX};
    switch (operation & ~LOCK_NB) {
    case LOCK_UN:
        return give(fd, &lock);
    case LOCK_SH:
    case LOCK_EX:
        return take(fd, &lock, !(operation & LOCK_NB));
    default:
        return -EINVAL;
    }
}

static int range_of(int fd, const struct flock *asked, struct lock *out) {
    struct stat s;
    off_t base = 0;
    if (asked->l_whence == SEEK_CUR)
        base = tick_k_lseek(TICK__K, fd, 0, SEEK_CUR);
    else if (asked->l_whence == SEEK_END)
        base = tick_k_fstat(TICK__K, fd, &s) < 0 ? -1 : s.st_size;
    else if (asked->l_whence != SEEK_SET)
        return -EINVAL;
    out->from = base + asked->l_start;
    out->to = asked->l_len ? out->from + asked->l_len - 1 : LOCK_END;
    if (asked->l_len < 0) {
        out->to = out->from - 1;
        out->from += asked->l_len;
    }
    return base < 0 || out->from < 0 || out->to < out->from ? -EINVAL : 0;
}

long tick__file_lock(int fd, int command, struct flock *asked) {
    struct lock range = {.exclusive = asked->l_type == F_WRLCK};
    const int flags = tick_k_fcntl(TICK__K, fd, F_GETFL, 0), how = flags & O_ACCMODE;
    const bool asks = command == F_GETLK || command == F_OFD_GETLK;
    const int error = range_of(fd, asked, &range);
    if (error < 0)
        return error;
    if (asked->l_type != F_RDLCK && asked->l_type != F_WRLCK && asked->l_type != F_UNLCK)
        return -EINVAL;
    if (!asks && ((asked->l_type == F_RDLCK && how == O_WRONLY) || (asked->l_type == F_WRLCK && how == O_RDONLY)))
        return -EBADF;
    if (command == F_GETLK || command == F_SETLK || command == F_SETLKW)
        range.holder = PROCESS;
    else if (asked->l_pid)
        return -EINVAL;
    if (!asks)
        return asked->l_type == F_UNLCK ? give(fd, &range) : take(fd, &range, command == F_OFD_SETLKW || command == F_SETLKW);
    struct stat s;
    if (tick_k_fstat(TICK__K, fd, &s) < 0)
        return -EBADF;
    range.inode = s.st_ino;
    range.holder = range.holder ? range.holder : description(fd);
    const struct lock *other = in_the_way(&range);
    asked->l_type = !other ? F_UNLCK : other->exclusive ? F_WRLCK : F_RDLCK;
    if (other) {
        asked->l_whence = SEEK_SET;
        asked->l_start = other->from;
        asked->l_len = other->to == LOCK_END ? 0 : other->to - other->from + 1;
        asked->l_pid = other->holder == PROCESS ? TICK_GUEST_PID : -1;
    }
    return 0;
}

void tick__file_locks_closed(int fd) {
    const struct tick__file *file = used ? tick__file(TICK__K, fd) : NULL;
    struct stat s;
    bool any = false;
    if (!file || tick_k_fstat(TICK__K, fd, &s) < 0)
        return;
    for (uint32_t i = 0; i < used; i++)
        if ((locks[i].holder == file->ref && file->names == 1) || (locks[i].holder == PROCESS && locks[i].inode == s.st_ino)) {
            locks[i].holder = 0;
            any = true;
        }
    if (any)
        wake();
}
