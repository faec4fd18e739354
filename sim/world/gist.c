// The gist of a finding: what stays the same when it befalls another host of the kind, at another time, with other numbers. That is its
// place, or, where only the place is known at which its host was added, the function that the host runs; of a check the text without
// numbers and hosts' names, since one helper may check many things at one place; of a leak what was left; of a deadlock whether tasks
// wait for each other in a circle. Of what kills the process the place alone is told, elsewhere.
#include "sim/world/world_int.h"
#include <string.h>

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

// The length of a host's name that stands here, 0: none does. The longest, since "a" and "a-1" may both be names.
static size_t host_here(const struct tick_world *w, const char *text) {
    size_t longest = 0;
    for (size_t i = 0; i < w->host_count; i++) {
        const char *name = tick__world_host(w, i)->name;
        const size_t length = strlen(name);
        if (length > longest && !strncmp(text, name, length) && !is_word(text[length]))
            longest = length;
    }
    return longest;
}

// A word, or what looks like one: 0 if there is no digit in it. "12", "0x7f", "3ms", "1,024", "2.5".
static size_t number_here(const char *text) {
    size_t length = 0;
    bool digits = false;
    while (is_word(text[length]) || (digits && (text[length] == '.' || text[length] == ',') && is_digit(text[length + 1])))
        digits |= is_digit(text[length++]);
    return digits ? length : 0;
}

// The unit of a time behind a number, which changes with it: "30 ms", "1.2 s".
static size_t unit_here(const char *text) {
    static const char *const units[] = {" ns", " us", " \xc2\xb5s", " ms", " s", " min"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const size_t length = strlen(units[i]);
        if (!strncmp(text, units[i], length) && !is_word(text[length]))
            return length;
    }
    return 0;
}

// Without the s of a plural, too.
static uint64_t masked(const struct tick_world *w, const char *text) {
    uint64_t hash = 1;
    while (*text) {
        size_t length = host_here(w, text);
        if (length) {
            hash = tick_id_mix(hash, '@');
        } else if ((length = number_here(text + (*text == '-'))) > 0) {
            length += *text == '-';
            length += unit_here(text + length);
            hash = tick_id_mix(hash, '#');
        } else {
            do { // a word, or one character that is of none
                const bool plural = text[length] == 's' && length > 2 && !is_word(text[length + 1]);
                hash = plural ? hash : tick_id_mix(hash, (unsigned char)text[length]);
            } while (is_word(text[length++]) && is_word(text[length]));
        }
        text += length;
    }
    return hash;
}

static const struct tick_host *host_of(const struct tick_world *w, const char *name) {
    for (size_t i = 0; i < w->host_count; i++) {
        const struct tick_host *host = tick__world_host(w, i);
        if (!strcmp(host->name, name))
            return host;
    }
    return NULL;
}

// The host on which it happened, if no other place is known than that where it was added; else NULL.
static const struct tick_host *only_host(const struct tick_world *w, const struct tick_outcome *outcome) {
    const struct tick_host *host = host_of(w, outcome->host);
    const struct tick_loc *added = host ? host->loc : NULL;
    const bool there = added && added->line == outcome->line && !strncmp(added->file, outcome->file, sizeof outcome->file - 1);
    return there ? host : NULL;
}

uint64_t tick__gist(const struct tick_world *w, const struct tick_outcome *outcome) {
    const struct tick_host *host = outcome->verdict == TICK_PASS ? NULL : only_host(w, outcome);
    uint64_t more = 0;
    switch (outcome->verdict) {
    case TICK_CHECK_FAILED:
        more = masked(w, outcome->text);
        break;
    case TICK_LEAKED:
        more = host ? masked(w, outcome->text) : 0;
        break;
    case TICK_HOST_FAILED:
    case TICK_UNHANDLED:
        more = (uint64_t)outcome->code;
        break;
    case TICK_DEADLOCKED:
        more = strstr(outcome->text, " a circle: ") != NULL;
        break;
    case TICK_INVARIANT_BROKEN:
    case TICK_NO_PROGRESS:
    case TICK_STARVED:
        break;
    default:
        return 0;
    }
    const char *role = host && host->loc->name ? host->loc->name : outcome->file;
    return tick_id_mix(tick_id_mix(tick_id_text(role), host ? 0 : (uint64_t)outcome->line), more);
}
