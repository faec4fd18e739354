// The simulated kernel: hosts, processes and their fds, stream sockets, epoll, eventfd, the clock and the queue of what is to happen.
//
// All state lies in one arena, linked by 32-bit slab indices: no malloc, no pointer in or out, no call up into programs. Calls answer as
// Linux's do, errors as negated errno, and never block: a call that would says so and the caller waits by `watch` and `woken`.
// `struct tick_kernel` itself is this process's handle on the arena.
#ifndef RETICK_KERNEL_H
#define RETICK_KERNEL_H

#include <retick/choice.h>
#include <retick/error.h>
#include <retick/probe.h>
#include <retick/sys.h>
#include <retick/time.h>
#include <stdbool.h>

#include "sim/kernel/calls.h"

struct tick_kernel;

// How this process's kernel asks and tells.
struct tick_kernel_env {
    // Asks the outside world (the world logs deviations and tells the probe). Never NULL.
    uint32_t (*choose)(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most);
    void *ctx;
    uint64_t calm;            // kinds that it need not be asked about (retick/choice.h)
    bool cuts_at_ends;        // of sends and receives: also few bytes before the end (retick/choice.h)
    tick_disk_fault_fn *disk; // NULL: disks never fail
    struct tick_probe *probe; // NULL: nobody listens. The kernel keeps probe->now and probe->arrived.
};

int tick_kernel_new(size_t arena_most, struct tick_kernel **out); // reserves address space; pages come as they are used
// A handle over memory that is the caller's and stays so (a mapping that processes share, wherever each has it): 16 KiB or more, whose
// address divides by 64; else -EINVAL. -ENOMEM. What is there is left as it is: the world that another handle has begun, and that both see
// from then on; one at a time may call. Where none has, the first call is `begin`.
int tick_kernel_over(void *memory, size_t size, struct tick_kernel **out);
size_t tick_kernel_size(const struct tick_kernel *k); // bytes that there may be
// Its memory is the file's from now on, at the same address, with all that is there: other processes may map that too, and see this world
// (`over`). fd: of a memfd, size bytes long, and the caller's. 0 or a negated errno; then nothing has changed.
int tick_kernel_share(struct tick_kernel *k, int fd);
// The world as bytes, which `put` brings back, in this memory or in another of that size: all of what is used, from the first byte on.
const void *tick_kernel_world(const struct tick_kernel *k, size_t *size);
void tick_kernel_put(struct tick_kernel *k, const void *world, size_t size);
void tick_kernel_wipe(struct tick_kernel *k);  // what was used is zeroed, so that the same calls make the same bytes; `begin` comes next
void tick_kernel_large(struct tick_kernel *k); // much will be used: huge pages suit it
void tick_kernel_free(struct tick_kernel *k);  // the handle, and memory that `new` has reserved
// Sets whom this handle asks and tells; env is copied, and the world stays as it is. A probe->now that another handle's moves of the clock
// have left behind catches up so, or by clock_to.
void tick_kernel_env(struct tick_kernel *k, const struct tick_kernel_env *env);
void tick_kernel_begin(struct tick_kernel *k); // an empty world at time 0, for all handles; cost in proportion to what was used
void tick_kernel_reset(struct tick_kernel *k, const struct tick_kernel_env *env); // both

// --- hosts and links ---
// Adds a host: its index (0, 1, ...), address 10.0.<hi>.<lo> of index + 1. name is copied (at most 63 bytes); id its stable id,
// object its probe object. -EEXIST for a name in use, -ENOMEM.
int tick_kernel_host_add(struct tick_kernel *k, const char *name, tick_id id, uint32_t object);
int tick_kernel_host_find(const struct tick_kernel *k, const char *name); // index, or TICK_ENOHOST
// The host dies, and its processes with it: their fds vanish; peers learn as from a crashed machine whose kernel still answers: RST on the
// next segment to them.
void tick_kernel_host_crash(struct tick_kernel *k, int host);

// --- processes: what a program has of its own is its fds, and whether it handles signals ---
// Starts one on a host, whose network, disk and clock it shares with the others there: its index, which calls take, or -ENOMEM. The index
// of one that has ended is given again.
int tick_kernel_process_start(struct tick_kernel *k, int host);
void tick_kernel_process_exit(struct tick_kernel *k, int process); // closes its fds, in their order
// fork(2): one more on the same host, with fds of the same descriptions at the same numbers, and the limit; no signal is pending for it.
// -ENOMEM.
int tick_kernel_process_fork(struct tick_kernel *k, int process);
// execve(2), when it succeeds: closes the fds that are marked so. False: one of them lingers; wait for that (tick_kernel_lingers), then
// call again.
bool tick_kernel_process_exec(struct tick_kernel *k, int process);
int tick_kernel_open_fds(const struct tick_kernel *k, int process);           // how many fds it holds, beside 0 to 2
void tick_kernel_fd_limit(struct tick_kernel *k, int process, uint32_t most); // no fd is as great (RLIMIT_NOFILE); at most 65536
// The fds that calls make in that process get these numbers from now on, in turn, and not the lowest that are free: for who counts fds
// beside those that are simulated. They may be 0 to 2. A call that makes more than are left fails with -EMFILE (recvmsg gives as many as
// there are: MSG_CTRUNC), until `anywhere` says that the lowest will do again, and how many of the numbers are left. fds is the caller's
// until then. -EBADF for one that is negative or taken, -EMFILE for one that is too great; then the lowest are given. It is kept in the
// handle, for one process at a time.
int tick_kernel_fds_at(struct tick_kernel *k, int process, const int *fds, uint32_t count);
int tick_kernel_fd_at(struct tick_kernel *k, int process, int fd); // the same of one
uint32_t tick_kernel_fds_anywhere(struct tick_kernel *k);

struct tick_link {
    int64_t latency;   // ns, one way, before jitter
    int64_t jitter;    // ns: the most that a `delivery` choice may add
    uint32_t delays;   // the kernel's: how many values such a choice has
    bool refuse;       // a connect may be refused though somebody listens (choice `refuse`)
    bool reset;        // a connection may be reset (choice `reset`, asked once a data segment, at its sending)
    bool loss;         // a segment may be lost, and sent again (choice `loss`, asked where `delivery` is); a datagram for good
    bool duplicate;    // a datagram may come twice (choice `duplicate`)
    bool reorder;      // a datagram may be overtaken by later ones (choice `reorder`, at most the jitter)
    bool corrupt;      // a datagram may fail its checksum when it is received, after it was reported (choice `again`)
    int64_t bandwidth; // bytes a second and direction; 0: no limit; negative: nothing passes
    int64_t queue;     // bytes that may wait for it; what does not fit is lost. 0: no limit
    int64_t timeout;   // ns until a sender gives up what is not acknowledged (ETIMEDOUT); 0: Linux's 924.6 s
};
void tick_kernel_link_all(struct tick_kernel *k, const struct tick_link *link); // every pair without a link of its own
// Both ways; 0, -EINVAL or -ENOMEM. A host's link with itself (a and b are one) is an instant without choices until it is set here.
int tick_kernel_link_set(struct tick_kernel *k, int a, int b, const struct tick_link *link);

// --- outages: what the network does to segments between hosts, on top of its links ---
// Begins one, under a key of the caller's. sides: one byte a host, 0 for those that it leaves alone; segments between hosts of different
// sides are lost (slow 0) or take `slow` ns longer; one_way: only those from a host of side 1 to one of side 2. 0 or -ENOMEM.
int tick_kernel_outage_begin(struct tick_kernel *k, uint32_t key, const uint8_t *sides, uint32_t hosts, bool one_way, int64_t slow);
void tick_kernel_outage_end(struct tick_kernel *k, uint32_t key);
// A host that is down (crashed, and not started again) takes no segment.
void tick_kernel_host_up(struct tick_kernel *k, int host, bool up);
void tick_kernel_calm(struct tick_kernel *k); // from now on nothing is lost, refused or reset by choice
// A TCP socket that has listened never connects (-EINVAL), and one that has connected never listens: so kernels have it of late (6.18.44
// does), where older ones let it change.
void tick_kernel_one_role(struct tick_kernel *k);

// --- time ---
int64_t tick_kernel_now(const struct tick_kernel *k);
// The world's own events share the queue with segments: ties go by posting order.
struct tick_posted {
    int64_t at;
    uint32_t what, arg;
};
// Posts; returns a key (> 0) for unpost, 0 when out of memory. `at` in the past means now.
uint32_t tick_kernel_post(struct tick_kernel *k, int64_t at, uint32_t what, uint32_t arg);
void tick_kernel_unpost(struct tick_kernel *k, uint32_t key); // of an event that has not come yet
int64_t tick_kernel_next_at(const struct tick_kernel *k);     // when the next event is due; TICK_NEVER: none
bool tick_kernel_next_is_posted(const struct tick_kernel *k); // that event is the world's own
uint32_t tick_kernel_cause(const struct tick_kernel *k);      // seq of the arrival that was told last of all that happened; 0: none was
void tick_kernel_no_cause(struct tick_kernel *k);             // what comes next does not come of that
// When the last of those is due that are to come at all; 0: there is none. *whats: a bit for each `what` of the world's own among them.
int64_t tick_kernel_last_at(const struct tick_kernel *k, uint32_t *whats);
// For fetching memory in advance, of the segment `place` segments from now: the number of the socket that it reaches; 0: there is none, or
// it is not known. fetch brings near the sockets that it passes between; ahead, then, what these lead to, and near what that leads to: both
// return the host that it reaches, or -1.
uint32_t tick_kernel_segment(const struct tick_kernel *k, uint32_t place);
void tick_kernel_fetch(const struct tick_kernel *k, uint32_t place);
int tick_kernel_ahead(const struct tick_kernel *k, uint32_t place);
int tick_kernel_near(const struct tick_kernel *k, uint32_t place);
// Takes the earliest event, moves the clock to it (never back) and carries it out. Returns false if there is none.
// *posted is filled with the world's own event, or its what is 0 for the kernel's own.
bool tick_kernel_next(struct tick_kernel *k, struct tick_posted *posted);
// Moves the clock to `at`, if no event is due until then and no waiter is to be woken. Returns whether that was so.
bool tick_kernel_pass(struct tick_kernel *k, int64_t at);
// Moves the clock on to `at` without any event (all due ones must have been taken).
void tick_kernel_clock_to(struct tick_kernel *k, int64_t at);

// --- waiting ---
// Registers waiter (any number of the caller's) to be woken once when epfd has something to report; -EBUSY if it is registered there, or
// -ENOMEM. Several may be: each readiness wakes one of them, the latest, as Linux does. When that has asked by epoll_wait, and more is left
// (what is level-triggered stays), the next is woken. Those of watch_fds are all woken, however many watch an fd.
int tick_kernel_watch(struct tick_kernel *k, int process, int epfd, uint32_t waiter);
// It waits no more. If it is to be woken already, another one is in its place.
void tick_kernel_unwatch(struct tick_kernel *k, int process, int epfd, uint32_t waiter);
// Who is next to wake, and stays that; false: nobody.
bool tick_kernel_to_wake(const struct tick_kernel *k, uint32_t *waiter);
// Takes the next waiter to wake, in the order in which they became so; false if there is none.
bool tick_kernel_woken(struct tick_kernel *k, uint32_t *waiter);
bool tick_kernel_is_to_wake(const struct tick_kernel *k, uint32_t waiter); // whether it is among those
// What woke it, as choice `host_late` is addressed: the end, datagram or other fd that became ready, and the how often. 0: it woke before.
tick_id tick_kernel_woken_by(const struct tick_kernel *k, uint64_t *ordinal);
// With a probe: the seq of the arrival, or of the timer's firing, that it was woken by; 0: what a program did woke it.
uint32_t tick_kernel_woken_cause(const struct tick_kernel *k);

// --- closing that waits (SO_LINGER) ---
// To be asked after each call that may close something (close, dup2; what receives, and lets fds of a message go; ...): the key of a
// connection that it closed and that lingers, or 0. Then the caller is to wait, *most ns at most, before it returns (linger.c).
uint32_t tick_kernel_lingers(struct tick_kernel *k, uint32_t waiter, int64_t *most);
bool tick_kernel_linger_on(struct tick_kernel *k, uint32_t key);  // whether it still does; then waiter is woken when that may have changed
void tick_kernel_linger_end(struct tick_kernel *k, uint32_t key); // the wait is over: the call goes on, and may come to another one

// --- calls of a process: see retick/sys.h and section 2 of the manual ---
// What the call makes is called: an fd of its maker's; kth is its count, maker_object the maker's probe object. A connection's depend on
// whom it leads to: connect works them out, and counts, with the maker (NULL: they are given).
struct tick_kernel_name {
    tick_id id;
    uint32_t maker_object, kth;
    struct tick_maker *maker;
};
int tick_k_epoll_create(struct tick_kernel *k, int process, const struct tick_kernel_name *name);
int tick_k_epoll_create1(struct tick_kernel *k, int process, int flags, const struct tick_kernel_name *name); // create: EPOLL_CLOEXEC
int tick_k_epoll_ctl(struct tick_kernel *k, int process, int epfd, int op, int fd, const struct tick_sys_event *event);
// Never blocks: reports what is ready now (after `ready_hold` choices, each counted down once a call). may_block: the caller will wait if
// nothing is reported, so what is held back is reported instead.
int tick_k_epoll_wait(struct tick_kernel *k, int process, int epfd, struct tick_sys_event *out, int most, bool may_block);
int tick_k_eventfd(struct tick_kernel *k, int process, unsigned initial, int flags, const struct tick_kernel_name *name);
int tick_k_socket(struct tick_kernel *k, int process, int domain, int type, int protocol, const struct tick_kernel_name *name);
int tick_k_bind(struct tick_kernel *k, int process, int fd, const struct sockaddr *address, socklen_t size);
int tick_k_listen(struct tick_kernel *k, int process, int fd, int backlog);
int tick_k_accept(struct tick_kernel *k, int process, int fd, struct sockaddr *address, socklen_t *size);
// accept makes fds that are non-blocking and closed on exec, accept4 as flags say (SOCK_NONBLOCK, SOCK_CLOEXEC).
int tick_k_accept4(struct tick_kernel *k, int process, int fd, struct sockaddr *address, socklen_t *size, int flags);
int tick_k_connect(
    struct tick_kernel *k, int process, int fd, const struct sockaddr *address, socklen_t size, const struct tick_kernel_name *connection);
ssize_t tick_k_send(struct tick_kernel *k, int process, int fd, const void *bytes, size_t count, int flags);
ssize_t tick_k_recv(struct tick_kernel *k, int process, int fd, void *bytes, size_t count, int flags);
int tick_k_shutdown(struct tick_kernel *k, int process, int fd, int how);
int tick_k_getsockopt(struct tick_kernel *k, int process, int fd, int level, int name, void *value, socklen_t *size);
int tick_k_setsockopt(struct tick_kernel *k, int process, int fd, int level, int name, const void *value, socklen_t size);
int tick_k_getsockname(struct tick_kernel *k, int process, int fd, struct sockaddr *address, socklen_t *size);
int tick_k_getpeername(struct tick_kernel *k, int process, int fd, struct sockaddr *address, socklen_t *size);
ssize_t tick_k_read(struct tick_kernel *k, int process, int fd, void *bytes, size_t count);
ssize_t tick_k_write(struct tick_kernel *k, int process, int fd, const void *bytes, size_t count);
int tick_k_close(struct tick_kernel *k, int process, int fd);
// The stable id of an fd (tick_k_fd_id): a connected socket's is its connection's end (TICK_NEAR or TICK_FAR). 0 for a bad fd.
// The connection that fd is an end of: its id and its probe object; 0 and 0 if it is none.
void tick_k_connection(const struct tick_kernel *k, int process, int fd, tick_id *id, uint32_t *object);
// The object that the fd is to a probe: a connection's end, else what was told when it was made. 0: none.
uint32_t tick_k_object(const struct tick_kernel *k, int process, int fd);
tick_id tick_k_fd_id(const struct tick_kernel *k, int process, int fd);

#endif
