// World files at random: a good one with bytes, pieces and lines of it changed, cut, doubled and swapped. None may crash, leak or read
// beyond its end (which AddressSanitizer sees); what is taken is whole, and what is not says where and why. RETICK_PROGRAMS=100000 makes as
// many; RETICK_SEED with RETICK_PROGRAMS=1 repeats one.
// links: tick_cli
#include "cli/world_file.h"
#include "tests/support/scarce.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

enum { ROOM = 1 << 14 };

static const char good[] = "world: shops\n"
                           "about: two shops and a bank\n"
                           "hosts:\n"
                           "  bank: {program: \"./bank --slow 'a b'\", daemon: true}\n"
                           "  shop:\n"
                           "    program: [./shop, \"a \\t b\", '']\n"
                           "    environment: {PORT: 7000, EMPTY: ''}\n"
                           "    after: [late, other]\n"
                           "    clock: -2h\n"
                           "  late: {program: ./late, start: 30ms, fds: 64, status: any, match: 'a+b', folder: sub}\n"
                           "  other: {program: ./late, after: late}\n"
                           "link_all: {latency: 1ms, jitter: 30ms, loss: true, bandwidth: 1000000}\n"
                           "link_between:\n"
                           "  - {hosts: [shop, bank], latency: never}\n"
                           "  - {hosts: [shop, shop], latency: 2us}\n"
                           "names: {db: {hosts: [bank, shop], wrong: [late], six: true, error: EIO}}\n"
                           "faults: {storm: {kinds: [partition, crash, clock], until: 5s, most: 3, among: [bank, late]}}\n"
                           "fault_at:\n"
                           "  - {at: 1s, kind: one_way, side: [bank, shop], other: late, lasts: 300ms}\n"
                           "  - {at: 1.5s, kind: clock, side: shop, jump: -2s}\n"
                           "limit: {time: 2min, iterations: 5000}\n"
                           "quiet_after: 6s\n";
static const char *const words[] = {"hosts", "program", "after", "shop", "bank", ": ", "- ", "[", "]", "{", "}", ", ", "\n", "  ", "'",
    "\"", "&a ", "*a", "!!str ", "|\n", ">-\n", "? ", "#", "%", "---\n", "...\n", "\t", "\\", "\\0", "<<: ", "~", "0", "-1",
    "99999999999999999999", "1e9", "ms", "never", "\xff\xfe", "\xc3", "\xe2\x80\xae", "\r", "\x1b", "crash", "kinds", "side"};

static uint64_t state_of_chance;
static unsigned draw(unsigned n) {
    state_of_chance ^= state_of_chance << 13;
    state_of_chance ^= state_of_chance >> 7;
    state_of_chance ^= state_of_chance << 17;
    return (unsigned)((state_of_chance >> 11) % n);
}

static size_t replace(char *text, size_t size, size_t at, size_t drop, const char *with, size_t length) {
    if (size - drop + length > ROOM)
        return size;
    char *copy = malloc(length + 1); // it may be of the same text
    assert_non_null(copy);
    memcpy(copy, with, length);
    memmove(text + at + length, text + at + drop, size - at - drop);
    memcpy(text + at, copy, length);
    free(copy);
    return size - drop + length;
}

static size_t change(char *text, size_t size) {
    if (!size)
        return size;
    const size_t at = draw((unsigned)size), most = size - at, some = 1 + draw(most < 40 ? (unsigned)most : 40);
    const size_t from = draw((unsigned)size), length = 1 + draw(size - from < 80 ? (unsigned)(size - from) : 80);
    const char *word = words[draw(sizeof words / sizeof *words)];
    switch (draw(7)) {
    case 0:
        text[at] = (char)draw(256);
        return size;
    case 1:
        text[at] ^= (char)(1 << draw(8));
        return size;
    case 2:
        return draw(8) ? size : at; // the rest is lost
    case 3:
        return replace(text, size, at, some, "", 0);
    case 4:
        return replace(text, size, at, 0, word, strlen(word));
    case 5:
        return replace(text, size, at, some, word, strlen(word));
    default:
        return replace(text, size, at, draw(2) ? some : 0, text + from, length);
    }
}

static void hosts_are_there(const struct tick__world_hosts *hosts, const struct tick__world_file *world) {
    assert_true(hosts->count <= TICK__WORLD_SIDE);
    for (size_t i = 0; i < hosts->count; i++)
        assert_true(hosts->at[i] < world->host_count);
}

static void is_whole(const struct tick__world_file *world) {
    assert_true(world->host_count > 0);
    for (size_t i = 0; i < world->host_count; i++) {
        const struct tick__world_program *host = &world->hosts[i];
        assert_true(world->order[i] < world->host_count);
        assert_true(*host->name && (host->command ? *host->command : host->argv[0] != NULL));
        hosts_are_there(&host->after, world);
        for (size_t k = 0; k < host->after.count; k++) { // who comes before it has been added before it
            size_t mine = 0, others = 0;
            while (world->order[mine] != i)
                mine++;
            while (world->order[others] != host->after.at[k])
                others++;
            assert_true(others < mine);
        }
    }
    for (size_t i = 0; i < world->between_count; i++) {
        hosts_are_there(&world->between[i].hosts, world);
        assert_int_equal(world->between[i].hosts.count, 2);
    }
    for (size_t i = 0; i < world->fault_count; i++) {
        hosts_are_there(&world->faults[i].side, world);
        assert_true(world->faults[i].side.count > 0 && world->faults[i].kind);
    }
    for (size_t i = 0; i < world->range_count; i++)
        assert_true(world->ranges[i].options.kinds != 0);
}

static void changed_files(void **state) {
    static struct tick__mistakes mistakes;
    const char *programs = getenv("RETICK_PROGRAMS"), *seed = getenv("RETICK_SEED");
    const unsigned long count = programs ? strtoul(programs, NULL, 10) : 3000, first = seed ? strtoul(seed, NULL, 10) : 1;
    unsigned long taken = 0, refused = 0;
    char *text = malloc(ROOM);
    (void)state;
    assert_non_null(text);
    for (unsigned long i = first; i < first + count; i++) {
        struct tick__world_file *world;
        size_t size = sizeof good - 1;
        state_of_chance = (i + 1) * 0x9e3779b97f4a7c15u;
        memcpy(text, good, size);
        for (unsigned n = draw(6); n > 0; n--)
            size = change(text, size);
        char *exact = malloc(size ? size : 1); // so that a byte too far is seen
        assert_non_null(exact);
        memcpy(exact, text, size);
        memset(&mistakes, 0, sizeof mistakes);
        const int result = tick__world_parse(exact, size, "world.yaml", "/here", &world, &mistakes);
        if (result == 0) {
            assert_int_equal(mistakes.count, 0);
            is_whole(world);
            taken++;
        } else {
            assert_int_equal(result, TICK_EFORMAT);
            assert_true(mistakes.count > 0);
            for (size_t k = 0; k < mistakes.count && k < TICK__MISTAKES_KEPT; k++)
                assert_true(mistakes.list[k].line > 0 && mistakes.list[k].column > 0 && *mistakes.list[k].text);
            refused++;
        }
        tick__world_free(world);
        free(exact);
    }
    free(text);
    if (count > 100)
        assert_true(taken > count / 20 && refused > count / 4); // else it tests nothing
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(changed_files)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
