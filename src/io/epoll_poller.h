// The poller over epoll, real or simulated: edge-triggered, each fd registered once, operations tried before they wait.
#ifndef RETICK_EPOLL_POLLER_H
#define RETICK_EPOLL_POLLER_H

#include "src/io/op.h"
#include <retick/error.h>
#include <retick/probe.h>

// sys and probe (may be NULL) are borrowed. 0 or a negative error.
int tick_epoll_new(struct tick_sys *sys, struct tick_probe *probe, struct tick_io **out);
void tick_epoll_free(struct tick_io *io); // drops what is still open
struct tick_io *tick__io_running(void);   // of the running loop; NULL without one
struct tick_loop;
// Tells the probe of an operation's file that the running task or callback makes; key: an address. Returns its object; 0 without a probe.
uint32_t tick__io_tell(struct tick_loop *loop, const char *key, const struct tick_loc *loc);

#endif
