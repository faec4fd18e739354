// "host:port", "[v6]:port", ":port" (any local address): an address as programs write it.
#ifndef RETICK_ENDPOINT_H
#define RETICK_ENDPOINT_H

#include <retick/sys.h>

struct tick_address {
    char host[256]; // "" for any
    uint16_t port;
};
int tick_address_parse(const char *text, struct tick_address *address); // 0, or -EINVAL

#endif
