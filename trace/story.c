#include "trace/story.h"
#include "src/base/visible.h"
#include <errno.h>
#include <retick/probe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int tick__prepare(const struct tick_trace *trace, const char *sql, sqlite3_stmt **statement, struct tick_error *error) {
    *statement = NULL;
    if (sqlite3_prepare_v2(trace->db, sql, -1, statement, NULL) == SQLITE_OK)
        return 0;
    return tick__trace_failed(trace, error);
}

// The queries that are asked for event after event: prepared once a trace.
enum { TOLD, LINK, DEVIATION_OF_MESSAGE, DEVIATION_OF_OTHER, OWN_STEP };

static int prepare_once(const struct tick_trace *trace, int which, const char *sql, sqlite3_stmt **statement, struct tick_error *error) {
    if (!trace->statements[which])
        TICK_TRY(tick__prepare(trace, sql, &trace->statements[which], error));
    *statement = trace->statements[which];
    return 0;
}

int tick__time_words(int64_t ns, char *text, size_t size) {
    int64_t unit = ns >= 1000000000 ? 1000000000 : ns >= 1000000 || ns == 0 ? 1000000 : 1000;
    const char *word = unit == 1000000000 ? "s" : unit == 1000000 ? "ms" : "us";
    int64_t rest = ns % unit;
    int digits = unit == 1000000000 ? 9 : unit == 1000000 ? 6 : 3;
    if (ns < 0 || rest == 0)
        return snprintf(text, size, "%lld %s", (long long)(ns / unit), word);
    while (rest % 10 == 0) {
        rest /= 10;
        digits--;
    }
    return snprintf(text, size, "%lld.%0*lld %s", (long long)(ns / unit), digits, (long long)rest, word);
}

char *tick__count_words(uint64_t count, char *text, size_t size) {
    char digits[32];
    size_t length = (size_t)snprintf(digits, sizeof digits, "%llu", (unsigned long long)count), used = 0;
    for (size_t i = 0; i < length && used + 2 < size; i++) {
        if (i && (length - i) % 3 == 0)
            text[used++] = ',';
        text[used++] = digits[i];
    }
    text[used] = 0;
    return text;
}

void tick__printable(const void *bytes, size_t count, char *text, size_t size) {
    static const char ellipsis[] = "…";
    const char *at = bytes, *end = at + count;
    size_t used = 0;
    for (size_t taken; at < end; at += taken) {
        char piece[TICK__VISIBLE_MOST + 1] = "\\"; // before a quote or a backslash
        const bool quote = *at == '"' || *at == '\\';
        const size_t length = quote + tick__visible_next(at, (size_t)(end - at), piece + quote, &taken);
        if (used + length + sizeof ellipsis > size) {
            memcpy(text + used, ellipsis, sizeof ellipsis);
            return;
        }
        memcpy(text + used, piece, length);
        used += length;
    }
    text[used] = 0;
}

static const char *column(sqlite3_stmt *statement, int index) {
    const char *text = (const char *)sqlite3_column_text(statement, index);
    return text ? text : "";
}

int tick__told_read(const struct tick_trace *trace, int64_t seq, struct tick__told *told, struct tick_error *error) {
    sqlite3_stmt *row;
    *told = (struct tick__told){.seq = seq};
    TICK_TRY(prepare_once(trace, TOLD,
        "SELECT e.ts, e.kind, e.host_id, e.task_id, e.subject_id, e.cause_seq, e.arg, coalesce(t.path, h.name), k.name,"
        " coalesce(s.path, s.name, s.type || ' ' || s.object_id), x.value, p.path, m.payload, s.ordinal, c.line,"
        " CASE WHEN l.line > 0 THEN coalesce(l.file, '?') || ':' || l.line ELSE l.function END"
        " FROM events e LEFT JOIN objects t ON t.object_id = e.task_id LEFT JOIN objects h ON h.object_id = e.host_id"
        " LEFT JOIN kinds k ON k.kind = e.kind LEFT JOIN objects s ON s.object_id = e.subject_id LEFT JOIN strings x ON x.string_id = "
        "e.subject_id"
        " LEFT JOIN objects p ON p.object_id = s.parent_id LEFT JOIN messages m ON m.message_id = e.subject_id"
        " LEFT JOIN choices c ON e.kind = 28 AND c.seq = e.seq LEFT JOIN locations l ON l.loc_id = e.loc_id WHERE e.seq = ?",
        &row, error));
    sqlite3_bind_int64(row, 1, seq);
    int found = sqlite3_step(row) == SQLITE_ROW;
    if (found) {
        told->ts = sqlite3_column_int64(row, 0);
        told->kind = sqlite3_column_int(row, 1);
        told->host = sqlite3_column_int64(row, 2);
        told->task = sqlite3_column_int64(row, 3);
        told->subject = sqlite3_column_int64(row, 4);
        told->cause = sqlite3_column_int64(row, 5);
        told->arg = sqlite3_column_int64(row, 6);
        snprintf(told->who, sizeof told->who, "%s", column(row, 7));
        snprintf(told->where, sizeof told->where, "%s", column(row, 15));
        tick__time_words(told->ts, told->time, sizeof told->time);
        tick__told_say(row, told);
    }
    return sqlite3_reset(row) == SQLITE_OK ? found : tick__trace_failed(trace, error);
}

// The step in which an event without a cause of its own was told; 0: none.
static int64_t own_step(const struct tick_trace *trace, const struct tick__link *link, struct tick_error *error) {
    sqlite3_stmt *row;
    int64_t seq = 0;
    if (!link->task || link->kind == TICK_EV_STEP_BEGIN || link->kind == TICK_EV_CALLBACK_RUN)
        return 0;
    TICK_TRY(prepare_once(
        trace, OWN_STEP, "SELECT seq FROM events WHERE subject_id = ? AND kind = 3 AND seq < ? ORDER BY seq DESC LIMIT 1", &row, error));
    sqlite3_bind_int64(row, 1, link->task);
    sqlite3_bind_int64(row, 2, link->seq);
    if (sqlite3_step(row) == SQLITE_ROW)
        seq = sqlite3_column_int64(row, 0);
    return sqlite3_reset(row) == SQLITE_OK ? seq : tick__trace_failed(trace, error);
}

int tick__link_read(const struct tick_trace *trace, int64_t seq, struct tick__link *link, struct tick_error *error) {
    sqlite3_stmt *row;
    *link = (struct tick__link){.seq = seq};
    TICK_TRY(prepare_once(trace, LINK, "SELECT kind, host_id, task_id, subject_id, cause_seq, arg FROM events WHERE seq = ?", &row, error));
    sqlite3_bind_int64(row, 1, seq);
    int found = sqlite3_step(row) == SQLITE_ROW;
    if (found) {
        link->kind = sqlite3_column_int(row, 0);
        link->host = sqlite3_column_int64(row, 1);
        link->task = sqlite3_column_int64(row, 2);
        link->subject = sqlite3_column_int64(row, 3);
        link->cause = sqlite3_column_int64(row, 4);
        link->arg = sqlite3_column_int64(row, 5);
    }
    if (sqlite3_reset(row) != SQLITE_OK)
        return tick__trace_failed(trace, error);
    if (!found || link->kind == TICK_EV_CHOICE) // a choice comes of nothing that is in the run
        return found;
    int64_t before = link->cause > 0 ? link->cause : own_step(trace, link, error);
    if (before < 0)
        return (int)before;
    link->before = before < seq ? before : 0; // a damaged file: causes lie before
    return found;
}

// The deviation that bears on an event: of a message, the one at its place in the stream; else one about its subject, task or host that
// was drawn since its cause.
static int deviation_of(
    const struct tick_trace *trace, const struct tick__link *link, struct tick__cause *cause, struct tick_error *error) {
    bool message = link->kind == TICK_EV_MSG_RECV || link->kind == TICK_EV_MSG_DROP;
    sqlite3_stmt *row;
    if (link->kind == TICK_EV_CHOICE)
        return 0;
    TICK_TRY(prepare_once(trace, message ? DEVIATION_OF_MESSAGE : DEVIATION_OF_OTHER,
        message ? "SELECT c.seq, c.line FROM objects m JOIN choices c ON c.subject_id = m.parent_id AND c.ordinal BETWEEN m.ordinal AND"
                  " m.ordinal + max(?2, coalesce((SELECT bytes FROM messages WHERE message_id = ?1), 0), 1) - 1"
                  " WHERE m.object_id = ?1 ORDER BY c.seq DESC LIMIT 1"
                : "SELECT seq, line FROM choices WHERE subject_id IN (?1, ?2, ?3) AND seq > ?4 AND seq <= ?5 ORDER BY seq DESC LIMIT 1",
        &row, error));
    sqlite3_bind_int64(row, 1, link->subject);
    sqlite3_bind_int64(row, 2, !message ? link->task : link->kind == TICK_EV_MSG_RECV ? link->arg : 0);
    if (!message) {
        sqlite3_bind_int64(row, 3, link->host);
        sqlite3_bind_int64(row, 4, link->cause ? link->cause : link->seq - 1);
        sqlite3_bind_int64(row, 5, link->seq);
    }
    if (sqlite3_step(row) == SQLITE_ROW) {
        cause->choice_seq = sqlite3_column_int64(row, 0);
        snprintf(cause->deviation, sizeof cause->deviation, "%s", column(row, 1));
    }
    return sqlite3_reset(row) == SQLITE_OK ? 0 : tick__trace_failed(trace, error);
}

// Walks the chain. The head stays in `causes`; what follows goes round and round in the tail's places.
static int walk(
    const struct tick_trace *trace, int64_t seq, size_t head, size_t tail, struct tick__chain *chain, struct tick_error *error) {
    struct tick__link link;
    uint64_t count = 0;
    for (; seq > 0; seq = link.before) {
        int found = tick__link_read(trace, seq, &link, error);
        if (found < 0)
            return found;
        if (!found)
            break;
        if (count == head + tail + TICK__CHAIN_MOST) {
            chain->endless = true;
            break;
        }
        size_t at = count < head ? (size_t)count : tail ? head + (size_t)((count - head) % tail) : SIZE_MAX;
        if (at != SIZE_MAX)
            chain->causes[at] = (struct tick__cause){.seq = seq};
        count++;
    }
    chain->head = count < head ? (size_t)count : head;
    chain->tail = chain->endless ? 0 : count - chain->head < tail ? (size_t)(count - chain->head) : tail;
    chain->between = chain->endless ? TICK__CHAIN_MOST : count - chain->head - chain->tail;
    return 0;
}

int tick__chain_read(
    const struct tick_trace *trace, int64_t seq, size_t head, size_t tail, struct tick__chain *chain, struct tick_error *error) {
    *chain = (struct tick__chain){.causes = calloc(head + 2 * tail, sizeof *chain->causes)};
    if (!chain->causes)
        return tick_error_set(error, -ENOMEM, "out of memory");
    int code = walk(trace, seq, head, tail, chain, error);
    if (code == 0 && chain->between && chain->tail) { // the tail's oldest link first
        struct tick__cause *from = chain->causes + head;
        size_t first = (size_t)((chain->between + chain->tail) % tail);
        memcpy(from + tail, from, tail * sizeof *from);
        memcpy(from, from + tail + first, (tail - first) * sizeof *from);
        memcpy(from + tail - first, from + tail, first * sizeof *from);
    }
    for (size_t i = 0; code == 0 && i < chain->head + chain->tail; i++) {
        struct tick__link link;
        code = tick__link_read(trace, chain->causes[i].seq, &link, error);
        if (code > 0)
            code = deviation_of(trace, &link, &chain->causes[i], error);
    }
    if (code < 0)
        tick__chain_fini(chain);
    return code;
}

void tick__chain_fini(struct tick__chain *chain) {
    free(chain->causes);
    *chain = (struct tick__chain){0};
}
