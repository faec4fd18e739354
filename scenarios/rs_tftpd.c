// The sorcerer's apprentice, summoned once more in 2025. TFTP sends a block, waits for its acknowledgement, sends the next; rs-tftpd took
// an acknowledgement that came a second time for a request to send the block again, and its receiver acknowledged each copy. So one that
// was late, and not lost, doubles everything that follows: a block, its copy, two acknowledgements, two of the next block, to the end.
//     https://github.com/altugbakan/rs-tftpd/pull/49    https://github.com/altugbakan/rs-tftpd/pull/46
//     https://www.freesoft.org/CIE/RFC/1123/77.htm (RFC 1123, 4.2.3.1, which forbids it since 1989)
//
// Expected: rs_tftpd fails the sender's check in some schedules; rs_tftpd_fixed, which sends a block again only after a time-out, in none.
#include <errno.h>
#include <netinet/in.h>
#include <retick.h>
#include <stdio.h>
#include <string.h>

#define BLOCKS 12
#define WINDOW_SIZE 1
#define TIMEOUT TICK_MS(60)
#define DALLY TICK_MS(500) // the receiver stays for so long, should its last acknowledgement be late

struct packet {
    char kind[8]; // RRQ, DATA or ACK
    int block;    // its contents are left out
};

// --- a socket; a datagram is a packet in words ---

struct udp {
    struct tick_sys *sys;
    int fd;
};

static int udp_open(struct udp *udp, uint16_t port) {
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(port)};
    udp->sys = tick_sys_running();
    TICK_TRY(udp->fd = udp->sys->ops->socket(udp->sys, AF_INET, SOCK_DGRAM, 0));
    return udp->sys->ops->bind(udp->sys, udp->fd, (struct sockaddr *)&here, sizeof here);
}

static int send_packet(struct udp *udp, const char *kind, int block, struct sockaddr_storage *to) {
    char text[32];
    int size = snprintf(text, sizeof text, "%s %d", kind, block);
    return (int)udp->sys->ops->sendto(udp->sys, udp->fd, text, (size_t)size, 0, (struct sockaddr *)to, sizeof *to);
}

// 1 with a packet and whom it is from; 0 when none has come until then.
static int receive(struct udp *udp, struct packet *packet, struct sockaddr_storage *from, int64_t until) {
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(udp->fd, &readable);
    char text[32] = "";
    socklen_t size = sizeof *from;
    int64_t now = udp->sys->ops->now(udp->sys);
    TICK_TRY(udp->sys->ops->select(udp->sys, udp->fd + 1, &readable, NULL, NULL, until == TICK_NEVER ? -1 : now < until ? until - now : 0));
    return udp->sys->ops->recvfrom(udp->sys, udp->fd, text, sizeof text - 1, 0, (struct sockaddr *)from, &size) > 0 &&
           sscanf(text, "%7s %d", packet->kind, &packet->block) == 2;
}

// --- rs-tftpd: the names are those of src/worker.rs ---

static int send_file(struct udp *socket, bool fixed, struct sockaddr_storage *client) {
    struct packet packet;
    struct sockaddr_storage from;
    int block_seq_win = 1, sent = 0, timeouts = 0;
    int64_t timeout_end = 0;
    bool send = true;
    while (block_seq_win <= BLOCKS) {
        if (send) {
            TICK_TRY(send_packet(socket, "DATA", block_seq_win, client));
            sent++;
            timeout_end = socket->sys->ops->now(socket->sys) + TIMEOUT;
        }
        send = true;
        if (!receive(socket, &packet, &from, timeout_end)) {
            tick_mark("the sender's time-out");
            timeouts++;
            continue;
        }
        int diff = packet.block + 1 - block_seq_win; // 0: it came before
        send = !strcmp(packet.kind, "ACK") && diff >= (fixed ? 1 : 0) && diff <= WINDOW_SIZE;
        if (send && diff == 0)
            tick_mark("an acknowledgement that came before");
        if (send)
            block_seq_win = packet.block + 1;
    }
    return tick_check(
        sent == BLOCKS + timeouts, "%d blocks went out in %d packets, and only %d of them had a time-out", BLOCKS, sent, timeouts);
}

static int tftpd(void *fixed) {
    struct udp listener, worker;
    struct packet request;
    struct sockaddr_storage client;
    TICK_TRY(udp_open(&listener, 69));
    TICK_TRY(receive(&listener, &request, &client, TICK_NEVER));
    TICK_TRY(udp_open(&worker, 0));
    return send_file(&worker, fixed != NULL, &client);
}

static int receive_file(struct udp *socket, struct sockaddr_storage *server) {
    int block_number = 0;
    struct packet packet;
    while (block_number < BLOCKS) {
        int64_t until = block_number ? socket->sys->ops->now(socket->sys) + TIMEOUT : TICK_NEVER;
        if (!receive(socket, &packet, server, until))
            tick_mark("the receiver's time-out");
        else if (!strcmp(packet.kind, "DATA") && packet.block == block_number + 1)
            block_number = packet.block;
        TICK_TRY(send_packet(socket, "ACK", block_number, server)); // also if it was not the block that is expected
    }
    return 0;
}

static int client(void *unused) {
    (void)unused;
    struct udp socket;
    struct packet packet;
    struct sockaddr_storage server;
    socklen_t size = sizeof server;
    TICK_TRY(udp_open(&socket, 0));
    TICK_TRY(socket.sys->ops->resolve(socket.sys, "tftpd", 69, &server, &size));
    TICK_TRY(send_packet(&socket, "RRQ", 0, &server));
    TICK_TRY(receive_file(&socket, &server));
    int64_t until = socket.sys->ops->now(socket.sys) + DALLY;
    while (receive(&socket, &packet, &server, until))
        TICK_TRY(send_packet(&socket, "ACK", BLOCKS, &server));
    return socket.sys->ops->close(socket.sys, socket.fd);
}

static void world_with(struct tick_world *world, void *fixed) {
    tick_daemon(world, "tftpd", tftpd, fixed);
    tick_host_add(world, "client", client, NULL);
    tick_link_all(world, .latency = TICK_MS(5), .jitter = TICK_MS(100));
}

TICK_SCENARIO(rs_tftpd, "an acknowledgement that comes twice is taken for a request") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(rs_tftpd_fixed, "the same, with a sender that sends again only after a time-out") {
    world_with(world, &yes);
}
