// The words of a world file, a table for each kind of thing in it, and how what stands behind them is read. A word is the name that the
// option has in C.
#ifndef RETICK_CLI_WORLD_FIELDS_H
#define RETICK_CLI_WORLD_FIELDS_H

#include "cli/world_file.h"
#include "cli/yaml_tree.h"

enum tick__field_kind {
    TICK__FIELD_TIME,     // int64_t, of 0 or more
    TICK__FIELD_SPAN,     // int64_t, that may be negative
    TICK__FIELD_LATENCY,  // a time, or never
    TICK__FIELD_BOOL,     // bool
    TICK__FIELD_COUNT,    // uint32_t, of 1 or more
    TICK__FIELD_BYTES,    // int64_t, of 1 or more
    TICK__FIELD_NUMBER,   // uint64_t, of 1 or more
    TICK__FIELD_TEXT,     // const char *, not empty
    TICK__FIELD_FOLDER,   // the same, made absolute
    TICK__FIELD_REGEX,    // the same, a regular expression
    TICK__FIELD_SNAPSHOT, // the same, a place
    TICK__FIELD_GUEST,    // the same, a word of a command line
    TICK__FIELD_BY,       // the same, a way to begin anew
    TICK__FIELD_PATHS,    // const char **: absolute ones
    TICK__FIELD_WORDS,    // a command (const char *), or its words (const char **, right behind it)
    TICK__FIELD_SETTINGS, // const char **: "NAME=value"
    TICK__FIELD_HOSTS,    // struct tick__world_hosts: one, or a list
    TICK__FIELD_STATUS,   // int: an exit status, or -1 for any
    TICK__FIELD_ERROR,    // int: a negative error of look-ups
    TICK__FIELD_KIND,     // unsigned: a kind of fault
    TICK__FIELD_KINDS,    // the same, or several
    TICK__FIELD_OTHER     // is read elsewhere
};
struct tick__field {
    const char *name;
    enum tick__field_kind kind;
    size_t offset;
    size_t most; // hosts of a list
};
// What has these words: "a link" and its fields. The last field has no name.
struct tick__fields {
    const char *of;
    const struct tick__field *fields;
};
extern const struct tick__fields tick__world_words, tick__program_words, tick__link_words, tick__between_words, tick__name_words,
    tick__fault_words, tick__range_words, tick__limit_words;

struct tick__world_reader {
    struct tick__world_file *world;
    struct tick__mistakes *mistakes;
    const char *folder;
};
// Reads a map into what `into` points at. 0, whatever mistakes were made, or -ENOMEM.
int tick__fields_read(const struct tick__world_reader *reader, const struct tick__fields *words, const struct tick__yaml *map, void *into);
// One value alone.
int tick__field_read(
    const struct tick__world_reader *reader, enum tick__field_kind kind, size_t most, const struct tick__yaml *value, void *into);
// Whether it is a list, or a map; else that is told. `write` says what to write, as in "a list of links".
bool tick__yaml_is(
    const struct tick__world_reader *reader, const struct tick__yaml *node, enum tick__yaml_kind kind, const char *of, const char *write);
const struct tick__yaml *tick__yaml_member(const struct tick__yaml *map, const char *name); // or NULL
// Zeroed memory that is the world's own; NULL: there is none.
void *tick__world_own(struct tick__world_file *world, size_t count, size_t size);
const char *tick__kind_word(unsigned kind); // of a fault: "crash"

#endif
