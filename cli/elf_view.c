#include "cli/elf_view.h"
#include <errno.h>
#include <fcntl.h>
#include <retick/error.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int tick__elf_open(const char *path, struct tick__elf *elf) {
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC), result = TICK_EFORMAT;
    *elf = (struct tick__elf){0};
    if (fd < 0)
        return -errno;
    if (fstat(fd, &about) != 0) {
        result = -errno;
        goto out;
    }
    if (!S_ISREG(about.st_mode) || (size_t)about.st_size < sizeof(Elf64_Ehdr))
        goto out;
    void *bytes = mmap(NULL, (size_t)about.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) {
        result = -errno;
        goto out;
    }
    elf->bytes = bytes;
    elf->size = (size_t)about.st_size;
    const Elf64_Ehdr *head = bytes;
    if (memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64 || head->e_shentsize != sizeof(Elf64_Shdr) ||
        head->e_shoff % 8 || head->e_shoff > elf->size || (elf->size - head->e_shoff) / sizeof(Elf64_Shdr) < head->e_shnum) {
        tick__elf_close(elf);
        goto out;
    }
    elf->sections = (const Elf64_Shdr *)(const void *)(elf->bytes + head->e_shoff);
    elf->count = head->e_shnum;
    result = 0;
out:
    close(fd);
    return result;
}

void tick__elf_close(struct tick__elf *elf) {
    if (elf->bytes)
        munmap((void *)(uintptr_t)elf->bytes, elf->size);
    *elf = (struct tick__elf){0};
}

const void *tick__elf_entries(const struct tick__elf *elf, const Elf64_Shdr *section, size_t entry, size_t *count) {
    *count = 0;
    if (section->sh_type == SHT_NOBITS || section->sh_offset > elf->size || section->sh_size > elf->size - section->sh_offset ||
        section->sh_offset % (entry % 8 ? 1 : 8))
        return NULL;
    *count = section->sh_size / entry;
    return elf->bytes + section->sh_offset;
}

const char *tick__elf_string(const struct tick__elf *elf, size_t index, size_t offset) {
    size_t size;
    if (index >= elf->count)
        return "";
    const char *strings = tick__elf_entries(elf, &elf->sections[index], 1, &size);
    return strings && offset < size && memchr(strings + offset, '\0', size - offset) ? strings + offset : "";
}

const char *tick__elf_section_name(const struct tick__elf *elf, const Elf64_Shdr *section) {
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)(const void *)elf->bytes;
    return tick__elf_string(elf, head->e_shstrndx, section->sh_name);
}
