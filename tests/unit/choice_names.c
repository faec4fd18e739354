// Names: paths of random trees of objects lead back to their ids; escapes; malformed paths.
#include "sim/choice/path_int.h"
#include <retick/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct tree {
    struct tick_names *names;
    struct tick_object objects[300]; // by object id
    uint32_t count;
    uint64_t random;
};

static uint32_t draw(struct tree *t, uint32_t n) {
    t->random = tick_id_mix(t->random, 1);
    return (uint32_t)((t->random >> 32) % n);
}

static uint32_t tell(struct tree *t, struct tick_object object) {
    t->objects[++t->count] = object;
    tick_names_tell(t->names, t->count, &object);
    return t->count;
}

static uint32_t host(struct tree *t, const char *name) {
    return tell(t, (struct tick_object){.type = TICK_OBJECT_HOST, .id = tick_id_host(name), .key = name, .kth = 1});
}

static uint32_t task(struct tree *t, uint32_t parent, const char *key, uint32_t kth) {
    tick_id id = tick_id_task(t->objects[parent].id, key, kth);
    return tell(t, (struct tick_object){.type = TICK_OBJECT_TASK, .id = id, .parent = parent, .key = key, .kth = kth});
}

static uint32_t made(struct tree *t, uint32_t parent, enum tick_object_type type, const char *key, uint32_t kth) {
    const tick_id maker = t->objects[parent].id, sort = tick_id_sort(type, key);
    tick_id id =
        type == TICK_OBJECT_CONNECTION ? tick_id_named(maker, type, tick_id_host(key), kth) : tick_id_mix(tick_id_mix(maker, sort), kth);
    return tell(t, (struct tick_object){.type = type, .id = id, .parent = parent, .key = key, .kth = kth});
}

static uint32_t part(struct tree *t, uint32_t parent, enum tick_connection_part which) {
    enum tick_object_type type = which == TICK_OUT || which == TICK_IN ? TICK_OBJECT_DIRECTION : TICK_OBJECT_FD;
    return tell(
        t, (struct tick_object){.type = type, .id = tick_id_part(t->objects[parent].id, which), .parent = parent, .kth = (uint32_t)which});
}

static void expect(struct tree *t, uint32_t object, const char *path) {
    char text[256];
    tick_id id;
    assert_int_equal(tick_names_path(t->names, t->objects[object].id, text, sizeof text), strlen(path));
    assert_string_equal(text, path);
    assert_int_equal(tick_names_path_of_object(t->names, object, text, sizeof text), strlen(path));
    assert_string_equal(text, path);
    assert_int_equal(tick_path_id(path, &id), 0);
    assert_true(id == t->objects[object].id);
    assert_int_equal(tick_names_object(t->names, id), object);
}

static int set_up(void **state) {
    static struct tree tree;
    tree = (struct tree){.random = 7};
    *state = &tree;
    return tick_names_new(&tree.names);
}

static int tear_down(void **state) {
    tick_names_free(((struct tree *)*state)->names);
    return 0;
}

static void grammar(void **state) {
    struct tree *t = *state;
    uint32_t alice = host(t, "alice"), main_task = task(t, alice, "main", 1), second = task(t, main_task, "increment", 2);
    expect(t, alice, "alice");
    expect(t, main_task, "alice/main");
    expect(t, task(t, main_task, "increment", 1), "alice/increment");
    expect(t, second, "alice/increment#2");
    expect(t, task(t, main_task, "main", 1), "alice/main/main");
    expect(t, task(t, main_task, "main", 2), "alice/main#2");
    expect(t, task(t, second, "main", 1), "alice/increment#2/main");
    expect(t, task(t, main_task, "main-loop", 1), "alice/main-loop");
    uint32_t connection = made(t, main_task, TICK_OBJECT_CONNECTION, "server", 2);
    expect(t, connection, "alice→server#2:conn");
    uint32_t out = part(t, connection, TICK_OUT);
    expect(t, out, "alice→server#2");
    expect(t, part(t, connection, TICK_IN), "alice←server#2");
    expect(t, part(t, connection, TICK_NEAR), "alice→server#2:near");
    uint32_t far = part(t, connection, TICK_FAR);
    expect(t, far, "alice→server#2:far");
    uint32_t handler = task(t, connection, "serve", 1);
    expect(t, handler, "alice→server#2/serve");
    expect(t, made(t, handler, TICK_OBJECT_TIMER, "sleep", 3), "alice→server#2/serve:sleep#3");
    expect(t, made(t, connection, TICK_OBJECT_TIMER, NULL, 1), "alice→server#2:conn:timer");
    expect(t, made(t, far, TICK_OBJECT_OP, NULL, 1), "alice→server#2:far:op");
    expect(t, made(t, out, TICK_OBJECT_LOCK, NULL, 4), "alice→server#2:dir:lock#4");
    expect(t, made(t, handler, TICK_OBJECT_CONNECTION, "db", 1), "alice→server#2/serve→db:conn");
    expect(t, made(t, second, TICK_OBJECT_TIMER, "deadline", 1), "alice/increment#2:deadline");
    expect(t, made(t, main_task, TICK_OBJECT_FD, NULL, 1), "alice:fd");
    expect(t, made(t, alice, TICK_OBJECT_FD, NULL, 1), "alice:host:fd");
    expect(t, task(t, alice, "extra", 1), "alice:host/extra");
    expect(t, made(t, alice, TICK_OBJECT_CONNECTION, "server", 1), "alice:host→server:conn");
    tick_id coin = tick_id_task(t->objects[second].id, "coin", 1);
    uint32_t user = tell(t, (struct tick_object){.type = TICK_OBJECT_USER, .id = coin, .parent = second, .key = "coin", .kth = 1});
    expect(t, user, "alice/increment#2/coin");
}

static void names_are_escaped(void **state) {
    struct tree *t = *state;
    uint32_t h = host(t, "a/b:c#d e%f<g>h"), m = task(t, h, "main", 1);
    expect(t, h, "a%2fb%3ac%23d%20e%25f%3cg%3eh");
    expect(t, task(t, m, "x→y", 1), "a%2fb%3ac%23d%20e%25f%3cg%3eh/x%e2%86%92y");
    expect(t, task(t, m, "", 2), "a%2fb%3ac%23d%20e%25f%3cg%3eh/%00#2");
    expect(t, task(t, m, "tab\tnewline\n", 1), "a%2fb%3ac%23d%20e%25f%3cg%3eh/tab%09newline%0a");
    expect(t, task(t, m, "größe-2", 1), "a%2fb%3ac%23d%20e%25f%3cg%3eh/größe-2");
    uint32_t id = host(t, "id");
    expect(t, made(t, task(t, id, "main", 1), TICK_OBJECT_TIMER, NULL, 1), "id:timer");
}

static void people_may_write_otherwise(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"alice->server", "alice→server"},
        {"alice<-server#2", "alice←server#2"},
        {"alice/increment#1", "alice/increment"},
        {"alice/main/increment", "alice/increment"},
        {"alice→server:conn/serve", "alice→server/serve"},
        {"al%69ce", "alice"},
        {"id:00000000000000FF", "id:00000000000000ff"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        tick_id a = 1, b = 2;
        assert_int_equal(tick_path_id(pairs[i][0], &a), 0);
        assert_int_equal(tick_path_id(pairs[i][1], &b), 0);
        assert_true(a == b);
    }
}

static void lives_have_paths(void **state) {
    (void)state;
    tick_id life, first, task;
    assert_int_equal(tick_path_id("alice#2", &life), 0);
    assert_int_equal(tick_path_id("alice#1", &first), 0);
    assert_int_equal(tick_path_id("alice#2/x", &task), 0);
    assert_true(life == tick_id_life("alice", 2) && first == tick_id_host("alice"));
    assert_true(task == tick_id_task(tick_id_task(life, "main", 1), "x", 1));
    struct tick_names *names;
    char text[64];
    assert_int_equal(tick_names_new(&names), 0);
    tick_names_tell(names, 1, &(struct tick_object){.type = TICK_OBJECT_HOST, .id = life, .key = "alice", .kth = 2});
    tick_names_path(names, life, text, sizeof text);
    assert_string_equal(text, "alice#2");
    tick_names_free(names);
}

static void malformed(void **state) {
    (void)state;
    static const char *const paths[] = {"", "/", ":timer", "→server", "alice/", "alice//x", "alice:", "alice:clock", "alice:timer#",
        "alice:timer#0", "alice:timer#x", "alice:timer#4294967296", "alice→", "alice→server:timer", "alice→server:nearby",
        "alice←server/serve", "alice#0", "alice/x y", "alice/%", "alice/%2", "alice/%zz", "alice:timer extra", "alice:task",
        "alice:connection", "id:12345", "id:0123456789abcdeg", "alice:host", "alice:timers", "a>b", "a<b", "alice/x#2#3",
        "alice→server#2:far:", "alice/x#02"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        tick_id id;
        if (tick_path_id(paths[i], &id) != TICK_EFORMAT)
            fail_msg("%s was taken", paths[i]);
    }
    char longest[2002];
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = 0;
    tick_id id;
    assert_int_equal(tick_path_id(longest, &id), TICK_EFORMAT);
}

// Every byte sequence is either refused or read; none is read beyond its end (sanitizers watch).
static void garbage(void **state) {
    struct tree *t = *state;
    static const char alphabet[] = "a/:#%<>-\xe2\x86\x92 0dir";
    for (int i = 0; i < 20000; i++) {
        char text[16];
        uint32_t length = draw(t, sizeof text);
        for (uint32_t k = 0; k < length; k++)
            text[k] = alphabet[draw(t, sizeof alphabet - 1)];
        text[length] = 0;
        tick_id id;
        int rc = tick_path_id(text, &id);
        assert_true(rc == 0 || rc == TICK_EFORMAT);
    }
}

static void random_trees_round_trip(void **state) {
    struct tree *t = *state;
    static const char *const keys[] = {"main", "serve", "a b", "x#1", "größe", "", "id", "conn", "%"};
    for (int round = 0; round < 40; round++) {
        tick_names_clear(t->names);
        t->count = 0;
        host(t, keys[round % 9]);
        task(t, 1, "main", 1);
        uint32_t made_of[300] = {0};
        while (t->count < 290) {
            uint32_t parent = draw(t, t->count) + 1, kth = ++made_of[parent];
            const struct tick_object *p = &t->objects[parent];
            if (kth > 3)
                continue;
            if (p->type == TICK_OBJECT_CONNECTION && draw(t, 2))
                part(t, parent, (enum tick_connection_part)(kth)); // OUT, IN, NEAR
            else if (draw(t, 3) == 0)
                task(t, parent, keys[draw(t, 9)], kth + 1);
            else if (draw(t, 2))
                made(t, parent, TICK_OBJECT_CONNECTION, keys[draw(t, 9)], kth);
            else
                made(t, parent, TICK_OBJECT_FUTURE, NULL, kth);
        }
        for (uint32_t i = 1; i <= t->count; i++) {
            char text[4096];
            tick_id id = 0;
            assert_true(tick_names_path(t->names, t->objects[i].id, text, sizeof text) < (int)sizeof text);
            assert_int_equal(tick_path_id(text, &id), 0);
            if (id != t->objects[i].id)
                fail_msg("%s leads elsewhere", text);
            assert_true(strncmp(text, "id:", 3) != 0 || !strcmp(keys[round % 9], "id"));
        }
    }
}

static void unknown_is_written_as_an_id(void **state) {
    struct tree *t = *state;
    char text[64];
    tick_id id;
    assert_int_equal(tick_names_path(t->names, 0xabcdef, text, sizeof text), 19);
    assert_string_equal(text, "id:0000000000abcdef");
    assert_int_equal(tick_path_id(text, &id), 0);
    assert_true(id == 0xabcdef);
    assert_int_equal(tick_names_path(NULL, 1, text, sizeof text), 19);
    uint32_t alice = host(t, "alice");
    // Made otherwise than the grammar says: its path would lead elsewhere.
    uint32_t odd = tell(t, (struct tick_object){.type = TICK_OBJECT_TIMER, .id = 99, .parent = alice, .kth = 1});
    tick_names_path(t->names, 99, text, sizeof text);
    assert_string_equal(text, "id:0000000000000063");
    tick_names_path_of_object(t->names, odd, text, sizeof text);
    assert_string_equal(text, "alice:host:timer");
    struct tick_object about;
    assert_false(tick_names_about(t->names, 12345, &about));
    assert_true(tick_names_about(t->names, tick_id_host("alice"), &about));
    assert_string_equal(about.key, "alice");
    assert_int_equal(tick_names_path(t->names, tick_id_host("alice"), text, 3), 5); // as snprintf
    assert_string_equal(text, "al");
    assert_int_equal(tick_names_path(t->names, tick_id_host("alice"), NULL, 0), 5);
}

static void messages_and_depth(void **state) {
    struct tree *t = *state;
    struct tick_probe *probe = tick_names_probe(t->names);
    const struct tick_object h = {.type = TICK_OBJECT_HOST, .id = tick_id_host("a"), .key = "a", .kth = 1};
    assert_int_equal(probe->ops->object(probe, &h), 1);
    const struct tick_object m = {.type = TICK_OBJECT_TASK, .id = tick_id_task(h.id, "main", 1), .parent = 1, .key = "main", .kth = 1};
    assert_int_equal(probe->ops->object(probe, &m), 2);
    const struct tick_object c = {.type = TICK_OBJECT_CONNECTION,
        .id = tick_id_named(m.id, TICK_OBJECT_CONNECTION, tick_id_host("b"), 1),
        .parent = 2,
        .key = "b",
        .kth = 1};
    assert_int_equal(probe->ops->object(probe, &c), 3);
    const struct tick_object d = {.type = TICK_OBJECT_DIRECTION, .id = tick_id_part(c.id, TICK_OUT), .parent = 3, .kth = TICK_OUT};
    assert_int_equal(probe->ops->object(probe, &d), 4);
    assert_int_equal(probe->ops->text(probe, "hello"), 5);
    const struct tick_object message = {.type = TICK_OBJECT_MESSAGE, .parent = 4, .ordinal = 12};
    assert_int_equal(probe->ops->object(probe, &message), 6);
    assert_int_equal(tick_emit(probe, TICK_EV_MSG_SEND, 6, 0, 17, NULL), 1);
    assert_int_equal(tick_names_message_size(t->names, d.id, 12), 17);
    assert_int_equal(tick_names_message_size(t->names, d.id, 13), 0);
    char text[2000];
    tick_names_path_of_object(t->names, 6, text, sizeof text);
    assert_string_equal(text, "a→b@12");
    // A chain of 100 tasks is beyond what a path says.
    tick_id id = m.id;
    uint32_t parent = 2;
    for (int i = 0; i < 100; i++) {
        id = tick_id_task(id, "child", 1);
        parent = probe->ops->object(
            probe, &(struct tick_object){.type = TICK_OBJECT_TASK, .id = id, .parent = parent, .key = "child", .kth = 1});
    }
    assert_int_equal(tick_names_path(t->names, id, text, sizeof text), 19);
    tick_names_clear(t->names);
    assert_int_equal(tick_names_object(t->names, id), 0);
    assert_int_equal(probe->ops->object(probe, &h), 1);
}

// Who comes after the last number takes nobody's place.
static void numbers_run_out(void **state) {
    struct tree *t = *state;
    struct tick_probe *probe = tick_names_probe(t->names);
    char text[100];
    const struct tick_object h = {.type = TICK_OBJECT_HOST, .id = tick_id_host("a"), .key = "a", .kth = 1};
    assert_int_equal(probe->ops->object(probe, &h), 1);
    tick__names_count_from(t->names, UINT32_MAX - 3);
    for (uint32_t k = 1; k <= 6; k++) {
        const struct tick_object late = {
            .type = TICK_OBJECT_TASK, .id = tick_id_task(h.id, "late", k), .parent = 1, .key = "late", .kth = k};
        assert_int_equal(probe->ops->object(probe, &late), k == 1 ? UINT32_MAX - 2 : UINT32_MAX);
        assert_int_equal(probe->ops->text(probe, "text"), k == 1 ? UINT32_MAX - 1 : UINT32_MAX);
        assert_int_equal(tick_emit(probe, TICK_EV_LOG, 0, 0, 0, NULL), k < 3 ? UINT32_MAX - 3 + k : UINT32_MAX);
        tick_names_path(t->names, late.id, text, sizeof text);
        assert_memory_equal(text, "id:", 3);
    }
    assert_int_equal(tick_names_object(t->names, h.id), 1);
    tick_names_path_of_object(t->names, 1, text, sizeof text);
    assert_string_equal(text, "a");
}

static void many(void **state) {
    struct tree *t = *state;
    uint32_t h = host(t, "h");
    tick_id base = tick_id_mix(t->objects[h].id, TICK_OBJECT_HANDLE);
    for (uint32_t k = 1; k <= 20000; k++) {
        tick_names_tell(t->names, k + 1,
            &(struct tick_object){
                .type = TICK_OBJECT_HANDLE, .id = tick_id_mix(base, k), .parent = h, .kth = k, .key = k % 2 ? "x" : NULL});
        if (k % 1000 == 0)
            assert_int_equal(tick_names_object(t->names, tick_id_mix(base, k / 2)), k / 2 + 1);
    }
    char text[64];
    tick_names_path(t->names, tick_id_mix(base, 20000), text, sizeof text);
    assert_string_equal(text, "h:host:handle#20000");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(grammar, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_are_escaped, set_up, tear_down),
        cmocka_unit_test(people_may_write_otherwise),
        cmocka_unit_test(lives_have_paths),
        cmocka_unit_test(malformed),
        cmocka_unit_test_setup_teardown(garbage, set_up, tear_down),
        cmocka_unit_test_setup_teardown(random_trees_round_trip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unknown_is_written_as_an_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_and_depth, set_up, tear_down),
        cmocka_unit_test_setup_teardown(numbers_run_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
