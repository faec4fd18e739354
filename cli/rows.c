#include "cli/rows.h"
#include "cli/report_json.h"
#include <math.h>
#include <string.h>

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
