#include "cli/compile_known.h"
#include "cli/cache.h"
#include "cli/process.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <retick/version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

#define FORMAT "retick known 1\n"

// --- the command ---

// Options whose effect is all in their words, in what the line markers name and in the folders that are listed. `folder`: it names one.
static const struct option {
    const char *text;
    bool joined, apart, folder; // "-Ix", "-I x"
} options[] = {
    {"-iquote", true, true, true},
    {"-isystem", true, true, true},
    {"-idirafter", true, true, true},
    {"-include", false, true, false},
    {"-I", true, true, true},
    {"-D", true, true, false},
    {"-U", true, true, false},
    {"-L", true, true, false},
    {"-l", true, true, false},
    {"-O", true, false, false},
    {"-g", true, false, false},
    {"-m", true, false, false},
    {"-w", false, false, false},
    {"-std=", true, false, false},
    {"-pthread", false, false, false},
    {"-pedantic", true, false, false},
    {"-Wl,", true, false, false},
    {"-Wp,", false, false, false}, // not even joined
    {"-Wa,", false, false, false},
    {"-W", true, false, false},
    {"-fsanitize=", true, false, false}, // -fsanitize-ignorelist= and its like read files
    {"-fno-", true, false, false},
    {"-fmacro-prefix-map=", true, false, false},
    {"-fwrapv", false, false, false},
    {"-fPIC", false, false, false},
};

static const struct option *option_of(const char *word) {
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const struct option *option = &options[i];
        const size_t length = strlen(option->text);
        if (strncmp(word, option->text, length) == 0)
            return word[length] == '\0' || option->joined ? option : NULL;
    }
    return NULL;
}

static int64_t nanoseconds(struct timespec time) {
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec; // NOLINT: of files, not of the simulated world
}

// A sum, since a folder's names come in no order.
static bool add_names(const char *path, uint64_t *sum) {
    DIR *listing = opendir(path);
    if (!listing)
        return errno == ENOENT;
    for (struct dirent *each; (each = readdir(listing));)
        *sum += XXH3_64bits(each->d_name, strlen(each->d_name));
    closedir(listing);
    return true;
}

// The folder of a file: "" is the one that the command runs in.
static void folder_of(const char *path, char folder[PATH_MAX]) {
    const char *slash = strrchr(path, '/');
    snprintf(folder, PATH_MAX, "%.*s", slash ? (int)(slash - path) + 1 : 0, path);
}

static bool add_folder(struct tick__known *known, struct tick__cache_key *key, const char *path) {
    struct stat about;
    path = *path ? path : ".";
    if (stat(path, &about) == 0) {
        if (known->folders == sizeof known->folder / sizeof *known->folder)
            return false;
        known->folder[known->folders].device = about.st_dev;
        known->folder[known->folders++].number = about.st_ino;
    }
    tick__cache_key_add(key, path, strlen(path));
    return add_names(path, &known->names);
}

// The user's words. False: one that may read what nobody would see.
static bool add_words(struct tick__known *known, struct tick__cache_key *key, char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const struct option *option = option_of(words[i]);
        if (!option)
            return false;
        const char *rest = words[i] + strlen(option->text);
        const bool apart = *rest == '\0' && option->apart;
        if (apart && ++i == count)
            return false;
        if (option->folder && !add_folder(known, key, apart ? words[i] : rest))
            return false;
        if (strcmp(option->text, "-include") == 0 && !add_folder(known, key, ""))
            return false;
    }
    return true;
}

// The compiler is its file: another one there, or another that the name leads to, is another compiler.
static bool add_compiler(struct tick__cache_key *key, char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++) {
        char path[PATH_MAX], whole[PATH_MAX];
        struct stat about;
        if (!tick__process_path(words[i], path) || !realpath(path, whole) || stat(whole, &about) != 0) {
            if (i == 0)
                return false;
            continue; // an argument of it
        }
        const int64_t is[] = {(int64_t)about.st_size, (int64_t)about.st_ino, nanoseconds(about.st_mtim), nanoseconds(about.st_ctim)};
        tick__cache_key_add(key, whole, strlen(whole));
        tick__cache_key_add(key, is, sizeof is);
    }
    return true;
}

// What compilers and their wrappers read in the environment. False: it names folders of headers.
static bool add_environment(struct tick__cache_key *key) {
    static const char *const refused[] = {"CPATH=", "C_INCLUDE_PATH=", "CPLUS_INCLUDE_PATH="};
    static const char *const read[] = {
        "PATH=", "GCC_", "COMPILER_PATH=", "LIBRARY_PATH=", "SOURCE_DATE_EPOCH=", "CCACHE_", "CCC_", "LC_", "LANG"};
    uint64_t sum = 0;
    for (char **each = environ; *each; each++) {
        for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
            if (strncmp(*each, refused[i], strlen(refused[i])) == 0)
                return false;
        for (size_t i = 0; i < sizeof read / sizeof *read; i++)
            if (strncmp(*each, read[i], strlen(read[i])) == 0)
                sum += XXH3_64bits(*each, strlen(*each));
    }
    tick__cache_key_add(key, &sum, sizeof sum);
    return true;
}

void tick__known_begin(struct tick__known *known, char *const *argv, size_t count, size_t compiler, size_t own, const char *source) {
    struct tick__cache_key *key;
    char folder[PATH_MAX];
    *known = (struct tick__known){0};
    clock_gettime(CLOCK_REALTIME_COARSE, &known->begun); // the clock of files
    if (strlen(source) >= PATH_MAX || !getcwd(folder, sizeof folder) || tick__cache_key_new(&key) < 0)
        return;
    tick__cache_key_add(key, TICK_VERSION, strlen(TICK_VERSION));
    tick__cache_key_add(key, folder, strlen(folder));
    folder_of(source, folder);
    for (size_t i = 0; i < count; i++)
        tick__cache_key_add(key, argv[i], strlen(argv[i]));
    tick__cache_key_add(key, source, strlen(source));
    known->usable = add_folder(known, key, folder) && add_compiler(key, argv, compiler) && add_environment(key) &&
                    add_words(known, key, argv + own, count - own);
    tick__cache_key_finish(key, known->name);
    memcpy(known->name + 32, TICK__CACHE_KNOWN, sizeof TICK__CACHE_KNOWN);
}

// --- files ---

struct file {
    struct stat about;
    char *bytes;
    size_t room;
};

static bool read_file(struct file *file, const char *path) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    bool whole = fstat(fd, &file->about) == 0 && S_ISREG(file->about.st_mode);
    const size_t size = whole ? (size_t)file->about.st_size : 0;
    if (whole && size + 1 > file->room) {
        char *grown = realloc(file->bytes, size + 1);
        whole = grown;
        if (grown) {
            file->bytes = grown;
            file->room = size + 1;
        }
    }
    whole = whole && read(fd, file->bytes, size + 1) == (ssize_t)size;
    close(fd);
    return whole;
}

static uint64_t sum_of(const struct file *file) {
    return XXH3_64bits(file->bytes, (size_t)file->about.st_size);
}

// --- again ---

// What is remembered: FORMAT, the object's name, the sum over the names in folders, then a line a file ('f', the sum over its bytes) and
// a line a folder that holds one ('d', the sum over its names: results are written beside sources, so that its time says nothing).
bool tick__known_recall(const struct tick__known *known, const char *cache, char object[TICK__OBJECT_NAME]) {
    struct file room = {0};
    char *text = NULL, *rest = NULL;
    bool same = known->usable && tick__cache_read(cache, known->name, &text) && strncmp(text, FORMAT, strlen(FORMAT)) == 0;
    char *line = same ? strtok_r(text + strlen(FORMAT), "\n", &rest) : NULL;
    same = line && strlen(line) == TICK__OBJECT_NAME - 5;
    if (same)
        memcpy(object, line, TICK__OBJECT_NAME - 4);
    line = same ? strtok_r(NULL, "\n", &rest) : NULL;
    same = line && strtoull(line, NULL, 16) == known->names;
    while (same && (line = strtok_r(NULL, "\n", &rest))) {
        char *path = NULL;
        uint64_t names = 0;
        const uint64_t value = strtoull(line + 1, &path, 16);
        path += *path == ' ';
        same =
            line[0] == 'f' ? read_file(&room, path) && sum_of(&room) == value : line[0] == 'd' && add_names(path, &names) && names == value;
    }
    free(room.bytes);
    free(text);
    return same;
}

// --- for the next time ---

struct slice {
    const char *text;
    size_t length;
};

static int by_text(const void *a, const void *b) {
    const struct slice *x = a, *y = b;
    const int order = memcmp(x->text, y->text, x->length < y->length ? x->length : y->length);
    return order ? order : (x->length > y->length) - (x->length < y->length);
}

struct slices {
    struct slice *all;
    size_t count, room;
};

static bool add_slice(struct slices *slices, const char *text, size_t length) {
    const struct slice *last = slices->count ? &slices->all[slices->count - 1] : NULL;
    if (last && last->length == length && memcmp(last->text, text, length) == 0)
        return true;
    if (slices->count == slices->room) {
        const size_t room = slices->room ? 2 * slices->room : 256;
        struct slice *grown = realloc(slices->all, room * sizeof *grown);
        if (!grown)
            return false;
        slices->all = grown;
        slices->room = room;
    }
    slices->all[slices->count++] = (struct slice){text, length};
    return true;
}

static void sort_once(struct slices *slices) {
    size_t kept = 0;
    if (slices->count)
        qsort(slices->all, slices->count, sizeof *slices->all, by_text);
    for (size_t i = 0; i < slices->count; i++)
        if (kept == 0 || by_text(&slices->all[kept - 1], &slices->all[i]) != 0)
            slices->all[kept++] = slices->all[i];
    slices->count = kept;
}

// Every file that a line marker (# 12 "path" …) names, once. False: one whose name is not plain.
static bool files_of(const char *text, struct slices *files) {
    for (const char *line = text; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        const char *path = line[0] == '#' && line[1] == ' ' ? line + 2 + strspn(line + 2, "0123456789") : line;
        if (path == line || path[0] != ' ' || path[1] != '"')
            continue;
        path += 2;
        const size_t length = strcspn(path, "\"\\\n");
        if (path[length] != '"' || length == 0 || length >= PATH_MAX)
            return false;
        if (path[0] == '<' || path[length - 1] == '/') // <built-in>; the folder that it runs in
            continue;
        if (!add_slice(files, path, length))
            return false;
    }
    sort_once(files);
    return files->count > 0;
}

static bool is_before(struct timespec time, struct timespec other) {
    return time.tv_sec < other.tv_sec || (time.tv_sec == other.tv_sec && time.tv_nsec < other.tv_nsec);
}

static bool says_the_time(const struct file *file) {
    static const char *const names[] = {"__TIME__", "__DATE__", "__TIMESTAMP__"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (memmem(file->bytes, (size_t)file->about.st_size, names[i], strlen(names[i])))
            return true;
    return false;
}

static bool write_files(FILE *out, const struct slices *files, const struct tick__known *known, struct slices *folders) {
    struct file room = {0};
    bool sure = true;
    for (size_t i = 0; sure && i < files->count; i++) {
        char path[PATH_MAX];
        const struct slice *file = &files->all[i];
        snprintf(path, sizeof path, "%.*s", (int)file->length, file->text);
        sure = read_file(&room, path) && is_before(room.about.st_mtim, known->begun) && is_before(room.about.st_ctim, known->begun) &&
               !says_the_time(&room);
        const char *slash = sure ? memrchr(file->text, '/', file->length) : NULL;
        if (slash)
            sure = add_slice(folders, file->text, (size_t)(slash - file->text) + 1);
        if (sure)
            fprintf(out, "f%016" PRIx64 " %s\n", sum_of(&room), path);
    }
    free(room.bytes);
    return sure;
}

static bool is_of_command(const struct tick__known *known, const struct stat *folder) {
    for (size_t i = 0; i < known->folders; i++)
        if (known->folder[i].device == folder->st_dev && known->folder[i].number == folder->st_ino)
            return true;
    return false;
}

// But for those of the command, which were listed before the compiler read them: a trace may be written there at this moment.
static bool write_folders(FILE *out, const struct slices *folders, const struct tick__known *known) {
    for (size_t i = 0; i < folders->count; i++) {
        char path[PATH_MAX];
        struct stat about;
        uint64_t names = 0;
        snprintf(path, sizeof path, "%.*s", (int)folders->all[i].length, folders->all[i].text);
        if (!add_names(path, &names) || stat(path, &about) != 0) // in this order: what comes in between makes it too young
            return false;
        if (is_of_command(known, &about))
            continue;
        if (!is_before(about.st_mtim, known->begun))
            return false;
        fprintf(out, "d%016" PRIx64 " %s\n", names, path);
    }
    return true;
}

void tick__known_remember(const struct tick__known *known, const char *cache, const char *object, const char *text) {
    struct slices files = {0}, folders = {0};
    char temporary[PATH_MAX];
    FILE *out = NULL;
    if (!known->usable || !files_of(text, &files) ||
        snprintf(temporary, sizeof temporary, "%s/%s.%ld", cache, known->name, (long)getpid()) >= (int)sizeof temporary ||
        !(out = fopen(temporary, "wxe")))
        goto out;
    fprintf(out, FORMAT "%s\n%016" PRIx64 "\n", object, known->names);
    bool sure = write_files(out, &files, known, &folders);
    sort_once(&folders);
    sure = sure && write_folders(out, &folders, known);
    if (fclose(out) == 0 && sure)
        (void)tick__cache_put(cache, temporary, known->name);
    else
        unlink(temporary);
out:
    free(files.all);
    free(folders.all);
}
