#include "cli/file.h"
#include "cli/print.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

int tick__file_check(const char *path, const char *wanted) {
    struct stat about;
    const int failed = stat(path, &about) != 0 ? errno : 0;
    if (failed == ENOENT)
        tick__complain("no such file: %s; name %s", path, wanted);
    else if (!failed && !S_ISREG(about.st_mode)) // opening a fifo would wait
        tick__complain("%s is a %s: name %s", path,
            S_ISDIR(about.st_mode)    ? "folder"
            : S_ISFIFO(about.st_mode) ? "fifo"
            : S_ISSOCK(about.st_mode) ? "socket"
                                      : "device",
            wanted);
    else if (failed || access(path, R_OK) != 0)
        tick__complain("%s cannot be read: %s; name %s that can", path, tick_error_text(failed ? -failed : -errno), wanted);
    else
        return 0;
    return TICK__EXIT_USAGE;
}
