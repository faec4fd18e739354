// A YAML file as a tree of texts, lists and maps, each with its place. What is a number or a time is for the reader to say.
//
// Only what can be read by eye is taken: no anchors, aliases, merge keys or tags, one document, a few levels, and a size that memory has
// room for. The rest is told as a mistake. No file, whatever stands in it, costs more than a multiple of its size.
#ifndef RETICK_CLI_YAML_TREE_H
#define RETICK_CLI_YAML_TREE_H

#include "cli/mistakes.h"
#include <stdbool.h>
#include <stddef.h>

#define TICK__YAML_SIZE ((size_t)1 << 20) // bytes of a file
#define TICK__YAML_DEPTH 8                // levels
#define TICK__YAML_ITEMS 1000             // of one list or map

enum tick__yaml_kind {
    TICK__YAML_WRONG, // was told as a mistake: nothing more is to be said of it
    TICK__YAML_TEXT,
    TICK__YAML_LIST,
    TICK__YAML_MAP
};
struct tick__yaml {
    enum tick__yaml_kind kind;
    int line, column;
    char *text;                      // of a text, without a NUL in it; else NULL
    bool quoted;                     // so that an empty one is meant
    char *name;                      // in a map: how it is called there. Else NULL
    int name_line, name_column;      // where that stands
    struct tick__yaml *first, *next; // what is in it, in the file's order; who comes behind it there
    struct tick__yaml *made_before;  // all nodes, whosever they are
};

// 0 with *root (NULL: an empty file), whatever mistakes were made that do not hinder reading on; TICK_EFORMAT with one that does; -ENOMEM.
// *all is to be freed in any case.
int tick__yaml_parse(const char *bytes, size_t size, struct tick__yaml **root, struct tick__yaml **all, struct tick__mistakes *mistakes);
void tick__yaml_free(struct tick__yaml *all);

#endif
