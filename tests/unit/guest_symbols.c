// Looking into a file's table of symbols: functions that it does not export, by name and by address.
// links: tick_guest
#include "sim/guest/symbols_int.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
// last: it wants those above
#include <cmocka.h>

__attribute__((noinline, used)) static int nobody_exports_this(int n) {
    static volatile int kept;
    kept = n;
    return kept + 1;
}

static Dl_info own_file(void) {
    Dl_info info;
    assert_int_not_equal(dladdr((void *)(uintptr_t)nobody_exports_this, &info), 0);
    return info;
}

static void a_static_function_is_found_by_its_name(void **state) {
    (void)state;
    const Dl_info info = own_file();
    assert_ptr_equal(tick__symbol_named(&info, "nobody_exports_this"), (void *)(uintptr_t)nobody_exports_this);
    assert_null(tick__symbol_named(&info, "nobody_has_this"));
}

static void and_by_an_address_within_it(void **state) {
    (void)state;
    const Dl_info info = own_file();
    const char *at = (const char *)(uintptr_t)nobody_exports_this;
    const void *begin = NULL;
    char name[64];
    assert_true(tick__symbol_at(&info, at, name, sizeof name, &begin));
    assert_string_equal(name, "nobody_exports_this");
    assert_ptr_equal(begin, at);
    assert_true(tick__symbol_at(&info, at + 3, name, sizeof name, &begin));
    assert_string_equal(name, "nobody_exports_this");
    assert_ptr_equal(begin, at);
    assert_false(tick__symbol_at(&info, info.dli_fbase, name, sizeof name, &begin));
}

// The file of this program, cut or changed at each of its head's bytes: nothing is believed, and nothing beyond it is read.
static void a_damaged_file_has_none(void **state) {
    (void)state;
    Dl_info info = own_file();
    char path[] = "/tmp/guest_symbols_XXXXXX", *bytes = malloc(1 << 20), name[64];
    const void *begin;
    const int from = open(info.dli_fname, O_RDONLY), to = mkstemp(path);
    assert_true(from >= 0 && to >= 0 && bytes);
    const ssize_t head = read(from, bytes, 4096);
    close(from);
    assert_int_equal(head, 4096);
    info.dli_fname = path;
    for (int at = 0; at < 128; at++) {
        bytes[at] ^= 0x5a;
        assert_int_equal(pwrite(to, bytes, 4096, 0), 4096);
        assert_null(tick__symbol_named(&info, "nobody_exports_this"));
        assert_false(tick__symbol_at(&info, (void *)(uintptr_t)nobody_exports_this, name, sizeof name, &begin));
        bytes[at] ^= 0x5a;
    }
    for (int size = 4096; size > 0; size -= 61) {
        assert_int_equal(ftruncate(to, size), 0);
        assert_null(tick__symbol_named(&info, "nobody_exports_this"));
    }
    close(to);
    unlink(path);
    assert_null(tick__symbol_named(&info, "nobody_exports_this")); // it is not there any more
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_static_function_is_found_by_its_name),
        cmocka_unit_test(and_by_an_address_within_it), cmocka_unit_test(a_damaged_file_has_none)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
