// Schedules a second of lost_update on one core: plain, and with every event recorded and digested in memory.
// links: libretick
#include "sim/choice/choosers.h"
#include "sim/native/run.h"
#include "trace/recorder.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "scenarios/lost_update.c"

#define REPEATS 9

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(struct tick_harness *harness, const struct tick_scenario *scenario, struct tick_recorder *recorder, uint64_t runs) {
    double rates[REPEATS];
    uint64_t events = 0, choices = 0;
    for (int repeat = 0; repeat < REPEATS; repeat++) {
        double begin = now();
        for (uint64_t seed = 0; seed < runs; seed++) {
            struct tick_random_chooser chooser;
            struct tick_outcome outcome;
            tick_random_init(&chooser, seed, NULL);
            if (recorder)
                tick_recorder_reset(recorder);
            const struct tick_run run = {
                .scenario = scenario, .chooser = &chooser.chooser, .probe = recorder ? tick_recorder_probe(recorder) : NULL};
            if (tick_harness_run(harness, &run, &outcome) < 0)
                exit(3);
            choices += outcome.choices;
            if (recorder) {
                uint8_t digest[16];
                tick_recorder_end(recorder, tick_verdict_word(outcome.verdict), outcome.text);
                tick_recorder_digest(recorder, digest);
                events += tick_recorder_events(recorder);
            }
        }
        rates[repeat] = (double)runs / (now() - begin);
    }
    qsort(rates, REPEATS, sizeof *rates, by_value);
    printf("%-18s %-9s %9.0f schedules/s   (%.0f to %.0f)   %4.0f choices", scenario->name, recorder ? "recorded" : "plain",
        rates[REPEATS / 2], rates[0], rates[REPEATS - 1], (double)choices / (double)runs / REPEATS);
    if (recorder)
        printf(", %.0f events", (double)events / (double)runs / REPEATS);
    printf(" a run\n");
}

int main(int argc, char **argv) {
    uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 10) : 5000;
    struct tick_harness *harness;
    struct tick_recorder *recorder;
    if (tick_harness_new(&harness) < 0 || tick_recorder_new(&recorder) < 0)
        return 3;
    for (const struct tick_scenario *each = tick_scenario_first(); each; each = each->next) {
        measure(harness, each, NULL, runs);
        measure(harness, each, recorder, runs);
    }
    tick_recorder_free(recorder);
    tick_harness_free(harness);
    return 0;
}
