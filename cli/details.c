#include "cli/details.h"
#include "cli/print.h"
#include "cli/report_json.h"
#include "src/base/outside.h"
#include <string.h>

int tick__details_say(const struct tick_trace *trace) {
    struct tick_error error = {0};
    char *lines;
    const int result = tick_trace_details(trace, &lines, &error);
    if (result < 0)
        return tick__complain_of(trace->path, result, &error);
    for (const char *line = lines, *end; line && *line; line = end + (*end == '\n')) {
        end = strchrnul(line, '\n');
        if (tick__report_on())
            tick__report_add("details", tick__report_bytes(line, (size_t)(end - line)));
        else
            tick__say("%.*s", (int)(end - line), line);
    }
    tick__outside_free(lines);
    return 0;
}

int tick__details_say_of(const char *path) {
    struct tick_trace trace;
    struct tick_error error = {0};
    const int result = tick_trace_open(path, &trace, &error);
    if (result < 0)
        return tick__complain_of(path, result, &error);
    const int code = tick__details_say(&trace);
    tick_trace_close(&trace);
    return code;
}
