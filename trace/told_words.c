// An event in words, by its kind.
#include "src/base/times.h"
#include "trace/story.h"
#include <retick/probe.h>
#include <retick/time.h>
#include <stdio.h>
#include <string.h>

enum { WORD = 8, SUBJECT, TEXT, WAY, PAYLOAD, ORDINAL, LINE }; // columns of the row that tick__told_read reads

static const char *column(sqlite3_stmt *row, int index) {
    const char *text = (const char *)sqlite3_column_text(row, index);
    return text ? text : "";
}

static const char *drop_words(int64_t why) {
#define DROP_WORDS(name, number, words) \
    if (why == name) \
        return words;
    TICK_DROPS(DROP_WORDS)
    return "";
}

// How many bytes it has, is said where it is sent and received; where it is lost, why; where it is slowed, by how much.
static void message_words(sqlite3_stmt *row, struct tick__told *told) {
    static const char *const verbs[] = {
        [TICK_EV_MSG_SEND] = "sends", [TICK_EV_MSG_RECV] = "receives", [TICK_EV_MSG_DROP] = "loses", [TICK_EV_MSG_SLOW] = "slows"};
    char payload[64] = "", count[48] = "", more[80] = "", time[32];
    const void *bytes = sqlite3_column_blob(row, PAYLOAD);
    const char *way = column(row, WAY);
    if (bytes)
        tick__printable(bytes, (size_t)sqlite3_column_bytes(row, PAYLOAD), payload, sizeof payload);
    if (told->kind == TICK_EV_MSG_DROP) {
        const char *words = drop_words(told->arg);
        snprintf(more, sizeof more, "%s%s", *words ? ": " : "", words);
    } else if (told->kind == TICK_EV_MSG_SLOW) {
        tick__time_words(told->arg, time, sizeof time);
        snprintf(more, sizeof more, " by %s", time);
    } else {
        snprintf(count, sizeof count, " %lld byte%s", (long long)told->arg, told->arg == 1 ? "" : "s");
    }
    snprintf(told->words, sizeof told->words, "%s%s%s%s @%lld%s%s%s%s", verbs[told->kind], count, *way ? " " : "", way,
        (long long)sqlite3_column_int64(row, ORDINAL), bytes ? ": \"" : "", payload, bytes ? "\"" : "", more);
}

static void host_words(sqlite3_stmt *row, struct tick__told *told) {
    const char *subject = column(row, SUBJECT);
    char time[32];
    switch (told->kind) {
    case TICK_EV_HOST_PAUSE:
        tick__time_words(told->arg, time, sizeof time);
        snprintf(told->words, sizeof told->words, told->arg == TICK_NEVER ? "%s stands still" : "%s stands still until %s", subject, time);
        break;
    case TICK_EV_CLOCK_JUMP:
        tick__time_words(told->arg < 0 ? tick__until(0, told->arg) : told->arg, time, sizeof time);
        snprintf(told->words, sizeof told->words, "the clock of %s jumps %s by %s", subject, told->arg < 0 ? "back" : "ahead", time);
        break;
    case TICK_EV_CLOCK_READ:
        snprintf(told->words, sizeof told->words, "reads the clock of %s", subject);
        break;
    default:
        snprintf(told->words, sizeof told->words, "%s%s", subject,
            told->kind == TICK_EV_HOST_START     ? " starts"
            : told->kind == TICK_EV_HOST_RESTART ? " starts again"
            : told->kind == TICK_EV_HOST_STOP    ? " is told to stop"
                                                 : " crashes");
        break;
    }
}

static void text_words(sqlite3_stmt *row, struct tick__told *told) {
    const char *text = column(row, TEXT);
    char shown[256];
    tick__printable(text, strlen(text), shown, sizeof shown);
    snprintf(told->words, sizeof told->words, "%s: %s", column(row, WORD), *text ? shown : column(row, SUBJECT));
}

static void time_words(sqlite3_stmt *row, struct tick__told *told) {
    char time[32];
    tick__time_words(told->arg, time, sizeof time);
    snprintf(told->words, sizeof told->words, told->kind == TICK_EV_TIMER_ARM ? "arms %s for %s" : "%s fires (due %s)",
        column(row, SUBJECT), time);
}

static void task_words(sqlite3_stmt *row, struct tick__told *told) {
    static const char *const steps[] = {"suspends", "returns", "fails", "is cancelled"};
    static const char *const dones[] = {"a result", "an error", "cancellation"};
    const char *subject = column(row, SUBJECT);
    switch (told->kind) {
    case TICK_EV_TASK_CREATE:
        snprintf(told->words, sizeof told->words, "creates task %s", subject);
        break;
    case TICK_EV_TASK_READY:
        snprintf(told->words, sizeof told->words, "%s is ready to run", subject);
        break;
    case TICK_EV_STEP_BEGIN:
        snprintf(told->words, sizeof told->words, "runs");
        break;
    case TICK_EV_STEP_END:
        snprintf(told->words, sizeof told->words, "%s", told->arg >= 0 && told->arg < 4 ? steps[told->arg] : "stops");
        break;
    case TICK_EV_FUTURE_AWAIT:
        snprintf(told->words, sizeof told->words, "awaits %s", subject);
        break;
    default:
        snprintf(told->words, sizeof told->words, "%s is done with %s", subject, told->arg >= 0 && told->arg < 3 ? dones[told->arg] : "?");
        break;
    }
}

static void plain_words(sqlite3_stmt *row, struct tick__told *told) {
    snprintf(told->words, sizeof told->words, "%s %s", column(row, WORD), column(row, SUBJECT));
    if (told->arg)
        snprintf(told->words, sizeof told->words, "%s %s (%lld)", column(row, WORD), column(row, SUBJECT), (long long)told->arg);
}

static void choice_words(sqlite3_stmt *row, struct tick__told *told) {
    const char *line = column(row, LINE);
    snprintf(told->words, sizeof told->words, "deviation: %s", *line ? line : column(row, SUBJECT));
}

void tick__told_say(sqlite3_stmt *row, struct tick__told *told) {
    static void (*const by_kind[TICK_EVENT_KINDS])(sqlite3_stmt *, struct tick__told *) = {[TICK_EV_TASK_CREATE] = task_words,
        [TICK_EV_TASK_READY] = task_words,
        [TICK_EV_STEP_BEGIN] = task_words,
        [TICK_EV_STEP_END] = task_words,
        [TICK_EV_FUTURE_AWAIT] = task_words,
        [TICK_EV_FUTURE_DONE] = task_words,
        [TICK_EV_TIMER_ARM] = time_words,
        [TICK_EV_TIMER_FIRE] = time_words,
        [TICK_EV_MSG_SEND] = message_words,
        [TICK_EV_MSG_RECV] = message_words,
        [TICK_EV_MSG_DROP] = message_words,
        [TICK_EV_MSG_SLOW] = message_words,
        [TICK_EV_HOST_START] = host_words,
        [TICK_EV_HOST_CRASH] = host_words,
        [TICK_EV_HOST_RESTART] = host_words,
        [TICK_EV_HOST_STOP] = host_words,
        [TICK_EV_HOST_PAUSE] = host_words,
        [TICK_EV_CLOCK_JUMP] = host_words,
        [TICK_EV_CLOCK_READ] = host_words,
        [TICK_EV_FAULT_BEGIN] = text_words,
        [TICK_EV_FAULT_END] = text_words,
        [TICK_EV_CHOICE] = choice_words,
        [TICK_EV_LOG] = text_words,
        [TICK_EV_MARK] = text_words,
        [TICK_EV_EXCEPTION] = text_words,
        [TICK_EV_VERDICT] = text_words,
        [TICK_EV_SHARED_READ] = text_words,
        [TICK_EV_SHARED_WRITE] = text_words,
        [TICK_EV_SPAN_BEGIN] = text_words,
        [TICK_EV_SPAN_END] = text_words};
    const bool known = told->kind > 0 && told->kind < TICK_EVENT_KINDS && by_kind[told->kind];
    (known ? by_kind[told->kind] : plain_words)(row, told);
}
