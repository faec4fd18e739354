// A host's disk: inodes, their pages, directories, and what of them would survive a loss of power.
//
// A page that was written since the last sync has two versions: what programs read, and what is on the disk. Changes of names are kept in a
// journal until a directory is synced; they survive in order, up to some point, as in a journaling file system.
#ifndef RETICK_KERNEL_DISK_INT_H
#define RETICK_KERNEL_DISK_INT_H

#include "sim/kernel/objects_int.h"
#include <sys/stat.h>

#define TICK__PAGE 4096u
#define TICK__MOST_PAGES (1u << 24) // of a file: 64 GiB
#define TICK__NAME_MOST 255u
#define TICK__PATH_MOST 4096u

struct tick__page {
    tick__ref now, durable; // the same until it is written; 0: zeros
    bool dirty;             // now is to be written by the next sync
};

struct tick__inode {
    tick_id id;
    tick__ref ref, next, prev; // of the disk's
    uint32_t refs;             // open descriptions, entries, mentions in the journal
    uint32_t links, host;
    uint32_t mode;   // S_IFREG, S_IFDIR, S_IFSOCK, and permissions
    uint64_t number; // st_ino
    int64_t changed; // wall time
    uint64_t size, durable_size;
    uint64_t cut;    // the least size since the last sync
    bool covers;     // a directory: what lies under the disk shows through where it has nothing of that name (disk_over.c)
    tick__ref pages; // struct tick__page
    uint32_t page_most;
    tick__ref first, last, parent; // a directory's entries
    tick__ref names;               // of a directory, disk_ids.c: the names that files were made under
    uint32_t name_count, name_room;
    uint32_t object;     // the probe's, 0 without
    uint32_t asked_lost; // changes of its name that this crash asked about
    uint64_t asked[5];   // operations so far, by enum tick_disk_op
};

// The name that a file is about to be made under.
struct tick__file_name {
    tick_id id;
    uint64_t hash;
    uint32_t kth, tried; // it will be the kth of that name there; attempts so far, with this one
    char text[TICK__NAME_MOST + 1];
};

struct tick__entry {
    uint64_t order; // of making, for readdir
    tick__ref next, directory, now;
    uint32_t mentions; // in the journal
    uint16_t size;
    char name[];
};

struct tick__change {
    tick__ref next, prev, entry, before, after;
    bool joined; // with the one before: a rename
};

struct tick__disk {
    tick__ref root, inodes;
    tick__ref nothing;                     // what an entry names that hides what is under it; 0: none has been needed
    tick__ref oldest, latest;              // the journal
    uint64_t numbers, orders, used, limit; // used, limit: bytes of pages
};

struct tick__open {
    struct tick__file file;
    tick__ref inode;
    int64_t offset; // of a directory: the order of the entry it stands before
};

static inline struct tick__inode *tick__inode(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, tick__inode, ref);
}
static inline struct tick__entry *tick__entry(const struct tick_kernel *k, tick__ref ref) {
    return TICK__AT(k, tick__entry, ref);
}
static inline struct tick__disk *tick__disk_there(const struct tick_kernel *k, uint32_t host) {
    tick__ref ref = tick__host(k, host)->disk;
    return ref ? TICK__AT(k, tick__disk, ref) : NULL;
}

// Where a path leads.
struct tick__place {
    struct tick__disk *disk;
    struct tick__inode *directory; // of the last component
    const char *name;
    size_t size;               // 0: the path is the root
    bool slash;                // a slash follows: only a directory will do
    bool dots;                 // the last component is . or ..
    struct tick__entry *entry; // NULL: there is none
    struct tick__inode *inode; // what the path names, or NULL
};

// disk_names.c
struct tick__disk *tick__disk(struct tick_kernel *k, uint32_t host);                      // made when it is first used; NULL: no memory
struct tick__inode *tick__inode_new(struct tick_kernel *k, uint32_t host, uint32_t mode); // no refs yet, no id
void tick__inode_release(struct tick_kernel *k, struct tick__inode *inode);
void tick__journal_commit(struct tick_kernel *k, struct tick__disk *disk);
void tick__journal_undo(struct tick_kernel *k, struct tick__disk *disk, tick__ref change); // it and all after it
int tick__disk_walk(struct tick_kernel *k, uint32_t host, const char *path, struct tick__place *at); // 0 or an error
struct tick__entry *tick__entry_find(const struct tick_kernel *k, const struct tick__inode *directory, const char *name, size_t size);
struct tick__entry *tick__entry_new(struct tick_kernel *k, struct tick__inode *directory, const char *name, size_t size);
void tick__entry_free(struct tick_kernel *k, struct tick__entry *entry);
void tick__entry_point(struct tick_kernel *k, struct tick__entry *entry, tick__ref to); // behind the journal's back
// Lets the entry name another inode, or none, and writes it down. false: no memory, and nothing has changed.
bool tick__entry_change(struct tick_kernel *k, struct tick__disk *disk, struct tick__entry *entry, tick__ref to, bool joined);
int tick__file_make(struct tick_kernel *k, struct tick__place *at, uint32_t mode); // a new file of that mode at the place
bool tick__directory_empty(const struct tick_kernel *k, const struct tick__inode *directory);
// What the entry names; NULL: nothing, or what hides.
static inline struct tick__inode *tick__entry_inode(const struct tick_kernel *k, const struct tick__entry *entry) {
    struct tick__inode *inode = entry->now ? tick__inode(k, entry->now) : NULL;
    return inode && inode->mode != S_IFCHR ? inode : NULL;
}
// With `hides`, what lies under the name stays hidden.
int tick__disk_unlink(struct tick_kernel *k, uint32_t host, const char *path, bool hides);
int tick__disk_rmdir(struct tick_kernel *k, uint32_t host, const char *path, bool hides);
int tick__disk_rename(struct tick_kernel *k, uint32_t host, const char *from, const char *to, bool hides);
// Opens or makes the file: 0 or an error.
int tick__disk_open(struct tick_kernel *k, uint32_t host, const char *path, int flags, unsigned mode, struct tick__inode **out);

// disk_ids.c
int tick__file_name( // 0 or -ENOMEM; counts an attempt
    struct tick_kernel *k, struct tick__inode *directory, const char *name, size_t size, struct tick__file_name *out);
void tick__file_made(struct tick_kernel *k, struct tick__inode *directory, struct tick__inode *inode, const struct tick__file_name *name);
void tick__file_names_free(struct tick_kernel *k, struct tick__inode *directory);

void tick__inode_describe(const struct tick_kernel *k, const struct tick__inode *inode, struct stat *out);
int tick__directory_list(struct tick_kernel *k, struct tick__file *file, struct tick_sys_entry *out, int most);

// disk_over.c
tick__ref tick__disk_nothing(struct tick_kernel *k, struct tick__disk *disk, uint32_t host); // 0: no memory

// disk_files.c
// Bytes that were always there.
int tick__inode_fill(struct tick_kernel *k, struct tick__inode *inode, const void *bytes, size_t count, uint64_t offset);
int tick__inode_truncate(struct tick_kernel *k, struct tick__inode *inode, uint64_t size);
void tick__inode_sync(struct tick_kernel *k, struct tick__inode *inode);
void tick__inode_pages_free(struct tick_kernel *k, struct tick__inode *inode);
void tick__page_give(struct tick_kernel *k, struct tick__disk *disk, tick__ref page);
int64_t tick__disk_ask(struct tick_kernel *k, struct tick__inode *inode, enum tick_disk_op op, uint64_t offset, size_t count);
int64_t tick__disk_ask_about(struct tick_kernel *k, uint32_t host, enum tick_disk_op op, tick_id file, uint64_t ordinal);

#endif
