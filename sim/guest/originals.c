// Finds what libc has behind our names, all at once: at the first that is asked for, which may be before any constructor of ours, within
// the set-up of a library's malloc.
//
// The symbol tables of libc (and of libpthread and the like, where glibc before 2.34 has parts of it) are read here, not by dlsym: that is
// a name of ours, too (stray.c), and its RTLD_NEXT finds what libraries behind this one have under that name, as jemalloc does, which come
// back to us.
#include "sim/guest/originals_int.h"
#include "src/base/keep.h"
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <string.h>

TICK_KEEP struct tick__originals tick__originals;

// What of a module's dynamic section a look-up needs.
struct tables {
    const ElfW(Sym) * symbols;
    const char *names;
    const uint32_t *hash;
    const ElfW(Half) * versions;
};

static const void *address(const struct dl_phdr_info *info, ElfW(Addr) at) {
    return (const void *)(at < info->dlpi_addr ? info->dlpi_addr + at : at); // the loader has relocated most of them already
}

static bool tables_of(const struct dl_phdr_info *info, struct tables *out) {
    *out = (struct tables){.names = NULL};
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_DYNAMIC)
            continue;
        for (const ElfW(Dyn) *entry = (const void *)(info->dlpi_addr + info->dlpi_phdr[i].p_vaddr); entry->d_tag != DT_NULL; entry++) {
            const void *at = address(info, entry->d_un.d_ptr);
            if (entry->d_tag == DT_SYMTAB)
                out->symbols = at;
            else if (entry->d_tag == DT_STRTAB)
                out->names = at;
            else if (entry->d_tag == DT_GNU_HASH)
                out->hash = at;
            else if (entry->d_tag == DT_VERSYM)
                out->versions = at;
        }
    }
    return out->symbols && out->names && out->hash;
}

static uint32_t hash_of(const char *name) {
    uint32_t hash = 5381;
    while (*name)
        hash = hash * 33 + (unsigned char)*name++;
    return hash;
}

// A function of which libc has several, by processor, is chosen by what stands there.
static const void *chosen(const ElfW(Sym) * symbol, const void *at) {
    const void *(*chooser)(void);
    if (ELF64_ST_TYPE(symbol->st_info) != STT_GNU_IFUNC)
        return at;
    memcpy(&chooser, &at, sizeof chooser);
    return chooser();
}

// The symbol's default version; NULL: the module has none.
static const void *find(const struct dl_phdr_info *info, const struct tables *t, const char *name) {
    const uint32_t buckets = t->hash[0], first = t->hash[1], words = t->hash[2], hash = hash_of(name);
    const uint32_t *bucket = t->hash + 4 + (size_t)words * (sizeof(ElfW(Addr)) / sizeof *bucket), *chain = bucket + buckets;
    uint32_t at = bucket[hash % buckets];
    if (at < first)
        return NULL;
    for (;; at++) {
        const uint32_t here = chain[at - first];
        const ElfW(Sym) *symbol = &t->symbols[at];
        const bool hidden = t->versions && (t->versions[at] & 0x8000);
        if ((here | 1) == (hash | 1) && symbol->st_shndx != SHN_UNDEF && !hidden && !strcmp(t->names + symbol->st_name, name))
            return chosen(symbol, (const void *)(info->dlpi_addr + symbol->st_value));
        if (here & 1)
            return NULL;
    }
}

// --- the walk over modules ---

struct asked {
    const char *name;
    const void *found;
};

static bool is_libc(const char *path) {
    static const char *const parts[] = {"libc.so.", "libpthread.so.", "librt.so.", "libdl.so."};
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strncmp(name, parts[i], strlen(parts[i])))
            return true;
    return false;
}

static int look_for_one(struct dl_phdr_info *info, size_t size, void *asked_) {
    struct asked *asked = asked_;
    struct tables tables;
    (void)size;
    if (is_libc(info->dlpi_name) && tables_of(info, &tables))
        asked->found = find(info, &tables, asked->name);
    return asked->found != NULL;
}

void *tick__original_named(const char *name) {
    struct asked asked = {name, NULL};
    (void)dl_iterate_phdr(look_for_one, &asked);
    return (void *)(uintptr_t)asked.found;
}

static int look_for_all(struct dl_phdr_info *info, size_t size, void *unused) {
    static const struct {
        const char *name;
        size_t offset;
    } names[] = {
#define TICK__ORIGINAL_PLACE(name) {#name, offsetof(struct tick__originals, name)},
        TICK__ORIGINALS(TICK__ORIGINAL_PLACE)
#undef TICK__ORIGINAL_PLACE
    };
    struct tables tables;
    (void)size, (void)unused;
    if (!is_libc(info->dlpi_name) || !tables_of(info, &tables))
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const void *found = find(info, &tables, names[i].name);
        if (found)
            memcpy((char *)&tick__originals + names[i].offset, &found, sizeof found);
    }
    return 0;
}

void tick__originals_find(void) {
    (void)dl_iterate_phdr(look_for_all, NULL);
    tick__originals.found = true;
}
