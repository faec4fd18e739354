// The lines of sources around the places that a page names, where the files are at hand. A trace may come from anywhere, and a page may be
// handed on: only what looks like a source by its name, and is a file of text, is read.
#include "viewer/page_int.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AROUND 3            // lines on either side
#define FILE_MOST (4 << 20) // bytes
#define LINE_MOST 200

static bool is_source(const char *path) {
    static const char *const endings[] = {".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".py", ".rs", ".go", ".js", ".mjs", ".ts",
        ".java", ".rb", ".zig", ".d", ".nim", ".swift", ".cs", ".ml", ".hs"};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i]) == 0)
            return true;
    return false;
}

// The file's text, malloc'd; NULL: it is not at hand, or not to be read.
static char *read_source(const char *path, int64_t *changed) {
    struct stat about;
    char *text = NULL;
    const int fd = is_source(path) ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
    if (fd < 0)
        return NULL;
    if (fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= FILE_MOST)
        text = malloc((size_t)about.st_size + 1);
    const ssize_t got = text ? pread(fd, text, (size_t)about.st_size, 0) : -1;
    close(fd);
    if (got < 0 || memchr(text, 0, (size_t)got)) {
        free(text);
        return NULL;
    }
    text[got] = '\0';
    *changed = (int64_t)about.st_mtim.tv_sec * 1000000000 + about.st_mtim.tv_nsec;
    return text;
}

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
        if (json_integer_value(json_array_get(place, 1)) == file && line >= at - AROUND && line <= at + AROUND)
            return true;
    }
    return false;
}

json_t *tick__page_sources(struct tick__page_making *making) {
    json_t *sources = json_array(), *number;
    const char *path;
    json_object_foreach(making->files, path, number) {
        int64_t changed = 0;
        char *text = read_source(path, &changed);
        json_t *lines = json_array();
        int line = 1;
        for (const char *at = text; at && *at; line++) {
            const char *end = strchrnul(at, '\n');
            if (is_wanted(making, json_integer_value(number), line))
                tick__page_add(making, lines, json_pack("[i, o]", line, line_of(at, (size_t)(end - at))));
            at = *end ? end + 1 : end;
        }
        free(text);
        const char *slash = strrchr(path, '/');
        tick__page_add(making, sources,
            json_pack("{s:o, s:b, s:o}", "file", tick__page_text(slash ? slash + 1 : path), "changed",
                making->page->recorded && changed > making->page->recorded, "lines", lines));
    }
    return sources;
}
