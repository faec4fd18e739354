// Starts an unmodified program on the simulated kernel, once, and reads how its run ended: what a keeper does, in its plainest form.
#ifndef RETICK_GUEST_START_H
#define RETICK_GUEST_START_H

#include "sim/guest/control.h"
#include <stddef.h>

// A control block for runs of one program after the other: calm, with a digest, output kept. NULL: it cannot be made.
struct tick_guest_control *guest_control_new(void);
void guest_control_free(struct tick_guest_control *control);
// The request: choices drawn from a seed at the default rates.
void guest_ask_seed(struct tick_guest_control *control, uint64_t seed);
// Runs it: argv[0] is looked for in PATH. The wait status of its process, or -1 when it cannot be started or takes longer than `seconds`
// (it is killed). Its stdin is empty.
int guest_start(struct tick_guest_control *control, char *const argv[], unsigned seconds);
// The line of output at *at, which moves on; NULL: there is none any more. Not ended by a NUL.
const struct tick_guest_line *guest_line(const struct tick_guest_control *control, uint32_t *at);
// All of its output on that fd, as one text of at most size - 1 bytes.
void guest_output_text(const struct tick_guest_control *control, int fd, char *text, size_t size);

#endif
