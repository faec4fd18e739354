#include "cli/aside.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int tick__aside_open(struct tick__aside *aside, struct tick_error *error) {
    const char *temporary = getenv("TMPDIR");
    if (snprintf(aside->folder, sizeof aside->folder, "%s/retick-XXXXXX", temporary && *temporary == '/' ? temporary : "/tmp") >=
        (int)sizeof aside->folder) {
        aside->folder[0] = '\0';
        return tick_error_set(error, -ENAMETOOLONG, "TMPDIR: the name is too long");
    }
    if (!mkdtemp(aside->folder)) {
        const int code = -errno;
        tick_error_set(error, code, "%s: %s; set TMPDIR to a folder that may be written to", aside->folder, tick_error_text(code));
        aside->folder[0] = '\0';
        return code;
    }
    snprintf(aside->path, sizeof aside->path, "%s/run.db", aside->folder);
    snprintf(aside->twin, sizeof aside->twin, "%s/run.twin.db", aside->folder);
    return 0;
}

int tick__aside_record(
    struct tick__aside *aside, const struct tick__record *record, struct tick__attempt *attempt, struct tick_error *error) {
    struct tick__record mine = *record;
    mine.path = aside->path;
    mine.quiet = true;
    return tick__record_run(&mine, attempt, error);
}

void tick__aside_close(struct tick__aside *aside) {
    DIR *folder = aside->folder[0] ? opendir(aside->folder) : NULL;
    if (!folder)
        return;
    for (struct dirent *each; (each = readdir(folder));)
        unlinkat(dirfd(folder), each->d_name, 0);
    closedir(folder);
    rmdir(aside->folder);
    aside->folder[0] = '\0';
}
