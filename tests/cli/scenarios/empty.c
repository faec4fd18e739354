// Compiles, and registers no scenario.
int tick_test_nothing(void);
int tick_test_nothing(void) {
    return 0;
}
