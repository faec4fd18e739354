// pipe(2): 16 buffers of a page each, or as many as F_SETPIPE_SZ says. What fits is counted in them as Linux does, as a program can tell:
// a small write goes into the last buffer or takes one of its own, and none of PIPE_BUF bytes or less is ever split or mixed.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>
#include <limits.h>

#define BUFFERS 16u
#define BUFFERS_MOST 256u // fs.pipe-max-size
#define PAGE 4096u

struct buffer {
    uint16_t at, size; // where its bytes begin, how many
};

struct end {
    struct tick__file file;
    tick__ref pipe;
    bool writes;
};

struct pipe {
    struct tick__chain chain;
    uint64_t written;
    tick__ref ends[2]; // reading, writing; 0: closed
    uint32_t bytes;
    tick__ref ring; // struct buffer
    uint32_t most, first, used;
    tick_id id; // the reading end's
};

static struct buffer *buffer(const struct tick_kernel *k, const struct pipe *pipe, uint32_t index) {
    return &TICK__ARRAY(k, struct buffer, pipe->ring)[(pipe->first + index) % pipe->most];
}

static struct pipe *pipe_of(const struct tick_kernel *k, const struct tick__file *file) {
    return TICK__AT(k, pipe, ((const struct end *)file)->pipe);
}

static void wake(struct tick_kernel *k, const struct pipe *pipe, bool writer, uint32_t key) {
    if (pipe->ends[writer])
        tick__file_wake(k, TICK__AT(k, tick__file, pipe->ends[writer]), key, false);
}

static int end_new(struct tick_kernel *k, int process, tick__ref pipe, bool writes, int flags, const struct tick_kernel_name *name) {
    tick__ref ref;
    uint32_t status = (uint32_t)((writes ? O_WRONLY : O_RDONLY) | flags);
    int fd = tick__object_new(k, process, TICK__PIPE, sizeof(struct end), status, name, "pipe", &ref);
    if (fd < 0)
        return fd;
    struct end *end = TICK__AT(k, end, ref);
    end->pipe = pipe;
    end->writes = writes;
    TICK__AT(k, pipe, pipe)->ends[writes] = ref;
    return fd;
}

int tick_k_pipe(struct tick_kernel *k, int process, int fds[2], int flags, const struct tick_kernel_name *first,
    const struct tick_kernel_name *second) {
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    tick__ref pipe = tick__arena_zero(k, sizeof(struct pipe));
    tick__ref ring = pipe ? tick__arena_take(k, BUFFERS * sizeof(struct buffer)) : 0;
    int reads = -ENOMEM;
    if (ring) {
        TICK__AT(k, pipe, pipe)->ring = ring;
        TICK__AT(k, pipe, pipe)->most = BUFFERS;
        TICK__AT(k, pipe, pipe)->id = first->id;
        reads = end_new(k, process, pipe, false, flags, first);
    }
    if (reads < 0) {
        if (ring)
            tick__arena_give(k, ring, BUFFERS * sizeof(struct buffer));
        if (pipe)
            tick__arena_give(k, pipe, sizeof(struct pipe));
        return reads;
    }
    int writes = end_new(k, process, pipe, true, flags, second);
    if (writes < 0) {
        (void)!tick_k_close(k, process, reads); // and the pipe with it
        return writes;
    }
    fds[0] = reads;
    fds[1] = writes;
    return 0;
}

static uint32_t pipe_mask(struct tick_kernel *k, struct tick__file *file) {
    const struct pipe *pipe = pipe_of(k, file);
    if (((const struct end *)file)->writes)
        return (pipe->used < pipe->most ? TICK__WRITABLE : 0) | (pipe->ends[0] ? 0 : EPOLLERR);
    return (pipe->bytes ? TICK__READABLE : 0) | (pipe->ends[1] ? 0 : EPOLLHUP);
}

// How many of the bytes go into the last buffer beside what it has: those that are no whole page.
static size_t beside(const struct tick_kernel *k, const struct pipe *pipe, size_t count) {
    const struct buffer *last = pipe->used ? buffer(k, pipe, pipe->used - 1) : NULL;
    size_t odd = count % PAGE;
    return last && last->at + last->size + odd <= PAGE ? odd : 0;
}

static size_t fits(const struct tick_kernel *k, const struct pipe *pipe, size_t count) {
    size_t merged = beside(k, pipe, count), room = (size_t)(pipe->most - pipe->used) * PAGE;
    return count - merged < room ? count : merged + room;
}

// Puts bytes that fit into buffers.
static void fill(struct tick_kernel *k, struct pipe *pipe, size_t asked, size_t count) {
    size_t merged = beside(k, pipe, asked);
    if (merged)
        buffer(k, pipe, pipe->used - 1)->size = (uint16_t)(buffer(k, pipe, pipe->used - 1)->size + merged);
    for (size_t left = count - merged; left;) {
        uint32_t part = left < PAGE ? (uint32_t)left : PAGE;
        *buffer(k, pipe, pipe->used++) = (struct buffer){0, (uint16_t)part};
        left -= part;
    }
}

static ssize_t pipe_write(struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count) {
    struct pipe *pipe = pipe_of(k, file);
    if (!count)
        return 0;
    if (!pipe->ends[0])
        return -EPIPE;
    if (count > PIPE_BUF) // only these may be short: pipe(7)
        count = tick__shortened(k, TICK_CHOICE_SHORT_SEND, file->id, pipe->written, count);
    size_t moved = fits(k, pipe, count);
    if (!moved)
        return -EAGAIN;
    size_t done = tick__chain_append(k, &pipe->chain, bytes, moved);
    if (done < moved) { // no memory for all of them: whole pages, or none
        size_t kept = count <= PIPE_BUF ? 0 : done / PAGE * PAGE;
        tick__chain_cut(k, &pipe->chain, pipe->bytes, done - kept);
        if (!kept)
            return -ENOMEM;
        count = moved = kept;
    }
    fill(k, pipe, count, moved);
    tick__tell_written(k, file, pipe->written, bytes, moved);
    pipe->bytes += (uint32_t)moved;
    pipe->written += moved;
    wake(k, pipe, false, TICK__READABLE);
    return (ssize_t)moved;
}

static ssize_t pipe_read(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count) {
    struct pipe *pipe = pipe_of(k, file);
    if (!count)
        return 0;
    if (!pipe->bytes)
        return pipe->ends[1] ? -EAGAIN : 0;
    size_t moved = count < pipe->bytes ? count : pipe->bytes;
    tick__chain_copy(k, &pipe->chain, bytes, moved);
    tick__chain_consume(k, &pipe->chain, moved);
    bool was_full = pipe->used >= pipe->most;
    for (size_t left = moved; left;) {
        struct buffer *first = buffer(k, pipe, 0);
        if (first->size > left) {
            first->at = (uint16_t)(first->at + left);
            first->size = (uint16_t)(first->size - left);
            break;
        }
        left -= first->size;
        pipe->first = (pipe->first + 1) % pipe->most;
        pipe->used--;
    }
    pipe->bytes -= (uint32_t)moved;
    if (was_full && pipe->used < pipe->most)
        wake(k, pipe, true, TICK__WRITABLE);
    return (ssize_t)moved;
}

static int pipe_unread(struct tick_kernel *k, struct tick__file *file, int *value) {
    *value = (int)pipe_of(k, file)->bytes;
    return 0;
}

static int pipe_size(struct tick_kernel *k, struct tick__file *file) {
    return (int)(pipe_of(k, file)->most * PAGE);
}

static int pipe_resize(struct tick_kernel *k, struct tick__file *file, int64_t asked) {
    struct pipe *pipe = pipe_of(k, file);
    if ((uint32_t)asked > 1u << 31)
        return -EINVAL;
    uint32_t most = 1;
    while ((uint64_t)most * PAGE < (uint32_t)asked)
        most *= 2;
    if (most > pipe->most && most > BUFFERS_MOST)
        return -EPERM;
    if (most < pipe->used)
        return -EBUSY;
    tick__ref ring = tick__arena_take(k, most * sizeof(struct buffer));
    if (!ring)
        return -ENOMEM;
    for (uint32_t i = 0; i < pipe->used; i++)
        TICK__ARRAY(k, struct buffer, ring)[i] = *buffer(k, pipe, i);
    tick__arena_give(k, pipe->ring, pipe->most * sizeof(struct buffer));
    pipe->ring = ring;
    pipe->most = most;
    pipe->first = 0;
    wake(k, pipe, true, TICK__WRITABLE);
    return (int)(most * PAGE);
}

static void pipe_close(struct tick_kernel *k, struct tick__file *file) {
    const struct end *end = (const struct end *)file;
    tick__ref ref = end->pipe;
    struct pipe *pipe = TICK__AT(k, pipe, ref);
    bool writer = end->writes;
    pipe->ends[writer] = 0;
    tick__arena_give(k, file->ref, sizeof *end);
    if (pipe->ends[!writer]) {
        wake(k, pipe, !writer, TICK__READABLE | TICK__WRITABLE | EPOLLERR | EPOLLHUP);
        return;
    }
    tick__chain_clear(k, &pipe->chain);
    tick__arena_give(k, pipe->ring, pipe->most * sizeof(struct buffer));
    tick__arena_give(k, ref, sizeof *pipe);
}

static size_t most(const struct tick_kernel *k, const struct tick__file *file, bool writes) {
    const struct pipe *pipe = pipe_of(k, file);
    return writes ? (size_t)pipe->most * PAGE : pipe->bytes;
}

static int size_request(struct tick_kernel *k, struct tick__file *file, bool set, int64_t argument) {
    return set ? pipe_resize(k, file, argument) : pipe_size(k, file);
}

// Both ends are one inode.
static tick_id inode(const struct tick_kernel *k, const struct tick__file *file) {
    return pipe_of(k, file)->id;
}

const struct tick__file_ops tick__pipe_ops = {
    .mask = pipe_mask,
    .read = pipe_read,
    .write = pipe_write,
    .most = most,
    .close = pipe_close,
    .mode = S_IFIFO | 0600,
    .inode = inode,
    .unread = pipe_unread,
    .pipe_size = size_request,
};
