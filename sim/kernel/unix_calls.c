// AF_UNIX: bytes and datagrams, and what is ready.
#include "sim/kernel/objects_int.h"

#define MOST_DATAGRAMS 10u // net.unix.max_dgram_qlen
#define WHOLE 32768u       // a stream's write is split above that only
#define OVERHEAD 256u      // what Linux counts of a datagram, beside its bytes

static struct tick__unix *peer_of(const struct tick_kernel *k, const struct tick__unix *u) {
    return u->peer ? tick__unix(k, u->peer) : NULL;
}

// Bytes that u sent and nobody has read.
static uint64_t in_flight(const struct tick_kernel *k, const struct tick__unix *u) {
    const struct tick__unix *peer = peer_of(k, u);
    return u->type != SOCK_STREAM ? u->unread : peer && !peer->dead ? peer->in_written - peer->in_read : 0;
}

size_t tick__unix_most(const struct tick_kernel *k, const struct tick__file *file, bool writes) {
    const struct tick__unix *u = (const struct tick__unix *)file;
    if (u->type != SOCK_STREAM)
        return writes ? u->sndbuf : u->queue.first ? tick__datagram(k, u->queue.first)->size : 0;
    const uint64_t there = in_flight(k, u);
    return !writes ? (size_t)(u->in_written - u->in_read) : there < u->sndbuf ? (size_t)(u->sndbuf - there) : 0;
}

int tick__unix_unsent(struct tick_kernel *k, struct tick__file *file, int *value) {
    *value = (int)in_flight(k, (const struct tick__unix *)file);
    return 0;
}

static bool full(const struct tick__unix *u) {
    return u->queue.count > MOST_DATAGRAMS;
}

static bool writable(struct tick_kernel *k, const struct tick__unix *u) {
    if (u->stage == TICK__UNIX_LISTEN || in_flight(k, u) * 4 > u->sndbuf)
        return false;
    const struct tick__unix *peer = u->type != SOCK_STREAM ? peer_of(k, u) : NULL;
    return !peer || peer->peer == u->file.ref || peer->dead || !full(peer);
}

uint32_t tick__unix_mask(struct tick_kernel *k, struct tick__file *file) {
    struct tick__unix *u = (struct tick__unix *)file;
    uint32_t mask = u->error ? EPOLLERR : 0;
    if (u->shut == TICK__SHUT_BOTH)
        mask |= EPOLLHUP;
    if (u->shut & TICK__SHUT_RECV)
        mask |= EPOLLRDHUP | TICK__READABLE;
    if (u->queue_first || u->queue.first || u->in_written > u->in_read)
        mask |= TICK__READABLE;
    if (u->type != SOCK_DGRAM && u->stage == TICK__UNIX_CLOSE)
        mask |= EPOLLHUP;
    if (writable(k, u))
        mask |= TICK__WRITABLE_BAND;
    else
        u->nospace = true;
    return mask;
}

static int take_error(struct tick__unix *u) {
    int error = u->error;
    u->error = 0;
    return -error;
}

// --- who sent it: asked for with SO_PASSCRED, by either end, before it is sent ---

struct mark {
    uint64_t at;
    tick__ref next;
    uint32_t pid; // of a sender
};

static bool passes(const struct tick_kernel *k, const struct tick__unix *u) {
    return u->options && tick__option_of(k, u->options, TICK__PASSCRED);
}

// The sender's pid, if the message tells it: because it says so itself, or somebody has asked. Else 0.
static uint32_t teller(const struct tick_kernel *k, const struct tick__unix *u, const struct tick__unix *peer, bool tells) {
    return tells || passes(k, u) || passes(k, peer) ? tick__caller_pid(k) : 0;
}

static bool mark_add(struct tick_kernel *k, tick__ref *list, uint64_t at, uint32_t pid) {
    tick__ref ref = tick__arena_zero(k, sizeof(struct mark));
    if (!ref)
        return false;
    TICK__AT(k, mark, ref)->at = at;
    TICK__AT(k, mark, ref)->pid = pid;
    while (*list)
        list = &TICK__AT(k, mark, *list)->next;
    *list = ref;
    return true;
}

static void mark_drop(struct tick_kernel *k, tick__ref *list) {
    tick__ref ref = *list;
    *list = TICK__AT(k, mark, ref)->next;
    tick__arena_give(k, ref, sizeof(struct mark));
}

static void marks_free(struct tick_kernel *k, tick__ref *list) {
    while (*list)
        mark_drop(k, list);
}

// The next bytes of u's stream tell that sender, or none. False: no memory
static bool creds_write(struct tick_kernel *k, struct tick__unix *u, uint32_t pid) {
    if (u->in_written == u->in_read) {
        marks_free(k, &u->marks);
        u->reads_from = pid;
    } else if (pid != u->writes_from && !mark_add(k, &u->marks, u->in_written, pid)) {
        return false;
    }
    u->writes_from = pid;
    return true;
}

void tick__unix_marks_free(struct tick_kernel *k, struct tick__unix *u) {
    marks_free(k, &u->marks);
    marks_free(k, &u->ends);
}

static void creds_read(struct tick_kernel *k, struct tick__unix *u) {
    for (; u->marks && TICK__AT(k, mark, u->marks)->at <= u->in_read; mark_drop(k, &u->marks))
        u->reads_from = TICK__AT(k, mark, u->marks)->pid;
}

// --- edges: Linux tells those who want to write of each send that has been read to its end ---

static void end_add(struct tick_kernel *k, struct tick__unix *u) {
    tick__ref *list = u->ends ? &TICK__AT(k, mark, u->ends_last)->next : &u->ends;
    if (mark_add(k, list, u->in_written, 0))
        u->ends_last = *list;
}

// Whether u was read to an end by what it read latest. What is empty was.
static bool end_read(struct tick_kernel *k, struct tick__unix *u, size_t moved) {
    const uint64_t before = u->in_read - moved;
    bool some = u->in_read == u->in_written || (u->first_end > before && u->first_end <= u->in_read);
    for (; u->ends && TICK__AT(k, mark, u->ends)->at <= u->in_read; mark_drop(k, &u->ends))
        some |= TICK__AT(k, mark, u->ends)->at > before;
    return some;
}

// Some of what was sent has been read: its sender may have waited for that. whole: a send.
static void drained(struct tick_kernel *k, struct tick__unix *sender, bool whole) {
    if ((whole || sender->nospace) && !sender->dead && writable(k, sender)) {
        sender->nospace = false;
        tick__file_wake(k, &sender->file, TICK__WRITABLE_BAND, false);
    }
}

// The send failed, but its message had been made: Linux frees it, and tells those who want to write.
static ssize_t unmade(struct tick_kernel *k, struct tick__unix *u, int error) {
    if (u->file.items)
        drained(k, u, true);
    return -error;
}

static ssize_t send_stream(struct tick_kernel *k, struct tick__unix *u, const void *bytes, size_t count, const struct sockaddr *to,
    tick__ref *rights, bool tells) {
    if (to)
        return u->stage == TICK__UNIX_CONNECTED ? -EISCONN : -EOPNOTSUPP;
    struct tick__unix *peer = peer_of(k, u);
    if (!peer)
        return -ENOTCONN;
    if (u->shut & TICK__SHUT_SEND)
        return -EPIPE;
    if (!count)
        return 0;
    if (u->error)
        return take_error(u);
    if (peer->dead || (peer->shut & TICK__SHUT_RECV))
        return unmade(k, u, EPIPE);
    uint64_t there = peer->in_written - peer->in_read;
    if (there >= u->sndbuf) {
        u->nospace = true;
        return -EAGAIN;
    }
    size_t space = (size_t)(u->sndbuf - there);
    size_t moved = count < space ? count : space;
    if (moved > WHOLE && tick__shortened(k, TICK_CHOICE_SHORT_SEND, u->file.id, peer->in_written, moved) < moved)
        moved = WHOLE;
    if (!creds_write(k, peer, teller(k, u, peer, tells)))
        return -ENOBUFS;
    moved = tick__chain_append(k, &peer->in, bytes, moved);
    if (!moved)
        return -ENOBUFS;
    if (*rights) {
        tick__rights_hold(k, *rights, peer->file.ref, peer->in_written, peer->in_written + moved);
        tick__rights_append(k, &peer->rights, *rights);
        *rights = 0;
    }
    tick__tell_written(k, &u->file, peer->in_written, bytes, moved);
    peer->in_written += moved;
    if (!there)
        peer->first_end = peer->in_written;
    else if (u->file.items)
        end_add(k, peer);
    if (moved == space)
        u->nospace = true;
    if (peer->file.items)
        tick__file_wake(k, &peer->file, TICK__READABLE | EPOLLRDBAND | EPOLLPRI, false);
    return (ssize_t)moved;
}

static ssize_t send_datagram(struct tick_kernel *k, struct tick__unix *u, const void *bytes, size_t count, const struct sockaddr *to,
    socklen_t size, tick__ref *rights, bool tells) {
    struct tick__unix *peer = peer_of(k, u);
    if (count > u->sndbuf - 32)
        return -EMSGSIZE;
    if (u->error)
        return take_error(u);
    if (u->shut & TICK__SHUT_SEND)
        return -EPIPE;
    if (to)
        TICK_TRY(tick__unix_find(k, u->file.host, to, size, u->type, &peer));
    else if (!peer)
        return unmade(k, u, ENOTCONN);
    if (peer->dead && u->type == SOCK_SEQPACKET)
        return unmade(k, u, EPIPE);
    if (peer->dead) {
        if (!to) { // it is forgotten: from now on there is no peer
            tick__unix_turn_away(k, u, NULL);
            u->stage = TICK__UNIX_CLOSE;
        }
        return unmade(k, u, ECONNREFUSED);
    }
    if (peer->peer && peer->peer != u->file.ref)
        return unmade(k, u, EPERM);
    if (peer->shut & TICK__SHUT_RECV)
        return unmade(k, u, EPIPE);
    const bool crowded = peer != u && peer->peer != u->file.ref && full(peer);
    if (crowded || u->unread >= u->sndbuf) {
        u->nospace |= !crowded || peer->file.ref == u->peer; // nobody is told of room in a queue that is not the peer's
        return -EAGAIN;
    }
    tick__ref ref = tick__datagram_new(k, bytes, count);
    if (!ref)
        return -ENOBUFS;
    struct tick__datagram *d = tick__datagram(k, ref);
    d->sender = u->file.ref;
    d->id = u->file.id;
    d->ordinal = ++u->sent;
    tick__tell_written(k, &u->file, d->ordinal, bytes, count);
    d->rights = *rights;
    d->pid = teller(k, u, peer, tells);
    if (d->rights)
        tick__rights_hold(k, d->rights, peer->file.ref, 0, 0);
    *rights = 0;
    u->refs++; // until it is read
    u->unread += (uint32_t)count + OVERHEAD;
    tick__queue_add(k, &peer->queue, ref);
    tick__file_wake(k, &peer->file, TICK__READABLE | EPOLLRDBAND | EPOLLPRI, false);
    return (ssize_t)count;
}

ssize_t tick__unix_send(
    struct tick_kernel *k, struct tick__file *file, const void *bytes, size_t count, int flags, const struct tick__beside *beside) {
    struct tick__unix *u = (struct tick__unix *)file;
    const struct sockaddr *to = beside ? beside->to : NULL;
    const socklen_t size = beside ? beside->size : 0;
    tick__ref rights;
    bool tells;
    if (!size)
        to = NULL;
    if (u->type == SOCK_SEQPACKET) {
        if (u->error)
            return take_error(u);
        if (u->stage != TICK__UNIX_CONNECTED)
            return -ENOTCONN;
        to = NULL;
    }
    TICK_TRY(tick__rights_take(k, beside, &rights, &tells));
    if (u->type != SOCK_STREAM && !(flags & MSG_OOB))
        tick__unix_introduce(k, u);
    ssize_t sent = flags & MSG_OOB          ? -EOPNOTSUPP
                   : u->type == SOCK_STREAM ? send_stream(k, u, bytes, count, to, &rights, tells)
                                            : send_datagram(k, u, bytes, count, to, size, &rights, tells);
    if (rights) // it was not sent, or without a byte
        tick__rights_drop(k, rights);
    return sent;
}

static ssize_t recv_stream(
    struct tick_kernel *k, struct tick__unix *u, void *bytes, size_t count, int flags, struct tick__received *received) {
    if (u->stage != TICK__UNIX_CONNECTED)
        return -EINVAL;
    uint64_t there = u->in_written - u->in_read;
    const bool asked = passes(k, u);
    if (!there) {
        if (u->error)
            return take_error(u);
        if (!(u->shut & TICK__SHUT_RECV))
            return -EAGAIN;
        received->creds = asked ? TICK__CREDS_NONE : TICK__CREDS_UNASKED;
        return 0;
    }
    if (asked) { // one read takes what one sender sent
        received->creds = TICK__CREDS_TOLD;
        received->pid = u->reads_from;
        there = u->marks ? TICK__AT(k, mark, u->marks)->at - u->in_read : there;
    }
    size_t moved = count < there ? count : (size_t)there;
    struct tick__unix *peer = peer_of(k, u);
    if (peer && peer->name_size) {
        received->from_size = sizeof received->from;
        tick__unix_name_out(peer->name, peer->name_size, (struct sockaddr *)&received->from, &received->from_size);
    }
    bool with;
    moved = tick__rights_reach(k, u->rights, u->in_read, moved, (flags & MSG_PEEK) != 0, &with);
    if (flags & MSG_PEEK) {
        received->rights = with ? u->rights : 0;
        tick__chain_copy(k, &u->in, bytes, moved);
        return (ssize_t)moved;
    }
    if (with)
        received->rights = tick__rights_shift(k, &u->rights);
    tick__chain_copy(k, &u->in, bytes, moved);
    tick__chain_consume(k, &u->in, moved);
    u->in_read += moved;
    creds_read(k, u);
    if ((flags & MSG_WAITALL) && !with && moved < count && u->in_read == u->in_written)
        u->error = 0; // Linux looks for more, meets the error and forgets it
    if (peer)
        drained(k, peer, peer->file.items && end_read(k, u, moved));
    return (ssize_t)moved;
}

// A full queue has room again: every socket that is connected to it may have waited.
void tick__unix_tell_waiting(struct tick_kernel *k, const struct tick__unix *u) {
    struct tick__files at = {0};
    for (struct tick__file *file; (file = tick__files_next(k, u->file.host, &at)) != NULL;)
        if (tick__ops(file) == &tick__unix_ops && ((struct tick__unix *)file)->peer == u->file.ref)
            drained(k, (struct tick__unix *)file, false);
}

static ssize_t recv_datagram(
    struct tick_kernel *k, struct tick__unix *u, void *bytes, size_t count, int flags, struct tick__received *received) {
    if (u->type == SOCK_SEQPACKET && u->stage != TICK__UNIX_CONNECTED)
        return -ENOTCONN;
    if (u->error)
        return take_error(u);
    if (!u->queue.first)
        return u->type == SOCK_SEQPACKET && (u->shut & TICK__SHUT_RECV) ? 0 : -EAGAIN;
    struct tick__datagram *d = tick__datagram(k, u->queue.first);
    size_t moved = count < d->size ? count : d->size;
    if (moved)
        memcpy(bytes, d->bytes, moved);
    received->flags = moved < d->size ? MSG_TRUNC : 0;
    const struct tick__unix *sender = tick__unix(k, d->sender);
    if (sender->name_size) { // as it is named by now
        received->from_size = sizeof received->from;
        tick__unix_name_out(sender->name, sender->name_size, (struct sockaddr *)&received->from, &received->from_size);
    }
    ssize_t got = (ssize_t)(flags & MSG_TRUNC ? d->size : moved);
    received->rights = d->rights;
    if (passes(k, u)) {
        received->creds = TICK__CREDS_TOLD;
        received->pid = d->pid;
    }
    const bool was_full = full(u);
    if (flags & MSG_PEEK) {
        if (was_full)
            tick__unix_tell_waiting(k, u); // a look makes no room, but Linux tells who waits, and who has come to be its peer need not
        return got;
    }
    d->rights = 0;
    tick__unix_drop_datagram(k, tick__queue_take(k, &u->queue));
    if (was_full)
        tick__unix_tell_waiting(k, u);
    return got;
}

// Takes a datagram out of its sender's account.
void tick__unix_drop_datagram(struct tick_kernel *k, tick__ref ref) {
    const struct tick__datagram *d = tick__datagram(k, ref);
    struct tick__unix *sender = tick__unix(k, d->sender);
    if (d->rights)
        tick__rights_drop(k, d->rights);
    sender->unread -= d->size + OVERHEAD;
    tick__datagram_free(k, ref);
    drained(k, sender, sender->file.items != 0);
    tick__unix_release(k, sender);
}

static ssize_t receive(struct tick_kernel *k, struct tick__unix *u, void *bytes, size_t count, int flags, struct tick__received *received) {
    if (flags & MSG_OOB)
        return u->type == SOCK_STREAM ? -EINVAL : -EOPNOTSUPP;
    return u->type == SOCK_STREAM ? recv_stream(k, u, bytes, count, flags, received) : recv_datagram(k, u, bytes, count, flags, received);
}

ssize_t tick__unix_recv(
    struct tick_kernel *k, struct tick__file *file, void *bytes, size_t count, int flags, struct tick__received *received) {
    struct tick__unix *u = (struct tick__unix *)file;
    if (received)
        return receive(k, u, bytes, count, flags, received);
    struct tick__received unwanted = {0};
    ssize_t got = receive(k, u, bytes, count, flags, &unwanted);
    if (unwanted.rights && !(flags & MSG_PEEK))
        tick__rights_drop(k, unwanted.rights);
    return got;
}

int tick_kernel_fds_next(const struct tick_kernel *k, int process, int fd) {
    const struct tick__file *file = tick__file(k, process, fd);
    if (!file || tick__ops(file) != &tick__unix_ops)
        return 0;
    const struct tick__unix *u = (const struct tick__unix *)file;
    const tick__ref rights = u->type == SOCK_STREAM ? u->rights : u->queue.first ? tick__datagram(k, u->queue.first)->rights : 0;
    return rights ? (int)tick__rights_count(k, rights) : 0;
}

int tick__unix_unread(struct tick_kernel *k, struct tick__file *file, int *value) {
    const struct tick__unix *u = (const struct tick__unix *)file;
    if (u->stage == TICK__UNIX_LISTEN)
        return -EINVAL;
    if (u->type == SOCK_STREAM)
        *value = (int)(u->in_written - u->in_read);
    else if (u->type == SOCK_SEQPACKET)
        *value = (int)u->queue.bytes;
    else
        *value = u->queue.first ? (int)tick__datagram(k, u->queue.first)->size : 0;
    return 0;
}
