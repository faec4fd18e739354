// An address never moves when something else goes. Random programs are run twice: alone, and among others: more tasks, files, sockets,
// timers, pipes, jobs and questions on the same hosts, to the same server and directory; its own tasks begun in another order, and doing
// other things, too.
//
//  A  each question that the program was asked alone is asked again, with as many answers
//  B  what its tasks met, and when, is the same: each question is still asked by the same one
//
// The world answers a question of the program by a hash of its address, one of the others calmly. What takes time takes 1 us, since a host
// is late as a whole; tasks act some time apart (act), so that what one does is over before the next begins.
// Left out is what there is one of for all that a host does: the waits of its loop, and its main task, which here begins and joins them
// all; and `displace`, which is asked of who has others behind it.
// RETICK_PROGRAMS=10000 runs as many; RETICK_SEED says from which on.
// timeout: 300
#include "sim/choice/kinds_int.h"
#include "sim/choice/names.h"
#include "tests/support/harness_fixture.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>

#define ACTORS 12
#define OPS 5
#define MET 400
#define ASKED (1u << 14)
#define PHASE TICK_US(60)

enum op { NUMBER, TIMERS, FILES, TALK, DATAGRAM, NAME, JOB, WAIT, EPOLL, BYTES, ENTROPY, CALLBACK, OP_KINDS };

struct actor {
    char name[8];
    int host;   // 0, 1
    bool other; // not the program's
    uint32_t ops, op[OPS], detail[OPS];
};

struct question {
    tick_id subject;
    uint64_t ordinal;
    uint32_t n, value, kind; // kind 0: none
    int64_t most;
    bool met;
};

TICK_KEEP static struct {
    uint64_t seed;
    struct actor actors[ACTORS];
    uint32_t count, order[ACTORS];
    bool among_others; // the second run
    bool crashes;      // then others send nothing, and nobody is late or busy: all connections of a host end at one moment, by fds' order
    int64_t met[ACTORS][MET];
    uint32_t met_count[ACTORS];
    struct question asked[ASKED];
    uint32_t asked_count;
    tick_id shared[32];    // what all of a host's tasks have in common
    char trouble[200];     // what differs
    struct question moved; // kind 0: none
} p = {0};

TICK_KEEP static uint64_t drawn[TICK_CHOICE_KINDS] = {0}, program_count = 1000;

static uint32_t draw(uint32_t n) {
    p.seed = tick_id_mix(p.seed, 1);
    return (uint32_t)((p.seed >> 32) % n);
}

// --- what the program does ---

static void meet(const struct actor *a, int64_t what) {
    const size_t i = (size_t)(a - p.actors);
    if (p.met_count[i] < MET)
        p.met[i][p.met_count[i]++] = what;
}

// Until the actor's next moment: each has its own within a millisecond.
static int act(const struct actor *a) {
    const int64_t phase = PHASE * (a - p.actors + 1), now = tick_time();
    const int64_t next = (now - phase) / TICK_MS(1) * TICK_MS(1) + phase + (now > phase ? TICK_MS(1) : 0);
    const int result = tick_sleep(next > now ? next - now : TICK_MS(1));
    meet(a, tick_time());
    return result;
}

static void numbers(const struct actor *a, uint32_t detail) {
    static const char *const names[] = {"coin", "dice", "card"};
    for (uint32_t i = 0; i < 3; i++)
        meet(a, tick_random(names[detail >> i & 1 ? i : 0], 2 + i * 3));
}

static void files(const struct actor *a, uint32_t detail) {
    struct tick_sys *sys = tick_sys_running();
    char path[40], moved[40], bytes[5000] = {0};
    snprintf(path, sizeof path, "/d/%s-%u", a->other && detail & 8 ? "tmp" : a->name, detail & 1);
    snprintf(moved, sizeof moved, "/d/%s-moved", a->name);
    meet(a, sys->ops->mkdir(sys, a->other ? "/e" : detail & 4 ? "/d" : "/", 0755) == 0 ? 0 : 1);
    const int fd = sys->ops->open(sys, path, O_RDWR | O_CREAT, 0644);
    meet(a, fd < 0 ? fd : 0);
    if (fd >= 0) {
        meet(a, sys->ops->write(sys, fd, bytes, 600 + detail % 4000));
        if (detail & 2)
            meet(a, sys->ops->fsync(sys, fd));
        meet(a, sys->ops->pread(sys, fd, bytes, 100, 0));
        meet(a, sys->ops->close(sys, fd));
    }
    if (detail & 16)
        meet(a, sys->ops->rename(sys, path, moved));
    else if (detail & 32)
        meet(a, sys->ops->unlink(sys, path));
}

static int talks(const struct actor *a, uint32_t detail) {
    tick_stream *stream;
    char line[64];
    int result = tick_connect("s:7", &stream);
    meet(a, result);
    if (result < 0)
        return result;
    for (uint32_t i = 0; i <= detail % 3 && result >= 0; i++) {
        result = (int)tick_stream_printf(stream, "%s %u %u\n", a->name, i, detail);
        meet(a, result);
        if (result >= 0)
            result = (int)tick_stream_read_line(stream, line, sizeof line);
        meet(a, result);
        meet(a, tick_time());
    }
    tick_stream_close(stream);
    return result;
}

static void sends(const struct actor *a, uint32_t detail) {
    struct tick_sys *sys = tick_sys_running();
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(0x0a000004)};
    const int fd = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0);
    const uint8_t bytes[3] = {(uint8_t)(a - p.actors), (uint8_t)detail, 0};
    for (uint32_t i = 0; i <= detail % 3 && fd >= 0; i++)
        meet(a, sys->ops->sendto(sys, fd, bytes, 2 + i % 2, 0, (const struct sockaddr *)&to, sizeof to));
    if (fd >= 0)
        sys->ops->close(sys, fd);
}

static void looks_up(const struct actor *a, uint32_t detail) {
    struct tick_sys *sys = tick_sys_running();
    struct sockaddr_storage all[4];
    const int count = sys->ops->resolve_all(sys, a->other && detail & 1 ? "log" : "db", 1, all, 4);
    meet(a, count);
    if (count > 0)
        meet(a, ntohl(((const struct sockaddr_in *)(const void *)all)->sin_addr.s_addr));
}

static int job(void *arg) {
    meet(arg, tick_time());
    return 7;
}

static void waits(const struct actor *a, uint32_t detail) {
    struct tick_sys *sys = tick_sys_running();
    struct pollfd one = {.fd = -1, .events = POLLIN};
    if (detail & 1) {
        meet(a, sys->ops->sleep(sys, TICK_US(5)));
        return;
    }
    const int fd = detail & 2 ? sys->ops->timerfd(sys, CLOCK_MONOTONIC) : -1;
    if (fd >= 0)
        meet(a, sys->ops->timerfd_settime(sys, fd, 0, TICK_US(3), 0, NULL, NULL));
    one.fd = fd;
    meet(a, sys->ops->poll(sys, &one, 1, TICK_US(5)));
    meet(a, tick_time());
    if (fd >= 0)
        sys->ops->close(sys, fd);
}

static void waits_by_epoll(const struct actor *a) {
    struct tick_sys *sys = tick_sys_running();
    struct tick_sys_event event = {.events = EPOLLIN};
    int fds[2];
    const int epfd = sys->ops->epoll_create(sys);
    if (epfd < 0 || sys->ops->pipe(sys, fds) < 0)
        return;
    meet(a, sys->ops->epoll_ctl(sys, epfd, EPOLL_CTL_ADD, fds[0], &event));
    for (int i = 0; i < 2; i++)
        meet(a, sys->ops->epoll_wait(sys, epfd, &event, 1, TICK_US(5), 0));
    for (int i = 0; i < 2; i++)
        sys->ops->close(sys, fds[i]);
    sys->ops->close(sys, epfd);
}

static void moves_bytes(const struct actor *a, uint32_t detail) {
    struct tick_sys *sys = tick_sys_running();
    static const char bytes[40000];
    char read[6000];
    int fds[2];
    const int made = detail & 1 ? sys->ops->pipe(sys, fds) : sys->ops->socketpair(sys, AF_UNIX, SOCK_STREAM, 0, fds);
    if (made < 0)
        return;
    meet(a, sys->ops->write(sys, fds[1], bytes, detail & 1 ? 5000 : sizeof bytes));
    meet(a, sys->ops->read(sys, fds[0], read, sizeof read));
    for (int i = 0; i < 2; i++)
        sys->ops->close(sys, fds[i]);
}

static void entropy(const struct actor *a) {
    struct tick_sys *sys = tick_sys_running();
    int64_t word = 0;
    sys->ops->random(sys, &word, sizeof word);
    meet(a, word);
}

static void called(void *arg) {
    meet(arg, tick_random("called", 9));
    meet(arg, tick_time());
}

static int does(struct actor *a, uint32_t op, uint32_t detail) {
    switch ((enum op)op) {
    case NUMBER:
        numbers(a, detail);
        return 0;
    case TIMERS:
        meet(a, tick_within(TICK_US(4 + detail % 4), tick_sleep(TICK_US(5))));
        meet(a, tick_time());
        return 0;
    case FILES:
        files(a, detail);
        return 0;
    case TALK:
        return talks(a, detail);
    case DATAGRAM:
        sends(a, detail);
        return 0;
    case NAME:
        looks_up(a, detail);
        return 0;
    case JOB:
        meet(a, tick_to_thread(job, a));
        return 0;
    case WAIT:
        waits(a, detail);
        return 0;
    case EPOLL:
        waits_by_epoll(a);
        return 0;
    case BYTES:
        moves_bytes(a, detail);
        return 0;
    case ENTROPY:
        entropy(a);
        return 0;
    default:
        return tick_call_soon(NULL, called, a);
    }
}

// In the second run its own tasks do more, too: under other names, to other files, with fds and timers of other sorts.
static void strays(struct actor *a, uint32_t detail) {
    struct tick_sys *sys = tick_sys_running();
    struct sockaddr_storage address;
    char path[40];
    int fd;
    for (uint32_t i = 0; i < detail % 3; i++)
        (void)tick_random("stray", 5);
    if (detail & 4)
        (void)sys->ops->resolve_all(sys, "log", 1, &address, 1);
    snprintf(path, sizeof path, "/e-%s-%u", a->name, detail & 3);
    if (detail & 8 && (fd = sys->ops->open(sys, path, O_RDWR | O_CREAT, 0644)) >= 0) {
        (void)!sys->ops->write(sys, fd, path, 9);
        sys->ops->close(sys, fd);
    }
    if (detail & 16 && (fd = sys->ops->eventfd(sys, 0, 0)) >= 0)
        sys->ops->close(sys, fd);
    if (detail & 32 && (fd = sys->ops->socket(sys, AF_INET, SOCK_STREAM, 0)) >= 0)
        sys->ops->close(sys, fd);
    if (detail & 64) {
        struct tick_handle *timer = tick_call_later(NULL, TICK_SEC(9), called, a);
        if (timer)
            tick_handle_cancel(timer);
        tick_handle_unref(timer);
    }
}

static int actor(void *arg) {
    struct actor *a = arg;
    // Cancelled, it would act out of its moment, and keep a host that is told to stop.
    for (uint32_t i = 0; i < a->ops && !tick_task_cancelling(tick_task_current()); i++) {
        const int result = act(a);
        if (p.among_others && !a->other)
            strays(a, a->detail[i] >> 4);
        meet(a, result >= 0 ? does(a, a->op[i], a->detail[i]) : result);
    }
    return 0;
}

// --- the world ---

static int begins(void *arg) {
    const int host = arg != NULL;
    struct tick_sys *sys = tick_sys_running();
    struct tick_task *tasks[ACTORS];
    struct tick_future *futures[ACTORS];
    uint32_t count = 0;
    (void)!sys->ops->mkdir(sys, "/d", 0755);
    for (uint32_t i = 0; i < p.count; i++) {
        struct actor *a = &p.actors[p.order[i]];
        if (a->host == host && (!a->other || p.among_others))
            tasks[count++] = tick_spawn_named(a->name, actor, a);
    }
    for (uint32_t i = 0; i < count; i++)
        futures[i] = tick_task_future(tasks[i]);
    // Told to stop, it returns at once, whoever still runs. Else it stays until what is under way has arrived.
    int result = count ? tick_wait(futures, count, TICK_NEVER, TICK_ALL_COMPLETED) : 0;
    if (result >= 0)
        result = tick_sleep(TICK_SEC(100) - tick_time());
    for (uint32_t i = 0; i < count; i++)
        tick_task_unref(tasks[i]);
    return result < 0 ? result : 0;
}

static int echo(tick_stream *stream, void *arg) {
    char line[64];
    (void)arg;
    while (tick_stream_read_line(stream, line, sizeof line) > 0)
        if (tick_stream_printf(stream, "%s\n", line) < 0)
            break;
    return 0;
}

static int hears(void *arg) {
    struct tick_sys *sys = tick_sys_running();
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9)};
    (void)arg;
    const int fd = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0);
    (void)!sys->ops->bind(sys, fd, (const struct sockaddr *)&in, sizeof in);
    for (;;) {
        uint8_t bytes[3];
        const ssize_t size = sys->ops->recv(sys, fd, bytes, sizeof bytes, 0);
        if (size > 0 && bytes[0] < ACTORS)
            meet(&p.actors[bytes[0]], size << 8 | bytes[1]);
        struct pollfd one = {.fd = fd, .events = POLLIN};
        if (size < 0)
            TICK_TRY(sys->ops->poll(sys, &one, 1, -1));
    }
}

static int serves(void *arg) {
    return tick_serve(":7", echo, arg);
}

TICK_SCENARIO(addresses, "a random program") {
    struct tick_host *s = tick_daemon(world, "s", serves, NULL);
    struct tick_host *a = tick_host_add(world, "a", begins, NULL, .handlers = true);
    struct tick_host *b = tick_host_add(world, "b", begins, world, .handlers = true);
    tick_daemon(world, "u", hears, NULL);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_US(1), .refuse = true, .reset = true, .loss = true, .duplicate = true,
        .reorder = true, .corrupt = true);
    tick_name(world, "db", .hosts = {s}, .wrong = {a}, .fails = true, .jitter = TICK_US(1));
    tick_name(world, "log", .hosts = {b}, .wrong = {a}, .fails = true, .jitter = TICK_US(1));
    tick_disk(world, NULL, .errors = true, .shorts = true, .syncs = true, .late = TICK_US(1));
    tick_faults(world, "storm", .kinds = TICK_PARTITION | TICK_ONE_WAY | TICK_CLOG | TICK_CRASH | TICK_STOP | TICK_PAUSE | TICK_CLOCK,
        .until = TICK_MS(9), .every = TICK_MS(1), .lasts = TICK_US(1), .most = 3, .slow = TICK_US(1), .among = {a, b});
    if (p.among_others)
        tick_faults(world, "breeze", .kinds = TICK_PARTITION | TICK_CRASH, .until = TICK_MS(9), .every = TICK_MS(2), .lasts = TICK_US(1));
    tick_allow_unhandled(world);
}

// --- who answers ---

static struct question *place(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal) {
    uint32_t at = (uint32_t)tick_id_mix(subject + kind, ordinal) & (ASKED - 1);
    while (p.asked[at].kind && (p.asked[at].kind != kind || p.asked[at].subject != subject || p.asked[at].ordinal != ordinal))
        at = (at + 1) & (ASKED - 1);
    return &p.asked[at];
}

static uint32_t answer(uint64_t seed, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n) {
    const uint64_t hash = tick_id_mix(tick_id_mix(seed, subject + kind), ordinal);
    const bool fault = kind >= TICK_CHOICE_FAULT_PARTITION && kind <= TICK_CHOICE_FAULT_CLOCK;
    if (!p.crashes && (kind == TICK_CHOICE_FAULT_CRASH || kind == TICK_CHOICE_FAULT_STOP))
        return 0;
    if (p.crashes && (kind == TICK_CHOICE_HOST_LATE || kind == TICK_CHOICE_STEP_COST))
        return 0;
    const bool rare = fault || kind == TICK_CHOICE_CANCEL || kind == TICK_CHOICE_FAULT_RESET || kind == TICK_CHOICE_FAULT_REFUSE;
    if (n < 2 || hash >> (rare ? 59 : 62))
        return 0;
    return tick__kind_unit(kind) == TICK_UNIT_TIME ? 1 : 1 + (uint32_t)((hash & 0xffffffff) * (n - 1) >> 32);
}

static bool is_shared(tick_id subject) {
    for (size_t i = 0; i < sizeof p.shared / sizeof *p.shared; i++)
        if (subject == p.shared[i])
            return true;
    return false;
}

static uint32_t choose(struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)self;
    drawn[kind] += kind == TICK_CHOICE_DISPLACE;
    if (is_shared(subject) || kind == TICK_CHOICE_DISPLACE)
        return 0;
    struct question *q = place(kind, subject, ordinal);
    if (!q->kind && !p.among_others) {
        assert_true(++p.asked_count < ASKED / 2);
        *q = (struct question){subject, ordinal, n, answer(p.seed, kind, subject, ordinal, n), kind, most, false};
        drawn[kind] += q->value != 0;
    }
    if (q->kind && (q->n != n || q->most != most) && !p.moved.kind)
        p.moved = *q;
    if (!q->kind) // a disk has one journal: with a change that is lost goes what comes after it
        return kind == TICK_CHOICE_DISK_KEPT && !(ordinal & ((1u << TICK_DISK_CHANGE_SHIFT) - 1));
    q->met = true;
    return q->value;
}

static const struct tick_chooser_ops ops = {"addresses", choose};

// --- programs ---

static void make_actor(struct actor *a, bool other, uint32_t number) {
    *a = (struct actor){.host = (int)draw(2), .other = other, .ops = 1 + draw(OPS)};
    snprintf(a->name, sizeof a->name, "%c%u", other ? 'x' : 'k', number);
    for (uint32_t i = 0; i < a->ops; i++) {
        a->op[i] = draw(OP_KINDS);
        if (other && p.crashes && (a->op[i] == TALK || a->op[i] == DATAGRAM))
            a->op[i] = NUMBER;
        a->detail[i] = draw(1u << 16);
    }
}

static void make_program(uint64_t seed) {
    memset(&p, 0, sizeof p);
    p.seed = tick_id_mix(0x41646472, seed);
    p.crashes = draw(2);
    p.count = 2 + draw(ACTORS - 1);
    const uint32_t own = 1 + draw(p.count);
    for (uint32_t i = 0; i < p.count; i++) {
        make_actor(&p.actors[i], i >= own, i);
        p.order[i] = i;
    }
    for (int host = 0; host < 2; host++)
        for (uint32_t life = 1; life <= 5; life++) {
            const tick_id id = tick_id_life(host ? "b" : "a", life);
            tick_id *shared = &p.shared[host * 15 + (int)life * 3 - 3];
            shared[0] = tick_id_named(id, TICK_OBJECT_WAIT, tick_id_text(""), 1);
            shared[1] = tick_id_task(id, "main", 1);
            shared[2] = tick_id_mix(tick_id_mix(shared[1], TICK_SORT_SLEEP), 1);
        }
    p.shared[30] = tick_id_task(tick_id_host("s"), "main", 1);
    p.shared[31] = tick_id_task(tick_id_host("u"), "main", 1);
}

static struct tick_outcome run_program(struct tick_probe *probe) {
    struct tick_chooser chooser = {&ops, 0};
    memset(p.met_count, 0, sizeof p.met_count);
    return run_poisoned("addresses", &chooser, probe, 0);
}

static void shuffle(uint64_t seed) {
    for (uint32_t i = p.count; i > 1; i--) {
        const uint32_t other = (uint32_t)((tick_id_mix(seed, i) >> 32) % i), kept = p.order[i - 1];
        p.order[i - 1] = p.order[other];
        p.order[other] = kept;
    }
}

static void tell_moved(uint64_t seed, const struct question *q, const char *what) {
    struct tick_names *names;
    char path[300];
    assert_int_equal(tick_names_new(&names), 0);
    p.among_others = false;
    for (uint32_t i = 0; i < p.count; i++)
        p.order[i] = i;
    run_program(tick_names_probe(names));
    tick_names_path(names, q->subject, path, sizeof path);
    tick_names_free(names);
    fail_msg("program %d: %s: %s %s @%llu", (int)seed, what, tick__kind_word(q->kind), path, (unsigned long long)q->ordinal);
}

static void compare(uint64_t seed) {
    TICK_KEEP static int64_t met[ACTORS][MET] = {{0}};
    uint32_t count[ACTORS];
    make_program(seed);
    const struct tick_outcome alone = run_program(NULL);
    memcpy(met, p.met, sizeof met);
    memcpy(count, p.met_count, sizeof count);
    for (uint32_t i = 0; i < ASKED; i++)
        p.asked[i].met = false;
    p.among_others = true;
    shuffle(seed);
    const struct tick_outcome among = run_program(NULL);
    if (alone.verdict != TICK_PASS || among.verdict != TICK_PASS)
        fail_msg("program %d: %s; among others %s", (int)seed, alone.text, among.text);
    if (p.moved.kind)
        tell_moved(seed, &p.moved, "is asked otherwise among others");
    for (uint32_t i = 0; i < ASKED; i++)
        if (p.asked[i].kind && !p.asked[i].met)
            tell_moved(seed, &p.asked[i], "is not asked among others");
    for (uint32_t a = 0; a < p.count; a++)
        for (uint32_t i = 0; !p.actors[a].other && (i < count[a] || i < p.met_count[a]); i++)
            if (i >= count[a] || i >= p.met_count[a] || met[a][i] != p.met[a][i])
                fail_msg("program %d: %s met %lld as number %u of %u, and %lld of %u among others", (int)seed, p.actors[a].name,
                    (long long)met[a][i], i, count[a], (long long)p.met[a][i], p.met_count[a]);
}

static void nothing_moves_when_others_come(void **state) {
    (void)state;
    const char *asked = getenv("RETICK_PROGRAMS"), *from = getenv("RETICK_SEED");
    const uint64_t first = from ? strtoull(from, NULL, 10) : 1;
    program_count = asked ? strtoull(asked, NULL, 10) : program_count;
    for (uint64_t seed = first; seed < first + program_count; seed++)
        compare(seed);
    compare(89180); // two connections that end with their host, whose fds have changed places
}

static void every_kind_is_drawn(void **state) {
    (void)state;
#define KIND(name, number, word, sound, rate, unit, manual, because) \
    if (program_count >= 300 && !drawn[number] && !(TICK_CHOICES_OF_THREADS >> (number) & 1)) \
        fail_msg("%s is never drawn: extend the programs of this file", word);
    TICK_CHOICES(KIND)
#undef KIND
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_moves_when_others_come),
        cmocka_unit_test(every_kind_is_drawn),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
