// What is done to memory that may not be done.
#include <retick.h>
#include <stdlib.h>
#include <string.h>

static char *volatile p, *volatile q; // so that the compiler leaves it all in

static int reads(void *unused) {
    (void)unused;
    p = malloc(64);
    strcpy(p, "secret");
    free(p);
    TICK_TRY(tick_sleep(TICK_MS(1)));
    return p[0] == 's';
}
static int frees(void *unused) {
    (void)unused;
    free(p);
    return 0;
}
static int twice(void *unused) {
    p = malloc(32);
    TICK_TRY(tick_sleep(TICK_MS(1)));
    free(p);
    struct tick_task *task = tick_spawn_named("other", frees, unused);
    int result = tick_join(task);
    tick_task_unref(task);
    return result;
}
static int at_once(void *unused) {
    p = malloc(32);
    free(p);
    return frees(unused);
}
static int beyond(void *unused) {
    (void)unused;
    p = malloc(24);
    q = malloc(24);
    memset(p, 1, 70);
    free(p);
    free(q);
    return 0;
}
static int wild(void *unused) {
    (void)unused;
    p = malloc(64);
    memset(p, 0, 64);
    free(p + 16);
    return 0;
}
static int sound(void *unused) {
    (void)unused;
    for (size_t size = 1; size < 5000; size = size * 3 / 2 + 1) {
        p = malloc(size);
        p = realloc(p, size * 2);
        q = calloc(3, size);
        memset(p, 1, size * 2);
        free(q);
        free(p);
    }
    return tick_check(true, "unused");
}
TICK_SCENARIO(reads, "") {
    tick_host_add(world, "a", reads, NULL);
}
TICK_SCENARIO(twice, "") {
    tick_host_add(world, "a", twice, NULL);
}
TICK_SCENARIO(at_once, "") {
    tick_host_add(world, "a", at_once, NULL);
}
TICK_SCENARIO(beyond, "") {
    tick_host_add(world, "a", beyond, NULL);
}
TICK_SCENARIO(wild, "") {
    tick_host_add(world, "a", wild, NULL);
}
TICK_SCENARIO(sound, "") {
    tick_host_add(world, "a", sound, NULL);
}
