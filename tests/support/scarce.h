// Memory that runs out, in a whole process: allocations of retick's code and of the test's fail as asked, and so do those that SQLite and
// jansson make. Linked into every test program but those that do so by themselves (tests/CMakeLists.txt has the list of calls).
//
// With RETICK_TORTURE=N in its environment a cmocka program runs each of its tests again and again, each time in a process of its own in
// which another allocation fails, alone or with all that follow: the first N/2, and as many of the others, evenly chosen. A test may pass
// then, or fail by an assertion; it may not crash, hang, abort, nor be found wanting by a sanitizer, and if it passes, it may not leak.
// RETICK_TORTURE_AT=K (or K+: with all that follow) runs the program with that allocation failing, as it is: for a debugger, with
// RETICK_TORTURE_TEST=NAME, which runs only that test.
#ifndef RETICK_SCARCE_H
#define RETICK_SCARCE_H

#include <stdbool.h>

// From now on allocation `left` fails (0: the next one; negative: none does), and with for_good all after it.
void scarce_begin(long left, bool for_good);
long scarce_asked(void);   // since then
long scarce_refused(void); // in this process and those that it has forked
void scarce_end(void);     // all succeed again; the numbers stay

// Runs body(arg) in a process of its own with memory running out, its output kept. Returns what it returned (0 to 99), or one of:
enum { SCARCE_CRASHED = 100, SCARCE_HUNG, SCARCE_LEAKED, SCARCE_COMPLAINED };
struct scarce_run {
    int (*body)(void *arg);
    void *arg;
    long left;
    bool for_good;
    bool at_end;          // may leak where it returns something else than 0
    long asked, refused;  // out
    char output[1 << 14]; // out: the last of it, with a NUL
};
int scarce_run(struct scarce_run *run);

// How often a test should do what it usually does so often: under torture a fortieth, as the same allocations are asked again and again.
int scarce_rounds(int usual);

#endif
