#include "src/base/inherited.h"
#include "src/base/keep.h"
#include "src/base/outside.h"
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

TICK_KEEP static char **kept;

int tick__inherited_keep(void) {
    size_t count = 0;
    while (environ && environ[count])
        count++;
    char **const list = tick__outside_alloc((count + 1) * sizeof *list);
    if (!list)
        return -ENOMEM;
    if (count)
        memcpy(list, environ, count * sizeof *list); // clearenv drops the list, and no string of it
    list[count] = NULL;
    kept = list;
    return 0;
}

char *const *tick__inherited(void) {
    static char *const none[] = {NULL};
    return kept ? kept : environ ? environ : none;
}

const char *tick__inherited_value(const char *name) {
    const size_t length = strlen(name);
    for (char *const *each = tick__inherited(); *each; each++)
        if (strncmp(*each, name, length) == 0 && (*each)[length] == '=')
            return *each + length + 1;
    return NULL;
}
