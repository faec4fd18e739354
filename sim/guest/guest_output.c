// Output: what the program writes to fd 1 and 2, as lines with the time at which they were written, and, if the keeper wants that, to where
// these fds lead as well.
//
// stdio reads and writes past libc's own names, so that stdin, stdout and stderr are streams that are made here, over the same calls as all
// else. They
// have the number of the fd that they stand for, so that a program that asks (isatty(fileno(stdout))) hears what it would have.
#include "sim/guest/inside_int.h"
#include "sim/guest/snapshot_int.h"
#include "sim/guest/tell_int.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static uint32_t early_used; // what was written before the first run began: every run has it

static void keep(uint8_t fd, const char *text, size_t size, bool ended) {
    struct tick_guest_control *control = tick__guest_control;
    const size_t room = (sizeof(struct tick_guest_line) + size + 7) & ~(size_t)7;
    if (room > TICK_GUEST_OUTPUT - control->output_used) {
        control->output_lost++;
        return;
    }
    struct tick_guest_line line = {.at = tick_kernel_now(tick__guest_kernel), .size = (uint32_t)size, .fd = fd, .ended = ended};
    char *to = control->output + control->output_used;
    memcpy(to, &line, sizeof line);
    memcpy(to + sizeof line, text, size);
    control->output_used += (uint32_t)room;
}

static void keep_lines(uint8_t fd, const char *text, size_t size) {
    while (size) {
        const char *end = memchr(text, '\n', size);
        const size_t length = end ? (size_t)(end - text) : size;
        tick__guest_snapshot_reads(text, length);
        tick__guest_tell_piece(fd, text, length, end != NULL);
        if (tick__guest_control->request.keeps_output || !tick__guest_control->run)
            keep(fd, text, length, end != NULL);
        text += length + (end != NULL);
        size -= length + (end != NULL);
    }
}

void tick__guest_output_again(void) {
    tick__guest_control->output_used = early_used;
    tick__guest_control->output_lost = 0;
}

long tick__guest_output(int fd, const void *bytes, size_t count) {
    const struct tick_guest_control *control = tick__guest_control;
    const struct tick_guest_request *request = &control->request;
    const enum tick__guest_number stream = tick__guest_number(fd);
    if (stream == TICK__REAL || !(tick__guest_begun || tick__guest_is_first()))
        return tick__raw(SYS_write, fd, bytes, count);
    if (!tick__guest_begun)
        tick__guest_hold(false);
    if (request->keeps_output || !control->run || tick__guest_probe)
        keep_lines(stream == TICK__STDOUT ? 1 : 2, bytes, count);
    if (!control->run)
        early_used = control->output_used;
    return request->shows_output ? tick__raw(SYS_write, fd, bytes, count) : (long)count;
}

static ssize_t put(void *cookie, const char *bytes, size_t count) {
    const long result = tick__guest_call(SYS_write, (long)cookie, (long)bytes, (long)count, 0, 0, 0);
    if (result >= 0)
        return result;
    errno = (int)-result;
    return 0; // fopencookie(3)
}

static ssize_t take(void *cookie, char *bytes, size_t count) {
    const long result = tick__guest_call(SYS_read, (long)cookie, (long)bytes, (long)count, 0, 0, 0);
    if (result >= 0)
        return result;
    errno = (int)-result;
    return -1;
}

static int seek(void *cookie, off64_t *offset, int whence) {
    const long at = tick__guest_call(SYS_lseek, (long)cookie, *offset, whence, 0, 0, 0);
    *offset = at;
    errno = at < 0 ? (int)-at : errno;
    return at < 0 ? -1 : 0;
}

static FILE *stream(long fd, int buffering) {
    FILE *file = fopencookie((void *)fd, fd ? "w" : "r", (cookie_io_functions_t){.read = take, .write = put, .seek = seek});
    if (!file)
        return NULL;
    file->_fileno = (int)fd;
    setvbuf(file, NULL, buffering, 0);
    return file;
}

void tick__guest_output_begin(void) {
    int settings[64]; // more than a struct termios
    const bool terminal = tick__raw(SYS_ioctl, 1, 0x5401 /* TCGETS */, settings) == 0;
    FILE *in = stream(0, _IOFBF), *out = stream(1, terminal ? _IOLBF : _IOFBF), *err = stream(2, _IONBF);
    if (in)
        stdin = in;
    if (out)
        stdout = out;
    if (err)
        stderr = err;
}

void tick__guest_output_flush(void) {
    fflush(NULL);
}
