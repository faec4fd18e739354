// Pieces of a page's data: texts, each kept once, and places in sources.
#include "src/base/visible.h"
#include "viewer/page_int.h"
#include <string.h>

void tick__page_set(struct tick__page_making *making, json_t *object, const char *name, json_t *value) {
    if (json_object_set_new(object, name, value) < 0)
        making->failed = true;
}

void tick__page_add(struct tick__page_making *making, json_t *list, json_t *value) {
    if (json_array_append_new(list, value) < 0)
        making->failed = true;
}

void tick__page_add_number(struct tick__page_making *making, json_t *list, int64_t number) {
    tick__page_add(making, list, json_integer(number));
}

json_t *tick__page_text(const char *text) {
    char shown[2400];
    size_t used = 0;
    const char *end = text + strlen(text);
    for (size_t taken; text < end && used + TICK__VISIBLE_MOST + sizeof "…" <= sizeof shown; text += taken)
        used += tick__visible_next(text, (size_t)(end - text), shown + used, &taken);
    if (text < end) {
        memcpy(shown + used, "…", strlen("…"));
        used += strlen("…");
    }
    return json_stringn(shown, used);
}

// The number that a key has, or the next one, with *added: whoever asked appends what it stands for.
static json_t *number_of(struct tick__page_making *making, json_t *numbers, const char *key, bool *added) {
    json_t *known = json_object_get(numbers, key);
    *added = !known;
    if (known)
        return json_incref(known);
    json_t *number = json_integer((json_int_t)json_object_size(numbers));
    if (json_object_set(numbers, key, number) < 0)
        making->failed = true;
    return number;
}

json_t *tick__page_word(struct tick__page_making *making, const char *text) {
    bool added;
    json_t *shown = tick__page_text(text);
    json_t *number = shown ? number_of(making, making->numbers, json_string_value(shown), &added) : NULL;
    if (number && added)
        tick__page_add(making, making->strings, json_incref(shown));
    json_decref(shown);
    return number;
}

// --- places: [text, file's number or -1, line, name] ---

json_t *tick__page_place_of(struct tick__page_making *making, const char *file, int line, const char *name) {
    char key[1200], text[300] = "";
    bool added;
    const char *slash = strrchr(file, '/');
    struct tick__said said = TICK__SAID(text);
    if (line > 0)
        tick__say_to(&said, "%s:%d", slash ? slash + 1 : file, line);
    else
        tick__say_to(&said, "%s", slash ? slash + 1 : file);
    snprintf(key, sizeof key, "%.700s:%d %.300s", file, line, name);
    json_t *shown = tick__page_text(key); // as a key it has to be UTF-8
    json_t *number = shown ? number_of(making, making->place_of, json_string_value(shown), &added) : NULL;
    json_decref(shown);
    if (number && added) {
        json_t *source = NULL;
        json_t *path = tick__page_text(file);
        if (line > 0 && path && strcmp(json_string_value(path), file) == 0) // a path with bytes that have to be escaped is not read
            source = number_of(making, making->files, file, &added);
        json_decref(path);
        tick__page_add(making, making->places,
            json_pack("[o, o, i, o]", tick__page_text(text), source ? source : json_integer(-1), line, tick__page_text(name)));
    }
    return number;
}

json_t *tick__page_place(struct tick__page_making *making, const struct tick__tale *tale, uint32_t loc) {
    const struct tick__tale_place *place = tick__tale_place(tale, loc);
    if (!place)
        return json_integer(-1);
    if (place->line > 0)
        return tick__page_place_of(making, place->file, place->line, place->name);
    return tick__page_place_of(making, *place->function ? place->function : place->file, 0, place->name);
}
