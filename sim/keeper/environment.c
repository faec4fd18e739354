// A program behaves by its environment in ways that nobody thinks of: order in hash tables, languages, time zones, caches. What says where
// things are has to stay; all else goes, or is fixed.
#include "sim/guest/control.h"
#include "sim/keeper/environment_int.h"
#include "src/base/outside.h"
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// What stays; with a * at its end: what begins so.
static const char *const STAYS[] = {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "CONDA_*",
    "PYTHON*", "PYENV_*", "UV_*", "NODE*", "NPM_*", "npm_*", "NVM_*", "RUBY*", "GEM_*", "BUNDLE_*", "PERL*", "LUA_*", "JAVA_HOME",
    "GUILE_*", "R_*", "SSL_CERT_*"};

// What is fixed. glibc's malloc neither asks the kernel for memory nor gives some back but in large pieces: each change of the mappings
// has to be undone after a run, and where a large block stands depends on less.
static const char *const FIXED[] = {"LANG=C.UTF-8", "TZ=UTC", "PYTHONHASHSEED=0", "PYTHONDONTWRITEBYTECODE=1", "TERM=dumb",
    "GLIBC_TUNABLES=glibc.malloc.top_pad=33554432:glibc.malloc.mmap_threshold=1073741824:glibc.pthread.rseq=0", TICK_GUEST_VARIABLE "=1"};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static size_t name_length(const char *variable) {
    return strcspn(variable, "=");
}

static bool same_name(const char *a, const char *b) {
    const size_t length = name_length(a);
    return length == name_length(b) && !memcmp(a, b, length);
}

static bool stays(const char *variable) {
    const size_t length = name_length(variable);
    for (size_t i = 0; i < COUNT(STAYS); i++) {
        const size_t wanted = strcspn(STAYS[i], "*");
        if (!strncmp(variable, STAYS[i], wanted) && (STAYS[i][wanted] || length == wanted))
            return true;
    }
    return false;
}

// In the list, at its end or in the place of another of its name.
static void put(char **list, size_t *count, const char *variable) {
    for (size_t i = 0; i < *count; i++)
        if (same_name(list[i], variable)) {
            list[i] = (char *)variable;
            return;
        }
    list[(*count)++] = (char *)variable;
}

static int by_name(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static size_t length_of(char *const *list) {
    size_t count = 0;
    while (list && list[count])
        count++;
    return count;
}

static const char *value_in(char *const *list, const char *name) {
    for (; *list; list++)
        if (same_name(*list, name))
            return *list + name_length(name) + 1;
    return NULL;
}

char **tick__guest_environment(char *const *from, const char *const *set, const char *library) {
    const char *const others = value_in(from, "LD_PRELOAD=");
    const size_t most = length_of(from) + length_of((char *const *)set) + COUNT(FIXED) + 2;
    const size_t preload = strlen(library) + strlen(others ? others : "") + sizeof "LD_PRELOAD=:";
    char **list = tick__outside_alloc(most * sizeof *list + preload);
    if (!list)
        return NULL;
    char *const preloaded = (char *)(list + most);
    snprintf(preloaded, preload, "LD_PRELOAD=%s%s%s", library, others && *others ? ":" : "", others ? others : "");
    size_t count = 0;
    for (; *from; from++)
        if (stays(*from))
            put(list, &count, *from);
    for (size_t i = 0; i < COUNT(FIXED); i++)
        put(list, &count, FIXED[i]);
    for (; set && *set; set++)
        put(list, &count, *set);
    put(list, &count, preloaded);
    qsort(list, count, sizeof *list, by_name); // where strings come to lie depends on their order
    list[count] = NULL;
    return list;
}
