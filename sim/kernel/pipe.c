// pipe(2): 16 buffers of a page each. What fits is counted in them as Linux does, since a program can tell: a small write goes into the
// last buffer or takes one of its own, and none of PIPE_BUF bytes or less is ever split or mixed.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>
#include <limits.h>

#define BUFFERS 16u
#define PAGE 4096u

struct end {
    struct tick__file file;
    tick__ref pipe;
    bool writes;
};

struct pipe {
    struct tick__chain chain;
    uint64_t written, read;
    tick__ref ends[2]; // reading, writing; 0: closed
    uint32_t bytes;
    uint8_t first, used;
    uint16_t at[BUFFERS], size[BUFFERS]; // of each buffer: where its bytes begin, how many
};

static struct pipe *pipe_of(const struct tick_kernel *k, const struct tick__file *file) {
    return TICK__AT(k, pipe, ((const struct end *)file)->pipe);
}

static void wake(struct tick_kernel *k, const struct pipe *pipe, bool writer, uint32_t key) {
    if (pipe->ends[writer])
        tick__file_wake(k, TICK__AT(k, tick__file, pipe->ends[writer]), key, false);
}

static int end_new(struct tick_kernel *k, int host, tick__ref pipe, bool writes, int flags, const struct tick_kernel_name *name) {
    tick__ref ref;
    uint32_t status = (uint32_t)((writes ? O_WRONLY : O_RDONLY) | flags);
    int fd = tick__object_new(k, host, TICK__PIPE, sizeof(struct end), status, name, writes ? "pipe in" : "pipe out", &ref);
    if (fd < 0)
        return fd;
    struct end *end = TICK__AT(k, end, ref);
    end->pipe = pipe;
    end->writes = writes;
    TICK__AT(k, pipe, pipe)->ends[writes] = ref;
    return fd;
}

int tick_k_pipe(
    struct tick_kernel *k, int host, int fds[2], int flags, const struct tick_kernel_name *first, const struct tick_kernel_name *second) {
    if (flags & ~(O_CLOEXEC | O_NONBLOCK))
        return -EINVAL;
    tick__ref pipe = tick__arena_zero(k, sizeof(struct pipe));
    if (!pipe)
        return -ENOMEM;
    int reads = end_new(k, host, pipe, false, flags, first);
    if (reads < 0) {
        tick__arena_give(k, pipe, sizeof(struct pipe));
        return reads;
    }
    int writes = end_new(k, host, pipe, true, flags, second);
    if (writes < 0) {
        (void)!tick_k_close(k, host, reads); // and the pipe with it
        return writes;
    }
    fds[0] = reads;
    fds[1] = writes;
    return 0;
}

uint32_t tick__pipe_mask(struct tick_kernel *k, struct tick__file *file) {
    const struct pipe *pipe = pipe_of(k, file);
    if (((const struct end *)file)->writes)
        return (pipe->used < BUFFERS ? TICK__WRITABLE : 0) | (pipe->ends[0] ? 0 : EPOLLERR);
    return (pipe->bytes ? TICK__READABLE : 0) | (pipe->ends[1] ? 0 : EPOLLHUP);
}

// How many bytes go in, buffer by buffer.
static size_t fill(struct pipe *pipe, size_t count) {
    size_t left = count, odd = count % PAGE;
    if (odd && pipe->used) {
        uint32_t last = (pipe->first + pipe->used - 1u) % BUFFERS;
        if (pipe->at[last] + pipe->size[last] + odd <= PAGE) {
            pipe->size[last] = (uint16_t)(pipe->size[last] + odd);
            left -= odd;
        }
    }
    while (left && pipe->used < BUFFERS) {
        uint32_t next = (pipe->first + pipe->used++) % BUFFERS;
        uint32_t part = left < PAGE ? (uint32_t)left : PAGE;
        pipe->at[next] = 0;
        pipe->size[next] = (uint16_t)part;
        left -= part;
    }
    return count - left;
}

ssize_t tick__pipe_write(struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count) {
    struct pipe *pipe = pipe_of(k, file);
    if (!count)
        return 0;
    if (!pipe->ends[0])
        return -EPIPE;
    if (count > PIPE_BUF) // only these may be short: pipe(7)
        count = tick__shortened(k, TICK_CHOICE_SHORT_SEND, file->id, pipe->written, count);
    const struct pipe before = *pipe;
    size_t moved = fill(pipe, count);
    if (!moved)
        return -EAGAIN;
    size_t done = tick__chain_append(k, &pipe->chain, bytes, moved);
    if (done < moved) { // no memory for all of them
        memcpy(pipe->at, before.at, sizeof pipe->at);
        memcpy(pipe->size, before.size, sizeof pipe->size);
        pipe->used = before.used;
        if (done < PIPE_BUF || count <= PIPE_BUF) {
            tick__chain_cut(k, &pipe->chain, pipe->bytes, done);
            return -ENOMEM;
        }
        moved = fill(pipe, done);
    }
    pipe->bytes += (uint32_t)moved;
    pipe->written += moved;
    wake(k, pipe, false, TICK__READABLE);
    return (ssize_t)moved;
}

ssize_t tick__pipe_read(struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count) {
    struct pipe *pipe = pipe_of(k, file);
    if (!count)
        return 0;
    if (!pipe->bytes)
        return pipe->ends[1] ? -EAGAIN : 0;
    size_t moved = count < pipe->bytes ? count : pipe->bytes;
    moved = tick__shortened(k, TICK_CHOICE_SHORT_RECV, file->id, pipe->read, moved);
    tick__chain_copy(k, &pipe->chain, bytes, moved);
    tick__chain_consume(k, &pipe->chain, moved);
    bool was_full = pipe->used == BUFFERS;
    for (size_t left = moved; left;) {
        uint32_t part = pipe->size[pipe->first];
        if (part > left) {
            pipe->at[pipe->first] = (uint16_t)(pipe->at[pipe->first] + left);
            pipe->size[pipe->first] = (uint16_t)(part - left);
            break;
        }
        left -= part;
        pipe->first = (uint8_t)((pipe->first + 1u) % BUFFERS);
        pipe->used--;
    }
    pipe->bytes -= (uint32_t)moved;
    pipe->read += moved;
    if (was_full && pipe->used < BUFFERS)
        wake(k, pipe, true, TICK__WRITABLE);
    return (ssize_t)moved;
}

int tick__pipe_unread(struct tick_kernel *k, struct tick__file *file, int *value) {
    *value = (int)pipe_of(k, file)->bytes;
    return 0;
}

void tick__pipe_close(struct tick_kernel *k, struct tick__file *file) {
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
    tick__arena_give(k, ref, sizeof *pipe);
}
