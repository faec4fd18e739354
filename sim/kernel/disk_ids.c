// What files are called: by their directory, their name there, and how many were made there under that name. So a file's id does not depend
// on what else is made, nor on when; and it keeps it, wherever it is moved.
//
// A directory remembers its names for good, with those whose files are gone: the next file of that name is another one.
#include "sim/kernel/disk_int.h"

struct tick__named_file {
    uint64_t name;        // hash of it; 0: unused
    uint32_t made, tried; // files so far; attempts at the next one
    uint32_t object;      // the next one's, once it was tried
};

static struct tick__named_file *place(const struct tick_kernel *k, tick__ref table, uint32_t room, uint64_t name) {
    struct tick__named_file *all = TICK__ARRAY(k, struct tick__named_file, table);
    uint32_t at = (uint32_t)name & (room - 1);
    while (all[at].name && all[at].name != name)
        at = (at + 1) & (room - 1);
    return &all[at];
}

static bool grow(struct tick_kernel *k, struct tick__inode *directory) {
    const uint32_t room = directory->name_room ? 2 * directory->name_room : 4;
    tick__ref table = tick__arena_zero(k, room * sizeof(struct tick__named_file));
    if (!table)
        return false;
    for (uint32_t i = 0; i < directory->name_room; i++) {
        const struct tick__named_file *old = &TICK__ARRAY(k, struct tick__named_file, directory->names)[i];
        if (old->name)
            *place(k, table, room, old->name) = *old;
    }
    tick__file_names_free(k, directory);
    directory->names = table;
    directory->name_room = room;
    return true;
}

static struct tick__named_file *named(struct tick_kernel *k, struct tick__inode *directory, uint64_t name) {
    if (2 * directory->name_count >= directory->name_room && !grow(k, directory))
        return NULL;
    struct tick__named_file *file = place(k, directory->names, directory->name_room, name);
    directory->name_count += !file->name;
    file->name = name;
    return file;
}

static uint32_t tell(
    struct tick_kernel *k, const struct tick__inode *directory, tick_id id, uint32_t parent, const char *key, uint32_t kth) {
    const uint32_t host = tick__host(k, directory->host)->object;
    const struct tick_object object = {.type = TICK_OBJECT_FILE, .id = id, .parent = parent, .host = host, .key = key, .kth = kth};
    return k->env.probe->ops->object(k->env.probe, &object);
}

int tick__file_name(struct tick_kernel *k, struct tick__inode *directory, const char *name, size_t size, struct tick__file_name *out) {
    memcpy(out->text, name, size);
    out->text[size] = 0;
    out->hash = tick_id_text(out->text);
    struct tick__named_file *file = named(k, directory, out->hash);
    if (!file)
        return -ENOMEM;
    out->kth = file->made + 1;
    out->tried = ++file->tried;
    out->id = tick_id_named(directory->id, TICK_OBJECT_FILE, out->hash, out->kth);
    if (!k->env.probe || file->object)
        return 0;
    if (!directory->object) // the root
        directory->object = tell(k, directory, directory->id, tick__host(k, directory->host)->object, NULL, 1);
    file->object = tell(k, directory, out->id, directory->object, out->text, out->kth);
    return 0;
}

void tick__file_made(struct tick_kernel *k, struct tick__inode *directory, struct tick__inode *inode, const struct tick__file_name *name) {
    struct tick__named_file *file = named(k, directory, name->hash); // it is there, as it was given out
    inode->id = name->id;
    inode->object = file->object;
    inode->asked[TICK_DISK_NAME] = name->tried;
    *file = (struct tick__named_file){.name = name->hash, .made = name->kth};
}

void tick__file_names_free(struct tick_kernel *k, struct tick__inode *directory) {
    if (directory->name_room)
        tick__arena_give(k, directory->names, directory->name_room * sizeof(struct tick__named_file));
    directory->name_room = 0;
}
