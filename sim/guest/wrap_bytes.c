// libc's names: what moves bytes.
#include "sim/guest/wrap_int.h"
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <unistd.h>

// What libc does about a buffer that is too small for what is asked into it.
long tick__guest_overflow(void) {
    static const char text[] = "*** buffer overflow detected ***: terminated\n";
    tick__raw(SYS_write, 2, text, sizeof text - 1);
    abort();
}

EXPORT ssize_t read(int fd, void *bytes, size_t count) {
    return CALL(SYS_read, fd, bytes, count);
}
ALSO(read, __read)

EXPORT ssize_t write(int fd, const void *bytes, size_t count) {
    return CALL(SYS_write, fd, bytes, count);
}
ALSO(write, __write)

EXPORT ssize_t readv(int fd, const struct iovec *parts, int count) {
    return CALL(SYS_readv, fd, parts, count);
}

EXPORT ssize_t writev(int fd, const struct iovec *parts, int count) {
    return CALL(SYS_writev, fd, parts, count);
}

EXPORT ssize_t pread(int fd, void *bytes, size_t count, off_t offset) {
    return CALL(SYS_pread64, fd, bytes, count, offset);
}
ALSO(pread, pread64)
ALSO(pread, __pread64)

EXPORT ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) {
    return CALL(SYS_pwrite64, fd, bytes, count, offset);
}
ALSO(pwrite, pwrite64)
ALSO(pwrite, __pwrite64)

EXPORT ssize_t preadv(int fd, const struct iovec *parts, int count, off_t offset) {
    return CALL(SYS_preadv, fd, parts, count, offset);
}
ALSO(preadv, preadv64)

EXPORT ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return CALL(SYS_pwritev, fd, parts, count, offset);
}
ALSO(pwritev, pwritev64)

// Flags mean nothing to what is simulated (they are about waiting for disks), and -1 is the file's own place.
EXPORT ssize_t preadv2(int fd, const struct iovec *parts, int count, off_t offset, int flags) {
    return CALL(SYS_preadv2, fd, parts, count, offset, 0, flags);
}
ALSO(preadv2, preadv64v2)

EXPORT ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags) {
    return CALL(SYS_pwritev2, fd, parts, count, offset, 0, flags);
}
ALSO(pwritev2, pwritev64v2)

EXPORT ssize_t sendfile(int out, int in, off_t *offset, size_t count) {
    return CALL(SYS_sendfile, out, in, offset, count);
}
ALSO(sendfile, sendfile64)

EXPORT int eventfd_read(int fd, eventfd_t *value) {
    return CALL(SYS_read, fd, value, sizeof *value) == (ssize_t)sizeof *value ? 0 : -1;
}

EXPORT int eventfd_write(int fd, eventfd_t value) {
    return CALL(SYS_write, fd, &value, sizeof value) == (ssize_t)sizeof value ? 0 : -1;
}

EXPORT ssize_t splice(int in, off_t *in_at, int out, off_t *out_at, size_t count, unsigned flags) {
    return CALL(SYS_splice, in, in_at, out, out_at, count, flags);
}

EXPORT ssize_t copy_file_range(int in, off_t *in_at, int out, off_t *out_at, size_t count, unsigned flags) {
    return CALL(SYS_copy_file_range, in, in_at, out, out_at, count, flags);
}

EXPORT ssize_t tee(int in, int out, size_t count, unsigned flags) {
    return CALL(SYS_tee, in, out, count, flags);
}

EXPORT ssize_t vmsplice(int fd, const struct iovec *parts, size_t count, unsigned flags) {
    return CALL(SYS_vmsplice, fd, parts, count, flags);
}

// --- as compilers call them that knew the room ---

EXPORT ssize_t __read_chk(int fd, void *bytes, size_t count, size_t room);
EXPORT ssize_t __read_chk(int fd, void *bytes, size_t count, size_t room) {
    return count > room ? tick__guest_overflow() : CALL(SYS_read, fd, bytes, count);
}

EXPORT ssize_t __pread_chk(int fd, void *bytes, size_t count, off_t offset, size_t room);
EXPORT ssize_t __pread_chk(int fd, void *bytes, size_t count, off_t offset, size_t room) {
    return count > room ? tick__guest_overflow() : CALL(SYS_pread64, fd, bytes, count, offset);
}
ALSO(__pread_chk, __pread64_chk)

EXPORT int vdprintf(int fd, const char *format, va_list list) {
    char few[512], *text = few;
    va_list again;
    va_copy(again, list);
    const int length = vsnprintf(few, sizeof few, format, list);
    if (length >= (int)sizeof few && vasprintf(&text, format, again) < 0)
        text = few;
    va_end(again);
    const ssize_t written =
        length < 0 ? -1 : CALL(SYS_write, fd, text, text == few && length >= (int)sizeof few ? sizeof few - 1 : (size_t)length);
    if (text != few)
        free(text);
    return (int)written;
}

EXPORT int dprintf(int fd, const char *format, ...) {
    va_list list;
    va_start(list, format);
    const int written = vdprintf(fd, format, list);
    va_end(list);
    return written;
}

EXPORT int __vdprintf_chk(int fd, int flag, const char *format, va_list list);
EXPORT int __vdprintf_chk(int fd, int flag, const char *format, va_list list) {
    (void)flag;
    return vdprintf(fd, format, list);
}

EXPORT int __dprintf_chk(int fd, int flag, const char *format, ...);
EXPORT int __dprintf_chk(int fd, int flag, const char *format, ...) {
    (void)flag;
    va_list list;
    va_start(list, format);
    const int written = vdprintf(fd, format, list);
    va_end(list);
    return written;
}
