// A thread of the world as pthreads(7) knows it: how it begins and ends, who waits for its end, cancellation, signals, its own data.
#ifndef RETICK_LIFE_INT_H
#define RETICK_LIFE_INT_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct tick__guest_thread;
struct tick__guest_sleeper;

// What a signal comes with, as handlers and sigwaitinfo(2) are told it.
struct tick__guest_sent {
    int32_t code; // SI_USER, ...
    int32_t timer, overrun;
    union sigval value;
};

// A pthread_once that is being carried out (once.c).
struct tick__guest_once {
    int *control;
    struct tick__guest_once *next;
};

struct tick__guest_life {
    pthread_t pthread;
    union {
        void *(*pthread)(void *);
        int (*c11)(void *);
    } start;
    void *arg, *result;
    bool c11, detached, ending; // ending: its destructors run
    struct tick__guest_thread *joiner;
    struct tick__guest_sleeper *sleeper; // NULL: the first thread
    char *stack;                         // that it runs on instead of its sleeper's: the program's own, or mapped for it; NULL: none
    size_t stack_size, mapped;           // mapped: so many bytes are ours to give back, from stack - one page on
    int32_t tid;                         // as libc writes it into locks
    bool attention;                      // a signal or a cancellation is for it: looked at where it goes on
    bool cancelled, uncancellable, cancelled_at_once; // asked to end; PTHREAD_CANCEL_DISABLE, _ASYNCHRONOUS
    uint64_t mask, pending, waits_for;  // signals, bit n - 1 for n: blocked; sent to it and not taken yet; that sigwait takes
    struct tick__guest_sent sent[64];   // of those that are pending, the latest
    bool masked;                        // its mask is that of a wait, and handlers run at that one's end
    bool restarts;                      // all handlers that ran last asked for that (SA_RESTART)
    const char *handles;                // the frame in which a handler of its runs; NULL: none does
    struct tick__guest_once *onces;
    char name[16];
};

// --- thread_life.c: errors as pthread_create(3) and the like return them ---
struct tick__guest_asked { // what of a thread's attributes counts
    bool detached, c11;
    char *stack; // NULL: none of the program's own
    size_t stack_size;
    const uint64_t *mask; // NULL: its maker's
};
int tick__guest_thread_create(pthread_t *out, const struct tick__guest_asked *asked, void *(*start)(void *), void *arg);
_Noreturn void tick__guest_thread_exit(void *result); // unwinds the running thread's stack, and ends it
int tick__guest_thread_join(struct tick__guest_thread *thread, void **result, int64_t deadline, const void *place);
int tick__guest_thread_detach(struct tick__guest_thread *thread);
struct tick__guest_thread *tick__guest_thread_of(pthread_t pthread);                         // NULL: none of the world's, or no more
int32_t tick__guest_tid(void);                                                               // the running thread's, as libc has it
int tick__guest_main(int (*main)(int, char **, char **), int argc, char **argv, char **env); // runs it where pthread_exit can end it

// --- thread_keys.c: thread-specific and thread-local data ---
void tick__guest_key_made(pthread_key_t key, void (*destroy)(void *));
void tick__guest_key_deleted(pthread_key_t key);
void tick__guest_keys_destroy(void);                  // as the running thread ends
void tick__guest_locals_renew(void);                  // as a thread begins with memory that another had
void tick__guest_robust_die(void *head, int32_t tid); // mutexes that it has not unlocked have lost their owner

// --- thread_cancel.c ---
// After a call that said -EINTR, or before one that is a cancellation point: handlers run; does not return if the thread is cancelled.
void tick__guest_interrupted(void);
void tick__guest_cancel(struct tick__guest_thread *thread);
bool tick__guest_is_cancelled(const struct tick__guest_thread *thread); // and is to end at its next cancellation point

// --- guest_signals.c ---
void tick__guest_attend(void); // the running thread goes on, and there is something for it: handlers run
// A signal for the thread, or for whichever of the process's takes it. sent: NULL: by kill. 0 or an error number.
int tick__guest_signal(struct tick__guest_thread *thread, int number, const struct tick__guest_sent *sent);
int tick__guest_signal_process(int number, const struct tick__guest_sent *sent);
bool tick__guest_restarts(void);            // a wait was ended by signals, whose handlers have run: it goes on
uint64_t tick__guest_pending(void);         // those that are there for the running thread
bool tick__guest_called_on(void);           // it has not blocked all of them
void tick__guest_mask_is(uint64_t mask);    // the running thread's is this now
void tick__guest_mask_look(void);           // the running thread, which handles a signal, gives up its turn
uint64_t tick__guest_mask_wait(uint64_t mask); // the running thread's is this for one wait: the one that it had
long tick__guest_mask_back(uint64_t mask, long result); // and back, when the wait has come to `result`, which it returns
long tick__guest_signal_wait(uint64_t set, siginfo_t *info, int64_t timeout); // sigtimedwait(2); ns, negative: for ever
long tick__guest_suspend(uint64_t mask);                                      // sigsuspend(2)

// --- signal_timers.c ---
#define TICK__POST_TIMER 3u // an event of ours in the kernel's queue: timer `arg` is due
void tick__guest_timer_due(uint32_t index);
long tick__guest_timer_new(clockid_t clock, const struct sigevent *event); // timer_create(3): its number, or a negated errno
void tick__guest_timer_taken(struct tick__guest_sent *sent); // its signal is handled: with how many that were skipped

#endif
