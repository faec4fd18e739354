// What is told of threads: their steps, what they wait for, and what each step comes of. In the order told, by way of the ring and its
// keeper.
//
// The threads are contexts on stacks of the test's own, with the test's thread-local memory; the world around them is the test's.
// links: tick_guest tick_keeper tick_kernel tick_choice
// once: yes
#include "sim/guest/context_int.h"
#include "sim/guest/guest_int.h"
#include "sim/guest/tell_int.h"
#include "sim/guest/turn_int.h"
#include "sim/keeper/listen.h"
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
// last: it wants those above
#include <cmocka.h>

#define STACK ((size_t)4 << 20) // so far apart that valgrind takes a switch for one; only what is used is there
#define MOST 20

// --- a probe that writes down what it is told ---

static const char *const words[] = {
#define WORD(name, number, word) [name] = (word),
    TICK_EVENTS(WORD)
#undef WORD
};

static struct writing {
    struct tick_probe probe; // first
    uint32_t objects, events;
    char names[200][40];
    uint8_t kinds[2000];
    char text[20000];
} writing;

static uint32_t write_object(struct tick_probe *self, const struct tick_object *object) {
    static const char *const types[] = {
#define TYPE(name, number, word) [name] = (word),
        TICK_OBJECTS(TYPE)
#undef TYPE
    };
    struct writing *w = (struct writing *)self;
    char *name = w->names[++w->objects];
    snprintf(name, sizeof w->names[0], "%s", object->key ? object->key : types[object->type]);
    if (object->type == TICK_OBJECT_FD && object->kth > 1 && !object->key)
        snprintf(name, sizeof w->names[0], "%s", object->kth == TICK_NEAR ? "near" : "far");
    return w->objects;
}

static uint32_t write_text(struct tick_probe *self, const char *text) {
    struct writing *w = (struct writing *)self;
    snprintf(w->names[++w->objects], sizeof w->names[0], "\"%s\"", text);
    return w->objects;
}

static void put(const char *format, ...) {
    const size_t used = strlen(writing.text);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(writing.text + used, sizeof writing.text - used, format, args);
    va_end(args);
}

// "10 main: task_ready worker <- release"
static uint32_t write_event(struct tick_probe *self, const struct tick_event *event) {
    struct writing *w = (struct writing *)self;
    w->kinds[++w->events] = event->kind;
    put("%lld %s: %s", (long long)event->ts, event->task ? w->names[event->task] : "-", words[event->kind]);
    if (event->subject && event->subject != event->task)
        put(" %s", w->names[event->subject]);
    if (event->cause)
        put(" <- %s", words[w->kinds[event->cause]]);
    if (event->kind == TICK_EV_STEP_END && event->arg)
        put(" (%lld)", (long long)event->arg);
    if (event->loc && event->loc->name && *event->loc->name)
        put(" in %s", event->loc->name);
    put("\n");
    return w->events;
}

static uint32_t write_choice(struct tick_probe *self, const struct tick_deviation *deviation) {
    (void)deviation;
    return tick_emit(self, TICK_EV_CHOICE, 0, self->here, 0, NULL);
}

static const struct tick_probe_ops ops = {.object = write_object, .event = write_event, .text = write_text, .choice = write_choice};

// --- the world around turn.c ---

_Thread_local bool tick__guest_on __attribute__((tls_model("initial-exec")));
bool tick__guest_begun = true;
struct tick_kernel *tick__guest_kernel;
int tick__guest_process, tick__guest_machine;
struct tick_guest_control *tick__guest_control;
tick_id tick__guest_host;

static struct tick_guest_told *told;
static struct tick__listener *listener;
static char *stacks;
static enum tick_choice_kind deviates;

uint32_t tick__guest_choose(enum tick_choice_kind kind, tick_id subject, uint64_t ordinal, uint32_t n, int64_t most) {
    const struct tick_deviation deviation = {
        .kind = (uint8_t)kind, .subject = subject, .ordinal = ordinal, .value = 2, .n = n, .most = most};
    if (kind != deviates)
        return 0;
    if (tick__guest_probe)
        tick__guest_probe->ops->choice(tick__guest_probe, &deviation);
    return 2;
}

bool tick__guest_is_calm(enum tick_choice_kind kind) {
    (void)kind;
    return !deviates;
}

void tick__guest_at_wait(void) {}

bool tick__guest_must_wait(void) {
    return false;
}

void tick__guest_put_waits(void) {}

int tick__guest_signal_process(int number, const struct tick__guest_sent *sent) {
    (void)number, (void)sent;
    return 0;
}

void tick__guest_deadlock(const char *text) {
    fail_msg("%s", text);
    abort();
}

void tick__guest_end(enum tick_guest_end end, int code, const char *text) {
    (void)end, (void)code;
    fail_msg("%s", text);
    abort();
}

void tick__guest_unsupported(const char *call, const char *why) {
    fail_msg("%s %s", call, why);
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

static void room_taken(struct tick_guest_told *ring, bool full) {
    (void)ring, (void)full;
    tick__listen_take(listener);
}

static void begin(bool observed) {
    writing = (struct writing){.probe.ops = &ops};
    tick__listen_begin(listener, &writing.probe);
    if (observed)
        tick__guest_tell_to(told, room_taken);
    else
        tick__guest_tell_stop();
    tick__guest_host = tick_id_host("app");
    assert_int_equal(tick_kernel_new((size_t)64 << 20, &tick__guest_kernel), 0);
    tick_kernel_reset(tick__guest_kernel, &(struct tick_kernel_env){.choose = kernel_asks, .probe = tick__guest_probe});
    const uint32_t object = tick__guest_tell_host("app", tick__guest_host);
    assert_int_equal(tick_kernel_host_add(tick__guest_kernel, "app", tick__guest_host, object), 0);
    assert_int_equal(tick_kernel_process_start(tick__guest_kernel, 0), 0);
    tick__guest_context_begin();
    tick__guest_turns = NULL;
    tick__guest_turn_begin();
    tick__guest_tell_main(tick__guest_self(), 0);
}

static void end(void) {
    const char *trouble;
    if (tick__listen_end(listener, &trouble) < 0)
        fail_msg("%s", trouble);
    (void)munmap(tick__guest_turns, sizeof *tick__guest_turns);
    tick_kernel_free(tick__guest_kernel);
}

static int set_up(void **state) {
    (void)state;
    told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    stacks = mmap(NULL, STACK * MOST, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    deviates = 0;
    if (told == MAP_FAILED || stacks == MAP_FAILED || tick__listen_new(told, 0, &listener) < 0)
        return -1;
    begin(true);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    tick__guest_tell_stop();
    tick__listen_free(listener);
    (void)munmap(stacks, STACK * MOST);
    return munmap(told, sizeof *told);
}

// What was told since the program began.
static const char *told_text(void) {
    static const char first[] = "0 -: host_start app\n"
                                "0 -: task_create main <- host_start\n"
                                "0 -: task_ready main <- task_create\n"
                                "0 main: step_begin <- task_ready\n";
    tick__listen_take(listener);
    assert_memory_equal(writing.text, first, sizeof first - 1);
    return writing.text + sizeof first - 1;
}

static void assert_told(const char *text) {
    assert_string_equal(told_text(), text);
}

// --- threads ---

static struct job {
    void (*run)(void);
    struct tick__guest_thread *thread;
} jobs[MOST];

static void entry(void) {
    const struct job *job = &jobs[tick__guest_self()->index];
    job->run();
    struct tick__guest_life *life = &tick__guest_self()->life;
    tick__guest_tell_over(life);
    (void)tick__guest_waiters_wake(life, UINT32_MAX);
    tick__guest_thread_over();
}

static struct tick__guest_thread *start(const char *name, void (*run)(void)) {
    struct tick__guest_thread *thread = tick__guest_thread_new(name);
    assert_non_null(thread);
    jobs[thread->index] = (struct job){run, thread};
    tick__guest_context_make(&thread->context, stacks + STACK * (thread->index + 1), tick__guest_fs(), entry);
    tick__guest_wake(thread);
    return thread;
}

static void sleep_until(int64_t at) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_SLEEP, .fd = -1, .place = (const void *)(uintptr_t)sleep_until};
    (void)tick__guest_park(&wait, at);
}

static void join(struct tick__guest_thread *thread) {
    const struct tick__guest_wait wait = {
        .what = TICK__WAITS_JOIN, .fd = -1, .object = &thread->life, .place = (const void *)(uintptr_t)join};
    while (thread->state != TICK__THREAD_OVER)
        (void)tick__guest_park(&wait, TICK_NEVER);
}

// --- tests ---

static void a_sleep_is_a_timer(void **state) {
    (void)state;
    sleep_until(10);
    assert_told("0 main: timer_arm sleep <- step_begin in the end of a sleep\n"
                "0 main: step_end <- step_begin\n"
                "10 -: timer_fire sleep <- timer_arm\n"
                "10 -: task_ready main <- timer_fire\n"
                "10 main: step_begin <- task_ready\n");
    end();
}

static void naps(void) {
    sleep_until(5);
}

static void a_thread_comes_of_who_made_it_and_who_joins_it_of_its_end(void **state) {
    (void)state;
    join(start("naps", naps));
    assert_told("0 main: task_create naps <- step_begin\n"
                "0 main: task_ready naps <- task_create\n"
                "0 main: future_await naps <- step_begin in the end of a thread\n"
                "0 main: step_end <- step_begin\n"
                "0 naps: step_begin <- task_ready\n"
                "0 naps: timer_arm sleep <- step_begin in the end of a sleep\n"
                "0 naps: step_end <- step_begin\n"
                "5 -: timer_fire sleep <- timer_arm\n"
                "5 -: task_ready naps <- timer_fire\n"
                "5 naps: step_begin <- task_ready\n"
                "5 naps: future_done <- step_begin\n"
                "5 naps: task_ready main <- future_done\n"
                "5 naps: step_end <- step_begin (1)\n"
                "5 main: step_begin <- task_ready\n");
    end();
}

static char lock;

static void lock_it(void) {
    const struct tick__guest_wait wait = {.what = TICK__WAITS_LOCK, .fd = -1, .object = &lock, .place = (const void *)(uintptr_t)lock_it};
    (void)tick__guest_park(&wait, 50);
    tick__guest_tell_hold(&lock, TICK__WAITS_LOCK, wait.place);
}

static void who_waits_for_a_lock_goes_on_by_its_release(void **state) {
    (void)state;
    tick__guest_tell_hold(&lock, TICK__WAITS_LOCK, (const void *)(uintptr_t)lock_it);
    start("locks", lock_it);
    sleep_until(3);
    tick__guest_tell_release(&lock, TICK__WAITS_LOCK);
    (void)tick__guest_waiters_wake(&lock, 1);
    sleep_until(4);
    const char *text = strstr(told_text(), "0 locks: step_begin");
    assert_non_null(strstr(told_text(), "0 main: hold lock in a mutex\n"));
    assert_string_equal(text, "0 locks: step_begin <- task_ready\n"
                              "0 locks: timer_arm deadline <- step_begin\n"
                              "0 locks: wait_begin lock <- step_begin in a mutex\n"
                              "0 locks: step_end <- step_begin\n"
                              "3 -: timer_fire sleep <- timer_arm\n"
                              "3 -: task_ready main <- timer_fire\n"
                              "3 main: step_begin <- task_ready\n"
                              "3 main: release lock <- step_begin\n"
                              "3 main: task_ready locks <- release\n"
                              "3 main: timer_arm sleep <- step_begin in the end of a sleep\n"
                              "3 main: step_end <- step_begin\n"
                              "3 locks: step_begin <- task_ready\n"
                              "3 locks: timer_cancel deadline <- step_begin\n"
                              "3 locks: wait_end lock <- step_begin\n"
                              "3 locks: hold lock <- release in a mutex\n"
                              "3 locks: future_done <- step_begin\n"
                              "3 locks: step_end <- step_begin (1)\n"
                              "4 -: timer_fire sleep <- timer_arm\n"
                              "4 -: task_ready main <- timer_fire\n"
                              "4 main: step_begin <- task_ready\n");
    end();
}

static void a_deadline_that_comes_fires(void **state) {
    (void)state;
    start("locks", lock_it);
    sleep_until(60);
    assert_non_null(strstr(told_text(), "50 -: timer_fire deadline <- timer_arm\n"
                                        "50 -: task_ready locks <- timer_fire\n"
                                        "50 locks: step_begin <- task_ready\n"
                                        "50 locks: wait_end lock <- step_begin\n"));
    assert_null(strstr(told_text(), "timer_cancel"));
    end();
}

// A semaphore that is posted, or waited for, before anybody takes it is a way to wake; one that is taken first is a lock.
static void semaphores_are_locks_or_signals(void **state) {
    (void)state;
    static char signal, permits;
    tick__guest_tell_release(&signal, TICK__WAITS_SEMAPHORE);
    tick__guest_tell_hold(&signal, TICK__WAITS_SEMAPHORE, NULL);
    tick__guest_tell_hold(&permits, TICK__WAITS_SEMAPHORE, NULL);
    tick__guest_tell_rest();
    tick__guest_tell_release(&permits, TICK__WAITS_SEMAPHORE);
    tick__guest_tell_hold(&permits, TICK__WAITS_SEMAPHORE, NULL);
    tick__guest_tell_rest();
    tick__guest_tell_gone(&permits);
    tick__guest_tell_release(&permits, TICK__WAITS_SEMAPHORE);
    tick__guest_tell_rest();
    assert_told("0 main: notify event <- step_begin\n"
                "0 main: hold lock\n"
                "0 main: release lock <- step_begin\n"
                "0 main: hold lock <- release\n"
                "0 main: notify event <- step_begin\n");
    assert_int_equal(writing.objects, 5); // host, main, and three of these
    end();
}

// What nobody else can see is not told: a lock that is taken and given back within a step, and wake-ups of nobody but the first.
static void what_a_step_keeps_to_itself_is_not_told(void **state) {
    (void)state;
    static char a, b, condition;
    for (int i = 0; i < 100; i++) {
        tick__guest_tell_hold(&a, TICK__WAITS_LOCK, NULL);
        tick__guest_tell_hold(&b, TICK__WAITS_LOCK, NULL);
        tick__guest_tell_notify(&condition, TICK__WAITS_CONDITION);
        tick__guest_tell_release(&a, TICK__WAITS_LOCK);
        if (i < 99)
            tick__guest_tell_release(&b, TICK__WAITS_LOCK);
    }
    sleep_until(1);
    tick__guest_tell_release(&b, TICK__WAITS_LOCK);
    sleep_until(2);
    assert_memory_equal(told_text(),
        "0 main: notify event <- step_begin\n"
        "0 main: hold lock\n"
        "0 main: timer_arm sleep <- step_begin in the end of a sleep\n",
        sizeof "0 main: notify event <- step_begin\n0 main: hold lock\n0 main: timer_arm" - 1);
    assert_non_null(strstr(told_text(), "1 main: release lock <- step_begin\n"));
    assert_null(strstr(strstr(told_text(), "hold") + 1, "hold"));
    end();
}

static void turns_at_a_poll(void) {
    tick__guest_point();
}

static void who_polls_is_ready_before_its_step_is_over(void **state) {
    (void)state;
    start("polls", turns_at_a_poll);
    tick__guest_point();
    sleep_until(1);
    assert_non_null(strstr(told_text(), "0 main: task_ready <- step_begin\n"
                                        "0 main: step_end <- step_begin\n"
                                        "0 polls: step_begin <- task_ready\n"));
    end();
}

// --- the network ---

static int listener_fd, client_fd;

static struct tick_kernel_name name_of(uint32_t sort) {
    struct tick_maker *maker = &tick__guest_self()->maker;
    struct tick_kernel_name name = {.maker_object = maker->object, .maker = maker};
    name.id = tick_maker_next(maker, sort, &name.kth);
    return name;
}

static int socket_new(void) {
    const struct tick_kernel_name name = name_of(TICK_SORT_TCP);
    return tick_k_socket(tick__guest_kernel, 0, AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0, &name);
}

static void wait_for_fd(int fd, short events) {
    struct pollfd fds = {.fd = fd, .events = events};
    uint32_t key;
    const struct tick__guest_wait wait = {.what = TICK__WAITS_FDS, .fd = fd, .place = (const void *)(uintptr_t)wait_for_fd};
    tick__guest_tell_calls("recv");
    assert_int_equal(tick_kernel_watch_fds(tick__guest_kernel, 0, &fds, 1, tick__guest_self()->index, &key), 0);
    (void)tick__guest_park(&wait, TICK_NEVER);
    tick_kernel_unwatch_fds(tick__guest_kernel, key);
}

static void connects_and_sends(void) {
    const struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct tick_maker *maker = &tick__guest_self()->maker;
    const struct tick_kernel_name name = {.maker = maker, .maker_object = maker->object};
    client_fd = socket_new();
    (void)tick_k_connect(tick__guest_kernel, 0, client_fd, (const struct sockaddr *)&to, sizeof to, &name);
    sleep_until(20);
    assert_int_equal(tick_k_send(tick__guest_kernel, 0, client_fd, "hello", 5, 0), 5);
    sleep_until(30);
}

static void who_waits_for_an_fd_goes_on_by_the_message(void **state) {
    (void)state;
    const struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(80)};
    char bytes[9];
    listener_fd = socket_new();
    assert_int_equal(tick_k_bind(tick__guest_kernel, 0, listener_fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(tick_k_listen(tick__guest_kernel, 0, listener_fd, 5), 0);
    start("client", connects_and_sends);
    wait_for_fd(listener_fd, POLLIN);
    const int fd = tick_k_accept(tick__guest_kernel, 0, listener_fd, NULL, NULL);
    tick__guest_tell_took(listener_fd, fd);
    assert_true(fd > 0);
    wait_for_fd(fd, POLLIN);
    assert_int_equal(tick_k_recv(tick__guest_kernel, 0, fd, bytes, sizeof bytes, 0), 5);
    tick__guest_tell_took(fd, 5);
    tick__guest_tell_took(fd, 0); // it took nothing in
    tick__guest_tell_line("got hello", 9);
    const char *text = told_text();
    assert_non_null(strstr(text, "0 main: wait_begin tcp <- step_begin in recv\n"));
    assert_non_null(strstr(text, "0 -: msg_recv message <- msg_send\n"));
    assert_non_null(strstr(text, "0 -: task_ready main <- msg_recv\n"));
    assert_non_null(strstr(text, "0 main: io_complete tcp <- msg_recv\n"));
    const char *second = strstr(text, "0 main: wait_begin :80 <- step_begin in recv\n");
    assert_non_null(second);
    const char *sends = strstr(second, "20 client: msg_send message <- step_begin\n");
    assert_non_null(sends);
    assert_non_null(strstr(sends, "20 -: msg_recv message <- msg_send\n"
                                  "20 -: task_ready main <- msg_recv\n"
                                  "20 main: step_begin <- task_ready\n"
                                  "20 main: wait_end :80 <- step_begin\n"
                                  "20 main: io_complete :80 <- msg_recv\n"
                                  "20 main: log \"got hello\" <- step_begin\n"));
    assert_null(strstr(strstr(sends, "io_complete") + 1, "io_complete"));
    end();
}

static void reads_pipe(void) {
    wait_for_fd(client_fd, POLLIN);
}

// A pipe has no messages: who writes is what wakes.
static void who_waits_for_a_pipe_goes_on_by_who_writes(void **state) {
    (void)state;
    int fds[2];
    const struct tick_kernel_name first = name_of(TICK_SORT_PIPE), second = name_of(TICK_SORT_PIPE);
    assert_int_equal(tick_k_pipe(tick__guest_kernel, 0, fds, O_NONBLOCK, &first, &second), 0);
    client_fd = fds[0];
    sleep_until(2);
    start("reads", reads_pipe);
    sleep_until(5);
    assert_int_equal(tick_k_write(tick__guest_kernel, 0, fds[1], "x", 1), 1);
    sleep_until(6);
    const char *here = told_text();
    assert_non_null(strstr(here, "2 reads: wait_begin pipe <- step_begin in recv\n"));
    assert_non_null(strstr(here, "5 main: step_begin <- task_ready\n"
                                 "5 main: timer_arm sleep <- step_begin in the end of a sleep\n"
                                 "5 main: step_end <- step_begin\n"
                                 "5 -: task_ready reads <- step_begin\n"));
    end();
}

// --- choices ---

static void a_choice_about_a_thread_says_which(void **state) {
    (void)state;
    deviates = TICK_CHOICE_JOB_TIME;
    start("naps", naps);
    sleep_until(1000000);
    assert_non_null(strstr(told_text(), "0 naps: choice <- step_begin\n")); // main's, which wakes it
    assert_non_null(strstr(told_text(), "10000 -: task_ready naps <- task_create\n10000 naps: step_begin <- task_ready\n"));
    assert_non_null(strstr(told_text(), "0 main: step_end <- step_begin\n"));
    end();
}

static void a_late_deadline_fires_late(void **state) {
    (void)state;
    deviates = TICK_CHOICE_POLL_LATE;
    sleep_until(7);
    assert_non_null(strstr(told_text(), "0 main: step_end <- step_begin\n"
                                        "7 main: choice\n"
                                        "10007 -: timer_fire sleep <- timer_arm\n"));
    end();
}

// --- nobody listens ---

static void what_is_told_changes_nothing(void **state) {
    (void)state;
    join(start("naps", naps));
    const uint64_t observed = tick__guest_turns->switches;
    end();
    begin(false);
    join(start("naps", naps));
    tick__guest_tell_hold(&lock, TICK__WAITS_LOCK, NULL);
    tick__guest_tell_release(&lock, TICK__WAITS_LOCK);
    assert_int_equal(tick__guest_turns->switches, observed);
    assert_int_equal(atomic_load(&told->head), atomic_load(&told->tail));
    assert_int_equal(writing.events, 0);
    assert_int_equal(tick_kernel_now(tick__guest_kernel), 5);
    end();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_sleep_is_a_timer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_thread_comes_of_who_made_it_and_who_joins_it_of_its_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_waits_for_a_lock_goes_on_by_its_release, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_deadline_that_comes_fires, set_up, tear_down),
        cmocka_unit_test_setup_teardown(semaphores_are_locks_or_signals, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_a_step_keeps_to_itself_is_not_told, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_polls_is_ready_before_its_step_is_over, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_waits_for_an_fd_goes_on_by_the_message, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_waits_for_a_pipe_goes_on_by_who_writes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_choice_about_a_thread_says_which, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_late_deadline_fires_late, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_told_changes_nothing, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
