// A run's output as lines: the program may have written each piece by piece, on two fds in turn.
#include "sim/keeper/keeper_int.h"
#include <string.h>

struct part { // of a line that has not ended
    struct tick__output_line line;
    char text[TICK__OUTPUT_LINE];
};

static void add(struct part *part, const struct tick_guest_line *piece) {
    size_t room = sizeof part->text - 1 - part->line.length;
    room = piece->size < room ? piece->size : room;
    if (!part->line.text) {
        part->line.text = part->text;
        part->line.at = piece->at;
        part->line.number++;
    }
    memcpy(part->text + part->line.length, piece->text, room);
    part->line.length += room;
    part->text[part->line.length] = 0;
}

static bool give(struct part *part, bool (*fn)(void *ctx, const struct tick__output_line *line), void *ctx) {
    const bool more = !part->line.text || fn(ctx, &part->line);
    part->line.text = NULL;
    part->line.length = 0;
    return more;
}

void tick__output_lines(const struct tick_guest_control *control, bool (*fn)(void *ctx, const struct tick__output_line *line), void *ctx) {
    struct part parts[2];
    for (int i = 0; i < 2; i++)
        parts[i].line = (struct tick__output_line){.fd = (uint8_t)(i + 1)};
    const uint32_t used = control->output_used < TICK_GUEST_OUTPUT ? control->output_used : TICK_GUEST_OUTPUT;
    for (uint32_t at = 0; at + sizeof(struct tick_guest_line) <= used;) {
        const struct tick_guest_line *const piece = (const void *)(control->output + at);
        const uint64_t room = (sizeof *piece + (uint64_t)piece->size + 7) & ~(uint64_t)7;
        if (room > used - at)
            break;
        struct part *const part = &parts[piece->fd == 2];
        add(part, piece);
        if (piece->ended && !give(part, fn, ctx))
            return;
        at += (uint32_t)room;
    }
    if (give(&parts[0], fn, ctx))
        (void)give(&parts[1], fn, ctx);
}
