#!/usr/bin/env bash
# Tasks in C++ that wait while an exception is handled, on its way or rethrown, each have their own: on the machine's loop, and in a
# simulated world, as a shared object and as a program.
# threads: yes
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
flags=$(sed -n 's/^RETICK_SANITIZE:[A-Z]*=\(..*\)/-fsanitize=\1/p' "$RETICK_BUILD/CMakeCache.txt")
grep -q '^RETICK_COVERAGE:BOOL=ON' "$RETICK_BUILD/CMakeCache.txt" && flags="$flags --coverage"
compiler=$(sed -n 's/^CMAKE_C_COMPILER:[A-Z]*=//p' "$RETICK_BUILD/CMakeCache.txt")
case $compiler in
*clang*) cxx=clang++ ;;
*) cxx=g++ ;;
esac
command -v $cxx >/dev/null || exit 77

cat >catches.cpp <<'TEXT'
#include <cstdio>
#include <exception>
#include <retick.h>
#include <stdexcept>
#include <string>

namespace {

int wrong; // of a host's: this program has one

void expect(bool holds, const char *what) {
    wrong += !holds;
    if (!holds)
        std::fprintf(stderr, "wrong: %s\n", what);
}

// Handles its own while the others throw, handle and end theirs.
int catches(void *arg) {
    const int number = *static_cast<int *>(arg);
    for (int round = 0; round < 3; round++) {
        try {
            throw number;
        } catch (int caught) {
            tick_sleep(TICK_MS(number));
            try {
                tick_sleep(TICK_MS(1));
                throw;
            } catch (int again) {
                expect(caught == number && again == number, "it is the task's own that is rethrown");
            }
            expect(std::current_exception() != nullptr, "it is being handled");
        }
        expect(std::current_exception() == nullptr, "nothing is being handled");
    }
    return 0;
}

struct waits {
    const int before = std::uncaught_exceptions();
    ~waits() { // one more is on its way, whatever others do meanwhile
        tick_sleep(TICK_MS(2));
        expect(std::uncaught_exceptions() == before + 1, "one is on its way");
    }
};

int unwinds(void *) {
    for (int round = 0; round < 4; round++) {
        try {
            waits here;
            throw std::runtime_error("on its way");
        } catch (const std::exception &caught) {
            expect(std::string(caught.what()) == "on its way", "it arrived");
        }
        expect(std::uncaught_exceptions() == 0, "none is on its way");
        tick_sleep(TICK_MS(1));
    }
    return 0;
}

// Is cancelled while it handles one.
int is_cancelled(void *) {
    int result = 0;
    try {
        throw std::string("mine");
    } catch (const std::string &) {
        result = tick_sleep(TICK_SEC(1000));
        try {
            throw;
        } catch (const std::string &again) {
            expect(again == "mine", "it is still there after the cancellation");
        }
    }
    return result;
}

} // namespace

extern "C" int run_all(void *) {
    int numbers[] = {1, 2, 3, 5, 8};
    struct tick_task *tasks[9];
    int count = 0;
    wrong = 0;
    for (int &number : numbers)
        tasks[count++] = tick_spawn(catches, &number);
    for (int i = 0; i < 3; i++)
        tasks[count++] = tick_spawn(unwinds, nullptr);
    struct tick_task *cancelled = tasks[count++] = tick_spawn(is_cancelled, nullptr);
    tick_sleep(TICK_MS(4));
    try {
        throw 100;
    } catch (int) {
        tick_task_cancel(cancelled, nullptr);
        for (int i = 0; i < count; i++) {
            const int result = tick_join(tasks[i]);
            expect(result == (tasks[i] == cancelled ? TICK_ECANCELED : 0), "it ended as it should");
            tick_task_unref(tasks[i]);
        }
        try {
            throw;
        } catch (int again) {
            expect(again == 100, "main's own is still there");
        }
    }
    expect(std::uncaught_exceptions() == 0 && std::current_exception() == nullptr, "nothing is left");
    return wrong ? TICK_EFAILED : 0;
}
TEXT
cat >world.c <<'TEXT'
#include <retick.h>
int run_all(void *arg);
TICK_SCENARIO(catches, "C++ on three hosts") {
    tick_host_add(world, "a", run_all, NULL);
    tick_host_add(world, "b", run_all, NULL, .start = TICK_MS(3));
    tick_host_add(world, "c", run_all, NULL, .start = TICK_MS(5));
}
TEXT
cat >real.cpp <<'TEXT'
#include <cstdio>
#include <retick.h>
extern "C" int run_all(void *);
int main() {
    const int result = tick_run(run_all, nullptr);
    std::printf("%s\n", result < 0 ? "failed" : "held");
    return result < 0;
}
TEXT
echo 'extern "C" int tick_main(int, char **); int main(int n, char **v) { return tick_main(n, v); }' >own.cpp
common="$flags -g -fPIC -I$RETICK_SOURCE/include -Wall -Wextra -Werror"
library="$RETICK_BUILD/libretick.a -lsqlite3 -lxxhash -ljansson -lyaml -ldl -pthread"
# shellcheck disable=SC2086
{
    $cxx -std=c++17 $common -c catches.cpp -o catches.o && $compiler $common -c world.c -o world.o &&
        $cxx $common real.cpp catches.o $library -o real && $cxx $common own.cpp world.o catches.o $library -o own &&
        $cxx $common -shared catches.o world.o -o catches.so
} >.output 2>&1 || complain "C++ does not build"

expect 0 "held" ./real
expect 0 "passed (calm)" ./own run
expect 0 "" ./own fuzz --seeds 200
expect 0 "passed (calm)" "$RETICK" run ./catches.so
expect 0 "" "$RETICK" fuzz ./catches.so --seeds 200
expect 0 "every run repeats" "$RETICK" check ./catches.so --seeds 5
finish
