// A stream: a connected socket with a read buffer and a write buffer that is flushed behind the writer's back.
#include "src/base/alloc.h"
#include "src/base/check.h"
#include "src/io/epoll_poller.h"
#include "src/io/stream_int.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// --- buffers ---

static size_t held(const struct tick_buffer *buffer) {
    return buffer->to - buffer->from;
}

// Makes room for `more` bytes behind `to`; moves what is held to the front first.
static int reserve(struct tick_buffer *buffer, size_t more) {
    if (buffer->room - buffer->to >= more)
        return 0;
    size_t kept = held(buffer);
    if (buffer->room - kept < more) {
        size_t room = buffer->room ? buffer->room : STREAM_FIRST_ROOM;
        while (room - kept < more)
            room *= 2;
        char *bytes = tick__alloc(room);
        if (!bytes)
            return -ENOMEM;
        if (kept)
            memcpy(bytes, buffer->bytes + buffer->from, kept);
        tick__free(buffer->bytes);
        buffer->bytes = bytes;
        buffer->room = room;
    } else if (kept) {
        memmove(buffer->bytes, buffer->bytes + buffer->from, kept);
    }
    buffer->from = 0;
    buffer->to = kept;
    return 0;
}

static void consume(struct tick_buffer *buffer, size_t count) {
    buffer->from += count;
    if (buffer->from == buffer->to)
        buffer->from = buffer->to = 0;
}

// --- life ---

static void release(struct tick_stream *s) {
    tick__free(s->in.bytes);
    tick__free(s->out.bytes);
    tick__free(s->next.bytes);
    tick__free(s);
}

static void dropped_by_poller(struct tick_file *file) {
    release((struct tick_stream *)file);
}

// The last step of closing, once nothing is left to flush and nobody is inside.
static void finish(struct tick_stream *s) {
    s->file.io->ops->close(s->file.io, &s->file);
    if (!s->users)
        release(s);
}

static bool flushed(const struct tick_stream *s) {
    return s->write_error || (!s->send.pending && !held(&s->out) && !held(&s->next));
}

static void wake(struct stream_waiter *waiter) {
    tick__future_finish(&waiter->future, 0, 0, 0);
}

static void wake_writers(struct tick_stream *s) {
    for (struct stream_waiter *waiter = s->writers; waiter; waiter = waiter->next)
        wake(waiter);
}

// Takes the outcome of the send operation.
static void sent(struct tick_stream *s) {
    if (s->send.result < 0) {
        s->write_error = (int)s->send.result;
        s->out.from = s->out.to = s->next.from = s->next.to = 0;
    } else {
        consume(&s->out, (size_t)s->send.result);
    }
}

// Sends until everything is with the kernel or the kernel is full; then does what waited for that.
static void flush(struct tick_stream *s) {
    while (!s->send.pending && !s->write_error) {
        if (!held(&s->out)) {
            struct tick_buffer empty = s->out;
            s->out = s->next;
            s->next = empty;
            if (!held(&s->out))
                break;
        }
        s->send.bytes = s->out.bytes + s->out.from;
        s->send.count = held(&s->out);
        if (s->file.io->ops->submit(s->file.io, &s->send))
            sent(s);
    }
    if (flushed(s) && s->eof_wanted && !s->eof_sent && !s->write_error) {
        s->eof_sent = true;
        int result = s->file.io->sys->ops->shutdown(s->file.io->sys, s->file.fd, SHUT_WR);
        if (result < 0)
            s->write_error = result;
    }
    if (held(&s->out) + held(&s->next) <= STREAM_LOW || s->write_error)
        wake_writers(s);
}

static void send_done(struct tick_op *op) {
    struct tick_stream *s = (struct tick_stream *)op->file;
    sent(s);
    flush(s);
    if (s->closing && flushed(s))
        finish(s);
}

// Takes the outcome of the receive operation.
static void received(struct tick_stream *s) {
    if (s->recv.result < 0)
        s->read_error = (int)s->recv.result;
    else if (s->recv.result == 0)
        s->at_end = true;
    else
        s->in.to += (size_t)s->recv.result;
}

static void recv_done(struct tick_op *op) {
    struct tick_stream *s = (struct tick_stream *)op->file;
    received(s);
    if (s->reader)
        wake(s->reader);
}

static void owner_ended(struct tick__task_owned *owned) {
    struct tick_stream *s = (struct tick_stream *)((char *)owned - offsetof(struct tick_stream, owned));
    tick_stream_close(s);
}

int tick__stream_open(
    struct tick_loop *loop, struct tick_io *io, int fd, struct tick_task *owner, const char *name, struct tick_stream **out) {
    struct tick_stream *s = tick__alloc_zero(sizeof *s);
    if (!s) {
        io->sys->ops->close(io->sys, fd);
        return -ENOMEM;
    }
    s->loop = loop;
    s->file.fd = fd;
    s->file.drop = dropped_by_poller;
    s->file.object = tick__io_tell(loop, name, NULL);
    int result = io->ops->open(io, &s->file);
    if (result < 0) {
        tick__free(s);
        return result;
    }
    s->recv = (struct tick_op){.file = &s->file, .kind = TICK_OP_RECV, .done = recv_done};
    s->send = (struct tick_op){.file = &s->file, .kind = TICK_OP_SEND, .done = send_done};
    s->owned.fn = owner_ended;
    tick_stream_move(s, owner);
    *out = s;
    return 0;
}

void tick_stream_move(struct tick_stream *s, struct tick_task *task) {
    tick__owned_remove(&s->owned);
    if (task)
        tick__task_at_end(task, &s->owned);
    else
        tick__loop_at_close(s->loop, &s->owned);
}

void tick_stream_close(struct tick_stream *s) {
    if (!s || s->closing)
        return;
    tick__owned_remove(&s->owned);
    s->closing = true;
    if (s->recv.pending)
        s->file.io->ops->cancel(s->file.io, &s->recv);
    if (s->send.pending && s->send.kind == TICK_OP_CONNECT) { // there is nothing to flush: it never comes to be
        s->file.io->ops->cancel(s->file.io, &s->send);
        s->write_error = TICK_ECLOSED;
    }
    s->read_error = TICK_ECLOSED;
    if (s->reader)
        wake(s->reader);
    wake_writers(s);
    if (flushed(s))
        finish(s);
}

void tick_stream_abort(struct tick_stream *s) {
    if (!s || s->file.fd < 0)
        return;
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    struct tick_sys *sys = s->file.io->sys;
    if (sys->ops->setsockopt(sys, s->file.fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) < 0 && !s->write_error)
        s->write_error = TICK_ECLOSED; // it closes in the ordinary way then
    if (s->send.pending)
        s->file.io->ops->cancel(s->file.io, &s->send);
    if (!s->write_error)
        s->write_error = TICK_ECLOSED;
    if (s->closing)
        finish(s);
    else
        tick_stream_close(s);
}

bool tick_stream_at_eof(const struct tick_stream *s) {
    return s->at_end && !held(&s->in);
}

// --- waiting ---

static const struct tick_future_ops waiter_ops = {.type = TICK_OBJECT_FUTURE};

// A stream is entered by each call that may wait, so that closing it meanwhile leaves it in place until they are out.
static void leave(struct tick_stream *s) {
    if (--s->users == 0 && s->closing && s->file.fd < 0)
        release(s);
}

static int wait_here(struct tick_stream *s, struct stream_waiter *waiter, const struct tick_loc *loc) {
    tick__future_init(&waiter->future, s->loop, &waiter_ops, loc);
    int result = tick__await_at(&waiter->future, loc);
    tick__future_fini(&waiter->future);
    return result;
}

// Reads ahead once: 0 if there are new bytes or the end was met, else an error. The stream may hold at most STREAM_LIMIT bytes ahead.
static int fill(struct tick_stream *s, const struct tick_loc *loc) {
    if (s->reader)
        return TICK_EINVALSTATE; // a second reader at once: asyncio's RuntimeError
    if (s->read_error)
        return s->read_error;
    if (!s->recv.pending) {
        TICK_TRY(reserve(&s->in, STREAM_FIRST_ROOM));
        s->recv.bytes = s->in.bytes + s->in.to;
        s->recv.count = s->in.room - s->in.to;
        if (s->file.io->ops->submit(s->file.io, &s->recv)) {
            received(s);
            return s->read_error;
        }
    }
    struct stream_waiter waiter; // whose future wait_here makes
    waiter.next = NULL;
    s->reader = &waiter;
    s->users++;
    int result = wait_here(s, &waiter, loc);
    s->reader = NULL;
    // What had arrived before the cancellation stays in the buffer for the next call.
    if (result < 0 && s->recv.pending && s->file.fd >= 0)
        s->file.io->ops->cancel(s->file.io, &s->recv);
    if (result == 0) {
        result = s->read_error;
        if (TICK__RARE(s->recv.arrived)) // told: this step came of it
            s->recv.arrived = tick__here(s->loop);
    }
    leave(s);
    return result;
}

// Waits until at most `most` bytes are left to send.
static int wait_sent(struct tick_stream *s, size_t most, const struct tick_loc *loc) {
    int result = 0;
    s->users++;
    while (result == 0 && !s->write_error && !s->closing && held(&s->out) + held(&s->next) > most) {
        struct stream_waiter waiter = {.next = s->writers};
        s->writers = &waiter;
        result = wait_here(s, &waiter, loc);
        struct stream_waiter **at = &s->writers;
        while (*at != &waiter)
            at = &(*at)->next;
        *at = waiter.next;
    }
    if (result == 0)
        result = s->write_error ? s->write_error : s->closing ? TICK_ECLOSED : 0;
    leave(s);
    return result;
}

static void connect_done(struct tick_op *op) {
    struct tick_stream *s = (struct tick_stream *)op->file;
    s->send.kind = TICK_OP_SEND;
    s->send.done = send_done;
    if (op->result < 0)
        s->write_error = (int)op->result;
    wake_writers(s);
}

int tick__stream_wait_connected(struct tick_stream *s, const struct tick_loc *loc) {
    s->send.kind = TICK_OP_CONNECT;
    s->send.done = connect_done;
    int pending = s->file.io->ops->submit(s->file.io, &s->send);
    TICK_ASSERT(pending == 0);
    struct stream_waiter waiter = {0};
    s->writers = &waiter;
    s->users++;
    int result = wait_here(s, &waiter, loc);
    s->writers = NULL;
    if (result == 0)
        result = s->write_error;
    leave(s);
    return result;
}

// --- reading ---

// So much of what was read ahead goes to the program. A probe is told of it once a step, and not in the step in which it came.
static __attribute__((cold, noinline)) void tell_given(struct tick_stream *s, size_t count) {
    if (s->recv.arrived < tick__here(s->loop))
        s->recv.arrived = tick__emit(s->loop, TICK_EV_TAKE, s->file.object, s->recv.arrived, (int64_t)count, NULL);
}

static inline void given(struct tick_stream *s, size_t count) {
    if (TICK__RARE(s->recv.arrived))
        tell_given(s, count);
}

static size_t take(struct tick_stream *s, void *bytes, size_t count) {
    memcpy(bytes, s->in.bytes + s->in.from, count);
    consume(&s->in, count);
    return count;
}

ssize_t tick_stream_read_at(struct tick_stream *s, void *bytes, size_t most, const struct tick_loc *loc) {
    if (s->reader) // it counts on what is buffered, and the operation on where it ends
        return TICK_EINVALSTATE;
    if (!most)
        return 0;
    while (!held(&s->in)) {
        if (s->at_end)
            return 0;
        TICK_TRY(fill(s, loc));
    }
    const size_t count = take(s, bytes, held(&s->in) < most ? held(&s->in) : most);
    given(s, count);
    return (ssize_t)count;
}

ssize_t tick_stream_read_exactly_at(struct tick_stream *s, void *bytes, size_t count, const struct tick_loc *loc) {
    size_t done = 0;
    if (s->reader)
        return TICK_EINVALSTATE;
    // Not taken piece by piece: if the end or a cancellation comes first, what came stays, as readexactly has it. But what can never fit
    // in the read-ahead is taken as it comes.
    while (held(&s->in) < count - done) {
        if (s->at_end)
            return TICK_ECLOSED;
        if (held(&s->in) >= STREAM_LIMIT)
            done += take(s, (char *)bytes + done, held(&s->in));
        TICK_TRY(fill(s, loc));
    }
    take(s, (char *)bytes + done, count - done);
    given(s, count);
    return (ssize_t)count;
}

ssize_t tick_stream_read_line_at(struct tick_stream *s, char *line, size_t size, const struct tick_loc *loc) {
    if (!size)
        return -EINVAL;
    if (s->reader)
        return TICK_EINVALSTATE;
    size_t searched = 0;
    for (;;) {
        const char *begin = s->in.bytes + s->in.from;
        const char *newline = held(&s->in) > searched ? memchr(begin + searched, '\n', held(&s->in) - searched) : NULL;
        if (!newline)
            searched = held(&s->in);
        if (newline || (s->at_end && searched)) {
            size_t whole = newline ? (size_t)(newline - begin) + 1 : searched;
            size_t length = newline ? whole - 1 : whole;
            if (newline && length && begin[length - 1] == '\r')
                length--;
            if (length >= size)
                return TICK_ELIMIT;
            memcpy(line, begin, length);
            line[length] = '\0';
            consume(&s->in, whole);
            given(s, whole);
            return (ssize_t)length + 1;
        }
        if (s->at_end)
            return 0;
        if (searched >= STREAM_LIMIT)
            return TICK_ELIMIT;
        TICK_TRY(fill(s, loc));
    }
}

// --- writing ---

// Sends from where the bytes stand, if none go before them: how many the kernel took.
static size_t send_directly(struct tick_stream *s, const void *bytes, size_t count) {
    struct tick_io *io = s->file.io;
    if (s->send.pending || held(&s->out) || held(&s->next) || !io->ops->attempt)
        return 0;
    s->send.bytes = (void *)bytes;
    s->send.count = count;
    if (!io->ops->attempt(io, &s->send))
        return 0;
    if (s->send.result < 0)
        s->write_error = (int)s->send.result;
    return s->send.result < 0 ? 0 : (size_t)s->send.result;
}

ssize_t tick_stream_write_at(struct tick_stream *s, const void *bytes, size_t count, const struct tick_loc *loc) {
    if (s->closing)
        return TICK_ECLOSED;
    if (s->eof_wanted)
        return TICK_EINVALSTATE;
    if (s->write_error)
        return s->write_error;
    if (!count)
        return 0;
    const size_t sent = send_directly(s, bytes, count), rest = count - sent;
    if (rest && !s->write_error) {
        struct tick_buffer *buffer = s->send.pending ? &s->next : &s->out;
        int error = reserve(buffer, rest);
        if (error < 0) {
            if (sent)
                s->write_error = error; // the bytes that follow must not close the gap
            return error;
        }
        memcpy(buffer->bytes + buffer->to, (const char *)bytes + sent, rest);
        buffer->to += rest;
        flush(s);
    }
    if (s->write_error)
        return s->write_error;
    if (held(&s->out) + held(&s->next) > STREAM_HIGH)
        TICK_TRY(wait_sent(s, STREAM_LOW, loc));
    return (ssize_t)count;
}

ssize_t tick_stream_printf_at(struct tick_stream *s, const struct tick_loc *loc, const char *format, ...) {
    char small[256];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(small, sizeof small, format, list);
    va_end(list);
    if (length < 0)
        return -EINVAL;
    if ((size_t)length < sizeof small)
        return tick_stream_write_at(s, small, (size_t)length, loc);
    char *large = tick__alloc((size_t)length + 1);
    if (!large)
        return -ENOMEM;
    va_start(list, format);
    vsnprintf(large, (size_t)length + 1, format, list);
    va_end(list);
    ssize_t result = tick_stream_write_at(s, large, (size_t)length, loc);
    tick__free(large);
    return result;
}

int tick_stream_write_eof(struct tick_stream *s) {
    if (s->closing)
        return TICK_ECLOSED;
    s->eof_wanted = true;
    flush(s);
    return s->write_error;
}

int tick_stream_drain_at(struct tick_stream *s, const struct tick_loc *loc) {
    return wait_sent(s, 0, loc);
}
