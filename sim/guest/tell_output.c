// What the program writes, told as lines: one that it writes in pieces is told once, with its end. What has no end yet stands beside the
// ring as well, so that it can be told when the program is no more, whatever ended it.
#include "sim/guest/inside_int.h"
#include "sim/guest/tell_int.h"
#include <string.h>

static struct tick_told_rest rests[2]; // of stdout and stderr, as of the moment that a rewind goes back to

static void put(struct tick_told_rest *rest, struct tick_told_rest *shown, const char *text, size_t size) {
    const struct tick_probe *probe = tick__guest_probe;
    memcpy(rest->text + rest->size, text, size);
    memcpy(shown->text + rest->size, text, size);
    rest->host = shown->host = probe->host;
    rest->task = shown->task = probe->task;
    rest->here = shown->here = probe->here;
    rest->size += (uint32_t)size;
    shown->size = rest->size;
}

void tick__guest_tell_piece(int fd, const char *text, size_t size, bool ended) {
    struct tick_told_rest *rest = &rests[fd == 2], *shown = &tick__guest_control->told.rest[fd == 2];
    if (!tick__guest_probe)
        return;
    if (!rest->size && ended) {
        if (size)
            tick__guest_tell_line(text, size);
        return;
    }
    do {
        const size_t room = sizeof rest->text - rest->size, here = size < room ? size : room;
        put(rest, shown, text, here);
        text += here;
        size -= here;
        if (size || ended) {
            tick__guest_tell_line(rest->text, rest->size);
            rest->size = shown->size = 0;
        }
    } while (size);
}

void tick__guest_tell_pieces(void) {
    memcpy(tick__guest_control->told.rest, rests, sizeof rests);
}
