#include "src/io/endpoint.h"
#include <errno.h>
#include <string.h>

int tick_address_parse(const char *text, struct tick_address *address) {
    const char *colon = strrchr(text, ':');
    if (!colon || !colon[1])
        return -EINVAL;
    const char *from = text, *to = colon;
    if (*from == '[') {
        from++;
        if (to == from || *--to != ']')
            return -EINVAL;
    }
    if ((size_t)(to - from) >= sizeof address->host)
        return -EINVAL;
    unsigned port = 0;
    for (const char *at = colon + 1; *at; at++) {
        if (*at < '0' || *at > '9' || (port = port * 10 + (unsigned)(*at - '0')) > 65535)
            return -EINVAL;
    }
    memcpy(address->host, from, (size_t)(to - from));
    address->host[to - from] = '\0';
    address->port = (uint16_t)port;
    return 0;
}
