// Where a snapshot stands, in words: "accept:2".
#include "sim/keeper/keeper.h"
#include <stdlib.h>
#include <string.h>

// A number from 1 on.
static bool read_count(const char *text, uint32_t *count) {
    char *end;
    if (*text < '0' || *text > '9')
        return false;
    const unsigned long long number = strtoull(text, &end, 10);
    *count = (uint32_t)number;
    return !*end && number > 0 && number <= UINT32_MAX;
}

bool tick_guest_place(const char *words, struct tick_guest_settings *settings) {
    static const struct {
        const char *word;
        enum tick_guest_place place;
    } counted[] = {{"wait:", TICK_GUEST_AT_WAIT}, {"accept:", TICK_GUEST_AT_ACCEPT}, {"connect:", TICK_GUEST_AT_CONNECT}};
    static const char after[] = "after:";
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        const size_t length = strlen(counted[i].word);
        if (strncmp(words, counted[i].word, length) != 0)
            continue;
        settings->snapshot_place = counted[i].place;
        if (!read_count(words + length, &settings->snapshot_at))
            return false;
        settings->snapshot_at--;
        return true;
    }
    if (strncmp(words, after, sizeof after - 1) == 0) {
        const char *text = words + sizeof after - 1;
        const size_t length = strlen(text);
        if (!length || length >= sizeof settings->snapshot_text)
            return false;
        settings->snapshot_place = TICK_GUEST_AT_OUTPUT;
        memcpy(settings->snapshot_text, text, length + 1);
        return true;
    }
    settings->snapshot_place = TICK_GUEST_AT_CALL;
    return strcmp(words, "call") == 0;
}
