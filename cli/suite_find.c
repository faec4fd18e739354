// Files with scenarios and kept schedules, among what was named: in the order of their names, whatever the folder's own is.
#include "cli/compile.h"
#include "cli/print.h"
#include "cli/suite.h"
#include "cli/world_load.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEPTH_MOST 32
#define TEXT_MOST ((size_t)16 << 20)

static bool ends_with(const char *text, const char *end) {
    const size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

static bool is_source(const char *path) {
    return ends_with(path, ".c") || tick__compile_is_cxx(path);
}

// The absolute folder of a file, malloc'd.
static char *folder_of(const char *path) {
    char *real = realpath(path, NULL), *slash = real ? strrchr(real, '/') : NULL;
    if (slash)
        slash[slash == real] = '\0';
    return real ? real : strdup("");
}

static char *text_of(const char *path) {
    char *text = NULL;
    size_t room = 0;
    struct stat about;
    const bool fits = stat(path, &about) == 0 && S_ISREG(about.st_mode) && (size_t)about.st_size <= TEXT_MOST; // opening a fifo would wait
    FILE *file = fits ? fopen(path, "re") : NULL;
    if (file && getdelim(&text, &room, EOF, file) < 0) {
        free(text);
        text = NULL;
    }
    if (file)
        fclose(file);
    return text;
}

// A file in YAML of a folder may be anything: whether it is a world.
static bool has_world(const char *path) {
    char *text = tick__world_is_named(path) ? text_of(path) : NULL;
    const bool yes = text && (strncmp(text, "hosts:", 6) == 0 || strstr(text, "\nhosts:")) && strstr(text, "program:");
    free(text);
    return yes;
}

static bool same_file(const char *a, const char *b) {
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int add_file(struct tick__suite *suite, const char *path, const char *name, bool named) {
    for (size_t i = 0; i < suite->file_count; i++)
        if (strcmp(suite->files[i].name, name) == 0 && same_file(suite->files[i].path, path))
            return 0;
    struct tick__suite_file *grown = realloc(suite->files, (suite->file_count + 1) * sizeof *grown);
    if (!grown)
        return tick__no_memory(path);
    suite->files = grown;
    struct tick__suite_file *file = &grown[suite->file_count++];
    *file = (struct tick__suite_file){strdup(path), strdup(name), folder_of(path), is_source(path) ? text_of(path) : NULL, true};
    file->has = named || (file->text && strstr(file->text, "TICK_SCENARIO")) || has_world(path);
    return file->path && file->name && file->folder ? 0 : tick__no_memory(path);
}

static int add_schedule(struct tick__suite *suite, const char *path, bool asked) {
    for (size_t i = 0; i < suite->schedule_count; i++)
        if (same_file(suite->schedules[i].path, path)) {
            suite->schedules[i].asked |= asked;
            return 0;
        }
    struct tick__suite_schedule *grown = realloc(suite->schedules, (suite->schedule_count + 1) * sizeof *grown);
    if (!grown)
        return tick__no_memory(path);
    suite->schedules = grown;
    struct tick__suite_schedule *kept = &grown[suite->schedule_count++];
    *kept = (struct tick__suite_schedule){.path = strdup(path), .folder = folder_of(path), .asked = asked};
    tick_schedule_init(&kept->schedule, "");
    if (!kept->path || !kept->folder)
        return tick__no_memory(path);
    struct tick_error error = {0};
    struct stat about;
    FILE *file = stat(path, &about) == 0 && S_ISREG(about.st_mode) ? fopen(path, "re") : NULL; // opening a fifo would wait
    const int result = file ? tick_schedule_read(file, path, &kept->schedule, &error)
                            : tick_error_set(&error, -EIO, "%s cannot be read: it is no file, or not yours", path);
    if (file)
        fclose(file);
    if (result < 0) {
        tick_schedule_init(&kept->schedule, "");
        snprintf(kept->error, sizeof kept->error, "%s", error.text);
    }
    return tick__recorded_of_schedule(&kept->schedule, &kept->recorded) < 0 ? tick__no_memory(path) : 0;
}

static int by_name(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

// What a folder holds: with `below` scenarios and what is in its folders, too; else its schedules alone.
static int look_through(struct tick__suite *suite, const char *folder, bool below, unsigned depth) {
    struct dirent **entries = NULL;
    const int count = scandir(folder, &entries, is_shown, by_name);
    if (count < 0) {
        tick__complain("%s cannot be read: %s", folder, tick_error_text(-errno));
        return TICK__EXIT_USAGE;
    }
    int code = 0;
    for (int i = 0; i < count && code == 0; i++) {
        char path[PATH_MAX];
        struct stat about;
        const size_t length = strlen(folder);
        const bool plain = strcmp(folder, ".") == 0;
        snprintf(path, sizeof path, "%s%s%s", plain ? "" : folder, plain || folder[length - 1] == '/' ? "" : "/", entries[i]->d_name);
        if (lstat(path, &about) != 0)
            continue;
        const bool is_folder = S_ISDIR(about.st_mode); // a link to one is not followed: it may lead anywhere
        if (is_folder && below && depth < DEPTH_MOST)
            code = look_through(suite, path, below, depth + 1);
        else if (!is_folder && ends_with(path, ".schedule"))
            code = add_schedule(suite, path, below);
        else if (!is_folder && below && (is_source(path) || tick__world_is_named(path)))
            code = add_file(suite, path, "", false);
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return code;
}

// The schedules that are kept beside a file.
static int look_beside(struct tick__suite *suite, const char *path) {
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    snprintf(folder, sizeof folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    return look_through(suite, folder, false, 0);
}

static int add_path(struct tick__suite *suite, const char *path) {
    char file[PATH_MAX];
    const char *name;
    struct stat about;
    tick__scenario_split(path, file, sizeof file, &name);
    if (stat(file, &about) != 0) {
        tick__complain("%s: %s; name files with scenarios, schedules, or folders", file, tick_error_text(-errno));
        return TICK__EXIT_USAGE;
    }
    if (S_ISDIR(about.st_mode) && !*name)
        return look_through(suite, file, true, 0);
    return ends_with(file, ".schedule") ? add_schedule(suite, file, true) : add_file(suite, file, name, true);
}

// Drops the sources of folders that hold no scenario: they are parts of something else.
static void drop_others(struct tick__suite *suite) {
    size_t kept = 0;
    for (size_t i = 0; i < suite->file_count; i++) {
        struct tick__suite_file *file = &suite->files[i];
        if (file->has) {
            suite->files[kept++] = *file;
            continue;
        }
        free(file->path);
        free(file->name);
        free(file->folder);
        free(file->text);
    }
    suite->file_count = kept;
}

int tick__suite_find(char *const *paths, size_t count, bool program, struct tick__suite *suite) {
    int code = 0;
    *suite = (struct tick__suite){0};
    const bool linked = tick__scenario_linked_in();
    for (size_t i = 0; i < count && code == 0; i++)
        code = add_path(suite, paths[i]);
    if (code)
        return code;
    drop_others(suite);
    if (linked) {
        for (size_t i = 0; i < suite->file_count; i++)
            suite->files[i].has = false;
        drop_others(suite);
        code = add_file(suite, "", "", true);
    }
    const size_t named = suite->file_count;
    for (size_t i = 0; i < named && code == 0 && !linked; i++)
        code = look_beside(suite, suite->files[i].path);
    if (code == 0 && program)
        code = add_file(suite, "", "", true);
    for (size_t i = 0; i < suite->schedule_count; i++) {
        suite->schedules[i].far = true;
        for (size_t k = 0; k < suite->file_count; k++)
            suite->schedules[i].far &= strcmp(suite->schedules[i].folder, suite->files[k].folder) != 0;
    }
    if (code == 0 && suite->file_count == 0 && suite->schedule_count == 0) {
        tick__complain("there is no scenario in what was named: a source of a folder has one if it says TICK_SCENARIO, and a file.yaml if "
                       "it has hosts: "
                       "and program:; name other files at once");
        return TICK__EXIT_USAGE;
    }
    return code;
}

void tick__suite_fini(struct tick__suite *suite) {
    for (size_t i = 0; i < suite->file_count; i++)
        suite->files[i].has = false;
    drop_others(suite);
    for (size_t i = 0; i < suite->schedule_count; i++) {
        free(suite->schedules[i].path);
        free(suite->schedules[i].folder);
        tick_schedule_fini(&suite->schedules[i].schedule);
        tick__recorded_fini(&suite->schedules[i].recorded);
    }
    free(suite->files);
    free(suite->schedules);
    *suite = (struct tick__suite){0};
}

bool tick__suite_belongs(const struct tick__suite_schedule *schedule, const struct tick__suite_file *file) {
    if (*schedule->recorded.program)
        return !*schedule->error && *schedule->schedule.scenario && !*file->path && schedule->asked;
    const bool near = strcmp(schedule->folder, file->folder) == 0;
    return !*schedule->error && *schedule->schedule.scenario && (near || (schedule->far && schedule->asked));
}

bool tick__suite_wants(const struct tick__suite_schedule *schedule, const struct tick__load *load) {
    struct tick__load asked = *load;
    if (!schedule->recorded.known || schedule->recorded.refused || tick__recorded_take(&schedule->recorded, schedule->path, &asked) != 0)
        return false;
    return asked.cflags != load->cflags;
}
