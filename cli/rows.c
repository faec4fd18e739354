#include "cli/rows.h"
#include "cli/report_json.h"
#include "src/base/visible.h"
#include <inttypes.h>
#include <math.h>
#include <string.h>

static void csv_text(const char *bytes, size_t size) {
    bool quoted = size == 0;
    for (size_t i = 0; i < size && !quoted; i++)
        quoted = strchr(",\"\r\n", bytes[i]) != NULL && bytes[i];
    if (quoted)
        putchar('"');
    char piece[TICK__VISIBLE_MOST];
    for (size_t i = 0, taken; i < size; i += taken) {
        const size_t length = tick__visible_next(bytes + i, size - i, piece, &taken);
        if (bytes[i] == '"')
            putchar('"');
        if (bytes[i] == '\t' || bytes[i] == '\r' || bytes[i] == '\n') // quotes make them part of the cell
            putchar(bytes[i]);
        else
            fwrite(piece, 1, length, stdout);
    }
    if (quoted)
        putchar('"');
}

static void csv_head(void *ctx, size_t columns, const char *const *names) {
    (void)ctx;
    for (size_t i = 0; i < columns; i++) {
        csv_text(names[i], strlen(names[i]));
        fputs(i + 1 < columns ? "," : "\r\n", stdout);
    }
}

static void csv_row(void *ctx, size_t columns, const struct tick_cell *cells) {
    (void)ctx;
    for (size_t i = 0; i < columns; i++) {
        const struct tick_cell *cell = &cells[i];
        if (cell->kind == TICK_CELL_INTEGER)
            printf("%" PRId64, cell->integer);
        else if (cell->kind == TICK_CELL_REAL)
            printf("%.17g", cell->real);
        else if (cell->kind == TICK_CELL_TEXT)
            csv_text(cell->bytes ? cell->bytes : "", cell->size);
        for (size_t k = 0; cell->kind == TICK_CELL_BLOB && k < cell->size; k++)
            printf("%02x", (unsigned char)cell->bytes[k]);
        fputs(i + 1 < columns ? "," : "\r\n", stdout);
    }
}

struct tick_trace_rows tick__rows_csv(void) {
    return (struct tick_trace_rows){csv_head, csv_row, NULL};
}

static void json_head(void *ctx, size_t columns, const char *const *names) {
    json_t *list = json_array();
    (void)ctx;
    for (size_t i = 0; i < columns; i++)
        json_array_append_new(list, tick__report_text(names[i]));
    tick__report_columns(list);
}

static json_t *json_cell(const struct tick_cell *cell) {
    switch (cell->kind) {
    case TICK_CELL_INTEGER:
        return json_integer(cell->integer);
    case TICK_CELL_REAL:
        return isfinite(cell->real) ? json_real(cell->real) : json_string(cell->real < 0 ? "-inf" : "inf"); // JSON has none
    case TICK_CELL_TEXT:
        return tick__report_bytes(cell->bytes ? cell->bytes : "", cell->size);
    case TICK_CELL_BLOB:
        return json_pack("{s:o}", "hex", tick__report_hex((const uint8_t *)cell->bytes, cell->size));
    default:
        return json_null();
    }
}

static void json_row(void *ctx, size_t columns, const struct tick_cell *cells) {
    json_t *list = json_array();
    bool whole = true;
    (void)ctx;
    for (size_t i = 0; i < columns; i++)
        whole &= json_array_append_new(list, json_cell(&cells[i])) == 0;
    if (!whole) {
        json_decref(list);
        list = NULL;
    }
    tick__report_row(list);
}

struct tick_trace_rows tick__rows_json(void) {
    return (struct tick_trace_rows){json_head, json_row, NULL};
}
