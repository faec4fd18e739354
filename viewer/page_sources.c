// The lines of sources around the places that a page names: as the trace has kept them, else as the files at hand have them now.
#include "trace/source_file.h"
#include "trace/story.h"
#include "viewer/page_int.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MOST 200

static json_t *line_of(const char *at, size_t length) {
    char text[LINE_MOST * 4 + 1];
    size_t used = 0;
    for (size_t i = 0; i < length && used + 4 < LINE_MOST; i++) {
        if (at[i] == '\t')
            do
                text[used++] = ' ';
            while (used % 4);
        else if (at[i] != '\r')
            text[used++] = at[i];
    }
    text[used] = '\0';
    return tick__page_text(text);
}

// Whether a line is near a place of that file.
static bool is_wanted(const struct tick__page_making *making, json_int_t file, int line) {
    size_t i;
    json_t *place;
    json_array_foreach(making->places, i, place) {
        const json_int_t at = json_integer_value(json_array_get(place, 2));
        if (json_integer_value(json_array_get(place, 1)) == file && line >= at - TICK_SOURCE_AROUND && line <= at + TICK_SOURCE_AROUND)
            return true;
    }
    return false;
}

// What the trace has kept of a file, as of the run; none of it: an empty list.
static json_t *kept_lines(struct tick__page_making *making, const struct tick__tale *tale, const char *path, json_int_t file) {
    json_t *lines = json_array();
    sqlite3_stmt *row;
    struct tick_error error;
    const char sql[] = "SELECT line, text FROM source_lines WHERE file = ? ORDER BY line";
    const int code = tale ? tick__prepare(tale->trace, sql, &row, &error) : -ENOENT; // one of before there were these has none
    making->failed = making->failed || code == -ENOMEM;
    if (code < 0)
        return lines;
    sqlite3_bind_text(row, 1, path, -1, SQLITE_STATIC);
    while (sqlite3_step(row) == SQLITE_ROW) {
        const int line = sqlite3_column_int(row, 0), length = sqlite3_column_bytes(row, 1);
        const char *text = (const char *)sqlite3_column_text(row, 1);
        if (text && is_wanted(making, file, line))
            tick__page_add(making, lines, json_pack("[i, o]", line, line_of(text, (size_t)length)));
    }
    if (sqlite3_finalize(row) != SQLITE_OK)
        making->failed = true;
    return lines;
}

// What is at hand of it now.
static json_t *lines_at_hand(struct tick__page_making *making, const char *path, json_int_t file, int64_t *changed) {
    json_t *lines = json_array();
    size_t size;
    char *text = tick_source_read(path, &size, changed);
    int line = 1;
    for (const char *at = text; at && *at; line++) {
        const char *end = strchrnul(at, '\n');
        if (is_wanted(making, file, line))
            tick__page_add(making, lines, json_pack("[i, o]", line, line_of(at, (size_t)(end - at))));
        at = *end ? end + 1 : end;
    }
    free(text);
    return lines;
}

json_t *tick__page_sources(struct tick__page_making *making) {
    json_t *sources = json_array(), *number;
    const char *path;
    json_object_foreach(making->files, path, number) {
        const json_int_t file = json_integer_value(number);
        int64_t changed = 0;
        json_t *lines = kept_lines(making, making->page->run, path, file);
        for (int other = 0; other < 2 && json_array_size(lines) == 0; other++) {
            json_decref(lines);
            lines = other ? lines_at_hand(making, path, file, &changed) : kept_lines(making, making->page->good, path, file);
        }
        const char *slash = strrchr(path, '/');
        tick__page_add(making, sources,
            json_pack("{s:o, s:b, s:o}", "file", tick__page_text(slash ? slash + 1 : path), "changed",
                making->page->recorded && changed > making->page->recorded, "lines", lines));
    }
    return sources;
}
