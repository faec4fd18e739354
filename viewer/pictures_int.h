#ifndef RETICK_PICTURES_INT_H
#define RETICK_PICTURES_INT_H

#include "trace/explain/hops.h"
#include "viewer/pictures.h"

struct tick__picturing {
    const struct tick_trace *trace;
    const struct tick_picture_options *options;
    unsigned most;
    FILE *file;
    struct tick_error *error;
    struct tick__tale tale; // asked row by row
};
enum tick__picture_look { TICK__LOOK_PLAIN, TICK__LOOK_FAILURE, TICK__LOOK_PALE };
// Texts are made visible, and escaped; "" for none.
void tick__picture_head(const struct tick__picturing *picturing, const char *title, const char *note);
void tick__picture_box(
    const struct tick__picturing *picturing, const char *id, const char *name, const char *more, enum tick__picture_look look);
void tick__picture_arrow(
    const struct tick__picturing *picturing, const char *from, const char *to, const char *label, enum tick__picture_look look);
void tick__picture_left_out(const struct tick__picturing *picturing, size_t count, const char *what); // 0: says nothing

int tick__picture_tree(struct tick__picturing *picturing);
int tick__picture_waits(struct tick__picturing *picturing);
int tick__picture_hosts(struct tick__picturing *picturing);
int tick__picture_cone(struct tick__picturing *picturing);
int tick__picture_parting(struct tick__picturing *picturing);

#endif
