// Worlds in YAML files: what is read, and each thing that can be wrong in one, with its place and what to do about it.
// links: tick_cli
#include "cli/world_fields.h"
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

static struct tick__mistakes mistakes;

static struct tick__world_file *read_text(const char *text) {
    struct tick__world_file *world;
    memset(&mistakes, 0, sizeof mistakes);
    const int result = tick__world_parse(text, strlen(text), "some/where/two-shops.yaml", "/here", &world, &mistakes);
    for (size_t i = 0; i < mistakes.count && i < 5; i++)
        print_message("%d:%d: %s\n", mistakes.list[i].line, mistakes.list[i].column, mistakes.list[i].text);
    assert_int_equal(result, 0);
    return world;
}

// One mistake, at this place, with exactly these words.
static void wrong(const char *text, int line, int column, const char *words) {
    struct tick__world_file *world;
    memset(&mistakes, 0, sizeof mistakes);
    const int result = tick__world_parse(text, strlen(text), "world.yaml", "/here", &world, &mistakes);
    if (result == -ENOMEM)
        fail_msg("no memory");
    assert_int_equal(result, TICK_EFORMAT);
    assert_null(world);
    if (mistakes.count != 1 || mistakes.list[0].line != line || mistakes.list[0].column != column ||
        strcmp(mistakes.list[0].text, words) != 0) {
        for (size_t i = 0; i < mistakes.count && i < 10; i++)
            print_message("%d:%d: %s\n", mistakes.list[i].line, mistakes.list[i].column, mistakes.list[i].text);
        fail_msg("not %d:%d: %s", line, column, words);
    }
}

// The same of a line below a world of two hosts, a and b: in the line's first place.
#define HOSTS "hosts:\n  a: {program: ./a}\n  b: {program: ./b}\n"
#define wrong_below(text, column, words) wrong(HOSTS text, 4, column, words)
#define wrong_host(text, column, words) wrong("hosts:\n  a: {program: ./a, " text "}\n", 2, 21 + (column), words)

// --- what is read ---

static void a_small_world(void **state) {
    (void)state;
    struct tick__world_file *world = read_text("hosts:\n  app: {program: python3 app.py}\n");
    assert_string_equal(world->name, "two_shops");
    assert_int_equal(world->host_count, 1);
    assert_string_equal(world->hosts[0].name, "app");
    assert_string_equal(world->hosts[0].command, "python3 app.py");
    assert_string_equal(world->hosts[0].folder, "/here");
    assert_null(world->hosts[0].argv);
    assert_string_equal(world->hosts[0].loc.file, "some/where/two-shops.yaml");
    assert_int_equal(world->hosts[0].loc.line, 2);
    assert_int_equal(world->hosts[0].status, 0);
    assert_null(world->all);
    assert_true(world->still_limit < 0 && world->quiet_after < 0 && world->time_limit == 0);
    tick__world_free(world);
}

static void every_word(void **state) {
    (void)state;
    struct tick__world_file *world =
        read_text("world: shops\n"
                  "about: two shops and a bank\n"
                  "link_all: {latency: 1ms, jitter: 30ms, loss: true, refuse: true, reset: true, duplicate: true,\n"
                  "  reorder: true, corrupt: true, bandwidth: 1000000, queue: 65536, timeout: 10s}\n"
                  "link_between:\n"
                  "  - {hosts: [shop, bank], latency: never}\n"
                  "  - {hosts: [shop, shop], latency: 2us}\n"
                  "names:\n"
                  "  db: {hosts: [bank, shop], wrong: [late], six: true, fails: true, error: EIO, latency: 2ms, jitter: 1s}\n"
                  "faults:\n"
                  "  storm: {kinds: [partition, one_way, clog, crash, stop, pause, clock], from: 1s, until: 5s, every: 10ms,\n"
                  "    lasts: 2s, shortest: 20ms, slow: 50ms, most: 3, at_once: 1, among: [bank, late]}\n"
                  "fault_at:\n"
                  "  - {at: 1s, kind: one_way, side: [bank, shop], other: late, lasts: 300ms}\n"
                  "  - {at: 1.5s, kind: clock, side: shop, jump: -2s}\n"
                  "  - {at: 0, kind: clog, side: shop, slow: 7ms}\n"
                  "limit: {time: 2min, iterations: 5000}\n"
                  "still_limit: 0\n"
                  "quiet_after: 6s\n"
                  "hosts:\n"
                  "  late: {program: [./late, '', \"a b\"], after: [shop, other], start: 30ms, clock: -2h, fds: 64, status: any,\n"
                  "    environment: {PORT: 7000, EMPTY: '', ON: true}, folder: sub, snapshot: after:ready, match: 'a+b'}\n"
                  "  bank: {program: \"./bank --slow\", daemon: true, folder: /srv, status: 3}\n"
                  "  shop: {program: ./shop, daemon: false}\n"
                  "  other: {program: ./shop, after: shop}\n");
    assert_string_equal(world->name, "shops");
    assert_string_equal(world->about, "two shops and a bank");
    const struct tick__world_program *late = &world->hosts[0], *bank = &world->hosts[1];
    assert_int_equal(world->host_count, 4);
    assert_null(late->command);
    assert_string_equal(late->argv[0], "./late");
    assert_string_equal(late->argv[1], "");
    assert_string_equal(late->argv[2], "a b");
    assert_null(late->argv[3]);
    assert_int_equal(late->after.count, 2);
    assert_int_equal(late->after.at[0], 2);
    assert_int_equal(late->after.at[1], 3);
    assert_int_equal(late->start, TICK_MS(30));
    assert_int_equal(late->clock, -TICK_SEC(7200));
    assert_int_equal(late->fds, 64);
    assert_int_equal(late->status, -1);
    assert_string_equal(late->environment[0], "PORT=7000");
    assert_string_equal(late->environment[1], "EMPTY=");
    assert_string_equal(late->environment[2], "ON=true");
    assert_null(late->environment[3]);
    assert_string_equal(late->folder, "/here/sub");
    assert_string_equal(late->snapshot, "after:ready");
    assert_string_equal(late->match, "a+b");
    assert_string_equal(bank->command, "./bank --slow");
    assert_string_equal(bank->folder, "/srv");
    assert_int_equal(bank->status, 3);
    assert_true(bank->daemon && !world->hosts[2].daemon);
    const uint16_t order[] = {1, 2, 3, 0}; // the file's, but for who starts after others
    assert_memory_equal(world->order, order, sizeof order);

    const struct tick_link_options *all = &world->all->options;
    assert_true(all->latency == TICK_MS(1) && all->jitter == TICK_MS(30) && all->timeout == TICK_SEC(10));
    assert_true(all->loss && all->refuse && all->reset && all->duplicate && all->reorder && all->corrupt);
    assert_true(all->bandwidth == 1000000 && all->queue == 65536);
    assert_int_equal(world->between_count, 2);
    assert_true(
        world->between[0].options.latency == TICK_NEVER && world->between[0].hosts.at[0] == 2 && world->between[0].hosts.at[1] == 1);
    assert_true(world->between[1].options.latency == 2000 && world->between[1].hosts.at[1] == 2);

    const struct tick__world_name *db = &world->names[0];
    assert_string_equal(db->name, "db");
    assert_true(db->hosts.count == 2 && db->hosts.at[0] == 1 && db->wrong.count == 1 && db->wrong.at[0] == 0);
    assert_true(db->options.six && db->options.fails && db->options.error == -EIO);
    assert_true(db->options.latency == TICK_MS(2) && db->options.jitter == TICK_SEC(1));

    const struct tick__world_range *storm = &world->ranges[0];
    assert_string_equal(storm->name, "storm");
    assert_int_equal(storm->options.kinds, 127);
    assert_true(storm->options.from == TICK_SEC(1) && storm->options.until == TICK_SEC(5) && storm->options.every == TICK_MS(10));
    assert_true(storm->options.lasts == TICK_SEC(2) && storm->options.shortest == TICK_MS(20) && storm->options.slow == TICK_MS(50));
    assert_true(storm->options.most == 3 && storm->options.at_once == 1 && storm->among.count == 2);
    const struct tick__world_fault *fault = world->faults;
    assert_int_equal(world->fault_count, 3);
    assert_true(fault->at == TICK_SEC(1) && fault->kind == TICK_ONE_WAY && fault->side.count == 2 && fault->other.count == 1);
    assert_true(fault->options.lasts == TICK_MS(300) && fault->loc.line == 14);
    assert_true(fault[1].at == TICK_MS(1500) && fault[1].kind == TICK_CLOCK && fault[1].options.jump == -TICK_SEC(2));
    assert_true(fault[2].kind == TICK_CLOG && fault[2].options.slow == TICK_MS(7));
    assert_true(world->time_limit == TICK_SEC(120) && world->iteration_limit == 5000);
    assert_true(world->still_limit == 0 && world->quiet_after == TICK_SEC(6));
    tick__world_free(world);
}

// --- what is wrong, read aloud ---

static void words_that_there_are_not(void **state) {
    (void)state;
    wrong_below("link_all: {latencyy: 1ms}\n", 12, "a link has no \"latencyy\"; did you mean latency?");
    wrong_below("link_all: {delay: 1ms}\n", 12, "a link has no \"delay\"; did you mean latency?");
    wrong_below("links: {latency: 1ms}\n", 1, "a world has no \"links\"; did you mean link_all?");
    wrong_below("link_all: {colour: red}\n", 12,
        "a link has no \"colour\"; it has: latency, jitter, loss, refuse, reset, duplicate, reorder, corrupt, bandwidth, queue, timeout");
    wrong_host("env: {A: b}", 0, "a host has no \"env\"; did you mean environment?");
    wrong_host("demon: true", 0, "a host has no \"demon\"; did you mean daemon?");
    wrong("hosts:\n  a: {command: ./a, program: ./a}\n", 2, 7, "a host has no \"command\"; did you mean program?");
    wrong_below("fault_at: [{at: 1s, kind: crash, hosts: a, side: a}]\n", 34, "a fault has no \"hosts\"; did you mean side?");
    wrong_below("faults: {storm: {kinds: crash, hosts: a}}\n", 32, "a range of faults has no \"hosts\"; did you mean among?");
    wrong_below("limit: {tme: 1s}\n", 9, "a limit has no \"tme\"; did you mean time?");
    wrong_below("names: {db: {hosts: a, ipv6: true}}\n", 24, "a name has no \"ipv6\"; did you mean six?");
    wrong_below("? \"\\x1b[2J\"\n: 1\n", 3,
        "a world has no \"\x1b[2J\"; it has: world, about, hosts, link_all, link_between, names, faults, fault_at, limit, still_limit, "
        "quiet_after");
}

static void values_of_another_kind(void **state) {
    (void)state;
    wrong_below("link_all: {latency: 30}\n", 21,
        "latency: \"30\" is no time; write a number with a unit, such as 30ms, 1.5s, 2min or 1h; or never");
    wrong_below(
        "link_all: {jitter: never}\n", 20, "jitter: \"never\" is no time; write a number with a unit, such as 30ms, 1.5s, 2min or 1h");
    wrong_below(
        "link_all: {jitter: 1 ms}\n", 20, "jitter: \"1 ms\" is no time; write a number with a unit, such as 30ms, 1.5s, 2min or 1h");
    wrong_below("link_all: {jitter: -1ms}\n", 20, "jitter: -1ms is before the beginning; write a time of 0 or more");
    wrong_below("link_all: {jitter: 99999999999999h}\n", 20,
        "jitter: \"99999999999999h\" is no time; write a number with a unit, such as 30ms, 1.5s, 2min or 1h");
    wrong_below("link_all: {jitter: }\n", 20, "jitter: nothing stands here; write a number with a unit, such as 30ms, 1.5s, 2min or 1h");
    wrong_below(
        "link_all: {jitter: [1ms]}\n", 20, "jitter: a list stands here; write a number with a unit, such as 30ms, 1.5s, 2min or 1h");
    wrong_below("link_all: {loss: yes}\n", 18, "loss: \"yes\" is neither true nor false; write one of the two");
    wrong_below("link_all: {loss: {a: b}}\n", 18, "loss: a map stands here; write true or false");
    wrong_below("link_all: {queue: 0}\n", 19, "queue: \"0\" is no such number; write a whole number from 1 to 4294967296");
    wrong_below("link_all: {queue: 1MB}\n", 19, "queue: \"1MB\" is no such number; write a whole number from 1 to 4294967296");
    wrong_host("fds: 100000", 5, "fds: \"100000\" is no such number; write a whole number from 1 to 65536");
    wrong_host("status: 256", 8, "status: \"256\" is no exit status; write a number from 0 to 255, or any");
    wrong_host(
        "match: '('", 7, "match: Unmatched ( or \\(: write an extended regular expression, such as 'balance is -[0-9]+' (man 7 regex)");
    wrong_host(
        "snapshot: later", 10, "snapshot: \"later\" is no place of a snapshot; write wait:N, accept:N, connect:N, after:TEXT or call");
    wrong_host("folder: ''", 8, "folder: nothing stands here; write a folder, from the world file's own");
    wrong_host("environment: [A, b]", 13, "environment: write NAME: value, a line each, or {NAME: value}");
    wrong_host("environment: {A: }", 17, "A: no text stands here; write one, or \"\" for an empty one");
    wrong_host("environment: {A=B: c}", 14, "environment: \"A=B\" is no name: one is not empty, and has no '='");
    wrong_below("names: {db: {error: ENOENT}}\n", 21,
        "error: \"ENOENT\" is no error of look-ups; write EAGAIN (no answer) or EIO (a broken server)");
    wrong_below("faults: {storm: {kinds: [crash, fire]}}\n", 33,
        "here: \"fire\" is no kind of fault; write partition, one_way, clog, crash, stop, pause or clock");
    wrong_below("limit: 10s\n", 8, "limit: write {time: 1h, iterations: 10000000}, or one of the two");
    wrong_below("world: a world\n", 8, "world: \"a world\" cannot be its name: write up to 47 letters, digits and _");
    wrong_below("about: \n", 7, "about: nothing stands here; write a text");
}

static void shapes(void **state) {
    (void)state;
    const char *const whole =
        "this is no world: it has hosts, and what each runs, as in hosts: {app: {program: python3 app.py}} (docs/GUESTS.md, "
        "\"A world in a file\")";
    wrong("", 1, 1, whole);
    wrong("# nothing\n", 1, 1, whole);
    wrong("[a, b]\n", 1, 1, whole);
    wrong("just a text\n", 1, 1, whole);
    wrong("about: a world\n", 1, 1, "there are no hosts: add hosts: and below it what each runs, as in app: {program: python3 app.py}");
    wrong("hosts: []\n", 1, 8, "hosts: write what each runs, a line each, as in app: {program: python3 app.py}");
    wrong("hosts: {a: ./a}\n", 1, 12, "a host is a map: write what it runs: {program: python3 app.py}");
    wrong("hosts: {a: {daemon: false}}\n", 1, 9, "host a has no program: add what it runs, as in program: python3 app.py");
    wrong("hosts: {a: {program: []}}\n", 1, 22,
        "program: the list is empty; write a command, such as python3 app.py, or a list of its words");
    wrong("hosts: {a: {program: }}\n", 1, 22,
        "program: nothing stands here; write a command, such as python3 app.py, or a list of its words");
    wrong("hosts: {a: {program: '  '}}\n", 1, 22,
        "program: \"  \" is no command; write a command, such as python3 app.py, or a list of its words");
    wrong(
        "hosts: {a: {program: {b: c}}}\n", 1, 22, "program: a map stands here: a command, such as python3 app.py, or a list of its words");
    wrong("hosts: {a: {program: [./a, b: c]}}\n", 1, 28, "program: each word is a text; put one with a ':' or ',' in it in 'quotes'");
    wrong("hosts: {a: {program: [./a, ~, [b]]}}\n", 1, 31, "program: each word is a text; put one with a ':' or ',' in it in 'quotes'");
    wrong("hosts: {a: {program: \"./a 'b\"}}\n", 1, 22,
        "program: a quote in this command has no end; close it, or write the words as a list: [python3, app.py]");
    wrong_below("link_all: [1ms]\n", 11, "link_all: write how all links are: {latency: 1ms, jitter: 30ms}");
    wrong_below("link_between: {a: b}\n", 15, "link_between: write a list of links: - {hosts: [a, b], latency: 5ms}");
    wrong_below("link_between: [a]\n", 16, "a link is a map: write {hosts: [a, b], latency: 5ms}");
    wrong_below("link_between: [{latency: 1ms}]\n", 16, "a link between which two? Add hosts: [a, b]");
    wrong_below("link_between: [{hosts: [a]}]\n", 24, "hosts: a link has two ends; write [a, b], or [a, a] for a host's link with itself");
    wrong_below("link_between: [{hosts: [a, b, a]}]\n", 31, "hosts: 2 hosts are the most here; take this one out");
    wrong_below("link_between: [{hosts: [a, b]}, {hosts: [b, a]}]\n", 33,
        "the link between b and a stands here a second time, and first in line 4: drop one");
    wrong_below("names: [db]\n", 8, "names: write whose addresses a name has: {db: {hosts: [a, b]}}");
    wrong_below("names: {db: a}\n", 13, "a name is a map: write {hosts: [a, b]}");
    wrong_below("faults: [{kinds: crash}]\n", 9,
        "faults: write ranges, each with a name: {network: {kinds: [partition, clog], until: 5s}}; what is to happen in every run goes "
        "below "
        "fault_at");
    wrong_below("fault_at: {at: 1s}\n", 11, "fault_at: write a list of faults: - {at: 1s, kind: partition, side: [a], lasts: 300ms}");
}

static void what_does_not_go_together(void **state) {
    (void)state;
    wrong_host("after: c", 7, "after: there is no host c; did you mean a?");
    wrong_host("after: customer", 7, "after: there is no host customer: name one that stands below hosts");
    wrong_host("after: a", 7, "after: a circle, in which nobody ever starts: a after a; take one of them out");
    wrong("hosts:\n  a: {program: ./a}\n  b: {program: ./b, after: [a, d]}\n  c: {program: ./c, after: b}\n  d: {program: ./d, after: c}\n",
        5, 28, "after: a circle, in which nobody ever starts: d after c after b after d; take one of them out");
    wrong("hosts:\n  a: {program: ./a, daemon: true}\n", 1, 1,
        "all hosts are daemons, so that nobody's end is waited for: take daemon: true from one");
    wrong_below("faults: {storm: {until: 5s}}\n", 10, "storm has no kinds: add what may happen, as in kinds: [partition, crash]");
    wrong_below("faults: {storm: {kinds: []}}\n", 25, "kinds: the list is empty; write what may happen, as in [partition, crash]");
    wrong_below("faults: {storm: {kinds: crash, from: 2s, until: 1s}}\n", 49,
        "until: it ends before it begins; write a time that is later than from");
    wrong_below("faults: {storm: {kinds: crash, shortest: 4s}}\n", 42,
        "shortest: it is longer than the longest, which is what lasts says (3s, if it is not there); write a shorter one");
    wrong_below("faults: {storm: {kinds: crash, slow: 4s}}\n", 32, "slow goes with clog alone: drop it, or take another kind");
    wrong_below("fault_at: [{kind: crash, side: a}]\n", 12, "a fault needs at: add it, as in at: 1s");
    wrong_below("fault_at: [{at: 1s, side: a}]\n", 12, "a fault needs kind: add it, as in kind: crash");
    wrong_below("fault_at: [{at: 1s, kind: crash}]\n", 12, "a fault needs side: add it, as in side: [a]");
    wrong_below("fault_at: [{at: 1s, kind: crash, side: []}]\n", 40, "side: the list is empty; write the hosts that it strikes, as in [a]");
    wrong_below("fault_at: [{at: 1s, kind: clock, side: a}]\n", 12, "a clock's jump needs jump: add it, as in jump: -2s");
    wrong_below("fault_at: [{at: 1s, kind: clock, side: a, jump: -0s}]\n", 49, "jump: a jump of nothing; write by how much, as in -2s");
    wrong_below("fault_at: [{at: 1s, kind: crash, side: a, jump: 1s}]\n", 43, "jump goes with clock alone: drop it, or take another kind");
    wrong_below("fault_at: [{at: 1s, kind: pause, side: a, other: b}]\n", 43,
        "other goes with partition, one_way and clog: drop it, or take another kind");
}

static void yaml(void **state) {
    (void)state;
    const char *const marked =
        "anchors (&name), aliases (*name) and tags (!name) are not read here: write out what is meant; or put a text that begins "
        "with such a character in 'quotes'";
    wrong("hosts:\n  a: &a {program: ./a}\n", 2, 6, marked);
    wrong_below("about: *a\n", 8, marked);
    wrong_below("about: !!str a\n", 8, marked);
    wrong("hosts:\n  a: {program: ./a}\n  b: {program: ./b}\n  a: {program: ./c}\n", 4, 3,
        "a stands here a second time, and first in line 2: drop one");
    wrong("hosts: {a: {program: ./a}}\n---\nhosts: {}\n", 2, 1, "a second document: one file holds one world");
    wrong_below("? [a, b]\n: c\n", 3, "a name stands before a ':', and no list or map");
    wrong_below("\tabout: c\n", 1, "a tab: YAML is indented by blanks alone");
    wrong_below("about: a: b\n", 9,
        "this is no YAML: mapping values are not allowed in this context; a ':' cannot stand here: put a text that has one in 'quotes', "
        "and indent "
        "this line as its neighbours");
    wrong_below(" about: b\n", 2,
        "this is no YAML: did not find expected key while parsing a block mapping (begun in line 1); indent this line as its neighbours, "
        "and end each "
        "'quote', "
        "[list] and {map} before it");
    wrong(HOSTS "link_all: {latency: 1ms\n", 5, 1,
        "this is no YAML: did not find expected ',' or '}' while parsing a flow mapping (begun in line 4); a {map} needs ',' between its "
        "items and '}' at "
        "its end");
    wrong(HOSTS "about: 'b\n", 5, 1,
        "this is no YAML: found unexpected end of stream while scanning a quoted scalar (begun in line 4); a 'quote' has no end");
    wrong_below("about: \x01\n", 8, "this is no YAML: control characters are not allowed; a world file is text: take that character out");
    wrong_below(
        "about: \xff\n", 8, "this is no YAML: invalid leading UTF-8 octet; write it as YAML (docs/GUESTS.md, \"A world in a file\")");
    wrong_below("about: \"a\\0b\"\n", 8, "a text with a NUL in it (\\0): no program takes one");
    wrong_below("about: [[[[[[[[[a]]]]]]]]]\n", 15, "lists and maps in one another, 8 levels deep: no world needs as many");
}

static void many_at_once(void **state) {
    (void)state;
    struct tick__world_file *world;
    const char *text = "link_all: {latency: 1, loss: maybe}\n"
                       "hosts:\n"
                       "  a: {program: ./a, after: c, daemon: 1}\n"
                       "  a: {progam: ./a}\n"
                       "quiet_after: soon\n";
    const int lines[] = {1, 1, 3, 3, 4, 4, 4, 5};
    memset(&mistakes, 0, sizeof mistakes);
    assert_int_equal(tick__world_parse(text, strlen(text), "world.yaml", "/here", &world, &mistakes), TICK_EFORMAT);
    assert_int_equal(mistakes.count, sizeof lines / sizeof *lines);
    for (size_t i = 0; i < mistakes.count; i++)
        assert_int_equal(mistakes.list[i].line, lines[i]); // in the file's order
}

// Whatever a file is made of, it costs no more than its size, and more mistakes than are kept are counted.
static void large_ones(void **state) {
    (void)state;
    enum { SIZE = 1 << 20 };
    static const char *const pieces[] = {
        "[", "{", "a: ", "- ", "? ", "\"", "'", "&a ", "a\n", "|\n", "{a: b}, ", "a: b\n", "\\", "\n", " ", "!", "---\n"};
    char *text = malloc(SIZE + 2);
    assert_non_null(text);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        const size_t length = strlen(pieces[i]);
        struct tick__world_file *world;
        for (size_t at = 0; at < SIZE; at++)
            text[at] = pieces[i][at % length];
        memset(&mistakes, 0, sizeof mistakes);
        const int result = tick__world_parse(text, SIZE, "world.yaml", "/here", &world, &mistakes);
        if (result == -ENOMEM)
            break;
        assert_int_equal(result, TICK_EFORMAT);
    }
    memset(text, ' ', SIZE + 1);
    memset(&mistakes, 0, sizeof mistakes);
    struct tick__world_file *world;
    assert_int_equal(tick__world_parse(text, SIZE + 1, "world.yaml", "/here", &world, &mistakes), TICK_EFORMAT);
    assert_string_equal(mistakes.list[0].text, "the file is larger than a MiB: no world needs as much");
    size_t length = (size_t)sprintf(text, "hosts: {a: {program: a, ");
    for (int i = 0; i < 150; i++)
        length += (size_t)sprintf(text + length, "k%d: 1, ", i);
    length += (size_t)sprintf(text + length, "}}\n");
    memset(&mistakes, 0, sizeof mistakes);
    assert_int_equal(tick__world_parse(text, length, "world.yaml", "/here", &world, &mistakes), TICK_EFORMAT);
    assert_int_equal(mistakes.count, 150);
    length = (size_t)sprintf(text, "hosts: {a: {program: [");
    for (int i = 0; i < 1001; i++)
        length += (size_t)sprintf(text + length, "w, ");
    length += (size_t)sprintf(text + length, "]}}\n");
    memset(&mistakes, 0, sizeof mistakes);
    assert_int_equal(tick__world_parse(text, length, "world.yaml", "/here", &world, &mistakes), TICK_EFORMAT);
    assert_string_equal(mistakes.list[0].text, "more than 1,000 items in one list or map: no world needs as many");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_small_world), cmocka_unit_test(every_word),
        cmocka_unit_test(words_that_there_are_not), cmocka_unit_test(values_of_another_kind), cmocka_unit_test(shapes),
        cmocka_unit_test(what_does_not_go_together), cmocka_unit_test(yaml), cmocka_unit_test(many_at_once), cmocka_unit_test(large_ones)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
