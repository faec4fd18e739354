// What settings of a guest are in words: where its snapshot stands ("accept:2"), how runs begin, what passes.
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

bool tick_guest_by(const char *word, struct tick_guest_settings *settings) {
    static const char *const words[] = {[TICK_GUEST_START] = "start", [TICK_GUEST_FORK] = "fork", [TICK_GUEST_REWIND] = "rewind"};
    for (uint32_t way = 0; way < sizeof words / sizeof *words; way++) {
        if (strcmp(word, words[way]) == 0) {
            settings->way = way;
            return true;
        }
    }
    return false;
}

bool tick_guest_pass(const char *path, struct tick_guest_settings *settings) {
    char *to = settings->passes;
    while (*to)
        to += strlen(to) + 1;
    const size_t size = strlen(path) + 1, room = sizeof settings->passes - (size_t)(to - settings->passes);
    if (size + 1 > room)
        return false;
    memcpy(to, path, size);
    to[size] = '\0';
    return true;
}
