#!/usr/bin/env bash
# Worlds of programs in YAML files, with every command that takes a scenario; and their mistakes, as people see them.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
peer=$RETICK_BUILD/tests/world_peer
[ -x "$peer" ] || exit 77
mkdir here
cp "$peer" here/peer

cat >here/peers.yaml <<'TEXT'
about: a client and a server
hosts:
  client: {program: [./peer, "connect:server:8000", "say:4"], after: first}
  server: {program: "./peer listen:8000 serve:9", daemon: true}
  first: {program: ./peer sleep:5, start: 1ms}
link_all: {latency: 1ms, jitter: 30ms, loss: true}
link_between:
  - {hosts: [client, first], latency: never}
names: {db: {hosts: server, jitter: 1s}}
faults:
  storm: {kinds: [crash, partition], until: 200ms, among: server}
fault_at:
  - {at: 500ms, kind: pause, side: server, lasts: 10ms}
TEXT

# What it makes is shown first. A relative program is from the file's folder, wherever retick was called.
expect 0 "peers: passed (calm)" "$RETICK" run here/peers.yaml
also "peers: a client and a server"
also "  client  ./peer connect:server:8000 say:4, after first"
also "  server  ./peer listen:8000 serve:9, a daemon"
also "  first   ./peer sleep:5, from 1 ms on"
also "  network: 1 ms, and up to 30 ms more; may lose segments"
also "    between client and first: nothing passes"
also "  name db: server; an answer may come up to 1 s late"
also "  faults storm: schedules may choose partition, crash, 2 at most, of server"
also "  in every run: at 500 ms, pause of server for 10 ms"
also "Next: retick fuzz here/peers.yaml"
calm=$(grep digest .output)
(cd here && "$RETICK" run peers.yaml -o ../x.db) >.output 2>&1 </dev/null
also "$calm"
expect 0 "peers  a client and a server" "$RETICK" run --list here/peers.yaml
expect 0 "runs ./peer listen:8000 serve:9" "$RETICK" query run.db log

# A finding, and what is done with it. Whoever runs it again names the file: a trace and a schedule start nothing by themselves.
expect 1 "on host client" "$RETICK" fuzz here/peers.yaml --jobs 1 --replays 3
also "(peers.yaml:3)"
also "Next: retick replay peers.db here/peers.yaml"
expect 1 "the same run as in peers.db, event by event, and byte by byte" "$RETICK" replay peers.db here/peers.yaml --quiet
expect 1 "peers: fails under" "$RETICK" replay here/peers.yaml peers.schedule --quiet
also "peers.html shows it, in a browser"
expect 1 "Next: retick replay s.db here/peers.yaml" "$RETICK" shrink peers.db here/peers.yaml -o s.db --quiet
for command in replay shrink "explain --likelihood" "whatif --set x" "run --schedule"; do
    # shellcheck disable=SC2086
    expect 2 "peers.db is of programs in a world file, and starts none by itself" "$RETICK" $command peers.db
    also "Name it, if it is yours, as in: retick replay peers.db $work/here/peers.yaml"
done
expect 2 "goes with --likelihood" "$RETICK" explain here/peers.yaml peers.db
line=$(sed -n 3p peers.schedule | sed 's/ *#.*//')
expect 1 "peers: " "$RETICK" whatif peers.db here/peers.yaml --set "$line" -o w.db --quiet
expect 0 "written" "$RETICK" graph peers.db -o found.dot
expect 0 "every run repeats" "$RETICK" check here/peers.yaml --seeds 2 --after 2
expect 0 "" "$RETICK" digest here/peers.yaml --seeds 2
cp .output digests
(cd here && "$RETICK" digest peers.yaml --seeds 2) >.output 2>&1
cmp -s .output digests || complain "another folder has other digests"
expect 0 "1 passed, 0 failed" "$RETICK" test here/peers.yaml --seeds 0
never "it has no checks"

# Folders are looked through for them, and for what is kept of them; other files in YAML are not looked at.
echo 'services: {app: {image: none}}' >here/compose.yaml
sed '2a expect fails' peers.schedule >here/kept.schedule
expect 0 "2 passed, 0 failed" "$RETICK" test here --seeds 0
also "kept.schedule"
never "compose.yaml"
rm here/kept.schedule
mkdir empty
cp here/compose.yaml empty
expect 2 "there is no scenario in what was named" "$RETICK" test empty

# --- mistakes ---

cat >bad.yaml <<'TEXT'
hosts:
  app: {progam: ./peer, after: bank}
  bank: {program: ./peer, after: app}
link_all: {latencyy: 1ms, jitter: 30}
TEXT
expect 2 "bad.yaml:2:9: a host has no \"progam\"; did you mean program?" "$RETICK" run bad.yaml
also "retick: bad.yaml:2:3: host app has no program: add what it runs, as in program: python3 app.py"
also "retick: bad.yaml:4:12: a link has no \"latencyy\"; did you mean latency?"
also "retick: bad.yaml:4:35: jitter: \"30\" is no time; write a number with a unit, such as 30ms, 1.5s, 2min or 1h"
also "after: a circle, in which nobody ever starts:"
[ "$(grep -c . .output)" = 5 ] || complain "not one line a mistake"
[ ! -e bad.db ] || complain "it ran"
printf 'hosts:\n  app: {program: ./peer, "\\x1b[31m": 1}\n' >evil.yaml
expect 2 'a host has no "\x1b[31m"' "$RETICK" run evil.yaml
{
    echo "hosts:"
    for i in {1..30}; do echo "  h$i: {}"; done
} >many.yaml
expect 2 "and 10 more" "$RETICK" run many.yaml
: >empty.yaml
expect 2 "empty.yaml:1:1: this is no world" "$RETICK" run empty.yaml
expect 2 "gone.yaml" "$RETICK" run gone.yaml
expect 2 "start them by hand, or drop --real" "$RETICK" run --real here/peers.yaml
expect 2 "has no scenario \"other\"" "$RETICK" run here/peers.yaml:other

# Every word that there is stands in the table of docs/GUESTS.md, and in the one of docs/SCENARIOS.md; what stands there as its name in C
# is in a public header, and what a host, a link, a name or a fault can be given in C has a word.
table=$(sed -n '/^## The same in YAML/,/^## Who/p' "$RETICK_SOURCE/docs/SCENARIOS.md" | grep '^| `')
words() { # words YAML: those that the message about a wrong one lists
    printf '%s\n' "$1" >unknown.yaml
    "$RETICK" run unknown.yaml 2>&1 | sed -n 's/.*has no "zzzzzzzz"; it has: //p' | tr -d ,
}
a='hosts: {a: {program: ./peer}}'
for each in "zzzzzzzz: 1" "hosts: {a: {zzzzzzzz: 1}}" "$a"$'\nlink_all: {zzzzzzzz: 1}' "$a"$'\nlink_between: [{hosts: [a, a], zzzzzzzz: 1}]' \
    "$a"$'\nnames: {b: {zzzzzzzz: 1}}' "$a"$'\nfaults: {b: {kinds: crash, zzzzzzzz: 1}}' "$a"$'\nfault_at: [{zzzzzzzz: 1}]' \
    "$a"$'\nlimit: {zzzzzzzz: 1}'; do
    listed=$(words "$each")
    [ -n "$listed" ] || complain "no words are listed for $each"
    for word in $listed; do
        grep -qE "^\|.*(\`$word\`|[{, ]$word:)" "$RETICK_SOURCE/docs/GUESTS.md" || complain "docs/GUESTS.md has no $word"
        cut -d'|' -f2 <<<"$table" | grep -q "\`$word\`" || complain "docs/SCENARIOS.md has no $word"
    done
done
for name in $(cut -d'|' -f4 <<<"$table" | grep -o '`[^`]*`' | tr -d '`.' | sort -u); do
    grep -qwr "$name" "$RETICK_SOURCE/include/retick" || complain "docs/SCENARIOS.md says $name, which is in no header"
done
for struct in program_options link_options name fault fault_range; do
    for name in $(sed -n "/^struct tick_$struct {/,/^};/{s,//.*,,;p}" "$RETICK_SOURCE"/include/retick/*.h | tr '\n' ' ' | tr ';,' '\n\n' |
        sed -nE 's/^.*[ *]([a-z_]+)(\[[^]]*\])? *$/\1/p'); do
        cut -d'|' -f4 <<<"$table" | grep -q "\`\.$name\`" || complain "docs/SCENARIOS.md has no word for .$name of struct tick_$struct"
    done
done

# What only the machine knows is told when it is run.
echo 'hosts: {app: {program: ./nobody}}' >absent.yaml
expect 1 "./nobody: no such file" "$RETICK" run absent.yaml
echo 'hosts: {app: {program: ./peer sleep:1, folder: nowhere}}' >unfolded.yaml
expect 1 "nowhere" "$RETICK" run unfolded.yaml

# Each thing that a host can be given reaches its program.
cat >here/given.yaml <<'TEXT'
world: given
hosts:
  app: {program: [/bin/sh, -c, 'echo "$WORD in ${PWD##*/}"; exit 3'], environment: {WORD: a word}, folder: ../here, status: 3, match: a word in here}
TEXT
expect 1 "'a word in here' finds line 1 of stdout" "$RETICK" run here/given.yaml
sed -i 's/, match.*/}/' here/given.yaml
expect 0 "given: passed" "$RETICK" run here/given.yaml
sed -i 's/status: 3/status: any/' here/given.yaml
expect 0 "given: passed" "$RETICK" run here/given.yaml
sed -i 's/, status: any//' here/given.yaml
expect 1 "exit status 3" "$RETICK" run here/given.yaml
finish
