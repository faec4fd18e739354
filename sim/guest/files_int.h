// Files of the world: what is written goes to the simulated disk of the program's machine, which lies over the real one's files. From the
// world's beginning on a file is copied to that disk when it is opened for writing, or when its name or its mode changes; whoever opens it
// later finds it there. What nobody writes is read where it is, and told as a file that was opened.
//
// Paths are walked here, name by name, as links may lead from one side to the other. As long as nothing was written they are not.
#ifndef RETICK_FILES_INT_H
#define RETICK_FILES_INT_H

#include "sim/guest/inside_int.h"
#include "src/base/outside.h"
#include <fcntl.h>
#include <sys/stat.h>

#define TICK__PATH_SIZE 4096
#define TICK__HOST tick__guest_machine

enum tick__file_what {
    TICK__FILE_NOTHING,   // there is none; the folder that it would be in is
    TICK__FILE_REAL,      // the machine's own
    TICK__FILE_SIMULATED, // on the world's disk
    TICK__FILE_PASSED,    // the machine's own, and so is what is written there: /dev, /proc, /sys, and what --pass says
};

struct tick__file_place {
    enum tick__file_what what;
    bool covered;               // REAL: a folder that is on the disk, too, which has something of its own in it; stat is the disk's
    bool slash;                 // a slash or a dot follows: only a folder will do
    bool ended;                 // the walk came to its last name, even if that is no folder, as it should be
    struct stat stat;           // SIMULATED
    char path[TICK__PATH_SIZE]; // without links, dots or a slash at its end; PASSED: the rest may have them
};

// --- file_paths.c ---
extern bool tick__files_early;            // from the program's start on, as it is known to be the tenant
static inline bool tick__files_on(void) { // the disk is what the program sees
    return tick__guest_on && (tick__guest_begun || tick__files_early);
}
void tick__files_begin(void);   // the world begins
bool tick__files_changed(void); // the disk has something of its own
void tick__files_change(void);  // from now on
bool tick__file_passes(const char *path);
// The place that a path leads to: 0, or a negated errno (a folder on the way is none, or is not there).
int tick__file_find(long folder, const char *path, bool follows, struct tick__file_place *out);
int tick__file_folder_of(long folder, char *path); // an fd's path, or the working folder's at AT_FDCWD
const char *tick__file_working_folder(bool *real);
int tick__file_enter(const char *path, bool real); // chdir
bool tick__file_under(const char *path);           // the machine has one of that name, which shows or is covered
int64_t tick__file_wall(void);                     // when what is copied was changed last: the world's beginning

// --- file_copies.c ---
int tick__file_folders(const char *path); // those above it are on the disk: 0 or a negated errno
enum tick__file_copied {
    TICK__COPY_BYTES, // fds of it come along
    TICK__COPY_EMPTY, // they, too, find it empty
    TICK__COPY_NAME,  // it is about to go: they stay where they are
};
// A REAL one becomes SIMULATED; of a folder only the name comes to the disk.
int tick__file_copy(const char *call, struct tick__file_place *place, enum tick__file_copied how);
int tick__file_copy_all(const char *call, struct tick__file_place *place); // with all that is in the folder
int tick__file_adopt(int fd);                                              // a real fd of a file becomes a simulated one; else it stays
void tick__files_adopt_writers(void);
int tick__file_anonymous(int flags);                             // a new file without a name: a kernel's fd, or a negated errno
long tick__file_settle(int fd, bool cloexec);                    // at the number that Linux would have given it
int tick__file_open(const char *path, int flags, unsigned mode); // on the disk: a kernel's fd, or a negated errno
unsigned tick__file_umask(void);

// --- file_sockets.c ---
// A unix socket's address as the kernel's disk has it: 1: in *to; 0: as it is; or a negated errno.
struct sockaddr_un;
int tick__file_socket(const struct sockaddr *from, socklen_t *size, bool makes, struct sockaddr_un *to);

// --- folders.c ---
struct tick__listing {
    struct tick__listed *all; // sorted by name, "." and ".." first
    uint32_t count, room;
    int error;
};
struct tick__listed {
    uint64_t inode;
    uint8_t type;
    char *name;
};
int tick__listing_read(const struct tick__file_place *place, struct tick__listing *out);
void tick__listing_free(struct tick__listing *listing);

// --- file_locks.c ---
long tick__file_flock(int fd, int operation);
long tick__file_lock(int fd, int command, struct flock *lock);
void tick__file_locks_closed(int fd); // it is about to be

// --- file_maps.c ---
long tick__file_map(long at, long size, long prot, long flags, long fd, long offset);
extern uint32_t tick__file_maps;   // that are shared
void tick__file_maps_pull(int fd); // what was stored there comes to the file before it is read,
void tick__file_maps_push(int fd); // and what was written to the file, to memory
long tick__file_maps_sync(long at, long size);
void tick__file_maps_unmapped(long at, long size, bool before);

#endif
