// What only the library's core files share (guest_int.h has the rest): numbers, waits, the handlers of calls, outputs and ends.
#ifndef RETICK_INSIDE_INT_H
#define RETICK_INSIDE_INT_H

#include "sim/guest/guest_int.h"
#include "sim/guest/turn_int.h"
#include "sim/kernel/kernel_int.h"
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>

#define TICK__GUEST_OURS 1024 // numbers from TICK_GUEST_FD on that are ours

// --- enter.c ---
bool tick__guest_outside(void); // a candidate's question: somebody else has become the tenant. Then it is none any more
// Whether calls that only the world answers are simulated here: the world has begun, or begins now.
static inline bool tick__guest_inside(void) {
    return tick__guest_on && (tick__guest_begun || tick__guest_begin());
}

extern bool tick__guest_passes_on;   // it is outside, and somebody that it starts is to be the tenant: our fds stay open
bool tick__guest_is_first(void);     // it is the process that was started, or goes on in its place
bool tick__guest_inside_alone(void); // the same, but begins no world in a process that has children, nor in a shell's sleep
bool tick__guest_only_sleeps(void);  // such a one, while there is no world: its sleeps take no time, as clocks stand still

// --- guest_world.c ---
void tick__guest_world_new(void);
void tick__guest_world_enter(void); // one that others have begun, as who settings say: its time has come
void tick__guest_run_ends(void);

// --- turn.c, and whoever takes snapshots ---
void tick__guest_back(void); // the run is over: whoever takes snapshots takes over, or it returns

// --- numbers.c ---
void tick__guest_numbers_begin(void);
bool tick__guest_ours(long fd); // it is the library's: hidden from the program
// Gives a simulated fd (or a negated errno) the number that Linux would have given it: that, or a negated errno.
long tick__guest_settle(long simulated, bool cloexec);
long tick__guest_settle_at(long simulated, long least, bool cloexec);  // at least that number
long tick__guest_settle_pair(int fds[2], bool cloexec);                // 0, with the numbers
void tick__guest_settle_rights(struct msghdr *message, bool cloexec);  // fds that came in it
int tick__guest_close(int fd);                                         // both halves of it
void tick__guest_settle_over(int simulated, int number, bool cloexec); // in place of a real fd, whose number it takes
long tick__guest_number_copied(long from, long to);                    // returns `to`

int tick__guest_number_random(int fd); // it is /dev/urandom: returns it

// --- early_pipes.c ---
void tick__guest_forked(void); // the program has started a child
long tick__guest_pipe_real(int fds[2], int flags);
long tick__guest_epoll_real(int flags);
bool tick__guest_epoll_is_early(long fd);
void tick__guest_epolls_enter(void);
void tick__guest_pipes_enter(void); // pipes that were made before the world began become simulated

// --- waiting.c ---
// A call that may block: tries again as long as tick__guest_tries says so.
struct tick__guest_blocking {
    int fd;
    short events; // POLL*: what it waits for
    int option;   // SO_RCVTIMEO or SO_SNDTIMEO; 0: it has no limit
    int flags;    // MSG_DONTWAIT
    bool begun;
    int64_t deadline;
};
// *result is -EAGAIN, and the call is to be tried again: it has waited. false: *result is what it comes to (-EINTR, too).
bool tick__guest_tries(struct tick__guest_blocking *call, long *result);
int64_t tick__guest_deadline(int64_t timeout);                                // ns; negative: never
long tick__guest_wait_fds(struct pollfd *fds, size_t count, int64_t timeout); // poll(2)
long tick__guest_sleep(int64_t ns);                                           // 0 or -EINTR
void tick__guest_rest(int64_t ns);                                            // the same, whatever comes
bool tick__guest_is_nonblocking(int fd);
// The call may have closed something that lingers: then it waits for that. Returns the result.
long tick__guest_lingers(long result);
static inline long tick__guest_lingered(long result) {
    return __builtin_expect(tick__guest_kernel->root->lingers, 0) ? tick__guest_lingers(result) : result;
}
// "main waits for fd 5 (tcp) to be read", of a thread that is parked.
void tick__guest_wait_words(const struct tick__guest_wait *wait, char *text, size_t size);
void tick__guest_spins_clock(void); // a clock is read
void tick__guest_spins_poll(void);  // something is polled, without a wait
extern uint64_t tick__guest_acts;        // calls that are neither such nor looks at clocks

// --- call_waits.c, call_times.c, call_machine.c ---
int64_t tick__guest_ns(const struct timespec *t);
struct timespec tick__guest_interval(int64_t ns);
long tick__guest_clock(int clock, int64_t *ns); // 0, -EINVAL, or 1: this process is outside
#define TICK_GUEST_PID 1000
int tick__guest_pid_out(int pid); // a real pid as the program sees it, and back
int tick__guest_pid_in(int pid);

// --- outcome.c ---
void tick__guest_ends_quickly(int status); // by quick_exit
bool tick__guest_end_is_ours(void);        // this process's end is the run's
void tick__guest_ends_watch(void);         // from now on ends are noticed
void tick__guest_counts(void);             // one more simulated call

// --- standing.c ---
// The keeper looks at where the threads stand, before this returns. context: as a handler is told it, of the running thread; NULL: here.
void tick__guest_stand(const void *context);
void tick__guest_stands(void); // the same, of what control->standing has
// --- crashes.c ---
void tick__guest_crashes_begin(void);                    // from now on what would kill the process ends the run
bool tick__guest_is_crash_handler(void (*handler)(int)); // ours, which is none to the program
// After the program has changed the action of a signal: ours stands where it has none of its own.
void tick__guest_crash_handler_stays(int signal);
// --- python_stacks.c ---
void tick__guest_python_stacks(void);                  // control->python
void tick__guest_python_here(char *text, size_t size); // the running thread's, innermost first, a line a call; "" if it is no Python's
// --- left_open.c ---
extern bool tick__guest_leaks_wanted;
void tick__guest_leaks_begin(void);                                  // as the process begins
void tick__guest_leaks_look(long nr, const long *args, long result); // a call has been made
void tick__guest_leaks_tell(void);                                   // the program exits
const char *tick__guest_fd_words(int fd);                            // waiting.c: "a TCP socket"

// --- guest_output.c ---
void tick__guest_output_begin(void);
void tick__guest_output_again(void);                              // a run begins
long tick__guest_output(int fd, const void *bytes, size_t count); // what write(2) to fd 1 or 2 says
void tick__guest_output_flush(void);                              // what stdio holds back

// --- guest_digest.c ---
void tick__guest_digest_begins(bool wanted);
void tick__guest_digest_call(long nr, const long *args, long result);

long tick__guest_overflow(void); // wrap_bytes.c: a buffer is too small; ends the program

// --- handlers of calls (call_*.c): the arguments as registers have them; a result or a negated errno ---
typedef long tick__guest_fn(const long *a);
enum tick__guest_how {
    TICK__PASSED, // always the real one
    TICK__OF_FD,  // simulated where the first argument is a simulated fd
    TICK__MAKES,  // simulated from now on: the world begins with it
    TICK__ALONE,  // the same, of who is alone: the world does not begin with who waits for its children, nor with a helper that sleeps
    TICK__OF_ALL, // always ours, in a thread of the world
    TICK__WITHIN, // likewise, once the world has begun
};
enum tick__guest_shape { TICK__PLAIN, TICK__BYTES, TICK__PARTS, TICK__MESSAGE, TICK__TWO, TICK__ADDRESS }; // what is bytes: guest_digest.c
struct tick__guest_entry {
    tick__guest_fn *call;
    const char *name;
    uint8_t how;       // enum tick__guest_how
    uint8_t numbers;   // bit i: argument i is a number, and no pointer
    uint8_t shape, at; // where the bytes are
};
const struct tick__guest_entry *tick__guest_entry(long nr); // NULL: it is the real kernel's

#define TICK__CALL(name, how, numbers, shape, at) tick__guest_fn tick__call_##name;
#include "sim/guest/call_table.h"
#undef TICK__CALL

// The name of an fd that the running thread makes.
struct tick_kernel_name tick__guest_name(uint32_t sort);

#define TICK__K tick__guest_kernel, TICK_GUEST_PROCESS

#endif
