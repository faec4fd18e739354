#include "cli/recorded.h"
#include "cli/flags.h"
#include "cli/print.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// A trace's " --cc 'gcc' --cflags '-DFAST'" in two: the flags, and the others, which name programs to run and calls to let through.
static int part(const char *options, char **flags, char **others) {
    struct tick__argv words = {0}, rest = {0};
    const char *cflags = "";
    char *line = NULL;
    int result = tick__flags_split(options, &words);
    for (size_t i = 0; i < words.count && result == 0; i++) {
        if (strcmp(words.argv[i], "--cflags") == 0 && i + 1 < words.count)
            cflags = words.argv[++i];
        else
            result = tick__argv_add(&rest, words.argv[i]);
    }
    if (result == 0 && (!(*flags = strdup(cflags)) || !(line = tick__flags_join(&rest))))
        result = -ENOMEM;
    if (result == 0 && asprintf(others, "%s%s", *line ? " " : "", line) < 0) {
        *others = NULL;
        result = -ENOMEM;
    }
    free(line);
    tick__argv_fini(&words);
    tick__argv_fini(&rest);
    return result;
}

// The flags as words of their own, each looked at.
static int look(struct tick__recorded *recorded) {
    struct tick__argv words = {0};
    const char *refused = NULL;
    char *line = NULL;
    int result = tick__flags_split(recorded->flags, &words);
    if (result == -EINVAL)
        refused = recorded->flags; // no words that retick wrote
    else if (result == 0)
        result = tick__flags_check(&words, &refused);
    if (refused)
        result = (recorded->refused = strdup(refused)) ? 0 : -ENOMEM;
    else if (result == 0 && !(line = tick__flags_join(&words)))
        result = -ENOMEM;
    if (line) {
        free(recorded->flags);
        recorded->flags = line;
    }
    tick__argv_fini(&words);
    return result;
}

static int read_flags(const char *cflags, const char *options, struct tick__recorded *recorded) {
    int result = part(options, &recorded->flags, &recorded->others);
    if (result == -EINVAL) { // cut off, or not as retick writes them
        recorded->flags = strdup(options);
        recorded->others = strdup("");
        result = recorded->flags && recorded->others ? 0 : -ENOMEM;
    }
    if (result == 0 && cflags && *cflags) {
        free(recorded->flags);
        recorded->flags = strdup(cflags);
        result = recorded->flags ? 0 : -ENOMEM;
    }
    return result == 0 ? look(recorded) : result;
}

static int read_all(const char *cflags, const char *options, const char *program, struct tick__recorded *recorded) {
    *recorded = (struct tick__recorded){0};
    int result = asprintf(&recorded->program, "%s%s", *program && *program != ' ' ? " " : "", program) < 0 ? -ENOMEM : 0;
    if (result < 0)
        recorded->program = NULL;
    if (result == 0)
        result = read_flags(cflags, options, recorded);
    if (result < 0)
        tick__recorded_fini(recorded);
    else
        recorded->known = *recorded->flags != '\0';
    return result;
}

int tick__recorded_of_schedule(const struct tick_schedule *schedule, struct tick__recorded *recorded) {
    return read_all(schedule->cflags, "", schedule->program ? schedule->program : "", recorded);
}

// A program's words stand behind --, which is among no scenario's options.
int tick__recorded_of_trace(const char *options, struct tick__recorded *recorded) {
    const bool is_program = strstr(options, " -- ") != NULL;
    return read_all(NULL, is_program ? "" : options, is_program ? options : "", recorded);
}

void tick__recorded_fini(struct tick__recorded *recorded) {
    free(recorded->flags);
    free(recorded->refused);
    free(recorded->others);
    free(recorded->program);
    *recorded = (struct tick__recorded){0};
}

int tick__recorded_take(const struct tick__recorded *recorded, const char *path, struct tick__load *load) {
    char *mine = NULL;
    if (!recorded->known || load->cflags)
        return 0;
    if (recorded->refused) {
        load->refused = recorded->refused;
        load->asks = path;
        return 0;
    }
    // Those of $RETICK_CFLAGS come first, now as then.
    const int result = tick__flags_used(NULL, &mine);
    if (result == -ENOMEM)
        return tick__no_memory(path);
    const size_t length = mine ? strlen(mine) : 0;
    const bool begins = length && strncmp(recorded->flags, mine, length) == 0 && strchr(" ", recorded->flags[length]);
    const char *rest = recorded->flags + (begins ? length : 0);
    if (*rest)
        load->cflags = rest;
    free(mine);
    return 0;
}

// What a program is run with decides what is a finding, and what the network does.
static void note_program(const struct tick__recorded *recorded, const char *path, const struct tick__loaded *loaded) {
    const char *tail = strstr(recorded->program, " -- ");
    const size_t length = tail ? (size_t)(tail - recorded->program) : 0;
    if (!*recorded->program || (strlen(loaded->built) >= length && strncmp(loaded->built, recorded->program, length) == 0 &&
                                   strncmp(loaded->built + length, " -- ", 4) == 0))
        return;
    tick__note("%s was found with%.*s, which may change how it ends. With that: %s replay %s%.*s%s", path, length ? (int)length : 20,
        length ? recorded->program : " none of these options", tick__program(), path, (int)length, recorded->program, loaded->tail);
}

void tick__recorded_note(
    const struct tick__recorded *recorded, const char *path, const struct tick__load *load, const struct tick__loaded *loaded) {
    struct tick__recorded now;
    if (loaded->guest) {
        note_program(recorded, path, loaded);
        return;
    }
    if (!*loaded->object || read_all(loaded->flags, loaded->built, "", &now) < 0)
        return;
    const char *mine = getenv("RETICK_CFLAGS");
    if (recorded->known && strcmp(recorded->flags, now.flags) != 0)
        tick__note("%s was found with the compiler's flags %s, and is run with %s: it may be another program", path, recorded->flags,
            *now.flags ? now.flags : "none");
    else if (recorded->known && load->cflags == recorded->flags && !(mine && *mine))
        tick__note("compiled with %s, as %s asks", recorded->flags, path);
    if (*recorded->others && strcmp(recorded->others, now.others) != 0)
        tick__note("%s was recorded with%s: without that it may be another program", path, recorded->others);
    tick__recorded_fini(&now);
}
