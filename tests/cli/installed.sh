#!/usr/bin/env bash
# What `cmake --install` puts down is enough to build a program of one's own, by pkg-config and by CMake: a whole scenario in C, and a
# program in C++.
# once: yes
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
printf 'retick schedule 2\nscenario own\n' >"$work/own.schedule"
tests=$("$work/own" test --seeds 5 "$work/own.schedule") || { echo "$tests"; exit 1; }
[ "$(grep -cE '^ok [123] - own: (calm|.*/own\.schedule|seeds 0\.\.4)$' <<<"$tests")" = 3 ] || { echo "own test said $tests"; exit 1; }

if ! {
    cmake -G Ninja -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/usr" -DCMAKE_C_COMPILER="$compiler" -DCMAKE_C_FLAGS="$flags" &&
        cmake --build "$work/build"
} >"$work/log" 2>&1; then
    cat "$work/log"
    exit 1
fi
"$work/build/own" run

# Scenarios as tests of one's own project: a whole one, one that fails, one with a schedule elsewhere, one that takes flags.
mkdir "$work/project" "$work/project/kept files"
cd "$work/project"
sed '/^int main/d' "$work/own.c" >own.c
cat >three.c <<'TEXT'
#include <retick.h>
#ifndef MOST
#define MOST 3
#endif
static int draw(void *unused) {
    (void)unused;
    return tick_check(tick_random("number", 4) <= MOST, "too much");
}
TICK_SCENARIO(three, "at most three") { tick_host_add(world, "alice", draw, NULL); }
TEXT
printf 'retick schedule 2\nscenario three\nuser alice/number @1 =3\n' >"kept files/three.schedule"
printf 'retick schedule 2\nscenario three\nuser bob/number @1 =3\n' >"kept files/stale.schedule"
cat >CMakeLists.txt <<'TEXT'
cmake_minimum_required(VERSION 3.25)
project(own NONE)
enable_testing()
find_package(retick REQUIRED)
retick_add_scenario(own FILE own.c SEEDS 10)
retick_add_scenario(kept FILE three.c:three SEEDS 0 SCHEDULES "kept files/three.schedule" TIMEOUT 60)
retick_add_scenario(too_much FILE three.c SEEDS 0 SCHEDULES "kept files/three.schedule" CFLAGS "-DMOST=2 -O2")
retick_add_scenario(stale FILE three.c SEEDS 0 SCHEDULES "kept files/stale.schedule")
retick_add_scenario(strictly FILE three.c SEEDS 0 SCHEDULES "kept files/stale.schedule" STRICT)
TEXT
project=0
{ cmake -G Ninja -S . -B build -DCMAKE_PREFIX_PATH="$work/usr" && env XDG_CACHE_HOME="$work/cache" ctest --test-dir build --output-on-failure; } \
    >"$work/log" 2>&1 || project=$?
for phrase in "own ....* Passed" "kept ....* Passed" "too_much ....*Failed" "stale ....* Passed" "strictly ....*Failed" \
    "not ok 2 - three.c:three: kept files/three.schedule" \
    "2 tests failed out of 5"; do
    grep -q -- "$phrase" "$work/log" || { cat "$work/log"; echo "ctest did not say \"$phrase\""; exit 1; }
done
[ $project = 8 ] || { cat "$work/log"; echo "ctest ended with $project"; exit 1; }
echo 'retick_add_scenario(wrong FILES own.c)' >>CMakeLists.txt
! cmake -G Ninja -S . -B build >"$work/log" 2>&1 || { echo "wrong words were taken"; exit 1; }
grep -q "write retick_add_scenario(NAME FILE scenario.c" "$work/log" || { cat "$work/log"; exit 1; }
cd "$work"

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
