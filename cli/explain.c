#include "cli/details.h"
#include "cli/explain_int.h"
#include "cli/first_read.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/story_print.h"
#include "trace/explain/story_keep.h"
#include "trace/explain/waits_keep.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

int tick__explained_open(const char *path, struct tick__explained *told) {
    struct tick_error error = {0};
    int result = tick_trace_open(path, &told->trace, &error);
    if (result < 0)
        return tick__complain_of(path, result, &error);
    told->open = true;
    const int code = tick__complete(&told->trace);
    if (code)
        return code;
    result = tick__tale_read(&told->trace, &told->tale, &error);
    return result < 0 ? tick__complain_of(path, result, &error) : 0;
}

void tick__explained_close(struct tick__explained *told) {
    tick__tale_fini(&told->tale);
    if (told->open)
        tick_trace_close(&told->trace);
}

static int tell(const struct tick__explained *run, const struct tick__explained *good, const char *there, struct tick__story *story) {
    struct tick__beside both = {0};
    int result = good ? tick__beside_init(&run->tale, &good->tale, &both) : 0;
    both.repaired = good && strcmp(run->trace.scenario, good->trace.scenario) != 0;
    if (result == 0)
        result = tick__story_tell(&run->tale, good ? &both : NULL, there, story);
    tick__beside_fini(&both);
    return result < 0 ? tick__no_memory(run->trace.path) : 0;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// Kept beside the story: circles that only the rules see. A trace that cannot be written to does without.
static int keep_circles(const struct tick__explained *run, const struct tick__explained *good) {
    struct tick__waits waits;
    struct tick_error error;
    if (!tick__ends_in_waiting(&run->trace))
        return 0;
    if (tick__waits_find(&run->tale, good ? &good->tale : NULL, &waits) < 0)
        return tick__no_memory(run->trace.path);
    (void)tick__waits_keep(run->trace.path, &waits, &error);
    tick__waits_fini(&waits);
    return 0;
}

int tick__explain(const struct tick__explain *explain) {
    struct tick__explained run = {0}, good = {0};
    struct tick__story story = {0};
    struct tick_error error = {0};
    int code = tick__explained_open(explain->path, &run);
    if (code == 0 && explain->against)
        code = tick__explained_open(explain->against, &good);
    if (code == 0)
        code = tell(&run, explain->against ? &good : NULL, explain->there, &story);
    if (code == 0 && explain->keep && story.count)
        (void)tick__story_keep(explain->path, &story, explain->against ? base_name(explain->against) : NULL, &error);
    if (code == 0 && explain->keep)
        code = keep_circles(&run, explain->against ? &good : NULL);
    // An end alone says what was told already, unless there is more to it.
    const bool more = story.count > 1 || (story.count && *story.sentences[0].over);
    if (code == 0 && !explain->quiet && (more || !explain->told))
        tick__story_print(&story, explain->name ? explain->name : explain->against);
    if (code == 0 && !explain->quiet)
        code = tick__details_say(&run.trace);
    tick__story_fini(&story);
    tick__explained_close(&good);
    tick__explained_close(&run);
    return code;
}

int tick__explain_kept(const char *path, bool *found) {
    struct tick_trace trace;
    struct tick__story story;
    struct tick_error error = {0};
    char beside[NAME_MAX + 1];
    *found = false;
    int result = tick_trace_open(path, &trace, &error);
    if (result < 0)
        return tick__complain_of(path, result, &error);
    result = tick__story_kept(&trace, &story, beside, sizeof beside, &error);
    if (result > 0) {
        *found = true;
        tick__story_print(&story, *beside ? beside : NULL);
        tick__story_fini(&story);
        (void)tick__details_say(&trace);
    }
    tick_trace_close(&trace);
    return result < 0 ? tick__complain_of(path, result, &error) : 0;
}
