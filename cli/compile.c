#include "cli/compile.h"
#include "cli/cache.h"
#include "cli/compile_known.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <retick/version.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef RETICK_INCLUDE_DIR
#define RETICK_INCLUDE_DIR "/usr/local/include"
#endif
#ifndef RETICK_INSTALLED_INCLUDE_DIR
#define RETICK_INSTALLED_INCLUDE_DIR RETICK_INCLUDE_DIR
#endif
#ifndef RETICK_C_COMPILER
#define RETICK_C_COMPILER "cc"
#endif
#ifndef RETICK_CXX_COMPILER
#define RETICK_CXX_COMPILER "c++"
#endif
// An executable with a sanitizer takes only shared objects with the same.
#ifndef RETICK_SANITIZE_FLAGS
#define RETICK_SANITIZE_FLAGS ""
#endif
// So that no frame steps over a stack's guard (cmake/flags.cmake).
#ifndef RETICK_STACK_FLAGS
#define RETICK_STACK_FLAGS "-fstack-clash-protection"
#endif

#define FLAGS " -D_GNU_SOURCE -g -O1 -fPIC -fno-omit-frame-pointer -Wall " RETICK_STACK_FLAGS " " RETICK_SANITIZE_FLAGS

// How each language is compiled. TRIES: compilers, in the order in which they are looked for.
#define TRIES 4
static const struct language {
    const char *name, *tries[TRIES], *option, *variable, *tried, *flags, *word;
} c = {"C", {RETICK_C_COMPILER, "cc", "gcc", "clang"}, "--cc", "RETICK_CC", "cc, gcc and clang",
    "-std=c17 -Werror=implicit-function-declaration" FLAGS, "c"},
  cxx = {"C++", {RETICK_CXX_COMPILER, "c++", "g++", "clang++"}, "--cxx", "RETICK_CXX", "c++, g++ and clang++", "-std=c++20" FLAGS, "c++"};

bool tick__compile_is_cxx(const char *path) {
    static const char *const ends[] = {".cpp", ".cc", ".cxx"};
    size_t length = strlen(path);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (length > strlen(ends[i]) && strcmp(path + length - strlen(ends[i]), ends[i]) == 0)
            return true;
    return false;
}

static const struct language *language_of(const struct tick__compile *what) {
    return tick__compile_is_cxx(what->source) ? &cxx : &c;
}

static int has_header(const char *folder) {
    char path[PATH_MAX + 16];
    snprintf(path, sizeof path, "%s/retick.h", folder);
    return access(path, R_OK) == 0;
}

// Where retick.h is: beside an installed or just built retick, else where the build said.
static void find_include(char *folder, size_t size) {
    static const char *const places[] = {"../include", "../../include", "../../../include"};
    char self[PATH_MAX], candidate[PATH_MAX + 32], resolved[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = '\0';
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = '\0';
        for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
            snprintf(candidate, sizeof candidate, "%s/%s", self, places[i]);
            if (has_header(candidate) && realpath(candidate, resolved)) {
                snprintf(folder, size, "%s", resolved);
                return;
            }
        }
    }
    snprintf(folder, size, "%s", has_header(RETICK_INCLUDE_DIR) ? RETICK_INCLUDE_DIR : RETICK_INSTALLED_INCLUDE_DIR);
}

// The compiler's words (it may come with arguments, as in "ccache gcc").
static int find_compiler(const struct language *language, const char *cc, struct tick__argv *args, struct tick_error *error) {
    const char *where = language->option;
    if (!cc || !*cc) {
        cc = getenv(language->variable);
        where = language->variable;
    }
    if (cc && *cc) {
        int result = tick__argv_add_words(args, cc);
        if (result < 0 || args->count == 0)
            return tick_error_set(error, result < 0 ? result : -EINVAL, "%s: \"%s\" is no command", where, cc);
        if (!tick__process_found(args->argv[0]))
            return tick_error_set(error, -ENOENT, "no compiler \"%s\" (from %s): name another, or leave it out to try %s", args->argv[0],
                where, language->tried);
        return 0;
    }
    for (size_t i = 0; i < TRIES; i++)
        if (tick__process_found(language->tries[i]))
            return tick__argv_add(args, language->tries[i]);
    return tick_error_set(error, -ENOENT, "no %s compiler found: tried %s. Install one (apt install %s), or name it with %s or %s",
        language->name, language->tried, language->tries[2], language->option, language->variable);
}

// compiler, flags, -I, user's flags: the part that every command shares. *compiler_words of it name the compiler, *own are not the user's.
static int start_command(
    const struct tick__compile *what, struct tick__argv *args, size_t *compiler_words, size_t *own, struct tick_error *error) {
    char include[PATH_MAX], option[PATH_MAX + 2];
    int result = find_compiler(language_of(what), what->cc, args, error);
    if (result < 0)
        return result;
    *compiler_words = args->count;
    find_include(include, sizeof include);
    if (!has_header(include))
        return tick_error_set(
            error, -ENOENT, "retick.h is neither in ../include beside this program nor in %s: is retick installed whole?", include);
    snprintf(option, sizeof option, "-I%s", include);
    result = tick__argv_add_words(args, language_of(what)->flags);
    if (result == 0)
        result = tick__argv_add(args, option);
    if (result == 0 && what->heap_check) // who knows malloc and free drops a block that nobody reads, and what is written beyond it
        result = tick__argv_add(args, "-fno-builtin");
    *own = args->count;
    const char *user[] = {getenv("RETICK_CFLAGS"), what->cflags};
    for (int i = 0; i < 2 && result == 0; i++)
        if ((result = tick__argv_add_words(args, user[i])) == -EINVAL)
            return tick_error_set(error, result, "compiler flags \"%s\" are not words: check the quotes", user[i]);
    return result;
}

// The source as a word that no compiler takes for an option or for a file of options.
static const char *input(const struct tick__compile *what, char room[PATH_MAX + 2]) {
    snprintf(room, PATH_MAX + 2, "%s%s", strchr("-@", what->source[0]) ? "./" : "", what->source);
    return room;
}

static int finish(struct tick__argv *args, const char *const *words) {
    int result = 0;
    for (; *words && result == 0; words++)
        result = tick__argv_add(args, *words);
    return result;
}

static int copy_command(const struct tick__argv *from, struct tick__argv *to, size_t count) {
    int result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        result = tick__argv_add(to, from->argv[i]);
    return result;
}

// Whether there is no room for even a small file: asked by trying, which also tells of quotas.
static bool is_full(const char *folder) {
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/retick-room-XXXXXX", folder) >= (int)sizeof path)
        return false;
    int fd = mkostemp(path, O_CLOEXEC);
    int code = fd < 0 ? errno : posix_fallocate(fd, 0, 1 << 16);
    if (fd >= 0) {
        close(fd);
        unlink(path);
    }
    return code == ENOSPC || code == EDQUOT;
}

static int does_not_compile(
    const struct tick__compile *what, const struct tick__argv *args, int status, const char *cache, struct tick_error *error) {
    const char *folders[] = {tick__temporary_folder(), cache};
    if (status < 0)
        return tick_error_set(error, status, "%s cannot be compiled: %s cannot be run: %s; name another compiler with %s", what->source,
            args->argv[0], tick_error_text(status), language_of(what)->option);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (is_full(folders[i]))
            return tick_error_set(error, -ENOSPC, "%s cannot be compiled: the disk of %s is full; make room, or set %s to another folder",
                what->source, folders[i], i == 0 ? "TMPDIR" : "XDG_CACHE_HOME");
    return tick_error_set(error, TICK_EFORMAT, "%s does not compile (%s says why above, exit %d)", what->source, args->argv[0], status);
}

// Compiles into the cache, by the command that `base` begins.
static int build_cached(
    const struct tick__compile *what, const struct tick__argv *base, const char *folder, const char *name, struct tick_error *error) {
    struct tick__argv build = {0};
    char source[PATH_MAX + 2], temporary[PATH_MAX];
    snprintf(temporary, sizeof temporary, "%s/%s.%ld", folder, name, (long)getpid());
    int result = copy_command(base, &build, base->count);
    if (result == 0)
        result = finish(&build, (const char *[]){"-shared", "-o", temporary, "-x", language_of(what)->word, input(what, source), NULL});
    if (result < 0)
        goto out;
    int status = tick__process_run(build.argv, 0, NULL, NULL);
    if (status != 0) {
        unlink(temporary);
        result = does_not_compile(what, &build, status, folder, error);
        goto out;
    }
    result = tick__cache_put(folder, temporary, name);
    if (result < 0)
        tick_error_set(
            error, result, "%s/%s cannot be written: %s; set XDG_CACHE_HOME to another folder", folder, name, tick_error_text(result));
    else
        tick__cache_prune(folder, name);
out:
    tick__argv_fini(&build);
    return result;
}

// The object's name: a key of all that it is made from. The preprocessed text (malloc'd) holds every header that matters, and the paths
// that messages will name.
static int name_object(const struct tick__compile *what, const struct tick__argv *base, size_t words, const char *folder, char **text,
    char name[TICK__OBJECT_NAME], struct tick_error *error) {
    struct tick__argv preprocess = {0}, about = {0};
    struct tick__cache_key *key;
    char *version = NULL, source[PATH_MAX + 2];
    size_t size, version_size;
    int result;
    if ((result = copy_command(base, &preprocess, base->count)) < 0 || (result = copy_command(base, &about, words)) < 0 ||
        (result = finish(&preprocess, (const char *[]){"-E", "-x", language_of(what)->word, input(what, source), NULL})) < 0 ||
        (result = finish(&about, (const char *[]){"--version", NULL})) < 0)
        goto out;
    int status = tick__process_run(preprocess.argv, 0, text, &size);
    if (status != 0) {
        result = does_not_compile(what, &preprocess, status, folder, error);
        goto out;
    }
    status = tick__process_run(about.argv, 1, &version, &version_size);
    if (status != 0)
        version_size = 0;
    if ((result = tick__cache_key_new(&key)) < 0)
        goto out;
    tick__cache_key_add(key, *text, size);
    for (size_t i = 0; i < base->count; i++)
        tick__cache_key_add(key, base->argv[i], strlen(base->argv[i]));
    tick__cache_key_add(key, version, version_size);
    tick__cache_key_add(key, TICK_VERSION, strlen(TICK_VERSION));
    tick__cache_key_finish(key, name);
    memcpy(name + 32, TICK__CACHE_OBJECT, sizeof TICK__CACHE_OBJECT);
out:
    free(version);
    tick__argv_fini(&preprocess);
    tick__argv_fini(&about);
    return result;
}

int tick__compile_shared(const struct tick__compile *what, char **object, struct tick_error *error) {
    struct tick__argv base = {0};
    struct tick__known known;
    char *text = NULL, folder[PATH_MAX - 128], name[TICK__OBJECT_NAME], final[PATH_MAX], source[PATH_MAX + 2];
    size_t words, own;
    int result = start_command(what, &base, &words, &own, error);
    if (result < 0)
        goto out;
    result = tick__cache_folder(folder, sizeof folder, error);
    if (result < 0)
        goto out;
    tick__known_begin(&known, base.argv, base.count, words, own, input(what, source));
    if (!tick__known_recall(&known, folder, name) || !tick__cache_has(folder, name)) {
        if ((result = name_object(what, &base, words, folder, &text, name, error)) < 0)
            goto out;
        if (!tick__cache_has(folder, name) && (result = build_cached(what, &base, folder, name, error)) < 0)
            goto out;
        tick__known_remember(&known, folder, name, text);
    }
    snprintf(final, sizeof final, "%s/%s", folder, name);
    *object = strdup(final);
    result = *object ? 0 : -ENOMEM;
out:
    free(text);
    tick__argv_fini(&base);
    return result;
}

int tick__compile_object(const struct tick__compile *what, const char *object) {
    struct tick__argv args = {0};
    size_t words, own;
    char source[PATH_MAX + 2];
    int result = start_command(what, &args, &words, &own, NULL);
    if (result == 0)
        result = finish(&args, (const char *[]){"-c", "-o", object, "-x", language_of(what)->word, input(what, source), NULL});
    if (result == 0 && (result = tick__process_run(args.argv, 1, NULL, NULL)) > 0)
        result = TICK_EFORMAT;
    tick__argv_fini(&args);
    return result;
}
