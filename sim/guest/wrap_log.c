// libc's names: the machine's log. In the world nothing of it leaves: libc would connect to its socket past its own names.
#include "sim/guest/wrap_int.h"
#include <stdarg.h>
#include <stdio.h>
#include <syslog.h>

static bool is_silent(void) {
    return tick__guest_on && tick__guest_begun;
}

EXPORT void vsyslog(int priority, const char *format, va_list list) {
    if (!is_silent())
        ORIGINAL(vsyslog)(priority, format, list);
}

EXPORT void syslog(int priority, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsyslog(priority, format, list);
    va_end(list);
}

EXPORT void __vsyslog_chk(int priority, int flag, const char *format, va_list list);
EXPORT void __vsyslog_chk(int priority, int flag, const char *format, va_list list) {
    (void)flag;
    vsyslog(priority, format, list);
}

EXPORT void __syslog_chk(int priority, int flag, const char *format, ...);
EXPORT void __syslog_chk(int priority, int flag, const char *format, ...) {
    (void)flag;
    va_list list;
    va_start(list, format);
    vsyslog(priority, format, list);
    va_end(list);
}

EXPORT void openlog(const char *name, int options, int facility) {
    if (!is_silent()) // LOG_NDELAY connects at once
        ORIGINAL(openlog)(name, options, facility);
}
