// Pictures of one question each, as Graphviz text: few boxes, and what did not fit is counted in the picture.
#ifndef RETICK_PICTURES_H
#define RETICK_PICTURES_H

#include "trace/reader.h"
#include <stdio.h>

struct tick_picture_options {
    uint32_t seq;                    // of which event; 0: the run's end
    unsigned most;                   // boxes, 0: what can be looked over
    const struct tick_trace *beside; // of `parting`: the other run
};
struct tick__picturing;
struct tick_picture {
    const char *name, *help;
    int (*write)(struct tick__picturing *picturing);
};
extern const struct tick_picture tick_pictures[];          // ends with a NULL name
const struct tick_picture *tick_picture(const char *name); // NULL: there is none
// Of a derived trace. 0, or an error in words; a file that cannot be written is -errno with an empty text.
int tick_picture_write(const struct tick_trace *trace, const struct tick_picture *picture, const struct tick_picture_options *options,
    FILE *file, struct tick_error *error);

#endif
