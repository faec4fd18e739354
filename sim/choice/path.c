// Paths in words: the grammar of names.h, read; and the pieces of which it is written.
#include "sim/choice/names.h"
#include "sim/choice/path_int.h"
#include <retick/error.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OUT "\xe2\x86\x92"        // →
#define IN "\xe2\x86\x90"         // ←
#define NAME_MOST TICK__PATH_MOST // bytes of one name when read

void tick__text_add(struct tick__text *to, const char *bytes, size_t count) {
    if (to->length < to->size) {
        size_t room = to->size - to->length - 1, take = count < room ? count : room;
        memcpy(to->text + to->length, bytes, take);
        to->text[to->length + take] = 0;
    }
    to->length += count;
}

void tick__text_format(struct tick__text *to, const char *format, ...) {
    char text[512];
    va_list list;
    va_start(list, format);
    int length = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (length > 0)
        tick__text_add(to, text, (size_t)length < sizeof text ? (size_t)length : sizeof text - 1);
}

void tick__text_name(struct tick__text *to, const char *name) {
    if (!*name)
        tick__text_add(to, "%00", 3);
    while (*name) {
        size_t escape = 0;
        if ((unsigned char)*name <= ' ' || *name == 0x7f || strchr("/:#%<>", *name))
            escape = 1;
        else if (!strncmp(name, OUT, 3) || !strncmp(name, IN, 3))
            escape = 3;
        if (!escape)
            tick__text_add(to, name++, 1);
        for (; escape; escape--)
            tick__text_format(to, "%%%02x", (unsigned char)*name++);
    }
}

void tick__text_id(struct tick__text *to, tick_id id) {
    tick__text_format(to, "id:%016llx", (unsigned long long)id);
}

const char *tick__object_word(uint32_t sort) {
    static const char *const words[TICK_OBJECT_SORTS] = {
#define TYPE_WORD(name, number, word) [number] = (word),
#define SORT_WORD(name, number, type, word) [number] = (word),
        TICK_OBJECTS(TYPE_WORD) TICK_SORTS(SORT_WORD)
#undef TYPE_WORD
#undef SORT_WORD
    };
    return sort < TICK_OBJECT_SORTS ? words[sort] : NULL;
}

static int hex(char digit) {
    if (digit >= '0' && digit <= '9')
        return digit - '0';
    if (digit >= 'a' && digit <= 'f')
        return digit - 'a' + 10;
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

// Passes an arrow of either spelling: TICK_OUT, TICK_IN, or 0 if there is none.
static uint32_t arrow(const char **at) {
    static const struct {
        const char *text;
        uint32_t part;
    } arrows[] = {{OUT, TICK_OUT}, {IN, TICK_IN}, {"->", TICK_OUT}, {"<-", TICK_IN}};
    for (size_t i = 0; i < sizeof arrows / sizeof *arrows; i++) {
        size_t length = strlen(arrows[i].text);
        if (!strncmp(*at, arrows[i].text, length)) {
            *at += length;
            return arrows[i].part;
        }
    }
    return 0;
}

// Takes a name, unescaped, up to the next delimiter. False: empty, too long or badly escaped.
static bool take_name(const char **at, char name[static NAME_MOST + 1]) {
    const char *start = *at;
    size_t length = 0;
    while (**at && !strchr("/:#<>", **at)) {
        const char *ahead = *at;
        if (arrow(&ahead))
            break;
        unsigned char byte = (unsigned char)*(*at)++;
        if (byte <= ' ' || byte == 0x7f)
            return false;
        if (byte == '%') {
            int high = hex((*at)[0]), low = high < 0 ? -1 : hex((*at)[1]);
            if (low < 0)
                return false;
            byte = (unsigned char)(high << 4 | low);
            *at += 2;
            if (!byte)
                continue; // the sign of an empty name
        }
        if (length == NAME_MOST)
            return false;
        name[length++] = (char)byte;
    }
    name[length] = 0;
    return *at != start;
}

// Takes "#3", or gives 1.
static bool take_kth(const char **at, uint32_t *kth) {
    *kth = 1;
    if (**at != '#')
        return true;
    uint64_t value = 0;
    const char *start = ++*at;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        value = value * 10 + (uint64_t)(**at - '0');
        if (value > UINT32_MAX)
            return false;
    }
    *kth = (uint32_t)value;
    return *at != start && *start != '0';
}

static bool take_word(const char **at, const char *word) {
    size_t length = strlen(word);
    if (strncmp(*at, word, length) || ((*at)[length] && !strchr("/:#.", (*at)[length]) && !strchr("-<\xe2", (*at)[length])))
        return false;
    *at += length;
    return true;
}

// After an arrow: a direction, or what ":conn", ":near", ":far" or "/" makes of it.
static bool connection(const char **at, uint32_t part, tick_id *id) {
    char peer[NAME_MOST + 1];
    uint32_t kth;
    if (!take_name(at, peer) || !take_kth(at, &kth))
        return false;
    tick_id made = tick_id_named(*id, TICK_OBJECT_CONNECTION, tick_id_host(peer), kth);
    const char *ahead = *at;
    if (*ahead == '/') {
        *id = made;
    } else if (*ahead == ':') {
        ahead++;
        if (take_word(&ahead, "conn"))
            *id = made;
        else if (take_word(&ahead, "near"))
            *id = tick_id_part(made, TICK_NEAR);
        else if (take_word(&ahead, "far"))
            *id = tick_id_part(made, TICK_FAR);
        else if (take_word(&ahead, "dir")) // something follows that the direction made
            *id = tick_id_part(made, (enum tick_connection_part)part);
        else
            return false;
        *at = ahead;
        return true;
    } else {
        *id = tick_id_part(made, (enum tick_connection_part)part);
        return !*ahead;
    }
    return part == TICK_OUT; // a connection is written from its connecting end
}

static bool object(const char **at, tick_id *id) {
    for (uint32_t sort = 1; sort < TICK_OBJECT_SORTS; sort++) {
        const char *ahead = *at;
        if (!take_word(&ahead, tick__object_word(sort)))
            continue;
        *at = ahead;
        char name[NAME_MOST + 1] = "";
        uint32_t kth;
        if (sort == TICK_OBJECT_LOOKUP && (*(*at)++ != '.' || !take_name(at, name)))
            return false;
        if (!take_kth(at, &kth))
            return false;
        switch (sort) {
        case TICK_OBJECT_HOST: // these have ways of their own
        case TICK_OBJECT_TASK:
        case TICK_OBJECT_CONNECTION:
        case TICK_OBJECT_DIRECTION:
        case TICK_OBJECT_FILE:
            return false;
        case TICK_OBJECT_LOOKUP:
        case TICK_OBJECT_WAIT:
            *id = tick_id_named(*id, (enum tick_object_type)sort, tick_id_text(name), kth);
            return true;
        default:
            *id = tick_id_mix(tick_id_mix(*id, sort), kth);
            return true;
        }
    }
    return false;
}

// What stands behind ":/" of a host's name: "", "tmp", "tmp/log#2".
static bool file(const char *at, tick_id *id) {
    char name[NAME_MOST + 1];
    uint32_t kth;
    while (*at) {
        if (!take_name(&at, name) || !take_kth(&at, &kth))
            return false;
        *id = tick_id_file(*id, name, kth);
        if (*at && (*at++ != '/' || !*at))
            return false;
    }
    return true;
}

static bool raw_id(const char *path, tick_id *id) {
    if (strncmp(path, "id:", 3) || strlen(path) != 19)
        return false;
    *id = 0;
    for (const char *at = path + 3; *at; at++) {
        if (hex(*at) < 0)
            return false;
        *id = *id << 4 | (tick_id)hex(*at);
    }
    return true;
}

int tick_path_id(const char *path, tick_id *out) {
    if (raw_id(path, out))
        return 0;
    const char *at = path;
    char name[NAME_MOST + 1];
    uint32_t kth, part;
    if (!take_name(&at, name) || !take_kth(&at, &kth))
        return TICK_EFORMAT;
    tick_id id = tick_id_life(name, kth);
    if (!*at) {
        *out = id;
        return 0;
    }
    if (!strncmp(at, ":/", 2)) { // a disk outlives its host's lives
        *out = tick_id_disk(id);
        return kth == 1 && file(at + 2, out) ? 0 : TICK_EFORMAT;
    }
    if (!strncmp(at, ":host", 5) && (at[5] == '/' || at[5] == ':' || (at[5] && strchr("-<\xe2", at[5])))) {
        at += 5;
    } else {
        id = tick_id_task(id, "main", 1);
        if (!strncmp(at, "/main", 5) && (!at[5] || strchr("/:-<\xe2", at[5]))) {
            const char *ahead = at + 5;
            if (!*ahead || *ahead == '/' || *ahead == ':' || arrow(&ahead))
                at += 5;
        }
    }
    while (*at) {
        bool good;
        if ((part = arrow(&at))) {
            good = connection(&at, part, &id);
        } else if (*at == '/') {
            at++;
            good = take_name(&at, name) && take_kth(&at, &kth);
            if (good)
                id = tick_id_task(id, name, kth);
        } else if (*at == ':') {
            at++;
            good = object(&at, &id);
        } else {
            good = false;
        }
        if (!good)
            return TICK_EFORMAT;
    }
    *out = id;
    return 0;
}
