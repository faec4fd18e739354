#!/usr/bin/env bash
# retick replay --debug: the run under gdb, where it fails or at an event, with the stacks of its tasks.
# once: yes
# timeout: 240
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

cat >nested.c <<'TEXT'
#include <retick.h>
static int deep(int depth, struct tick_event_flag *bell) {
    if (depth > 0)
        return deep(depth - 1, bell) + 1; // below
    return tick_event_wait(bell);         // here it waits
}
static int waiter(void *bell) {
    return deep(3, bell);
}
static int body(void *unused) {
    (void)unused;
    struct tick_event_flag *bell = tick_event_new();
    struct tick_task *task = tick_spawn_named("wai\033[31mter", waiter, bell);
    TICK_TRY(tick_sleep(TICK_MS(1)));
    tick_log("before");                   // here it logs
    TICK_TRY(tick_check(tick_random("number", 4) != 3, "it is three")); // here it fails
    tick_event_set(bell);
    int result = tick_join(task);
    tick_task_unref(task);
    tick_event_free(bell);
    return result < 0 ? result : 0;
}
static int crash(void *unused) {
    (void)unused;
    TICK_TRY(tick_sleep(TICK_MS(1)));
    *(volatile int *)8 = 1;               // here it crashes
    return 0;
}
TICK_SCENARIO(nested, "a task that waits in a depth") { tick_host_add(world, "alice", body, NULL); }
TICK_SCENARIO(crashes, "a wild pointer") { tick_host_add(world, "bob", crash, NULL); }
TEXT
line() { grep -n -F "$1" nested.c | cut -d: -f1; }
printf 'retick schedule 2\nscenario nested\nuser alice/number @1 =3\n' >nested.schedule
expect 1 "it is three" "$RETICK" run nested.c --cflags "-O0 -fno-sanitize=undefined" --schedule nested.schedule -o run.db --quiet

expect 2 "--at goes with --debug" "$RETICK" replay run.db --at 3
expect 2 "--at x: write an event's number" "$RETICK" replay run.db --debug --at x
expect 2 "--debug goes without --output and --json" "$RETICK" replay run.db --debug -o again.db
expect 2 "--debug goes without --output and --json" "$RETICK" replay run.db --debug --json
# Without gdb one is told what to install.
mkdir bin
for program in sh cc c++ as ld addr2line; do ln -s "$(command -v $program)" bin; done
expect 3 "--debug needs gdb, which is not installed here: apt install gdb" env PATH="$work/bin" "$RETICK" replay run.db --debug
[ "$(grep -c . .output)" -le 2 ] || complain "more than a line and a note"

if ! gdb -nx -batch -ex run --args "$(command -v true)" 2>&1 | grep -q "exited normally" ||
    ! gdb -nx -batch -ex 'python print("py" + "thon")' 2>/dev/null | grep -q python; then
    echo "gdb is not here, may not trace, or has no Python: the rest is left out"
    finish
fi
if ldd "$RETICK" | grep -qE 'lib(a|t)san'; then
    echo "a sanitizer's stacks are its own: the rest is left out"
    finish
fi

printf 'info tasks\ntask 2\ntask apply all bt 1\ntask 2 frame function deep\ntask 1 frame\ncontinue\n' >commands
expect 0 "stopped where the run fails. Next: info tasks" "$RETICK" replay run.db --debug=commands
also "nested.c:$(line "here it fails")"
grep -qE '^\* 1 +runs +alice/main' .output || complain "alice does not run"
grep -qE '^  2 +waits +alice/wai.*ter +(an event|event_wait|.*nested.c:'"$(line "here it waits")"')' .output || complain "the waiter does not wait"
also "nested.c:$(line "here it waits")"
[ "$(grep -cE "^#[0-9]+ .* deep \(.* at .*nested.c:$(line "// below")" .output)" -ge 3 ] || complain "the stack is not as deep as it is"
grep -qE '^#[0-9]+ .* waiter \(' .output || complain "the stack does not go down to the task's function"
grep -qE '^#[0-9]+ .* tick__switch_entry \(\)' .output || complain "the stack has no end"
never $'\033'
never "corrupt stack"
also "nested: fails" # after all that the run goes on as if nothing had been
also "it is three"
# At an event: by its number in the trace.
seq=$("$RETICK" query run.db "SELECT seq FROM events WHERE kind = 31" --csv | tr -d '\r' | tail -n 1)
printf 'info tasks\nbt\n' >commands
expect 0 "stopped at event $seq" "$RETICK" replay run.db --debug=commands --at "$seq"
also "nested.c:$(line "here it logs")"
expect 1 "there is no event 100000: the run has " "$RETICK" replay run.db --debug=commands --at 100000
also "there are no tasks"
# A schedule, a crash, and what gdb is told that is wrong.
printf 'task\n' >commands
expect 1 "write task N [COMMAND]" "$RETICK" replay nested.c nested.schedule --debug=commands
printf 'task 7\n' >commands
expect 1 "there is no task 7" "$RETICK" replay nested.c nested.schedule --debug=commands
printf 'retick schedule 2\nscenario crashes\n' >crashes.schedule
printf 'info tasks\n' >commands
expect 0 "SIGSEGV" "$RETICK" replay nested.c crashes.schedule --debug=commands --cflags -fno-sanitize=undefined
also "nested.c:$(line "here it crashes")"
grep -qE '^\* 1 +runs +bob/main' .output || complain "bob does not run"
# An installed program without its symbols is enough.
if command -v strip >/dev/null; then
    mkdir -p usr/bin usr/share/retick
    strip -o usr/bin/retick "$RETICK" && cp "$RETICK_SOURCE/cli/retick_gdb.py" usr/share/retick && ln -s "$RETICK_SOURCE/include" usr/include
    printf 'info tasks\ntask 2\n' >commands
    expect 0 "stopped where the run fails" usr/bin/retick replay run.db --debug=commands
    [ "$(grep -cE "^#[0-9]+ .* deep \(.* at .*nested.c:$(line "// below")" .output)" -ge 3 ] || complain "without symbols: the stack is not as deep"
fi
finish
