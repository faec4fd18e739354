// Addresses as programs write them. Host i has 10.0.<hi>.<lo> of i + 1 and fd00::10.0.<hi>.<lo>; both stand for one number here.
#include "sim/kernel/kernel_int.h"
#include <arpa/inet.h>
#include <netinet/in.h>

#define NOWHERE 0xffffffffu
#define LEAST_IN6 24 // sockaddr_in6 without its scope (RFC 2133), which Linux takes

static bool starts_zero(const uint8_t *bytes, size_t from, size_t to) {
    for (size_t i = from; i < to; i++)
        if (bytes[i])
            return false;
    return true;
}

static void six_in(const uint8_t bytes[16], struct tick__address *out) {
    uint32_t low;
    memcpy(&low, bytes + 12, sizeof low);
    low = ntohl(low);
    out->six = true;
    if (starts_zero(bytes, 0, 10) && bytes[10] == 0xff && bytes[11] == 0xff) {
        out->six = false;
        out->ip = low;
    } else if (starts_zero(bytes, 0, 12) && low <= 1) {
        out->ip = low ? INADDR_LOOPBACK : 0;
    } else {
        out->ip = bytes[0] == 0xfd && starts_zero(bytes, 1, 12) && low >> 24 == 10 ? low : NOWHERE;
    }
}

int tick__address_in(int domain, const struct sockaddr *address, socklen_t size, struct tick__address *out) {
    if (domain == AF_INET) {
        struct sockaddr_in in;
        if (size < sizeof in)
            return -EINVAL;
        memcpy(&in, address, sizeof in);
        if (in.sin_family != AF_INET && (in.sin_family != AF_UNSPEC || in.sin_addr.s_addr))
            return -EAFNOSUPPORT;
        *out = (struct tick__address){ntohl(in.sin_addr.s_addr), ntohs(in.sin_port), false};
        return 0;
    }
    struct sockaddr_in6 in = {0};
    if (size < LEAST_IN6)
        return -EINVAL;
    memcpy(&in, address, size < sizeof in ? size : sizeof in);
    if (in.sin6_family != AF_INET6)
        return -EAFNOSUPPORT;
    out->port = ntohs(in.sin6_port);
    six_in(in.sin6_addr.s6_addr, out);
    return 0;
}

void tick__address_out(int domain, const struct tick__address *from, struct sockaddr *address, socklen_t *size) {
    if (domain == AF_INET) {
        const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(from->port), .sin_addr.s_addr = htonl(from->ip)};
        memcpy(address, &in, *size < sizeof in ? *size : sizeof in);
        *size = sizeof in;
        return;
    }
    struct sockaddr_in6 in = {.sin6_family = AF_INET6, .sin6_port = htons(from->port)};
    uint8_t *bytes = in.sin6_addr.s6_addr;
    uint32_t low = htonl(from->ip);
    if (!from->six) {
        bytes[10] = bytes[11] = 0xff;
    } else if (from->ip >> 24 == 127) {
        low = htonl(1);
    } else if (from->ip) {
        bytes[0] = 0xfd;
    }
    memcpy(bytes + 12, &low, sizeof low);
    memcpy(address, &in, *size < sizeof in ? *size : sizeof in);
    *size = sizeof in;
}
