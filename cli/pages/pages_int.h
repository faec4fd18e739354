// Manual pages and shell completions, made from the commands' own tables of options when retick is built, so that nothing is written twice.
//
// The tables are argp's. tick__parse hands a command's whole table over instead of parsing (cli/options.h), and it is laid out here.
#ifndef RETICK_PAGES_INT_H
#define RETICK_PAGES_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

// What stands for the value of an option, or for an argument: by the word that the table has for it.
enum page_value { PAGE_NONE, PAGE_WORD, PAGE_FILE, PAGE_FOLDER, PAGE_PROGRAM, PAGE_KIND, PAGE_FORMAT, PAGE_PICTURE };

struct page_option {
    const char *name, *arg, *doc; // all borrowed from the table; arg NULL: it takes no value
    const char *header;           // of the group that begins with it; NULL: none
    char letter;                  // 0: none
    enum page_value value;
};
struct page_command {
    const char *name, *purpose, *args, *doc; // args: as in "TRACE.db SQL|NAME [ARGUMENT]"; doc: what it does, \v, what is to be said after
    char ends[64];                           // the endings of the files that it takes, separated by blanks
    bool queries;                            // it takes the name of a query
    size_t count;
    struct page_option options[48];
};
struct pages {
    size_t count;
    struct page_command commands[16];
};

void pages_collect(struct pages *pages);

void pages_write_man(FILE *out, const struct page_command *command);
void pages_write_bash(FILE *out, const struct pages *pages);
void pages_write_zsh(FILE *out, const struct pages *pages);
void pages_write_fish(FILE *out, const struct pages *pages);

// For each: the kinds of choices, as in --rate KIND=N, the queries that have a name, the formats of an export, and the pictures of a graph,
// each after `before`.
void pages_write_kinds(FILE *out, const char *before);
void pages_write_queries(FILE *out, const char *before);
void pages_write_formats(FILE *out, const char *before);
void pages_write_pictures(FILE *out, const char *before);

#endif
