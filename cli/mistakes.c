#include "cli/mistakes.h"
#include "cli/print.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define TOLD_MOST 20

void tick__mistake(struct tick__mistakes *to, int line, int column, const char *format, ...) {
    va_list list;
    if (to->count < TICK__MISTAKES_KEPT) {
        struct tick__mistake *mistake = &to->list[to->count];
        mistake->line = line;
        mistake->column = column;
        va_start(list, format);
        vsnprintf(mistake->text, sizeof mistake->text, format, list);
        va_end(list);
    }
    to->count++;
}

static size_t kept(const struct tick__mistakes *mistakes) {
    return mistakes->count < TICK__MISTAKES_KEPT ? mistakes->count : TICK__MISTAKES_KEPT;
}

static bool is_behind(const struct tick__mistake *a, const struct tick__mistake *b) {
    return a->line != b->line ? a->line > b->line : a->column > b->column;
}

void tick__mistakes_sort(struct tick__mistakes *mistakes) {
    for (size_t i = 1; i < kept(mistakes); i++)
        for (size_t k = i; k > 0 && is_behind(&mistakes->list[k - 1], &mistakes->list[k]); k--) {
            const struct tick__mistake moved = mistakes->list[k];
            mistakes->list[k] = mistakes->list[k - 1];
            mistakes->list[k - 1] = moved;
        }
}

void tick__mistakes_tell(const struct tick__mistakes *mistakes, const char *file) {
    const size_t told = mistakes->count < TOLD_MOST ? mistakes->count : TOLD_MOST;
    for (size_t i = 0; i < told; i++)
        tick__complain("%s:%d:%d: %s", file, mistakes->list[i].line, mistakes->list[i].column, mistakes->list[i].text);
    if (mistakes->count > told)
        tick__complain_more("    and %zu more", mistakes->count - told);
}
