#include "src/io/epoll_poller.h"
#include "src/base/alloc.h"
#include "src/base/check.h"
#include "src/loop/loop_int.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#define EVENTS_A_WAIT 64
#define WAKE_DATA UINT64_MAX

// Files are found by index and generation, so that an event that was queued for a closed file meets nobody.
struct slot {
    struct tick_file *file; // NULL: free
    uint32_t generation;
    uint32_t next_free;
};

struct epoll_poller {
    struct tick_io io;
    struct tick_probe *probe;
    int epfd, wakefd;
    struct slot *slots;  // the end of what each wait touches
    uint32_t room, free; // free: first free slot + 1
    struct tick_trouble trouble;
};

// One try of the operation: true if it is complete, with its result.
static bool attempt(struct epoll_poller *p, struct tick_op *op) {
    struct tick_sys *sys = p->io.sys;
    int fd = op->file->fd;
    if (p->probe) {
        p->probe->arrived = 0;
        p->probe->trying = 1;
    }
    switch ((enum tick_op_kind)op->kind) {
    case TICK_OP_ACCEPT:
        op->result = sys->ops->accept(sys, fd, NULL, NULL);
        break;
    case TICK_OP_CONNECT: {
        int error = 0;
        socklen_t size = sizeof error;
        int failed = sys->ops->getsockopt(sys, fd, SOL_SOCKET, SO_ERROR, &error, &size);
        op->result = failed < 0 ? failed : -error;
        break;
    }
    case TICK_OP_RECV:
        op->result = sys->ops->recv(sys, fd, op->bytes, op->count, 0);
        break;
    case TICK_OP_SEND:
        op->result = sys->ops->send(sys, fd, op->bytes, op->count, MSG_NOSIGNAL);
        break;
    }
    op->arrived = 0;
    if (p->probe) {
        op->arrived = p->probe->arrived;
        p->probe->trying = 0;
    }
    return op->result != -EAGAIN && op->result != -EINTR;
}

static struct tick_op **op_place(struct tick_op *op) {
    return op->kind == TICK_OP_ACCEPT || op->kind == TICK_OP_RECV ? &op->file->reader : &op->file->writer;
}

static void complete(struct epoll_poller *p, struct tick_op *op) {
    *op_place(op) = NULL;
    op->pending = false;
    if (p->probe)
        p->probe->here = op->arrived = tick_emit(p->probe, TICK_EV_IO_COMPLETE, op->file->object, op->arrived, op->result, NULL);
    op->done(op);
}

static int epoll_submit(struct tick_io *self, struct tick_op *op) {
    struct epoll_poller *p = (struct epoll_poller *)self;
    TICK_ASSERT(!*op_place(op));
    tick_emit(p->probe, TICK_EV_IO_SUBMIT, op->file->object, p->probe ? p->probe->here : 0, op->kind, NULL);
    // A connect was started by its caller; its outcome is known only once epoll says so.
    if (op->kind != TICK_OP_CONNECT && attempt(p, op)) {
        op->arrived = tick_emit(p->probe, TICK_EV_IO_COMPLETE, op->file->object, op->arrived, op->result, NULL);
        return 1;
    }
    *op_place(op) = op;
    op->pending = true;
    if (op->kind == TICK_OP_RECV && self->sys->ops->waits)
        self->sys->ops->waits(self->sys, op->file->fd, op->file, op->bytes);
    return 0;
}

static int epoll_attempt(struct tick_io *self, struct tick_op *op) {
    struct epoll_poller *p = (struct epoll_poller *)self;
    return !p->probe && attempt(p, op); // a probe is told that it is submitted before what comes of it
}

static bool epoll_cancel(struct tick_io *self, struct tick_op *op) {
    (void)self;
    if (op->pending) {
        *op_place(op) = NULL;
        op->pending = false;
    }
    return true;
}

static int slot_take(struct epoll_poller *p, struct tick_file *file) {
    if (!p->free) {
        uint32_t room = p->room ? p->room * 2 : 16;
        struct slot *slots = tick__alloc(room * sizeof *slots);
        if (!slots)
            return -ENOMEM;
        if (p->slots)
            memcpy(slots, p->slots, p->room * sizeof *slots);
        for (uint32_t i = room; i-- > p->room;) {
            slots[i] = (struct slot){.next_free = p->free};
            p->free = i + 1;
        }
        tick__free(p->slots);
        p->slots = slots;
        p->room = room;
    }
    file->index = p->free - 1;
    struct slot *slot = &p->slots[file->index];
    p->free = slot->next_free;
    slot->file = file;
    file->generation = ++slot->generation;
    return 0;
}

static void slot_give(struct epoll_poller *p, struct tick_file *file) {
    struct slot *slot = &p->slots[file->index];
    slot->file = NULL;
    slot->next_free = p->free;
    p->free = file->index + 1;
}

static int epoll_open(struct tick_io *self, struct tick_file *file) {
    struct epoll_poller *p = (struct epoll_poller *)self;
    struct tick_sys *sys = self->sys;
    int result = slot_take(p, file);
    if (result == 0) {
        struct tick_sys_event event = {
            .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
            .data = (uint64_t)file->generation << 32 | file->index,
        };
        result = sys->ops->epoll_ctl(sys, p->epfd, EPOLL_CTL_ADD, file->fd, &event);
        if (result < 0)
            slot_give(p, file);
    }
    if (result < 0) {
        sys->ops->close(sys, file->fd);
        file->fd = -1;
        return result;
    }
    file->io = self;
    file->reader = file->writer = NULL;
    file->previous = NULL;
    file->next = self->files;
    if (file->next)
        file->next->previous = file;
    self->files = file;
    return 0;
}

static void epoll_close_file(struct tick_io *self, struct tick_file *file) {
    struct epoll_poller *p = (struct epoll_poller *)self;
    if (file->fd < 0)
        return;
    if (file->reader)
        epoll_cancel(self, file->reader);
    if (file->writer)
        epoll_cancel(self, file->writer);
    slot_give(p, file);
    if (file->previous)
        file->previous->next = file->next;
    else
        self->files = file->next;
    if (file->next)
        file->next->previous = file->previous;
    self->sys->ops->close(self->sys, file->fd); // closing takes it out of the epoll as well
    file->fd = -1;
}

static void dispatch(struct epoll_poller *p, const struct tick_sys_event *event) {
    uint32_t index = (uint32_t)event->data;
    uint32_t generation = (uint32_t)(event->data >> 32);
    if (event->data == WAKE_DATA)
        return;
    const struct slot *slot = &p->slots[index];
    struct tick_file *file = slot->file;
    if (!file || slot->generation != generation)
        return;
    if (event->events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR) && file->reader && attempt(p, file->reader)) {
        complete(p, file->reader);
        // done may have closed the file
        slot = &p->slots[index];
        if (slot->file != file || slot->generation != generation)
            return;
    }
    if (event->events & (EPOLLOUT | EPOLLHUP | EPOLLERR) && file->writer && attempt(p, file->writer))
        complete(p, file->writer);
}

static int epoll_poller_wait(struct tick_poller *self, int64_t timeout, tick_id timer) {
    struct epoll_poller *p = (struct epoll_poller *)self;
    struct tick_sys *sys = p->io.sys;
    struct tick_sys_event events[EVENTS_A_WAIT];
    int count = sys->ops->epoll_wait(sys, p->epfd, events, EVENTS_A_WAIT, timeout, timer);
    if (count < 0)
        return count == -EINTR ? 0 : count;
    for (int i = 0; i < count; i++)
        dispatch(p, &events[i]);
    if (p->probe)
        p->probe->here = 0;
    return 0;
}

// Each write is an edge of its own, so that nobody has to read.
static int epoll_poller_wake(struct tick_poller *self) {
    struct epoll_poller *p = (struct epoll_poller *)self;
    uint64_t one = 1;
    ssize_t result = p->io.sys->ops->write(p->io.sys, p->wakefd, &one, sizeof one);
    return result < 0 && result != -EAGAIN ? (int)result : 0;
}

static const struct tick_poller_ops poller_ops = {epoll_poller_wait, epoll_poller_wake};
static const struct tick_io_ops io_ops = {epoll_open, epoll_close_file, epoll_submit, epoll_attempt, epoll_cancel};

int tick_epoll_new(struct tick_sys *sys, struct tick_probe *probe, struct tick_io **out) {
    struct epoll_poller *p = tick__alloc_zero(sizeof *p);
    if (!p)
        return -ENOMEM;
    p->io.poller.ops = &poller_ops;
    p->io.ops = &io_ops;
    p->io.sys = sys;
    p->io.trouble = &p->trouble;
    p->probe = probe;
    p->wakefd = -1;
    int result = p->epfd = sys->ops->epoll_create(sys);
    if (result < 0)
        goto out;
    result = p->wakefd = sys->ops->eventfd(sys, 0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (result < 0)
        goto out;
    result = sys->ops->epoll_ctl(sys, p->epfd, EPOLL_CTL_ADD, p->wakefd, &(struct tick_sys_event){EPOLLIN | EPOLLET, WAKE_DATA});
out:
    if (result < 0) {
        tick_epoll_free(&p->io);
        return result;
    }
    *out = &p->io;
    return 0;
}

void tick_epoll_free(struct tick_io *io) {
    if (!io)
        return;
    struct epoll_poller *p = (struct epoll_poller *)io;
    while (io->files) {
        struct tick_file *file = io->files;
        epoll_close_file(io, file);
        file->drop(file);
    }
    if (p->wakefd >= 0)
        io->sys->ops->close(io->sys, p->wakefd);
    if (p->epfd >= 0)
        io->sys->ops->close(io->sys, p->epfd);
    tick__free(p->slots);
    tick__free(p);
}

struct tick_io *tick__io_running(void) {
    struct tick_loop *loop = tick_loop_running();
    // Every loop that programs see is made with such a poller; a loop on another poller has no streams.
    return loop && loop->poller && loop->poller->ops == &poller_ops ? (struct tick_io *)loop->poller : NULL;
}

uint32_t tick__io_tell(struct tick_loop *loop, const char *key, const struct tick_loc *loc) {
    if (!loop->probe) {
        loop->maker->made[TICK_OBJECT_OP]++; // what the maker's next one is called does not depend on who looks
        return 0;
    }
    struct tick_object object = {
        .type = TICK_OBJECT_OP,
        .parent = loop->maker->object,
        .host = loop->probe->host,
        .key = key,
        .loc = loc,
    };
    object.id = tick_maker_next(loop->maker, TICK_OBJECT_OP, &object.kth);
    return loop->probe->ops->object(loop->probe, &object);
}
