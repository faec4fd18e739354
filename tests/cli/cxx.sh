#!/usr/bin/env bash
# Scenarios in C++: every macro of the headers, compiled by retick with g++ and clang++, in C++20 and C++17, and what C++ brings along.
# once: yes
# timeout: 300
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
surface=$scenarios/surface.cpp

# What the headers define is there. TICK__ is the library's own; X-macros' rows are undefined again.
comments='s|//.*||'
sed -E "$comments" "$surface" >code
for macro in $(sed -nE 's/^#define ((TICK|tick)_[A-Za-z0-9][A-Za-z0-9_]*)\(.*/\1/p' "$RETICK_SOURCE"/include/retick/*.h | grep -vE '_ENUM$' | sort -u); do
    checks=$((checks + 1))
    grep -qE "\b$macro\(" code || complain "surface.cpp does not use $macro"
done

# A retick with a sanitizer takes only its own compiler's.
compilers=$(sed -nE 's|^RETICK_CXX_COMPILER:[A-Z]*=(/.*)|\1|p' "$RETICK_BUILD/CMakeCache.txt")
for compiler in ${compilers:-g++ clang++}; do
    command -v "$compiler" >/dev/null || continue
    echo '#include <string>' | "$compiler" -x c++ -std=c++17 -fsyntax-only - 2>/dev/null || continue
    flags="-std=c++20 -Wextra -Werror"
    expect 0 "surface: passed (calm)" "$RETICK" run "$surface" --cxx "$compiler" --cflags "$flags" -o run.db
    never warning
    expect 0 "surface: 100 schedules passed" "$RETICK" fuzz "$surface" -n 100 -j1 --cxx "$compiler" --cflags "$flags"
    expect 0 "every run repeats" "$RETICK" check "$surface" -n 5 --cxx "$compiler" --cflags "$flags"
    expect 1 "thrown over a task's stack" "$RETICK" run "$surface:caught" --cxx "$compiler" --cflags "$flags"
    also "surface.cpp:"
    expect 0 "statics: 100 schedules passed" "$RETICK" fuzz "$surface:statics" -n 100 -j1 --cxx "$compiler" --cflags "$flags"
    expect 0 "surface: passed (calm)" "$RETICK" run "$surface" --cxx "$compiler" --cflags "-std=c++17 -Wextra -Werror" -o run.db
    never warning
    checks=$((checks + 1)) # as strict as one can be
    "$compiler" -std=c++20 -Wall -Wextra -Wpedantic -Wshadow -Werror -I"$RETICK_SOURCE/include" -fsyntax-only "$surface" >.output 2>&1 ||
        complain "$compiler warns"
done

# Its other names, and compilers that are not there.
cat >named.cc <<'TEXT'
#include <retick.h>
#ifndef ANY
#error ANY
#endif
TICK_SCENARIO(named, "small") { tick_host_add(world, "alice", [](void *) { return tick_check(ANY, "none"); }, nullptr); }
TEXT
cp named.cc named.cxx
expect 0 "passed" "$RETICK" run named.cc --cflags -DANY -o cc.db
expect 0 "passed" "$RETICK" run named.cxx --cflags -DANY
expect 0 "the same run" "$RETICK" replay cc.db --cflags -DANY
expect 1 "none" "$RETICK" fuzz named.cc --cflags -DANY=0 -o none.db
expect 1 "fails under 0 deviations" "$RETICK" replay named.cc none.schedule --cflags -DANY=0
expect 1 "fails under 0 deviations" "$RETICK" replay named.cxx:named none.schedule --cflags -DANY=0
expect 3 'no compiler "no-such-cxx" (from --cxx)' "$RETICK" run named.cc --cxx no-such-cxx
expect 3 'no compiler "no-such-cxx" (from RETICK_CXX)' env RETICK_CXX=no-such-cxx "$RETICK" run named.cc

# What must not be called, in C++'s words.
cat >escapes.cpp <<'TEXT'
#include <chrono>
#include <random>
#include <retick.h>
#include <thread>
struct noted {
    ~noted() { value++; }
    int value = 1;
};
static int body(void *) {
    thread_local noted mine;
    std::thread([] { std::this_thread::sleep_for(std::chrono::seconds(1)); }).join();
    const auto a = std::chrono::steady_clock::now().time_since_epoch();
    const auto c = std::chrono::system_clock::now().time_since_epoch();
    return a < c && std::random_device()() ? mine.value : 0;
}
TICK_SCENARIO(escapes, "looks outside") { tick_host_add(world, "alice", body, nullptr); }
TEXT
expect 2 "calls std::thread, which the simulated world cannot answer; use tick_spawn" "$RETICK" run escapes.cpp
for name in std::chrono::steady_clock::now std::chrono::system_clock::now std::random_device nanosleep "a thread_local with a destructor"; do
    also "calls $name"
done
if command -v addr2line >/dev/null; then
    also "in body(void*) (escapes.cpp:"
fi
never "__cxa_atexit"
expect 2 "calls std::thread" "$RETICK" run escapes.cpp --allow std::random_device
never "std::random_device"
expect 2 "does not compile" "$RETICK" run named.cc
finish
