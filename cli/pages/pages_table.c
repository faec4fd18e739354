// The commands' tables, laid out flat.
#include "cli/command.h"
#include "cli/options.h"
#include "cli/pages/pages_int.h"
#include "src/base/check.h"
#include "trace/query.h"
#include "viewer/export/export.h"
#include "viewer/pictures.h"
#include <ctype.h>
#include <string.h>

#define ROOM(array) (sizeof(array) / sizeof *(array))

static struct page_command *filled; // by the table that is handed over

static enum page_value value_of(const char *arg) {
    static const struct {
        const char *arg;
        enum page_value value;
    } known[] = {{"FILE", PAGE_FILE}, {"FOLDER", PAGE_FOLDER}, {"PROGRAM", PAGE_PROGRAM}, {"KIND=N", PAGE_KIND}, {"FORMAT", PAGE_FORMAT},
        {"PICTURE", PAGE_PICTURE}};
    for (size_t i = 0; arg && i < ROOM(known); i++)
        if (strcmp(known[i].arg, arg) == 0)
            return known[i].value;
    return arg ? PAGE_WORD : PAGE_NONE;
}

static void add(const struct argp_option *option, const char *header) {
    TICK_ASSERT(filled->count < ROOM(filled->options));
    filled->options[filled->count++] = (struct page_option){
        .name = option->name,
        .arg = option->arg,
        .doc = option->doc,
        .header = header,
        .letter = option->key > 0 && option->key < 128 && isprint(option->key) ? (char)option->key : '\0',
        .value = value_of(option->arg),
    };
}

static void add_all(const struct argp *argp) {
    const char *header = NULL;
    for (const struct argp_option *o = argp->options; o && (o->name || o->key || o->doc); o++) {
        if (!o->name && !o->key)
            header = o->doc;
        else if (!(o->flags & OPTION_HIDDEN)) {
            add(o, header);
            header = NULL;
        }
    }
    for (const struct argp_child *child = argp->children; child && child->argp; child++)
        add_all(child->argp);
}

static void take(const struct argp *argp) {
    // argp's own
    static const struct argp_option common[] = {{"help", '?', NULL, 0, "Give this help list", 0},
        {"usage", 0, NULL, 0, "Give a short usage message", 0}, {"version", 'V', NULL, 0, "Print program version", 0}};
    filled->args = argp->args_doc;
    filled->doc = argp->doc;
    add_all(argp);
    for (size_t i = 0; i < ROOM(common); i++)
        add(&common[i], NULL);
    const bool any = strstr(argp->args_doc, "PATH") != NULL; // sources and schedules
    snprintf(filled->ends, sizeof filled->ends, "%s%s%s", any || strstr(argp->args_doc, "FILE.c") ? "c cc cpp cxx so json yaml yml " : "",
        any || strstr(argp->args_doc, "SCHEDULE") ? "schedule " : "",
        strstr(argp->args_doc, ".db") || strstr(argp->args_doc, "TRACE") ? "db " : "");
    TICK_ASSERT(*filled->ends); // every command takes files of some kind
    filled->ends[strlen(filled->ends) - 1] = '\0';
    filled->queries = strstr(argp->args_doc, "NAME") != NULL;
}

void pages_collect(struct pages *pages) {
    static const struct {
        const char *name, *purpose;
        int (*run)(int argc, char **argv);
    } commands[] = {
#define COMMAND_ROW(name, purpose) {#name, purpose, tick__cmd_##name},
        TICK__COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
    };
    TICK_ASSERT(ROOM(commands) <= ROOM(pages->commands));
    tick__table_wanted = take;
    for (size_t i = 0; i < ROOM(commands); i++) {
        char *argv[] = {(char[]){"retick"}, NULL};
        filled = &pages->commands[pages->count++];
        *filled = (struct page_command){.name = commands[i].name, .purpose = commands[i].purpose};
        (void)commands[i].run(1, argv);
        TICK_ASSERT(filled->count > 0);
    }
    tick__table_wanted = NULL;
}

void pages_write_kinds(FILE *out, const char *before) {
#define KIND(name, number, word, sound, rate, unit, manual, because) fprintf(out, "%s%s", before, word);
    TICK_CHOICES(KIND)
#undef KIND
}

void pages_write_queries(FILE *out, const char *before) {
    for (const struct tick_trace_named *named = tick_trace_named_queries; named->name; named++)
        fprintf(out, "%s%s", before, named->name);
}

void pages_write_formats(FILE *out, const char *before) {
    for (const struct tick_export_format *format = tick_export_formats; format->name; format++)
        fprintf(out, "%s%s", before, format->name);
}

void pages_write_pictures(FILE *out, const char *before) {
    for (const struct tick_picture *picture = tick_pictures; picture->name; picture++)
        fprintf(out, "%s%s", before, picture->name);
}
