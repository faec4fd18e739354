#!/usr/bin/env bash
# What `cmake --install` puts down is enough to build a program of one's own, by pkg-config and by CMake, in C and as a whole scenario.
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

[ -s "$work/usr/share/man/man1/retick.1" ] || { echo "no manual page was installed"; exit 1; }
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
