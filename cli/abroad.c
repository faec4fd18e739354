#include "cli/abroad.h"
#include "cli/compile.h"
#include "cli/process.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *text, *cause;
} surroundings[TICK__SURROUNDING_COUNT] = {
#define ROW(name, text, cause) [name] = {text, cause},
    TICK__SURROUNDINGS(ROW)
#undef ROW
};

const char *tick__surrounding_text(enum tick__surrounding which) {
    return surroundings[which].text;
}

const char *tick__surrounding_cause(enum tick__surrounding which) {
    return surroundings[which].cause;
}

static bool varied_in(unsigned varied, enum tick__surrounding which) {
    return varied >> which & 1;
}

// --- the folder ---

int tick__abroad_open(
    struct tick__abroad *abroad, const struct tick__load *load, const struct tick__loaded *loaded, const struct tick__run_options *run) {
    const char *temporary = getenv("TMPDIR"), *source = loaded->source;
    const size_t length = strlen(source);
    const bool compiled = (length > 2 && strcmp(source + length - 2, ".c") == 0) || tick__compile_is_cxx(source);
    const struct tick__surrounding_process fixed = {.addresses = TICK__ADDRESSES_FIXED};
    char *const nothing[] = {(char[]){"/proc/self/exe"}, (char[]){"--version"}, NULL};
    *abroad = (struct tick__abroad){.load = load, .loaded = loaded, .run = run};
    snprintf(abroad->folder, sizeof abroad->folder, "%s/retick-check-XXXXXX", temporary && *temporary == '/' ? temporary : "/tmp");
    if (!mkdtemp(abroad->folder)) {
        abroad->folder[0] = 0;
        return -errno;
    }
    for (int i = 0; i < TICK__SURROUNDING_COUNT; i++)
        abroad->can[i] = compiled || (i != TICK__CLOCK && i != TICK__BUILD);
    abroad->can[TICK__ASLR] = tick__process_run_in(&fixed, nothing, 1, NULL, NULL) == 0;
    return 0;
}

void tick__abroad_close(struct tick__abroad *abroad) {
    DIR *folder = abroad->folder[0] ? opendir(abroad->folder) : NULL;
    if (!folder)
        return;
    for (struct dirent *each; (each = readdir(folder));)
        unlinkat(dirfd(folder), each->d_name, strcmp(each->d_name, "elsewhere") == 0 ? AT_REMOVEDIR : 0);
    closedir(folder);
    rmdir(abroad->folder);
}

// --- what is varied ---

// The time of day that a scenario is let read (--allow time): another hour of another day, by the linker's --wrap.
static const char clock_text[] =
    "#include <sys/time.h>\n#include <time.h>\n"
    "#ifdef __cplusplus\nextern \"C\" {\n#endif\n"
    "static const volatile time_t tick_away = TICK_AWAY;\n"
    "#define HIDDEN __attribute__((visibility(\"hidden\"), used))\n"
    "time_t __real_time(time_t *t);\nHIDDEN time_t __wrap_time(time_t *t);\n"
    "time_t __wrap_time(time_t *t) { time_t now = __real_time((time_t *)0) + tick_away; if (t) *t = now; return now; }\n"
    "int __real_clock_gettime(clockid_t c, struct timespec *t);\nHIDDEN int __wrap_clock_gettime(clockid_t c, struct timespec *t);\n"
    "int __wrap_clock_gettime(clockid_t c, struct timespec *t) { int r = __real_clock_gettime(c, t);\n"
    "    if (!r && (c == CLOCK_REALTIME || c == CLOCK_REALTIME_COARSE)) t->tv_sec += tick_away; return r; }\n"
    "int __real_timespec_get(struct timespec *t, int b);\nHIDDEN int __wrap_timespec_get(struct timespec *t, int b);\n"
    "int __wrap_timespec_get(struct timespec *t, int b) { int r = __real_timespec_get(t, b); if (r) t->tv_sec += tick_away; return r; }\n"
    "int __real_gettimeofday(struct timeval *t, void *z);\nHIDDEN int __wrap_gettimeofday(struct timeval *t, void *z);\n"
    "int __wrap_gettimeofday(struct timeval *t, void *z) { int r = __real_gettimeofday(t, z); if (!r) t->tv_sec += tick_away; return r; }\n"
    "#undef HIDDEN\n"
    "#ifdef __cplusplus\n}\n#endif\n";

static int write_clock(const char *path) {
    FILE *file = fopen(path, "we");
    if (!file)
        return -errno;
    const bool failed = fputs(clock_text, file) < 0;
    return fclose(file) != 0 || failed ? -EIO : 0;
}

// The scenario compiled anew, as if elsewhere, at another time, under another clock. *object is the caller's.
static int compile(struct tick__abroad *abroad, unsigned varied, char **object) {
    char flags[PATH_MAX * 3], header[PATH_MAX + 16], home[PATH_MAX];
    struct tick_error error;
    size_t used = (size_t)snprintf(flags, sizeof flags, "%s -w", abroad->load->cflags ? abroad->load->cflags : "");
    const char *slash = strrchr(abroad->loaded->source, '/');
    snprintf(home, sizeof home, "%.*s", slash ? (int)(slash - abroad->loaded->source) : 0, abroad->loaded->source);
    snprintf(header, sizeof header, "%s/clock.h", abroad->folder);
    const char *time = varied_in(varied, TICK__BUILD) ? "03:14:15" : "12:00:00",
               *day = varied_in(varied, TICK__BUILD) ? "Feb  9" : "Jul  1";
    used += (size_t)snprintf(flags + used, sizeof flags - used,
        " -Wno-builtin-macro-redefined '-D__TIME__=\"%s\"' '-D__DATE__=\"%s 1986\"' '-D__TIMESTAMP__=\"Sun %s %s 1986\"'", time, day, day,
        time);
    if (varied_in(varied, TICK__FOLDER) && *home && !strpbrk(home, "'="))
        used += (size_t)snprintf(flags + used, sizeof flags - used, " '-fmacro-prefix-map=%s=%s'", home, abroad->folder);
    if (varied_in(varied, TICK__CLOCK)) {
        TICK_TRY(write_clock(header));
        used += (size_t)snprintf(flags + used, sizeof flags - used,
            " -DTICK_AWAY=%d -include '%s' -Wl,--wrap=time -Wl,--wrap=clock_gettime -Wl,--wrap=gettimeofday -Wl,--wrap=timespec_get",
            varied & TICK__STILL ? 0 : 40 * 86400 + 5 * 3600 + 1061, header);
    }
    if (used >= sizeof flags)
        return -ENAMETOOLONG;
    const char *source = varied_in(varied, TICK__FOLDER) ? abroad->loaded->source : abroad->loaded->given;
    const struct tick__compile build = {
        source, tick__compile_is_cxx(source) ? abroad->load->cxx : abroad->load->cc, flags, abroad->load->heap_check};
    return tick__compile_shared(&build, object, &error);
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

// What the loader, the sanitizers and retick itself need to be as they are.
static bool is_needed(const char *variable) {
    static const char *const needed[] = {"LD_", "PATH=", "TMPDIR=", "RETICK_", "XDG_CACHE_HOME=", "QEMU_", "GLIBC_TUNABLES="};
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++)
        if (begins(variable, needed[i]))
            return true;
    return strstr(variable, "SAN_OPTIONS=") != NULL;
}

static bool is_locale(const char *variable) {
    return begins(variable, "LC_") || begins(variable, "LANG");
}

static int environment(unsigned varied, struct tick__argv *out) {
    const char *now = getenv("LC_ALL") ? getenv("LC_ALL") : getenv("LANG");
    const bool other_locale = varied_in(varied, TICK__LOCALE), other = varied_in(varied, TICK__ENVIRONMENT);
    int result = 0;
    for (char **each = environ; *each && result == 0; each++) {
        char name[128];
        if (is_locale(*each) && other_locale)
            continue;
        if (!other || is_needed(*each) || is_locale(*each)) {
            result = tick__argv_add(out, *each);
            continue;
        }
        snprintf(name, sizeof name, "%.*s=/elsewhere", (int)strcspn(*each, "="), *each);
        if (!begins(*each, "TZ="))
            result = tick__argv_add(out, name);
    }
    if (result == 0 && other)
        result = tick__argv_add(out, "TZ=XYZ-13:45");
    if (result == 0 && other)
        result = tick__argv_add(out, "RETICK_ELSEWHERE=a variable that is not set elsewhere, and whose bytes move what lies below them");
    if (result == 0 && other_locale)
        result = tick__argv_add(out, now && strcmp(now, "C") == 0 ? "LC_ALL=C.UTF-8" : "LC_ALL=C");
    if (result == 0 && other_locale)
        result = tick__argv_add(out, now && strcmp(now, "C") == 0 ? "LANG=C.UTF-8" : "LANG=C");
    return result;
}

// --- the process ---

static int arguments(struct tick__abroad *abroad, unsigned varied, const char *const *words, const char *object, struct tick__argv *out) {
    char text[PATH_MAX + 80];
    int result = tick__argv_add(out, "/proc/self/exe");
    for (; *words && result == 0; words++)
        result = tick__argv_add(out, *words);
    if (result == 0)
        result = tick__argv_add(out, "--unchecked");
    if (result == 0 && varied_in(varied, TICK__DEPTH))
        result = tick__argv_add(out, "--deeper");
#define ADD_RATE(name, number, word, sound, rate_, unit, manual, because) \
    snprintf(text, sizeof text, "--rate=%s=%u", word, abroad->run->rates.of[number]); \
    if (result == 0) \
        result = tick__argv_add(out, text);
    TICK_CHOICES(ADD_RATE)
#undef ADD_RATE
    snprintf(text, sizeof text, "--hang=%lldus", (long long)(abroad->run->hang / 1000));
    if (result == 0 && abroad->run->hang)
        result = tick__argv_add(out, text);
    snprintf(text, sizeof text, "%s:%s", object, abroad->loaded->target.name);
    return result == 0 ? tick__argv_add(out, text) : result;
}

int tick__abroad_run(struct tick__abroad *abroad, unsigned varied, const char *const *words, char **output) {
    struct tick__argv argv = {0}, variables = {0};
    char *object = NULL, elsewhere[sizeof abroad->folder + 16];
    size_t size;
    int result = 0;
    const bool built = varied & (1u << TICK__BUILD | 1u << TICK__CLOCK | 1u << TICK__FOLDER | TICK__STILL);
    if (built && abroad->can[TICK__BUILD])
        result = compile(abroad, varied, &object);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", abroad->folder);
    if (result == 0 && varied_in(varied, TICK__FOLDER) && mkdir(elsewhere, 0700) != 0 && errno != EEXIST)
        result = -errno;
    const struct tick__loaded *loaded = abroad->loaded;
    if (result == 0)
        result = arguments(abroad, varied, words, object ? object : *loaded->object ? loaded->object : loaded->source, &argv);
    if (result == 0)
        result = environment(varied, &variables);
    const struct tick__surrounding_process where = {
        .environment = variables.argv,
        .folder = varied_in(varied, TICK__FOLDER) ? elsewhere : NULL,
        .addresses = varied_in(varied, TICK__ASLR) ? TICK__ADDRESSES_RANDOM
                     : abroad->can[TICK__ASLR]     ? TICK__ADDRESSES_FIXED
                                                   : TICK__ADDRESSES_AS_HERE,
    };
    if (result == 0)
        result = tick__process_run_in(&where, argv.argv, 1, output, &size);
    tick__argv_fini(&argv);
    tick__argv_fini(&variables);
    if (object)
        unlink(object); // nobody asks the cache for it again
    free(object);
    return result;
}
