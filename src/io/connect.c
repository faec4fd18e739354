// asyncio.open_connection.
#include "src/io/endpoint.h"
#include "src/io/epoll_poller.h"
#include "src/io/stream_int.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#define MOST_ADDRESSES 4 // that are tried

static int open_one(struct tick_io *io, struct tick_task *task, const struct sockaddr_storage *where, const char *text,
    tick_stream **stream, const struct tick_loc *loc) {
    struct tick_sys *sys = io->sys;
    const socklen_t size = where->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
    int fd = sys->ops->socket(sys, where->ss_family, SOCK_STREAM, 0);
    if (fd < 0)
        return fd;
    int one = 1;
    int result = sys->ops->setsockopt(sys, fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (result == 0)
        result = sys->ops->connect(sys, fd, (const struct sockaddr *)where, size);
    if (result < 0 && result != -EINPROGRESS) {
        sys->ops->close(sys, fd);
        return result;
    }
    struct tick_stream *made;
    TICK_TRY(tick__stream_open(tick_loop_running(), io, fd, task, text, &made));
    if (result == -EINPROGRESS) {
        result = tick__stream_wait_connected(made, loc);
        if (result < 0) {
            tick_stream_close(made);
            return result;
        }
    }
    *stream = made;
    return 0;
}

// A name's addresses are tried one after the other, in the order in which they were answered; what the first failed with is what is told.
static int open_connection(struct tick_io *io, struct tick_task *task, const char *text, tick_stream **stream, const struct tick_loc *loc) {
    struct tick_sys *sys = io->sys;
    struct tick_address address;
    struct sockaddr_storage all[MOST_ADDRESSES];
    TICK_TRY(tick_address_parse(text, &address));
    int count = sys->ops->resolve_all(sys, address.host[0] ? address.host : "localhost", address.port, all, MOST_ADDRESSES);
    if (count < 0)
        return count;
    int first = TICK_ENOHOST;
    for (int i = 0; i < count; i++) {
        int result = open_one(io, task, &all[i], text, stream, loc);
        if (result == 0 || result == TICK_ECANCELED)
            return result;
        if (i == 0)
            first = result;
    }
    return first;
}

int tick_connect_at(const char *text, tick_stream **stream, const struct tick_loc *loc) {
    struct tick_io *io = tick__io_running();
    struct tick_task *task = tick_task_current();
    if (!io || !task)
        return TICK_EINVALSTATE;
    return tick__trouble(io, text, loc, open_connection(io, task, text, stream, loc));
}
