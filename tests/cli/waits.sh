#!/usr/bin/env bash
# Who waits in vain, and for what, in a finding's story and in `retick explain --waits`: circles across hosts and in daemons, holders, those
# who are like each other, who is idle, and how the same wait ends in a good run.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
file=$scenarios/in_vain.c

line() { # line PHRASE: where it stands in the scenarios
    echo "$(basename "$file"):$(grep -nF -- "$1" "$file" | head -1 | cut -d: -f1)"
}
say() { # say PHRASE...: the last command said all of this, however its lines are broken
    tr -s ' \n' ' ' <.output >said
    for phrase; do
        checks=$((checks + 1))
        grep -qF -- "$phrase" said || complain "nobody said \"$phrase\""
    done
}

write=$(line "both write")
expect 1 "deadlock" "$RETICK" fuzz "$file:both_write" -n 1 -o write.db
unread="where 131072 bytes are unread ($write)"
say "1 3 ms a circle: client waits to write to server/takes for client, $unread; server/takes for client waits to write to client, $unread 2 "
say "client/main waits for write ($write) server/takes for client waits for write ($write), at the other end of that" # the verdict's text
expect 0 "2 tasks wait when it ends" "$RETICK" explain write.db --waits
say "client waits to write to server/takes for client, $unread part of circle 1" "1 task that nobody waits for is idle" \
    "server waits for connections"

second=$(line "the second lock") made=$(line "two_locks(void" | cut -d: -f1):$(($(line "struct locks locks = " | cut -d: -f2)))
expect 1 "deadlock" "$RETICK" fuzz "$file:crossed" -n 1 -o crossed.db
say "a circle: server/does for x waits for the lock of $made, held by server/does for y since" \
    "($second); server/does for y waits for the lock of $made, held by server/does for x since" \
    "x waits to read from server/does for x ($(line "reads the answer"))" "y waits to read from server/does for y"
say "a circle: server/does for x waits for the lock of $made ($second) that server/does for y holds," # the verdict's text
never "'s 2nd connection" # which nobody uses
expect 0 "4 tasks wait when it ends" "$RETICK" explain crossed.db --waits
say "3 tasks that nobody waits for are idle" "server/does for x's 2nd connection waits to read from x"

expect 1 "deadlock" "$RETICK" fuzz "$file:crowd" -n 1 -o crowd.db
say "app waits for what it began to end: app/consumer, app/consumer#2, app/consumer#3 and 28 more" \
    "app/consumer and 29 more like it wait for a queue ($(line "(queue, &item);")) nobody has ever put into it" \
    "app/twice waits for the lock of $(line "twice, tick_lock_new"), which it holds itself since 0 ms ($(line "; // again"))"
say "app/consumer and 29 more like it wait for a queue ($(line "(queue, &item);"))" # the verdict's text
expect 0 "32 tasks wait when it ends" "$RETICK" explain crowd.db --waits
say "app/consumer#30 waits for a queue"

expect 1 "deadlock" "$RETICK" fuzz "$file:shop" -n 100 -o shop.db
say "shop/first waits for shop->opened, a future of $(line "shop shop = ") ($(line "not yet open")) it has done so since 0 ms in the good run" \
    "shop waits for shop/opener, shop/first and shop/second to end ($(line "all three")) it has done so since 0 ms in" \
    "shop/second waits for a semaphore, whose permit is with shop/first since 0 ms ($(line "// a seat"))" \
    "shop/opener waits for an event ($(line "until the evening")) nobody has ever set it in the good run shop/first wakes it at 3 ms"
expect 0 "4 tasks wait when it ends" "$RETICK" explain shop.db --waits --against shop.twin.db
say "in the good run shop/opener wakes it at 3 ms"
expect 0 "" "$RETICK" explain shop.db --waits --json
python3 - .output <<'PY' || complain "the report is not as it should be"
import json, sys
waits = json.load(open(sys.argv[1]))["waits"]
by = {wait["task"]: wait for wait in waits}
assert len(waits) == 4 and not any(wait["idle"] for wait in waits), waits
assert by["shop/main"]["for"] == "tasks" and by["shop/main"]["needs"] == ["shop/opener", "shop/first", "shop/second"], by["shop/main"]
assert by["shop/second"]["for"] == "lock" and by["shop/second"]["needs"] == ["shop/first"], by["shop/second"]
assert by["shop/first"]["for"] == "future" and by["shop/first"]["circle"] is None and by["shop/first"]["since_ns"] == 0
PY
# Queues: what is with whom, who has to make room, and a wake-up that came before the wait
expect 1 "deadlock" "$RETICK" fuzz "$file:pool" -n 100 -o pool.db
say "a circle: app/user waits for a queue, and the 2 items that were taken from it are with app/user#2 and itself ($(line "// a second one"));" \
    "app/user#2 waits for a queue, and the 2 items that were taken from it are with app/user and itself"
expect 1 "deadlock" "$RETICK" fuzz "$file:belt" -n 1 -o belt.db
say "mill waits for room in a queue that is full with 1 item, from which others take: mill/taker ($(line "no room"))" \
    "mill/taker waits for an event ($(line "has rung")) it was set at 0 ms by mill, before this wait"

# A reader who must not read while another writes; who clears a flag that he has waited for; a lock that is handed on; permits
file=$scenarios/retold.c
expect 1 "deadlock" "$RETICK" fuzz "$file:both_talk" -n 1 -o talk.db
say "a circle: client/listener waits for an event that client/talker cleared at 3 ms ($(line "not while somebody writes"));" \
    "client/talker waits to write to server/writes for client, where 131072 bytes are unread ($(line "the question"));" \
    "server/writes for client waits to write to client/listener, where 131068 bytes are unread ($(line "the answer"))"
expect 1 "deadlock" "$RETICK" fuzz "$file:inn" -n 1 -o inn.db
say "inn/eater waits for an event ($(line "for supper")) it was set at 0 ms by inn, before this wait" \
    "inn/eater#2 waits for an event ($(line "tick_event_wait(bell));")) it was set at 0 ms by inn, before this wait" \
    "inn/one_after_the_other#2 waits for the lock of $(line "tick_lock_new()"), which passes from one to the next, and from 1 ms on is" \
    "on is held by inn/keeper ($(line "// in turn"))"
expect 0 "" "$RETICK" explain inn.db --waits
say "inn/sits#3 waits for a semaphore, whose 2 permits are with inn/sits and inn/sits#2 since 0 ms ($(line "// a seat"))"
file=$scenarios/in_vain.c

# A limit that is passed while nobody gets on says so; one that somebody's own timer goes beyond does not.
expect 1 "limit: no progress since 2 ms, for longer than the limit (tick_still_limit raises it), though other things go on:" \
    "$RETICK" fuzz "$file:ticking" -n 1 -o ticking.db
say "go on: client/main waits for read_line ($(line "// in vain")) server/mute for client waits for read_line" \
    "at the other end of that no deviation is needed" \
    "a circle: client waits to read from server/mute for client" "server/mute for client waits to read from client" \
    "2 1010 s no progress since 2 ms, for longer than the limit (tick_still_limit raises it), though other things go on ticking.db"
expect 1 "limit: no progress since 2 ms" "$RETICK" replay ticking.db
expect 0 "ticking.dot written" "$RETICK" graph ticking.db -o ticking.dot
grep -qF ">limit: no progress since 2 ms, for longer than the limit (tick_still_limit raises it), though other things go on<" ticking.dot ||
    complain "the picture does not say it"
expect 1 "limit: the limit of virtual time was passed (tick_limit raises it), with no progress since 2 ms, though other things go on:" \
    "$RETICK" fuzz "$file:ticking_for_long" -n 1 -o long.db
say "go on: client/main waits for read_line ($(line "// in vain"))"
# Whom nobody reaches is told of at once.
expect 1 "deadlock: the run can never end, with no progress since 2 ms, though other things go on:" \
    "$RETICK" fuzz "$file:ticking_in_vain" -n 1 -o twice.db
say "go on: client/main waits for read_line ($(line "// in vain")) a circle: twice/main waits for the lock of" \
    "($(line "// its own")) that twice/main holds" \
    "server/mute for client waits for read_line" "at the other end of that" \
    "10 s the run can never end, with no progress since 2 ms, though other things go on twice.db"
expect 1 "deadlock: the run can never end" "$RETICK" replay twice.db
expect 1 "limit: the limit of virtual time was passed (tick_limit raises it)" "$RETICK" fuzz "$file:sleepy" -n 1 -o sleepy.db
never "no progress"

expect 0 "1 task that nobody waits for is idle when it ends, at 3 ms" "$RETICK" explain shop.twin.db --waits
expect 2 "--waits is not for --repaired or --likelihood" "$RETICK" explain shop.db --waits --repaired "$file:shop"
expect 0 "in_vain.c:" "$RETICK" query shop.db waits
finish
