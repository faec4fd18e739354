// Who waits for what, of all hosts: their tenants tell, a piece each.
#include "sim/world/world_int.h"
#include "src/base/line.h"

#define REST_MOST sizeof "; and 4294967295 more that wait"

bool tick__telling_has_room(const struct tick__telling *telling, const struct tick__line *piece) {
    return !telling->left_out && !tick__line_cut(piece) &&
           telling->words->length + piece->length + sizeof "; " + REST_MOST <= telling->words->size;
}

void tick__telling_add(struct tick__telling *telling, const struct tick__line *piece) {
    if (tick__telling_has_room(telling, piece))
        tick__line_format(telling->words, "%s%s", telling->told++ ? "; " : " ", piece->text);
    else
        telling->left_out++;
}

void tick__world_tell_waits(const struct tick_world *w, struct tick__line *words) {
    struct tick__telling telling = {.words = words, .far_looks = 16};
    for (size_t i = 0; i < w->host_count; i++) {
        const struct tick_host *host = tick__world_host(w, i);
        if (host->state == HOST_DONE || host->state == HOST_DOWN || (host->options.daemon && host->state == HOST_WAITING))
            continue;
        if (host->state != HOST_WAITING) {
            host->tenant->tell_waits(host, &telling, false);
            continue;
        }
        char text_of[100];
        struct tick__line piece = {text_of, sizeof text_of, 0};
        tick__line_format(&piece, "%s was never started", host->name);
        tick__telling_add(&telling, &piece);
    }
    for (size_t i = 0; i < w->host_count && !telling.left_out && telling.far_looks; i++) {
        const struct tick_host *host = tick__world_host(w, i);
        if (!host->options.daemon && host->state != HOST_DONE && host->state != HOST_DOWN && host->state != HOST_WAITING)
            host->tenant->tell_waits(host, &telling, true);
    }
    if (telling.left_out)
        tick__line_format(words, "%sand %zu more that wait", telling.told ? "; " : " ", telling.left_out);
}

void tick__world_describe_deadlock(const struct tick_world *w, char *text, size_t size) {
    struct tick__line words = {text, size, 0};
    tick__line_put(&words, "nothing can ever run again:");
    tick__world_tell_waits(w, &words);
}
