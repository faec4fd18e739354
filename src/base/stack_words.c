#include "src/base/stack_words.h"
#include <dlfcn.h>
#include <string.h>

static const char *file_of(const Dl_info *info) {
    const char *slash = strrchr(info->dli_fname, '/');
    return slash ? slash + 1 : info->dli_fname;
}

bool tick__line_place(struct tick__line *to, const void *address) {
    Dl_info info;
    if (!dladdr(address, &info) || !info.dli_fname)
        return false;
    bool named = info.dli_sname && info.dli_saddr;
    tick__line_put(to, named ? info.dli_sname : file_of(&info));
    tick__line_put(to, "+");
    tick__line_hex(to, (uint64_t)((const char *)address - (const char *)(named ? info.dli_saddr : info.dli_fbase)));
    return true;
}

bool tick__in_libc(const void *address) {
    static const char *const files[] = {"libc.", "ld-linux", "libasan.", "libubsan.", "libtsan."};
    static const char *const names[] = {"__asan_", "__ubsan_", "__sanitizer_", "_ZN6__asan", "_ZN7__ubsan", "_ZN11__sanitizer"};
    Dl_info info;
    if (!dladdr(address, &info) || !info.dli_fname)
        return false;
    for (size_t i = 0; info.dli_sname && i < sizeof names / sizeof *names; i++)
        if (!strncmp(info.dli_sname, names[i], strlen(names[i])))
            return true;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (!strncmp(file_of(&info), files[i], strlen(files[i])))
            return true;
    return false;
}

const void *tick__programs_own(void *const *frames, size_t count) {
    Dl_info own, info;
    const void *fallback = NULL;
    const bool known = dladdr((const void *)(uintptr_t)tick__programs_own, &own) != 0;
    for (size_t i = 0; i < count; i++) {
        const void *at = (const char *)frames[i] - 1; // in the call, which may be a function's last instruction
        if (tick__in_libc(at) || !dladdr(at, &info))
            continue;
        if (!known || info.dli_fbase != own.dli_fbase)
            return at;
        const char *name = info.dli_sname;
        if (!fallback && name && strncmp(name, "tick_", 5) != 0 && strcmp(name, "malloc") != 0 && strcmp(name, "free") != 0 &&
            strcmp(name, "calloc") != 0 && strcmp(name, "realloc") != 0)
            fallback = at;
    }
    return fallback;
}
