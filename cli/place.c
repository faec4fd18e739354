#include "cli/place.h"
#include "cli/process.h"
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// People know the path as they typed it, the compiler often records it from the root.
static const char *from_here(const char *path) {
    char here[PATH_MAX];
    size_t length;
    if (!getcwd(here, sizeof here) || (length = strlen(here)) < 2 || strncmp(path, here, length) != 0 || path[length] != '/')
        return path;
    return path + length + 1;
}

void tick__place_of(
    const char *object, const char *section, uint64_t offset, char *function, size_t function_size, char *place, size_t place_size) {
    struct tick__argv args = {0};
    char address[32], *output = NULL;
    size_t length;
    int result = 0;
    function[0] = place[0] = '\0';
    snprintf(address, sizeof address, "0x%" PRIx64, offset);
    const char *words[] = {"addr2line", "-C", "-f", "-e", object, section ? "-j" : address, section, section ? address : NULL, NULL};
    for (size_t i = 0; words[i] && result == 0; i++)
        result = tick__argv_add(&args, words[i]);
    if (result == 0 && tick__process_run(args.argv, 1, &output, &length) == 0) {
        char *line = strchr(output, '\n');
        if (line) {
            *line++ = '\0';
            line[strcspn(line, "\n")] = '\0';
            char *extra = strstr(line, " (discriminator");
            if (extra)
                *extra = '\0';
            length = strlen(line);
            if (strcmp(output, "??") != 0)
                snprintf(function, function_size, "%s", output);
            if (length > 2 && line[0] != '?' && strcmp(line + length - 2, ":?") != 0 && strcmp(line + length - 2, ":0") != 0)
                snprintf(place, place_size, "%s", from_here(line));
        }
    }
    free(output);
    tick__argv_fini(&args);
}

// Whether a token "module+0x12ab" names this module; its offset.
static int is_in(const char *token, size_t length, const char *module, uint64_t *offset) {
    size_t name = strlen(module);
    if (length < name + 4 || strncmp(token, module, name) != 0 || strncmp(token + name, "+0x", 3) != 0)
        return 0;
    *offset = strtoull(token + name + 1, NULL, 16);
    return 1;
}

void tick__place_words(const char *text, const char *object, char *words, size_t size, char *place, size_t place_size) {
    char self[PATH_MAX];
    size_t out = 0;
    int frames = 0;
    bool along = false; // the word before was "at"
    place[0] = words[0] = '\0';
    if (!*object) {
        ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
        if (length <= 0) {
            snprintf(words, size, "%s", text);
            return;
        }
        self[length] = '\0';
        object = self;
    }
    const char *slash = strrchr(object, '/'), *module = slash ? slash + 1 : object;
    while (*text && out + 1 < size) {
        size_t token = strcspn(text, " ");
        char function[128], where[512];
        uint64_t offset;
        const char *known = "";
        if (frames && strncmp(text, "< ", 2) == 0 && (strncmp(text + 2, "retick+0x", 9) == 0 || strncmp(text + 2, "tick_", 5) == 0)) {
            while (out > 0 && words[out - 1] == ' ')
                words[--out] = '\0';
            return;
        }
        const bool found = is_in(text, token, module, &offset);
        if (found)
            tick__place_of(object, NULL, offset, function, sizeof function, where, sizeof where);
        const bool told_along = found && along;
        if (told_along) {
            known = where[0] ? where : function;
        } else if (found) {
            frames++;
            if (where[0] && !place[0])
                snprintf(place, place_size, "%s", where);
            if (strncmp(function, "tick_", 5) == 0 && frames > 1) { // a program that carries retick: its inner frames
                if (out > 3 && strncmp(words + out - 3, " < ", 3) == 0)
                    words[out - 3] = '\0';
                return;
            }
            known = function;
        }
        along = token == 2 && strncmp(text, "at", 2) == 0;
        int written = *known ? snprintf(words + out, size - out, where[0] && frames > 1 && !told_along ? "%s (%s)" : "%s", known, where)
                             : snprintf(words + out, size - out, "%.*s", (int)token, text);
        out += written > 0 && (size_t)written < size - out ? (size_t)written : size - out - 1;
        text += token;
        while (*text == ' ' && out + 1 < size) {
            words[out++] = *text++;
            words[out] = '\0';
        }
    }
}
