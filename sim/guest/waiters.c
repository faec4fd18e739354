// Who waits at an address: for a mutex, a condition, a semaphore, a futex, a thread's end.
//
// The addresses are the program's, and nothing is kept there: pthread_mutex_t and the like stay what libc has made of them. Waiters stand
// in 256 lists, by a hash of the address, each sorted by place: first come, first woken. Who is woken in vain (another took the lock
// before) parks again at its old place.
#include "sim/guest/turn_int.h"

static struct tick__guest_thread **bucket(const void *object) {
    const uint64_t hash = (uint64_t)(uintptr_t)object * 0x9e3779b97f4a7c15u;
    return &tick__guest_turns->buckets[hash >> 56];
}

void tick__guest_waiters_add(struct tick__guest_thread *thread) {
    struct tick__guest_thread **first = bucket(thread->wait.object),
                              *back = *first; // the lists are circles: the first's `fore` is the last
    thread->queued = true;
    if (!back) {
        thread->fore = thread->back = thread;
        *first = thread;
        return;
    }
    bool leads = true;
    for (struct tick__guest_thread *at = back->fore;; at = at->fore) {
        if (at->place <= thread->place) {
            back = at->back;
            leads = false;
            break;
        }
        if (at == *first)
            break;
    }
    thread->back = back;
    thread->fore = back->fore;
    thread->fore->back = thread;
    back->fore = thread;
    if (leads)
        *first = thread;
}

void tick__guest_waiters_remove(struct tick__guest_thread *thread) {
    if (!thread->queued)
        return;
    struct tick__guest_thread **first = bucket(thread->wait.object);
    thread->queued = false;
    if (thread->back == thread) {
        *first = NULL;
        return;
    }
    thread->fore->back = thread->back;
    thread->back->fore = thread->fore;
    if (*first == thread)
        *first = thread->back;
}

struct tick__guest_thread *tick__guest_waiters_next(const void *object, const struct tick__guest_thread *after) {
    struct tick__guest_thread *const first = *bucket(object), *at = after ? after->back : first;
    if (!at || (after && at == first))
        return NULL;
    do {
        if (at->wait.object == object)
            return at;
        at = at->back;
    } while (at != first);
    return NULL;
}

uint32_t tick__guest_waiters_wake(const void *object, uint32_t most) {
    uint32_t woken = 0;
    struct tick__guest_thread *next;
    for (struct tick__guest_thread *at = tick__guest_waiters_next(object, NULL); at && woken < most; at = next) {
        next = tick__guest_waiters_next(object, at);
        tick__guest_wake(at);
        woken++;
    }
    return woken;
}
