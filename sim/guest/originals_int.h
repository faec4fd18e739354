// What libc itself has behind the names that this library takes.
#ifndef RETICK_ORIGINALS_INT_H
#define RETICK_ORIGINALS_INT_H

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <threads.h>

// Not in libc's headers, or only in those of newer ones. May be missing: then NULL.
extern const ptrdiff_t __rseq_offset;
extern const unsigned __rseq_size;
extern void __call_tls_dtors(void);

#define TICK__ORIGINALS(X) \
    X(__rseq_offset) \
    X(__rseq_size) \
    X(__call_tls_dtors) X(pthread_create) X(pthread_exit) X(pthread_join) X(pthread_tryjoin_np) X(pthread_timedjoin_np) \
        X(pthread_clockjoin_np) X(pthread_detach) X(pthread_kill) X(pthread_sigqueue) X(pthread_cancel) X(pthread_testcancel) \
            X(pthread_setcancelstate) X(pthread_setcanceltype) X(pthread_getattr_np) X(pthread_getname_np) X(pthread_setname_np) \
                X(pthread_getcpuclockid) X(pthread_getaffinity_np) X(pthread_setaffinity_np) X(pthread_getschedparam) \
                    X(pthread_setschedparam) X(pthread_setschedprio) X(pthread_key_create) X(pthread_key_delete) X(pthread_once) \
                        X(pthread_sigmask) X(sigprocmask) X(pthread_attr_getsigmask_np) X(pthread_mutex_lock) X(pthread_mutex_trylock) \
                            X(pthread_mutex_timedlock) X(pthread_mutex_clocklock) X(pthread_mutex_unlock) X(pthread_cond_wait) \
                                X(pthread_cond_timedwait) X(pthread_cond_clockwait) X(pthread_cond_signal) X(pthread_cond_broadcast) \
                                    X(pthread_rwlock_rdlock) X(pthread_rwlock_tryrdlock) X(pthread_rwlock_timedrdlock) \
                                        X(pthread_rwlock_clockrdlock) X(pthread_rwlock_wrlock) X(pthread_rwlock_trywrlock) \
                                            X(pthread_rwlock_timedwrlock) X(pthread_rwlock_clockwrlock) X(pthread_rwlock_unlock) \
                                                X(pthread_barrier_wait) X(pthread_spin_lock) X(pthread_spin_trylock) \
                                                    X(pthread_spin_unlock) X(sem_wait) X(sem_timedwait) X(sem_clockwait) X(sem_trywait) \
                                                        X(sem_post) X(thrd_create) X(thrd_exit) X(thrd_join) X(thrd_detach) X(call_once) \
                                                            X(tss_create) X(tss_delete) X(mtx_lock) X(mtx_timedlock) X(mtx_trylock) \
                                                                X(mtx_unlock) X(cnd_wait) X(cnd_timedwait) X(cnd_signal) X(cnd_broadcast)

struct tick__originals {
    bool found;
#define TICK__ORIGINAL_MEMBER(name) __typeof__(&name) name;
    TICK__ORIGINALS(TICK__ORIGINAL_MEMBER)
#undef TICK__ORIGINAL_MEMBER
};
extern struct tick__originals tick__originals;
void tick__originals_find(void);
void *tick__original_named(const char *name); // NULL: libc has none

#define TICK__ORIGINAL(name) (*(tick__originals.found ? &tick__originals.name : (tick__originals_find(), &tick__originals.name)))

#endif
