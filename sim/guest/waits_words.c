// More about a wait, in words, for who asks why nothing goes on: who has the lock, whose end is waited for, and where in the program.
#include "sim/guest/symbols_int.h"
#include "sim/guest/trap_int.h"
#include "sim/guest/turn_int.h"
#include "src/base/line.h"
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

static void put_holder(struct tick__line *line, int32_t tid) {
    const struct tick__guest_turns *t = tick__guest_turns;
    for (uint32_t i = 0; tid && i < t->count; i++) {
        if (t->threads[i].life.tid != tid || t->threads[i].state == TICK__THREAD_FREE)
            continue;
        tick__line_put(line, " that ");
        tick__line_put(line, t->threads[i].path);
        tick__line_put(line, t->threads[i].state == TICK__THREAD_OVER ? " had when it ended" : " has");
        return;
    }
}

static void put_ending(struct tick__line *line, const void *life) {
    const struct tick__guest_turns *t = tick__guest_turns;
    for (uint32_t i = 0; i < t->count; i++) {
        if (&t->threads[i].life != life)
            continue;
        tick__line_put(line, ", ");
        tick__line_put(line, t->threads[i].path);
    }
}

// "in take+0x1c (program)", or "at program+0x11d4" where the function has no name.
void tick__guest_put_place(struct tick__line *line, const void *place) {
    Dl_info info;
    char own[64];
    if (!place || tick__trap_is_ours((uintptr_t)place) || !dladdr(place, &info) || !info.dli_fname)
        return;
    const char *slash = strrchr(info.dli_fname, '/'), *file = slash ? slash + 1 : info.dli_fname, *name = info.dli_sname;
    const void *begin = info.dli_saddr;
    if (!name && tick__symbol_at(&info, place, own, sizeof own, &begin))
        name = own;
    tick__line_put(line, name ? ", in " : ", at ");
    tick__line_put(line, name ? name : file);
    tick__line_put(line, "+");
    tick__line_hex(line, (uint64_t)((const char *)place - (const char *)(name ? begin : info.dli_fbase)));
    if (name) {
        tick__line_put(line, " (");
        tick__line_put(line, file);
        tick__line_put(line, ")");
    }
}

void tick__guest_wait_details(const struct tick__guest_wait *wait, struct tick__line *line) {
    if (wait->what == TICK__WAITS_LOCK)
        put_holder(line, ((const pthread_mutex_t *)wait->object)->__data.__owner);
    else if (wait->what == TICK__WAITS_READS || wait->what == TICK__WAITS_WRITES)
        put_holder(line, ((const pthread_rwlock_t *)wait->object)->__data.__cur_writer);
    else if (wait->what == TICK__WAITS_JOIN)
        put_ending(line, wait->object);
    tick__guest_put_place(line, wait->place);
}
