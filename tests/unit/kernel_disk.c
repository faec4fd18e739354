// What a loss of power leaves, and what disks that fail do.
// links: tick_kernel
#include "sim/kernel/kernel.h"
#include "tests/support/machines.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct tick_kernel *k;
static enum tick_disk_op failing;
static int64_t failure;
static uint32_t kept_bytes, asked, changes;
static tick_id changed[8]; // what a crash asked about names: the file, and which of its changes
static bool size_kept;

static uint32_t calm(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx, (void)kind, (void)subject, (void)ordinal, (void)n, (void)most;
    return 0;
}

static int64_t fault(void *ctx, int host, enum tick_disk_op op, tick_id file, uint64_t ordinal, uint64_t offset, size_t count) {
    (void)ctx, (void)host, (void)file, (void)ordinal, (void)offset;
    return op == failing ? failure : (int64_t)count;
}

static uint32_t kept(void *ctx, tick_id file, uint64_t page, uint32_t size) {
    (void)ctx;
    if (page == TICK_DISK_ENTRY && changes < sizeof changed / sizeof *changed)
        changed[changes++] = tick_id_mix(file, size);
    asked++;
    if (page == TICK_DISK_SIZE)
        return size_kept;
    return page == TICK_DISK_ENTRY ? kept_bytes != 0 : kept_bytes < size ? kept_bytes : size;
}

static int set_up(void **state) {
    (void)state;
    failing = 0;
    kept_bytes = asked = changes = 0;
    size_kept = false;
    if (!k && tick_kernel_new(16 << 20, &k))
        return -1;
    const struct tick_kernel_env env = {.choose = calm, .disk = fault};
    tick_kernel_reset(k, &env);
    return machine_add(k, "a", 1, 0);
}

static int opened(const char *path, int flags) {
    static uint32_t made;
    made++;
    const struct tick_kernel_name name = {made, 0, made, NULL};
    return tick_k_open(k, 0, path, flags, 0600, &name);
}

static void put(int fd, const char *text, int64_t offset) {
    assert_int_equal(tick_k_pwrite(k, 0, fd, text, strlen(text), offset), strlen(text));
}

static void crash(void) {
    machine_crash(k, 0);
    tick_kernel_disk_crash(k, 0, kept, NULL);
}

static void holds(const char *path, const char *text) {
    char bytes[64] = {0};
    int fd = opened(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(tick_k_read(k, 0, fd, bytes, sizeof bytes - 1), strlen(text));
    assert_string_equal(bytes, text);
    assert_int_equal(tick_k_close(k, 0, fd), 0);
}

static void sync_directory(const char *path) {
    int fd = opened(path, O_RDONLY);
    assert_int_equal(tick_k_fsync(k, 0, fd, false), 0);
    assert_int_equal(tick_k_close(k, 0, fd), 0);
}

static void only_what_was_synced_survives(void **state) {
    (void)state;
    int fd = opened("/f", O_RDWR | O_CREAT);
    put(fd, "first", 0);
    assert_int_equal(tick_k_fsync(k, 0, fd, false), 0);
    sync_directory("/");
    put(fd, "SECOND", 0);
    holds("/f", "SECOND");
    crash();
    holds("/f", "first");
    assert_int_equal(opened("/g", O_RDONLY), -ENOENT);
    fd = opened("/g", O_RDWR | O_CREAT);
    put(fd, "x", 0);
    assert_int_equal(tick_k_fsync(k, 0, fd, false), 0); // the bytes, not the name (fsync(2))
    crash();
    assert_int_equal(opened("/g", O_RDONLY), -ENOENT);
}

static void a_write_may_be_torn(void **state) {
    (void)state;
    int fd = opened("/f", O_RDWR | O_CREAT);
    put(fd, "aaaaaaaa", 0);
    assert_int_equal(tick_k_fsync(k, 0, fd, false), 0);
    sync_directory("/");
    put(fd, "bbbbbbbb", 0);
    kept_bytes = 3;
    crash();
    assert_int_equal(asked, 1);
    holds("/f", "bbbaaaaa");
    crash(); // which is durable now
    assert_int_equal(asked, 1);
    holds("/f", "bbbaaaaa");
}

static void a_rename_is_whole(void **state) {
    (void)state;
    for (int survives = 0; survives < 2; survives++) {
        set_up(NULL);
        int fd = opened("/f", O_RDWR | O_CREAT);
        put(fd, "old", 0);
        int new = opened("/f.new", O_RDWR | O_CREAT);
        put(new, "new", 0);
        tick_kernel_disk_sync(k, 0);
        assert_int_equal(tick_k_rename(k, 0, "/f.new", "/f"), 0);
        kept_bytes = (uint32_t)survives;
        crash();
        holds("/f", survives ? "new" : "old");
        assert_int_equal(opened("/f.new", O_RDONLY), survives ? -ENOENT : 3);
    }
}

static void a_removed_name_may_come_back(void **state) {
    (void)state;
    int fd = opened("/f", O_RDWR | O_CREAT);
    put(fd, "text", 0);
    assert_int_equal(tick_k_mkdir(k, 0, "/d", 0700), 0);
    tick_kernel_disk_sync(k, 0);
    assert_int_equal(tick_k_unlink(k, 0, "/f"), 0);
    assert_int_equal(tick_k_rmdir(k, 0, "/d"), 0);
    crash();
    holds("/f", "text");
    assert_int_equal(tick_k_rmdir(k, 0, "/d"), 0);
    assert_int_equal(tick_k_unlink(k, 0, "/f"), 0);
    sync_directory("/");
    crash();
    assert_int_equal(opened("/f", O_RDONLY), -ENOENT);
}

static void failures(void **state) {
    (void)state;
    char bytes[8];
    int fd = opened("/f", O_RDWR | O_CREAT);
    put(fd, "abcd", 0);
    tick_kernel_disk_sync(k, 0);
    failure = -EIO;
    failing = TICK_DISK_READ;
    assert_int_equal(tick_k_pread(k, 0, fd, bytes, 4, 0), -EIO);
    failing = TICK_DISK_WRITE;
    assert_int_equal(tick_k_pwrite(k, 0, fd, "x", 1, 0), -EIO);
    failure = 2;
    assert_int_equal(tick_k_pwrite(k, 0, fd, "wxyz", 4, 0), 2); // short
    holds("/f", "wxcd");
    failing = TICK_DISK_NAME;
    failure = -ENOSPC;
    assert_int_equal(opened("/g", O_RDWR | O_CREAT), -ENOSPC);
    assert_int_equal(tick_k_unlink(k, 0, "/f"), -ENOSPC);
    failing = TICK_DISK_SYNC;
    failure = -EIO;
    assert_int_equal(tick_k_fsync(k, 0, fd, false), -EIO);
    failing = 0;
    assert_int_equal(tick_k_fsync(k, 0, fd, false), 0); // says so, but wrote nothing: the pages were given up
    holds("/f", "wxcd");
    crash();
    holds("/f", "abcd");
}

static void a_full_disk(void **state) {
    (void)state;
    static char block[8192];
    tick_kernel_disk_limit(k, 0, 8192);
    int fd = opened("/f", O_RDWR | O_CREAT);
    assert_int_equal(tick_k_pwrite(k, 0, fd, block, 8192, 0), 8192);
    assert_int_equal(tick_k_pwrite(k, 0, fd, block, 1, 8192), -ENOSPC);
    assert_int_equal(tick_k_pwrite(k, 0, fd, block, 4097, 4096), 4096);
    assert_int_equal(tick_k_ftruncate(k, 0, fd, 0), 0);
    assert_int_equal(tick_k_pwrite(k, 0, fd, block, 8192, 0), 8192);
    assert_int_equal(tick_k_close(k, 0, fd), 0);
    assert_int_equal(tick_k_unlink(k, 0, "/f"), 0);
    tick_kernel_disk_sync(k, 0);
    fd = opened("/g", O_RDWR | O_CREAT); // room again
    assert_int_equal(tick_k_pwrite(k, 0, fd, block, 8192, 0), 8192);
}

// Each by its file, whatever else is made in the directory, and each change of it by itself.
static void changes_of_names_are_asked_about_one_by_one(void **state) {
    (void)state;
    const tick_id root = tick_id_disk(1);
    assert_int_equal(tick_k_close(k, 0, opened("/a", O_RDWR | O_CREAT)), 0);
    assert_int_equal(tick_k_close(k, 0, opened("/b", O_RDWR | O_CREAT)), 0);
    assert_int_equal(tick_k_unlink(k, 0, "/a"), 0);
    assert_int_equal(tick_k_close(k, 0, opened("/a", O_RDWR | O_CREAT)), 0);
    kept_bytes = 1;
    crash();
    assert_int_equal(changes, 4);
    assert_true(changed[0] == tick_id_mix(tick_id_file(root, "a", 1), 1));
    assert_true(changed[1] == tick_id_mix(tick_id_file(root, "b", 1), 1));
    assert_true(changed[2] == tick_id_mix(tick_id_file(root, "a", 1), 2));
    assert_true(changed[3] == tick_id_mix(tick_id_file(root, "a", 2), 1));
}

// O_TRUNC and new bytes, without a sync: old, new, torn, short, or empty.
static void a_truncation_may_come_through(void **state) {
    static const struct {
        uint32_t bytes;
        bool size;
        const char *holds;
    } all[] = {{0, false, "old and long"}, {0, true, ""}, {3, false, "new and long"}, {3, true, "new"}, {2, true, "ne"},
        {2, false, "ned and long"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        set_up(state);
        int fd = opened("/tmp/f", O_CREAT | O_RDWR);
        put(fd, "old and long", 0);
        assert_int_equal(tick_k_fsync(k, 0, fd, false), 0);
        sync_directory("/tmp");
        fd = opened("/tmp/f", O_WRONLY | O_TRUNC);
        put(fd, "new", 0);
        kept_bytes = all[i].bytes;
        size_kept = all[i].size;
        crash();
        holds("/tmp/f", all[i].holds);
        fd = opened("/tmp/f", O_RDWR); // what is beyond its end is zero, whatever was there once
        assert_int_equal(tick_k_ftruncate(k, 0, fd, 20), 0);
        char bytes[20];
        assert_int_equal(tick_k_pread(k, 0, fd, bytes, sizeof bytes, 0), sizeof bytes);
        for (size_t at = strlen(all[i].holds); at < sizeof bytes; at++)
            assert_int_equal(bytes[at], 0);
    }
}

static void a_truncation_that_was_synced_is_no_question(void **state) {
    (void)state;
    int fd = opened("/tmp/f", O_CREAT | O_RDWR);
    put(fd, "old", 0);
    assert_int_equal(tick_k_fsync(k, 0, fd, false), 0);
    sync_directory("/tmp");
    assert_int_equal(tick_k_ftruncate(k, 0, fd, 1), 0);
    assert_int_equal(tick_k_fsync(k, 0, fd, false), 0);
    crash();
    assert_int_equal(asked, 0);
    holds("/tmp/f", "o");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_what_was_synced_survives, set_up),
        cmocka_unit_test_setup(changes_of_names_are_asked_about_one_by_one, set_up),
        cmocka_unit_test_setup(a_write_may_be_torn, set_up),
        cmocka_unit_test_setup(a_rename_is_whole, set_up),
        cmocka_unit_test_setup(a_removed_name_may_come_back, set_up),
        cmocka_unit_test_setup(failures, set_up),
        cmocka_unit_test_setup(a_full_disk, set_up),
        cmocka_unit_test_setup(a_truncation_may_come_through, set_up),
        cmocka_unit_test_setup(a_truncation_that_was_synced_is_no_question, set_up),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    tick_kernel_free(k);
    return failed;
}
