#include "src/io/trouble.h"
#include "src/io/op.h"
#include <errno.h>
#include <retick/error.h>
#include <stdio.h>
#include <string.h>

int tick__trouble(struct tick_io *io, const char *address, const struct tick_loc *loc, int code) {
    if (code >= 0 || code == TICK_ECANCELED || code == TICK_ETIMEDOUT)
        return code;
    struct tick_trouble *trouble = io->trouble;
    snprintf(trouble->address, sizeof trouble->address, "%s", address);
    trouble->loc = loc;
    trouble->code = code;
    return code;
}

const struct tick_loc *tick__trouble_words(const struct tick_trouble *trouble, int code, char *text, size_t size) {
    if (code >= 0 || trouble->code != code)
        return NULL;
    const char *address = trouble->address, *colon = strrchr(address, ':');
    switch (code) {
    case -EINVAL:
        snprintf(text, size, "\"%s\" is no address: write \"host:port\", or \":port\" to listen", address);
        break;
    case -ENOENT:
        snprintf(text, size, "there is no host %.*s", colon ? (int)(colon - address) : (int)strlen(address), address);
        break;
    case -ECONNREFUSED:
        snprintf(text, size, "nobody accepted the connection to %s", address);
        break;
    case -EADDRINUSE:
        snprintf(text, size, "%s is in use: something listens there already", address);
        break;
    default:
        snprintf(text, size, "%s: %s", address, tick_error_text(code));
    }
    return trouble->loc;
}
