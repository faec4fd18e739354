// A read-only view of an ELF64 file of this machine, mapped whole; every table is bounds-checked before it is given out.
#ifndef RETICK_CLI_ELF_VIEW_H
#define RETICK_CLI_ELF_VIEW_H

#include <elf.h>
#include <stddef.h>

struct tick__elf {
    const unsigned char *bytes;
    size_t size;
    const Elf64_Shdr *sections;
    size_t count;
};
int tick__elf_open(const char *path, struct tick__elf *elf); // 0, TICK_EFORMAT, or a negated errno
void tick__elf_close(struct tick__elf *elf);
// The section's contents as entries of `entry` bytes; NULL (and count 0) if it lies outside of the file.
const void *tick__elf_entries(const struct tick__elf *elf, const Elf64_Shdr *section, size_t entry, size_t *count);
// A string of string table section `index`; "" if there is none.
const char *tick__elf_string(const struct tick__elf *elf, size_t index, size_t offset);
const char *tick__elf_section_name(const struct tick__elf *elf, const Elf64_Shdr *section);

#endif
