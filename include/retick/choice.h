// The kinds of outside decisions, and the one call that asks for one. docs/IDENTITY.md explains addresses and soundness.
#ifndef RETICK_CHOICE_H
#define RETICK_CHOICE_H

#include <retick/id.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// X(constant, number, word, soundness, rate, unit, manual, because)
// word: as schedules spell it. soundness: whether production can do it. rate: the random chooser's default, in 1/65536 of the
// occasions (before the seed's own factor). unit: what a value means. manual: the page that allows it. because: the same in words,
// for people ("sound: a busy machine does this", "relaxed: asyncio promises ...").
// Numbers enter recorded schedules' random draws: add at the end, never renumber. TICK_CHOICE_VERSION counts changes of meaning.
#define TICK_CHOICE_VERSION 2
#define TICK_CHOICES(X) \
    X(TICK_CHOICE_HOST_LATE, 1, "host_late", TICK_SOUND, 600, TICK_UNIT_TIME, "sched(7)", "a busy machine does this") \
    X(TICK_CHOICE_POLL_LATE, 2, "poll_late", TICK_SOUND, 600, TICK_UNIT_TIME, "epoll_wait(2)", "a busy machine does this") \
    X(TICK_CHOICE_READY_HOLD, 3, "ready_hold", TICK_SOUND, 600, TICK_UNIT_POLLS, "epoll(7)", "a production network does this") \
    X(TICK_CHOICE_DELIVERY, 4, "delivery", TICK_SOUND, 6000, TICK_UNIT_TIME, "tcp(7)", "a production network does this") \
    X(TICK_CHOICE_SHORT_SEND, 5, "short_send", TICK_SOUND, 600, TICK_UNIT_BYTES, "send(2)", "send(2) may take fewer bytes") \
    X(TICK_CHOICE_SHORT_RECV, 6, "short_recv", TICK_SOUND, 600, TICK_UNIT_BYTES, "recv(2)", "recv(2) may give fewer bytes") \
    X(TICK_CHOICE_FAULT_REFUSE, 7, "refuse", TICK_SOUND, 2000, TICK_UNIT_YES, "connect(2)", "the scenario lets connections be refused") \
    X(TICK_CHOICE_FAULT_RESET, 8, "reset", TICK_SOUND, 400, TICK_UNIT_YES, "tcp(7)", "the scenario lets connections be reset") \
    X(TICK_CHOICE_STEP_COST, 9, "step_cost", TICK_SOUND, 600, TICK_UNIT_TIME, "sched(7)", "a busy machine does this") \
    X(TICK_CHOICE_USER, 10, "user", TICK_SOUND, 8000, TICK_UNIT_VALUE, "retick(1)", "the program asked for it") \
    X(TICK_CHOICE_DISPLACE, 11, "displace", TICK_RELAXED, 0, TICK_UNIT_POPS, "retick(1)", "asyncio promises first in, first out") \
    X(TICK_CHOICE_CANCEL, 12, "cancel", TICK_RELAXED, 0, TICK_UNIT_YES, "retick(1)", "nothing in the program cancels here") \
    X(TICK_CHOICE_LOSS, 13, "loss", TICK_SOUND, 600, TICK_UNIT_VALUE, "tcp(7)", "a production network does this") \
    X(TICK_CHOICE_FAULT_PARTITION, 14, "fault_partition", TICK_SOUND, 1000, TICK_UNIT_TIME, "tcp(7)", "the scenario allows this fault") \
    X(TICK_CHOICE_FAULT_ONE_WAY, 15, "fault_one_way", TICK_SOUND, 500, TICK_UNIT_TIME, "tcp(7)", "the scenario allows this fault") \
    X(TICK_CHOICE_FAULT_CLOG, 16, "fault_clog", TICK_SOUND, 500, TICK_UNIT_TIME, "tcp(7)", "the scenario allows this fault") \
    X(TICK_CHOICE_FAULT_CRASH, 17, "fault_crash", TICK_SOUND, 1000, TICK_UNIT_TIME, "reboot(2)", "the scenario allows this fault") \
    X(TICK_CHOICE_FAULT_STOP, 18, "fault_stop", TICK_SOUND, 500, TICK_UNIT_TIME, "kill(2)", "the scenario allows this fault") \
    X(TICK_CHOICE_FAULT_PAUSE, 19, "fault_pause", TICK_SOUND, 500, TICK_UNIT_TIME, "sched(7)", "the scenario allows this fault") \
    X(TICK_CHOICE_FAULT_CLOCK, 20, "fault_clock", TICK_SOUND, 500, TICK_UNIT_TIME, "clock_settime(2)", "the scenario allows this fault") \
    X(TICK_CHOICE_DUPLICATE, 21, "duplicate", TICK_SOUND, 600, TICK_UNIT_YES, "udp(7)", "datagrams may come twice, and in any order") \
    X(TICK_CHOICE_REORDER, 22, "reorder", TICK_SOUND, 2000, TICK_UNIT_TIME, "udp(7)", "datagrams may come twice, and in any order") \
    X(TICK_CHOICE_AGAIN, 23, "again", TICK_SOUND, 300, TICK_UNIT_YES, "select(2)", \
        "a datagram of a wrong checksum is dropped after it was reported") \
    X(TICK_CHOICE_INTERRUPT, 24, "interrupt", TICK_SOUND, 600, TICK_UNIT_TIME, "signal(7)", "the program has a signal handler") \
    X(TICK_CHOICE_RESOLVE_LATE, 25, "resolve_late", TICK_SOUND, 1000, TICK_UNIT_TIME, "getaddrinfo(3)", \
        "name servers are slow, or do not answer") \
    X(TICK_CHOICE_RESOLVE_FAIL, 26, "resolve_fail", TICK_SOUND, 600, TICK_UNIT_YES, "getaddrinfo(3)", \
        "name servers are slow, or do not answer") \
    X(TICK_CHOICE_DISK_KEPT, 27, "disk_kept", TICK_SOUND, 16000, TICK_UNIT_VALUE, "fsync(2)", \
        "what is not synced may be lost, or half written") \
    X(TICK_CHOICE_DISK_ERROR, 28, "disk_error", TICK_SOUND, 300, TICK_UNIT_YES, "write(2)", "the scenario lets disks fail") \
    X(TICK_CHOICE_DISK_SHORT, 29, "disk_short", TICK_SOUND, 600, TICK_UNIT_BYTES, "write(2)", "write(2) may take fewer bytes") \
    X(TICK_CHOICE_DISK_SYNC, 30, "disk_sync", TICK_SOUND, 1000, TICK_UNIT_YES, "fsync(2)", "the scenario lets disks fail") \
    X(TICK_CHOICE_DISK_LATE, 31, "disk_late", TICK_SOUND, 1000, TICK_UNIT_TIME, "read(2)", "a busy disk does this") \
    X(TICK_CHOICE_JOB_TIME, 32, "job_time", TICK_SOUND, 3000, TICK_UNIT_TIME, "pthreads(7)", "a thread takes its time") \
    X(TICK_CHOICE_RESOLVE_WRONG, 33, "resolve_wrong", TICK_SOUND, 600, TICK_UNIT_YES, "getaddrinfo(3)", "name servers give old answers") \
    X(TICK_CHOICE_THREAD, 34, "thread", TICK_SOUND, 1000, TICK_UNIT_POPS, "sched(7)", "which ready thread goes on is the machine's choice")

enum tick_choice_kind {
#define TICK_CHOICE_ENUM(name, number, word, sound, rate, unit, manual, because) name = (number),
    TICK_CHOICES(TICK_CHOICE_ENUM)
#undef TICK_CHOICE_ENUM
        TICK_CHOICE_KINDS // one more than the last
};

// Kinds that only programs with threads of their own are asked about, bit k for kind k: no scenario draws them.
#define TICK_CHOICES_OF_THREADS ((uint64_t)1 << TICK_CHOICE_THREAD)

// Sets of kinds that need not be asked about, bit k for kind k: whether `kind` is among them.
static inline bool tick_is_calm(uint64_t calm, enum tick_choice_kind kind) {
    return calm >> kind & 1;
}

enum tick_soundness { TICK_SOUND, TICK_RELAXED };

// TIME: the value indexes the time scale, cut off (below). POLLS, BYTES, POPS: that many more (BYTES: fewer: the value is how many
// are moved). YES: 0 or 1. VALUE: the program's own number.
enum tick_choice_unit { TICK_UNIT_TIME, TICK_UNIT_POLLS, TICK_UNIT_BYTES, TICK_UNIT_YES, TICK_UNIT_VALUE, TICK_UNIT_POPS };

// The time scale of delays, in ns: 0, 1 us, 10 us, 100 us, 1 ms, 3, 10, 30, 100, 300 ms, 1 s, 3, 10, 30 s, ... (index 0 is 0).
#define TICK_SCALE_STEPS 20
int64_t tick_scale(uint32_t step);

// How many values a TIME choice with a largest delay of `most` ns has: 1 for the calm 0, one for each scale step below `most`, one for the
// greatest number of one digit between the last of these and `most` (40 ms of 49), if there is one, and one for `most` itself (if it is
// positive). tick_scale_capped(v, most) gives value v's delay in ns.
uint32_t tick_scale_count(int64_t most);
int64_t tick_scale_capped(uint32_t value, int64_t most);
// The same of delays of `least` ns and more; `most` is always there. A choice that has fewer values than tick_scale_count(most) lacks the
// shortest ones: tick_scale_delay(v, n, most) gives value v's delay where there are n (0: unknown, all).
uint32_t tick_scale_count_from(int64_t least, int64_t most);
int64_t tick_scale_delay(uint32_t value, uint32_t n, int64_t most);

// Ordinals of disks. An operation (1 read, 2 write, 3 sync, 4 a change of the name): the kth of its kind * OPS + the kind. What a crash
// leaves: the host's life from 0, then which change of the name, from 0, then the page, from 1 (0: the name itself).
#define TICK_DISK_OPS 8u
#define TICK_DISK_LIFE_SHIFT 40
#define TICK_DISK_CHANGE_SHIFT 25
#define TICK_DISK_SIZE_PLACE ((1u << TICK_DISK_CHANGE_SHIFT) - 1) // instead of a page: the file's size

#define TICK_DOUBLED ((uint64_t)1 << 63) // or'ed to a datagram's number: of two, the one that comes later

// One decision of the outside world that was not calm.
struct tick_deviation {
    tick_id subject;
    uint64_t ordinal;
    uint32_t value; // 0 < value < n
    uint32_t n;     // how many values there were; 0 in a schedule read from text: unknown
    int64_t most;   // TIME units: the largest delay that was allowed, in ns, so that the value can be told in time (tick_scale_delay)
    uint8_t kind;   // enum tick_choice_kind
};

// Sends and receives are cut short to 1 .. TICK_CUTS - 1 bytes, which are the values; where a world asks for cuts at the other end, too,
// larger values leave 1 .. TICK_CUTS - 1 bytes away.
#define TICK_CUTS 16u
static inline bool tick_kind_cuts(uint32_t kind) {
    return kind == TICK_CHOICE_SHORT_SEND || kind == TICK_CHOICE_SHORT_RECV;
}
static inline bool tick_cut_is_at_end(const struct tick_deviation *deviation) {
    return tick_kind_cuts(deviation->kind) && deviation->value >= TICK_CUTS;
}

#ifdef __cplusplus
}
#endif

#endif
