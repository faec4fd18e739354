// A thread's own data: values of keys, thread_local variables, and robust mutexes, as a thread ends, and as another begins on its memory.
//
// libc frees a thread's thread-local memory with the thread; here the next thread has it. So what a fresh thread would find is made again:
// each module's image of initial values, but libc's own (its caches of free memory, of locales and of names stay, as they are nobody's in
// particular) and this library's. That is done as the next thread begins, on its own context: the loader knows whose memory it is by fs.
#include "sim/guest/guest_int.h"
#include "sim/guest/life_int.h"
#include "sim/guest/originals_int.h"
#include "sim/guest/turn_int.h"
#include "src/base/keep.h"
#include <link.h>
#include <linux/futex.h>
#include <locale.h>
#include <string.h>

#define KEYS 1024u // PTHREAD_KEYS_MAX
#define ROUNDS 4   // PTHREAD_DESTRUCTOR_ITERATIONS
#define ROBUST_MOST 4096

// --- keys: libc has the values, and the destructors here once more ---

TICK_KEEP static void (*destructors[KEYS])(void *);
TICK_KEEP static bool known[KEYS];
TICK_KEEP static pthread_key_t known_end; // none from here on

void tick__guest_key_made(pthread_key_t key, void (*destroy)(void *)) {
    if (key >= KEYS)
        return;
    destructors[key] = destroy;
    known[key] = true;
    if (key >= known_end)
        known_end = key + 1;
}

void tick__guest_key_deleted(pthread_key_t key) {
    if (key < KEYS)
        known[key] = false;
}

// In the order of the keys, as libc does; a destructor may set others.
static bool destroy_round(bool calls) {
    bool some = false;
    for (pthread_key_t key = 0; key < known_end; key++) {
        void *value = known[key] ? pthread_getspecific(key) : NULL;
        if (!value)
            continue;
        (void)pthread_setspecific(key, NULL);
        if (calls && destructors[key]) {
            destructors[key](value);
            some = true;
        }
    }
    return some;
}

void tick__guest_keys_destroy(void) {
    for (int round = 0; round < ROUNDS && destroy_round(true); round++)
        continue;
    (void)destroy_round(false);
}

// --- thread_local ---

static bool within(const void *address, const char *from, size_t size) {
    return (const char *)address >= from && (const char *)address < from + size;
}

static int renew(struct dl_phdr_info *info, size_t size, void *unused) {
    (void)size, (void)unused;
    char *here = info->dlpi_tls_data;
    for (int i = 0; here && i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        if (part->p_type != PT_TLS || within(&errno, here, part->p_memsz) || within(&tick__guest_on, here, part->p_memsz))
            continue;
        memcpy(here, (const void *)(info->dlpi_addr + part->p_vaddr), part->p_filesz);
        memset(here + part->p_filesz, 0, part->p_memsz - part->p_filesz);
    }
    return 0;
}

void tick__guest_locals_renew(void) {
    int before;
    (void)dl_iterate_phdr(renew, NULL);
    (void)uselocale(LC_GLOBAL_LOCALE);
    (void)TICK__ORIGINAL(pthread_setcancelstate)(PTHREAD_CANCEL_ENABLE, &before); // pthread_exit has disabled it
    errno = 0;
}

// --- robust mutexes: the kernel does this when a real thread ends ---

// The list that libc keeps for the kernel (linux/futex.h): mutexes, by a word at `offset` from the link in each.
void tick__guest_robust_die(void *list, int32_t tid) {
    struct robust_list_head *head = list;
    struct robust_list *link = head->list.next;
    for (int i = 0; i < ROBUST_MOST && link && link != &head->list; i++) {
        struct robust_list *at = (struct robust_list *)((uintptr_t)link & ~(uintptr_t)1); // bit 0: priority inheritance
        uint32_t *word = (uint32_t *)((char *)at + head->futex_offset);
        link = at->next;
        if ((*word & FUTEX_TID_MASK) != (uint32_t)tid)
            continue;
        *word = (*word & FUTEX_WAITERS) | FUTEX_OWNER_DIED;
        (void)tick__guest_waiters_wake(word, 1); // where the mutex is
    }
    head->list.next = &head->list;
}
