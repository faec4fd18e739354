#include "viewer/pictures.h"
#include "trace/story.h"
#include "viewer/dot.h"
#include "viewer/pictures_int.h"
#include <errno.h>
#include <string.h>

#define USUAL 60  // boxes, unless more are asked for
#define MOST 2000 // that dot comes to an end with

const struct tick_picture tick_pictures[] = {
    {"tree", "who began whom, when, and how it ended", tick__picture_tree},
    {"waits", "who waits for whom at an event (--at), or at the end; circles in red", tick__picture_waits},
    {"hosts", "messages by host: how many, when, how many lost", tick__picture_hosts},
    {"cone", "what an event (--at) came of, or the run's end", tick__picture_cone},
    {"parting", "where the run parts from the one beside it (--against): what came before, and what each does next", tick__picture_parting},
    {NULL, NULL, NULL},
};

const struct tick_picture *tick_picture(const char *name) {
    const struct tick_picture *picture = tick_pictures;
    while (picture->name && strcmp(picture->name, name) != 0)
        picture++;
    return picture->name ? picture : NULL;
}

static const char *const colors[] = {"#94a3b8", "#dc2626", "#cbd5e1"}, *const fills[] = {"white", "#fee2e2", "#f8fafc"};

void tick__picture_head(const struct tick__picturing *picturing, const char *title, const char *note) {
    const struct tick_trace *trace = picturing->trace;
    fputs("digraph retick {\n  graph [rankdir=LR, fontname=\"Helvetica\", fontsize=12, bgcolor=\"white\", pad=0.4, labelloc=t, labeljust=l,"
          " charset=\"UTF-8\"];\n  node [shape=box, style=\"rounded,filled\", fillcolor=\"white\", fontname=\"Helvetica\", fontsize=11];\n"
          "  edge [fontname=\"Helvetica\", fontsize=10, color=\"#6b7280\", fontcolor=\"#6b7280\", arrowsize=0.75];\n  label=<<B>",
        picturing->file);
    tick__dot_html(picturing->file, *trace->scenario ? trace->scenario : "run", " ");
    fputs("</B>   ", picturing->file);
    tick__dot_html(picturing->file, title, " ");
    if (*note) {
        fputs("<BR ALIGN=\"LEFT\"/>", picturing->file);
        tick__dot_html(picturing->file, note, " ");
    }
    fputs("<BR ALIGN=\"LEFT\"/>>;\n", picturing->file);
}

void tick__picture_box(
    const struct tick__picturing *picturing, const char *id, const char *name, const char *more, enum tick__picture_look look) {
    fprintf(picturing->file, "  %s [label=<", id);
    tick__dot_html(picturing->file, *name ? name : " ", "<BR/>");
    if (*more) {
        fputs("<BR/><FONT COLOR=\"#6b7280\" POINT-SIZE=\"10\">", picturing->file);
        tick__dot_html(picturing->file, more, "<BR/>");
        fputs("</FONT>", picturing->file);
    }
    fprintf(picturing->file, ">, color=\"%s\", fillcolor=\"%s\"%s];\n", colors[look], fills[look],
        look == TICK__LOOK_FAILURE ? ", penwidth=2" : "");
}

void tick__picture_arrow(
    const struct tick__picturing *picturing, const char *from, const char *to, const char *label, enum tick__picture_look look) {
    fprintf(picturing->file, "  %s -> %s [label=<", from, to);
    tick__dot_html(picturing->file, *label ? label : " ", "<BR/>");
    fprintf(picturing->file, ">%s];\n",
        look == TICK__LOOK_FAILURE ? ", color=\"#dc2626\", fontcolor=\"#dc2626\", penwidth=2"
        : look == TICK__LOOK_PALE  ? ", style=dashed"
                                   : "");
}

void tick__picture_left_out(const struct tick__picturing *picturing, size_t count, const char *what) {
    char text[120];
    if (!count)
        return;
    snprintf(text, sizeof text, "left out: %zu %s; --nodes draws more", count, what);
    fputs("  left_out [shape=plaintext, style=\"\", label=<<FONT COLOR=\"#b45309\">", picturing->file);
    tick__dot_html(picturing->file, text, " ");
    fputs("</FONT>>];\n", picturing->file);
}

int tick_picture_write(const struct tick_trace *trace, const struct tick_picture *picture, const struct tick_picture_options *options,
    FILE *file, struct tick_error *error) {
    struct tick__picturing picturing = {.trace = trace,
        .options = options,
        .most = !options->most         ? USUAL
                : options->most < MOST ? options->most
                                       : MOST,
        .file = file,
        .error = error};
    *error = (struct tick_error){0};
    if (options->seq > trace->events)
        return tick_error_set(error, -EINVAL, "%s has no event %u: they are 1 to %llu", trace->path, (unsigned)options->seq,
            (unsigned long long)trace->events);
    TICK_TRY(tick__tale_open(trace, &picturing.tale, error));
    errno = 0;
    int code = picture->write(&picturing);
    if (code == 0)
        code = tick__tale_trouble(&picturing.tale, error);
    tick__tale_fini(&picturing.tale);
    fputs("}\n", file);
    if (code == 0 && (fflush(file) != 0 || ferror(file)))
        code = errno ? -errno : -EIO;
    return code;
}
