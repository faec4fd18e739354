// Deadlocks: tasks that wait, at the end, for what they hold themselves, round a cycle of waits.
//
// All ways round would be without number, where resources have several holders. So each task gets one: that of everybody's first holder,
// if it leads back to the task, else the shortest within SEARCH_MOST tasks. Of a long way the first WAY_MOST links are written.
#include "src/base/outside.h"
#include "trace/derive_int.h"
#include "trace/schema_int.h"
#include <stdio.h>
#include <string.h>

#define SEARCH_MOST 64
#define WAY_MOST 20
#define WAY_BYTES ((size_t)8192)

struct link { // one task waits for one owner of its subject
    int64_t task, owner, wait;
    uint32_t to; // index of the owner's first link, `count` if it waits for nothing
};
struct waiting {
    struct tick__deriving *deriving;
    struct link *links; // by task
    uint32_t count, room;
    bool branches;    // somebody waits for more than one owner
    uint32_t *round;  // of first links: 0 not seen, else the walk that met it first
    uint32_t *length; // of the cycle that a first link is part of, 0: of none
    sqlite3_stmt *words_of;
    char way[WAY_BYTES];
};

static bool is_first(const struct waiting *waiting, uint32_t link) {
    return link == 0 || waiting->links[link - 1].task != waiting->links[link].task;
}

static int read_links(struct waiting *waiting) {
    struct tick__deriving *deriving = waiting->deriving;
    const struct tick__schema_view *view = tick__schema_views;
    sqlite3_stmt *row;
    while (strcmp(view->name, "waits_for") != 0)
        view++;
    // As we say it, not as the file does, which may be another's.
    char *sql = sqlite3_mprintf(
        "SELECT task_id, owner_task_id, wait_id FROM (%s) WHERE owner_task_id IS NOT NULL ORDER BY task_id, wait_id", view->select);
    if (!sql)
        return tick__derive_no_memory(deriving);
    int code = sqlite3_prepare_v2(deriving->db, sql, -1, &row, NULL) == SQLITE_OK ? 0 : tick__derive_failed(deriving);
    sqlite3_free(sql);
    while (code == 0 && sqlite3_step(row) == SQLITE_ROW) {
        if (waiting->count == waiting->room) {
            uint32_t room = waiting->room ? 2 * waiting->room : 64;
            struct link *links = tick__outside_realloc(waiting->links, room * sizeof *links);
            if (!links) {
                code = tick__derive_no_memory(deriving);
                break;
            }
            waiting->links = links;
            waiting->room = room;
        }
        waiting->links[waiting->count++] =
            (struct link){sqlite3_column_int64(row, 0), sqlite3_column_int64(row, 1), sqlite3_column_int64(row, 2), 0};
    }
    if (sqlite3_finalize(row) != SQLITE_OK && code == 0)
        code = tick__derive_failed(deriving);
    return code;
}

static uint32_t first_of(const struct waiting *waiting, int64_t task) {
    uint32_t low = 0, high = waiting->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (waiting->links[middle].task < task)
            low = middle + 1;
        else
            high = middle;
    }
    return low < waiting->count && waiting->links[low].task == task ? low : waiting->count;
}

// Follows first links from everywhere: each is walked once, and whoever comes back to a link of its own walk has found a cycle.
static void find_rounds(struct waiting *waiting) {
    for (uint32_t start = 0, walk = 1; start < waiting->count; start++, walk++) {
        uint32_t at = start;
        if (!is_first(waiting, start))
            continue;
        while (at < waiting->count && !waiting->round[at]) {
            waiting->round[at] = walk;
            at = waiting->links[at].to;
        }
        if (at == waiting->count || waiting->round[at] != walk)
            continue;
        uint32_t length = 1;
        for (uint32_t i = waiting->links[at].to; i != at; i = waiting->links[i].to)
            length++;
        for (uint32_t i = at, n = 0; n < length; i = waiting->links[i].to, n++)
            waiting->length[i] = length;
    }
}

// The shortest way from a task back to itself, as links in their order; its length, 0: none within SEARCH_MOST.
static uint32_t search(const struct waiting *waiting, uint32_t start, uint32_t *way) {
    struct {
        uint32_t link, before; // before: index + 1 in `seen`
    } seen[SEARCH_MOST];
    uint32_t count = 0;
    for (uint32_t at = 0, node = start;; node = waiting->links[seen[at++].link].to) {
        for (uint32_t link = node; link < waiting->count && waiting->links[link].task == waiting->links[node].task; link++) {
            uint32_t to = waiting->links[link].to;
            if (to == waiting->count)
                continue;
            bool known = false;
            for (uint32_t i = 0; i < count && !known && to != start; i++)
                known = waiting->links[seen[i].link].to == to;
            if (known)
                continue;
            if (count == SEARCH_MOST)
                return 0;
            seen[count].link = link;
            seen[count++].before = node == start ? 0 : at;
            if (to != start)
                continue;
            uint32_t length = 0;
            for (uint32_t i = count; i; i = seen[i - 1].before)
                length++;
            for (uint32_t i = count, n = length; i; i = seen[i - 1].before)
                way[--n] = seen[i - 1].link;
            return length;
        }
        if (at == count)
            return 0;
    }
}

static int add_words(struct waiting *waiting, uint32_t link, size_t *used) {
    sqlite3_stmt *words = waiting->words_of;
    sqlite3_bind_int64(words, 1, waiting->links[link].wait);
    int step = sqlite3_step(words);
    const char *task = step == SQLITE_ROW ? (const char *)sqlite3_column_text(words, 0) : NULL;
    const char *subject = step == SQLITE_ROW ? (const char *)sqlite3_column_text(words, 1) : NULL;
    int length = snprintf(waiting->way + *used, WAY_BYTES - *used, "%s%.160s%s%.160s", *used ? ", held by " : "", task ? task : "?",
        *used ? ", which waits for " : " waits for ", subject ? subject : "?");
    *used += length > 0 ? (size_t)length : 0;
    return sqlite3_reset(words) == SQLITE_OK ? 0 : tick__derive_failed(waiting->deriving);
}

static int write_cycle(struct waiting *waiting, uint32_t start) {
    uint32_t way[SEARCH_MOST], length = waiting->length[start];
    if (length)
        for (uint32_t i = start, n = 0; n < length && n < WAY_MOST; i = waiting->links[i].to)
            way[n++] = i;
    else if (waiting->branches) // else there was only the one way
        length = search(waiting, start, way);
    if (!length)
        return 0;
    size_t used = 0;
    for (uint32_t i = 0; i < length && i < WAY_MOST; i++)
        TICK_TRY(add_words(waiting, way[i], &used));
    if (length > WAY_MOST)
        snprintf(waiting->way + used, WAY_BYTES - used, ", and so on, round %u tasks", length);
    const int64_t row[] = {waiting->links[start].task, length};
    return tick__derive_row(waiting->deriving, TICK__ADD_CYCLE, row, 2, waiting->way);
}

static int find_cycles(struct waiting *waiting) {
    waiting->round = tick__outside_alloc(waiting->count * sizeof *waiting->round);
    waiting->length = tick__outside_alloc(waiting->count * sizeof *waiting->length);
    if (!waiting->round || !waiting->length)
        return tick__derive_no_memory(waiting->deriving);
    memset(waiting->round, 0, waiting->count * sizeof *waiting->round);
    memset(waiting->length, 0, waiting->count * sizeof *waiting->length);
    for (uint32_t i = 0; i < waiting->count; i++) {
        waiting->links[i].to = first_of(waiting, waiting->links[i].owner);
        waiting->branches = waiting->branches || !is_first(waiting, i);
    }
    find_rounds(waiting);
    if (sqlite3_prepare_v2(waiting->deriving->db,
            "SELECT t.path, coalesce(o.path, o.name, o.type) FROM waits w LEFT JOIN objects t ON t.object_id = w.task_id"
            " LEFT JOIN objects o ON o.object_id = w.subject_id WHERE w.wait_id = ?",
            -1, &waiting->words_of, NULL) != SQLITE_OK)
        return tick__derive_failed(waiting->deriving);
    for (uint32_t i = 0; i < waiting->count; i++)
        if (is_first(waiting, i))
            TICK_TRY(write_cycle(waiting, i));
    return 0;
}

int tick__derive_cycles(struct tick__deriving *deriving) {
    struct waiting waiting = {.deriving = deriving};
    int code = read_links(&waiting);
    if (code == 0 && waiting.count)
        code = find_cycles(&waiting);
    sqlite3_finalize(waiting.words_of);
    tick__outside_free(waiting.links);
    tick__outside_free(waiting.round);
    tick__outside_free(waiting.length);
    return code;
}
