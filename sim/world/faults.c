// Faults: the builder's calls, and what each does when its time comes.
//
// A range asks at whole milliseconds, for each kind and each host that it may strike, so that an occasion's address is (kind, host and
// range, millisecond) whatever else happened. What it begins is a fault like one of the plan.
#include "sim/world/world_int.h"
#include "src/base/check.h"
#include "src/base/line.h"
#include "src/base/outside.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RANGE_LONG TICK_SEC(10)
#define RANGE_PARTS 32
#define LASTS TICK_SEC(3)
#define SLOW TICK_MS(100)
#define RESTARTS TICK_MS(100) // systemd's RestartSec; a small virtual machine boots in as much
#define FLAPS TICK_MS(10)
#define STALLS TICK_MS(1)
#define KIND_BITS 7

static struct fault *fault_at(const struct tick_world *w, size_t index) {
    return (struct fault *)w->faults.items + index;
}

static struct fault_range *range_at(const struct tick_world *w, size_t index) {
    return (struct fault_range *)w->ranges.items + index;
}

// --- words ---

static void say_time(struct tick__line *words, int64_t ns) {
    char time[32];
    tick__ns_words(ns, time, sizeof time);
    tick__line_put(words, time);
}

static bool is_of(const struct tick_host *host, struct tick_host *const side[TICK_FAULT_SIDE]) {
    for (size_t i = 0; i < TICK_FAULT_SIDE; i++)
        if (side[i] == host)
            return true;
    return false;
}

static bool is_empty(struct tick_host *const side[TICK_FAULT_SIDE]) {
    for (size_t i = 0; i < TICK_FAULT_SIDE; i++)
        if (side[i])
            return false;
    return true;
}

// 1: of `side`; 2: of `other`, or of what is left when `other` names nobody; 0: neither.
static uint8_t side_of(const struct fault *fault, const struct tick_host *host) {
    if (is_of(host, fault->what.side))
        return 1;
    return is_empty(fault->what.other) || is_of(host, fault->what.other) ? 2 : 0;
}

static void say_side(struct tick__line *words, const struct tick_world *w, const struct fault *fault, uint8_t side) {
    const char *between = "{";
    size_t told = 0;
    for (size_t i = 0; i < w->host_count; i++) {
        if (side_of(fault, tick__world_host(w, i)) != side)
            continue;
        tick__line_format(words, "%s%s", between, told++ < TICK_FAULT_SIDE ? tick__world_host(w, i)->name : "...");
        between = ", ";
        if (told > TICK_FAULT_SIDE)
            break;
    }
    tick__line_put(words, "}");
}

// "partition {a} | {b, c} for 300 ms"
static void describe(struct tick__line *words, const struct tick_world *w, const struct fault *fault) {
    static const struct {
        enum tick_fault_kind kind;
        const char *word, *between;
    } kinds[] = {{TICK_PARTITION, "partition", "|"}, {TICK_ONE_WAY, "one-way partition", "\xe2\x87\xb8"}, {TICK_CLOG, "clog", "~"},
        {TICK_CRASH, "crash", NULL}, {TICK_STOP, "stop", NULL}, {TICK_PAUSE, "pause", NULL}, {TICK_CLOCK, "clock jump", NULL}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].kind != fault->kind)
            continue;
        tick__line_format(words, "%s ", kinds[i].word);
        say_side(words, w, fault, 1);
        if (kinds[i].between) {
            tick__line_format(words, " %s ", kinds[i].between);
            say_side(words, w, fault, 2);
        }
    }
    if (fault->kind == TICK_CLOG) {
        tick__line_put(words, " by ");
        say_time(words, fault->what.slow);
    }
    if (fault->kind == TICK_CLOCK) {
        tick__line_put(words, " by ");
        say_time(words, fault->what.jump);
    } else if (fault->what.lasts) {
        tick__line_put(words, " for ");
        say_time(words, fault->what.lasts);
    }
}

// What the world does next comes of the event.
static uint32_t tell(struct tick_world *w, enum tick_event_kind kind, const struct fault *fault) {
    if (!w->probe)
        return 0;
    char room[300];
    struct tick__line words = {room, sizeof room, 0};
    describe(&words, w, fault);
    uint32_t text = w->probe->ops->text(w->probe, room);
    w->probe->here = tick_emit(w->probe, kind, text, fault->told, fault->what.lasts, fault->loc);
    return w->probe->here;
}

static void tell_no_more(const struct tick_world *w) {
    if (w->probe)
        w->probe->here = 0;
}

static bool is_network(enum tick_fault_kind kind) {
    return kind & (TICK_PARTITION | TICK_ONE_WAY | TICK_CLOG);
}

// --- what they do ---

static int begin_outage(struct tick_world *w, uint32_t index) {
    const struct fault *fault = fault_at(w, index);
    uint8_t sides[1024], *all = sides;
    if (w->host_count > sizeof sides && !(all = tick__outside_alloc(w->host_count)))
        return -ENOMEM;
    for (size_t i = 0; i < w->host_count; i++)
        all[tick__world_host(w, i)->index] = side_of(fault, tick__world_host(w, i));
    int result = tick_kernel_outage_begin(
        w->kernel, index + 1, all, (uint32_t)w->host_count, fault->kind == TICK_ONE_WAY, fault->kind == TICK_CLOG ? fault->what.slow : 0);
    if (all != sides)
        tick__outside_free(all);
    return result;
}

static bool strike(struct tick_host *host, const struct fault *fault) {
    int64_t now = tick_kernel_now(host->world->kernel);
    if (!tick__host_runs(host))
        return false;
    switch (fault->kind) {
    case TICK_CRASH:
        tick__host_crash(host);
        break;
    case TICK_STOP:
        tick__host_stop(host);
        break;
    case TICK_PAUSE:
        tick__host_pause(host, fault->what.lasts ? tick__after(now, fault->what.lasts) : TICK_NEVER);
        break;
    case TICK_CLOCK:
        host->jumped = tick__host_tell(host, TICK_EV_CLOCK_JUMP, fault->what.jump);
        host->wall = tick__moved(host->wall, fault->what.jump);
        tick_kernel_wall_set(
            host->world->kernel, host->index, tick__moved(tick_kernel_wall(host->world->kernel, host->index), fault->what.jump));
        break;
    default:
        return false;
    }
    if ((fault->kind == TICK_CRASH || fault->kind == TICK_STOP) && !fault->what.lasts)
        host->gone = true;
    return true;
}

static void begin(struct tick_world *w, uint32_t index) {
    struct fault *fault = fault_at(w, index);
    if (fault->what.lasts == TICK_NEVER)
        fault->what.lasts = 0; // for good
    fault->told = tell(w, TICK_EV_FAULT_BEGIN, fault);
    if (is_network(fault->kind)) {
        if (begin_outage(w, index) < 0)
            tick__world_starve(w);
    } else {
        for (size_t i = 0; i < TICK_FAULT_SIDE; i++) {
            struct tick_host *host = fault->what.side[i];
            if (host && !strike(host, fault))
                fault->what.side[i] = NULL; // not running: it is left alone, at the end too
            else if (host && host->gone && host->state == HOST_DOWN)
                tick__world_ended(w, host);
        }
    }
    tell_no_more(w);
    if (fault->kind == TICK_CLOCK)
        return;
    fault->active = true;
    if (fault->range)
        range_at(w, fault->range - 1)->active++;
    if (fault->what.lasts) {
        uint32_t key = tick_kernel_post(w->kernel, tick__after(tick_kernel_now(w->kernel), fault->what.lasts), POST_HEAL, index);
        TICK_ASSERT(key);
    }
}

static void heal(struct tick_world *w, uint32_t index) {
    struct fault *fault = fault_at(w, index);
    if (!fault->active)
        return;
    fault->active = false;
    if (fault->range)
        range_at(w, fault->range - 1)->active--;
    if (is_network(fault->kind))
        tick_kernel_outage_end(w->kernel, index + 1);
    tell(w, TICK_EV_FAULT_END, fault);
    for (size_t i = 0; i < TICK_FAULT_SIDE; i++) {
        struct tick_host *host = fault->what.side[i];
        if (!host)
            continue;
        if (fault->kind == TICK_PAUSE && host->paused_until > tick_kernel_now(w->kernel) && w->quiet)
            host->paused_until = tick_kernel_now(w->kernel);
        if ((fault->kind == TICK_CRASH || fault->kind == TICK_STOP) && !host->gone && tick__host_restart(host) < 0)
            tick__world_starve(w);
    }
    tell_no_more(w);
}

// --- ranges ---

// How many lengths a fault of this kind may have: none that would not happen, such as a machine that is down for a microsecond.
static uint32_t lengths(const struct fault_range *range, enum tick_fault_kind kind) {
    const int64_t believable = kind & (TICK_CRASH | TICK_STOP) ? RESTARTS : is_network(kind) ? FLAPS : STALLS;
    return tick_scale_count_from(range->what.shortest ? range->what.shortest : believable, range->what.lasts);
}

// Where a draw of a range says what it is about: a child of the host, named as the range.
static uint32_t draw(
    struct tick_world *w, const struct fault_range *range, const struct tick_host *host, unsigned bit, uint64_t ms, uint32_t n) {
    w->asked = (struct tick_object){
        .type = TICK_OBJECT_USER,
        .id = tick_id_mix(tick_id_mix(host->id, range->key), 1),
        .parent = host->object,
        .host = host->object,
        .key = range->name,
        .kth = 1,
        .loc = range->loc,
    };
    return tick__world_choose(w, (enum tick_choice_kind)(TICK_CHOICE_FAULT_PARTITION + bit), w->asked.id, ms, n, range->what.lasts);
}

static struct tick_host *struck(const struct tick_world *w, const struct fault_range *range, size_t place) {
    if (!range->what.among[0])
        return place < w->host_count ? tick__world_host(w, place) : NULL;
    return place < TICK_FAULT_SIDE * 2 ? range->what.among[place] : NULL;
}

static void begin_drawn(struct tick_world *w, uint32_t range_index, const struct fault *drawn) {
    if (tick__list_push(&w->faults, drawn, sizeof *drawn) < 0) {
        tick__world_starve(w);
        return;
    }
    range_at(w, range_index)->begun++;
    begin(w, (uint32_t)w->faults.count - 1);
}

static bool is_full(const struct fault_range *range) {
    return range->begun >= range->what.most || range->active >= range->what.at_once;
}

// Those that draw a partition at one time stand together on one side; every other fault strikes one host.
static void draw_kind(struct tick_world *w, uint32_t index, unsigned bit) {
    const struct fault_range *range = range_at(w, index);
    const uint64_t ms = (uint64_t)tick_kernel_now(w->kernel) / 1000000;
    struct fault fault = {.kind = (enum tick_fault_kind)(1u << bit), .loc = range->loc, .range = index + 1};
    const uint32_t n = lengths(range, fault.kind);
    size_t together = 0;
    struct tick_host *host;
    fault.what.slow = range->what.slow;
    for (size_t place = 0; !is_full(range) && (host = struck(w, range, place)) != NULL; place++) {
        if (!is_network(fault.kind) && !tick__host_runs(host))
            continue;
        uint32_t value = draw(w, range, host, bit, ms, n);
        if (!value)
            continue;
        int64_t time = tick_scale_delay(value, n, range->what.lasts);
        fault.told = w->chosen;
        if (fault.kind == TICK_PARTITION) {
            if (together < TICK_FAULT_SIDE)
                fault.what.side[together++] = host;
            if (time > fault.what.lasts)
                fault.what.lasts = time;
            continue;
        }
        fault.what.side[0] = host;
        fault.what.lasts = fault.kind == TICK_CLOCK ? 0 : time;
        fault.what.jump = ms & 1 ? -time : time; // by the address, as all of it
        begin_drawn(w, index, &fault);
        range = range_at(w, index);
    }
    if (together)
        begin_drawn(w, index, &fault);
}

static void draw_range(struct tick_world *w, uint32_t index) {
    const struct fault_range *range = range_at(w, index);
    if (w->quiet || tick_kernel_now(w->kernel) > range->what.until)
        return;
    for (unsigned bit = 0; bit < KIND_BITS && !w->ended; bit++)
        if (range_at(w, index)->what.kinds >> bit & 1 && !is_full(range_at(w, index)))
            draw_kind(w, index, bit);
    range = range_at(w, index);
    const int64_t next = tick__after(tick_kernel_now(w->kernel), range->what.every);
    if (range->begun < range->what.most && next <= range->what.until) {
        uint32_t key = tick_kernel_post(w->kernel, next, POST_RANGE, index);
        TICK_ASSERT(key);
    }
}

// --- progress ---

static void fall_quiet(struct tick_world *w) {
    w->quiet = true;
    tick_kernel_calm(w->kernel);
    for (size_t i = 0; i < w->faults.count; i++)
        heal(w, (uint32_t)i);
}

void tick__musts_ask(struct tick_world *w) {
    if (w->quiet_at != TICK_NEVER && !w->quiet)
        return;
    struct must *all = w->musts.items;
    for (size_t i = 0; i < w->musts.count; i++) {
        if (all[i].come)
            continue;
        w->checks++;
        all[i].come = all[i].fn(all[i].arg);
        w->musts_open -= all[i].come;
    }
}

static void not_come(struct tick_world *w, const struct must *must) {
    char text[300];
    snprintf(text, sizeof text, "did not come true: %s", must->text);
    tick__world_fail(w, TICK_NO_PROGRESS, 0, must->loc, text);
}

bool tick__musts_have_come(struct tick_world *w) {
    const struct must *all = w->musts.items;
    w->quiet = true;
    tick__musts_ask(w);
    for (size_t i = 0; i < w->musts.count && !w->ended; i++)
        if (!all[i].come)
            not_come(w, &all[i]);
    return !w->ended;
}

void tick__fault_come(struct tick_world *w, const struct tick_posted *posted) {
    const struct must *must;
    switch ((enum posted_what)posted->what) {
    case POST_FAULT:
        if (!w->quiet)
            begin(w, posted->arg);
        break;
    case POST_HEAL:
        heal(w, posted->arg);
        break;
    case POST_RANGE:
        draw_range(w, posted->arg);
        break;
    case POST_QUIET:
        fall_quiet(w);
        break;
    case POST_MUST:
        must = (struct must *)w->musts.items + posted->arg;
        if (w->tenant->asks)
            w->tenant->asks(w, true);
        if (!must->come)
            tick__musts_ask(w);
        if (!must->come)
            not_come(w, must);
        if (w->tenant->asks)
            w->tenant->asks(w, false);
        break;
    default:
        break;
    }
}

// --- set-up ---

static void post(struct tick_world *w, int64_t at, enum posted_what what, size_t index) {
    if (!tick_kernel_post(w->kernel, at, what, (uint32_t)index))
        tick__world_starve(w);
}

void tick_fault_at_at(
    struct tick_world *w, int64_t at, enum tick_fault_kind kind, const struct tick_fault *what, const struct tick_loc *loc) {
    struct fault fault = {.what = *what, .kind = kind, .loc = loc};
    if (kind == TICK_CLOG && !fault.what.slow)
        fault.what.slow = SLOW;
    if (at < 0 || what->lasts < 0 || fault.what.slow < 0 || !kind || (kind & (kind - 1)) || kind >= 1u << KIND_BITS)
        tick__world_bad(w, loc, "a fault needs one kind, and no negative times");
    else if (is_empty(what->side))
        tick__world_bad(w, loc, "a fault needs hosts: .side = {...}");
    else if (kind == TICK_CLOCK && !what->jump)
        tick__world_bad(w, loc, "a clock's jump needs .jump");
    else if (tick__list_push(&w->faults, &fault, sizeof fault) < 0)
        tick__world_starve(w);
    else
        post(w, at, POST_FAULT, w->faults.count - 1);
}

void tick_faults_at(struct tick_world *w, const char *name, const struct tick_fault_range *what, const struct tick_loc *loc) {
    struct fault_range range = {.what = *what, .loc = loc};
    struct tick_fault_range *r = &range.what;
    const bool negative = r->from < 0 || r->until < 0 || r->every < 0 || r->lasts < 0 || r->shortest < 0 || r->slow < 0;
    if (!r->until)
        r->until = tick__after(r->from, RANGE_LONG);
    if (!r->every)
        r->every = tick__until(r->until, r->from) / RANGE_PARTS;
    if (!r->every)
        r->every = 1;
    r->every = tick__in_steps(r->every, TICK_MS(1));
    if (!r->lasts)
        r->lasts = LASTS;
    if (!r->slow)
        r->slow = SLOW;
    if (!r->most)
        r->most = 2;
    if (!r->at_once)
        r->at_once = r->most;
    snprintf(range.name, sizeof range.name, "%s", name);
    range.key = tick_id_text(range.name);
    if (!*name || strlen(name) >= sizeof range.name)
        tick__world_bad(w, loc, "a range of faults needs a name of at most 63 bytes");
    else if (!r->kinds || r->kinds >> KIND_BITS || negative || r->until < r->from)
        tick__world_bad(w, loc, "a range of faults needs .kinds, an end after its beginning, and no negative times");
    else if (r->shortest > r->lasts)
        tick__world_bad(w, loc, "a range of faults needs a .shortest that is no longer than what it .lasts");
    for (size_t i = 0; i < w->ranges.count; i++)
        if (!strcmp(range_at(w, i)->name, range.name))
            tick__world_bad(w, loc, "two ranges of faults have one name");
    const int64_t first = tick__in_steps(r->from, TICK_MS(1));
    if (tick__list_push(&w->ranges, &range, sizeof range) < 0)
        tick__world_starve(w);
    else
        post(w, first ? first : r->every, POST_RANGE, w->ranges.count - 1);
}

void tick_quiet_after(struct tick_world *w, int64_t at) {
    if (at < 0 || w->quiet_at != TICK_NEVER) {
        tick__world_bad(w, NULL, "tick_quiet_after takes one time, of 0 or more");
        return;
    }
    w->quiet_at = at;
    post(w, at, POST_QUIET, 0);
}

void tick_must_by_at(struct tick_world *w, int64_t by, tick_invariant_fn *fn, void *arg, const char *text, const struct tick_loc *loc) {
    if (tick__list_push(&w->musts, &(struct must){fn, arg, text, loc, by, false}, sizeof(struct must)) < 0) {
        tick__world_starve(w);
        return;
    }
    w->musts_open++;
    post(w, by, POST_MUST, w->musts.count - 1);
}
