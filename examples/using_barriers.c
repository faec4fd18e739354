// asyncio.Barrier: nobody begins the second round before all have ended the first.
#include <retick.h>
#include <stdio.h>

static struct tick_barrier *round_over;

static int play(void *name) {
    printf("%s1 ", (const char *)name);
    TICK_TRY(tick_barrier_wait(round_over)); // the place in which one came: 0, 1, 2
    printf("%s2 ", (const char *)name);
    return 0;
}

static int run(void *unused) {
    (void)unused;
    struct tick_group group;
    round_over = tick_barrier_new(3);
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, play, "a"));
    TICK_TRY(tick_group_go(&group, play, "b"));
    TICK_TRY(tick_group_go(&group, play, "c"));
    const int result = tick_group_exit(&group, 0);
    tick_barrier_free(round_over);
    return result;
}

int main(void) {
    const int result = tick_run(run, NULL);
    printf("over\n");
    return result < 0;
}
// prints: a1 b1 c1 c2 a2 b2 over
