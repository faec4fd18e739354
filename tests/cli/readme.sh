#!/usr/bin/env bash
# What the README and docs/SCENARIOS.md show is what happens: each command of the tour with what it is shown to say, and the examples that
# are whole.
export ASAN_OPTIONS=detect_leaks=1
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
top=$(realpath "$scenarios/../../..")
mkdir bin
ln -s "$RETICK" bin/retick
cp -r "$top/scenarios" "$top/examples" .
export PATH=$work/bin:$PATH

# shown COMMAND TEXT: it says just that, but for the time that it takes.
shown() {
    local text=$2
    checks=$((checks + 1))
    timeout 120 bash -c "$1" 2>&1 </dev/null | sed -E 's/ in [0-9.]+ (ns|µs|ms|s)$/ in TIME/' >.output
    while [ "${text%$'\n'}" != "$text" ]; do text=${text%$'\n'}; done
    sed -E 's/ in [0-9.]+ (ns|µs|ms|s)$/ in TIME/' <<<"$text" >shown.txt
    cmp -s shown.txt .output || complain "README.md does not show what \`$1\` says: $(diff shown.txt .output)"
}

# The tour: blocks of `$ command` and what it says; a command of which nothing is shown is only tried where that is quick.
command='' text='' tried=0
try_it() {
    command=${command%%  \#*}
    case $command in
    '') ;;
    *--real*) ;; # real.sh has its own server
    *" -- python3 "*) # times and digests are the interpreter's
        [ ! -e "$(dirname "$RETICK")/libretick_guest.so" ] || expect 1 "bank fails: exit status 1: AssertionError: the balance is -60" \
            bash -c "$command"
        ;;
    *"--seeds 100000"*) expect 0 "schedules passed" bash -c "${command/100000/2000}" ;;
    *)
        shown "$command" "$text"
        tried=$((tried + 1))
        ;;
    esac
    command='' text=''
}
while IFS= read -r line; do
    case $line in
    '```'*) try_it ;;
    '$ '*)
        try_it
        command=${line#\$ }
        ;;
    *) [ -z "$command" ] || text+=$line$'\n' ;;
    esac
done < <(awk '/^```$/ {f = !f; print; next} f' "$top/README.md")
[ $tried -ge 4 ] || complain "README.md shows only $tried commands with what they say"
grep -vc -e '^#' -e '^retick' -e '^scenario' run.schedule | grep -qx '[123]' || complain "the demo's schedule is not small"

# What it offers without showing what comes of it.
tried=0
while IFS= read -r line; do
    case $line in
    *--debug*) ;; # debug.sh asks gdb
    *' diff '*) expect 1 "part at event" bash -c "$line" ;;
    *' explain '*--likelihood*) expect 0 "of fresh schedules, with nothing decided" bash -c "$line" ;;
    *' whatif '*) expect 0 "with that it passes" bash -c "$line" ;;
    *' explain '*) expect 0 "how it came to it, beside redis_pool_fixed" bash -c "$line" ;;
    *' graph '* | *' view '* | *' export '*) expect 0 "written" bash -c "$line" ;;
    *) expect 0 "seq" bash -c "$line" ;;
    esac
    tried=$((tried + 1))
done < <(awk '/^```$/ {f = !f; next} f && /^retick .*  #/ {sub(/  +#.*/, ""); print}' "$top/README.md")
[ $tried -ge 4 ] || complain "README.md offers only $tried commands"
grep -q 'client\(-\|&#45;\)2' run.svg || complain "run.svg shows no client-2"
for each in expired_lease pool_deadlock; do
    expect 1 "shrunk from" retick fuzz scenarios/$each.c -n 2000 -o $each.db
done

# example NAME PAGE: writes the example of that page.
example() {
    awk -v mark="<!-- example: $1 -->" '$0 == mark {f = 1; next} f && /^```c/ {p = 1; next} p && /^```/ {exit} p' "$top/$2" >"$1"
    [ "$(wc -l <"$1")" -gt 20 ] || complain "$2 has no example $1"
}
example greet.c README.md
expect 0 "greet: passed (calm)" retick run greet.c
expect 1 "no greeting within 50 ms" retick fuzz greet.c --seeds 1000
expect 0 "every run repeats" retick check greet.c --seeds 2 --after 5

# What a daemon opens before it waits is open to all; what a task of its own opens may come too late.
example two_servers.c docs/SCENARIOS.md
expect 0 "3,000 schedules passed" retick fuzz two_servers.c --seeds 3000
never "warning"
sed -e 's/^static int server(void/static int later(void *arg) { (void)arg; return tick_serve(":7001", reply, "all is well"); }\n&/' \
    -e 's/TICK_TRY(tick_server_open(.*/struct tick_task *other = tick_spawn(later, NULL);/' \
    -e 's/tick_server_free(status)/tick_task_unref(other)/' -e '/tick_server \*status/d' two_servers.c >two_tasks.c
expect 0 "passed (calm)" retick run two_tasks.c
expect 1 "nobody accepted the connection to server:7001" retick fuzz two_tasks.c --seeds 3000
finish
