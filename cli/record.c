#include "cli/record.h"
#include "cli/code_places.h"
#include "cli/finding.h"
#include "cli/place.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "sim/explore/watched.h"
#include "src/base/keep.h"
#include "trace/reader.h"
#include "trace/recorder.h"
#include "trace/ring.h"
#include "trace/source_file.h"
#include "trace/witness.h"
#include "trace/writer.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define RING_SIZE ((size_t)4 << 20)
#define MOST_DRAWN ((size_t)1 << 18)

// Shared by the parent, its child (which watches the program) and the program.
struct record_page {
    struct tick_outcome outcome;
    char place[160];                 // of the verdict
    char verdict[32], text[512];     // its words, for the trace of a program that did not live to tell them
    char details[TICK_DETAILS_MOST]; // the lines beneath them
    uint8_t digest[16], contents[16];
    uint64_t events;
    int result; // the child's, once done
    bool done;  // the child got an outcome
    bool ended; // the recorder closed the run,
    bool lacks; // and its trace is not whole
    size_t drawn;
    struct tick_deviation deviation[]; // MOST_DRAWN
};
#define PAGE_SIZE_ALL (sizeof(struct record_page) + MOST_DRAWN * sizeof(struct tick_deviation))

struct recording {
    struct record_page *page;
    struct tick_ring *ring;
    const char *witness;
    bool quiet;
    struct tick__hush hush;
    struct tick_recorder *recorder; // the program's process
    uint64_t warm;                  // runs still to come that are not recorded
};

// The run's process, for ctrl-C: 0 before it is known, -1 if ctrl-C came by then.
TICK_KEEP static volatile sig_atomic_t recorded;

// Ctrl-C ends the run; this process writes down what there is.
static void pass_on(int number) {
    if (recorded > 0)
        kill((pid_t)recorded, number);
    else
        recorded = -1;
}

static struct tick_probe *begin(void *ctx) {
    struct recording *recording = ctx;
    if (recording->quiet)
        tick__hush(&recording->hush);
    if (recording->warm > 0) {
        recording->warm--;
        return NULL;
    }
    if (!recording->recorder && tick_recorder_new_ring(recording->ring, &recording->recorder) < 0)
        return NULL;
    if (recording->witness)
        (void)tick_recorder_testify(recording->recorder, recording->witness); // who reads it will see that it is not there
    return tick_recorder_probe(recording->recorder);
}

static void end(void *ctx, const struct tick_outcome *outcome, uint8_t digest[16]) {
    struct recording *recording = ctx;
    if (!recording->recorder)
        return;
    tick_recorder_end(recording->recorder, tick_verdict_word(outcome->verdict), outcome->text);
    tick_recorder_digest(recording->recorder, digest);
    memcpy(recording->page->digest, digest, 16);
    tick_recorder_contents(recording->recorder, recording->page->contents);
    recording->page->events = tick_recorder_events(recording->recorder);
    recording->page->lacks = !tick_recorder_is_whole(recording->recorder);
    recording->page->ended = true;
}

static int run_simulated(const struct tick__record *record, struct recording *recording) {
    struct record_page *page = recording->page;
    struct tick_isolate *isolate = NULL;
    struct tick_schedule drawn;
    uint8_t digest[16];
    const struct tick_isolate_options options = {
        .target = record->target, .hang = record->hang, .once = true, .details = true, .begin = begin, .end = end, .ctx = recording};
    recording->warm = record->warm;
    recording->quiet = recording->hush.repeats = record->quiet;
    int result = tick_isolate_new(&options, &isolate);
    for (uint64_t i = 0; i < record->warm && result == 0; i++) {
        struct tick_outcome unused;
        result = tick_isolate_seed(isolate, UINT64_MAX / 2 + i, record->input.rates, 0, &unused, &drawn, digest);
        if (result == 0)
            tick_schedule_fini(&drawn);
    }
    if (result == 0)
        result = tick__input_run(isolate, &record->input, &page->outcome, &drawn, digest);
    if (result == 0) {
        snprintf(page->details, sizeof page->details, "%s", tick_isolate_details(isolate));
        page->drawn = drawn.count < MOST_DRAWN ? drawn.count : MOST_DRAWN;
        if (page->drawn)
            memcpy(page->deviation, drawn.deviations, page->drawn * sizeof *drawn.deviations);
        tick_schedule_fini(&drawn);
    }
    if (isolate)
        tick_isolate_free(isolate);
    return result;
}

static _Noreturn void real_program(const struct tick__record *record, struct recording *recording, struct tick_watched *watched) {
    struct record_page *page = recording->page;
    struct tick_real_options options = *record->real;
    uint8_t digest[16];
    signal(SIGINT, SIG_DFL);
    options.probe = begin(recording);
    page->result = tick_watched_begin(watched, tick_real_crashed);
    if (page->result == 0)
        page->result = tick_real_run(record->scenario, &options, &page->outcome);
    tick_watched_end(watched);
    page->done = page->result == 0;
    if (page->done)
        end(recording, &page->outcome, digest);
    fflush(NULL); // what it printed
    _exit(0);
}

// The outcome of a real program that did not come back; or this process ends as it did.
static int of_its_end(struct record_page *page, const struct tick_watched *watched, int status) {
    const int outside = tick_watched_signal(watched), signal_of = outside ? outside : WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    if (tick_watched_told(watched, &page->outcome))
        return 0;
    if (signal_of) {
        signal(signal_of, SIG_DFL);
        raise(signal_of);
    }
    page->outcome = (struct tick_outcome){.verdict = TICK_EXITED, .code = WEXITSTATUS(status)};
    snprintf(page->outcome.text, sizeof page->outcome.text, "the program ended its process with status %d", page->outcome.code);
    return 0;
}

// In a process of its own: what it does to its process is told.
static int run_real(const struct tick__record *record, struct recording *recording) {
    const struct sigaction passing = {.sa_handler = pass_on};
    struct record_page *page = recording->page;
    struct tick_watched *watched;
    int status = 0, result = tick_watched_new(&watched);
    if (result < 0)
        return result;
    recorded = 0;
    sigaction(SIGINT, &passing, NULL);
    fflush(NULL);
    const pid_t self = getpid(), pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != self)
            _exit(3);
        real_program(record, recording, watched);
    }
    result = pid < 0 ? -errno : 0;
    if (pid > 0 && recorded < 0)
        kill(pid, SIGINT);
    recorded = pid > 0 ? pid : 0;
    while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    recorded = 0;
    if (pid > 0)
        result = page->done || page->result < 0 ? page->result : of_its_end(page, watched, status);
    tick_watched_free(watched);
    return result;
}

// The child. It ends as the program ended, so that the trace's writer can note the signal.
static _Noreturn void child(const struct tick__record *record, struct recording *recording, pid_t parent) {
    const struct rlimit no_core = {0, 0};
    signal(SIGINT, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL); // a ring that nobody drains would block the program for ever
    if (getppid() != parent)
        _exit(3);
    if (recorded < 0)
        raise(SIGINT);
    struct record_page *page = recording->page;
    page->result = record->real ? run_real(record, recording) : run_simulated(record, recording);
    page->done = page->result == 0;
    if (page->done) {
        char place[512];
        snprintf(page->verdict, sizeof page->verdict, "%s", tick_verdict_word(page->outcome.verdict));
        snprintf(page->text, sizeof page->text, "%s", page->outcome.text);
        if (page->outcome.file[0] && page->outcome.line > 0)
            snprintf(page->place, sizeof page->place, "%s:%d", page->outcome.file, page->outcome.line);
        if (tick__has_addresses(&page->outcome))
            tick__place_words(page->outcome.text, record->object, page->text, sizeof page->text, place, sizeof place);
    }
    if (!page->done || page->ended)
        _exit(page->done ? 0 : 3);
    setrlimit(RLIMIT_CORE, &no_core);
    int death = page->outcome.verdict == TICK_CRASHED && page->outcome.code > 0 ? page->outcome.code : SIGKILL;
    signal(death, SIG_DFL);
    raise(death);
    _exit(3);
}

// Signals that a program does not bring upon itself.
static bool is_somebodys(int signal) {
    return signal == SIGKILL || signal == SIGTERM || signal == SIGHUP || signal == SIGQUIT || signal == SIGXCPU;
}

static int bring_home(const struct tick__record *record, const struct record_page *page, int status, struct tick__attempt *attempt,
    struct tick_error *error) {
    int result = 0;
    if (page->result < 0)
        return tick_error_set(error, page->result, "the run could not be carried out: %s", tick_error_text(page->result));
    if (!page->done) {
        if (WIFSIGNALED(status) && WTERMSIG(status) == SIGINT)
            return tick_error_set(error, TICK_ECANCELED, "interrupted; %s holds what was recorded until then", record->path);
        if (!record->real || !WIFSIGNALED(status))
            return tick_error_set(
                error, TICK_EINVALSTATE, "the process that watched the run was ended from outside (status 0x%x)", (unsigned)status);
        if (is_somebodys(WTERMSIG(status)))
            return tick_error_set(error, TICK_EKILLED, "the program was killed from outside (%s): what it did until then is in %s",
                strsignal(WTERMSIG(status)), record->path);
        // a real run has no watcher: what killed it is the finding
        attempt->outcome.verdict = TICK_CRASHED;
        attempt->outcome.code = WTERMSIG(status);
        snprintf(attempt->outcome.text, sizeof attempt->outcome.text, "killed by %s", strsignal(WTERMSIG(status)));
        return 0;
    }
    attempt->outcome = page->outcome;
    attempt->has_digest = page->ended && !record->real;
    memcpy(attempt->digest, page->digest, sizeof attempt->digest);
    memcpy(attempt->contents, page->contents, sizeof attempt->contents);
    attempt->events = page->events;
    struct tick_trace trace;
    if (!page->ended && tick_trace_open(record->path, &trace, NULL) == 0) { // the program did not live to count them
        attempt->events = trace.events;
        tick_trace_close(&trace);
    }
    if (page->lacks && tick_trace_open(record->path, &trace, NULL) == 0) {
        tick__note("%s: %s", record->path, trace.note);
        tick_trace_close(&trace);
    }
    for (size_t i = 0; i < page->drawn && result == 0; i++)
        result = tick_schedule_add(&attempt->drawn, &page->deviation[i]);
    return result;
}

struct showing {
    int64_t since;
    uint64_t told;
};

// A line of progress for a run that takes long: many end before anybody has read it.
static void show(void *ctx, uint64_t events) {
    struct showing *showing = ctx;
    struct timespec now;
    char count[32];
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    showing->since = showing->since ? showing->since : ms;
    if (ms - showing->since < 1000 + 200 * (int64_t)showing->told)
        return;
    showing->told++;
    tick__progress_line("recording: %s events", tick__format_count(events, count, sizeof count));
}

static int record_once(const struct tick__record *record, struct tick__attempt *attempt, struct tick_error *error) {
    struct recording recording = {.witness = record->witness};
    const struct sigaction passing = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    struct sigaction before;
    struct showing showing = {0};
    int status = 0, result;
    memset(attempt, 0, sizeof *attempt);
    tick_schedule_init(&attempt->drawn, record->target->name);
    recording.page = mmap(NULL, PAGE_SIZE_ALL, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (recording.page == MAP_FAILED)
        return -ENOMEM;
    result = tick_ring_create(record->path, RING_SIZE, &recording.ring, error);
    if (result < 0)
        goto out;
    fflush(NULL);
    recorded = 0;
    sigaction(SIGINT, &passing, &before);
    pid_t self = getpid(), pid = fork();
    if (pid == 0)
        child(record, &recording, self);
    if (pid > 0 && recorded < 0)
        kill(pid, SIGINT);
    recorded = pid > 0 ? pid : 0;
    if (pid < 0) {
        result = tick_error_set(error, -errno, "%s: no process for the run: %s", record->path, tick_error_text(-errno));
    } else {
        const struct tick_trace_meta meta = {
            .scenario = record->target->name,
            .scenario_file = record->scenario_file,
            .options = record->options,
            .chooser = record->chooser,
            .seed = record->input.seed,
            .schedule = record->schedule_text,
            .real = record->real != NULL,
            .last_verdict = recording.page->verdict,
            .last_text = recording.page->text,
            .last_place = recording.page->place,
            .last_details = recording.page->details,
            .progress = show,
            .progress_ctx = &showing,
        };
        result = tick_trace_drain(recording.ring, pid, record->path, &meta, &status, error); // returns when the child is gone
    }
    sigaction(SIGINT, &before, NULL);
    if (showing.told)
        tick__progress_end();
    if (result >= 0)
        (void)tick__code_places(record->path, NULL); // else they stay as they were told
    if (result >= 0)
        (void)tick_trace_keep_sources(record->path, NULL); // else who looks at it later needs the files
    if (result >= 0)
        result = bring_home(record, recording.page, status, attempt, error);
    tick_ring_unlink(recording.ring);
    tick_ring_close(recording.ring);
out:
    munmap(recording.page, PAGE_SIZE_ALL);
    if (result < 0)
        tick_schedule_fini(&attempt->drawn);
    return result;
}

int tick__record_run(const struct tick__record *record, struct tick__attempt *attempt, struct tick_error *error) {
    int result = record_once(record, attempt, error);
    if (result == TICK_EKILLED && !record->real)
        result = record_once(record, attempt, error);
    return result;
}
