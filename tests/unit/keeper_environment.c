// The environment that guests find.
//
// wraps: tick__none
#include "sim/keeper/environment_int.h"
#include "src/base/outside.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *value(char *const *list, const char *name) {
    for (; *list; list++)
        if (!strncmp(*list, name, strlen(name)) && (*list)[strlen(name)] == '=')
            return *list + strlen(name) + 1;
    return NULL;
}

static void what_stays_and_what_is_fixed(void **state) {
    (void)state;
    char *from[] = {"SECRET=1", "TZ=Europe/Berlin", "PATH=/bin", "LC_ALL=de_DE", "PYTHONPATH=/x", "PYTHONHASHSEED=7", "PAT=no", "PATHS=no",
        "VIRTUAL_ENV=/v", NULL};
    const char *set[] = {"WANTED=yes", "TERM=vt100", NULL};
    char **list = tick__guest_environment(from, set, "/lib/ours.so");
    assert_non_null(list);
    assert_null(value(list, "SECRET"));
    assert_null(value(list, "LC_ALL"));
    assert_null(value(list, "PAT"));
    assert_null(value(list, "PATHS"));
    assert_string_equal(value(list, "PATH"), "/bin");
    assert_string_equal(value(list, "PYTHONPATH"), "/x");
    assert_string_equal(value(list, "VIRTUAL_ENV"), "/v");
    assert_string_equal(value(list, "TZ"), "UTC");
    assert_string_equal(value(list, "LANG"), "C.UTF-8");
    assert_string_equal(value(list, "PYTHONHASHSEED"), "0");
    assert_string_equal(value(list, "WANTED"), "yes");
    assert_string_equal(value(list, "TERM"), "vt100");
    assert_string_equal(value(list, "RETICK_GUEST"), "1");
    assert_string_equal(value(list, "LD_PRELOAD"), "/lib/ours.so");
    tick__outside_free(list);
}

// Where strings come to lie depends on their order, and addresses on that.
static void order_does_not_matter(void **state) {
    (void)state;
    char *one[] = {"PATH=/bin", "HOME=/h", "USER=u", NULL}, *other[] = {"USER=u", "X=1", "PATH=/bin", "HOME=/h", NULL};
    char **a = tick__guest_environment(one, NULL, "/l"), **b = tick__guest_environment(other, NULL, "/l");
    size_t i = 0;
    for (; a[i] && b[i]; i++)
        assert_string_equal(a[i], b[i]);
    assert_true(!a[i] && !b[i]);
    tick__outside_free(a);
    tick__outside_free(b);
}

static void others_are_preloaded_too(void **state) {
    (void)state;
    char *from[] = {"LD_PRELOAD=/lib/jemalloc.so", NULL};
    char **list = tick__guest_environment(from, NULL, "/lib/ours.so");
    assert_string_equal(value(list, "LD_PRELOAD"), "/lib/ours.so:/lib/jemalloc.so");
    tick__outside_free(list);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_stays_and_what_is_fixed),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(others_are_preloaded_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
