#include "sim/native/image.h"
#include "src/base/outside.h"
#include <errno.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

// What a program and its scenario stand on: their state is not the scenario's.
static const char *const own_libraries[] = {
    "libc.so",
    "libm.so",
    "ld-linux",
    "linux-vdso",
    "libpthread",
    "libdl.so",
    "librt.so",
    "libgcc_s",
    "libsqlite3",
    "libxxhash",
    "libasan",
    "libubsan",
    "libtsan",
    "liblsan",
    "libclang_rt",
    "libz.so",
    "libstdc++",
    "libcmocka",
    "vgpreload",
    "libgcov",
    "libjansson",
    "libyaml",
};

struct piece {
    char *at;
    size_t size;
    char *copy;
};

struct tick_image {
    size_t count, room, bytes;
    struct piece *pieces;
    bool failed;
    const void *inside;
    const char *from, *to; // the module's addresses
    struct tick_image *next;
};

// Present when anything of libretick uses the section; then statics between the two are not restored.
extern char __start_tick_keep[] __attribute__((weak, visibility("hidden")));
extern char __stop_tick_keep[] __attribute__((weak, visibility("hidden")));

// Byte by byte without instrumentation: between variables lie a sanitizer's red zones.
__attribute__((no_sanitize("address", "thread", "undefined"), noinline)) static void copy(char *to, const char *from, size_t size) {
    if (((uintptr_t)to | (uintptr_t)from) % 8 == 0) {
        for (; size >= 8; size -= 8, to += 8, from += 8)
            *(volatile uint64_t *)to = *(const volatile uint64_t *)from;
    }
    while (size--)
        *(volatile char *)to++ = *(const volatile char *)from++;
}

static void add(struct tick_image *image, char *at, size_t size) {
    if (!size || image->failed)
        return;
    if (image->count == image->room) {
        size_t room = image->room ? image->room * 2 : 16;
        struct piece *pieces = tick__outside_realloc(image->pieces, room * sizeof *pieces);
        if (!pieces) {
            image->failed = true;
            return;
        }
        image->pieces = pieces;
        image->room = room;
    }
    char *kept = tick__outside_alloc(size);
    if (!kept) {
        image->failed = true;
        return;
    }
    copy(kept, at, size);
    image->pieces[image->count++] = (struct piece){at, size, kept};
    image->bytes += size;
}

// Adds [at, at + size) without [from, to).
static void add_without(struct tick_image *image, char *at, size_t size, char *from, char *to) {
    if (from >= to || to <= at || from >= at + size) {
        add(image, at, size);
        return;
    }
    if (from > at)
        add(image, at, (size_t)(from - at));
    if (to < at + size)
        add(image, to, (size_t)(at + size - to));
}

static bool is_own_library(const char *path) {
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    for (size_t i = 0; i < sizeof own_libraries / sizeof *own_libraries; i++) {
        if (!strncmp(name, own_libraries[i], strlen(own_libraries[i])))
            return true;
    }
    return false;
}

static bool holds(const struct dl_phdr_info *info, const void *address) {
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD && (uintptr_t)address - (info->dlpi_addr + segment->p_vaddr) < segment->p_memsz)
            return true;
    }
    return false;
}

// As the dynamic linker has it; <link.h> does not.
struct tls_index {
    unsigned long module, offset;
};
extern void *__tls_get_addr(struct tls_index *index);

// The module's thread-local variables. Those of a loaded object are made when they are first used: by now at the latest, as else a host's
// first use would put them into its heap, which ends with the run.
static char *thread_locals(const struct dl_phdr_info *info) {
    return info->dlpi_tls_data ? info->dlpi_tls_data : __tls_get_addr(&(struct tls_index){info->dlpi_tls_modid, 0});
}

static int visit(struct dl_phdr_info *info, size_t size, void *arg) {
    struct tick_image *image = arg;
    bool program = !info->dlpi_name || !*info->dlpi_name;
    bool scenarios = holds(info, image->inside);
    // The program itself is restored only where the scenario is linked into it: else it is retick, which has no state but what it keeps.
    if (!scenarios && (program || is_own_library(info->dlpi_name)))
        return 0;
    for (int i = 0; scenarios && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD)
            continue;
        const char *from = (const char *)(info->dlpi_addr + segment->p_vaddr), *to = from + segment->p_memsz;
        image->from = image->from && image->from < from ? image->from : from;
        image->to = image->to > to ? image->to : to;
    }
    char *relro_from = NULL, *relro_to = NULL;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_GNU_RELRO) { // the dynamic linker protects whole pages of it
            relro_from = (char *)(info->dlpi_addr + segment->p_vaddr);
            relro_to = (char *)((info->dlpi_addr + segment->p_vaddr + segment->p_memsz) & ~(uintptr_t)4095);
        }
    }
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_W))
            continue;
        char *at = (char *)(info->dlpi_addr + segment->p_vaddr), *end = at + segment->p_memsz;
        if (relro_from && relro_to > at && relro_from <= at)
            at = relro_to < end ? relro_to : end;
        add_without(image, at, (size_t)(end - at), __start_tick_keep, __stop_tick_keep);
    }
    if (size >= offsetof(struct dl_phdr_info, dlpi_tls_data) + sizeof info->dlpi_tls_data && info->dlpi_tls_modid) {
        for (int i = 0; i < info->dlpi_phnum; i++) {
            if (info->dlpi_phdr[i].p_type == PT_TLS && info->dlpi_phdr[i].p_memsz)
                add(image, thread_locals(info), info->dlpi_phdr[i].p_memsz);
        }
    }
    return 0;
}

int tick_image_take(const void *inside, struct tick_image **first) {
    struct tick_image *image = tick__outside_alloc(sizeof *image);
    if (!image)
        return -ENOMEM;
    *image = (struct tick_image){.inside = inside, .next = *first};
    dl_iterate_phdr(visit, image);
    if (image->failed) {
        tick_image_free(image);
        return -ENOMEM;
    }
    *first = image;
    return 0;
}

struct tick_image *tick_image_next(const struct tick_image *image) {
    return image->next;
}

bool tick_image_holds(const struct tick_image *image, const void *inside) {
    return (const char *)inside >= image->from && (const char *)inside < image->to;
}

void tick_image_restore(const struct tick_image *image) {
    for (size_t i = 0; i < image->count; i++)
        copy(image->pieces[i].at, image->pieces[i].copy, image->pieces[i].size);
}

void tick_image_free(struct tick_image *image) {
    if (!image)
        return;
    for (size_t i = 0; i < image->count; i++)
        tick__outside_free(image->pieces[i].copy);
    tick__outside_free(image->pieces);
    tick__outside_free(image);
}

size_t tick_image_bytes(const struct tick_image *image) {
    return image->bytes;
}
