// What tells a picture that retick drew from anybody else's, so that it may be replaced by the next one. Graphviz writes the graph's name
// into SVG, and our text begins with it; PNG and PDF get a mark at their end, where every reader passes over it.
#include "viewer/dot.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char dot_head[] = "digraph retick {";
static const char svg_title[] = "<!-- Title: retick ";
static const char pdf_mark[] = "% drawn by retick\n";
// A tEXt chunk, Software = retick, with its length and its checksum; then the chunk that closes each PNG.
static const char png_mark[] = "\0\0\0\17tEXtSoftware\0retick\361\317L\274"
                               "\0\0\0\0IEND\256B`\202";
#define PNG_END 12 // bytes of the closing chunk

static bool ends_with(int fd, off_t size, const char *mark, size_t length) {
    char tail[64];
    return length <= sizeof tail && size >= (off_t)length && pread(fd, tail, length, size - (off_t)length) == (ssize_t)length &&
           memcmp(tail, mark, length) == 0;
}

bool tick_graph_is_own(int fd) {
    char head[1024];
    struct stat about;
    ssize_t got = pread(fd, head, sizeof head - 1, 0);
    if (got <= 0 || fstat(fd, &about) != 0)
        return false;
    head[got] = '\0'; // a NUL within ends the search early: then it is no text
    return strncmp(head, dot_head, sizeof dot_head - 1) == 0 || strstr(head, svg_title) ||
           ends_with(fd, about.st_size, pdf_mark, sizeof pdf_mark - 1) || ends_with(fd, about.st_size, png_mark, sizeof png_mark - 1);
}

int tick__graph_sign(const char *picture, const char *format) {
    const bool png = strcmp(format, "png") == 0;
    const char *mark = png ? png_mark : pdf_mark;
    const size_t length = (png ? sizeof png_mark : sizeof pdf_mark) - 1;
    if (!png && strcmp(format, "pdf") != 0)
        return 0;
    int fd = open(picture, O_RDWR | O_CLOEXEC), code = 0;
    if (fd < 0)
        return -errno;
    off_t end = lseek(fd, 0, SEEK_END);
    if (end < 0)
        code = -errno;
    else if (!png || ends_with(fd, end, png_mark + length - PNG_END, PNG_END)) { // in place of the closing chunk, which comes again
        const ssize_t written = pwrite(fd, mark, length, png ? end - PNG_END : end);
        code = written == (ssize_t)length ? 0 : written < 0 ? -errno : -ENOSPC;
    }
    close(fd);
    return code;
}
