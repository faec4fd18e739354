// Verdicts and times in words.
#include "sim/world/world_int.h"
#include <stdio.h>
#include <stdlib.h>

static const char *const words[] = {
#define WORD(name, word, text) word,
    TICK_VERDICTS(WORD)
#undef WORD
};

static const char *const texts[] = {
#define TEXT(name, word, text) text,
    TICK_VERDICTS(TEXT)
#undef TEXT
};

const char *tick_verdict_word(enum tick_verdict verdict) {
    return (unsigned)verdict < sizeof words / sizeof *words ? words[verdict] : "unknown";
}

const char *tick_verdict_text(enum tick_verdict verdict) {
    return (unsigned)verdict < sizeof texts / sizeof *texts ? texts[verdict] : "unknown";
}

void tick__ns_words(int64_t ns, char *text, size_t size) {
    static const struct {
        const char *word;
        int64_t ns;
    } units[] = {{"s", 1000000000}, {"ms", 1000000}, {"us", 1000}, {"ns", 1}};
    size_t unit = 0;
    while (ns && unit < 3 && ns < units[unit].ns && ns > -units[unit].ns)
        unit++;
    char part[16];
    int length = snprintf(part, sizeof part, ".%0*lld", 9 - 3 * (int)unit, llabs((long long)(ns % units[unit].ns)));
    while (length > 0 && (part[length - 1] == '0' || part[length - 1] == '.'))
        part[--length] = '\0';
    snprintf(text, size, "%lld%s %s", (long long)(ns / units[unit].ns), part, units[unit].word);
}

static void copy_text(char *to, size_t size, const char *from) {
    snprintf(to, size, "%s", from ? from : "");
}

// Debuggers stop here (cli/retick_gdb.py).
__attribute__((noinline)) void tick__outcome_fill(
    struct tick_outcome *outcome, enum tick_verdict verdict, int code, const char *host, const struct tick_loc *loc, const char *text) {
    outcome->verdict = verdict;
    outcome->code = code;
    copy_text(outcome->text, sizeof outcome->text, text);
    copy_text(outcome->host, sizeof outcome->host, host);
    copy_text(outcome->file, sizeof outcome->file, loc ? loc->file : NULL);
    outcome->line = loc ? loc->line : 0;
    outcome->task[0] = '\0';
}
