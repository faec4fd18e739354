// sendfile(2): from a file of the disk to a socket, a pipe or another file, a page after the other, as far as that takes them. Which error
// wins where follows fs/read_write.c. splice(2) has nothing of this: its callers are told -EINVAL, and fall back.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>

#define PIECE 65536u          // at a time, as through Linux's pipe of 16 pages
#define MOST_BYTES 0x7ffff000 // MAX_RW_COUNT

static bool is_regular(const struct tick_kernel *k, const struct tick__file *file) {
    struct stat s;
    if (tick__ops(file) != &tick__disk_ops)
        return false;
    tick__ops(file)->stat(k, file, &s);
    return S_ISREG(s.st_mode);
}

static bool takes(const struct tick__file *file) {
    return tick__ops(file)->bind || tick__ops(file) == &tick__pipe_ops || tick__ops(file) == &tick__disk_ops;
}

// Whether that is allowed at all: 0 or an error.
static int check(
    const struct tick_kernel *k, const struct tick__file *from, const struct tick__file *to, const int64_t *offset, size_t count) {
    int64_t end;
    if (!from || (from->status & O_ACCMODE) == O_WRONLY)
        return -EBADF;
    if (offset && !tick__ops(from)->pread)
        return -ESPIPE;
    if ((ssize_t)count < 0 || (offset && (*offset < 0 || __builtin_add_overflow(*offset, count, &end))))
        return -EINVAL;
    if (!to || (to->status & O_ACCMODE) == O_RDONLY)
        return -EBADF;
    return (to->status & O_APPEND) || !takes(to) || !is_regular(k, from) ? -EINVAL : 0;
}

// What is read and not taken is read again the next time.
static ssize_t move(
    struct tick_kernel *k, int process, struct tick__file *from, int64_t *at, int out, size_t count, uint8_t *bytes, size_t room) {
    ssize_t done = 0, got, put;
    while ((size_t)done < count) {
        const size_t left = count - (size_t)done;
        got = tick__ops(from)->pread(k, from, bytes, left < room ? left : room, *at);
        if (got <= 0)
            return done ? done : got;
        put = tick_k_write(k, process, out, bytes, (size_t)got);
        if (put < 0)
            return done ? done : put;
        done += put;
        *at += put;
        if (put < got)
            break;
    }
    return done;
}

ssize_t tick_k_sendfile(struct tick_kernel *k, int process, int out, int in, int64_t *offset, size_t count) {
    struct tick__file *from = tick__file(k, process, in), *to = tick__file(k, process, out);
    TICK_TRY(check(k, from, to, offset, count));
    if (!count)
        return 0;
    const size_t most = tick__ops(to)->most ? tick__ops(to)->most(k, to, true) : PIECE, room = most && most < PIECE ? most : PIECE;
    const tick__ref piece = tick__arena_take(k, room);
    if (!piece)
        return -ENOMEM;
    int64_t at = offset ? *offset : tick__ops(from)->seek(k, from, 0, SEEK_CUR);
    const ssize_t moved = move(k, process, from, &at, out, count < MOST_BYTES ? count : MOST_BYTES, TICK__ARRAY(k, uint8_t, piece), room);
    tick__arena_give(k, piece, room);
    if (offset)
        *offset = at;
    else if (moved > 0)
        (void)tick__ops(from)->seek(k, from, at, SEEK_SET);
    return moved;
}
