// Who waits at the other end of a connection: the other half of a wait that no host shows by itself.
//
// The two ends are found by their addresses, which are each other's.
#include "sim/native/harness_int.h"
#include "sim/native/inspect.h"
#include "src/io/stream_int.h"
#include "src/loop/loop_int.h"
#include <string.h>
#include <sys/socket.h>

struct ends {
    struct sockaddr_storage near, far;
    socklen_t near_size, far_size;
};

static bool ends_of(const struct tick_host *host, const struct tick_file *file, struct ends *ends) {
    *ends = (struct ends){.near_size = sizeof ends->near, .far_size = sizeof ends->far};
    struct tick_kernel *k = host->world->kernel;
    return tick_k_getsockname(k, host->process, file->fd, (struct sockaddr *)&ends->near, &ends->near_size) == 0 &&
           tick_k_getpeername(k, host->process, file->fd, (struct sockaddr *)&ends->far, &ends->far_size) == 0 &&
           ends->near.ss_family != AF_UNIX;
}

static bool are_of_one(const struct ends *a, const struct ends *b) {
    return a->near_size == b->far_size && a->far_size == b->near_size && memcmp(&a->near, &b->far, a->near_size) == 0 &&
           memcmp(&a->far, &b->near, a->far_size) == 0;
}

// The stream that a file is of, while somebody reads from it or writes to it; NULL: it is none, or nobody does.
static const struct tick_stream *stream_of(const struct tick_file *file) {
    const bool reads = file->reader && file->reader->kind == TICK_OP_RECV, writes = file->writer && file->writer->kind == TICK_OP_SEND;
    return reads || writes ? (const struct tick_stream *)file : NULL;
}

static bool waits_for(const struct tick_task *task, const struct tick_stream *stream) {
    const struct stream_waiter *reader = stream->reader;
    if (!task->waiter)
        return false;
    if (reader && &reader->future == task->waiter)
        return true;
    for (const struct stream_waiter *writer = stream->writers; writer; writer = writer->next)
        if (&writer->future == task->waiter)
            return true;
    return false;
}

static const struct tick_file *file_of(const struct tick_host *host, const struct tick_task *task) {
    for (const struct tick_file *file = tick__native(host)->io ? tick__native(host)->io->files : NULL; file; file = file->next) {
        const struct tick_stream *stream = stream_of(file);
        if (stream && waits_for(task, stream))
            return file;
    }
    return NULL;
}

static const struct tick_task *waiter_of(const struct tick_host *host, const struct ends *ends) {
    for (const struct tick_file *file = tick__native(host)->io->files; file; file = file->next) {
        const struct tick_stream *stream = stream_of(file);
        struct ends theirs;
        if (!stream || !ends_of(host, file, &theirs) || !are_of_one(ends, &theirs))
            continue;
        for (const struct tick_task *task = tick__native(host)->loop->tasks; task; task = task->next)
            if (waits_for(task, stream))
                return task;
    }
    return NULL;
}

const struct tick_task *tick__far_waiter(const struct tick_host *host, const struct tick_task *task, const struct tick_host **there) {
    const struct tick_world *w = host->world;
    const struct tick_file *file = file_of(host, task);
    struct ends ends;
    if (!file || !ends_of(host, file, &ends))
        return NULL;
    for (size_t i = 0; i < w->host_count; i++) {
        *there = tick__world_host(w, i);
        const bool lives = (*there)->state != HOST_DONE && (*there)->state != HOST_DOWN && (*there)->state != HOST_WAITING;
        const struct tick_task *other = lives && tick__native(*there)->loop && tick__native(*there)->io ? waiter_of(*there, &ends) : NULL;
        if (other && other != task)
            return other;
    }
    return NULL;
}
