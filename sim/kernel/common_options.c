// Options that all kinds of sockets keep for those who ask, most of them without effect here. A socket has memory for them from the first
// one on that is set.
#include "sim/kernel/objects_int.h"
#include <netinet/in.h>
#include <netinet/tcp.h>

enum {
    FLAG = 1,
    FOR_TCP = 2,
    FOR_UDP = 4,
    FOR_UNIX = 8,
    FOR_SIX = 16,
    INITIAL_AT_MINUS_ONE = 32,
    FOR_INET = FOR_TCP | FOR_UDP,
    ANY = FOR_INET | FOR_UNIX
};

struct option {
    int level, name;
    unsigned kind;
    int32_t initial, least, most;
};

static const struct option all[TICK__OPTIONS] = {
    [TICK__BROADCAST] = {SOL_SOCKET, SO_BROADCAST, FLAG | ANY, 0, 0, 0},
    [TICK__DONTROUTE] = {SOL_SOCKET, SO_DONTROUTE, FLAG | ANY, 0, 0, 0},
    [TICK__OOBINLINE] = {SOL_SOCKET, SO_OOBINLINE, FLAG | ANY, 0, 0, 0},
    [TICK__KEEPALIVE_UNUSED] = {SOL_SOCKET, SO_KEEPALIVE, FLAG | FOR_UDP | FOR_UNIX, 0, 0, 0},
    [TICK__PRIORITY] = {SOL_SOCKET, SO_PRIORITY, ANY, 0, 0, 6},
    [TICK__PASSCRED] = {SOL_SOCKET, SO_PASSCRED, FLAG | FOR_UNIX, 0, 0, 0},
    [TICK__TOS] = {IPPROTO_IP, IP_TOS, FOR_INET, 0, 0, 255},
    [TICK__TTL] = {IPPROTO_IP, IP_TTL, FOR_INET | INITIAL_AT_MINUS_ONE, 64, 1, 255},
    [TICK__MTU_DISCOVER] = {IPPROTO_IP, IP_MTU_DISCOVER, FOR_INET, 1, 0, 5},
    [TICK__PKTINFO] = {IPPROTO_IP, IP_PKTINFO, FLAG | FOR_INET, 0, 0, 0},
    [TICK__RECVTTL] = {IPPROTO_IP, IP_RECVTTL, FLAG | FOR_INET, 0, 0, 0},
    [TICK__RECVTOS] = {IPPROTO_IP, IP_RECVTOS, FLAG | FOR_INET, 0, 0, 0},
    [TICK__NO_PORT] = {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, FLAG | FOR_INET, 0, 0, 0},
    [TICK__HOPS6] = {IPPROTO_IPV6, IPV6_UNICAST_HOPS, FOR_INET | FOR_SIX | INITIAL_AT_MINUS_ONE, 64, 0, 255},
    [TICK__TCLASS6] = {IPPROTO_IPV6, IPV6_TCLASS, FOR_INET | FOR_SIX | INITIAL_AT_MINUS_ONE, 0, 0, 255},
    [TICK__MTU_DISCOVER6] = {IPPROTO_IPV6, IPV6_MTU_DISCOVER, FOR_INET | FOR_SIX, 1, 0, 5},
    [TICK__PKTINFO6] = {IPPROTO_IPV6, IPV6_RECVPKTINFO, FLAG | FOR_INET | FOR_SIX, 0, 0, 0},
    [TICK__RECVHOPS6] = {IPPROTO_IPV6, IPV6_RECVHOPLIMIT, FLAG | FOR_INET | FOR_SIX, 0, 0, 0},
    [TICK__RECVTCLASS6] = {IPPROTO_IPV6, IPV6_RECVTCLASS, FLAG | FOR_INET | FOR_SIX, 0, 0, 0},
    [TICK__SYNCNT] = {IPPROTO_TCP, TCP_SYNCNT, FOR_TCP, 6, 1, 127},
    [TICK__LINGER2] = {IPPROTO_TCP, TCP_LINGER2, FOR_TCP, 60, -1, 120},
    [TICK__USER_TIMEOUT] = {IPPROTO_TCP, TCP_USER_TIMEOUT, FOR_TCP, 0, 0, INT32_MAX},
    [TICK__FASTOPEN] = {IPPROTO_TCP, TCP_FASTOPEN, FOR_TCP, 0, 0, INT32_MAX},
    [TICK__NO_CHECK] = {SOL_SOCKET, SO_NO_CHECK, FLAG | ANY, 0, 0, 0},
    [TICK__INCOMING_CPU] = {SOL_SOCKET, SO_INCOMING_CPU, ANY, -1, INT32_MIN, INT32_MAX},
};

// Those of SOL_SOCKET that nobody without privileges may change, or that change nothing. get, set: 0, or the error.
static const struct constant {
    int name, get, set;
    int32_t value;
    bool same; // it may be set to what it is
} constants[] = {
    {SO_DEBUG, 0, -EACCES, 0, true},
    {SO_BSDCOMPAT, 0, 0, 0, true},
    {SO_RCVLOWAT, 0, -ENOPROTOOPT, 1, true}, // more is not there
    {SO_SNDLOWAT, 0, -ENOPROTOOPT, 1, false},
    {SO_MARK, 0, -EPERM, 0, false},
    {SO_SNDBUFFORCE, -ENOPROTOOPT, -EPERM, 0, false},
    {SO_RCVBUFFORCE, -ENOPROTOOPT, -EPERM, 0, false},
};

static const struct constant *constant_of(int level, int name) {
    for (size_t i = 0; level == SOL_SOCKET && i < sizeof constants / sizeof *constants; i++)
        if (constants[i].name == name)
            return &constants[i];
    return NULL;
}

struct values {
    int32_t value[TICK__OPTIONS];
    struct timeval waits[2]; // SO_RCVTIMEO, SO_SNDTIMEO: no call waits
    struct linger linger;    // not TCP's
};

static tick__ref *place_of(struct tick__file *file, unsigned *kind, bool *six) {
    *six = false;
    switch ((enum tick__file_type)file->type) {
    case TICK__UDP:
        *kind = FOR_UDP;
        *six = ((struct tick__udp *)file)->inet6;
        return &((struct tick__udp *)file)->options;
    case TICK__UNIX:
        *kind = FOR_UNIX;
        return &((struct tick__unix *)file)->options;
    default:
        *kind = FOR_TCP;
        *six = ((struct tick__sock *)file)->inet6;
        return &((struct tick__sock *)file)->options;
    }
}

static struct values *values_at(const struct tick_kernel *k, tick__ref ref) {
    return ref ? TICK__AT(k, values, ref) : NULL;
}

static int values_for(struct tick_kernel *k, tick__ref *place, struct values **out) {
    if (!*place) {
        *place = tick__arena_zero(k, sizeof(struct values));
        if (!*place)
            return -ENOMEM;
        for (int i = 0; i < TICK__OPTIONS; i++)
            values_at(k, *place)->value[i] = all[i].initial;
    }
    *out = values_at(k, *place);
    return 0;
}

int32_t tick__option_of(const struct tick_kernel *k, tick__ref options, enum tick__option option) {
    const struct values *values = values_at(k, options);
    return values ? values->value[option] : all[option].initial;
}

void tick__option_pass(struct tick_kernel *k, tick__ref from, enum tick__option option, tick__ref *to) {
    struct values *values;
    int32_t value = tick__option_of(k, from, option);
    if (value != all[option].initial && values_for(k, to, &values) == 0)
        values->value[option] = value;
}

void tick__options_free(struct tick_kernel *k, tick__ref options) {
    if (options)
        tick__arena_give(k, options, sizeof(struct values));
}

tick__ref tick__options_copy(struct tick_kernel *k, tick__ref options) {
    tick__ref copy = options ? tick__arena_take(k, sizeof(struct values)) : 0;
    if (copy)
        *values_at(k, copy) = *values_at(k, options);
    return copy;
}

static const struct option *find(unsigned kind, bool six, int level, int name) {
    for (int i = 0; i < TICK__OPTIONS; i++)
        if (all[i].name == name && all[i].level == level && (all[i].kind & kind) && (six || !(all[i].kind & FOR_SIX)))
            return &all[i];
    return NULL;
}

static void put(const void *from, size_t most, void *value, socklen_t *size) {
    if (*size > most)
        *size = (socklen_t)most;
    memcpy(value, from, *size);
}

int tick__option_get(const struct tick_kernel *k, struct tick__file *file, int level, int name, void *value, socklen_t *size) {
    unsigned kind;
    bool six;
    tick__ref *place = place_of(file, &kind, &six);
    const struct values *values = values_at(k, *place);
    const struct option *option = find(kind, six, level, name);
    if (option) {
        int32_t answer = tick__option_of(k, *place, (enum tick__option)(option - all));
        if (level == IPPROTO_IP && *size && *size < sizeof answer && answer >= 0 && answer <= 255)
            *size = 1;
        put(&answer, sizeof answer, value, size);
        return 0;
    }
    if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO)) {
        const struct timeval none = {0, 0};
        put(values ? &values->waits[name == SO_SNDTIMEO] : &none, sizeof none, value, size);
        return 0;
    }
    if (level == SOL_SOCKET && name == SO_LINGER) {
        const struct linger none = {0, 0};
        put(values ? &values->linger : &none, sizeof none, value, size);
        return 0;
    }
    if (level == SOL_SOCKET && name == SO_PEERCRED) {
        struct ucred peer;
        tick__control_peer(kind == FOR_UNIX ? ((struct tick__unix *)file)->met : 0, &peer);
        put(&peer, sizeof peer, value, size);
        return 0;
    }
    if (level == IPPROTO_TCP && name == TCP_QUICKACK && kind == FOR_TCP) {
        const int on = 1;
        put(&on, sizeof on, value, size);
        return 0;
    }
    const struct constant *constant = constant_of(level, name);
    if (constant && !constant->get)
        put(&constant->value, sizeof constant->value, value, size);
    if (constant)
        return constant->get;
    if (level == SOL_SOCKET)
        return name == SO_PASSCRED ? -EOPNOTSUPP : -ENOPROTOOPT;
    bool known = (kind == FOR_TCP && level == IPPROTO_TCP) || (kind == FOR_UDP && level == IPPROTO_UDP) ||
                 (kind != FOR_UNIX && level == IPPROTO_IP) || six;
    return known ? -ENOPROTOOPT : -EOPNOTSUPP;
}

static int set_time(struct tick_kernel *k, tick__ref *place, bool sends, const void *value, socklen_t size) {
    struct timeval time;
    struct values *values;
    if (size < sizeof time)
        return -EINVAL;
    memcpy(&time, value, sizeof time);
    if (time.tv_usec < 0 || time.tv_usec >= 1000000)
        return -EDOM;
    if (time.tv_sec < 0)
        time.tv_sec = time.tv_usec = 0;
    TICK_TRY(values_for(k, place, &values));
    values->waits[sends] = time;
    return 0;
}

// The number as Linux keeps it, or an error.
static int adjust(const struct option *option, unsigned kind, int32_t *value) {
    if (option->kind & FLAG)
        *value = *value != 0;
    else if (*value == -1 && (option->kind & INITIAL_AT_MINUS_ONE))
        *value = option->initial;
    else if (option == &all[TICK__TOS])
        *value &= 255;
    else if (option == &all[TICK__LINGER2])
        *value = *value < -1 ? -1 : *value > option->most ? option->most : *value;
    else if (*value < option->least || *value > option->most)
        return option == &all[TICK__PRIORITY] ? -EPERM : -EINVAL;
    if (kind == FOR_TCP && (option == &all[TICK__TOS] || option == &all[TICK__TCLASS6]))
        *value &= ~3; // congestion is TCP's own affair
    return 0;
}

// What Linux looks at before the number: ip_setsockopt takes a byte or nothing for a number, and a protocol that is not the socket's knows
// no option, of whatever length.
int tick__option_number(struct tick__file *file, int level, int name, const void *value, socklen_t size, int32_t *out) {
    unsigned kind;
    bool six;
    (void)place_of(file, &kind, &six);
    if (level != SOL_SOCKET && kind == FOR_UNIX)
        return -EOPNOTSUPP;
    if (level == IPPROTO_IP && size < sizeof *out) {
        *out = size ? *(const uint8_t *)value : 0;
        return 0;
    }
    const bool known = level == SOL_SOCKET || level == IPPROTO_IP || (level == IPPROTO_TCP && kind == FOR_TCP) ||
                       (level == IPPROTO_UDP && kind == FOR_UDP) ||
                       (level == IPPROTO_IPV6 && six && (name == IPV6_V6ONLY || find(kind, six, level, name)));
    if (!known)
        return -ENOPROTOOPT;
    if (size < sizeof *out)
        return -EINVAL;
    memcpy(out, value, sizeof *out);
    return 0;
}

int tick__option_set(
    struct tick_kernel *k, struct tick__file *file, int level, int name, int32_t asked, const void *value, socklen_t size) {
    unsigned kind;
    bool six;
    tick__ref *place = place_of(file, &kind, &six);
    const struct option *option = find(kind, six, level, name);
    struct values *values;
    if (level == SOL_SOCKET && (name == SO_RCVTIMEO || name == SO_SNDTIMEO))
        return set_time(k, place, name == SO_SNDTIMEO, value, size);
    if (level == SOL_SOCKET && name == SO_LINGER) {
        if (size < sizeof values->linger)
            return -EINVAL;
        TICK_TRY(values_for(k, place, &values));
        struct linger linger;
        memcpy(&linger, value, sizeof linger);
        values->linger.l_onoff = linger.l_onoff != 0;
        if (linger.l_onoff)
            values->linger.l_linger = linger.l_linger;
        return 0;
    }
    if (level == IPPROTO_TCP && name == TCP_QUICKACK && kind == FOR_TCP)
        return 0;
    const struct constant *constant = constant_of(level, name);
    if (constant)
        return constant->same && asked == constant->value ? 0 : constant->set;
    if (!option && kind == FOR_UNIX && (level != SOL_SOCKET || name == SO_REUSEPORT))
        return -EOPNOTSUPP;
    if (!option)
        return level == SOL_SOCKET && name == SO_PASSCRED ? -EOPNOTSUPP : -ENOPROTOOPT;
    TICK_TRY(adjust(option, kind, &asked));
    TICK_TRY(values_for(k, place, &values));
    values->value[option - all] = asked;
    return 0;
}
