// Every macro of <retick.h> in C++, at least once each (tests/cli/cxx.sh looks): two servers, clients that call whatever a task may call, and
// a world with every option. `surface` passes; `caught` has a finding that was thrown as an exception; `statics` has objects with destructors,
// each run its own.
#include <cstring>
#include <memory>
#include <retick.h>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#define TICK_NAME_OF(name, ...) #name,
static const std::vector<std::string> words{
    TICK_ERRORS(TICK_NAME_OF) TICK_CHOICES(TICK_NAME_OF) TICK_EVENTS(TICK_NAME_OF) TICK_OBJECTS(TICK_NAME_OF)
        TICK_SORTS(TICK_NAME_OF) TICK_DROPS(TICK_NAME_OF)};
static_assert(TICK_NS(1000000000) == TICK_SEC(1) && TICK_US(1000) == TICK_MS(1), "units");

template <typename T, void release(T *)> struct releases {
    void operator()(T *it) const { release(it); }
};
using task = std::unique_ptr<tick_task, releases<tick_task, tick_task_unref>>;
using future = std::unique_ptr<tick_future, releases<tick_future, tick_future_unref>>;
using queue = std::unique_ptr<tick_queue, releases<tick_queue, tick_queue_free>>;
using lock = std::unique_ptr<tick_lock, releases<tick_lock, tick_lock_free>>;

static int nap(void *ms) {
    tick_shared_read("naps of %d ms", *static_cast<int *>(ms));
    tick_shared_write("naps of %d ms", *static_cast<int *>(ms));
    TICK_TRY(tick_sleep(TICK_MS(*static_cast<int *>(ms))));
    return *static_cast<int *>(ms);
}

static int sum(void *arg) { // for a thread
    int all = 0;
    for (int number : *static_cast<std::vector<int> *>(arg))
        all += number;
    return all;
}

static struct tick_next step(tick_task *, void *arg, int error) {
    auto *left = static_cast<int *>(arg);
    return error < 0 || --*left == 0 ? tick_next_return(error) : tick_next_yield();
}

static int spawns() {
    int two = 2, steps[] = {2, 2, 2};
    const task a{tick_spawn(nap, &two)}, b{tick_spawn_named("b", nap, &two)}, c{tick_spawn_eager(nap, &two)},
        d{tick_spawn_eager_named("d", nap, &two)}, e{tick_loop_spawn(tick_loop_running(), "e", nap, &two)},
        f{tick_spawn_steps(step, &steps[0])}, g{tick_spawn_steps_named("g", step, &steps[1])}, h{tick_spawn_steps_eager(step, &steps[2])};
    TICK_TRY(tick_go([](void *) { return 0; }, nullptr));
    std::vector<tick_future *> all;
    for (const task *each : {&a, &b, &c, &d, &e, &f, &g, &h})
        all.push_back(tick_task_future(each->get()));
    const future outer{tick_gather(all.data(), all.size(), false)};
    TICK_TRY(tick_await(outer.get()));
    TICK_TRY(tick_wait(all.data(), all.size(), TICK_NEVER, TICK_ALL_COMPLETED));
    tick_as_completed *order = tick_as_completed_new(all.data(), all.size(), TICK_NEVER);
    int count = 0;
    for (tick_future *next; tick_as_completed_next(order, &next) == 0;)
        count++;
    tick_as_completed_free(order);
    TICK_TRY(tick_check(count == 8 && tick_join(a.get()) == 2, "%d of 8 tasks", count));
    const task slow{tick_spawn(nap, &two)};
    const future kept{tick_shield(tick_task_future(slow.get()))};
    TICK_TRY(tick_wait_for(kept.get(), TICK_SEC(60)));
    tick_group group;
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, nap, &two));
    TICK_TRY(tick_group_go_named(&group, "gone", nap, &two));
    const task in{tick_group_spawn(&group, nap, &two)}, named{tick_group_spawn_named(&group, "named", nap, &two)};
    const task eager{tick_group_spawn_eager(&group, nap, &two)}, last{tick_group_spawn_eager_named(&group, "last", nap, &two)};
    TICK_TRY(tick_group_exit(&group, 0));
    const int code = tick_raise(tick_failure_new(TICK_EUSER, "raised", "number %d", two));
    return tick_check(code == TICK_EUSER, "%s", tick_error_text(code));
}

static int synchronises() {
    const future done{tick_future_new()}, later{tick_sleep_future(TICK_MS(1))};
    tick_future_set_result(done.get(), 7);
    TICK_TRY(tick_await(done.get()));
    TICK_TRY(tick_await(later.get()));
    const queue items{tick_queue_new(2)};
    void *item = nullptr;
    TICK_TRY(tick_queue_put(items.get(), item));
    TICK_TRY(tick_queue_get(items.get(), &item));
    TICK_TRY(tick_queue_task_done(items.get()));
    TICK_TRY(tick_queue_join(items.get()));
    const lock mutex{tick_lock_new()};
    TICK_TRY(tick_lock_acquire(mutex.get()));
    tick_condition *condition = tick_condition_new(mutex.get());
    TICK_TRY(tick_condition_wait_for(condition, [](void *) { return true; }, nullptr));
    const int late = tick_within(TICK_MS(1), tick_condition_wait(condition));
    TICK_TRY(tick_check(late == TICK_ETIMEDOUT, "%s", tick_error_text(late)));
    tick_lock_release(mutex.get());
    tick_condition_free(condition);
    tick_semaphore *permits = tick_semaphore_new(1);
    TICK_TRY(tick_semaphore_acquire(permits));
    tick_semaphore_free(permits);
    tick_barrier *barrier = tick_barrier_new(1);
    TICK_TRY(tick_barrier_wait(barrier));
    tick_barrier_free(barrier);
    tick_event_flag *event = tick_event_new();
    tick_event_set(event);
    TICK_TRY(tick_event_wait(event));
    tick_event_free(event);
    std::vector<int> numbers{1, 2, 3};
    tick_future *job = nullptr;
    TICK_TRY(tick_run_in_executor(nullptr, sum, &numbers, &job));
    TICK_TRY(tick_await(job));
    tick_future_unref(job);
    const int six = tick_to_thread(sum, &numbers);
    return tick_check(six == 6, "1 + 2 + 3 is %d", six);
}

static int greet(tick_stream *client, void *) {
    char name[32];
    while (tick_stream_read_line(client, name, sizeof name) > 0)
        TICK_TRY(static_cast<int>(tick_stream_printf(client, "hello %s\n", name)));
    return 0;
}

static int echo(tick_stream *client, void *) {
    char bytes[4];
    TICK_TRY(static_cast<int>(tick_stream_read_exactly(client, bytes, sizeof bytes)));
    TICK_TRY(static_cast<int>(tick_stream_write(client, bytes, sizeof bytes)));
    return tick_stream_drain(client);
}

static int greeter(void *) { return tick_serve(":7000", greet, nullptr); }
static int echoer(void *) {
    tick_server *server;
    TICK_TRY(tick_server_open(":7000", echo, nullptr, &server));
    const int result = tick_server_wait(server);
    tick_server_free(server);
    return result;
}

static int talks() {
    tick_stream *greeter, *echoer;
    char line[64], bytes[4];
    TICK_TRY(tick_connect("greeter:7000", &greeter));
    TICK_TRY(static_cast<int>(tick_stream_printf(greeter, "%s\n", "alice")));
    const ssize_t length = tick_within(TICK_SEC(60), static_cast<int>(tick_stream_read_line(greeter, line, sizeof line)));
    TICK_TRY(tick_check(length > 0 && std::string(line) == "hello alice", "no greeting"));
    TICK_TRY(tick_connect("alias:7000", &echoer));
    TICK_TRY(static_cast<int>(tick_stream_write(echoer, "ping", 4)));
    TICK_TRY(static_cast<int>(tick_stream_read(echoer, bytes, sizeof bytes)));
    return tick_check(bytes[0] == 'p', "no echo");
}

static bool talked;

static int client(void *) {
    const tick_loc *here = TICK_HERE("here");
    TICK_TRY(tick_check(!std::strcmp(here->function, "client") && words.size() > 60, "in %s", here->function));
    TICK_TRY(spawns());
    TICK_TRY(synchronises());
    TICK_TRY(talks());
    talked = true;
    return 0;
}

TICK_SCENARIO(surface, "every macro, in C++") {
    tick_host *first = tick_daemon(world, "greeter", greeter, nullptr);
    tick_host *second = tick_daemon(world, "echoer", echoer, nullptr, .start = TICK_MS(1), .handlers = false);
    tick_host *alice = tick_host_add(world, "alice", client, nullptr);
    tick_host_add(world, "bob", client, nullptr, .start = TICK_MS(5), .after = {alice}, .clock = TICK_SEC(1), .drift = 10);
    tick_link_all(world);
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(1));
    tick_link_between(world, alice, first, .latency = TICK_US(10), .duplicate = true, .bandwidth = 1000000);
    tick_fault_at(world, TICK_SEC(1), TICK_CLOG, .side = {second}, .other = {alice}, .lasts = TICK_MS(10), .slow = TICK_MS(1));
    tick_faults(world, "storm", .kinds = TICK_PAUSE, .until = TICK_SEC(1), .lasts = TICK_MS(2), .shortest = TICK_MS(1), .among = {first, second});
    tick_disk(world, first, .late = TICK_US(1), .space = 1 << 20);
    tick_name(world, "alias", .hosts = {second}, .latency = TICK_US(5));
    tick_invariant(world, [](void *) { return true; }, nullptr, "true is true");
    tick_must_by(world, TICK_SEC(60), [](void *) { return talked; }, nullptr, "somebody has talked");
}

// Compiled; what starts programs needs their library, which is not there under sanitizers.
TICK_SCENARIO(unmodified, "a program among the hosts") {
    tick_host *app = tick_program(world, "app", "/usr/bin/python3 app.py", .daemon = true, .start = TICK_MS(1));
    tick_program(world, "client", "/usr/bin/python3 client.py 'two words'", .after = {app}, .status = 1);
}

static int thrower(void *) {
    try {
        tick_sleep(TICK_MS(1));
        throw std::runtime_error("thrown over a task's stack");
    } catch (const std::exception &error) {
        return tick_check(false, "%s", error.what());
    }
}

TICK_SCENARIO(caught, "an exception that is caught, and a finding") { tick_host_add(world, "alice", thrower, nullptr); }

// libc has room for 32 destructors of its own. For the next ones it would allocate, in the heap of the host, which would have to free them.
struct noted {
    int times = 0;
    ~noted() { times = -1; }
};
template <int number> static int note() {
    static noted place;
    return ++place.times;
}
template <int... number> static int notes(std::integer_sequence<int, number...>) {
    return (note<number>() + ...);
}

static int writer(void *) {
    const int first = notes(std::make_integer_sequence<int, 40>{}), second = note<7>();
    return tick_check(first == 40 && second == 2, "%d notes, then %d", first, second);
}

TICK_SCENARIO(statics, "objects of a run") { tick_host_add(world, "alice", writer, nullptr); }
