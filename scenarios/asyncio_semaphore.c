// A permit that is never given out again, by the asyncio.Semaphore of March to September 2022. A task that waited for a permit, was woken
// for it, and is cancelled before it runs, leaves behind the mark that somebody has been woken; and with that mark nobody gets a permit any
// more, though one is free. A deadline that passes in the iteration in which another task releases is enough to stop a program for good.
//     https://github.com/python/cpython/issues/90155    https://github.com/python/cpython/pull/93222
//     https://github.com/python/asyncio/issues/270 (the same wake-up, lost in another way in 2015)
//
// Expected: asyncio_semaphore fails the crawler's last check in some schedules; asyncio_semaphore_fixed, in which a permit is handed over
// at the wake-up and handed on by who cannot use it, in none.
#include <errno.h>
#include <retick.h>

#define FETCHERS 2
#define PAGES 4
#define PATIENCE TICK_MS(60)

// --- asyncio.Semaphore: the names are those of Lib/asyncio/locks.py ---

struct semaphore {
    bool fixed;            // as gh-93222 has it
    int value;             // permits that nobody has
    bool wakeup_scheduled; // a waiter was woken, and has not run yet
    size_t count;
    struct tick_future *waiters[FETCHERS * PAGES + 1]; // first come, first served; who was cancelled stays until the next wake-up
};

static void wake_up_next(struct semaphore *s) {
    while (s->count) {
        struct tick_future *fut = s->waiters[0];
        s->count--;
        for (size_t i = 0; i < s->count; i++)
            s->waiters[i] = s->waiters[i + 1];
        bool waits = !tick_future_done(fut); // else it was cancelled
        if (waits) {
            if (s->fixed)
                s->value--; // the permit goes with the wake-up
            else
                s->wakeup_scheduled = true;
            tick_future_set_result(fut, 0);
        }
        tick_future_unref(fut);
        if (waits)
            return;
    }
}

static void release(struct semaphore *s) {
    s->value++;
    wake_up_next(s);
}

static bool locked(const struct semaphore *s) {
    if (!s->fixed)
        return s->wakeup_scheduled || s->value <= 0;
    bool somebody_waits = false;
    for (size_t i = 0; i < s->count; i++)
        somebody_waits |= !tick_future_done(s->waiters[i]);
    return somebody_waits || s->value <= 0;
}

static int wait_in_turn(struct semaphore *s, struct tick_future *fut) {
    s->waiters[s->count++] = tick_future_ref(fut);
    int result = tick_await(fut);
    if (result >= 0)
        s->wakeup_scheduled = false;
    else if (!s->fixed)
        wake_up_next(s); // and if nobody else waits? the mark stays
    else if (!tick_future_cancelled(fut))
        release(s); // woken with a permit, and then cancelled: somebody else's now
    return result;
}

static int acquire(struct semaphore *s) {
    while (locked(s)) {
        struct tick_future *fut = tick_future_new();
        if (!fut)
            return -ENOMEM;
        int result = wait_in_turn(s, fut);
        tick_future_unref(fut);
        if (result < 0 || s->fixed)
            return result; // fixed: the permit came with the wake-up
    }
    s->value--;
    return 0;
}

// --- a crawler that asks its site for one page at a time ---

struct crawl {
    struct semaphore one_at_a_time;
    int pages;
};

static int get(int page) {
    tick_stream *site;
    char line[32];
    TICK_TRY(tick_connect("site:80", &site));
    int result = (int)tick_stream_printf(site, "GET /%d\n", page);
    if (result >= 0)
        result = (int)tick_stream_read_line(site, line, sizeof line);
    tick_stream_close(site);
    return result;
}

static int fetch(struct crawl *crawl, int page) {
    TICK_TRY(acquire(&crawl->one_at_a_time));
    int result = get(page);
    release(&crawl->one_at_a_time);
    return result;
}

static int fetcher(void *arg) {
    struct crawl *crawl = arg;
    for (int i = 0; i < PAGES; i++) {
        int result = tick_within(PATIENCE, fetch(crawl, crawl->pages++));
        if (result == TICK_ETIMEDOUT)
            tick_mark("a page took too long");
        else
            TICK_TRY(result);
        TICK_TRY(tick_sleep(TICK_MS(5)));
    }
    return 0;
}

static int crawl(void *fixed) {
    struct crawl crawl = {.one_at_a_time = {.fixed = fixed != NULL, .value = 1}};
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    for (int i = 0; i < FETCHERS; i++)
        TICK_TRY(tick_group_go(&group, fetcher, &crawl));
    TICK_TRY(tick_group_exit(&group, 0));
    int result = tick_within(TICK_SEC(60), fetch(&crawl, crawl.pages));
    return tick_check(
        result >= 0, "all fetchers are done, %d of 1 permits is free, and nobody gets it within a minute", crawl.one_at_a_time.value);
}

static int answer(tick_stream *client, void *unused) {
    (void)unused;
    char line[32];
    while (tick_stream_read_line(client, line, sizeof line) > 0)
        TICK_TRY((int)tick_stream_printf(client, "200 OK\n"));
    return 0;
}

static int site(void *unused) {
    return tick_serve(":80", answer, unused);
}

static void world_with(struct tick_world *world, void *fixed) {
    tick_daemon(world, "site", site, NULL);
    tick_host_add(world, "crawler", crawl, fixed);
    tick_link_all(world, .latency = TICK_MS(2), .jitter = TICK_MS(30));
}

TICK_SCENARIO(asyncio_semaphore, "a waiter is cancelled after it was woken, and the semaphore never wakes anybody again") {
    world_with(world, NULL);
}

static char yes;

TICK_SCENARIO(asyncio_semaphore_fixed, "the same with permits that are handed over, and handed on") {
    world_with(world, &yes);
}
