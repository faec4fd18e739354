#include "cli/story_print.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "trace/explain/story_keep.h"
#include "trace/story.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COLUMNS_MOST 110
#define COLUMNS_LEAST 60

static unsigned columns(void) {
    const unsigned terminal = isatty(STDOUT_FILENO) ? tick__terminal_columns(STDOUT_FILENO) : COLUMNS_MOST;
    return terminal > COLUMNS_MOST ? COLUMNS_MOST : terminal < COLUMNS_LEAST ? COLUMNS_LEAST : terminal;
}

// How many bytes of `text` go on a line of so many columns: up to a space, or all of a word that is longer.
static size_t line_of(const char *text, size_t most) {
    size_t best = 0;
    for (size_t at = 0;; at++) {
        if (text[at] != ' ' && text[at] != '\0')
            continue;
        char piece[1600];
        snprintf(piece, sizeof piece, "%.*s", (int)at, text);
        if (best && tick__width(piece) > most)
            return best;
        best = at;
        if (text[at] == '\0')
            return best;
    }
}

// Paragraph: the first line behind `head`, which takes `indent` columns, the others below it.
static void say_wrapped(const char *head, size_t indent, const char *text, enum tick__colour colour) {
    const size_t most = columns() - indent;
    const size_t padding = tick__width(head) < indent ? indent - tick__width(head) : 0;
    size_t taken = line_of(text, most);
    tick__say("%s%*s%s%.*s%s", head, (int)padding, "", tick__colour(stdout, colour), (int)taken, text, tick__colour(stdout, TICK__PLAIN));
    for (text += taken; *text == ' '; text += taken) {
        text++;
        taken = line_of(text, most);
        tick__say("%*s%s%.*s%s", (int)indent, "", tick__colour(stdout, colour), (int)taken, text, tick__colour(stdout, TICK__PLAIN));
    }
}

static void time_of(const struct tick__sentence *sentence, char *text, size_t size) {
    const int used = tick__time_words(sentence->ts, text, size);
    if (sentence->until && used > 0 && (size_t)used + 8 < size) {
        memcpy(text + used, " – ", sizeof " – ");
        tick__time_words(sentence->until, text + used + strlen(" – "), size - (size_t)used - strlen(" – "));
    }
}

size_t tick__sentence_width(const struct tick__sentence *sentence) {
    char time[80];
    time_of(sentence, time, sizeof time);
    return tick__width(time);
}

void tick__sentence_print(const struct tick__sentence *sentence, size_t number, size_t width) {
    char time[80], head[120], text[1200];
    time_of(sentence, time, sizeof time);
    snprintf(head, sizeof head, "  %2zu  %s", number, time);
    const size_t indent = 6 + width + 2;
    snprintf(text, sizeof text, "%s%s%s%s%s%s", sentence->who, *sentence->who ? " " : "", sentence->say, *sentence->place ? " (" : "",
        sentence->place, *sentence->place ? ")" : "");
    say_wrapped(head, indent, text,
        sentence->class == TICK__SAID_DECISION ? TICK__BOLD
        : sentence->class == TICK__SAID_END    ? TICK__RED
                                               : TICK__PLAIN);
    if (*sentence->over)
        say_wrapped("", indent + 2, sentence->over, TICK__PLAIN);
    if (*sentence->good)
        say_wrapped("", indent + 2, sentence->good, TICK__GREEN);
}

static void report(const struct tick__story *story) {
    for (size_t i = 0; tick__report_on() && i < story->count; i++) {
        const struct tick__sentence *sentence = &story->sentences[i];
        tick__report_add("story",
            json_pack("{s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "seq", (json_int_t)sentence->seq, "ns", (json_int_t)sentence->ts,
                "until_ns", sentence->until ? json_integer(sentence->until) : json_null(), "class",
                tick__report_text(tick__sentence_classes[sentence->class]), "who", tick__report_text(sentence->who), "say",
                tick__report_text(sentence->say), "place", tick__report_text(sentence->place), "more", tick__report_text(sentence->over),
                "beside", tick__report_text(sentence->good)));
    }
}

void tick__story_print(const struct tick__story *story, const char *beside) {
    size_t width = 0;
    report(story);
    for (size_t i = 0; i < story->count; i++) {
        const size_t needed = tick__sentence_width(&story->sentences[i]);
        width = needed > width ? needed : width;
    }
    if (!story->count) {
        tick__say("nothing went wrong in it: there is nothing to explain");
        return;
    }
    if (beside && story->parting) {
        char parting[48];
        tick__time_words(story->parting_ts, parting, sizeof parting);
        tick__say("how it came to it, beside %s; the two are the same until %s:", beside, parting);
    } else {
        tick__say("how it came to it:");
    }
    for (size_t i = 0; i < story->count; i++)
        tick__sentence_print(&story->sentences[i], i + 1, width);
}
