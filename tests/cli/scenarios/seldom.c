// Its only check is evaluated when something unusual is drawn: the calm run has none.
#include <retick.h>

static int app(void *unused) {
    (void)unused;
    return tick_buggify("unusual") ? tick_check(tick_time() >= 0, "time goes backwards") : 0;
}

TICK_SCENARIO(seldom, "") {
    tick_host_add(world, "app", app, NULL);
}
