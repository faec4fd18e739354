// A disk that lies over another one: what shows through, what is copied, what is hidden, and what a loss of power takes back.
#include "sim/kernel/calls.h"
#include "sim/kernel/kernel.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct tick_kernel *k;

static int set_up(void **state) {
    (void)state;
    if (tick_kernel_new((size_t)1 << 26, &k) < 0 || tick_kernel_host_add(k, "app", tick_id_host("app"), 0) < 0)
        return -1;
    return tick_kernel_process_start(k, 0) == 0 && tick_kernel_disk_over(k, 0) == 0 ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    tick_kernel_free(k);
    return 0;
}

// What the disk says of a path, and whether what is under it shows.
static void says(const char *path, enum tick_disk_look expected, bool shows) {
    struct stat s;
    bool through;
    assert_int_equal(tick_kernel_disk_look(k, 0, path, &s, &through), expected);
    assert_int_equal(through, shows);
}

static int opened(const char *path, int flags) {
    const struct tick_kernel_name name = {.id = 1};
    return tick_k_open(k, 0, path, flags, 0644, &name);
}

static void copied(const char *path, const char *text) {
    uint32_t file;
    assert_int_equal(tick_kernel_disk_copy(k, 0, path, S_IFREG | 0600, 5, &file), 0);
    assert_int_equal(tick_kernel_disk_fill(k, file, text, strlen(text), 0), 0);
}

static void has(const char *path, const char *text) {
    char bytes[100] = "";
    const int fd = opened(path, O_RDONLY);
    assert_true(fd >= 0);
    assert_int_equal(tick_k_read(k, 0, fd, bytes, sizeof bytes), strlen(text));
    assert_string_equal(bytes, text);
    assert_int_equal(tick_k_close(k, 0, fd), 0);
}

static void what_shows_through(void **state) {
    (void)state;
    says("/", TICK_DISK_THERE, true);
    assert_int_equal(tick_kernel_disk_over(k, 0), 1);
    says("/tmp", TICK_DISK_THERE, true);
    says("/home/me", TICK_DISK_UNKNOWN, true);
    assert_int_equal(tick_kernel_disk_cover(k, 0, "/home", 0755, 5), 0);
    assert_int_equal(tick_kernel_disk_cover(k, 0, "/home", 0755, 5), -EEXIST);
    says("/home", TICK_DISK_THERE, true);
    says("/home/me", TICK_DISK_UNKNOWN, true);
    assert_int_equal(tick_k_mkdir(k, 0, "/home/mine", 0755), 0);
    says("/home/mine", TICK_DISK_THERE, false);
    says("/home/mine/x", TICK_DISK_UNKNOWN, false);
    copied("/home/file", "bytes");
    says("/home/file", TICK_DISK_THERE, false);
    has("/home/file", "bytes");
    struct stat s;
    assert_int_equal(tick_k_stat(k, 0, "/home/file", &s), 0);
    assert_int_equal(s.st_mode, S_IFREG | 0600);
    assert_int_equal(s.st_mtim.tv_nsec, 5);
    assert_int_equal(tick_kernel_disk_opaque(k, 0, "/home"), 0);
    says("/home/me", TICK_DISK_UNKNOWN, false);
}

static void what_is_hidden(void **state) {
    (void)state;
    assert_int_equal(tick_kernel_disk_hide(k, 0, "/tmp/under"), 0);
    says("/tmp/under", TICK_DISK_HIDDEN, false);
    says("/tmp/under/x", TICK_DISK_HIDDEN, false);
    struct stat s;
    assert_int_equal(tick_k_stat(k, 0, "/tmp/under", &s), -ENOENT);
    assert_int_equal(opened("/tmp/under", O_RDONLY), -ENOENT);
    assert_int_equal(tick_k_mkdir(k, 0, "/tmp/under", 0700), 0); // in its place
    says("/tmp/under", TICK_DISK_THERE, false);
    assert_int_equal(tick_kernel_disk_rmdir(k, 0, "/tmp/under", true), 0);
    says("/tmp/under", TICK_DISK_HIDDEN, false);
    copied("/tmp/other", "other");
    assert_int_equal(tick_kernel_disk_rename(k, 0, "/tmp/other", "/tmp/under", true), 0);
    has("/tmp/under", "other");
    says("/tmp/other", TICK_DISK_HIDDEN, false);
    assert_int_equal(tick_kernel_disk_unlink(k, 0, "/tmp/under", false), 0);
    says("/tmp/under", TICK_DISK_UNKNOWN, true);
}

static void count(void *ctx, const char *name, size_t size, uint64_t inode, unsigned mode) {
    int *counts = ctx;
    (void)name, (void)size, (void)inode;
    counts[mode ? 0 : 1]++;
}

static void names_are_told(void **state) {
    (void)state;
    int counts[2] = {0};
    copied("/tmp/a", "a");
    assert_int_equal(tick_k_symlink(k, 0, "a", "/tmp/b"), 0);
    assert_int_equal(tick_kernel_disk_hide(k, 0, "/tmp/c"), 0);
    assert_int_equal(tick_kernel_disk_names(k, 0, "/tmp", count, counts), 0);
    assert_int_equal(counts[0], 2);
    assert_int_equal(counts[1], 1);
    assert_int_equal(tick_kernel_disk_names(k, 0, "/tmp/a", count, counts), -ENOTDIR);
    assert_int_equal(tick_kernel_disk_names(k, 0, "/none", count, counts), -ENOENT);
    tick_kernel_disk_forget(k, 0, "/tmp/a");
    says("/tmp/a", TICK_DISK_UNKNOWN, true);
    assert_int_equal(tick_k_rmdir(k, 0, "/tmp"), -ENOTEMPTY);
    assert_int_equal(tick_k_unlink(k, 0, "/tmp/b"), 0);
    assert_int_equal(tick_kernel_disk_rmdir(k, 0, "/tmp", true), 0); // what hides is nothing
}

static void power_is_lost(void **state) {
    (void)state;
    copied("/tmp/a", "kept");
    const int fd = opened("/tmp/a", O_WRONLY);
    assert_int_equal(tick_k_write(k, 0, fd, "lost", 4), 4);
    assert_int_equal(tick_kernel_disk_hide(k, 0, "/tmp/b"), 0);
    tick_kernel_disk_crash(k, 0, NULL, NULL);
    has("/tmp/a", "kept");
    says("/tmp/b", TICK_DISK_UNKNOWN, true);
    assert_int_equal(tick_kernel_disk_hide(k, 0, "/tmp/b"), 0);
    tick_kernel_disk_sync(k, 0);
    tick_kernel_disk_crash(k, 0, NULL, NULL);
    says("/tmp/b", TICK_DISK_HIDDEN, false);
}

static void links(void **state) {
    (void)state;
    char text[20];
    struct stat s;
    copied("/tmp/a", "a");
    assert_int_equal(tick_k_link(k, 0, "/tmp/a", "/tmp/b"), 0);
    assert_int_equal(tick_k_link(k, 0, "/tmp/a", "/tmp/b"), -EEXIST);
    assert_int_equal(tick_k_link(k, 0, "/tmp", "/tmp/c"), -EPERM);
    assert_int_equal(tick_k_stat(k, 0, "/tmp/b", &s), 0);
    assert_int_equal(s.st_nlink, 2);
    assert_int_equal(tick_k_unlink(k, 0, "/tmp/a"), 0);
    has("/tmp/b", "a");
    assert_int_equal(tick_k_symlink(k, 0, "to/there", "/tmp/l"), 0);
    assert_int_equal(tick_k_symlink(k, 0, "", "/tmp/m"), -ENOENT);
    assert_int_equal(tick_k_readlink(k, 0, "/tmp/l", text, sizeof text), 8);
    assert_memory_equal(text, "to/there", 8);
    assert_int_equal(tick_k_readlink(k, 0, "/tmp/b", text, sizeof text), -EINVAL);
    assert_int_equal(opened("/tmp/l", O_RDONLY), -ELOOP);
    assert_int_equal(tick_k_chmod(k, 0, "/tmp/b", 0640), 0);
    assert_int_equal(tick_k_touch(k, 0, "/tmp/b", 7000000001), 0);
    assert_int_equal(tick_k_stat(k, 0, "/tmp/b", &s), 0);
    assert_int_equal(s.st_mode, S_IFREG | 0640);
    assert_int_equal(s.st_mtim.tv_sec, 7);
}

static void where_names_are_taken_from(void **state) {
    (void)state;
    char path[100];
    assert_int_equal(tick_k_mkdir(k, 0, "/tmp/in", 0755), 0);
    assert_int_equal(tick_kernel_disk_folder(k, 0, "/tmp/in"), 0);
    copied("/tmp/in/a", "a");
    has("a", "a");
    const int fd = opened("/tmp/in", O_RDONLY);
    assert_int_equal(tick_k_directory_path(k, 0, fd, path, sizeof path), 0);
    assert_string_equal(path, "/tmp/in");
    assert_int_equal(tick_k_directory_path(k, 0, fd, path, 4), -ERANGE);
    assert_int_equal(tick_k_rename(k, 0, "/tmp/in", "/tmp/out"), 0);
    assert_int_equal(tick_k_directory_path(k, 0, fd, path, sizeof path), 0);
    assert_string_equal(path, "/tmp/out");
    assert_int_equal(tick_k_unlink(k, 0, "a"), 0);
    assert_int_equal(tick_k_rmdir(k, 0, "/tmp/out"), 0);
    assert_int_equal(tick_k_directory_path(k, 0, fd, path, sizeof path), -ENOENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_shows_through, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_hidden, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_are_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(power_is_lost, set_up, tear_down),
        cmocka_unit_test_setup_teardown(links, set_up, tear_down),
        cmocka_unit_test_setup_teardown(where_names_are_taken_from, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
