// Threads of C++: std::thread, mutexes, conditions, call_once, thread_local destructors, futures, atomic waits, exceptions across threads
// and out of cancelled ones. Prints the same under real threads as in a simulated world.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <future>
#include <mutex>
#include <pthread.h>
#include <shared_mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

static std::mutex mutex;
static std::condition_variable changed;
static std::atomic<int> destroyed;

struct noisy {
    int value = 1;
    ~noisy() { destroyed += value; }
};
static thread_local noisy local;

static void counts() {
    static int counter;
    std::vector<std::thread> threads;
    for (int i = 0; i < 16; i++)
        threads.emplace_back([i] {
            local.value += i % 2;
            for (int k = 0; k < 20; k++) {
                std::lock_guard<std::mutex> guard(mutex);
                const int was = counter;
                if (k % 5 == 0)
                    std::this_thread::sleep_for(1ms);
                counter = was + 1;
            }
        });
    for (auto &thread : threads)
        thread.join();
    std::printf("counted %d, destroyed %d\n", counter, destroyed.load());
}

static void waits() {
    int turn = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([i, &turn] {
            std::unique_lock<std::mutex> lock(mutex);
            changed.wait(lock, [&] { return turn == 7 - i; });
            turn++;
            changed.notify_all();
        });
    for (auto &thread : threads)
        thread.join();
    std::unique_lock<std::mutex> lock(mutex);
    const bool came = changed.wait_for(lock, 20ms, [] { return false; });
    std::printf("turns %d, timed out: %d\n", turn, !came);
}

static void once() {
    static std::once_flag flag;
    static std::atomic<int> tried;
    std::atomic<int> failed{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; i++)
        threads.emplace_back([&failed] {
            try {
                std::call_once(flag, [] {
                    std::this_thread::sleep_for(5ms);
                    if (++tried < 3)
                        throw std::runtime_error("not yet");
                });
            } catch (const std::runtime_error &) {
                failed++;
            }
        });
    for (auto &thread : threads)
        thread.join();
    std::printf("once: tried %d, failed %d\n", tried.load(), failed.load());
}

struct slow_static {
    slow_static() { std::this_thread::sleep_for(10ms); }
    int value = 42;
};
static int of_static() {
    static slow_static made;
    return made.value;
}

static void futures() {
    auto one = std::async(std::launch::async, [] { return of_static(); });
    auto two = std::async(std::launch::async, [] { return of_static(); });
    auto bad = std::async(std::launch::async, []() -> int { throw std::runtime_error("thrown there"); });
    std::promise<std::string> promise;
    auto kept = promise.get_future();
    std::thread keeper([&promise] {
        std::this_thread::sleep_for(3ms);
        promise.set_value_at_thread_exit("kept");
    });
    std::printf("async %d, %s\n", one.get() + two.get(), kept.get().c_str());
    keeper.join();
    try {
        bad.get();
    } catch (const std::exception &error) {
        std::printf("%s\n", error.what());
    }
    std::promise<int> never;
    std::printf("in time: %d\n", never.get_future().wait_for(10ms) == std::future_status::ready);
}

static void shared() {
    std::shared_timed_mutex lock;
    std::timed_mutex timed;
    std::atomic<int> within{0}, most{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back([&] {
            std::shared_lock<std::shared_timed_mutex> guard(lock);
            const int now = ++within;
            if (now > most)
                most = now;
            std::this_thread::sleep_for(10ms);
            within--;
        });
    for (auto &thread : threads)
        thread.join();
    timed.lock();
    bool got = true;
    std::thread other([&] { got = timed.try_lock_for(20ms); });
    other.join();
    timed.unlock();
    std::printf("readers %d, timed: %d\n", most.load(), got);
}

static void *cancelled(void *) {
    noisy on_stack;
    on_stack.value = 1000;
    local.value = 100;
    std::this_thread::sleep_for(1000s);
    return nullptr;
}

static void unwinds() {
    pthread_t thread;
    void *result;
    destroyed = 0;
    pthread_create(&thread, nullptr, cancelled, nullptr);
    std::this_thread::sleep_for(5ms);
    pthread_cancel(thread);
    pthread_join(thread, &result);
    std::printf("cancelled: %d, destroyed %d\n", result == PTHREAD_CANCELED, destroyed.load());
}

static void atomics() {
#if __cplusplus >= 202002L
    std::atomic<int> value{0};
    std::thread other([&] {
        std::this_thread::sleep_for(5ms);
        value = 1;
        value.notify_one();
    });
    value.wait(0);
    other.join();
    std::printf("atomic %d\n", value.load());
#endif
}

int main() {
    counts();
    waits();
    once();
    futures();
    shared();
    unwinds();
    atomics();
    std::printf("the end\n");
    return 0;
}
