// What a compilation read the last time: one whose files are all as they were needs no preprocessor to find its object again, which is most
// of what a short run takes. Whatever is not sure (an unknown option, a header that could newly stand before another, a file that was
// touched meanwhile, __TIME__) is preprocessed as ever.
#ifndef RETICK_CLI_COMPILE_KNOWN_H
#define RETICK_CLI_COMPILE_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

// The folder of objects' names: 32 hexadecimal digits, ".so".
#define TICK__OBJECT_NAME 40

// One command, and the folders that it names as they are now.
struct tick__known {
    bool usable;                  // else nothing is recalled or remembered
    char name[TICK__OBJECT_NAME]; // in the cache; made of the command, its compiler's file, its folder and environment
    uint64_t names;               // a sum over those in its folders: where a header could newly stand before another
    size_t folders;               // the source's, and each that an option names
    struct {
        dev_t device;
        ino_t number;
    } folder[16];
    struct timespec begun; // what was touched later is perhaps not what the compiler read
};

// argv: the command up to the source, of which the first `compiler` words name the compiler and `own` are not the user's.
void tick__known_begin(struct tick__known *known, char *const *argv, size_t count, size_t compiler, size_t own, const char *source);
// The name of the object, if all that was read for it is as it was.
bool tick__known_recall(const struct tick__known *known, const char *cache, char object[TICK__OBJECT_NAME]);
// text: the preprocessor's, whose line markers name all that was read. Nothing is told if it cannot be relied on, or not be written.
void tick__known_remember(const struct tick__known *known, const char *cache, const char *object, const char *text);

#endif
