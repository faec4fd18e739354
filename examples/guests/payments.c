// A bank in C for a client in Python that nobody changed (payments.py): it pays an order, and tries again when the connection breaks. Where
// it breaks behind the payment and before its receipt, the order is paid twice.
//
// The bank is what a test's mock of it would be, and the world between them is retick's: the network may reset a connection at any time,
// and the answer may take a while.
//
//     cd examples/guests; retick fuzz payments.c
//
// Expected: payments pays twice in some schedules; payments_repaired, whose client names the order in each try, in none.
#include <retick.h>
#include <stdio.h>
#include <string.h>

static int charges;      // that were made
static char seen[8][32]; // orders that have been paid
static size_t seen_count;

static bool is_paid(const char *order) {
    for (size_t i = 0; i < seen_count; i++)
        if (*order && !strcmp(seen[i], order))
            return true;
    return false;
}

// "pay 10 ORDER", or "pay 10" of who has no name for it.
static int serve(tick_stream *client, void *unused) {
    char line[64], order[32] = "";
    int amount;
    (void)unused;
    while (tick_stream_read_line(client, line, sizeof line) > 0) {
        if (sscanf(line, "pay %d %31s", &amount, order) < 1)
            return 0;
        TICK_TRY(tick_sleep(TICK_MS(20))); // as banks do
        if (!is_paid(order)) {
            charges++;
            if (seen_count < sizeof seen / sizeof *seen)
                snprintf(seen[seen_count++], sizeof *seen, "%s", order);
        }
        if (tick_stream_printf(client, "paid %d\n", amount) < 0)
            return 0; // it is gone
    }
    return 0;
}

static int bank(void *unused) {
    (void)unused;
    return tick_serve(":7000", serve, NULL);
}

static int is_paid_once(void *unused) {
    (void)unused;
    return tick_check(charges == 1, "the order was paid %d times", charges);
}

static void world_of(struct tick_world *world, const char *command) {
    tick_allow_unhandled(world); // of the bank's, whose connections break
    tick_daemon(world, "bank", bank, NULL);
    tick_program(world, "shop", command);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30), .reset = true);
    tick_at_end(world, is_paid_once, NULL);
}

TICK_SCENARIO(payments, "a client that tries again when the connection breaks") {
    world_of(world, "/usr/bin/python3 payments.py");
}

TICK_SCENARIO(payments_repaired, "and names the order each time") {
    world_of(world, "/usr/bin/python3 payments.py repaired");
}
