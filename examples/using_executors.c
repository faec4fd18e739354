// Work that blocks goes to a thread of its own, and the loop goes on meanwhile.
#include <retick.h>
#include <stdio.h>

static int checksum(void *arg) {
    unsigned sum = 0;
    for (const char *at = arg; *at; at++)
        sum = sum * 31 + (unsigned char)*at;
    return (int)(sum % 1000);
}

static int app(void *arg) {
    (void)arg;
    struct tick_future *first;
    TICK_TRY(tick_run_in_executor(NULL, checksum, "one", &first)); // asyncio's run_in_executor
    int second = tick_to_thread(checksum, "two");                  // asyncio's to_thread
    TICK_TRY(second);
    intptr_t value = 0;
    int result = tick_await(first);
    if (result == 0)
        result = tick_future_result(first, &value);
    tick_future_unref(first);
    printf("one: %d, two: %d\n", (int)value, second);
    return result;
}

int main(void) {
    return tick_run(app, NULL) < 0;
}
// prints: one: 182, two: 276
