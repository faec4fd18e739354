// Ancillary data (cmsg(3)): reading what a message is sent with, writing what one comes with. Fds have rights.c.
//
// All processes are of user and group 1000, without privileges: what tells them apart is the pid.
#include "sim/kernel/objects_int.h"
#include <netinet/in.h>
#include <netinet/udp.h>

#define NOBODY 65534
#define LOOPBACK_DEVICE 1
#define NETWORK_DEVICE 2

static struct ucred of_process(uint32_t pid) {
    return (struct ucred){.pid = (pid_t)pid, .uid = TICK__UID, .gid = TICK__UID};
}

// --- reading ---

int tick__control_next(const struct msghdr *message, size_t *at, struct tick__header *out) {
    struct cmsghdr header;
    size_t left = message->msg_controllen - *at;
    if (!message->msg_control || *at > message->msg_controllen || left < sizeof header)
        return 0;
    memcpy(&header, (const char *)message->msg_control + *at, sizeof header);
    if (header.cmsg_len < sizeof header || header.cmsg_len > left)
        return -EINVAL;
    out->level = header.cmsg_level;
    out->type = header.cmsg_type;
    out->data = (const char *)message->msg_control + *at + CMSG_LEN(0);
    out->size = header.cmsg_len - CMSG_LEN(0);
    *at += CMSG_ALIGN(header.cmsg_len);
    return 1;
}

int tick__control_creds(const struct tick__header *header, uint32_t pid) {
    const struct ucred own = of_process(pid);
    struct ucred creds;
    if (header->size != sizeof creds)
        return -EINVAL;
    memcpy(&creds, header->data, sizeof creds);
    return memcmp(&creds, &own, sizeof own) ? -EPERM : 0;
}

// What SOL_SOCKET says to a socket of the internet.
static int common(const struct tick__header *header) {
    switch (header->type) {
    case SCM_RIGHTS:
    case SCM_CREDENTIALS:
        return 0;
    case SO_MARK:
    case SO_PRIORITY:
    case SO_TIMESTAMPING:
    case SCM_TXTIME:
        return -ENOSYS;
    default:
        return -EINVAL;
    }
}

int tick__control_tcp(const struct msghdr *message) {
    struct tick__header header;
    size_t at = 0;
    int n;
    while ((n = tick__control_next(message, &at, &header)) > 0)
        if (header.level == SOL_SOCKET)
            TICK_TRY(common(&header));
    return n;
}

static int number(const struct tick__header *header, int least, int most, int *out) {
    if (header->size != sizeof *out)
        return -EINVAL;
    memcpy(out, header->data, sizeof *out);
    return *out < least || *out > most ? -EINVAL : 0;
}

// The device that a packet is to leave by: there is none but the two.
static int device(unsigned index) {
    return index <= NETWORK_DEVICE ? 0 : -ENODEV;
}

static int from_four(const struct tick__header *header, struct tick__sending *out) {
    struct in_pktinfo info;
    if (header->size != sizeof info)
        return -EINVAL;
    memcpy(&info, header->data, sizeof info);
    out->from = ntohl(info.ipi_spec_dst.s_addr);
    return device((unsigned)info.ipi_ifindex);
}

// mapped: the datagram goes to an IPv4 address.
static int from_six(const struct tick__header *header, bool mapped, struct tick__sending *out) {
    struct in6_pktinfo info;
    struct sockaddr_in6 in = {.sin6_family = AF_INET6};
    struct tick__address address;
    if (header->size != sizeof info)
        return -EINVAL;
    memcpy(&info, header->data, sizeof info);
    in.sin6_addr = info.ipi6_addr;
    TICK_TRY(tick__address_in(AF_INET6, (const struct sockaddr *)&in, sizeof in, &address));
    if (mapped == address.six && (mapped || address.ip))
        return -EINVAL;
    TICK_TRY(device(info.ipi6_ifindex));
    out->from = address.ip;
    out->strict = true;
    return 0;
}

static int of_four(const struct tick__header *header, struct tick__sending *out) {
    switch (header->type) {
    case IP_PKTINFO:
        return from_four(header, out);
    case IP_TTL:
        return number(header, 1, 255, &out->ttl);
    case IP_TOS:
        if (header->size == 1) {
            out->tos = *(const uint8_t *)header->data;
            return 0;
        }
        return number(header, 0, 255, &out->tos);
    default:
        return -EINVAL;
    }
}

static int of_six(const struct tick__header *header, struct tick__sending *out) {
    int value;
    switch (header->type) {
    case IPV6_PKTINFO:
        return from_six(header, false, out);
    case IPV6_HOPLIMIT:
        TICK_TRY(number(header, -1, 255, &value));
        out->ttl = value < 0 ? out->ttl : value;
        return 0;
    case IPV6_TCLASS:
        TICK_TRY(number(header, -1, 255, &value));
        out->tos = value < 0 ? 0 : value;
        return 0;
    default:
        return -EINVAL;
    }
}

int tick__control_udp(const struct msghdr *message, bool inet6, bool six, struct tick__sending *out) {
    struct tick__header header;
    size_t at = 0;
    int n;
    while ((n = tick__control_next(message, &at, &header)) > 0) {
        if (header.level == SOL_SOCKET)
            TICK_TRY(common(&header));
        else if (header.level == IPPROTO_UDP && header.type == UDP_SEGMENT)
            return -ENOSYS;
        else if (six && header.level == IPPROTO_IPV6)
            TICK_TRY(of_six(&header, out));
        else if (!six && inet6 && header.level == IPPROTO_IPV6 && header.type == IPV6_PKTINFO)
            TICK_TRY(from_six(&header, true, out));
        else if (!six && header.level == IPPROTO_IP)
            TICK_TRY(of_four(&header, out));
    }
    return n;
}

// --- writing ---

void tick__control_put(struct tick__control *c, int level, int type, const void *data, size_t size) {
    struct cmsghdr header = {.cmsg_len = CMSG_LEN(size), .cmsg_level = level, .cmsg_type = type};
    size_t left = c->bytes ? c->room - c->used : 0, space = CMSG_SPACE(size);
    if (left < sizeof header) {
        c->flags |= MSG_CTRUNC;
        return;
    }
    if (left < header.cmsg_len) {
        c->flags |= MSG_CTRUNC;
        header.cmsg_len = left;
    }
    memcpy(c->bytes + c->used, &header, sizeof header);
    memcpy(c->bytes + c->used + CMSG_LEN(0), data, header.cmsg_len - CMSG_LEN(0));
    c->used += space < left ? space : left;
}

void tick__control_put_creds(struct tick__control *c, enum tick__creds creds, uint32_t pid) {
    struct ucred put = {0};
    if (creds == TICK__CREDS_UNASKED)
        return;
    if (creds == TICK__CREDS_TOLD)
        put = pid ? of_process(pid) : (struct ucred){.uid = NOBODY, .gid = NOBODY};
    tick__control_put(c, SOL_SOCKET, SCM_CREDENTIALS, &put, sizeof put);
}

void tick__control_peer(uint32_t pid, struct ucred *out) {
    *out = pid ? of_process(pid) : (struct ucred){.uid = (uid_t)-1, .gid = (gid_t)-1};
}

// The order is Linux's.
void tick__control_put_udp(
    const struct tick_kernel *k, struct tick__control *c, const struct tick__udp *u, const struct tick__datagram *d) {
    const int device = d->informed ? d->from_host == u->file.host ? LOOPBACK_DEVICE : NETWORK_DEVICE : 0, ttl = d->ttl, tos = d->tos;
    struct sockaddr_in6 in;
    socklen_t size = sizeof in;
    if (u->inet6 && tick__option_of(k, u->options, TICK__PKTINFO6)) {
        tick__address_out(AF_INET6, &d->to, (struct sockaddr *)&in, &size);
        const struct in6_pktinfo info = {
            in.sin6_addr, d->to.six ? (unsigned)(d->from_host == u->file.host ? LOOPBACK_DEVICE : NETWORK_DEVICE) : (unsigned)device};
        tick__control_put(c, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
    if (d->to.six) {
        if (tick__option_of(k, u->options, TICK__RECVHOPS6))
            tick__control_put(c, IPPROTO_IPV6, IPV6_HOPLIMIT, &ttl, sizeof ttl);
        if (tick__option_of(k, u->options, TICK__RECVTCLASS6))
            tick__control_put(c, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof tos);
        return;
    }
    if (tick__option_of(k, u->options, TICK__PKTINFO)) {
        const struct in_addr to = {htonl(d->to.ip)}, none = {0};
        const struct in_pktinfo info = {device, d->informed ? to : none, to};
        tick__control_put(c, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
    }
    if (tick__option_of(k, u->options, TICK__RECVTTL))
        tick__control_put(c, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
    if (tick__option_of(k, u->options, TICK__RECVTOS)) {
        const uint8_t byte = (uint8_t)tos;
        tick__control_put(c, IPPROTO_IP, IP_TOS, &byte, sizeof byte);
    }
}
