// Where a relocatable object uses an undefined symbol: its relocations say so, whatever the compiler did.
#include "cli/deny.h"
#include "cli/elf_view.h"
#include <string.h>

// The function around an offset of a section, by the symbol table.
static const char *function_at(const struct tick__elf *elf, const Elf64_Shdr *symtab, size_t section, uint64_t offset) {
    size_t count;
    const Elf64_Sym *symbol = tick__elf_entries(elf, symtab, sizeof *symbol, &count);
    for (size_t i = 0; symbol && i < count; i++)
        if (ELF64_ST_TYPE(symbol[i].st_info) == STT_FUNC && symbol[i].st_shndx == section && offset >= symbol[i].st_value &&
            offset - symbol[i].st_value < symbol[i].st_size)
            return tick__elf_string(elf, symtab->sh_link, symbol[i].st_name);
    return "a table of pointers"; // data that holds the function's address
}

static void scan(const struct tick__elf *elf, const Elf64_Shdr *section, const char *name, tick__callsite_fn *found, void *ctx) {
    size_t relocations, symbols;
    const Elf64_Rela *rela = tick__elf_entries(elf, section, sizeof *rela, &relocations);
    if (!rela || section->sh_link >= elf->count || section->sh_info >= elf->count)
        return;
    const Elf64_Shdr *symtab = &elf->sections[section->sh_link], *target = &elf->sections[section->sh_info];
    const Elf64_Sym *symbol = tick__elf_entries(elf, symtab, sizeof *symbol, &symbols);
    if (!(target->sh_flags & SHF_ALLOC) || !symbol) // debug information is no use
        return;
    for (size_t i = 0; i < relocations; i++) {
        size_t index = ELF64_R_SYM(rela[i].r_info);
        if (index >= symbols || symbol[index].st_shndx != SHN_UNDEF ||
            strcmp(tick__elf_string(elf, symtab->sh_link, symbol[index].st_name), name) != 0)
            continue;
        found(ctx, function_at(elf, symtab, section->sh_info, rela[i].r_offset), tick__elf_section_name(elf, target), rela[i].r_offset);
    }
}

int tick__callsites(const char *path, const char *name, tick__callsite_fn *found, void *ctx) {
    struct tick__elf elf;
    int result = tick__elf_open(path, &elf);
    if (result < 0)
        return result;
    for (size_t s = 0; s < elf.count; s++)
        if (elf.sections[s].sh_type == SHT_RELA)
            scan(&elf, &elf.sections[s], name, found, ctx);
    tick__elf_close(&elf);
    return 0;
}
