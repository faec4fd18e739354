// Places in the program: an address is told once in a run, as the file that it lies in and how far behind that file's first byte, so that
// it means the same wherever the machine has put the file. Which function and line that is, the keeper's side finds out, after the run.
//
// What is mapped where is read from /proc/self/maps when an address is met that lies in no file known so far: once a file, mostly.
#include "sim/guest/raw_int.h"
#include "sim/guest/tell_int.h"
#include "src/base/outside.h"
#include <fcntl.h>
#include <string.h>

#define READS_MOST 500u // of the list of mappings, in a run: a program that maps and unmaps code without end is told less exactly

struct place {
    const void *address; // NULL: unused
    const char *name;
    uint16_t number;
};
struct module {
    uint64_t base, end;
    uint16_t number; // 0: memory that is no file's
};

static struct place *places; // a hash table
static uint32_t place_count, place_room;
static struct module *modules;
static uint32_t module_count, module_room, module_numbers, reads;

// --- what is mapped where ---

struct mapping {
    uint64_t start, end;
    char path[1000];
    size_t length;
};

static uint64_t hex_of(const char **text) {
    uint64_t value = 0;
    for (;; ++*text) {
        const char c = **text;
        const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0)
            return value;
        value = value << 4 | (unsigned)digit;
    }
}

// "start-end perms offset dev inode    path"
static void read_line(const char *line, struct mapping *to) {
    to->start = hex_of(&line);
    line += *line == '-';
    to->end = hex_of(&line);
    for (int field = 0; field < 4 && *line; field++) {
        while (*line == ' ')
            line++;
        while (*line && *line != ' ')
            line++;
    }
    while (*line == ' ')
        line++;
    to->length = *line == '/' ? strnlen(line, sizeof to->path) : 0; // "[heap]" and the like are no files
    memcpy(to->path, line, to->length);
}

// One line after the other, from a file that cannot be read at once. What is longer than the buffer is cut.
struct lines {
    int fd;
    size_t used, at;
    char bytes[4096];
    char line[1200];
};

static bool next_line(struct lines *lines) {
    size_t length = 0;
    for (;;) {
        if (lines->at == lines->used) {
            const long got = tick__raw(SYS_read, lines->fd, lines->bytes, sizeof lines->bytes);
            if (got <= 0)
                return false;
            lines->used = (size_t)got;
            lines->at = 0;
        }
        const char c = lines->bytes[lines->at++];
        if (c == '\n')
            break;
        if (length + 1 < sizeof lines->line)
            lines->line[length++] = c;
    }
    lines->line[length] = '\0';
    return true;
}

// The file that the address lies in, from its first mapping on, or the memory that is none's. A file's mappings follow each other.
static bool find_mapping(uint64_t address, struct mapping *found) {
    static struct lines lines; // too large for a thread's stack
    static struct mapping mapping;
    uint64_t base = 0;
    lines.used = lines.at = 0;
    lines.fd = (int)tick__raw(SYS_openat, AT_FDCWD, "/proc/self/maps", O_RDONLY | O_CLOEXEC, 0);
    if (lines.fd < 0)
        return false;
    found->length = 0;
    bool done = false;
    while (!done && next_line(&lines)) {
        read_line(lines.line, &mapping);
        const bool same = mapping.length && mapping.length == found->length && memcmp(mapping.path, found->path, found->length) == 0;
        base = same ? base : mapping.start;
        *found = mapping;
        found->start = base;
        done = address >= mapping.start && address < mapping.end;
    }
    tick__raw(SYS_close, lines.fd);
    return done;
}

static uint16_t tell_module(const struct mapping *mapping) {
    if (!mapping->length || module_numbers == TICK_TOLD_MODULES)
        return 0;
    struct tick_told_module *record = tick__guest_tell_room(sizeof *record + mapping->length, TICK_TOLD_MODULE);
    record->head.place = (uint16_t)++module_numbers;
    record->path = (uint32_t)mapping->length;
    record->unused = 0;
    memcpy(record + 1, mapping->path, mapping->length);
    tick__guest_tell_publish();
    return (uint16_t)module_numbers;
}

// The same file may be known from its earlier mappings, which have grown since.
static struct module *add_module(const struct mapping *mapping) {
    for (uint32_t i = 0; i < module_count; i++) {
        if (modules[i].base == mapping->start && (modules[i].number != 0) == (mapping->length != 0)) {
            modules[i].end = mapping->end;
            return &modules[i];
        }
    }
    if (module_count == module_room) {
        const uint32_t room = module_room ? 2 * module_room : 32;
        struct module *grown = tick__outside_realloc(modules, room * sizeof *grown);
        if (!grown)
            return NULL;
        modules = grown;
        module_room = room;
    }
    modules[module_count] = (struct module){mapping->start, mapping->end, tell_module(mapping)};
    return &modules[module_count++];
}

static struct module *module_of(uint64_t address) {
    static struct mapping mapping;
    for (uint32_t i = 0; i < module_count; i++)
        if (address >= modules[i].base && address < modules[i].end)
            return &modules[i];
    if (reads == READS_MOST)
        return NULL;
    reads++;
    return find_mapping(address, &mapping) ? add_module(&mapping) : NULL;
}

// --- places ---

static uint16_t tell_place(const void *address, const char *name, uint16_t number) {
    const struct module *module = module_of((uint64_t)(uintptr_t)address);
    const uint64_t offset = (uint64_t)(uintptr_t)address - (module && module->number ? module->base : 0);
    const size_t length = name ? strnlen(name, TICK_TOLD_KEY) : 0;
    struct tick_told_place *record = tick__guest_tell_room(sizeof *record + length, TICK_TOLD_PLACE);
    record->head.place = number;
    record->offset = offset;
    record->module = module ? module->number : 0;
    record->name = (uint32_t)length;
    memcpy(record + 1, name ? name : "", length);
    tick__guest_tell_publish();
    return number;
}

static struct place *entry_of(struct place *table, uint32_t room, const void *address, const char *name) {
    uint32_t at = (uint32_t)(((uintptr_t)address * 0x9e3779b97f4a7c15u ^ (uintptr_t)name * 0xc2b2ae3d27d4eb4fu) >> 32) & (room - 1);
    while (table[at].address && (table[at].address != address || table[at].name != name))
        at = (at + 1) & (room - 1);
    return &table[at];
}

static bool grow(void) {
    const uint32_t room = place_room ? 2 * place_room : 256;
    struct place *table = tick__outside_alloc(room * sizeof *table);
    if (!table)
        return false;
    memset(table, 0, room * sizeof *table);
    for (uint32_t i = 0; i < place_room; i++)
        if (places[i].address)
            *entry_of(table, room, places[i].address, places[i].name) = places[i];
    tick__outside_free(places);
    places = table;
    place_room = room;
    return true;
}

uint16_t tick__guest_place_of(const void *address, const char *name) {
    if (!address || (2 * place_count >= place_room && !grow()))
        return 0;
    struct place *place = entry_of(places, place_room, address, name);
    if (place->address)
        return place->number;
    if (place_count == TICK_TOLD_PLACES)
        return 0;
    *place = (struct place){address, name, (uint16_t)++place_count};
    return tell_place(address, name, place->number);
}

void tick__guest_places_begin(void) {
    if (places)
        memset(places, 0, place_room * sizeof *places);
    place_count = module_count = module_numbers = reads = 0;
}
