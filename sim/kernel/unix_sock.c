// AF_UNIX sockets: their life and their names. They are within one host: what one does, the other sees at once.
//
// A socket whose fd is closed lives on, dead, while others are its peers. Which error wins where follows net/unix/af_unix.c.
#include "sim/kernel/objects_int.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/un.h>

#define DEFAULT_BUFFER 212992u
#define SOMAXCONN_LIMIT 4096u
#define PATH_AT offsetof(struct sockaddr_un, sun_path)

static void init(struct tick__unix *u, int type) {
    u->type = (uint8_t)type;
    u->refs = 1;
    u->sndbuf = u->rcvbuf = DEFAULT_BUFFER;
}

int tick__unix_socket(struct tick_kernel *k, int process, int type, int flags, const struct tick_kernel_name *name) {
    tick__ref ref;
    int fd = tick__object_new(k, process, TICK__UNIX, sizeof(struct tick__unix), (uint32_t)(flags | O_RDWR), name, "unix", &ref);
    if (fd >= 0)
        init(tick__unix(k, ref), type);
    return fd;
}

void tick__unix_release(struct tick_kernel *k, struct tick__unix *u) {
    if (--u->refs)
        return;
    tick__chain_clear(k, &u->in);
    tick__options_free(k, u->options);
    tick__unix_marks_free(k, u);
    tick__arena_give(k, u->file.ref, sizeof *u);
}

static void set_peer(struct tick_kernel *k, struct tick__unix *u, struct tick__unix *peer) {
    struct tick__unix *old = u->peer ? tick__unix(k, u->peer) : NULL;
    if (peer)
        peer->refs++;
    u->peer = peer ? peer->file.ref : 0;
    if (old)
        tick__unix_release(k, old);
}

int tick_k_socketpair(struct tick_kernel *k, int process, int domain, int type, int protocol, int fds[2],
    const struct tick_kernel_name *first, const struct tick_kernel_name *second) {
    if (domain == AF_INET || domain == AF_INET6)
        return -EOPNOTSUPP;
    int a = tick_k_socket(k, process, domain, type, protocol, first);
    if (a < 0)
        return a;
    int b = tick_k_socket(k, process, domain, type, protocol, second);
    if (b < 0) {
        (void)!tick_k_close(k, process, a);
        return b;
    }
    struct tick__unix *one = (struct tick__unix *)tick__file(k, process, a), *other = (struct tick__unix *)tick__file(k, process, b);
    set_peer(k, one, other);
    set_peer(k, other, one);
    one->stage = other->stage = TICK__UNIX_CONNECTED;
    one->met = other->met = tick__process(k, (uint32_t)process)->pid;
    fds[0] = a;
    fds[1] = b;
    return 0;
}

// --- names ---

static void name_forget(struct tick_kernel *k, struct tick__unix *u) {
    if (!u->name_size)
        return;
    for (tick__ref *link = &tick__host(k, u->file.host)->unixes; *link; link = &tick__unix(k, *link)->next)
        if (*link == u->file.ref) {
            *link = u->next;
            return;
        }
}

static void name_set(struct tick_kernel *k, struct tick__unix *u, const char *name, size_t size) {
    struct tick__host *h = tick__host(k, u->file.host);
    memcpy(u->name, name, size);
    u->name_size = (uint8_t)size;
    u->next = h->unixes;
    h->unixes = u->file.ref;
}

// By an abstract name: sockets of each type have their own.
static struct tick__unix *named(const struct tick_kernel *k, uint32_t host, uint8_t type, const char *name, size_t size) {
    for (tick__ref ref = tick__host(k, host)->unixes; ref; ref = tick__unix(k, ref)->next) {
        struct tick__unix *u = tick__unix(k, ref);
        if (u->type == type && u->name_size == size && !memcmp(u->name, name, size))
            return u;
    }
    return NULL;
}

// The name in an address: its bytes, up to the first 0 and with it for a path. -EINVAL for what is none.
static int name_in(const struct sockaddr *address, socklen_t size, char name[TICK__UNIX_NAME + 1]) {
    sa_family_t family;
    if (size < sizeof family || size > sizeof(struct sockaddr_un))
        return -EINVAL;
    memcpy(&family, address, sizeof family);
    if (family != AF_UNIX || size == sizeof family)
        return -EINVAL;
    size_t length = size - PATH_AT;
    memcpy(name, (const char *)address + PATH_AT, length);
    name[length] = 0;
    if (!name[0])
        return (int)length;
    length = strlen(name) + 1;
    return (int)(length > TICK__UNIX_NAME ? TICK__UNIX_NAME : length);
}

void tick__unix_name_out(const void *name, size_t name_size, struct sockaddr *address, socklen_t *size) {
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    memcpy(un.sun_path, name, name_size);
    socklen_t length = (socklen_t)(PATH_AT + name_size);
    memcpy(address, &un, *size < length ? *size : length);
    *size = length;
}

// A name that the kernel makes up: five digits.
static int autobind(struct tick_kernel *k, struct tick__unix *u) {
    struct tick__host *h = tick__host(k, u->file.host);
    char name[8];
    do {
        name[0] = 0;
        snprintf(name + 1, sizeof name - 1, "%05x", h->next_unix++ & 0xfffffu);
    } while (named(k, u->file.host, u->type, name, 6));
    name_set(k, u, name, 6);
    return 0;
}

void tick__unix_introduce(struct tick_kernel *k, struct tick__unix *u) {
    if (!u->name_size && u->options && tick__option_of(k, u->options, TICK__PASSCRED))
        (void)autobind(k, u);
}

static int unix_bind(struct tick_kernel *k, struct tick__file *file, const struct sockaddr *address, socklen_t size) {
    struct tick__unix *u = (struct tick__unix *)file;
    sa_family_t family = AF_UNSPEC;
    if (size >= sizeof family)
        memcpy(&family, address, sizeof family);
    if (size == sizeof family && family == AF_UNIX)
        return u->name_size ? 0 : autobind(k, u);
    char name[TICK__UNIX_NAME + 1];
    int length = name_in(address, size, name);
    if (length < 0)
        return length;
    if (!name[0]) {
        if (u->name_size)
            return -EINVAL;
        if (named(k, u->file.host, u->type, name, (size_t)length))
            return -EADDRINUSE;
        name_set(k, u, name, (size_t)length);
        return 0;
    }
    tick__ref inode;
    if (u->name_size) { // Linux makes the path before it looks
        tick__ref other;
        return tick__disk_socket_find(k, u->file.host, name, &other) == -ENOENT ? -EINVAL : -EADDRINUSE;
    }
    TICK_TRY(tick__disk_socket_add(k, u->file.host, name, &inode));
    u->inode = inode;
    name_set(k, u, name, (size_t)length);
    return 0;
}

static struct tick__unix *of_inode(const struct tick_kernel *k, uint32_t host, tick__ref inode) {
    for (tick__ref ref = tick__host(k, host)->unixes; ref; ref = tick__unix(k, ref)->next)
        if (tick__unix(k, ref)->inode == inode)
            return tick__unix(k, ref);
    return NULL;
}

int tick__unix_find(
    struct tick_kernel *k, uint32_t host, const struct sockaddr *address, socklen_t size, uint8_t type, struct tick__unix **out) {
    char name[TICK__UNIX_NAME + 1];
    int length = name_in(address, size, name);
    if (length < 0)
        return length;
    struct tick__unix *found;
    if (name[0]) {
        tick__ref inode;
        TICK_TRY(tick__disk_socket_find(k, host, name, &inode));
        found = of_inode(k, host, inode);
    } else {
        found = named(k, host, type, name, (size_t)length);
    }
    if (!found)
        return -ECONNREFUSED;
    if (found->type != type)
        return -EPROTOTYPE;
    *out = found;
    return 0;
}

static int unix_name(struct tick_kernel *k, struct tick__file *file, bool peer, struct sockaddr *address, socklen_t *size) {
    struct tick__unix *u = (struct tick__unix *)file;
    const struct tick__unix *of = u;
    if (peer) {
        if (!u->peer)
            return -ENOTCONN;
        of = tick__unix(k, u->peer);
    }
    if ((int)*size < 0)
        return -EINVAL;
    tick__unix_name_out(of->name, of->name_size, address, size);
    return 0;
}

// --- connections ---

void tick__unix_turn_away(struct tick_kernel *k, struct tick__unix *u, struct tick__unix *to) {
    struct tick__unix *old = u->peer ? tick__unix(k, u->peer) : NULL;
    if (old && old != to && u->queue.first) {
        for (tick__ref ref; (ref = tick__queue_take(k, &u->queue));)
            tick__unix_drop_datagram(k, ref);
        if (old != u && !old->dead && old->peer == u->file.ref) {
            old->error = ECONNRESET;
            tick__file_wake(k, &old->file, EPOLLERR, false);
        }
    }
    set_peer(k, u, to);
}

static int unix_listen(struct tick_kernel *k, struct tick__file *file, int backlog) {
    struct tick__unix *u = (struct tick__unix *)file;
    if (u->type == SOCK_DGRAM)
        return -EOPNOTSUPP;
    if (!u->name_size || u->stage == TICK__UNIX_CONNECTED)
        return -EINVAL;
    u->stage = TICK__UNIX_LISTEN;
    u->met = tick__caller_pid(k); // itself, as Linux has it
    u->backlog = (uint32_t)backlog > SOMAXCONN_LIMIT ? SOMAXCONN_LIMIT : (uint32_t)backlog;
    return 0;
}

static int connect_stream(struct tick_kernel *k, struct tick__unix *u, const struct sockaddr *address, socklen_t size) {
    struct tick__unix *listener;
    char name[TICK__UNIX_NAME + 1];
    int length = name_in(address, size, name);
    if (length < 0)
        return length;
    tick__unix_introduce(k, u);
    TICK_TRY(tick__unix_find(k, u->file.host, address, size, u->type, &listener));
    if (listener->stage != TICK__UNIX_LISTEN || (listener->shut & TICK__SHUT_RECV))
        return -ECONNREFUSED;
    if (listener->queue_count > listener->backlog)
        return -EAGAIN;
    if (u->stage != TICK__UNIX_CLOSE)
        return u->stage == TICK__UNIX_CONNECTED ? -EISCONN : -EINVAL;
    tick__ref ref = tick__arena_zero(k, sizeof(struct tick__unix));
    if (!ref)
        return -ENOMEM;
    struct tick__unix *embryo = tick__unix(k, ref);
    embryo->file = (struct tick__file){.id = tick_id_mix(u->file.id, 2), .fd = -1, .host = u->file.host, .ref = ref, .type = TICK__UNIX};
    init(embryo, u->type);
    embryo->stage = u->stage = TICK__UNIX_CONNECTED;
    embryo->met = tick__caller_pid(k);
    u->met = listener->met;
    tick__option_pass(k, listener->options, TICK__PASSCRED, &embryo->options);
    memcpy(embryo->name, listener->name, listener->name_size); // without being found by it
    embryo->name_size = listener->name_size;
    set_peer(k, u, embryo);
    set_peer(k, embryo, u);
    if (listener->queue_last)
        tick__unix(k, listener->queue_last)->queue_next = ref;
    else
        listener->queue_first = ref;
    listener->queue_last = ref;
    embryo->listener = listener->file.ref;
    listener->queue_count++;
    tick__file_wake(k, &listener->file, TICK__READABLE | EPOLLRDBAND | EPOLLPRI, false);
    return 0;
}

static int unix_connect(struct tick_kernel *k, struct tick__file *file, const struct sockaddr *address, socklen_t size,
    const struct tick_kernel_name *connection) {
    (void)connection;
    struct tick__unix *u = (struct tick__unix *)file;
    sa_family_t family;
    if (size < sizeof family)
        return -EINVAL;
    memcpy(&family, address, sizeof family);
    if (u->type != SOCK_DGRAM)
        return connect_stream(k, u, address, size);
    if (family == AF_UNSPEC) {
        tick__unix_turn_away(k, u, NULL);
        u->stage = TICK__UNIX_CLOSE;
        return 0;
    }
    struct tick__unix *peer;
    if (family == AF_UNIX)
        tick__unix_introduce(k, u);
    TICK_TRY(tick__unix_find(k, u->file.host, address, size, u->type, &peer));
    if (peer->peer && peer->peer != u->file.ref)
        return -EPERM;
    tick__unix_turn_away(k, u, peer);
    u->stage = TICK__UNIX_CONNECTED;
    return 0;
}

static int unix_accept(struct tick_kernel *k, int process, struct tick__file *file, struct sockaddr *address, socklen_t *size) {
    struct tick__unix *u = (struct tick__unix *)file;
    if (u->type == SOCK_DGRAM)
        return -EOPNOTSUPP;
    if (u->stage != TICK__UNIX_LISTEN)
        return -EINVAL;
    if (!u->queue_first)
        return -EAGAIN;
    if (address && (int)*size < 0)
        return -EINVAL;
    struct tick__unix *s = tick__unix(k, u->queue_first);
    s->file.status = O_RDWR | O_NONBLOCK;
    int fd = tick__fd_give(k, process, &s->file);
    if (fd < 0)
        return fd;
    u->queue_first = s->queue_next;
    if (!s->queue_next)
        u->queue_last = 0;
    u->queue_count--;
    s->listener = 0;
    if (address)
        (void)unix_name(k, &s->file, true, address, size);
    return fd;
}

// What the program's end of a socket does to the other.
static void leave(struct tick_kernel *k, struct tick__unix *u, bool embryo) {
    const struct tick__datagram *first = u->queue.first ? tick__datagram(k, u->queue.first) : NULL;
    bool unread = u->in_written > u->in_read || (first && (first->size || first->next)) || embryo; // Linux overlooks an empty one
    name_forget(k, u);
    u->dead = true;
    u->shut = TICK__SHUT_BOTH;
    if (u->stage == TICK__UNIX_LISTEN)
        while (u->queue_first) {
            struct tick__unix *child = tick__unix(k, u->queue_first);
            u->queue_first = child->queue_next;
            child->name_size = 0;
            child->listener = 0;
            leave(k, child, true);
        }
    struct tick__unix *peer = u->peer ? tick__unix(k, u->peer) : NULL;
    if (peer && u->type != SOCK_DGRAM) {
        peer->shut = TICK__SHUT_BOTH;
        if (unread)
            peer->error = ECONNRESET;
        tick__file_wake(k, &peer->file, 0, false);
    } else {
        tick__unix_tell_waiting(k, u);
    }
    for (tick__ref ref; (ref = tick__queue_take(k, &u->queue));)
        tick__unix_drop_datagram(k, ref);
    while (u->rights)
        tick__rights_drop(k, tick__rights_shift(k, &u->rights));
    set_peer(k, u, NULL);
    tick__unix_release(k, u);
}

void tick__unix_forget_rights(struct tick_kernel *k, struct tick__unix *u, tick__ref rights) {
    for (tick__ref ref = u->queue.first; ref; ref = tick__datagram(k, ref)->next)
        if (tick__datagram(k, ref)->rights == rights)
            tick__datagram(k, ref)->rights = 0;
    tick__ref kept = 0;
    while (u->rights) {
        tick__ref ref = tick__rights_shift(k, &u->rights);
        if (ref != rights)
            tick__rights_append(k, &kept, ref);
    }
    u->rights = kept;
}

static void unix_close(struct tick_kernel *k, struct tick__file *file) {
    const uint32_t host = file->host;
    leave(k, (struct tick__unix *)file, false);
    tick__rights_collect(k, host);
}

static int unix_shutdown(struct tick_kernel *k, struct tick__file *file, int how) {
    struct tick__unix *u = (struct tick__unix *)file;
    unsigned ways = (unsigned)how + 1;
    struct tick__unix *peer = u->peer ? tick__unix(k, u->peer) : NULL;
    u->shut |= (uint8_t)ways;
    tick__file_wake(k, &u->file, 0, false);
    if (peer && u->type != SOCK_DGRAM) {
        peer->shut |= (uint8_t)((ways & TICK__SHUT_RECV ? TICK__SHUT_SEND : 0) | (ways & TICK__SHUT_SEND ? TICK__SHUT_RECV : 0));
        tick__file_wake(k, &peer->file, 0, false);
    }
    return 0;
}

static void unnamed(struct tick_kernel *k, struct tick__file *file) {
    tick__rights_collect(k, file->host);
}

const struct tick__file_ops tick__unix_ops = {
    .mask = tick__unix_mask,
    .read = tick__socket_read,
    .write = tick__socket_write,
    .most = tick__unix_most,
    .close = unix_close,
    .unnamed = unnamed,
    .mode = S_IFSOCK | 0777,
    .unread = tick__unix_unread,
    .unsent = tick__unix_unsent,
    .bind = unix_bind,
    .listen = unix_listen,
    .accept = unix_accept,
    .connect = unix_connect,
    .send = tick__unix_send,
    .recv = tick__unix_recv,
    .shutdown = unix_shutdown,
    .name = unix_name,
    .getsockopt = tick__plain_getsockopt,
    .setsockopt = tick__plain_setsockopt,
};
