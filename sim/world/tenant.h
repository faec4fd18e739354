// Who lives on a world's hosts: programs of one kind, behind one table. A world knows their hosts' names, lives and deadlines, and asks for
// the rest; it does not know what they are made of.
#ifndef RETICK_TENANT_H
#define RETICK_TENANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tick_host;
struct tick_world;
struct tick__telling;

// Called between turns, unless it says otherwise; none of them blocks.
struct tick_tenant_ops {
    // A life begins: the kernel's process is there (host->process). Makes the host ready, its first turn being the program's beginning; the
    // event of that is told by tick__host_tell_start. 0 or -ENOMEM.
    int (*start)(struct tick_host *host);
    // Nothing of the host's program goes on any more: a host that is parked or late is struck. What it has in the kernel is not its to give
    // back.
    void (*crash)(struct tick_host *host);
    // The life is over, however it ended: its memory is dropped.
    void (*forget)(struct tick_host *host);
    // What its program did just now takes the host so long; in its turn, or a call's of it.
    void (*busy)(struct tick_host *host, int64_t ns);
    // A finding ends the run while a turn is taken, or a check is: it does not come back to the program, and returns if there is none.
    void (*leave)(struct tick_world *world);
    // Conditions that the scenario has given are asked between turns: from here on, until it is called with false. NULL: it gives none.
    void (*asks)(struct tick_world *world, bool begins);
    // Who of it acts, in words: "requests/request#2". In its turn; "" if nobody does.
    void (*actor)(const struct tick_host *host, char *text, size_t size);
    // Of a parked host: it waits without a deadline, and nothing of it goes on by itself when some time has passed.
    bool (*waits_for_others)(const struct tick_host *host);
    // Of such a one: nothing that others do can make it go on.
    bool (*is_out_of_reach)(const struct tick_host *host);
    // When the last of its timers comes that are set now; 0: it has none.
    int64_t (*last_timer)(const struct tick_host *host);
    // In a set-up: one more host's structure, the world's next, for a program of another kind. NULL: out of memory, or it makes none.
    struct tick_host *(*take)(struct tick_world *world);
    // The next two are of hosts whose program is in another process. It is its turn: it takes it, and is parked, ready again, or over when
    // this returns.
    void (*turn)(struct tick_host *host);
    // A thread of it, by its number, is woken by the kernel, or (posted) an event of its own has come. The host goes on when it may.
    void (*wake)(struct tick_host *host, uint32_t number, bool posted);
    // Who of it waits for what, a piece each (tick__telling_add). far: who waits at the other ends of what it waits for, and was not told.
    void (*tell_waits)(const struct tick_host *host, struct tick__telling *telling, bool far);
};

#endif
