// The scenarios of this program, in the order of registering.
#include "src/base/keep.h"
#include <retick/scenario.h>
#include <string.h>

TICK_KEEP static const struct tick_scenario *first = NULL;
TICK_KEEP static struct tick_scenario *last = NULL;

void tick_scenario_register(struct tick_scenario *scenario) {
    scenario->next = NULL;
    if (last)
        last->next = scenario;
    else
        first = scenario;
    last = scenario;
}

const struct tick_scenario *tick_scenario_first(void) {
    return first;
}

const struct tick_scenario *tick_scenario_find(const char *name) {
    const struct tick_scenario *each = first;
    while (each && name && strcmp(each->name, name))
        each = each->next;
    return each;
}
