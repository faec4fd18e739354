// libc's names: those of machines and services. No name server is asked, and no file but /etc/services.
#include "sim/guest/look_up_int.h"
#include "sim/guest/wrap_int.h"
#include "sim/kernel/kernel_int.h"
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

EXPORT int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **out) {
    return tick__guest_inside() ? tick__guest_getaddrinfo(name, service, hints, out) : ORIGINAL(getaddrinfo)(name, service, hints, out);
}

EXPORT void freeaddrinfo(struct addrinfo *info) {
    if (tick__guest_begun)
        tick__guest_found_free(info);
    else
        ORIGINAL(freeaddrinfo)(info);
}

EXPORT int getaddrinfo_a(int mode, struct gaicb *list[restrict], int count, struct sigevent *restrict event) {
    tick__guest_caller = __builtin_return_address(0);
    if (tick__guest_on)
        tick__guest_unsupported("getaddrinfo_a", "look-ups in the background");
    return ORIGINAL(getaddrinfo_a)(mode, list, count, event);
}

// --- the other way round ---

static int put(char *out, socklen_t room, const char *text) {
    if (!out || !room)
        return 0;
    return snprintf(out, room, "%s", text) < (int)room ? 0 : EAI_OVERFLOW;
}

EXPORT int getnameinfo(const struct sockaddr *restrict address, socklen_t size, char *restrict name, socklen_t name_room,
    char *restrict service, socklen_t service_room, int flags) {
    if (!tick__guest_on || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
        return ORIGINAL(getnameinfo)(address, size, name, name_room, service, service_room, flags);
    if (size < (address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6)))
        return EAI_FAMILY;
    const struct sockaddr_in *four = (const struct sockaddr_in *)address;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)address;
    const bool is_four = address->sa_family == AF_INET;
    char text[INET6_ADDRSTRLEN], number[8];
    const char *known = flags & NI_NUMERICHOST ? NULL : tick__guest_name_of(address);
    if (!known && (flags & NI_NAMEREQD))
        return EAI_NONAME;
    inet_ntop(address->sa_family, is_four ? (const void *)&four->sin_addr : &six->sin6_addr, text, sizeof text);
    const int error = put(name, name_room, known ? known : text);
    const uint16_t port = is_four ? four->sin_port : six->sin6_port;
    const struct servent *named = flags & NI_NUMERICSERV || !service ? NULL : getservbyport(port, flags & NI_DGRAM ? "udp" : "tcp");
    snprintf(number, sizeof number, "%u", ntohs(port));
    return error ? error : put(service, service_room, named ? named->s_name : number);
}

// --- struct hostent ---

#define HOSTS 32
struct room {
    char *addresses[HOSTS + 1], *aliases[1];
    struct in6_addr bytes[HOSTS];
    char name[256];
};

// Fills in what is known of a name, or of an address: 0, or h_errno's.
static int fill(struct room *room, struct hostent *out, const char *name, const struct sockaddr_storage *of, int count, int family) {
    int used = 0;
    for (int i = 0; i < count && used < HOSTS; i++) {
        if (of[i].ss_family != family)
            continue;
        const void *from = family == AF_INET ? (const void *)&((const struct sockaddr_in *)&of[i])->sin_addr
                                             : (const void *)&((const struct sockaddr_in6 *)&of[i])->sin6_addr;
        memcpy(&room->bytes[used], from, family == AF_INET ? 4 : 16);
        room->addresses[used] = (char *)&room->bytes[used];
        used++;
    }
    room->addresses[used] = room->aliases[0] = NULL;
    snprintf(room->name, sizeof room->name, "%s", name);
    *out = (struct hostent){.h_name = room->name,
        .h_aliases = room->aliases,
        .h_addrtype = family,
        .h_length = family == AF_INET ? 4 : 16,
        .h_addr_list = room->addresses};
    return used ? 0 : NO_DATA;
}

static int by_name(const char *name, int family, struct room *room, struct hostent *out) {
    struct sockaddr_storage of[HOSTS];
    const int count = tick__guest_look_up(name, 0, of, HOSTS);
    if (count < 0)
        return count == -EAGAIN ? TRY_AGAIN : count == -EIO ? NO_RECOVERY : HOST_NOT_FOUND;
    return fill(room, out, name, of, count, family);
}

static int by_address(const void *address, int family, struct room *room, struct hostent *out) {
    struct sockaddr_storage of = {.ss_family = (sa_family_t)family};
    if (family == AF_INET)
        memcpy(&((struct sockaddr_in *)&of)->sin_addr, address, 4);
    else
        memcpy(&((struct sockaddr_in6 *)&of)->sin6_addr, address, 16);
    const char *name = tick__guest_name_of((const struct sockaddr *)&of);
    return name ? fill(room, out, name, &of, 1, family) : HOST_NOT_FOUND;
}

static struct room shared; // of the calls that are not reentrant
static struct hostent shared_host;

EXPORT struct hostent *gethostbyname2(const char *name, int family) {
    if (!tick__guest_inside())
        return ORIGINAL(gethostbyname2)(name, family);
    h_errno = by_name(name, family, &shared, &shared_host);
    return h_errno ? NULL : &shared_host;
}

EXPORT struct hostent *gethostbyname(const char *name) {
    return tick__guest_inside() ? gethostbyname2(name, AF_INET) : ORIGINAL(gethostbyname)(name);
}

EXPORT struct hostent *gethostbyaddr(const void *address, socklen_t size, int family) {
    if (!tick__guest_inside())
        return ORIGINAL(gethostbyaddr)(address, size, family);
    h_errno = by_address(address, family, &shared, &shared_host);
    return h_errno ? NULL : &shared_host;
}

// The caller's room, as a struct room; NULL: it is too small.
static struct room *room_of(char *bytes, size_t size) {
    const size_t off = -(uintptr_t)bytes % _Alignof(struct room);
    return size >= off + sizeof(struct room) ? (struct room *)(void *)(bytes + off) : NULL;
}

static int answer(int error, struct hostent *host, struct hostent **out, int *said) {
    *out = error ? NULL : host;
    *said = error;
    return error == TRY_AGAIN ? EAGAIN : 0;
}

EXPORT int gethostbyname2_r(const char *restrict name, int family, struct hostent *restrict host, char *restrict bytes, size_t size,
    struct hostent **restrict out, int *restrict said) {
    if (!tick__guest_inside())
        return ORIGINAL(gethostbyname2_r)(name, family, host, bytes, size, out, said);
    struct room *room = room_of(bytes, size);
    return room ? answer(by_name(name, family, room, host), host, out, said) : ERANGE;
}

EXPORT int gethostbyname_r(const char *restrict name, struct hostent *restrict host, char *restrict bytes, size_t size,
    struct hostent **restrict out, int *restrict said) {
    if (!tick__guest_inside())
        return ORIGINAL(gethostbyname_r)(name, host, bytes, size, out, said);
    return gethostbyname2_r(name, AF_INET, host, bytes, size, out, said);
}

EXPORT int gethostbyaddr_r(const void *restrict address, socklen_t length, int family, struct hostent *restrict host, char *restrict bytes,
    size_t size, struct hostent **restrict out, int *restrict said) {
    if (!tick__guest_inside())
        return ORIGINAL(gethostbyaddr_r)(address, length, family, host, bytes, size, out, said);
    struct room *room = room_of(bytes, size);
    return room ? answer(by_address(address, family, room, host), host, out, said) : ERANGE;
}

// --- this machine ---

EXPORT int gethostname(char *name, size_t size) {
    if (!tick__guest_on)
        return ORIGINAL(gethostname)(name, size);
    const char *known = tick__host(tick__guest_kernel, (uint32_t)tick__guest_machine)->name;
    if (size <= strlen(known))
        return (int)tick__guest_answer(-ENAMETOOLONG);
    memcpy(name, known, strlen(known) + 1);
    return 0;
}

EXPORT int __gethostname_chk(char *name, size_t size, size_t room);
EXPORT int __gethostname_chk(char *name, size_t size, size_t room) {
    return size > room ? (int)tick__guest_overflow() : gethostname(name, size);
}

static const struct device {
    const char *name;
    unsigned index, flags;
} devices[] = {
    {"lo", 1, IFF_UP | IFF_RUNNING | IFF_LOOPBACK},
    {"eth0", 2, IFF_UP | IFF_RUNNING | IFF_BROADCAST | IFF_MULTICAST},
};
#define DEVICES 2

EXPORT unsigned if_nametoindex(const char *name) {
    if (!tick__guest_on)
        return ORIGINAL(if_nametoindex)(name);
    for (int i = 0; i < DEVICES; i++)
        if (!strcmp(devices[i].name, name))
            return devices[i].index;
    errno = ENODEV;
    return 0;
}

EXPORT char *if_indextoname(unsigned index, char name[IF_NAMESIZE]) {
    if (!tick__guest_on)
        return ORIGINAL(if_indextoname)(index, name);
    for (int i = 0; i < DEVICES; i++)
        if (devices[i].index == index)
            return memcpy(name, devices[i].name, strlen(devices[i].name) + 1);
    errno = ENXIO;
    return NULL;
}

EXPORT struct if_nameindex *if_nameindex(void) {
    static struct if_nameindex all[DEVICES + 1];
    static char names[DEVICES][IF_NAMESIZE];
    if (!tick__guest_on)
        return ORIGINAL(if_nameindex)();
    for (int i = 0; i < DEVICES; i++) {
        snprintf(names[i], sizeof names[i], "%s", devices[i].name);
        all[i] = (struct if_nameindex){devices[i].index, names[i]};
    }
    return all;
}

EXPORT void if_freenameindex(struct if_nameindex *all) {
    if (!tick__guest_on)
        ORIGINAL(if_freenameindex)(all);
}

// lo and eth0, each with an IPv4 address and an IPv6 one.
#define INTERFACES 4
EXPORT int getifaddrs(struct ifaddrs **out) {
    static struct ifaddrs all[INTERFACES];
    static struct sockaddr_storage addresses[INTERFACES], masks[INTERFACES];
    static char names[INTERFACES][IF_NAMESIZE];
    if (!tick__guest_on)
        return ORIGINAL(getifaddrs)(out);
    char own[INET6_ADDRSTRLEN], six[INET6_ADDRSTRLEN + 8];
    const struct in_addr ip = {htonl(tick__host_address((uint32_t)tick__guest_machine))};
    inet_ntop(AF_INET, &ip, own, sizeof own);
    snprintf(six, sizeof six, "fd00::%s", own);
    const char *const texts[INTERFACES] = {"127.0.0.1", own, "::1", six};
    int64_t late;
    for (int i = 0; i < INTERFACES; i++) {
        (void)tick_k_resolve(TICK__K, texts[i], 0, 0, 0, &addresses[i], 1, &late);
        (void)tick_k_resolve(TICK__K, i == 0 ? "255.0.0.0" : i == 1 ? "255.255.0.0" : "ffff::", 0, 0, 0, &masks[i], 1, &late);
        snprintf(names[i], sizeof names[i], "%s", devices[i % DEVICES].name);
        all[i] = (struct ifaddrs){.ifa_next = i + 1 < INTERFACES ? &all[i + 1] : NULL,
            .ifa_name = names[i],
            .ifa_flags = devices[i % DEVICES].flags,
            .ifa_addr = (struct sockaddr *)&addresses[i],
            .ifa_netmask = (struct sockaddr *)&masks[i]};
    }
    *out = all;
    return 0;
}

EXPORT void freeifaddrs(struct ifaddrs *all) {
    if (!tick__guest_on)
        ORIGINAL(freeifaddrs)(all);
}
