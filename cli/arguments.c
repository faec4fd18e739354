#include "cli/arguments.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

unsigned tick__edits(const char *a, const char *b) {
    enum { MOST = 32 };
    unsigned d[MOST + 1][MOST + 1];
    size_t n = strlen(a), m = strlen(b);
    if (n > MOST || m > MOST)
        return MOST;
    for (size_t i = 0; i <= n; i++)
        d[i][0] = (unsigned)i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = (unsigned)j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            unsigned best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (d[i - 1][j] + 1 < best)
                best = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < best)
                best = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
                best = d[i - 2][j - 2] + 1;
            d[i][j] = best;
        }
    return d[n][m];
}

void tick__wrong(const char *name, const char *format, ...) {
    va_list list;
    va_start(list, format);
    tick__complain_by(name, format, list);
    va_end(list);
    tick__complain_more("Try `%s --help' or `%s --usage' for more information.", name, name);
    exit(argp_err_exit_status);
}

// --- the options of a table and of its children ---

struct known {
    const char *name; // NULL: it has only a letter
    int letter;       // 0: it has none
    bool takes, must; // a value
};

struct table {
    struct known *rows;
    size_t count, room;
};

static int add(struct table *table, const char *name, int key, const char *value, int flags) {
    if (table->count == table->room) {
        const size_t room = table->room ? 2 * table->room : 64;
        struct known *rows = realloc(table->rows, room * sizeof *rows);
        if (!rows)
            return -ENOMEM;
        table->rows = rows;
        table->room = room;
    }
    table->rows[table->count++] =
        (struct known){name, key > ' ' && key < 0x7f ? key : 0, value != NULL, value && !(flags & OPTION_ARG_OPTIONAL)};
    return 0;
}

static int collect(struct table *table, const struct argp *argp) {
    int result = 0;
    for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc) && result == 0; o++)
        if ((o->name || o->key) && !(o->flags & OPTION_DOC))
            result = add(table, o->name, o->key, o->arg, o->flags);
    for (const struct argp_child *child = argp->children; child && child->argp && result == 0; child++)
        result = collect(table, child->argp);
    return result;
}

// --- the words ---

// The option that a word without its dashes and its value means: itself, or the only one that it begins. It ends the process otherwise.
static const struct known *long_option(const struct table *table, const char *program, const char *word, const char *written) {
    const struct known *found = NULL, *other = NULL, *near = NULL;
    unsigned least = 3; // three edits and more are another word
    for (size_t i = 0; i < table->count; i++) {
        const struct known *known = &table->rows[i];
        if (!known->name)
            continue;
        if (strcmp(known->name, word) == 0)
            return known;
        if (strncmp(known->name, word, strlen(word)) == 0) {
            other = found;
            found = known;
        }
        const unsigned edits = tick__edits(known->name, word);
        near = edits < least ? known : near;
        least = edits < least ? edits : least;
    }
    if (other)
        tick__wrong(program, "option '--%s' is ambiguous: '--%s' and '--%s' begin with it", word, other->name, found->name);
    if (!found && near)
        tick__wrong(program, "unrecognized option '%s'; did you mean '--%s'?", written, near->name);
    if (!found)
        tick__wrong(program, "unrecognized option '%s'", written);
    return found;
}

// Returns how many of the words that follow belong to this one.
static int check_long(const struct table *table, const char *program, const char *word, bool is_last) {
    char name[64];
    const char *value = strchr(word, '=');
    const size_t length = value ? (size_t)(value - word) - 2 : strlen(word + 2);
    if (length >= sizeof name)
        tick__wrong(program, "unrecognized option '%s'", word);
    memcpy(name, word + 2, length);
    name[length] = '\0';
    const struct known *known = long_option(table, program, name, word);
    if (value && !known->takes)
        tick__wrong(program, "option '--%s' doesn't allow an argument", known->name);
    if (!value && known->must && is_last)
        tick__wrong(program, "option '--%s' requires an argument", known->name);
    return !value && known->must;
}

static int check_letters(const struct table *table, const char *program, const char *word, bool is_last) {
    for (const char *letter = word + 1; *letter; letter++) {
        const struct known *known = NULL;
        for (size_t i = 0; i < table->count && !known; i++)
            if (table->rows[i].letter == *letter)
                known = &table->rows[i];
        if (!known)
            tick__wrong(program, "invalid option -- '%c' in '%s'", *letter, word);
        if (known->takes && letter[1])
            return 0; // the rest is its value
        if (known->must && is_last)
            tick__wrong(program, "option requires an argument -- '%c'", *letter);
        if (known->must)
            return 1;
    }
    return 0;
}

int tick__arguments_check(const struct argp *argp, int argc, char **argv) {
    static const struct {
        const char *name;
        int letter;
    } own[] = {{"help", '?'}, {"usage", 0}, {"version", 'V'}}; // argp's, but for two that only its authors need
    struct table table = {0};
    int result = collect(&table, argp);
    for (size_t i = 0; i < sizeof own / sizeof *own && result == 0; i++)
        result = add(&table, own[i].name, own[i].letter, NULL, 0);
    for (int i = 1; i < argc && result == 0 && strcmp(argv[i], "--") != 0; i++) {
        const bool is_last = i + 1 == argc;
        if (argv[i][0] != '-' || !argv[i][1]) {
            if (getenv("POSIXLY_CORRECT"))
                break; // no option follows
            continue;
        }
        i += argv[i][1] == '-' ? check_long(&table, argv[0], argv[i], is_last) : check_letters(&table, argv[0], argv[i], is_last);
    }
    free(table.rows);
    return result;
}
