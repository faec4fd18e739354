// Looking into the table of symbols of a file that is mapped: read from the file, since nothing of it is loaded. What stands in the file is
// not believed.
#include "sim/guest/kept_int.h"
#include "sim/guest/raw_int.h"
#include "sim/guest/symbols_int.h"
#include "src/base/line.h"
#include <elf.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct file {
    const char *bytes;
    size_t size;
};

struct table {
    const Elf64_Sym *symbols;
    size_t count;
    const char *names;
    size_t names_size;
    uint64_t moved; // an address in memory less than the file's own
};

static bool open_file(const char *path, struct file *file) {
    struct stat status;
    const long fd = tick__raw(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0)
        return false;
    const bool known = tick__raw(SYS_fstat, fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > (off_t)sizeof(Elf64_Ehdr);
    const long at = known ? tick__raw(SYS_mmap, 0, status.st_size, PROT_READ, MAP_PRIVATE, fd, 0) : -1;
    tick__raw(SYS_close, fd);
    if (at < 0 && at > -4096)
        return false;
    *file = (struct file){(const char *)at, (size_t)status.st_size};
    return true;
}

static const void *part(const struct file *file, uint64_t offset, uint64_t size) {
    return offset <= file->size && size <= file->size - offset && offset % 8 == 0 ? file->bytes + offset : NULL;
}

// The address, in the file's own terms, of the first byte that is mapped of it, which lies at info->dli_fbase.
static bool find_base(const struct file *file, const Elf64_Ehdr *head, uint64_t *base) {
    const Elf64_Phdr *segments = part(file, head->e_phoff, (uint64_t)head->e_phnum * sizeof *segments);
    for (size_t i = 0; segments && i < head->e_phnum; i++) {
        if (segments[i].p_type != PT_LOAD)
            continue;
        *base = segments[i].p_vaddr & ~(uint64_t)(TICK__PAGE - 1);
        return true;
    }
    return false;
}

static bool find_table(const struct file *file, const Dl_info *info, struct table *table) {
    const Elf64_Ehdr *head = (const void *)file->bytes;
    uint64_t base;
    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_shentsize != sizeof(Elf64_Shdr) ||
        head->e_phentsize != sizeof(Elf64_Phdr) || !find_base(file, head, &base))
        return false;
    const Elf64_Shdr *sections = part(file, head->e_shoff, (uint64_t)head->e_shnum * sizeof *sections);
    for (size_t i = 0; sections && i < head->e_shnum; i++) {
        if (sections[i].sh_type != SHT_SYMTAB || sections[i].sh_link >= head->e_shnum)
            continue;
        const Elf64_Shdr *strings = &sections[sections[i].sh_link];
        table->symbols = part(file, sections[i].sh_offset, sections[i].sh_size);
        table->count = sections[i].sh_size / sizeof *table->symbols;
        table->names = strings->sh_offset <= file->size && strings->sh_size <= file->size - strings->sh_offset
                           ? file->bytes + strings->sh_offset
                           : NULL;
        table->names_size = strings->sh_size;
        table->moved = (uintptr_t)info->dli_fbase - base;
        return table->symbols && table->names && table->names_size && !table->names[table->names_size - 1];
    }
    return false;
}

static bool is_function(const Elf64_Sym *symbol) {
    return ELF64_ST_TYPE(symbol->st_info) == STT_FUNC && symbol->st_shndx != SHN_UNDEF;
}

// name: the one that is looked for; NULL: address is.
static const Elf64_Sym *find(const struct table *table, const char *name, uint64_t address) {
    for (size_t i = 0; i < table->count; i++) {
        const Elf64_Sym *symbol = &table->symbols[i];
        if (!is_function(symbol) || symbol->st_name >= table->names_size)
            continue;
        if (name ? strcmp(table->names + symbol->st_name, name) == 0
                 : symbol->st_value == address || address - symbol->st_value < symbol->st_size)
            return symbol;
    }
    return NULL;
}

void *tick__symbol_named(const Dl_info *info, const char *name) {
    struct file file;
    struct table table;
    if (!info->dli_fname || !open_file(info->dli_fname, &file))
        return NULL;
    const Elf64_Sym *symbol = find_table(&file, info, &table) ? find(&table, name, 0) : NULL;
    const uint64_t at = symbol ? symbol->st_value + table.moved : 0;
    tick__raw(SYS_munmap, file.bytes, file.size);
    return (void *)(uintptr_t)at; // NOLINT: an address
}

bool tick__symbol_at(const Dl_info *info, const void *address, char *name, size_t size, const void **begin) {
    struct file file;
    struct table table;
    struct tick__line line = {name, size, 0};
    if (!info->dli_fname || !open_file(info->dli_fname, &file))
        return false;
    const Elf64_Sym *symbol = find_table(&file, info, &table) ? find(&table, NULL, (uintptr_t)address - table.moved) : NULL;
    if (symbol) {
        tick__line_put(&line, table.names + symbol->st_name);
        line.text[strcspn(line.text, ".")] = 0;                             // the compiler's variants of a function: worker.constprop.0
        *begin = (const void *)(uintptr_t)(symbol->st_value + table.moved); // NOLINT: an address
    }
    tick__raw(SYS_munmap, file.bytes, file.size);
    return symbol != NULL;
}
