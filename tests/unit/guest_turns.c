// Whose turn it is: the order of ready threads, deadlines, waiters, what choices put off, and where nothing can happen any more.
//
// The threads are contexts on stacks of the test's own, with the test's thread-local memory; the world around them is the test's.
// links: tick_guest tick_kernel tick_choice
// once: yes
#include "sim/guest/context_int.h"
#include "sim/guest/guest_int.h"
#include "sim/guest/turn_int.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>

#include <cmocka.h>

#define STACK ((size_t)4 << 20) // so far apart that valgrind takes a switch for one; only what is used is there
#define MOST 600

// --- the world around turn.c ---

_Thread_local bool tick__guest_on __attribute__((tls_model("initial-exec")));
struct tick_kernel *tick__guest_kernel;
int tick__guest_process, tick__guest_machine;
struct tick_guest_control *tick__guest_control;
tick_id tick__guest_host;

static struct answer {
    enum tick_choice_kind kind;
    tick_id subject;
    uint64_t ordinal;
    uint32_t value, asked;
} answers[8];
static size_t answer_count, waits;
static char log_text[4000], deadlock_text[1000];
static jmp_buf deadlocked;
static char *stacks;

uint32_t tick__guest_choose(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)most;
    for (size_t i = 0; i < answer_count; i++) {
        struct answer *a = &answers[i];
        if (a->kind == kind && a->subject == subject && a->ordinal == ordinal) {
            a->asked++;
            assert_true(a->value < n);
            return a->value;
        }
    }
    return 0;
}

bool tick__guest_is_calm(enum tick_choice_kind kind) {
    (void)kind;
    return answer_count == 0;
}

void tick__guest_at_wait(void) {
    waits++;
}

bool tick__guest_must_wait(void) {
    return false;
}

void tick__guest_put_waits(void) {}

int tick__guest_signal_process(int number, const struct tick__guest_sent *sent) {
    (void)number, (void)sent;
    return 0;
}

void tick__guest_deadlock(const char *text) {
    (void)snprintf(deadlock_text, sizeof deadlock_text, "%s", text);
    longjmp(deadlocked, 1);
}

void tick__guest_end(enum tick_guest_end end, int code, const char *text) {
    (void)end, (void)code;
    fail_msg("%s", text);
    abort();
}

void tick__guest_unsupported(const char *call, const char *why) {
    fail_msg("%s: %s", call, why);
    abort();
}

// No signals are in this world.
void tick__guest_attend(void) {}
bool tick__guest_called_on(void) {
    return false;
}
void tick__guest_mask_look(void) {}
void tick__guest_timer_due(uint32_t index) {
    (void)index;
}

static uint32_t kernel_asks(void *ctx, enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    (void)ctx;
    return tick__guest_choose(kind, subject, ordinal, n, most);
}

static void answer(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t value) {
    answers[answer_count++] = (struct answer){kind, subject, ordinal, value, 0};
}

static int begin(void **state) {
    (void)state;
    const struct tick_kernel_env env = {.choose = kernel_asks};
    tick__guest_host = tick_id_host("app");
    tick__guest_context_begin();
    if (tick_kernel_new((size_t)64 << 20, &tick__guest_kernel) < 0)
        return -1;
    tick_kernel_reset(tick__guest_kernel, &env);
    assert_int_equal(tick_kernel_host_add(tick__guest_kernel, "app", tick__guest_host, 0), 0);
    assert_int_equal(tick_kernel_process_start(tick__guest_kernel, 0), 0);
    stacks = mmap(NULL, STACK * MOST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (stacks == MAP_FAILED)
        return -1;
    answer_count = waits = 0;
    log_text[0] = deadlock_text[0] = 0;
    tick__guest_turns = NULL;
    tick__guest_turn_begin();
    return 0;
}

static int end(void **state) {
    (void)state;
    (void)munmap(stacks, STACK * MOST);
    (void)munmap(tick__guest_turns, sizeof *tick__guest_turns);
    tick_kernel_free(tick__guest_kernel);
    return 0;
}

// --- threads ---

static struct job {
    void (*run)(int64_t arg);
    int64_t arg;
} jobs[MOST];

static void entry(void) {
    const struct job *job = &jobs[tick__guest_self()->index];
    job->run(job->arg);
    tick__guest_thread_over();
}

static struct tick__guest_thread *thread_of(const char *name, void (*run)(int64_t), int64_t arg) {
    struct tick__guest_thread *thread = tick__guest_thread_new(name);
    assert_non_null(thread);
    assert_true(thread->index < MOST);
    jobs[thread->index] = (struct job){run, arg};
    tick__guest_context_make(&thread->context, stacks + STACK * (thread->index + 1), tick__guest_fs(), entry);
    return thread;
}

static struct tick__guest_thread *start(const char *name, void (*run)(int64_t), int64_t arg) {
    struct tick__guest_thread *thread = thread_of(name, run, arg);
    tick__guest_wake(thread);
    return thread;
}

static int64_t now(void) {
    return tick_kernel_now(tick__guest_kernel);
}

static void say(const char *format, ...) {
    const size_t used = strlen(log_text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(log_text + used, sizeof log_text - used, format, args);
    va_end(args);
}

static int sleep_until(int64_t at) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_SLEEP, .fd = -1};
    return tick__guest_park(&wait, at);
}

static int wait_at(const void *object, int64_t deadline) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_LOCK, .fd = -1, .object = object};
    return tick__guest_park(&wait, deadline);
}

// --- order ---

static void three_turns(int64_t name) {
    for (int i = 0; i < 3; i++) {
        say("%c", (char)name);
        tick__guest_point();
    }
}

static void ready_threads_take_turns(void **state) {
    (void)state;
    for (char name = 'a'; name < 'd'; name++)
        start("three", three_turns, name);
    three_turns('m');
    assert_int_equal(sleep_until(10), 0);
    assert_string_equal(log_text, "mabcmabcmabc");
    assert_int_equal(now(), 10);
}

static void naps(int64_t at) {
    say("%s", sleep_until(at) == 0 && now() == at ? "" : "!");
    say("%u ", tick__guest_self()->index);
}

static void deadlines_come_in_order_and_of_one_moment_as_they_were_parked(void **state) {
    (void)state;
    static const int64_t at[] = {30, 10, 20, 10, 30, 5};
    for (size_t i = 0; i < 6; i++)
        start("naps", naps, at[i]);
    assert_int_equal(sleep_until(30), 0);
    assert_int_equal(sleep_until(31), 0);
    assert_string_equal(log_text, "6 2 4 3 1 5 ");
}

static int64_t last_at;
static uint32_t came;
static void comes_in_time(int64_t at) {
    assert_int_equal(sleep_until(at), 0);
    assert_true(at >= last_at);
    assert_int_equal(now(), at);
    last_at = at;
    came++;
}

static void hundreds_of_deadlines(void **state) {
    (void)state;
    uint64_t random = 1;
    last_at = came = 0;
    for (int i = 0; i < 500; i++) {
        random = tick_id_mix(random, 7);
        start("comes", comes_in_time, 1 + (int64_t)(random % 300));
    }
    sleep_until(400);
    assert_int_equal(came, 500);
    assert_int_equal(tick__guest_turns->deadlines, 0);
    assert_int_equal(tick__guest_turns->alive, 1);
}

static int object, other;
static void waits_there(int64_t deadline) {
    const int how = wait_at(&object, deadline);
    say("%u:%d@%d ", tick__guest_self()->index, how, (int)now());
}

static void who_is_woken_does_not_time_out(void **state) {
    (void)state;
    start("waits", waits_there, 50);
    start("waits", waits_there, 40);
    start("waits", waits_there, TICK_NEVER);
    sleep_until(20);
    assert_int_equal(tick__guest_waiters_wake(&other, 9), 0);
    assert_int_equal(tick__guest_waiters_wake(&object, 1), 1);
    sleep_until(60);
    assert_string_equal(log_text, "1:1@20 2:0@40 ");
    assert_int_equal(tick__guest_waiters_wake(&object, 9), 1);
    sleep_until(61);
    assert_string_equal(log_text, "1:1@20 2:0@40 3:1@60 ");
}

static void tries_twice(int64_t keeps) {
    struct tick__guest_wait wait = {.what = TICK__WAITS_LOCK, .fd = -1, .object = &object, .since = keeps ? tick__guest_place() : 0};
    tick__guest_park(&wait, TICK_NEVER);
    tick__guest_park(&wait, TICK_NEVER);
    say("%u ", tick__guest_self()->index);
}

static void who_was_woken_in_vain_keeps_its_place(void **state) {
    (void)state;
    start("tries", tries_twice, 1);
    start("tries", tries_twice, 1);
    start("tries", tries_twice, 0);
    start("waits", waits_there, TICK_NEVER);
    sleep_until(1);
    for (int64_t i = 0; i < 7; i++) {
        tick__guest_waiters_wake(&object, 1);
        sleep_until(i + 2);
    }
    // 1 and 2 once more at their places, 3 behind 4
    assert_string_equal(log_text, "1 2 4:1@6 3 ");
}

static void objects_of_one_bucket_are_apart(void **state) {
    (void)state;
    static char many[2000];
    struct tick__guest_thread *waiting[300];
    for (int i = 0; i < 300; i++) { // more than there are buckets
        waiting[i] = thread_of("waits", waits_there, 0);
        waiting[i]->wait.object = &many[i % 250];
        waiting[i]->place = tick__guest_place();
        tick__guest_waiters_add(waiting[i]);
    }
    for (int i = 0; i < 250; i++) {
        struct tick__guest_thread *first = tick__guest_waiters_next(&many[i], NULL);
        assert_ptr_equal(first, waiting[i]);
        assert_ptr_equal(tick__guest_waiters_next(&many[i], first), i < 50 ? waiting[i + 250] : NULL);
        tick__guest_waiters_remove(first);
        assert_ptr_equal(tick__guest_waiters_next(&many[i], NULL), i < 50 ? waiting[i + 250] : NULL);
        if (i < 50)
            tick__guest_waiters_remove(waiting[i + 250]);
        assert_null(tick__guest_waiters_next(&many[i], NULL));
    }
}

// --- the kernel ---

static int event_fd;
static void posts(int64_t at) {
    sleep_until(at);
    assert_int_equal(tick_k_write(tick__guest_kernel, 0, event_fd, &(uint64_t){1}, 8), 8);
}

static void the_kernel_wakes(void **state) {
    (void)state;
    struct tick_kernel_name name = {.id = 77};
    event_fd = tick_k_eventfd(tick__guest_kernel, 0, 0, 0, &name);
    assert_true(event_fd >= 0);
    start("posts", posts, 25);
    const struct tick__guest_wait wait = {.what = TICK__WAITS_FDS, .fd = event_fd};
    struct pollfd fd = {.fd = event_fd, .events = POLLIN};
    uint32_t key;
    assert_int_equal(tick_kernel_watch_fds(tick__guest_kernel, 0, &fd, 1, 0, &key), 0);
    assert_int_equal(tick__guest_park(&wait, TICK_NEVER), 1);
    assert_int_equal(now(), 25);
    tick_kernel_unwatch_fds(tick__guest_kernel, key);
    assert_true(waits > 0);
}

static void a_poll_lets_what_is_due_happen(void **state) {
    (void)state;
    start("naps", naps, 0);
    start("naps", naps, 0);
    tick__guest_point();
    tick__guest_point();
    assert_string_equal(log_text, "1 2 ");
    assert_int_equal(now(), 0);
}

static void a_wait_at_which_nobody_is_ready_is_told(void **state) {
    (void)state;
    start("naps", naps, 5);
    tick__guest_point();
    assert_int_equal(waits, 0); // somebody was ready
    tick__guest_point();
    assert_int_equal(waits, 1);
    sleep_until(10);
    assert_int_equal(waits, 3); // main's, and of who is over
}

// --- interruptions ---

static void interruptible(int64_t is) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_SIGNAL, .fd = -1, .object = &object, .interruptible = is != 0};
    say("%d ", tick__guest_park(&wait, 40));
}

static void some_waits_are_interrupted(void **state) {
    (void)state;
    struct tick__guest_thread *a = start("a", interruptible, 1), *b = start("b", interruptible, 0);
    sleep_until(10);
    tick__guest_interrupt(a);
    tick__guest_interrupt(b);
    assert_null(tick__guest_waiters_next(&object, NULL));
    sleep_until(50);
    char expected[50];
    (void)snprintf(expected, sizeof expected, "%d 1 ", -EINTR);
    assert_string_equal(log_text, expected);
}

// --- names ---

static void makes_two(int64_t arg) {
    (void)arg;
    struct tick__guest_thread *first = thread_of("inner", naps, 0), *second = thread_of("inner", naps, 0);
    say("%s %s", first->path, second->path);
    assert_int_equal(first->id, tick_id_task(tick__guest_self()->id, "inner", 1));
    assert_int_equal(second->id, tick_id_task(tick__guest_self()->id, "inner", 2));
    tick__guest_thread_free(first);
    tick__guest_thread_free(second);
}

static void names_are_paths(void **state) {
    (void)state;
    const tick_id main_id = tick_id_task(tick_id_host("app"), "main", 1);
    assert_int_equal(tick__guest_self()->id, main_id);
    start("outer", naps, 0);
    struct tick__guest_thread *second = start("outer", makes_two, 0);
    assert_int_equal(second->id, tick_id_task(main_id, "outer", 2));
    sleep_until(1);
    assert_string_equal(log_text, "main/outer#2/inner main/outer#2/inner#21 ");
}

static void slots_are_used_again(void **state) {
    (void)state;
    for (int i = 0; i < 5000; i++) {
        struct tick__guest_thread *thread = start("naps", naps, now());
        assert_int_equal(thread->index, 1);
        sleep_until(now() + 1);
        log_text[0] = 0;
        assert_int_equal(thread->state, TICK__THREAD_OVER);
        tick__guest_thread_free(thread);
    }
    assert_int_equal(tick__guest_turns->alive, 1);
}

// --- nothing can happen ---

static void deadlocks_say_who_waits(void **state) {
    (void)state;
    start("waits", waits_there, TICK_NEVER);
    start("waits", waits_there, TICK_NEVER);
    if (!setjmp(deadlocked))
        (void)tick__guest_park(&(struct tick__guest_wait){.what = TICK__WAITS_CONDITION, .fd = -1}, TICK_NEVER);
    assert_string_equal(deadlock_text, "main waits for a condition; main/waits waits for a mutex; main/waits#2 waits for a mutex");
}

// --- choices ---

#define ONE_MS 4 // on the scale of times

static void the_kernel_wakes_late(void **state) {
    (void)state;
    answer(TICK_CHOICE_HOST_LATE, 77, 0, ONE_MS);
    struct tick_kernel_name name = {.id = 77};
    event_fd = tick_k_eventfd(tick__guest_kernel, 0, 0, 0, &name);
    start("posts", posts, 25);
    struct pollfd fd = {.fd = event_fd, .events = POLLIN};
    const struct tick__guest_wait wait = {.what = TICK__WAITS_FDS, .fd = event_fd};
    uint32_t key;
    assert_int_equal(tick_kernel_watch_fds(tick__guest_kernel, 0, &fd, 1, 0, &key), 0);
    assert_int_equal(tick__guest_park(&wait, 1000), 1); // its deadline is behind it, and it was woken
    tick_kernel_unwatch_fds(tick__guest_kernel, key);
    assert_int_equal(answers[0].asked, 1);
    assert_int_equal(now(), 25 + TICK_MS(1));
}

static void deadlines_come_late(void **state) {
    (void)state;
    const tick_id self = tick__guest_self()->id;
    answer(TICK_CHOICE_POLL_LATE, tick_id_mix(tick_id_mix(self, TICK_SORT_SLEEP), 2), 0, ONE_MS);
    answer(TICK_CHOICE_POLL_LATE, tick_id_mix(tick_id_mix(self, TICK_SORT_DEADLINE), 1), 0, ONE_MS);
    assert_int_equal(sleep_until(10), 0);
    assert_int_equal(now(), 10);
    assert_int_equal(sleep_until(20), 0);
    assert_int_equal(now(), 20 + TICK_MS(1));
    assert_int_equal(wait_at(&object, now() + 10), 0);
    assert_int_equal(now(), 30 + TICK_MS(2));
}

static void wakes_main(int64_t at) {
    sleep_until(at);
    tick__guest_waiters_wake(&object, 1);
}

static void who_is_woken_while_it_is_put_off_was_woken(void **state) {
    (void)state;
    answer(TICK_CHOICE_POLL_LATE, tick_id_mix(tick_id_mix(tick__guest_self()->id, TICK_SORT_DEADLINE), 1), 0, ONE_MS);
    start("wakes", wakes_main, 15);
    assert_int_equal(wait_at(&object, 10), 1);
    assert_int_equal(now(), 10 + TICK_MS(1));
}

static void polls_come_late(void **state) {
    (void)state;
    answer(TICK_CHOICE_POLL_LATE, tick__guest_self()->id, 2, ONE_MS);
    start("naps", naps, 5);
    tick__guest_point();
    assert_int_equal(now(), 0);
    tick__guest_point();
    assert_int_equal(now(), TICK_MS(1));
    assert_string_equal(log_text, "1 ");
}

static void threads_take_time_for_their_work(void **state) {
    (void)state;
    const tick_id thread = tick_id_task(tick__guest_self()->id, "naps", 1);
    answer(TICK_CHOICE_JOB_TIME, thread, 2, ONE_MS);
    answer(TICK_CHOICE_JOB_TIME, tick__guest_self()->id, 1, ONE_MS); // main is never asked
    start("naps", naps, 5);
    sleep_until(6);
    assert_string_equal(log_text, "");
    assert_int_equal(now(), 6);
    sleep_until(TICK_MS(1) + 6);
    assert_string_equal(log_text, "!1 "); // it went on late
    assert_int_equal(answers[0].asked, 1);
    assert_int_equal(answers[1].asked, 0);
}

static void threads_are_held_back(void **state) {
    (void)state;
    const tick_id self = tick__guest_self()->id;
    answer(TICK_CHOICE_THREAD, tick_id_task(self, "three", 1), 1, 2); // two others go first
    answer(TICK_CHOICE_THREAD, tick_id_task(self, "three", 3), 2, 8); // all others do, as long as there are any
    for (char name = 'a'; name < 'd'; name++)
        start("three", three_turns, name);
    sleep_until(1);
    assert_string_equal(log_text, "bcababacc");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(ready_threads_take_turns, begin, end),
        cmocka_unit_test_setup_teardown(deadlines_come_in_order_and_of_one_moment_as_they_were_parked, begin, end),
        cmocka_unit_test_setup_teardown(hundreds_of_deadlines, begin, end),
        cmocka_unit_test_setup_teardown(who_is_woken_does_not_time_out, begin, end),
        cmocka_unit_test_setup_teardown(who_was_woken_in_vain_keeps_its_place, begin, end),
        cmocka_unit_test_setup_teardown(objects_of_one_bucket_are_apart, begin, end),
        cmocka_unit_test_setup_teardown(the_kernel_wakes, begin, end),
        cmocka_unit_test_setup_teardown(a_poll_lets_what_is_due_happen, begin, end),
        cmocka_unit_test_setup_teardown(a_wait_at_which_nobody_is_ready_is_told, begin, end),
        cmocka_unit_test_setup_teardown(some_waits_are_interrupted, begin, end),
        cmocka_unit_test_setup_teardown(names_are_paths, begin, end),
        cmocka_unit_test_setup_teardown(slots_are_used_again, begin, end),
        cmocka_unit_test_setup_teardown(deadlocks_say_who_waits, begin, end),
        cmocka_unit_test_setup_teardown(the_kernel_wakes_late, begin, end),
        cmocka_unit_test_setup_teardown(deadlines_come_late, begin, end),
        cmocka_unit_test_setup_teardown(who_is_woken_while_it_is_put_off_was_woken, begin, end),
        cmocka_unit_test_setup_teardown(polls_come_late, begin, end),
        cmocka_unit_test_setup_teardown(threads_take_time_for_their_work, begin, end),
        cmocka_unit_test_setup_teardown(threads_are_held_back, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
