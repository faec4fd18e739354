// Names and addresses (look_up.c), as wrap_name.c needs them.
#ifndef RETICK_LOOK_UP_INT_H
#define RETICK_LOOK_UP_INT_H

#include "sim/guest/inside_int.h"
#include <netdb.h>
#include <netinet/in.h>

int tick__guest_look_up(const char *name, uint16_t port, struct sockaddr_storage *out, uint32_t most); // how many, or a negated errno
const char *tick__guest_name_of(const struct sockaddr *address);                                       // NULL: nobody knows one
int tick__guest_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out); // EAI_*
void tick__guest_found_free(struct addrinfo *info);

#endif
