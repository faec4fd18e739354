// What the simulated kernel's files share: the arena, and every object that lies in it.
//
// A ref is a count of 64-byte granules from the arena's start; 0 is none. Nothing in the arena holds a pointer, so that several processes
// may map it. An object is zeroed when it is allocated; bytes of a freed or never used block are never read.
#ifndef RETICK_KERNEL_INT_H
#define RETICK_KERNEL_INT_H

#include "sim/kernel/kernel.h"
#include "src/base/check.h"
#include "src/base/times.h"
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

typedef uint32_t tick__ref;

#define TICK__GRANULE 64u
#define TICK__SMALL_CLASSES 8u // 1 to 8 granules; above, powers of two
#define TICK__CLASSES 31u

// The arena's first object.
struct tick__root {
    int64_t now;
    int64_t up;           // how long all machines have been up at time 0
    uint32_t bump, limit; // granules
    tick__ref free[TICK__CLASSES];

    uint64_t order; // events posted so far
    tick__ref heap, slots;
    uint32_t heap_count, event_most, slots_used, slot_free;
    tick__ref lane; // array, lane_most a power of two
    uint32_t lane_first, lane_count, lane_most;
    int64_t lane_delay;

    tick__ref hosts; // array
    uint32_t host_count, host_most;
    tick__ref processes; // array
    uint32_t process_count, process_most;
    uint32_t process_free; // the first that has ended: index + 1

    struct tick_link link;
    tick__ref pairs; // hash table, pair_most slots
    uint32_t pair_count, pair_most;
    tick__ref outages;     // the first in force
    uint32_t outage_count; // and how many; hosts that are down count, too
    bool keepalives;       // some socket has had SO_KEEPALIVE
    bool calm;             // links neither lose, refuse nor reset by choice any more
    bool loopbacks;        // some host has a link of its own with itself

    tick__ref woken_first, woken_last; // epolls whose waiter is to go on
    tick__ref names;                   // of the simulated DNS
    tick__ref signals;                 // that processes have pending (signalfd.c)
    tick__ref dropped;                 // messages' fds that are to be let go
    tick__ref lingers;                 // a connection that the latest call closed, if its caller is to wait for that (linger.c)
    bool dropping, collecting, uncollected;
    bool exiting;    // a process is
    bool may_linger; // some socket has had SO_LINGER with a time
    bool one_role;   // who has listened never connects, and the other way round
};

// What a choice is about.
struct tick__address_of_choice {
    tick_id subject; // 0: nothing
    uint64_t ordinal;
};

struct tick_kernel {
    uint8_t *base;
    struct tick__root *root;
    size_t size;
    struct tick_kernel_env env;
    bool mapped;                             // its memory is its own
    bool carrying;                           // in tick_kernel_next: what is sent is the kernel's own doing
    uint32_t cause;                          // then: seq of the arrival that it carries out
    uint32_t caller;                         // the process that listens, connects or sends right now, for those whom that is told
    struct tick__address_of_choice arrives;  // what makes a file ready that others' things make ready, too: subject 0: it is its own
    struct tick__address_of_choice woken_by; // what woke the waiter that was taken last
    uint32_t woken_cause;                    // and, with a probe, the seq of what that came of; 0: what a program did
    const int *numbers;                      // those that the next fds of that process get; NULL: the lowest that are free
    uint32_t numbers_left, numbers_process;
    int number; // the only one
};

#define TICK__AT(k, type, ref) ((struct type *)(void *)((k)->base + (size_t)(ref)*TICK__GRANULE))
#define TICK__ARRAY(k, type, ref) ((type *)(void *)((k)->base + (size_t)(ref)*TICK__GRANULE))

// Asks the world. What the subject is, is worked out only where the answer may be a deviation.
#define TICK__ASK(k, kind, subject, ordinal, n, most) \
    (tick_is_calm((k)->env.calm, (kind)) ? 0 : (k)->env.choose((k)->env.ctx, (kind), (subject), (ordinal), (n), (most)))

// --- arena.c ---
tick__ref tick__arena_take(struct tick_kernel *k, size_t size); // not zeroed; 0: out of memory
tick__ref tick__arena_zero(struct tick_kernel *k, size_t size);
void tick__arena_give(struct tick_kernel *k, tick__ref ref, size_t size); // the size it was taken with
// Doubles an array of `count` used of *most elements (0: makes it, of first elements). The ref and *most change only on success.
bool tick__arena_grow(struct tick_kernel *k, tick__ref *array, uint32_t *most, uint32_t first, uint32_t used, size_t element);

// --- sim/world/events.c ---
enum tick__event_kind {
    TICK__POSTED, // the world's own: a what, b arg
    // Segments, and what stands for them. a: the socket they reach.
    TICK__SYN,       // a: the connecting socket itself
    TICK__SYN_AGAIN, // the same, sent again
    TICK__SYN_ACK,   // b: the socket it comes from; as for all that follow
    TICK__ACK,       // the handshake's third
    TICK__DATA,      // c: bytes up to this count have arrived
    TICK__FIN,
    TICK__FIN_ACK,
    TICK__RST,
    TICK__UPDATE,       // acknowledgement and window
    TICK__ACCEPT_AGAIN, // the accept queue was full: try again
    TICK__UNCORK,       // what waited behind TCP_CORK or MSG_MORE has waited long enough
    TICK__KEEPALIVE,    // the probe of a peer that is gone
    TICK__DATAGRAM,     // a: the datagram; b: the host that it reaches
    TICK__UNREACHABLE,  // a: the datagram that found nobody; b: the host it came from
    TICK__EXPIRE,       // a: a timerfd
    TICK__HEARD,        // data arrived whose acknowledgement could not come back: can it now?
    TICK__LOST = 64,    // or'ed to a segment's kind: it was lost, and now it is time to send it again
};
struct tick__due {
    int64_t at;
    uint64_t c; // of SYN, SYN_ACK, FIN, RST: the message's object << 32 | seq of its msg_send
    uint32_t a, b;
    enum tick__event_kind kind;
};
uint32_t tick__event_post(
    struct tick_kernel *k, int64_t at, enum tick__event_kind kind, uint32_t a, uint32_t b, uint64_t c); // key; 0: no memory
// The same of one that is never cancelled. false: no memory
bool tick__event_pass(struct tick_kernel *k, int64_t at, enum tick__event_kind kind, uint32_t a, uint32_t b, uint64_t c);
bool tick__event_take(struct tick_kernel *k, struct tick__due *due);
void tick__event_cancel(struct tick_kernel *k, uint32_t key);
bool tick__event_room(struct tick_kernel *k, uint32_t count); // makes room for so many more posts

// --- files, fd.c ---
enum tick__file_type {
    TICK__SOCK = 1,
    TICK__EPOLL,
    TICK__EVENTFD,
    TICK__PIPE,
    TICK__TIMERFD,
    TICK__UNIX,
    TICK__UDP,
    TICK__DISK,
    TICK__SIGNALFD,
};
// An open file description; fds of its host's processes name it.
struct tick__file {
    tick_id id;
    uint32_t type : 8;
    int32_t fd : 24;  // one of them, if it has several; -1: no fd names it
    uint32_t process; // whose fd that is: index
    tick__ref ref;    // itself
    tick__ref items;  // epoll items that watch it
    uint32_t rises;   // readiness transitions so far
    uint32_t object;  // the probe's, 0 without
    uint32_t status;  // O_ACCMODE, O_NONBLOCK, O_APPEND, and TICK__INTERNAL
    uint16_t host;    // index
    uint16_t names;   // how many fds name it
};
// Readiness of it is held back (`ready_hold`), to read or to write: until the program finds out by itself.
#define TICK__HELD_IN 0x40000000u
#define TICK__HELD_OUT 0x20000000u
#define TICK__HELD (TICK__HELD_IN | TICK__HELD_OUT)
#define TICK__FLIES 0x10000000u     // a message has it (rights.c),
#define TICK__REACHED 0x08000000u   // and somebody who has an fd can get at it
#define TICK__HAS_WOKEN 0x04000000u // it has woken a waiter since it became ready
#define TICK__LINGERS 0x02000000u   // a connection whose last fd is closed by a call that waits for its end
#define TICK__WALKED 0x01000000u    // a walk over those that messages have was here
#define TICK__INTERNAL (TICK__HELD | TICK__FLIES | TICK__REACHED | TICK__HAS_WOKEN | TICK__LINGERS | TICK__WALKED)

// --- sim/world/hosts.c ---
struct tick__host {
    _Alignas(TICK__GRANULE) char name[TICK__GRANULE]; // what calls look at begins a granule, too
    tick_id id;
    uint32_t hash, object;
    uint32_t processes; // that run on it: the first one's index + 1
    uint32_t pids;      // that it has given
    tick__ref socks;    // all sockets, by host_next
    tick__ref ports;    // ports in use by name, by next
    uint32_t next_port;
    bool ports_wrapped;
    tick__ref udps, unixes; // UDP sockets, by next; unix sockets that have a name, by next
    uint32_t next_udp_port, next_unix;
    tick__ref rights; // fds in messages
    tick__ref disk;
    tick__ref folder;    // of the disk, from which names that are relative are taken; 0: the root
    int64_t wall_offset; // of CLOCK_REALTIME from the world's
    bool down;
    bool dying;       // it crashes right now
    uint32_t crashed; // with a probe: seq of what it crashed by, the last time
};
static inline struct tick__host *tick__host(const struct tick_kernel *k, uint32_t index) {
    return &TICK__ARRAY(k, struct tick__host, k->root->hosts)[index];
}
uint32_t tick__host_address(uint32_t index); // host byte order
// The host that an address names for `from` (itself for its own and 127/8), or -1.
int tick__host_of_address(const struct tick_kernel *k, uint32_t from, uint32_t address);

// --- sim/world/links.c ---
const struct tick_link *tick__link(const struct tick_kernel *k, uint32_t a, uint32_t b); // of a host with itself: calm, unless it was set
bool tick__link_holds(const struct tick_kernel *k, uint32_t host); // whether that is more than an instant without choices
// Whether what comes from there may be held back on its way (`ready_hold`).
static inline bool tick__from_outside(const struct tick_kernel *k, uint32_t from, uint32_t to) {
    return from != to || __builtin_expect(k->root->loopbacks && tick__link_holds(k, to), 0);
}
// When a segment (a datagram) of so many bytes, sent now, arrives, before any jitter; TICK_NEVER: the network loses it. link is theirs.
int64_t tick__link_pass(struct tick_kernel *k, const struct tick_link *link, uint32_t from, uint32_t to, uint64_t bytes);
#define TICK__HEADERS 66 // bytes of Ethernet, IP and TCP around a segment

// --- sim/world/outages.c ---
// What the outages in force do to a segment: ns that it takes longer, TICK_NEVER if it is lost.
int64_t tick__outage(const struct tick_kernel *k, uint32_t from, uint32_t to);
// With a probe: seq of what does it, of the latest that does. slows: rather than loses. *drop, if not NULL: why a segment is lost so.
uint32_t tick__outage_by(const struct tick_kernel *k, uint32_t from, uint32_t to, bool slows, enum tick_drop *drop);

// --- processes.c ---
// What a program has of its own. Its host has the rest.
struct tick__process {
    _Alignas(TICK__GRANULE / 2) tick__ref fds; // array of refs of files
    uint32_t fd_most, fd_count, fd_low;        // fd_count: beside 0 to 2. fd_low: no free fd below it
    uint32_t host;                             // that it runs on: index
    uint32_t next;                             // on its host, or, once it has ended, among those that are free: index + 1
    uint32_t fd_limit;                         // no fd is as great: RLIMIT_NOFILE
    uint32_t pid;                              // 1 and so on, since its host was started
};
#define TICK__FIRST_FD 3u // 0 to 2 are taken in every program
#define TICK__MOST_FDS 65536u
#define TICK__UID 1000 // everybody's user and group

static inline struct tick__process *tick__process(const struct tick_kernel *k, uint32_t index) {
    return &TICK__ARRAY(k, struct tick__process, k->root->processes)[index];
}
static inline uint32_t tick__caller_pid(const struct tick_kernel *k) {
    return tick__process(k, k->caller)->pid;
}
static inline uint32_t tick__process_host(const struct tick_kernel *k, int process) {
    return tick__process(k, (uint32_t)process)->host;
}
void tick__process_end(struct tick_kernel *k, uint32_t index); // it has no fd left: its index is free again

// --- fd.c ---
#define TICK__CLOEXEC 0x80000000u // in the table of fds, beside the ref
static inline struct tick__file *tick__file(const struct tick_kernel *k, int process, int fd) {
    const struct tick__process *p = tick__process(k, (uint32_t)process);
    if (fd < 0 || (uint32_t)fd >= p->fd_most)
        return NULL;
    tick__ref ref = TICK__ARRAY(k, tick__ref, p->fds)[fd] & ~TICK__CLOEXEC;
    return ref ? TICK__AT(k, tick__file, ref) : NULL;
}
// Whether fd of that process stands for the file among its names: each file has one such.
static inline bool tick__file_is_of(const struct tick__file *file, uint32_t process, uint32_t fd) {
    return file->fd == (int32_t)fd && file->process == process;
}
// Goes through a host's descriptions, each once: those that fds name, then those that only messages have. Begins zeroed.
struct tick__files {
    bool begun;
    uint32_t process, fd; // the next to look at; process: index + 1
    tick__ref rights;
    uint32_t place;
};
struct tick__file *tick__files_next(const struct tick_kernel *k, uint32_t host, struct tick__files *at); // NULL: there are no more
// Its lowest free fd, or the one that was named (tick_kernel_fds_at): now the file's; or -EMFILE, -ENOMEM.
int tick__fd_give(struct tick_kernel *k, int process, struct tick__file *file);
int tick__fds_inherit(struct tick_kernel *k, int from, int to); // who has none gets the other's, all or some of them: 0 or -ENOMEM
void tick__fd_cloexec(struct tick_kernel *k, int process, int fd, bool on);
void tick__fd_put(struct tick_kernel *k, struct tick__file *from, struct tick__file *to); // to takes from's fd and watchers
void tick__fd_drop(struct tick_kernel *k, struct tick__file *file);                       // its fd is free again, its watchers are gone
// The program has asked it by a call: what it found out is not held back any longer. which: TICK__HELD_IN, TICK__HELD_OUT
void tick__file_unhold(struct tick_kernel *k, struct tick__file *file);
static inline void tick__file_asked(struct tick_kernel *k, struct tick__file *file, uint32_t which) {
    if (__builtin_expect(file->status & which, 0))
        tick__file_unhold(k, file);
}
// Tells the watchers that something happened: key the EPOLL* that it is about (0: anything), rise: it was not so before, and is so now.
void tick__watchers_wake(struct tick_kernel *k, struct tick__file *file, uint32_t key, bool rise);
static inline void tick__file_wake(struct tick_kernel *k, struct tick__file *file, uint32_t key, bool rise) {
    file->rises += rise;
    if (rise)
        file->status &= ~TICK__HAS_WOKEN;
    if (file->items)
        tick__watchers_wake(k, file, key, rise);
}
// The same of a file that many things make ready: this one did. Choices are about that, so that the others do not renumber them.
void tick__file_wake_by(struct tick_kernel *k, struct tick__file *file, uint32_t key, bool rise, tick_id subject, uint64_t ordinal);
// What a choice about its present readiness is about: a connection's end or the file, and how often it became ready; or what wake_by said.
struct tick__address_of_choice tick__file_readiness(const struct tick_kernel *k, const struct tick__file *file);

// --- epoll.c ---
struct tick__item {
    uint64_t data;
    uint32_t events; // asked for; no bit but private ones after a one-shot
    int32_t fd;
    tick__ref ref, epoll, file;
    tick__ref file_next;
    tick__ref epoll_next, epoll_prev;
    tick__ref ready_next, ready_prev;
    uint8_t hold; // calls of epoll_wait that it is held back for
    bool listed;  // stands in the ready list
};
struct tick__epoll {
    struct tick__file file;
    tick__ref ready_first, ready_last;
    uint32_t ready_count;
    tick__ref woken_next;
    uint32_t waiter;
    bool waiting, woken; // waiting: somebody is to be woken; woken: the waiter is to go on
    bool several;        // those who wait stand in `more`, and the waiter is none of them
    bool is_more;        // it is none, but one of those
    tick__ref items;     // beyond the granule that each wait touches
    struct tick__address_of_choice woken_by;
    uint32_t woken_cause; // with a probe
    tick__ref more;       // who began to wait last; of one of them: the one before
    tick__ref owner;      // of one of them: the epoll that it waits for
};
void tick__items_drop(struct tick_kernel *k, struct tick__file *file); // its watchers go
int tick__epoll_add(struct tick_kernel *k, struct tick__epoll *epoll, struct tick__file *file, int fd, uint32_t events);
void tick__epoll_wake(struct tick_kernel *k, struct tick__epoll *epoll);                             // a waiter, if one waits
void tick__epoll_wake_by(struct tick_kernel *k, struct tick__epoll *epoll, struct tick__file *file); // because of that file
void tick__epoll_unwatch(struct tick_kernel *k, struct tick__epoll *epoll);                          // nobody waits for it any more
void tick__epoll_close(struct tick_kernel *k, struct tick__file *file);
uint32_t tick__epoll_mask(struct tick_kernel *k, struct tick__epoll *epoll);
void tick__item_ready(struct tick_kernel *k, struct tick__item *item, uint32_t holds); // EPOLL* of the file that are known to hold

// --- chain.c: the bytes of one direction, from send to recv without a copy between ---
struct tick__chain {
    tick__ref head, tail;
    uint32_t head_at, tail_at; // where to read in head, where to write in tail
};
size_t tick__chain_append(struct tick_kernel *k, struct tick__chain *chain, const void *bytes, size_t count); // how many fitted memory
void tick__chain_copy(const struct tick_kernel *k, const struct tick__chain *chain, void *bytes, size_t count);
void tick__chain_consume(struct tick_kernel *k, struct tick__chain *chain, size_t count);
void tick__chain_cut(struct tick_kernel *k, struct tick__chain *chain, size_t keep, size_t cut); // drops the last `cut` of keep + cut bytes
void tick__chain_clear(struct tick_kernel *k, struct tick__chain *chain);

// --- sockets: inet.c (addresses, options), tcp.c, tcp_arrivals.c (segments), tcp_calls.c ---
enum tick__tcp_state {
    TICK__CLOSE,
    TICK__LISTEN,
    TICK__SYN_SENT,
    TICK__SYN_RECV,
    TICK__ESTABLISHED,
    TICK__CLOSE_WAIT,
    TICK__FIN_WAIT1,
    TICK__FIN_WAIT2,
    TICK__CLOSING,
    TICK__LAST_ACK,
};
// What connect(2) makes of a socket, beside its TCP state: as struct socket's state in Linux.
enum tick__sock_stage { TICK__UNCONNECTED, TICK__CONNECTING, TICK__CONNECTED, TICK__DISCONNECTING };
enum { TICK__SHUT_RECV = 1, TICK__SHUT_SEND = 2, TICK__SHUT_BOTH = 3 };

// A port that somebody bound or listens on.
struct tick__port {
    int64_t lingers_until; // some connection through it is in TIME_WAIT until then
    tick__ref next, socks; // socks: bound to it, by port_next
    uint32_t children[4];  // accepted connections, by what they share: bit 0 SO_REUSEADDR, bit 1 SO_REUSEPORT
    uint16_t number;
    tick__ref lingering; // connections in TIME_WAIT, by where they ended here
};

// One direction, kept by its sending end. What each segment touches comes first, here and in the socket, which is five granules: each one
// more makes a connection 3 % slower.
struct tick__flow {
    uint64_t written, flown, arrived, read;       // byte counts: accepted, put into segments, in the receive buffer, consumed
    uint64_t acked, granted;                      // what the sender knows of arrived and read
    struct tick__chain chain;                     // bytes read..written
    int64_t last_at;                              // when the latest segment arrives: none overtakes it
    int64_t lost_since;                           // since when nothing was acknowledged (0: all is well)
    uint32_t lost;                                // segments that wait for retry_at
    uint8_t losses;                               // how often in a row
    bool unheard, given_up;                       // a TICK__HEARD is under way; nothing is sent again any more
    uint64_t ack_arrived, ack_read;               // what the acknowledgement in flight says of them
    int64_t retry_at;                             // when the lost segments go out again
    tick__ref messages, unarrived, messages_last; // with a probe: those not read yet; the first of them that has not arrived
    uint32_t object;                              // the direction's, with a probe
};

struct tick__sock {
    struct tick__file file;
    uint8_t state, stage, shut, corked;
    bool reuse, reuse_port, nodelay, keepalive, linger, bound, port_asked, shares_port, nospace, done, fin_wanted, fin_sent, ack_flies;
    bool refused : 1;
    bool listened : 1, connects : 1; // it has been one of these, at least once
    bool keeps_port : 1;             // that it was given for what its role did not allow: disconnecting does not take it back
    bool six;                        // its addresses are IPv6's, not mapped ones
    uint8_t tries;
    int32_t error;
    tick__ref peer;
    uint32_t refs;           // fd or queue, events in flight to it; a pair is freed when both have none
    uint32_t sndbuf, rcvbuf; // as getsockopt says them; half of it is for bytes
    struct tick__flow out;
    tick_id end, way; // the connection's parts that it is, and that it sends by: they are asked for with each segment, send and recv
    tick_id connection;
    uint32_t connection_object;
    bool ended;                        // the program was told of an end, or an error: nothing more will come
    bool inet6, v6only;                // of AF_INET6
    uint8_t keep_count;                // 0: 9
    uint16_t keep_idle, keep_interval; // s; 0: Linux's 7200 and 75
    uint8_t probes;                    // keep-alive probes without an answer
    bool probing;                      // the next one is posted
    bool uncorks;                      // a TICK__UNCORK is posted
    union {
        struct {               // a connection's
            uint64_t looked;   // up to which byte it knows that they are there
            int64_t uncork_at; // from when on a TICK__UNCORK that is posted counts
        };
        struct { // a listener's: its accept queue
            tick__ref queue_first, queue_last;
            uint32_t queue_count, backlog;
        };
    };
    int32_t linger_time;
    tick__ref port, port_next, host_next, host_prev;
    uint32_t local_address, remote_address; // host byte order
    uint16_t local_port, remote_port;
    uint32_t event;     // key of the SYN in flight, or of its repetition
    tick__ref listener; // of one that is not accepted yet; holds a ref on it,
    union {
        tick__ref queue_next; // in whose queue it may stand
        tick__ref lingering;  // with TICK__LINGERS: who waits for its end; 0: nobody yet
    };
    tick__ref options;
    uint32_t hello, farewell; // seq of the msg_recv of the handshake's segment, of FIN or RST; or of what took these, or ended it
};
_Static_assert(sizeof(struct tick__sock) <= 5 * TICK__GRANULE, "a socket is five granules");
#define TICK__SOCK_HOT offsetof(struct tick__sock, connection)

// An accepted send, for the probe.
struct tick__message {
    uint64_t begin, end;             // byte counts
    uint32_t object, sent, received; // seqs
    tick__ref next;
};

static inline uint32_t tick__sock_room(const struct tick__sock *s) {
    return s->sndbuf / 2;
}
static inline unsigned tick__sock_shares(const struct tick__sock *s) {
    return s->reuse | s->reuse_port << 1;
}
static inline struct tick__sock *tick__sock(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, tick__sock, ref);
}
// Or a message, or somebody who waits for its end.
static inline bool tick__sock_has_fd(const struct tick__sock *s) {
    return s->file.fd >= 0 || (s->file.status & (TICK__FLIES | TICK__LINGERS));
}
// It is an end of that connection from now on.
static inline void tick__sock_join(struct tick__sock *s, tick_id connection, bool far) {
    s->connection = connection;
    s->end = tick_id_part(connection, far ? TICK_FAR : TICK_NEAR);
    s->way = tick_id_part(connection, far ? TICK_IN : TICK_OUT);
}

// inet.c
struct tick__sock *tick__sock_new(struct tick_kernel *k, uint32_t host); // one ref, for its fd or queue; NULL: no memory
void tick__sock_hold(struct tick__sock *s);
void tick__sock_release(struct tick_kernel *k, struct tick__sock *s);
int tick__sock_autobind(struct tick_kernel *k, struct tick__sock *s);
// connection: which of several with SO_REUSEPORT
struct tick__sock *tick__sock_listener(struct tick_kernel *k, uint32_t host, uint32_t address, bool six, uint16_t port, tick_id connection);
void tick__port_share(struct tick_kernel *k, struct tick__sock *child, const struct tick__sock *listener);
void tick__port_leave(struct tick_kernel *k, struct tick__sock *s);
void tick__port_linger(struct tick_kernel *k, const struct tick__sock *s);
// Whether a socket bound to a port may connect there from it: 0, or -EADDRNOTAVAIL if another one is connected so.
int tick__port_reach(struct tick_kernel *k, const struct tick__sock *s, uint32_t local, uint32_t remote, uint16_t number);
// Addresses of both families are kept as IPv4's: each host's IPv6 address stands for its IPv4 one, `six` tells them apart.
struct tick__address {
    uint32_t ip; // host byte order
    uint16_t port;
    bool six;
};
// Reads an address for a socket of that domain: -EINVAL for its size, -EAFNOSUPPORT for its family.
int tick__address_in(int domain, const struct sockaddr *address, socklen_t size, struct tick__address *out);
void tick__address_out(int domain, const struct tick__address *from, struct sockaddr *address, socklen_t *size);

// common_options.c
void tick__options_free(struct tick_kernel *k, tick__ref options);
tick__ref tick__options_copy(struct tick_kernel *k, tick__ref options); // 0: there are none, or no memory

// tcp.c, tcp_arrivals.c
void tick__tcp_event(struct tick_kernel *k, const struct tick__due *due);
void tick__tcp_send_syn(struct tick_kernel *k, struct tick__sock *s);
void tick__tcp_transmit(struct tick_kernel *k, struct tick__sock *s); // what the window lets out, and the FIN behind it
void tick__tcp_reset_peer(struct tick_kernel *k, struct tick__sock *s);
void tick__tcp_catch_up(struct tick_kernel *k, struct tick__sock *sender); // an acknowledgement, if the sender lacks one
void tick__tcp_purge(struct tick_kernel *k, struct tick__sock *s);         // drops what was not sent yet
void tick__tcp_done(struct tick_kernel *k, struct tick__sock *s);
void tick__tcp_queue_clear(struct tick_kernel *k, struct tick__sock *listener, bool silent);
bool tick__tcp_writable(const struct tick__sock *s);

int tick__tcp_socket(struct tick_kernel *k, int process, int domain, int flags, const struct tick_kernel_name *name);
size_t tick__shortened(struct tick_kernel *k, enum tick_choice_kind kind, tick_id end, uint64_t offset, size_t count);
// keepalive.c: s has SO_KEEPALIVE, and its peer or the way to it is gone: what its probes will find out. No-op for others.
void tick__keepalive_arm(struct tick_kernel *k, struct tick__sock *s);
void tick__keepalive_arm_all(struct tick_kernel *k); // an outage began: whose way is it that is gone?
void tick__keepalive_due(struct tick_kernel *k, struct tick__sock *s);
enum { TICK__KEEP_IDLE = 7200, TICK__KEEP_INTERVAL = 75, TICK__KEEP_COUNT = 9 }; // tcp(7)
void tick__sock_die(struct tick_kernel *k, struct tick__sock *s);                // its host crashed: not a word to anybody

// --- kernel_tell.c: what the probe is told; every function is a no-op without one ---
void tick__tell_fd(struct tick_kernel *k, struct tick__file *file, const struct tick_kernel_name *name, const char *key);
void tick__tell_connection(struct tick_kernel *k, struct tick__sock *s, const struct tick_kernel_name *name, uint32_t peer_host);
uint64_t tick__tell_message(
    struct tick_kernel *k, uint32_t host, uint32_t from, tick_id id, uint64_t ordinal, const void *bytes, size_t count); // there is one
// A datagram leaves host: its message from the socket (object and id), and msg_send (by the running task, or by the kernel because of what
// it carries out). bytes: what it carries, NULL for nothing. Returns object << 32 | seq. Here, as most runs have no probe.
static inline uint64_t tick__tell_datagram(
    struct tick_kernel *k, uint32_t host, uint32_t from, tick_id id, uint64_t ordinal, const void *bytes, size_t count) {
    return k->env.probe ? tick__tell_message(k, host, from, id, ordinal, bytes, count) : 0;
}
// The same of a segment without bytes, in a direction.
static inline uint64_t tick__tell_segment(struct tick_kernel *k, uint32_t host, uint32_t direction, tick_id id, uint64_t ordinal) {
    return tick__tell_datagram(k, host, direction, id, ordinal, NULL, 0);
}
// It arrived at host: returns the seq of msg_recv. One without an object is no message: it comes of the event that its seq names.
uint32_t tick__tell_arrival(struct tick_kernel *k, uint32_t host, uint64_t segment, size_t bytes);
// Bytes just written into what is no connection, `offset` bytes into what it takes.
void tick__tell_written(struct tick_kernel *k, const struct tick__file *file, uint64_t offset, const void *bytes, size_t count);
void tick__tell_send(struct tick_kernel *k, struct tick__sock *s, const void *bytes, size_t count); // bytes just written
void tick__tell_arrived(struct tick_kernel *k, struct tick__sock *sender, uint32_t host);           // up to sender->out.arrived
// Messages that end in (from, to] are lost for good. by: seq of what took them, 0: nothing but what happens to their connection. Returns
// the seq of the latest msg_drop, 0: there was none.
uint32_t tick__tell_dropped(
    struct tick_kernel *k, struct tick__sock *sender, uint32_t host, uint64_t from, uint64_t to, enum tick_drop why, uint32_t by);
// A message without bytes, or a datagram, is lost, as tick__tell_segment has it: returns the seq of msg_drop.
uint32_t tick__tell_acknowledged(const struct tick_kernel *k, const struct tick__sock *sender); // the latest of its messages there that was
// A timer that a program set at `at`: its object, told once (0: not yet), and the seq of its arming; its firing, which is what the kernel
// carries out; that it is disarmed.
uint32_t tick__tell_armed(struct tick_kernel *k, const struct tick__file *file, int64_t at, uint32_t *object);
uint32_t tick__tell_fired(struct tick_kernel *k, const struct tick__file *file, int64_t at, uint32_t object, uint32_t armed);
void tick__tell_disarmed(struct tick_kernel *k, int64_t at, uint32_t object);
uint32_t tick__tell_drop(struct tick_kernel *k, uint32_t host, uint64_t segment, enum tick_drop why, uint32_t by);
// A segment of s's to that host, of that kind (an enum tick__event_kind), is lost, and sent again; or takes longer, by an outage. c: as in
// its event; bytes: how many it has.
void tick__tell_lost(struct tick_kernel *k, struct tick__sock *s, uint32_t to, unsigned kind, uint64_t c, uint64_t bytes);
// It is lost by choice, and sent again.
void tick__tell_loss(struct tick_kernel *k, struct tick__sock *s, unsigned kind, uint64_t c, uint64_t bytes);
// The same of datagrams. lost: by choice, else by the network.
void tick__tell_lost_datagram(struct tick_kernel *k, uint64_t told, uint32_t from, uint32_t to, bool by_choice);
void tick__tell_slow_datagram(struct tick_kernel *k, uint64_t told, uint32_t from, uint32_t to);
// The seq of what the host of s crashed by, if s died of it; else 0.
uint32_t tick__tell_death(const struct tick_kernel *k, const struct tick__sock *s);
// The seq of what cuts s off from that host; 0: nothing does.
uint32_t tick__tell_cut_off(const struct tick_kernel *k, const struct tick__sock *s, uint32_t to);
void tick__tell_slowed(struct tick_kernel *k, struct tick__sock *s, uint32_t to, unsigned kind, uint64_t c, uint64_t bytes);
void tick__tell_read(struct tick_kernel *k, struct tick__sock *sender); // bytes up to out.read were consumed
void tick__tell_consumed(struct tick_kernel *k, uint32_t seq);

#endif
