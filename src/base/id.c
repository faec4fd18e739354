#include <retick/id.h>
#include <string.h>

tick_id tick_id_text(const char *text) {
    uint64_t hash = 0xcbf29ce484222325u; // FNV-1a, then mixed
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        hash = (hash ^ *at) * 0x100000001b3u;
    return tick_id_mix(hash, 0);
}

uint32_t tick_id_sort(enum tick_object_type type, const char *key) {
    static const struct {
        uint8_t sort, type;
        const char *word;
    } sorts[] = {
#define SORT(name, number, type, word) {number, type, word},
        TICK_SORTS(SORT)
#undef SORT
    };
    if (key && (type == TICK_OBJECT_TIMER || type == TICK_OBJECT_FD))
        for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
            if (sorts[i].type == type && !strcmp(sorts[i].word, key))
                return sorts[i].sort;
    return type;
}
