#include "cli/view.h"
#include "cli/explain_int.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "cli/schedule_file.h"
#include "trace/explain/story_keep.h"
#include "viewer/run_page.h"
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The file of the run beside, which stands in the trace's folder under the name that its story gives; "": none. Not what leads elsewhere.
static void beside_path(const char *path, const char *name, char *beside, size_t size) {
    const char *slash = strrchr(path, '/');
    *beside = '\0';
    if (!*name || strchr(name, '/'))
        return;
    if (snprintf(beside, size, "%.*s%s", slash ? (int)(slash - path) + 1 : 0, path, name) >= (int)size || access(beside, F_OK) != 0)
        *beside = '\0';
}

// The story that is kept in the trace, told beside that run; else a new one.
static int story_of(const struct tick__explained *run, const struct tick__explained *good, bool kept, struct tick__story *story) {
    struct tick__beside both = {0};
    char name[NAME_MAX + 1];
    struct tick_error error = {0};
    if (kept && tick__story_kept(&run->trace, story, name, sizeof name, &error) > 0)
        return 0;
    int result = good ? tick__beside_init(&run->tale, &good->tale, &both) : 0;
    if (result == 0)
        result = tick__story_tell(&run->tale, good ? &both : NULL, "in the good run", story);
    tick__beside_fini(&both);
    return result < 0 ? tick__no_memory(run->trace.path) : 0;
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// Under a name that nobody has, and then in its place.
static int write_page(const struct tick__view *view, const struct tick_page *page) {
    struct tick_error error = {0};
    char *next;
    if (asprintf(&next, "%s.%ld.next", view->output, (long)getpid()) < 0)
        return tick__no_memory(view->output);
    FILE *file = fopen(next, "wxe");
    int result = file ? tick_page_write(page, file, &error) : -errno;
    if (file && fclose(file) != 0 && result == 0)
        result = -errno;
    if (result == 0 && rename(next, view->output) != 0)
        result = -errno;
    if (result < 0) {
        tick__complain(
            "cannot write %s: %s; name another place with -o", view->output, error.text[0] ? error.text : tick_error_text(result));
        if (file)
            unlink(next);
    }
    free(next);
    return result < 0 ? TICK__EXIT_HARNESS : 0;
}

int tick__view(const struct tick__view *view) {
    struct tick__explained run = {0}, good = {0};
    struct tick__story story = {0};
    struct tick_error error = {0};
    struct stat about;
    char name[NAME_MAX + 1] = "", beside[PATH_MAX] = "";
    int code = tick__explained_open(view->path, &run);
    if (code == 0 && view->against)
        snprintf(beside, sizeof beside, "%s", view->against);
    else if (code == 0 && tick__story_kept(&run.trace, &story, name, sizeof name, &error) > 0)
        beside_path(view->path, name, beside, sizeof beside);
    tick__story_fini(&story);
    if (code == 0)
        tick__report_trace(&run.trace);
    if (code == 0 && *beside)
        code = tick__explained_open(beside, &good);
    if (code == 0)
        code = story_of(&run, *beside ? &good : NULL, !view->against, &story);
    if (code == 0 && view->rules)
        code = tick__output_check(view->rules, view->output, TICK__OUTPUT_PAGE);
    if (code == 0) {
        const bool known = stat(view->path, &about) == 0;
        const struct tick_page page = {
            .run = &run.tale,
            .good = *beside ? &good.tale : NULL,
            .story = &story,
            .run_name = view->name ? view->name : base_name(view->path),
            .good_name = view->good_name ? view->good_name : base_name(beside),
            .recorded = known ? (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec : 0,
            .most_events = view->most_events,
        };
        code = write_page(view, &page);
    }
    tick__story_fini(&story);
    tick__explained_close(&good);
    tick__explained_close(&run);
    return code;
}

static bool folder_can_be_written(const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    return snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".") < (int)sizeof folder &&
           access(folder, W_OK) == 0;
}

int tick__view_beside(struct tick__view view, const char *path, bool force) {
    char *page = tick__with_extension(path, ".html");
    int code = page ? 0 : tick__no_memory(path);
    const bool can = code == 0 && folder_can_be_written(page), is_free = can && (force || tick__output_is_free(page, TICK__OUTPUT_PAGE));
    view.output = page;
    if (code == 0 && !can)
        tick__note("%s, the page of the finding, cannot be written there: -o names another place, --no-page wants none", page);
    else if (code == 0 && !is_free)
        tick__note("%s is there, and is no page of retick's: it is not replaced. %s view %s -o FILE.html writes the page elsewhere", page,
            tick__program(), view.name ? "FILE.db" : view.path);
    else if (code == 0)
        code = tick__view(&view);
    if (code == 0 && is_free) {
        tick__report_written("page", page);
        tick__say("%s shows it, in a browser", page);
    }
    free(page);
    return code;
}
