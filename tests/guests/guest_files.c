// Files of guests: each family of calls (programs/file_calls.c) answers as on Linux, runs begin alike however they are begun, and nothing
// of what they write reaches the machine, but below what is passed.
//
// links: tick_keeper
// wraps: tick__none
// timeout: 600
#include "sim/keeper/keeper.h"
#include "tests/support/folder.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define RUNS 4 // of each way
#define TEXT 20000

static char here[4096]; // this program's folder
static char folder[100];
static char *argv[8];
static struct tick_guest_program program;
static struct tick_runner *runner;
static struct tick_outcome outcome;
static struct tick_guest_figures figures;
static const struct tick_guest_control *said;

// --- the folder that a program finds ---

static void put(const char *name, const char *text) {
    char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, 0644), 0);
}

static void begin(void) {
    char path[200];
    if (folder[0])
        assert_int_equal(folder_remove(folder), 0);
    else
        assert_int_equal(folder_make(folder, sizeof folder), 0);
    (void)mkdir(folder, 0755);
    snprintf(path, sizeof path, "%s/full", folder);
    assert_int_equal(mkdir(path, 0755), 0);
    put("old.txt", "old\n");
    put("full/one", "one\n");
    put("full/two", "two\n");
    snprintf(path, sizeof path, "%s/link", folder);
    assert_int_equal(symlink("old.txt", path), 0);
    assert_int_equal(chdir(folder), 0);
}

static void read_all(const char *command, char *text) {
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    text[fread(text, 1, TEXT - 1, pipe)] = 0;
    assert_int_equal(pclose(pipe), 0);
}

// Names, rights, times, links and bytes of all that is there.
static void fingerprint(char *text) {
    char command[400];
    snprintf(command, sizeof command,
        "cd '%s' && find . -printf '%%p %%m %%y %%s %%T@ %%l\\n' | sort && cat old.txt full/* 2>/dev/null; true", folder);
    read_all(command, text);
}

// --- runs ---

static void use(const char *name, enum tick_guest_way way) {
    static char path[8192];
    if (!strcmp(name, "file_calls"))
        snprintf(path, sizeof path, "%s/%s", here, name);
    else
        snprintf(path, sizeof path, "%s", name);
    argv[0] = path;
    program = (struct tick_guest_program){
        .argv = argv, .keeps_output = true, .digest = true, .settings = {.way = way, .latency = 1000000, .jitter = 30000000}};
}

static void open_guest(void) {
    struct tick_error error;
    if (tick_guest_check(&program, &error) < 0)
        fail_msg("%s", error.text);
    const struct tick_target target = tick_guest_target("it", &program);
    assert_int_equal(target.open(&target, &runner), 0);
    said = tick_guest_said(runner);
}

static void run(uint64_t seed) {
    struct tick_answers answers;
    tick_answers_seed(&answers, seed, NULL);
    const struct tick_request request = {.answers = &answers};
    assert_int_equal(runner->ops->run(runner, &request, &outcome), 0);
    tick_guest_figures(runner, &figures);
}

static void output(char *text) {
    size_t used = 0;
    for (uint32_t at = 0; at < said->output_used;) {
        const struct tick_guest_line *line = (const void *)(said->output + at);
        used += (size_t)snprintf(text + used, TEXT - used, "%.*s%s", (int)line->size, line->text, line->ended ? "\n" : "");
        at += (uint32_t)(sizeof *line + line->size + 7) & ~7u;
        assert_true(used < TEXT);
    }
    text[used] = 0;
}

static char native[TEXT], got[TEXT], before[TEXT], after[TEXT];

static void as_on_linux(const char *name) {
    char command[4400];
    uint64_t digests[RUNS][2] = {{0}};
    begin();
    snprintf(command, sizeof command, "exec 2>&1 </dev/null; '%s/file_calls' %s", here, name);
    read_all(command, native);
    begin();
    fingerprint(before);
    for (int way = TICK_GUEST_REWIND; way >= TICK_GUEST_START; way--) {
        argv[1] = (char *)(uintptr_t)name;
        argv[2] = NULL;
        use("file_calls", (enum tick_guest_way)way);
        open_guest();
        for (uint64_t i = 0; i < RUNS; i++) {
            run(i + 1);
            output(got);
            if (strcmp(got, native) != 0)
                fail_msg("%s: on Linux:\n%sas a guest:\n%s%s", name, native, got, outcome.text);
            assert_int_equal(outcome.verdict, TICK_PASS);
            if (way == TICK_GUEST_REWIND)
                memcpy(digests[i], said->outcome.digest, sizeof digests[i]);
            assert_memory_equal(digests[i], said->outcome.digest, sizeof digests[i]);
        }
        runner->ops->free(runner);
    }
    assert_true(digests[0][0]);
    fingerprint(after);
    assert_string_equal(after, before);
}

static void families_are_as_on_linux(void **state) {
    (void)state;
    static const char *const families[] = {
        "opens", "readers", "names", "links", "folders", "rights", "bytes", "streams", "maps", "locks", "sockets"};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        as_on_linux(families[i]);
}

static void what_is_passed_reaches_the_machine(void **state) {
    (void)state;
    begin();
    argv[1] = "opens";
    argv[2] = NULL;
    use("file_calls", TICK_GUEST_START);
    char *passes = program.settings.passes;
    snprintf(passes, sizeof program.settings.passes, "%s/full", folder);
    open_guest();
    run(1);
    runner->ops->free(runner);
    assert_int_equal(access("full/three", F_OK), 0);
    assert_int_equal(access("made", F_OK), -1);
}

static void what_is_too_great_is_told(void **state) {
    (void)state;
    begin();
    assert_int_equal(truncate("old.txt", (off_t)300 << 20), 0);
    argv[1] = "opens";
    use("file_calls", TICK_GUEST_START);
    open_guest();
    run(1);
    assert_int_equal(said->outcome.end, TICK_GUEST_UNSUPPORTED);
    assert_non_null(strstr(outcome.text, "old.txt has more than 256 MiB"));
    assert_non_null(strstr(outcome.text, "--pass"));
    runner->ops->free(runner);
    assert_int_equal(truncate("old.txt", 0), 0);
}

// A program that begins no world by itself, and is named: what it writes from its start on is the world's.
static void the_shell_of_sqlite(void **state) {
    (void)state;
    if (system("command -v sqlite3 >/dev/null") != 0)
        skip();
    begin();
    fingerprint(before);
    argv[1] = "new.db";
    argv[2] = "create table t(a); insert into t values (1), (2); select sum(a) from t;";
    argv[3] = NULL;
    use("sqlite3", TICK_GUEST_REWIND);
    snprintf(program.settings.tenant, sizeof program.settings.tenant, "sqlite3");
    open_guest();
    for (uint64_t i = 0; i < RUNS; i++) {
        run(i + 1);
        output(got);
        assert_string_equal(got, "3\n");
        assert_int_equal(outcome.verdict, TICK_PASS);
    }
    runner->ops->free(runner);
    fingerprint(after);
    assert_string_equal(after, before);
}

int main(void) {
    const ssize_t length = readlink("/proc/self/exe", here, sizeof here - 1);
    if (length < 0)
        return 1;
    here[length] = 0;
    *strrchr(here, '/') = 0;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(families_are_as_on_linux),
        cmocka_unit_test(what_is_passed_reaches_the_machine),
        cmocka_unit_test(what_is_too_great_is_told),
        cmocka_unit_test(the_shell_of_sqlite),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
