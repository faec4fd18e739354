// The world of one program: the simulated kernel with one host, its clock and link, and the one place where choices are asked and logged.
//
// Until a run begins (guest_int.h: at the snapshot), everything is calm: what a program does on its way there is the same in every run.
#include "sim/guest/early_questions_int.h"
#include "sim/guest/guest_int.h"
#include "sim/guest/inside_int.h"
#include "sim/guest/tell_int.h"
#include "sim/kernel/kernel_int.h"
#include "src/base/check.h"
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define ARENA ((size_t)1 << 30)
#define UP TICK_SEC(100000) // programs count back from now, and not all of them expect that this may lead behind the machine's start

struct tick_kernel *tick__guest_kernel;
int tick__guest_process, tick__guest_machine;
struct tick_chooser *tick__guest_chooser;
tick_id tick__guest_host;

static uint64_t calm = UINT64_MAX; // kinds that need not be asked
static struct tick_random_chooser by_seed;
static struct tick_replay_chooser *by_schedule;
static struct tick_asked_chooser by_note;
static struct tick_prefix_chooser by_prefix;

bool tick__guest_is_calm(enum tick_choice_kind kind) {
    return tick_is_calm(calm, kind);
}

// A timer's lateness is asked for at each wait that it bounds: one decision, however often it is asked.
static bool logged(const struct tick_guest_control *control, tick_id timer, uint64_t ordinal) {
    for (uint32_t i = control->deviation_count; i-- > 0;)
        if (control->deviations[i].kind == TICK_CHOICE_POLL_LATE && control->deviations[i].subject == timer &&
            control->deviations[i].ordinal == ordinal)
            return true;
    return false;
}

static void log_deviation(const struct tick_deviation *deviation) {
    struct tick_guest_control *control = tick__guest_control;
    if (control->deviation_count == TICK_GUEST_DEVIATIONS)
        control->deviations_lost++;
    else
        control->deviations[control->deviation_count++] = *deviation;
    if (tick__guest_probe)
        tick__guest_probe->ops->choice(tick__guest_probe, deviation);
    if (tick__guest_observed) {
        const uint64_t words[] = {deviation->kind, deviation->subject, deviation->ordinal, deviation->value};
        tick__guest_digest_words(words, sizeof words / sizeof *words);
    }
}

uint32_t tick__guest_choose(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    struct tick_guest_control *control = tick__guest_control;
    control->outcome.choices++;
    if (tick__guest_chooser == &by_note.chooser && tick__guest_early_has(kind, subject, ordinal))
        return 0; // what nothing can be answered to is no question
    const uint32_t value = tick__guest_chooser->ops->choose(tick__guest_chooser, kind, subject, ordinal, n, most);
    if (!value || tick__guest_early_has(kind, subject, ordinal))
        return 0;
    TICK_ASSERT(value < n);
    if (kind != TICK_CHOICE_POLL_LATE || !logged(control, subject, ordinal))
        log_deviation(
            &(struct tick_deviation){.subject = subject, .ordinal = ordinal, .value = value, .n = n, .most = most, .kind = (uint8_t)kind});
    return value;
}

static uint32_t kernel_asks(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx;
    return tick__guest_choose(kind, subject, ordinal, n, most);
}

static void use(struct tick_chooser *chooser) {
    tick__guest_chooser = chooser;
    calm = chooser->calm;
    const struct tick_kernel_env env = {.choose = kernel_asks, .calm = calm, .cuts_at_ends = true, .probe = tick__guest_probe};
    tick_kernel_env(tick__guest_kernel, &env);
}

static struct tick_chooser *replay(const struct tick_guest_control *control, uint32_t count) {
    const int error =
        by_schedule ? tick_replay_set(by_schedule, control->schedule, count) : tick_replay_new(control->schedule, count, &by_schedule);
    if (error)
        tick__guest_end(TICK_GUEST_NO_MEMORY, 0, "no memory for the schedule");
    return tick_replay_chooser(by_schedule);
}

static struct tick_chooser *draw(const struct tick_guest_request *request) {
    struct tick_rates rates;
    memcpy(rates.of, request->rates, sizeof rates.of);
    tick_random_init(&by_seed, request->seed, &rates);
    return &by_seed.chooser;
}

static uint64_t waited_before; // the run began

void tick__guest_run_begins(void) {
    struct tick_guest_control *control = tick__guest_control;
    const struct tick_guest_request *request = &control->request;
    control->outcome = (struct tick_guest_outcome){0};
    control->deviation_count = control->deviations_lost = 0;
    waited_before = tick__guest_turns->polls + tick__guest_turns->parks;
    tick__guest_output_again();
    control->run++;
    tick__guest_tell_run();
    if (request->chooser == TICK_GUEST_ONWARD && tick__guest_probe) {
        const uint32_t count = request->scheduled < TICK_GUEST_DEVIATIONS ? request->scheduled : TICK_GUEST_DEVIATIONS;
        tick_prefix_init(&by_prefix, replay(control, count), draw(request), tick__guest_probe, request->upto);
        use(&by_prefix.chooser);
    } else if (request->chooser == TICK_GUEST_REPLAY || request->chooser == TICK_GUEST_ONWARD) {
        const uint32_t count = request->scheduled < TICK_GUEST_DEVIATIONS ? request->scheduled : TICK_GUEST_DEVIATIONS;
        use(replay(control, count));
    } else if (request->chooser == TICK_GUEST_NOTED) {
        const uint32_t count = request->scheduled < TICK_GUEST_DEVIATIONS ? request->scheduled : TICK_GUEST_DEVIATIONS;
        (void)replay(control, count);
        tick_asked_init(&by_note, by_schedule, request->kinds, control->questions, TICK_GUEST_DEVIATIONS, &control->question_count);
        use(&by_note.chooser);
    } else if (request->chooser == TICK_GUEST_RANDOM) {
        use(draw(request));
    } else {
        use(&tick_calm);
    }
    tick__guest_digest_begins(request->digest);
    control->state = TICK_GUEST_RUNNING;
    if (tick__guest_shared)
        tick__guest_turn_comes();
}

void tick__guest_run_ends(void) {
    struct tick_guest_control *control = tick__guest_control;
    for (uint32_t i = 0; by_schedule && tick__guest_chooser == tick_replay_chooser(by_schedule) && i < control->request.scheduled; i++)
        control->met[i] = tick_replay_met(by_schedule, i);
    control->outcome.points = tick__guest_turns->polls + tick__guest_turns->parks - waited_before;
    control->outcome.threads = tick__guest_turns->count;
    control->outcome.switches = tick__guest_turns->switches;
    control->outcome.ended_at = tick_kernel_now(tick__guest_kernel);
}

// The way of the machine to itself.
static void set_link(const struct tick_guest_settings *settings) {
    const struct tick_link link = {.latency = settings->latency, .jitter = settings->jitter};
    if (settings->latency > 0 || settings->jitter > 0)
        TICK_ASSERT(tick_kernel_link_set(tick__guest_kernel, 0, 0, &link) == 0);
}

// Before the snapshot all questions are put, and answered with 0: the kernel keeps less of what it need not ask about, and where the
// snapshot stood must not be seen afterwards.
static uint32_t answer_early(
    struct tick_chooser *self, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)self, (void)n, (void)most;
    tick__guest_early_add(kind, subject, ordinal);
    return 0;
}
static const struct tick_chooser_ops early_ops = {"early", answer_early};
static struct tick_chooser early = {&early_ops, 0};

void tick__guest_world_enter(void) {
    tick__guest_process = tick__guest_control->settings.shared_process;
    tick__process(tick__guest_kernel, (uint32_t)tick__guest_process)->pid = TICK_GUEST_PID;
}

// The kernel of a world that others have begun.
static void join(const struct tick_guest_settings *settings) {
    struct stat s;
    const long known = tick__raw(SYS_fstat, TICK_GUEST_ARENA, &s);
    const long at =
        known < 0 ? known : tick__raw(SYS_mmap, 0, s.st_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, TICK_GUEST_ARENA, 0);
    if ((at < 0 && at > -4096) || tick_kernel_over((void *)at, (size_t)s.st_size, &tick__guest_kernel) < 0)
        tick__guest_end(TICK_GUEST_NO_MEMORY, 0, "no memory for the simulated kernel");
    tick__guest_shared = true;
    tick__guest_host = settings->shared_life;
    tick__guest_machine = settings->shared_host;
    tick__guest_process = settings->shared_process;
    tick__guest_first_waiter = settings->shared_waiter;
    if (!settings->held)
        tick__guest_world_enter();
    use(&early);
    tick__guest_turn_begin();
}

void tick__guest_world_new(void) {
    const struct tick_guest_settings *settings = &tick__guest_control->settings;
    const char *name = settings->host[0] ? settings->host : "app";
    if (settings->shared) {
        join(settings);
        return;
    }
    if (tick_kernel_new(settings->arena_most ? settings->arena_most : ARENA, &tick__guest_kernel) < 0)
        tick__guest_end(TICK_GUEST_NO_MEMORY, 0, "no memory for the simulated kernel");
    use(&early);
    tick__guest_host = tick_id_host(name);
    TICK_ASSERT(tick_kernel_host_add(tick__guest_kernel, name, tick__guest_host, 0) == 0);
    tick__host(tick__guest_kernel, 0)->pids = TICK_GUEST_PID - 1; // 1 is what no program is
    TICK_ASSERT(tick_kernel_process_start(tick__guest_kernel, 0) == TICK_GUEST_PROCESS);
    tick_kernel_up(tick__guest_kernel, UP);
    if (settings->fd_limit)
        tick_kernel_fd_limit(tick__guest_kernel, TICK_GUEST_PROCESS, settings->fd_limit);
    if (settings->wall)
        tick_kernel_wall_set(tick__guest_kernel, 0, settings->wall);
    set_link(settings);
    tick__guest_turn_begin();
}
