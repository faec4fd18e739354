#include <retick/version.h>

const char *tick_version(void) {
    return TICK_VERSION;
}
