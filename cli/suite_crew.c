// The processes of a suite, several at a time: what they find is taken in the order of the files, whoever is ready first.
#include "cli/interrupt.h"
#include "cli/print.h"
#include "cli/progress.h"
#include "cli/report_json.h"
#include "cli/suite.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define SAID_MOST 16384 // of what a file's process has said

struct runner {
    struct tick__suite_unit unit;
    pid_t pid;
    int results, said; // fds
    char *text;        // of the results so far
    size_t size;
    int status;
    bool started, ended;
};
struct crew {
    struct tick__suite *suite;
    const struct tick__suite_options *options;
    tick__suite_took *took;
    void *ctx;
    struct runner *runners;
    size_t count, next, running, told;
};

static int start(struct crew *crew, struct runner *runner) {
    int ends[2];
    runner->said = memfd_create("said", MFD_CLOEXEC);
    if (runner->said < 0 || pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    fflush(NULL);
    runner->pid = fork();
    if (runner->pid < 0) {
        const int error = -errno;
        close(ends[0]);
        close(ends[1]);
        return error;
    }
    if (runner->pid == 0) {
        FILE *out = fdopen(ends[1], "w");
        tick__interrupt_unwatch();
        if (out && dup2(runner->said, STDOUT_FILENO) >= 0 && dup2(runner->said, STDERR_FILENO) >= 0)
            tick__suite_unit_run(crew->suite, &runner->unit, crew->options, out);
        fflush(NULL);
        _exit(0);
    }
    close(ends[1]);
    runner->results = ends[0];
    runner->started = true;
    crew->running++;
    return 0;
}

static int take_text(struct runner *runner) {
    char bytes[65536];
    ssize_t got;
    while ((got = read(runner->results, bytes, sizeof bytes)) < 0 && errno == EINTR)
        ;
    if (got <= 0)
        return got < 0 ? -errno : 0;
    char *grown = realloc(runner->text, runner->size + (size_t)got + 1);
    if (!grown)
        return -ENOMEM;
    runner->text = grown;
    memcpy(grown + runner->size, bytes, (size_t)got);
    runner->size += (size_t)got;
    grown[runner->size] = '\0';
    return (int)got;
}

static void end(struct crew *crew, struct runner *runner) {
    while (waitpid(runner->pid, &runner->status, 0) < 0 && errno == EINTR)
        ;
    close(runner->results);
    runner->ended = true;
    crew->running--;
}

// What the file's process has said, compilers and all, to our stderr: line by line. Returns its text, malloc'd.
static char *repeat_said(const struct runner *runner) {
    char *text = malloc(SAID_MOST + 1);
    const ssize_t got = text ? pread(runner->said, text, SAID_MOST, 0) : -1;
    close(runner->said);
    if (got < 0) {
        free(text);
        return NULL;
    }
    text[got] = '\0';
    for (const char *at = text, *stop; *at; at = stop + (*stop == '\n')) {
        stop = strchrnul(at, '\n');
        tick__complain_more("%.*s", (int)(stop - at), at);
    }
    return text;
}

// Why a file could not be loaded: what retick said last, else what was said first.
static void explain(json_t *result, const char *said) {
    static const char lead[] = "retick: ";
    const char *best = said, *stop;
    for (const char *at = said; *at; at = stop + (*stop == '\n')) {
        stop = strchrnul(at, '\n');
        const bool aside = strncmp(at, "retick: note: ", 14) == 0 || strncmp(at, "retick: warning: ", 17) == 0;
        if (strncmp(at, lead, sizeof lead - 1) == 0 && !aside)
            best = at;
    }
    best += strncmp(best, lead, sizeof lead - 1) == 0 ? sizeof lead - 1 : 0;
    stop = strchrnul(best, '\n');
    json_object_set_new(result, "message", tick__json_bytes(best, (size_t)(stop - best)));
    json_object_set_new(result, "said", tick__json_text(said));
}

static void take_line(struct crew *crew, const char *line, size_t length, const char *said) {
    json_t *result = json_loadb(line, length, 0, NULL);
    const json_t *claims = result ? json_object_get(result, "claims") : NULL;
    if (claims)
        crew->suite->schedules[json_integer_value(claims)].claimed = true;
    else if (result) {
        if (strcmp(tick__suite_text(result, "what"), "load") == 0)
            explain(result, said);
        crew->took(crew->ctx, result);
    }
    json_decref(result);
}

// Those that have ended, up to the first that has not.
static void tell(struct crew *crew) {
    for (; crew->told < crew->count && crew->runners[crew->told].ended; crew->told++) {
        struct runner *runner = &crew->runners[crew->told];
        char *said = repeat_said(runner);
        for (char *at = runner->text, *stop; at && *at; at = stop + (*stop == '\n')) {
            stop = strchrnul(at, '\n');
            take_line(crew, at, (size_t)(stop - at), said ? said : "");
        }
        if (runner->status != 0 && !tick__interrupted()) {
            json_t *result = tick__suite_result(runner->unit.file->path, runner->unit.file->name, "load", "it can be tested");
            tick__suite_close(result, false, false, TICK__EXIT_HARNESS);
            if (result) {
                explain(result, said ? said : "");
                json_object_set_new(result, "message", tick__json_text("its process has ended in the midst: of memory or by a signal"));
                crew->took(crew->ctx, result);
            }
            json_decref(result);
        }
        free(said);
        free(runner->text);
        runner->text = NULL;
    }
}

static int watch(struct crew *crew) {
    struct pollfd *fds = calloc(crew->count + 1, sizeof *fds);
    size_t *whose = calloc(crew->count + 1, sizeof *whose), watched = 0;
    int code = fds && whose ? 0 : -ENOMEM;
    for (size_t i = 0; i < crew->next && code == 0; i++)
        if (crew->runners[i].started && !crew->runners[i].ended) {
            fds[watched] = (struct pollfd){.fd = crew->runners[i].results, .events = POLLIN};
            whose[watched++] = i;
        }
    if (code == 0 && poll(fds, watched, 200) < 0 && errno != EINTR)
        code = -errno;
    for (size_t i = 0; i < watched && code == 0; i++) {
        if (!fds[i].revents)
            continue;
        code = take_text(&crew->runners[whose[i]]);
        if (code == 0)
            end(crew, &crew->runners[whose[i]]);
        code = code < 0 ? code : 0;
    }
    free(fds);
    free(whose);
    return code;
}

static int carry_out(struct crew *crew) {
    int code = 0;
    while (code == 0 && crew->told < crew->count && !tick__interrupted()) {
        while (code == 0 && crew->next < crew->count && crew->running < crew->options->jobs)
            code = start(crew, &crew->runners[crew->next++]);
        if (code == 0)
            code = watch(crew);
        tick__progress_end();
        tell(crew);
        if (crew->told < crew->count)
            tick__progress_line("%zu of %zu files", crew->told, crew->count);
    }
    tick__progress_end();
    for (size_t i = 0; i < crew->count; i++) { // after an error, or ctrl-C
        struct runner *runner = &crew->runners[i];
        if (runner->started && !runner->ended) {
            kill(runner->pid, SIGTERM);
            end(crew, runner);
            close(runner->said);
        }
        free(runner->text);
    }
    return code;
}

static bool add(struct crew *crew, const struct tick__suite_file *file, const char *flags) {
    struct runner *grown = realloc(crew->runners, (crew->count + 1) * sizeof *grown);
    if (!grown)
        return false;
    crew->runners = grown;
    grown[crew->count++] = (struct runner){.unit = {.file = file, .flags = flags}, .results = -1, .said = -1};
    return true;
}

// Each file as it is compiled here, and in each way that one of its schedules asks for: where its text has the scenario's name.
static bool add_units(struct crew *crew, const struct tick__suite_file *file) {
    const size_t first = crew->count;
    bool whole = add(crew, file, NULL);
    for (size_t i = 0; i < crew->suite->schedule_count && whole; i++) {
        const struct tick__suite_schedule *kept = &crew->suite->schedules[i];
        bool there = !file->text || !tick__suite_belongs(kept, file) || !tick__suite_wants(kept, crew->options->load) ||
                     !strstr(file->text, kept->schedule.scenario);
        for (size_t k = first; k < crew->count && !there; k++)
            there = crew->runners[k].unit.flags && strcmp(crew->runners[k].unit.flags, kept->recorded.flags) == 0;
        whole = there || add(crew, file, kept->recorded.flags);
    }
    return whole;
}

// Schedules that were asked for and belong to nothing, or cannot be read.
static void tell_orphans(struct crew *crew) {
    for (size_t i = 0; i < crew->suite->schedule_count; i++) {
        const struct tick__suite_schedule *kept = &crew->suite->schedules[i];
        char text[700];
        if (!kept->asked || kept->claimed)
            continue;
        if (*kept->error)
            snprintf(text, sizeof text, "%s", kept->error);
        else if (*kept->recorded.program && !crew->options->load->program)
            snprintf(text, sizeof text, "it is of a program, and starts none by itself. Type it, if it is yours: %s test %s%.500s",
                tick__program(), kept->path, kept->recorded.program);
        else if (*kept->recorded.program)
            snprintf(text, sizeof text, "it is of the program %s, and another one is tested: test each on its own, with its schedules",
                kept->schedule.scenario);
        else
            snprintf(text, sizeof text, "no scenario \"%s\" is in what was named: name the file that has it, too", kept->schedule.scenario);
        json_t *result = tick__suite_result(kept->path, "", "schedule", "it can be run");
        if (result)
            json_object_set_new(result, "message", tick__json_text(text));
        tick__suite_close(result, false, false, TICK__EXIT_USAGE);
        if (result)
            crew->took(crew->ctx, result);
        json_decref(result);
    }
}

int tick__suite_run(struct tick__suite *suite, const struct tick__suite_options *options, tick__suite_took *took, void *ctx) {
    struct crew crew = {.suite = suite, .options = options, .took = took, .ctx = ctx};
    bool whole = true;
    for (size_t i = 0; i < suite->file_count && whole; i++)
        whole = add_units(&crew, &suite->files[i]);
    for (size_t i = 0; i < crew.count; i++) {
        const size_t at_once = crew.count < options->jobs ? crew.count : options->jobs;
        crew.runners[i].unit.workers = (unsigned)(options->jobs / at_once);
    }
    const int result = whole ? carry_out(&crew) : -ENOMEM;
    if (result == 0 && !tick__interrupted())
        tell_orphans(&crew);
    free(crew.runners);
    return result < 0 ? tick__complain_of("the tests", result, NULL) : 0;
}
