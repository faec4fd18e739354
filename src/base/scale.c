// The scale of delays, and what a value means of which only some are allowed: the most cuts it off above, the number of values below.
#include "src/base/times.h"
#include <retick/choice.h>

static const int64_t scale[TICK_SCALE_STEPS] = {
    0, 1000, 10000, 100000, 1000000, 3000000, 10000000, 30000000, 100000000, 300000000,
    1000000000, 3000000000, 10000000000, 30000000000, 100000000000, 300000000000,
    1000000000000, 3000000000000, 10000000000000, 30000000000000,
};

int64_t tick_scale(uint32_t step) {
    return scale[step < TICK_SCALE_STEPS ? step : TICK_SCALE_STEPS - 1];
}

// How many steps, with the calm one, lie below `most`.
static uint32_t steps_below(int64_t most) {
    uint32_t count = 1;
    while (count < TICK_SCALE_STEPS && scale[count] < most)
        count++;
    return count;
}

// Between the last step below `most` and `most` itself: the greatest number of one digit, so that 49 ms is not the only one above 30 ms.
// 0: there is none.
static int64_t round_below(int64_t most, uint32_t steps) {
    if (steps < 2 || steps == TICK_SCALE_STEPS || scale[steps] == most)
        return 0;
    const int64_t last = scale[steps - 1], digit = last % 3 ? last : last / 3, number = tick__times(most / digit, digit);
    return number < most && number > last ? number : 0;
}

uint32_t tick_scale_count(int64_t most) {
    const uint32_t steps = steps_below(most);
    return most > 0 ? steps + (round_below(most, steps) > 0) + 1 : 1;
}

int64_t tick_scale_capped(uint32_t value, int64_t most) {
    if (most <= 0)
        return 0;
    if (value < TICK_SCALE_STEPS && scale[value] < most)
        return scale[value];
    const uint32_t steps = steps_below(most);
    const int64_t number = value == steps ? round_below(most, steps) : 0;
    return number ? number : most;
}

uint32_t tick_scale_count_from(int64_t least, int64_t most) {
    const uint32_t count = tick_scale_count(most);
    uint32_t shorter = 0;
    while (shorter + 2 < count && tick_scale_capped(shorter + 1, most) < least)
        shorter++;
    return count - shorter;
}

int64_t tick_scale_delay(uint32_t value, uint32_t n, int64_t most) {
    const uint32_t count = tick_scale_count(most);
    return value ? tick_scale_capped(n && n < count ? value + count - n : value, most) : 0;
}
