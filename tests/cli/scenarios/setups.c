// Set-ups that do not return, and a program that spins before it asks anything: each of them leaves a byte in the file `begun`, for who
// counts how often they were begun.
#include <retick.h>
#include <stdio.h>
#include <stdlib.h>

static long begin(void) {
    FILE *file = fopen("begun", "a");
    if (!file)
        return 0;
    fputc('.', file);
    const long before = ftell(file) - 1;
    fclose(file);
    return before;
}

static void spin(void) {
    for (volatile unsigned i = 0;;) // spins
        i++;
}

static int main_of_host(void *arg) {
    (void)arg;
    return tick_check(true, "nothing");
}

TICK_SCENARIO(spinning, "a set-up that does not return") {
    (void)world;
    begin();
    spin();
}

TICK_SCENARIO(once, "a set-up that does not return the first time") {
    if (!begin())
        spin();
    tick_host_add(world, "a", main_of_host, NULL);
}

TICK_SCENARIO(crashing, "a set-up that crashes") {
    (void)world;
    begin();
    *(volatile int *)8 = 1; // crashes
}

TICK_SCENARIO(leaving, "a set-up that ends its process") {
    (void)world;
    begin();
    exit(7); // leaves
}

static int spinning_main(void *arg) {
    (void)arg;
    begin();
    spin();
    return 0;
}

TICK_SCENARIO(calm, "a main that does not return, whatever is drawn") {
    tick_host_add(world, "a", spinning_main, NULL);
}
