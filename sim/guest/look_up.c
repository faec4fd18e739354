// Names and addresses: the simulated world's hosts and the table of names, in libc's clothes. A late answer holds up the whole thread, as
// in libc. Results are memory of the library's own, and freeaddrinfo knows them.
#include "sim/guest/look_up_int.h"
#include "sim/kernel/kernel_int.h"
#include "src/base/outside.h"
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESSES 64

static bool is_localhost(const char *name) {
    const size_t length = strlen(name);
    return !strcmp(name, "localhost") || !strcmp(name, "ip6-localhost") || (length > 10 && !strcmp(name + length - 10, ".localhost"));
}

// Both of its addresses, as /etc/hosts has them.
static int localhost(uint16_t port, struct sockaddr_storage *out) {
    memset(out, 0, 2 * sizeof *out);
    memcpy(&out[0], &(struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port), .sin6_addr = IN6ADDR_LOOPBACK_INIT},
        sizeof(struct sockaddr_in6));
    memcpy(&out[1], &(struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)},
        sizeof(struct sockaddr_in));
    return 2;
}

int tick__guest_look_up(const char *name, uint16_t port, struct sockaddr_storage *out, uint32_t most) {
    if (is_localhost(name) && most >= 2)
        return localhost(port, out);
    struct tick_maker *maker = &tick__guest_self()->maker;
    const uint64_t hash = tick_id_text(name);
    tick_id subject = 0;
    uint32_t kth = 0;
    int64_t late;
    if (tick_kernel_dns_asks(tick__guest_kernel, name)) {
        if (tick_maker_count(maker, TICK_OBJECT_LOOKUP, hash, &kth) < 0)
            return -ENOMEM;
        subject = tick_id_named(maker->id, TICK_OBJECT_LOOKUP, hash, 1);
    }
    const int count = tick_k_resolve(TICK__K, name, port, subject, kth, out, most, &late);
    if (late > 0)
        tick__guest_rest(late);
    return count;
}

// The name of an address of this machine; NULL: nobody knows one.
const char *tick__guest_name_of(const struct sockaddr *address) {
    uint32_t ip;
    if (address->sa_family == AF_INET) {
        ip = ntohl(((const struct sockaddr_in *)address)->sin_addr.s_addr);
    } else if (address->sa_family == AF_INET6) {
        const struct in6_addr *six = &((const struct sockaddr_in6 *)address)->sin6_addr;
        if (IN6_IS_ADDR_LOOPBACK(six))
            return "localhost";
        memcpy(&ip, &six->s6_addr[12], sizeof ip);
        ip = ntohl(ip);
    } else {
        return NULL;
    }
    if (ip >> 24 == 127)
        return "localhost";
    for (uint32_t i = 0; i < tick__guest_kernel->root->host_count; i++)
        if (tick__host_address(i) == ip)
            return tick__host(tick__guest_kernel, i)->name;
    return NULL;
}

// --- getaddrinfo ---

struct found {
    struct addrinfo info;
    struct sockaddr_storage address;
    char name[64];
};

static const struct { int type, protocol; } kinds[] = {{SOCK_STREAM, IPPROTO_TCP}, {SOCK_DGRAM, IPPROTO_UDP}, {SOCK_RAW, 0}};

// 0, or EAI_*: what is wrong with the question.
static int check(const char *name, const char *service, const struct addrinfo *hints) {
    if (!name && !service)
        return EAI_NONAME;
    if (hints->ai_flags & ~0x7ff)
        return EAI_BADFLAGS;
    if ((hints->ai_flags & AI_CANONNAME) && !name)
        return EAI_BADFLAGS;
    if (hints->ai_family != AF_UNSPEC && hints->ai_family != AF_INET && hints->ai_family != AF_INET6)
        return EAI_FAMILY;
    return 0;
}

// The port of a service: a number, or a name that /etc/services has.
static int port_of(const char *service, const struct addrinfo *hints, uint16_t *port) {
    char *end;
    *port = 0;
    if (!service)
        return 0;
    const unsigned long number = strtoul(service, &end, 10);
    if (*service && !*end) {
        *port = (uint16_t)number;
        return number > 65535 ? EAI_SERVICE : 0;
    }
    if (hints->ai_flags & AI_NUMERICSERV)
        return EAI_NONAME;
    const struct servent *known = getservbyname(service, hints->ai_socktype == SOCK_DGRAM ? "udp" : "tcp");
    if (!known)
        return EAI_SERVICE;
    *port = ntohs((uint16_t)known->s_port);
    return 0;
}

static bool is_number(const char *name) {
    struct in6_addr any;
    struct in_addr plain;
    return inet_pton(AF_INET6, name, &any) == 1 || inet_aton(name, &plain) == 1;
}

// The addresses: how many, or EAI_*.
static int addresses_of(const char *name, uint16_t port, const struct addrinfo *hints, struct sockaddr_storage *out) {
    if (!name) {
        const bool passive = hints->ai_flags & AI_PASSIVE;
        const char *const numbers[] = {passive ? "0.0.0.0" : "127.0.0.1", passive ? "::" : "::1"};
        int count = 0;
        for (int i = passive ? 0 : 1, left = 2; left--; i ^= 1) // Linux: :: behind 0.0.0.0, ::1 before 127.0.0.1
            count += tick__guest_look_up(numbers[i], port, &out[count], 1) > 0;
        return count;
    }
    if ((hints->ai_flags & AI_NUMERICHOST) && !is_number(name))
        return EAI_NONAME;
    struct in_addr plain;
    char text[INET_ADDRSTRLEN];
    if (!strchr(name, ':') && inet_aton(name, &plain)) // "127.1"
        name = inet_ntop(AF_INET, &plain, text, sizeof text);
    const int count = tick__guest_look_up(name, port, out, ADDRESSES);
    if (count >= 0)
        return count;
    return count == -EAGAIN ? EAI_AGAIN : count == -ENOMEM ? EAI_MEMORY : count == -EIO ? EAI_FAIL : EAI_NONAME;
}

// What an IPv4 address is to who asked for IPv6 ones with AI_V4MAPPED.
static void map(struct sockaddr_storage *address) {
    const struct sockaddr_in four = *(const struct sockaddr_in *)address;
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = four.sin_port};
    six.sin6_addr.s6_addr[10] = six.sin6_addr.s6_addr[11] = 0xff;
    memcpy(&six.sin6_addr.s6_addr[12], &four.sin_addr, 4);
    memcpy(address, &six, sizeof six);
}

static bool wants(const struct addrinfo *hints, size_t kind) {
    return (!hints->ai_socktype || hints->ai_socktype == kinds[kind].type) &&
           (!hints->ai_protocol || !kinds[kind].protocol || hints->ai_protocol == kinds[kind].protocol);
}

static struct addrinfo *make(const struct sockaddr_storage *address, size_t kind, const struct addrinfo *hints, const char *name) {
    struct found *found = tick__outside_alloc(sizeof *found);
    if (!found)
        return NULL;
    *found = (struct found){.address = *address};
    found->info = (struct addrinfo){.ai_flags = hints->ai_flags,
        .ai_family = address->ss_family,
        .ai_socktype = kinds[kind].type,
        .ai_protocol = kinds[kind].protocol ? kinds[kind].protocol : hints->ai_protocol,
        .ai_addr = (struct sockaddr *)&found->address,
        .ai_addrlen = address->ss_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in)};
    if (name) {
        const size_t length = strnlen(name, sizeof found->name - 1);
        memcpy(found->name, name, length);
        found->info.ai_canonname = found->name;
    }
    return &found->info;
}

void tick__guest_found_free(struct addrinfo *info) {
    while (info) {
        struct addrinfo *next = info->ai_next;
        tick__outside_free(info);
        info = next;
    }
}

int tick__guest_getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
    static const struct addrinfo unasked = {.ai_flags = AI_V4MAPPED | AI_ADDRCONFIG};
    struct sockaddr_storage addresses[ADDRESSES];
    const struct addrinfo *asked = hints ? hints : &unasked;
    uint16_t port;
    int error = check(name, service, asked), count = 0;
    if (!error)
        error = port_of(service, asked, &port);
    if (!error)
        count = addresses_of(name, port, asked, addresses);
    if (error || count < 0)
        return error ? error : count;
    struct addrinfo *first = NULL, **link = &first;
    bool some_type = false;
    for (int i = 0; i < count; i++) {
        if (asked->ai_family == AF_INET6 && addresses[i].ss_family == AF_INET && (asked->ai_flags & AI_V4MAPPED))
            map(&addresses[i]);
        if (asked->ai_family != AF_UNSPEC && asked->ai_family != addresses[i].ss_family)
            continue;
        for (size_t kind = 0; kind < sizeof kinds / sizeof *kinds; kind++) {
            if (!wants(asked, kind))
                continue;
            some_type = true;
            *link = make(&addresses[i], kind, asked, !first && (asked->ai_flags & AI_CANONNAME) ? name : NULL);
            if (!*link) {
                tick__guest_found_free(first);
                return EAI_MEMORY;
            }
            link = &(*link)->ai_next;
        }
    }
    *out = first;
    if (first)
        return 0;
    return count && !some_type && (asked->ai_socktype || asked->ai_protocol) ? EAI_SOCKTYPE : name ? EAI_ADDRFAMILY : EAI_NONAME;
}
