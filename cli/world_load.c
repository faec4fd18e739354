#include "cli/world_load.h"
#include "cli/flags.h"
#include "cli/print.h"
#include "cli/world_file.h"
#include "cli/yaml_tree.h"
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool tick__world_is_named(const char *file) {
    const char *dot = strrchr(file, '.');
    return dot && dot > file && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0);
}

// As much as a world may have, and one byte more.
static int read_bytes(const char *path, char **bytes, size_t *size) {
    FILE *in = fopen(path, "re");
    if (!in)
        return -errno;
    *bytes = malloc(TICK__YAML_SIZE + 1);
    *size = *bytes ? fread(*bytes, 1, TICK__YAML_SIZE + 1, in) : 0;
    const int result = !*bytes ? -ENOMEM : ferror(in) ? -EIO : 0;
    fclose(in);
    return result;
}

int tick__world_load(const char *file, const char *resolved) {
    struct tick__mistakes *mistakes = calloc(1, sizeof *mistakes);
    struct tick__world_file *world = NULL;
    char folder[PATH_MAX], *bytes = NULL;
    const char *slash = strrchr(resolved, '/');
    size_t size = 0;
    int code = 0;
    snprintf(folder, sizeof folder, "%.*s", slash && slash != resolved ? (int)(slash - resolved) : 1, slash ? resolved : ".");
    int result = mistakes ? read_bytes(resolved, &bytes, &size) : -ENOMEM;
    if (result == 0)
        result = tick__world_parse(bytes, size, file, folder, &world, mistakes);
    if (result == 0 && (result = tick__world_register(world)) < 0)
        tick__world_free(world);
    if (result == TICK_EFORMAT) {
        tick__mistakes_tell(mistakes, file);
        code = TICK__EXIT_USAGE;
    } else if (result < 0) {
        code = tick__complain_of(file, result, NULL);
    }
    free(bytes);
    free(mistakes);
    return code;
}

char *tick__world_named(const char *file) {
    char *named = NULL, *word = strdup(file);
    struct tick__argv words = {0};
    char *line = NULL;
    if (word && tick__argv_add(&words, word) == 0 && (line = tick__flags_join(&words)) && asprintf(&named, " %s", line) < 0)
        named = NULL;
    free(word);
    free(line);
    tick__argv_fini(&words);
    return named;
}
