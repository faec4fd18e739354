// asyncio.TaskGroup: the first failure cancels the others, and what failed is told with all its words.
#include <retick.h>
#include <stdio.h>

static int fetch(void *name) {
    TICK_TRY(tick_sleep(TICK_MS(1)));
    return tick_raise(tick_failure_new(TICK_EUSER, "fetch", "no %s", (const char *)name));
}

static int idle(void *unused) {
    (void)unused;
    const int result = tick_sleep(TICK_SEC(3600));
    printf("%s; ", tick_error_text(result));
    return result;
}

static int run(void *unused) {
    (void)unused;
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, idle, NULL));
    TICK_TRY(tick_group_go(&group, fetch, "wood"));
    const int result = tick_group_exit(&group, 0);
    const struct tick_failure *failure = tick_caught();
    for (unsigned i = 0; result == TICK_EGROUP && failure && i < failure->count; i++)
        printf("%s: %s\n", failure->children[i]->name, failure->children[i]->text);
    return result == TICK_EGROUP ? 0 : result;
}

int main(void) {
    return tick_run(run, NULL) < 0;
}
// prints: cancelled; fetch: no wood
