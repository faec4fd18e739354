#include "sim/native/main_end.h"
#include "src/io/trouble.h"
#include "src/loop/loop_int.h"
#include <stdio.h>

void tick__main_ended(struct main_end *end, int code) {
    end->code = code < 0 ? code : 0;
    end->loc = NULL;
    end->text[0] = '\0';
    const struct tick_failure *failure = tick_caught();
    if (code >= 0 || !failure || failure->code != code)
        return;
    end->loc = tick__failure_place(failure);
    tick__failure_words(failure, end->text, sizeof end->text);
}

const struct tick_loc *tick__main_words(
    const struct main_end *end, const struct tick_trouble *trouble, const char *host, int code, char *text, size_t size) {
    char words[200];
    if (end->code == code && end->text[0]) {
        snprintf(text, size, "%s's main returned %s", host, end->text);
        return end->loc;
    }
    const struct tick_loc *loc = tick__trouble_words(trouble, code, words, sizeof words);
    snprintf(text, size, "%s's main returned %s: %s", host, tick_error_name(code), loc ? words : tick_error_text(code));
    return loc;
}
