#include <retick/choice.h>

static const int64_t scale[TICK_SCALE_STEPS] = {
    0, 1000, 10000, 100000, 1000000, 3000000, 10000000, 30000000, 100000000, 300000000,
    1000000000, 3000000000, 10000000000, 30000000000, 100000000000, 300000000000,
    1000000000000, 3000000000000, 10000000000000, 30000000000000,
};

int64_t tick_scale(uint32_t step) {
    return scale[step < TICK_SCALE_STEPS ? step : TICK_SCALE_STEPS - 1];
}

uint32_t tick_scale_count(int64_t most) {
    uint32_t count = 1;
    if (most <= 0)
        return count;
    while (count < TICK_SCALE_STEPS && scale[count] < most)
        count++;
    return count + 1;
}

int64_t tick_scale_capped(uint32_t value, int64_t most) {
    int64_t delay = value < TICK_SCALE_STEPS ? scale[value] : INT64_MAX; // beyond the scale lies only `most`
    return delay < most ? delay : most > 0 ? most : 0;
}
