#include <retick/id.h>

tick_id tick_id_text(const char *text) {
    uint64_t hash = 0xcbf29ce484222325u; // FNV-1a, then mixed
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        hash = (hash ^ *at) * 0x100000001b3u;
    return tick_id_mix(hash, 0);
}
