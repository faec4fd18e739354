// Loading out of memory: task programs, which jansson reads, and C files, which are compiled, looked through and loaded.
// links: tick_cli
// exports: yes
// timeout: 300
#include "tests/support/torture_commands.h"
#include <retick.h>

static const char opposite_locks[] = "[[[\"spawn\", 1], [\"spawn\", 2], [\"await\", 1], [\"await\", 2]],\n"
                                     " [[\"sleep\", 1], [\"lock\", 0], [\"sleep\", 0], [\"lock\", 1], [\"unlock\", 1], [\"unlock\", 0]],\n"
                                     " [[\"tg\", [0], [[\"raise\", 1]]]]]\n";
static const char sleeper[] = "#include <retick.h>\n"
                              "static int client(void *unused) {\n"
                              "    (void)unused;\n"
                              "    TICK_TRY(tick_sleep(TICK_MS(1)));\n"
                              "    return tick_check(1 + 1 == 2, \"arithmetic is off\");\n"
                              "}\n"
                              "TICK_SCENARIO(first, \"one host that sleeps\") {\n"
                              "    tick_host_add(world, \"client\", client, NULL);\n"
                              "}\n";

// What it needs of the library is in this program because of this.
__attribute__((used)) static const struct {
    void (*fn)(void);
} needed[] = {{(void (*)(void))tick_scenario_register}, {(void (*)(void))tick_host_add_at}, {(void (*)(void))tick_sleep_at},
    {(void (*)(void))tick_check_at}};

static bool write_file(const char *path, const char *text) {
    FILE *file = fopen(path, "we");
    return file && fputs(text, file) >= 0 && fclose(file) == 0;
}

static int set_up(void **state) {
    (void)state;
    if (enter_folder() != 0 || mkdir("cache", 0700) != 0 || setenv("XDG_CACHE_HOME", folder, 1) != 0)
        return -1;
    if (!write_file("locks.json", opposite_locks) || !write_file("wrong.json", "[[[\"fly\"]]]\n") || !write_file("first.c", sleeper))
        return -1;
    get_to_know();
    return 0;
}

static void task_programs(void **state) {
    (void)state;
    torture(&(struct command){{"torture", "run", "locks.json", "-o", "locks.db"}, {"locks.db"}}, 1, 300, 37);
    torture(&(struct command){{"torture", "run", "wrong.json"}, {NULL}}, 2, 100, 37);
    torture(&(struct command){{"torture", "digest", "locks.json", "--seeds", "2"}, {NULL}}, 1, 300, 97);
}

// Each starts a compiler.
static void scenarios(void **state) {
    (void)state;
    torture(&(struct command){{"torture", "run", "--list", "first.c"}, {NULL}}, 0, 15, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(task_programs), cmocka_unit_test(scenarios)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
