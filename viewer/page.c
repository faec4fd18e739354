#include "viewer/page_template.h"
#include "viewer/run_page.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int tick_page_write(const struct tick_page *page, FILE *out, struct tick_error *error) {
    char *json;
    if (tick_page_data(page, &json) < 0)
        return tick_error_set(error, -ENOMEM, "%s: out of memory for the page", page->run_name);
    const char *mark = strstr(tick__page_template, TICK__PAGE_MARK);
    fwrite(tick__page_template, 1, (size_t)(mark - tick__page_template), out);
    fputs(json, out);
    fputs(mark + strlen(TICK__PAGE_MARK), out);
    free(json);
    if (fflush(out) != 0 || ferror(out))
        return tick_error_set(error, errno ? -errno : -EIO, "the page could not be written: %s", strerror(errno));
    return 0;
}

bool tick_page_is_own(int fd) {
    char head[sizeof TICK__PAGE_HEAD - 1];
    return pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head && memcmp(head, TICK__PAGE_HEAD, sizeof head) == 0;
}
