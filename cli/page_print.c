#include "cli/page_print.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "trace/story.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define HELD_MOST 64 // lines that are held back to find the columns' widths

struct printing {
    const char *head; // of the last column
    struct tick__page_line *held;
    size_t count;
    int seq_width, time_width; // 0: not known yet
    uint64_t lines;
    bool cut; // a line has told already how to see the rest
};

static void print_between(const struct printing *printing, const struct tick__page_line *line, bool last) {
    char count[32];
    const char *rest = last ? "; --all shows them" : "";
    tick__count_words(line->between, count, sizeof count);
    if (line->endless && !line->between)
        tick__say("%*s  %*s  … and so on%s", printing->seq_width, "", printing->time_width, "", rest);
    else if (line->endless)
        tick__say("%*s  %*s  … and more than %s before that%s", printing->seq_width, "", printing->time_width, "", count, rest);
    else
        tick__say("%*s  %*s  … %s between%s", printing->seq_width, "", printing->time_width, "", count, rest);
}

static void print_more(const struct printing *printing, const struct tick__page_line *line) {
    char count[32];
    tick__count_words(line->between, count, sizeof count);
    if (line->between)
        tick__say("%*s  %*s  … %s more came of it%s", printing->seq_width, "", printing->time_width, "", count,
            printing->cut ? "" : "; --all shows them");
    if (line->endless)
        tick__say("%*s  %*s  … what came of it later is not known: only so many events behind it were looked at", printing->seq_width, "",
            printing->time_width, "");
}

static void print_line(struct printing *printing, const struct tick__page_line *line) {
    char time[48];
    const bool deviation = line->kind == TICK__PAGE_DEVIATION;
    if (line->kind == TICK__PAGE_BETWEEN) {
        print_between(printing, line, !printing->cut);
        printing->cut = true;
        return;
    }
    if (line->kind == TICK__PAGE_MORE) {
        print_more(printing, line);
        return;
    }
    tick__time_words(line->ts, time, sizeof time);
    tick__say("%*u  %-*s  %*s%s%s%s%s%s%s%s%s", printing->seq_width, (unsigned)line->seq, printing->time_width, time,
        (int)(2 * line->depth), "", tick__colour(stdout, deviation ? TICK__BOLD : TICK__PLAIN), line->who, *line->who ? " " : "", line->say,
        *line->place ? " (" : "", line->place, *line->place ? ")" : "", tick__colour(stdout, TICK__PLAIN));
}

static void flush(struct printing *printing) {
    printing->seq_width = 3;
    printing->time_width = 4;
    for (size_t i = 0; i < printing->count; i++) {
        char text[48];
        const int seq = snprintf(text, sizeof text, "%u", (unsigned)printing->held[i].seq),
                  time = tick__time_words(printing->held[i].ts, text, sizeof text);
        printing->seq_width = seq > printing->seq_width ? seq : printing->seq_width;
        printing->time_width = time > printing->time_width ? time : printing->time_width;
    }
    tick__say("%*s  %-*s  %s", printing->seq_width, "seq", printing->time_width, "when", printing->head);
    for (size_t i = 0; i < printing->count; i++)
        print_line(printing, &printing->held[i]);
    printing->count = 0;
}

static void report_line(const struct tick__page_line *line) {
    json_t *seq = line->seq ? json_integer((json_int_t)line->seq) : json_null(),
           *between = line->kind >= TICK__PAGE_BETWEEN ? json_integer((json_int_t)line->between) : json_null();
    tick__report_add(
        "page", json_pack("{s:s, s:o, s:I, s:i, s:o, s:o, s:o, s:o, s:b}", "kind", tick__page_kinds[line->kind], "seq", seq, "ns",
                    (json_int_t)line->ts, "depth", (int)line->depth, "who", tick__report_text(line->who), "say",
                    tick__report_text(line->say), "place", tick__report_text(line->place), "between", between, "endless", line->endless));
}

static void take(void *ctx, const struct tick__page_line *line) {
    struct printing *printing = ctx;
    printing->lines++;
    if (tick__report_on()) {
        report_line(line);
        return;
    }
    if (printing->seq_width == 0 && printing->count < HELD_MOST) {
        printing->held[printing->count++] = *line;
        return;
    }
    if (printing->seq_width == 0)
        flush(printing);
    print_line(printing, line);
}

int tick__page_ask(
    const struct tick_trace *trace, enum tick__page_question question, uint32_t seq, bool all, uint64_t *lines, struct tick_error *error) {
    const bool why = question == TICK__PAGE_WHY;
    struct printing printing = {.head = why ? "what: each line came of the one below it" : "what: each line came of one above it",

        .held = calloc(HELD_MOST, sizeof *printing.held)};
    if (!printing.held)
        return tick_error_set(error, -ENOMEM, "out of memory");
    const size_t most = all ? 0 : TICK__PAGE_LINES - 1; // one is the head
    const int code = (why ? tick__why_tell : tick__effects_tell)(trace, seq, most, take, &printing, error);
    if (code == 0 && printing.count)
        flush(&printing);
    *lines = printing.lines;
    free(printing.held);
    return code;
}
