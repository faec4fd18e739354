// The filter of the backstop, instruction by instruction: what passes, and what only from within the library's addresses, of which the
// upper half may change in their midst.
// links: tick_guest
#include "sim/guest/inside_int.h"
#include "sim/guest/trap_int.h"
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <cmocka.h>

static struct sock_filter filter[TICK__TRAP_MOST];
static uint32_t count;

// As the kernel carries it out; it goes forward only.
static uint32_t carry_out(const struct seccomp_data *data) {
    uint32_t a = 0;
    for (uint32_t at = 0; at < count;) {
        const struct sock_filter *i = &filter[at++];
        switch (i->code) {
        case BPF_LD | BPF_W | BPF_ABS:
            assert_true(i->k % 4 == 0 && i->k < sizeof *data);
            memcpy(&a, (const char *)data + i->k, sizeof a);
            break;
        case BPF_JMP | BPF_JA:
            at += i->k;
            break;
        case BPF_JMP | BPF_JEQ | BPF_K:
            at += a == i->k ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JGE | BPF_K:
            at += a >= i->k ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JGT | BPF_K:
            at += a > i->k ? i->jt : i->jf;
            break;
        case BPF_JMP | BPF_JSET | BPF_K:
            at += a & i->k ? i->jt : i->jf;
            break;
        case BPF_RET | BPF_K:
            return i->k;
        default:
            fail_msg("instruction %u is unknown", at - 1);
        }
    }
    fail_msg("it ends without an answer");
    return 0;
}

static void make(uintptr_t from, uintptr_t to) {
    const struct tick__trap_range range = {from, to};
    count = tick__trap_filter(&range, filter);
    assert_true(count > 0 && count <= TICK__TRAP_MOST);
}

static bool is_trapped_at(int nr, uint64_t from, const uint64_t *args) {
    struct seccomp_data data = {.nr = nr, .arch = AUDIT_ARCH_X86_64, .instruction_pointer = from};
    if (args)
        memcpy(data.args, args, sizeof data.args);
    const uint32_t action = carry_out(&data);
    assert_true(action == SECCOMP_RET_TRAP || action == SECCOMP_RET_ALLOW);
    return action == SECCOMP_RET_TRAP;
}

#define HERE UINT64_C(0x7ffff7f00000)
#define ELSEWHERE UINT64_C(0x555555555000)

static void each_call_goes_its_way(void **state) {
    (void)state;
    make(HERE, HERE + 0x1000);
    for (int nr = 0; nr < 600; nr++) {
        if (nr == SYS_mmap || nr == SYS_prctl || nr == SYS_rt_sigprocmask || nr == SYS_prlimit64)
            continue;
        if (is_trapped_at(nr, ELSEWHERE, NULL) != (tick__guest_entry(nr) != NULL))
            fail_msg("call %d", nr);
        if (nr < 512 && is_trapped_at(nr, HERE + 0x10, NULL))
            fail_msg("call %d, of the library", nr);
    }
    assert_true(is_trapped_at(SYS_socket, ELSEWHERE, NULL));
    assert_false(is_trapped_at(SYS_munmap, ELSEWHERE, NULL));
    assert_true(is_trapped_at(0x40000000 | SYS_getpid, ELSEWHERE, NULL)); // x32
    assert_true(is_trapped_at(-1, ELSEWHERE, NULL));
    const struct seccomp_data narrow = {.nr = 20, .arch = AUDIT_ARCH_I386, .instruction_pointer = HERE + 0x10};
    assert_int_equal(carry_out(&narrow), SECCOMP_RET_TRAP);
}

static void some_are_looked_at(void **state) {
    (void)state;
    make(HERE, HERE + 0x1000);
    assert_false(is_trapped_at(SYS_mmap, ELSEWHERE, (const uint64_t[6]){0, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, ~0ull, 0}));
    assert_true(is_trapped_at(SYS_mmap, ELSEWHERE, (const uint64_t[6]){0, 4096, PROT_READ, MAP_PRIVATE, 3, 0}));
    assert_false(is_trapped_at(SYS_mmap, HERE, (const uint64_t[6]){0, 4096, PROT_READ, MAP_PRIVATE, 3, 0}));
    assert_true(is_trapped_at(SYS_prctl, ELSEWHERE, (const uint64_t[6]){PR_SET_SECCOMP}));
    assert_false(is_trapped_at(SYS_prctl, ELSEWHERE, (const uint64_t[6]){PR_SET_NAME}));
    assert_false(is_trapped_at(SYS_prctl, HERE, (const uint64_t[6]){PR_SET_SECCOMP}));
    assert_false(is_trapped_at(SYS_rt_sigprocmask, ELSEWHERE, (const uint64_t[6]){SIG_BLOCK, 0, HERE}));
    assert_true(is_trapped_at(SYS_rt_sigprocmask, ELSEWHERE, (const uint64_t[6]){SIG_BLOCK, ELSEWHERE, 0}));
    assert_true(is_trapped_at(SYS_rt_sigprocmask, ELSEWHERE, (const uint64_t[6]){SIG_BLOCK, UINT64_C(1) << 32, 0}));
    assert_false(is_trapped_at(SYS_prlimit64, ELSEWHERE, (const uint64_t[6]){0, 7, 0, ELSEWHERE}));
    assert_true(is_trapped_at(SYS_prlimit64, ELSEWHERE, (const uint64_t[6]){0, 7, ELSEWHERE, 0}));
    assert_false(is_trapped_at(SYS_prlimit64, HERE, (const uint64_t[6]){0, 7, ELSEWHERE, 0}));
    assert_false(is_trapped_at(SYS_rt_sigprocmask, HERE, (const uint64_t[6]){SIG_BLOCK, ELSEWHERE, 0}));
}

static void ranges_have_edges(void **state) {
    static const struct tick__trap_range ranges[] = {{HERE, HERE + 0x1000}, {0x7ffff000f000, 0x7ffff0020000},
        {0x7ffefffff000, 0x7fff00001000}, {0x7ffefffff000, 0x7fff00000000}, {0x7fff00000000, 0x7fff00001000}};
    (void)state;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        const uintptr_t from = ranges[i].from, to = ranges[i].to, middle = from + (to - from) / 2;
        make(from, to);
        assert_true(is_trapped_at(SYS_read, from - 1, NULL));
        assert_false(is_trapped_at(SYS_read, from, NULL));
        assert_false(is_trapped_at(SYS_read, middle, NULL));
        assert_false(is_trapped_at(SYS_read, to - 1, NULL));
        assert_true(is_trapped_at(SYS_read, to, NULL));
        assert_true(is_trapped_at(SYS_read, middle ^ UINT64_C(1) << 32, NULL));
        assert_true(is_trapped_at(SYS_read, middle ^ UINT64_C(1) << 40, NULL));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_goes_its_way),
        cmocka_unit_test(some_are_looked_at),
        cmocka_unit_test(ranges_have_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
