#!/usr/bin/env bash
# What `cmake --install` puts down is enough to build a program of one's own, by pkg-config and by CMake: a whole scenario in C, and a
# program in C++.
# timeout: 300
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cmake --install "$RETICK_BUILD" --prefix "$work/usr" >"$work/log" || {
    cat "$work/log"
    exit 1
}
cat >"$work/own.c" <<'TEXT'
#include <retick.h>

static int nap(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(5)));
    return tick_check(tick_time() == TICK_MS(5), "woke at %lld", (long long)tick_time());
}

TICK_SCENARIO(own, "a program of one's own") { tick_host_add(world, "alice", nap, NULL); }

int main(int argc, char **argv) { return tick_main(argc, argv); }
TEXT
cat >"$work/CMakeLists.txt" <<'TEXT'
cmake_minimum_required(VERSION 3.25)
project(own C)
find_package(retick REQUIRED)
add_executable(own own.c)
target_link_libraries(own PRIVATE retick::retick)
TEXT

# The program that was built under a sanitizer needs its flags; CMake's cache tells them.
flags=$(sed -n 's/^RETICK_SANITIZE:[A-Z]*=\(..*\)/-fsanitize=\1/p' "$RETICK_BUILD/CMakeCache.txt")
grep -q '^RETICK_COVERAGE:BOOL=ON' "$RETICK_BUILD/CMakeCache.txt" && flags="$flags --coverage"
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$RETICK_BUILD/CMakeCache.txt")

for file in man/man1/retick.1 man/man1/retick-fuzz.1 bash-completion/completions/retick zsh/site-functions/_retick \
    fish/vendor_completions.d/retick.fish doc/retick/README.md doc/retick/docs/JSON.md doc/retick/scenarios/redis_pool.c; do
    [ -s "$work/usr/share/$file" ] || { echo "share/$file was not installed"; exit 1; }
done
pc=$(find "$work/usr" -name retick.pc)
export PKG_CONFIG_PATH=${pc%/*}
# shellcheck disable=SC2046,SC2086
$compiler $flags "$work/own.c" -o "$work/own" $(pkg-config --cflags --libs retick)
"$work/own" --version
"$work/own" run

if ! {
    cmake -G Ninja -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/usr" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="$flags" &&
        cmake --build "$work/build"
} >"$work/log" 2>&1; then
    cat "$work/log"
    exit 1
fi
"$work/build/own" run

# From C++: functions have C's linkage, and the macros of programs (not those that take a scenario's options) are C++, too.
cat >"$work/own.cpp" <<'TEXT'
#include <cstdio>
#include <retick.h>

static int doubles(void *arg) {
    const int number = *static_cast<int *>(arg);
    TICK_TRY(tick_sleep(TICK_US(10)));
    return 2 * number;
}

static struct tick_next step(struct tick_task *task, void *arg, int error) {
    int *left = static_cast<int *>(arg);
    (void)task;
    if (error < 0 || --*left == 0)
        return tick_next_return(error);
    return tick_next_yield();
}

static int run(void *arg) {
    int number = 21, left = 3;
    (void)arg;
    struct tick_task *task = tick_spawn(doubles, &number), *steps = tick_spawn_steps(step, &left);
    if (!task || !steps)
        return TICK_EFAILED;
    struct tick_future *both[] = {tick_task_future(task), tick_task_future(steps)};
    TICK_TRY(tick_wait(both, 2, TICK_SEC(60), TICK_ALL_COMPLETED));
    const int result = tick_within(TICK_SEC(60), tick_join(task));
    struct tick_queue *queue = tick_queue_new(1);
    struct tick_group group;
    TICK_TRY(tick_group_enter(&group));
    TICK_TRY(tick_group_go(&group, doubles, &number));
    TICK_TRY(tick_group_exit(&group, 0));
    tick_queue_free(queue);
    tick_task_unref(task);
    tick_task_unref(steps);
    std::printf("%d\n", result);
    return 0;
}

int main() {
    return tick_run(run, nullptr) < 0;
}
TEXT
case $compiler in
*clang*) cxx=clang++ ;;
*) cxx=g++ ;;
esac
command -v $cxx >/dev/null || exit 0
# shellcheck disable=SC2046,SC2086
$cxx -std=c++17 -Wall -Wextra -Werror $flags "$work/own.cpp" -o "$work/owncpp" $(pkg-config --cflags --libs retick)
[ "$("$work/owncpp")" = 42 ] || { echo "the program in C++ did not print 42"; exit 1; }
