#include "cli/flags.h"
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"
#define PLAIN LETTERS CAPITALS DIGITS "_./=+,:@%-" // to every shell, and to wordexp

// One word, from *at on, into `word`, which is as long as the text. 0 or -EINVAL.
static int split_word(const char **at, char *word) {
    const char *from = *at;
    while (*from && *from != ' ' && *from != '\t') {
        if (*from == '\'') {
            const char *end = strchr(from + 1, '\'');
            if (!end)
                return -EINVAL;
            word = mempcpy(word, from + 1, (size_t)(end - from - 1));
            from = end + 1;
        } else if (from[0] == '\\' && from[1] == '\'') {
            *word++ = '\'';
            from += 2;
        } else if (strchr(PLAIN, *from)) {
            *word++ = *from++;
        } else {
            return -EINVAL;
        }
    }
    *word = '\0';
    *at = from;
    return 0;
}

int tick__flags_split(const char *text, struct tick__argv *words) {
    char *word = malloc(strlen(text) + 1);
    int result = word ? 0 : -ENOMEM;
    for (const char *at = text + strspn(text, " \t"); *at && *at != '#' && result == 0; at += strspn(at, " \t")) {
        result = split_word(&at, word);
        if (result == 0)
            result = tick__argv_add(words, word);
    }
    free(word);
    return result;
}

// One word as `line` goes on, which has room for it; where it ends.
static char *join_word(const char *word, char *line) {
    const bool quoted = !*word || word[strspn(word, PLAIN)];
    if (quoted)
        *line++ = '\'';
    for (; *word; *line++ = *word++)
        if (*word == '\'')
            line = mempcpy(line, "'\\'", 3); // outside of quotes, which go on with the character itself
    if (quoted)
        *line++ = '\'';
    return line;
}

char *tick__flags_join(const struct tick__argv *words) {
    size_t most = 1;
    for (size_t i = 0; i < words->count; i++)
        most += 4 * strlen(words->argv[i]) + 3;
    char *line = malloc(most), *end = line;
    for (size_t i = 0; i < words->count && line; i++) {
        if (i)
            *end++ = ' ';
        end = join_word(words->argv[i], end);
    }
    if (line)
        *end = '\0';
    return line;
}

int tick__flags_used(const char *cflags, char **line) {
    struct tick__argv words = {0};
    int result = tick__argv_add_words(&words, getenv("RETICK_CFLAGS"));
    if (result == 0)
        result = tick__argv_add_words(&words, cflags);
    if (result == 0 && !(*line = tick__flags_join(&words)))
        result = -ENOMEM;
    tick__argv_fini(&words);
    return result;
}

static const char *after(const char *word, const char *start) {
    const size_t length = strlen(start);
    return strncmp(word, start, length) == 0 ? word + length : NULL;
}

static bool is_of(const char *text, const char *characters) {
    return *text && !text[strspn(text, characters)];
}

static bool is_name(const char *text, size_t length) {
    return length && !strchr(DIGITS, text[0]) && strspn(text, LETTERS CAPITALS DIGITS "_") >= length;
}

// NAME, NAME=, NAME=1. Of no other value: it is code that would stand in the program's.
static bool is_macro(const char *text) {
    const size_t length = strcspn(text, "=");
    const char *value = text[length] ? text + length + 1 : "";
    const char *digits = value + (*value == '-' || *value == '+');
    return is_name(text, length) && (!*value || strcmp(value, "true") == 0 || strcmp(value, "false") == 0 ||
                                        (*digits && strchr(DIGITS, *digits) && is_of(digits, DIGITS "abcdefABCDEFxXuUlL.")));
}

// A folder into which nobody else puts headers.
static bool is_own_folder(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode) && (about.st_uid == geteuid() || about.st_uid == 0) &&
           !(about.st_mode & S_IWOTH);
}

static bool is_harmless(const char *word) {
    static const char *const whole[] = {"-O", "-O0", "-O1", "-O2", "-O3", "-Os", "-Og", "-Oz", "-g", "-g0", "-g1", "-g2", "-g3", "-ggdb",
        "-ggdb3", "-gdwarf-4", "-gdwarf-5", "-w", "-pedantic", "-pthread", "-lm", "-fexceptions", "-fno-exceptions", "-frtti", "-fno-rtti",
        "-fwrapv", "-fno-wrapv", "-ftrapv", "-fstrict-aliasing", "-fno-strict-aliasing", "-fsigned-char", "-funsigned-char", "-fbuiltin",
        "-fno-builtin", "-finline", "-fno-inline", "-fomit-frame-pointer", "-fno-omit-frame-pointer", "-fstack-protector",
        "-fstack-protector-all", "-fstack-protector-strong", "-fno-stack-protector", "-fno-sanitize-recover",
        "-fsanitize-undefined-trap-on-error"};
    const char *rest;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (strcmp(word, whole[i]) == 0)
            return true;
    if ((rest = after(word, "-D")))
        return is_macro(rest);
    if ((rest = after(word, "-U")))
        return is_name(rest, strlen(rest));
    if ((rest = after(word, "-I")))
        return is_own_folder(rest);
    if ((rest = after(word, "-std=")))
        return is_of(rest, LETTERS DIGITS "+:");
    if ((rest = after(word, "-fsanitize=")) || (rest = after(word, "-fno-sanitize=")) || (rest = after(word, "-fno-sanitize-recover=")))
        return is_of(rest, LETTERS DIGITS "-,");
    rest = after(word, "-W"); // but for -Wl, -Wa and -Wp, which hand what follows to the linker, the assembler and the preprocessor
    return rest && is_of(rest, LETTERS DIGITS "-+=") && strchr(LETTERS, rest[0]) && rest[1];
}

// "-I folder" as "-Ifolder"; what follows is no flag of its own, and no file of flags.
static int join_pairs(struct tick__argv *words) {
    struct tick__argv joined = {0};
    int result = 0;
    for (size_t i = 0; i < words->count && result == 0; i++) {
        const char *word = words->argv[i], *next = i + 1 < words->count ? words->argv[i + 1] : NULL;
        const bool opens = strcmp(word, "-I") == 0 || strcmp(word, "-D") == 0 || strcmp(word, "-U") == 0;
        char *both = NULL;
        if (opens && next && !strchr("-@", next[0]) && asprintf(&both, "%s%s", word, next) < 0)
            result = -ENOMEM;
        else
            result = tick__argv_add(&joined, both ? both : word);
        i += both != NULL;
        free(both);
    }
    tick__argv_fini(result == 0 ? words : &joined);
    if (result == 0)
        *words = joined;
    return result;
}

int tick__flags_check(struct tick__argv *words, const char **refused) {
    *refused = NULL;
    const int result = join_pairs(words);
    for (size_t i = 0; i < words->count && !*refused && result == 0; i++)
        if (!is_harmless(words->argv[i]))
            *refused = words->argv[i];
    return result;
}
