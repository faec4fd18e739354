// retick from C++20: a pool of connections whose users give them back by a destructor, as a program and as a scenario.
//
// Without arguments it runs on this machine; `using_cplusplus fuzz` looks for schedules under which the scenario fails, and so on.
#include <cstdio>
#include <memory>
#include <retick.h>
#include <stdexcept>
#include <string>

template <typename T, void release(T *)> struct releases {
    void operator()(T *it) const { release(it); }
};
using queue = std::unique_ptr<tick_queue, releases<tick_queue, tick_queue_free>>;
using task = std::unique_ptr<tick_task, releases<tick_task, tick_task_unref>>;

// A place in the pool. What it throws ends in the task that it was thrown in: no exception passes a frame of retick's.
class lease {
public:
    explicit lease(tick_queue *pool) : pool(pool) {
        if (const int result = tick_queue_get(pool, &slot); result < 0)
            throw std::runtime_error(tick_error_text(result));
    }
    ~lease() { tick_queue_try_put(pool, slot); }
    lease(const lease &) = delete;
    lease &operator=(const lease &) = delete;

private:
    tick_queue *pool;
    void *slot = nullptr;
};

static int work(void *arg) {
    try {
        const lease held(static_cast<tick_queue *>(arg));
        TICK_TRY(tick_sleep(TICK_MS(1))); // a return, too, gives it back
        return 1;
    } catch (const std::exception &error) {
        return tick_raise(tick_failure_new(TICK_EUSER, "work", "%s", error.what()));
    }
}

static int pool(void *) {
    const queue slots(tick_queue_new(2));
    for (int i = 0; i < 2; i++)
        TICK_TRY(tick_queue_try_put(slots.get(), nullptr));
    tick_group group;
    TICK_TRY(tick_group_enter(&group));
    const task first(tick_group_spawn_named(&group, "first", work, slots.get()));
    for (int i = 0; i < 4; i++)
        TICK_TRY(tick_group_go(&group, work, slots.get()));
    TICK_TRY(tick_group_exit(&group, 0));
    const int late = tick_within(TICK_MS(5), tick_sleep(TICK_SEC(1)));
    std::printf("%zu places are free again; %s\n", tick_queue_size(slots.get()), tick_error_text(late));
    return tick_check(tick_queue_size(slots.get()) == 2, "%zu places", tick_queue_size(slots.get()));
}

static int greet(tick_stream *client, void *) {
    char name[32];
    while (tick_stream_read_line(client, name, sizeof name) > 0)
        TICK_TRY(static_cast<int>(tick_stream_printf(client, "hello %s\n", name)));
    return 0;
}

static int server(void *) {
    return tick_serve(":7000", greet, nullptr);
}

static int client(void *name) {
    tick_stream *server;
    char reply[64];
    TICK_TRY(tick_connect("server:7000", &server));
    TICK_TRY(static_cast<int>(tick_stream_printf(server, "%s\n", static_cast<const char *>(name))));
    TICK_TRY(static_cast<int>(tick_stream_read_line(server, reply, sizeof reply)));
    return tick_check(reply == "hello " + std::string(static_cast<const char *>(name)), "greeted with %s", reply);
}

TICK_SCENARIO(cplusplus, "a pool, and greetings over a slow network") {
    static char name[] = "bob";
    tick_host *alice = tick_host_add(world, "alice", pool, nullptr);
    tick_daemon(world, "server", server, nullptr, .start = TICK_MS(1));
    tick_host_add(world, "bob", client, name, .start = TICK_MS(2), .after = {alice}); // options in the order of their declaration
    tick_link_all(world, .latency = TICK_MS(1), .jitter = TICK_MS(30));
    tick_faults(world, "storm", .kinds = TICK_CLOG | TICK_PAUSE, .until = TICK_SEC(1), .lasts = TICK_MS(300));
    tick_invariant(world, [](void *) { return tick_host_lives() == 0; }, nullptr, "no host died");
}

int main(int argc, char **argv) {
    return argc > 1 ? tick_main(argc, argv) : tick_run(pool, nullptr) < 0;
}
// prints: 2 places are free again; the deadline passed
