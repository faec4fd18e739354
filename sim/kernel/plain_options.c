// Options of unix and UDP sockets.
#include "sim/kernel/objects_int.h"
#include <netinet/in.h>

#define UNIX(file) ((struct tick__unix *)(file))
#define UDP(file) ((struct tick__udp *)(file))
#define MOST_BUFFER 212992u // net.core.wmem_max

uint32_t tick__buffer_size(int asked, uint32_t least) {
    uint32_t value = asked < 0 || (uint32_t)asked > MOST_BUFFER ? MOST_BUFFER : (uint32_t)asked;
    return value * 2 < least ? least : value * 2;
}

static int32_t *error_of(struct tick__file *file) {
    return file->type == TICK__UNIX ? &UNIX(file)->error : &UDP(file)->error;
}

static uint32_t *buffer_of(struct tick__file *file, bool sending) {
    if (file->type == TICK__UNIX)
        return sending ? &UNIX(file)->sndbuf : &UNIX(file)->rcvbuf;
    return sending ? &UDP(file)->sndbuf : &UDP(file)->rcvbuf;
}

static bool *flag_of(struct tick__file *file, int level, int name) {
    if (level == SOL_SOCKET && name == SO_REUSEADDR)
        return file->type == TICK__UNIX ? &UNIX(file)->reuse : &UDP(file)->reuse;
    if (file->type == TICK__UNIX)
        return NULL;
    if (level == SOL_SOCKET && name == SO_REUSEPORT)
        return &UDP(file)->reuse_port;
    if (level == IPPROTO_IPV6 && name == IPV6_V6ONLY && UDP(file)->inet6)
        return &UDP(file)->v6only;
    return NULL;
}

int tick__plain_getsockopt(struct tick_kernel *k, struct tick__file *file, int level, int name, void *value, socklen_t *size) {
    bool udp = file->type == TICK__UDP;
    const bool *flag = flag_of(file, level, name);
    int answer;
    if ((int)*size < 0)
        return -EINVAL;
    if (flag) {
        answer = *flag;
    } else if (level != SOL_SOCKET) {
        return tick__option_get(k, file, level, name, value, size);
    } else {
        switch (name) {
        case SO_ERROR:
            answer = *error_of(file);
            *error_of(file) = 0;
            break;
        case SO_TYPE:
            answer = udp ? SOCK_DGRAM : UNIX(file)->type;
            break;
        case SO_DOMAIN:
            answer = !udp ? AF_UNIX : UDP(file)->inet6 ? AF_INET6 : AF_INET;
            break;
        case SO_PROTOCOL:
            answer = udp ? IPPROTO_UDP : 0;
            break;
        case SO_ACCEPTCONN:
            answer = !udp && UNIX(file)->stage == TICK__UNIX_LISTEN;
            break;
        case SO_SNDBUF:
            answer = (int)*buffer_of(file, true);
            break;
        case SO_RCVBUF:
            answer = (int)*buffer_of(file, false);
            break;
        case SO_REUSEPORT:
            answer = 0; // a unix socket's
            break;
        default:
            return tick__option_get(k, file, level, name, value, size);
        }
    }
    if (*size > sizeof answer)
        *size = sizeof answer;
    memcpy(value, &answer, *size);
    return 0;
}

int tick__plain_setsockopt(struct tick_kernel *k, struct tick__file *file, int level, int name, const void *value, socklen_t size) {
    int asked;
    bool *flag = flag_of(file, level, name);
    TICK_TRY(tick__option_number(file, level, name, value, size, &asked));
    if (flag) {
        if (level == IPPROTO_IPV6 && UDP(file)->local.port)
            return -EINVAL;
        *flag = asked != 0;
        return 0;
    }
    switch (level == SOL_SOCKET ? name : -1) {
    case SO_SNDBUF:
        *buffer_of(file, true) = tick__buffer_size(asked, 4608);
        return 0;
    case SO_RCVBUF:
        *buffer_of(file, false) = tick__buffer_size(asked, 2304);
        return 0;
    default:
        return tick__option_set(k, file, level, name, asked, value, size);
    }
}
