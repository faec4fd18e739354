// An assertion of the library's own, in place of src/base's check.c: the run ends, and its outcome says which.
#include "src/base/check.h"
#include "sim/guest/guest_int.h"
#include "src/base/line.h"

_Noreturn void tick__assert_failed(const char *condition, const char *file, int line) {
    char text[TICK_GUEST_TEXT];
    struct tick__line words = {text, sizeof text, 0};
    tick__line_put(&words, file);
    tick__line_put(&words, ":");
    tick__line_number(&words, (uint64_t)line);
    tick__line_put(&words, ": assertion failed: ");
    tick__line_put(&words, condition);
    tick__guest_end(TICK_GUEST_BROKEN, 0, text);
}
