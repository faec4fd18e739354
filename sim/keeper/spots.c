// Places of guests as probes want them: in memory that stays for as long as this process, since whoever listens keeps them by their address
// from run to run.
#include "sim/keeper/listen.h"
#include "src/base/keep.h"
#include "src/base/outside.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct spot {
    struct tick_loc loc;
    uint64_t offset;
    char text[]; // path, name and function
};

TICK_KEEP static struct spot **spots; // a hash table
TICK_KEEP static uint32_t spot_count, spot_room;

static uint64_t hash_of(const char *path, uint64_t offset, const char *name) {
    return tick_id_mix(tick_id_mix(tick_id_text(path), offset), tick_id_text(name));
}

static struct spot **entry_of(struct spot **table, uint32_t room, const char *path, uint64_t offset, const char *name) {
    uint32_t at = (uint32_t)hash_of(path, offset, name) & (room - 1);
    while (table[at] && (table[at]->offset != offset || strcmp(table[at]->loc.file, path) != 0 || strcmp(table[at]->loc.name, name) != 0))
        at = (at + 1) & (room - 1);
    return &table[at];
}

static bool grow(void) {
    const uint32_t room = spot_room ? 2 * spot_room : 256;
    struct spot **table = tick__outside_alloc(room * sizeof *table);
    if (!table)
        return false;
    memset(table, 0, room * sizeof *table);
    for (uint32_t i = 0; i < spot_room; i++)
        if (spots[i])
            *entry_of(table, room, spots[i]->loc.file, spots[i]->offset, spots[i]->loc.name) = spots[i];
    tick__outside_free(spots);
    spots = table;
    spot_room = room;
    return true;
}

static struct spot *spot_new(const char *path, uint64_t offset, const char *name) {
    const char *slash = strrchr(path, '/'), *module = slash ? slash + 1 : path;
    const size_t path_size = strlen(path) + 1, name_size = strlen(name) + 1, function_size = strlen(module) + sizeof "+0x0123456789abcdef";
    struct spot *spot = tick__outside_alloc(sizeof *spot + path_size + name_size + function_size);
    if (!spot)
        return NULL;
    char *at = spot->text;
    spot->offset = offset;
    spot->loc = (struct tick_loc){.file = at, .name = at + path_size, .function = at + path_size + name_size};
    memcpy(at, path, path_size);
    memcpy(at + path_size, name, name_size);
    if (*path)
        snprintf(at + path_size + name_size, function_size, "%s+0x%" PRIx64, module, offset);
    else // where such memory lies is the machine's affair
        snprintf(at + path_size + name_size, function_size, "generated code");
    return spot;
}

const struct tick_loc *tick__spot_of(const char *path, uint64_t offset, const char *name) {
    if (2 * spot_count >= spot_room && !grow())
        return NULL;
    struct spot **entry = entry_of(spots, spot_room, path, offset, name);
    if (!*entry) {
        *entry = spot_new(path, offset, name);
        if (!*entry)
            return NULL;
        spot_count++;
    }
    return &(*entry)->loc;
}
