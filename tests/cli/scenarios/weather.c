// What the outside does to calls of a program's own: a datagram comes twice, an old address is answered, a signal ends a wait.
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <retick.h>

static int heard;

static int hears(void *unused) {
    (void)unused;
    struct tick_sys *sys = tick_sys_running();
    const struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(9)};
    int fd = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0);
    TICK_TRY(fd);
    TICK_TRY(sys->ops->bind(sys, fd, (const struct sockaddr *)&in, sizeof in));
    for (;;) {
        char byte;
        struct pollfd one = {.fd = fd, .events = POLLIN};
        TICK_TRY(sys->ops->poll(sys, &one, 1, -1));
        if (sys->ops->recv(sys, fd, &byte, 1, 0) == 1)
            heard++;
    }
}

static int says(void *unused) {
    (void)unused;
    struct tick_sys *sys = tick_sys_running();
    struct sockaddr_storage to;
    socklen_t size;
    int fd = sys->ops->socket(sys, AF_INET, SOCK_DGRAM, 0);
    TICK_TRY(fd);
    TICK_TRY(sys->ops->resolve(sys, "log", 9, &to, &size));
    for (int i = 0; i < 5; i++)
        TICK_TRY((int)sys->ops->sendto(sys, fd, "x", 1, 0, (struct sockaddr *)&to, size));
    TICK_TRY(tick_sleep(TICK_SEC(1)));
    TICK_TRY(sys->ops->close(sys, fd));
    return tick_check(heard == 5, "%d datagrams came", heard);
}

static void two(struct tick_world *world, struct tick_host **log, struct tick_host **other) {
    *log = tick_daemon(world, "log", hears, NULL);
    *other = tick_daemon(world, "other", hears, NULL);
    tick_host_add(world, "app", says, NULL);
}

TICK_SCENARIO(doubled, "a datagram that comes twice") {
    struct tick_host *log, *other;
    two(world, &log, &other);
    tick_link_all(world, .latency = TICK_MS(1), .duplicate = true);
}

TICK_SCENARIO(astray, "a name that leads nowhere") {
    struct tick_host *log, *other;
    two(world, &log, &other);
    tick_name(world, "log", .hosts = {log}, .fails = true);
    tick_link_all(world, .latency = TICK_MS(1));
}

static int waits(void *unused) {
    (void)unused;
    struct tick_sys *sys = tick_sys_running();
    for (int i = 0; i < 4; i++) {
        int result = sys->ops->sleep(sys, TICK_MS(1));
        TICK_TRY(tick_check(result == 0, "sleep: %s", tick_error_name(result)));
    }
    return 0;
}

TICK_SCENARIO(signalled, "a signal in the middle of a wait") {
    tick_host_add(world, "app", waits, NULL, .handlers = true);
}
