#include "viewer/export/csv_rows.h"
#include "src/base/visible.h"
#include <inttypes.h>
#include <string.h>

static void put_text(FILE *out, const char *bytes, size_t size) {
    bool quoted = size == 0;
    for (size_t i = 0; i < size && !quoted; i++)
        quoted = strchr(",\"\r\n", bytes[i]) != NULL && bytes[i];
    if (quoted)
        fputc('"', out);
    char piece[TICK__VISIBLE_MOST];
    for (size_t i = 0, taken; i < size; i += taken) {
        const size_t length = tick__visible_next(bytes + i, size - i, piece, &taken);
        if (bytes[i] == '"')
            fputc('"', out);
        if (bytes[i] == '\t' || bytes[i] == '\r' || bytes[i] == '\n') // quotes make them part of the cell
            fputc(bytes[i], out);
        else
            fwrite(piece, 1, length, out);
    }
    if (quoted)
        fputc('"', out);
}

static void put_head(void *ctx, size_t columns, const char *const *names) {
    FILE *out = ctx;
    for (size_t i = 0; i < columns; i++) {
        put_text(out, names[i], strlen(names[i]));
        fputs(i + 1 < columns ? "," : "\r\n", out);
    }
}

static void put_row(void *ctx, size_t columns, const struct tick_cell *cells) {
    FILE *out = ctx;
    for (size_t i = 0; i < columns; i++) {
        const struct tick_cell *cell = &cells[i];
        if (cell->kind == TICK_CELL_INTEGER)
            fprintf(out, "%" PRId64, cell->integer);
        else if (cell->kind == TICK_CELL_REAL)
            fprintf(out, "%.17g", cell->real);
        else if (cell->kind == TICK_CELL_TEXT)
            put_text(out, cell->bytes ? cell->bytes : "", cell->size);
        for (size_t k = 0; cell->kind == TICK_CELL_BLOB && k < cell->size; k++)
            fprintf(out, "%02x", (unsigned char)cell->bytes[k]);
        fputs(i + 1 < columns ? "," : "\r\n", out);
    }
}

struct tick_trace_rows tick_csv_rows(FILE *out) {
    return (struct tick_trace_rows){put_head, put_row, out};
}
