// Tasks by who began them, who waits for whom, and hosts by what they sent.
#include "trace/story.h"
#include "viewer/pictures_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MOST 500 // waits that are looked at

static void id_of(char id[32], const char *sort, int64_t number) {
    snprintf(id, 32, "%s%lld", sort, (long long)number);
}

static int ended(const struct tick__picturing *picturing, sqlite3_stmt *row) {
    return sqlite3_finalize(row) == SQLITE_OK ? 0 : tick__trace_failed(picturing->trace, picturing->error);
}

// --- tree ---

int tick__picture_tree(struct tick__picturing *picturing) {
    sqlite3_stmt *row;
    size_t count = 0, drawn = 0;
    TICK_TRY(tick__prepare(picturing->trace,
        "SELECT t.task_id, t.host_id, t.parent_task_id, t.outcome, c.ts, d.ts, c.task_id, (SELECT count(*) FROM hosts x JOIN hosts y ON "
        "y.name ="
        " x.name AND y.host_id <= x.host_id WHERE x.host_id = t.host_id), (SELECT count(*) FROM hosts x JOIN hosts y ON y.name = x.name "
        "WHERE"
        " x.host_id = t.host_id) FROM tasks t LEFT JOIN events c ON c.seq = t.created_seq LEFT JOIN events d ON d.seq = t.done_seq ORDER BY"
        " t.task_id LIMIT ?1",
        &row, picturing->error));
    sqlite3_bind_int64(row, 1, picturing->most);
    tick__picture_head(picturing, "who began whom", "");
    while (sqlite3_step(row) == SQLITE_ROW) {
        const int64_t task = sqlite3_column_int64(row, 0), maker = sqlite3_column_int64(row, 6);
        const char *outcome = (const char *)sqlite3_column_text(row, 3);
        char id[32], from[32], name[200] = "", more[160] = "", at[48];
        struct tick__said said = TICK__SAID(more);
        id_of(id, "t", task);
        tick__said_task(&picturing->tale, (uint32_t)task, &TICK__SAID(name));
        if (sqlite3_column_int(row, 8) > 1)
            tick__say_to(&said, "life %d of its host; ", sqlite3_column_int(row, 7));
        tick__say_to(&said, "%s", outcome ? outcome : "not over at the end");
        if (sqlite3_column_type(row, 5) != SQLITE_NULL) {
            tick__say_to(&said, " at ");
            tick__said_time(sqlite3_column_int64(row, 5), &said);
        }
        tick__picture_box(picturing, id, name, more, outcome && strcmp(outcome, "failed") == 0 ? TICK__LOOK_FAILURE : TICK__LOOK_PLAIN);
        tick__time_words(sqlite3_column_int64(row, 4), at, sizeof at);
        id_of(from, "t", maker);
        if (maker && maker < task) // those that are drawn come in the order of their numbers
            tick__picture_arrow(picturing, from, id, at, TICK__LOOK_PLAIN);
        drawn++;
    }
    TICK_TRY(ended(picturing, row));
    TICK_TRY(tick__prepare(picturing->trace, "SELECT count(*) FROM tasks", &row, picturing->error));
    if (sqlite3_step(row) == SQLITE_ROW)
        count = (size_t)sqlite3_column_int64(row, 0);
    tick__picture_left_out(picturing, count - drawn, "tasks");
    return ended(picturing, row);
}

// --- waits ---

struct wait {
    int64_t seq, task, subject, owner, since;
    bool circle;
};

// Those that wait round a circle: what is left when whoever waits for nobody that waits is taken out, and whom nobody waits for.
static void find_circles(struct wait *waits, size_t count) {
    for (size_t i = 0; i < count; i++)
        waits[i].circle = waits[i].owner != 0;
    for (bool again = true; again;) {
        again = false;
        for (size_t i = 0; i < count; i++) {
            bool goes_on = false, is_wanted = false;
            for (size_t k = 0; waits[i].circle && k < count; k++) {
                goes_on = goes_on || (waits[k].circle && waits[k].task == waits[i].owner);
                is_wanted = is_wanted || (waits[k].circle && waits[k].owner == waits[i].task);
            }
            if (waits[i].circle && (!goes_on || !is_wanted)) {
                waits[i].circle = false;
                again = true;
            }
        }
    }
}

static int read_waits(struct tick__picturing *picturing, struct wait **waits, size_t *count, size_t *all) {
    sqlite3_stmt *row;
    const int64_t seq = picturing->options->seq ? picturing->options->seq : (int64_t)picturing->trace->events;
    const size_t most = picturing->most < ROWS_MOST ? picturing->most : ROWS_MOST;
    *waits = calloc(most + 1, sizeof **waits);
    *count = *all = 0;
    if (!*waits)
        return tick_error_set(picturing->error, -ENOMEM, "out of memory for the picture");
    TICK_TRY(tick__prepare(picturing->trace,
        "SELECT w.wait_id, w.task_id, w.subject_id, w.begin_ts, CASE o.type WHEN 'task' THEN o.object_id ELSE h.task_id END FROM waits w"
        " LEFT JOIN objects o ON o.object_id = w.subject_id LEFT JOIN (SELECT resource_id, task_id, row_number() OVER (PARTITION BY "
        "resource_id"
        " ORDER BY hold_id) AS which FROM holds WHERE hold_id <= ?1 AND coalesce(end_seq, 9223372036854775807) > ?1) h ON h.resource_id ="
        " w.subject_id AND h.which <= 4 WHERE w.wait_id <= ?1 AND coalesce(w.end_seq, 9223372036854775807) > ?1 AND NOT EXISTS (SELECT 1 "
        "FROM"
        " tasks d WHERE d.task_id = w.task_id AND d.done_seq <= ?1) ORDER BY (CASE o.type WHEN 'task' THEN o.object_id ELSE h.task_id END) "
        "IS"
        " NULL, w.wait_id",
        &row, picturing->error));
    sqlite3_bind_int64(row, 1, seq);
    while (sqlite3_step(row) == SQLITE_ROW) {
        ++*all;
        if (*count < most)
            (*waits)[(*count)++] = (struct wait){.seq = sqlite3_column_int64(row, 0),
                .task = sqlite3_column_int64(row, 1),
                .subject = sqlite3_column_int64(row, 2),
                .since = sqlite3_column_int64(row, 3),
                .owner = sqlite3_column_int64(row, 4)};
    }
    return ended(picturing, row);
}

// A task's box, once.
static void draw_task(struct tick__picturing *picturing, const struct wait *waits, size_t count, size_t i, bool owner) {
    const int64_t task = owner ? waits[i].owner : waits[i].task;
    bool waiting = false, circle = false;
    char id[32], name[200] = "";
    for (size_t k = 0; k < count; k++) {
        if (k < i && (waits[k].task == task || waits[k].owner == task))
            return;
        waiting = waiting || waits[k].task == task;
        circle = circle || (waits[k].circle && waits[k].task == task);
    }
    if (!task || (owner && waits[i].task == task))
        return;
    id_of(id, "t", task);
    tick__said_task(&picturing->tale, (uint32_t)task, &TICK__SAID(name));
    tick__picture_box(picturing, id, name, waiting ? "" : "does not wait", circle ? TICK__LOOK_FAILURE : TICK__LOOK_PLAIN);
}

int tick__picture_waits(struct tick__picturing *picturing) {
    struct wait *waits;
    size_t count, all;
    char title[120] = "who waits for whom at the end", label[260], from[32], to[32];
    int code = read_waits(picturing, &waits, &count, &all);
    if (code == 0) {
        find_circles(waits, count);
        if (picturing->options->seq)
            snprintf(title, sizeof title, "who waits for whom at event %u", (unsigned)picturing->options->seq);
        tick__picture_head(picturing, title, all ? "" : "nobody waits");
    }
    for (size_t i = 0; code == 0 && i < count; i++) {
        struct tick__said said = TICK__SAID(label);
        label[0] = '\0';
        tick__said_wait(&picturing->tale, (uint32_t)waits[i].seq, &said);
        tick__say_to(&said, " since ");
        tick__said_time(waits[i].since, &said);
        draw_task(picturing, waits, count, i, false);
        id_of(from, "t", waits[i].task);
        if (waits[i].owner) {
            draw_task(picturing, waits, count, i, true);
            id_of(to, "t", waits[i].owner);
        } else { // for nobody that is known
            char name[200] = "";
            id_of(to, "o", waits[i].seq);
            tick__said_object(&picturing->tale, (uint32_t)waits[i].subject, &TICK__SAID(name));
            tick__picture_box(picturing, to, name, "", TICK__LOOK_PALE);
        }
        tick__picture_arrow(picturing, from, to, label, waits[i].circle ? TICK__LOOK_FAILURE : TICK__LOOK_PLAIN);
    }
    if (code == 0)
        tick__picture_left_out(picturing, all - count, "waits");
    free(waits);
    return code;
}

// --- hosts ---

static int draw_hosts(struct tick__picturing *picturing, size_t *left_out) {
    sqlite3_stmt *row;
    TICK_TRY(tick__prepare(picturing->trace,
        "SELECT h.host_id, row_number() OVER (PARTITION BY h.name ORDER BY h.host_id), count(*) OVER (PARTITION BY h.name), x.ts FROM "
        "hosts h"
        " LEFT JOIN (SELECT subject_id, min(ts) AS ts FROM events WHERE kind = 24 GROUP BY subject_id) x ON x.subject_id = h.host_id ORDER "
        "BY"
        " h.host_id",
        &row, picturing->error));
    for (size_t i = 0; sqlite3_step(row) == SQLITE_ROW; i++) {
        char id[32], name[200] = "", more[100] = "";
        struct tick__said said = TICK__SAID(more);
        if (i >= picturing->most) {
            ++*left_out;
            continue;
        }
        id_of(id, "h", sqlite3_column_int64(row, 0));
        tick__said_host(&picturing->tale, (uint32_t)sqlite3_column_int64(row, 0), &TICK__SAID(name));
        if (sqlite3_column_int(row, 2) > 1)
            tick__say_to(&said, "life %d of %d", sqlite3_column_int(row, 1), sqlite3_column_int(row, 2));
        if (sqlite3_column_type(row, 3) != SQLITE_NULL) {
            tick__say_to(&said, "%send%s at ", *more ? ", " : "", "s");
            tick__said_time(sqlite3_column_int64(row, 3), &said);
        }
        tick__picture_box(picturing, id, name, more, TICK__LOOK_PLAIN);
    }
    return ended(picturing, row);
}

int tick__picture_hosts(struct tick__picturing *picturing) {
    sqlite3_stmt *row;
    size_t left_out = 0;
    tick__picture_head(picturing, "messages by host", "");
    TICK_TRY(draw_hosts(picturing, &left_out));
    // Of the hosts that are drawn, which are the first ones.
    TICK_TRY(tick__prepare(picturing->trace,
        "SELECT m.src_host_id, m.dst_host_id, count(*), sum(coalesce(m.bytes, 0)), sum(m.fate IS 'dropped'), min(s.ts), max(coalesce(r.ts,"
        " s.ts)) FROM messages m JOIN events s ON s.seq = m.send_seq LEFT JOIN events r ON r.seq = m.recv_seq WHERE m.src_host_id IN "
        "(SELECT"
        " host_id FROM hosts ORDER BY host_id LIMIT ?1) AND m.dst_host_id IN (SELECT host_id FROM hosts ORDER BY host_id LIMIT ?1) GROUP "
        "BY 1, 2"
        " ORDER BY 3 DESC, 1, 2 LIMIT ?2",
        &row, picturing->error));
    sqlite3_bind_int64(row, 1, picturing->most);
    sqlite3_bind_int64(row, 2, 4 * (int64_t)picturing->most);
    while (sqlite3_step(row) == SQLITE_ROW) {
        char from[32], to[32], label[200] = "";
        struct tick__said said = TICK__SAID(label);
        const int64_t count = sqlite3_column_int64(row, 2), lost = sqlite3_column_int64(row, 4);
        id_of(from, "h", sqlite3_column_int64(row, 0));
        id_of(to, "h", sqlite3_column_int64(row, 1));
        tick__say_to(&said, "%lld message%s, %lld B", (long long)count, count == 1 ? "" : "s", (long long)sqlite3_column_int64(row, 3));
        if (lost)
            tick__say_to(&said, ", %lld lost", (long long)lost);
        tick__say_to(&said, ", ");
        tick__said_time(sqlite3_column_int64(row, 5), &said);
        tick__say_to(&said, " to ");
        tick__said_time(sqlite3_column_int64(row, 6), &said);
        tick__picture_arrow(picturing, from, to, label, lost ? TICK__LOOK_FAILURE : TICK__LOOK_PLAIN);
    }
    tick__picture_left_out(picturing, left_out, "hosts");
    return ended(picturing, row);
}
