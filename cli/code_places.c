// By addr2line, one call a file: names by its symbols, unless it has none but those it exports; lines where there is debug information,
// also where that is a file of its own (/usr/lib/debug). A place is a return address: what is looked up lies one byte before it, in the
// call.
#include "cli/code_places.h"
#include "cli/elf_view.h"
#include "cli/process.h"
#include "trace/found_places.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT_ONCE 500 // addresses

// The address, in the file's own terms, of the first byte that is mapped of it.
static uint64_t base_of(const char *code) {
    struct tick__elf elf;
    uint64_t base = 0;
    if (tick__elf_open(code, &elf) < 0)
        return 0;
    const Elf64_Ehdr *head = (const Elf64_Ehdr *)(const void *)elf.bytes;
    const size_t end = (size_t)head->e_phoff + (size_t)head->e_phnum * sizeof(Elf64_Phdr);
    if (head->e_phentsize == sizeof(Elf64_Phdr) && head->e_phoff % 8 == 0 && head->e_phoff < elf.size && end <= elf.size) {
        const Elf64_Phdr *segment = (const Elf64_Phdr *)(const void *)(elf.bytes + head->e_phoff);
        for (size_t i = 0; i < head->e_phnum; i++, segment++)
            if (segment->p_type == PT_LOAD) {
                base = segment->p_vaddr - segment->p_offset;
                break;
            }
    }
    tick__elf_close(&elf);
    return base;
}

// Of a file without its table of symbols addr2line names the nearest one that is exported, whatever stands between.
static bool is_stripped(const char *code) {
    struct tick__elf elf;
    bool stripped = true;
    if (tick__elf_open(code, &elf) < 0)
        return true;
    for (size_t i = 0; i < elf.count; i++)
        stripped &= elf.sections[i].sh_type != SHT_SYMTAB;
    tick__elf_close(&elf);
    return stripped;
}

static char *take_line(char **text) {
    char *line = *text, *end = line ? strchr(line, '\n') : NULL;
    if (!end)
        return NULL;
    *end = '\0';
    *text = end + 1;
    return line;
}

// "socketmodule.c:2917 (discriminator 2)", "??:0", "file.c:?"
static void read_place(char *where, struct tick_found_place *place) {
    char *extra = strstr(where, " (discriminator"), *colon;
    if (extra)
        *extra = '\0';
    colon = strrchr(where, ':');
    if (!colon || where[0] == '?')
        return;
    place->line = atoi(colon + 1);
    *colon = '\0';
    if (place->line > 0)
        snprintf(place->file, sizeof place->file, "%s", where);
}

static void find_some(const char *code, uint64_t base, bool stripped, struct tick_found_place *places, size_t count) {
    struct tick__argv args = {0};
    char *output = NULL, *text;
    size_t size;
    const char *words[] = {"addr2line", "-C", "-f", "-e", code};
    int result = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words && result == 0; i++)
        result = tick__argv_add(&args, words[i]);
    for (size_t i = 0; i < count && result == 0; i++) {
        char address[32];
        snprintf(address, sizeof address, "0x%" PRIx64, base + places[i].offset - (places[i].offset > 0));
        result = tick__argv_add(&args, address);
    }
    if (result == 0 && tick__process_run(args.argv, 1, &output, &size) == 0) {
        text = output;
        for (size_t i = 0; i < count; i++) {
            const char *function = take_line(&text);
            char *where = take_line(&text);
            if (!function || !where)
                break;
            read_place(where, &places[i]);
            if (strcmp(function, "??") != 0 && (!stripped || places[i].line > 0))
                snprintf(places[i].function, sizeof places[i].function, "%s", function);
        }
    }
    free(output);
    tick__argv_fini(&args);
}

static void find(void *ctx, const char *code, struct tick_found_place *places, size_t count) {
    (void)ctx;
    const uint64_t base = base_of(code);
    const bool stripped = is_stripped(code);
    for (size_t i = 0; i < count; i += AT_ONCE)
        find_some(code, base, stripped, places + i, count - i < AT_ONCE ? count - i : AT_ONCE);
}

int tick__code_places(const char *trace, struct tick_error *error) {
    return tick_trace_find_places(trace, find, NULL, error);
}
