#!/usr/bin/env bash
# Sentences that stories of published bugs must have, so that a stranger can tell from them what to repair.
# timeout: 300
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
known=$(realpath "$scenarios/../../../scenarios")

# story SCENARIO: what fuzz says of it, however its lines are broken.
story() {
    expect 1 "how it came to it" "$RETICK" fuzz "$known/$1.c" --seeds 1000 --jobs 1 -o "$1.db"
    tr -s ' \n' ' ' <"$work/.output" >said && mv said "$work/.output"
}

# told SCENARIO: likewise, of a scenario that is made for it.
told() {
    expect 1 "how it came to it" "$RETICK" fuzz "$scenarios/retold.c:$1" -n 200 --jobs 1 -o "$1.db"
    tr -s ' \n' ' ' <"$work/.output" >said && mv said "$work/.output"
}

# Those who run into the same deadline stand in one sentence.
told deadlines
also "10 ms – 20 ms app/worker runs into its deadline of 10 ms while it waits for an event: too late; and once more (retold.c:"
also "so do app/worker#2, app/worker#3, app/worker#4 and 2 more; 12 times in all 2 "

# retold SCENARIO: the same of the schedule that stands beside it.
retold() {
    expect 1 "how it came to it" "$RETICK" replay "$known/$1.c" "$known/$1.schedule"
    tr -s ' \n' ' ' <"$work/.output" >said && mv said "$work/.output"
}

# What became of the rest of a send; when a timer fired that was late
told cut_short
also "sayer sends only 1 of 15 bytes on sayer's connection to hearer, behind 116 bytes the other 14 bytes follow at 29 ms in the good run"
also "in the good run all of it goes out at once: \"the first line\""
told late
also "0 ms the sleep of sleeper fires 1 us late it is due at 40 ms, and fires at 40.001 ms 2 "
story vortex_write
also "seeder sends only 1 of 3 bytes on seeder's connection to downloader, behind 92 bytes the other 2 bytes are never sent: what goes out"
also "what goes out next on that connection, at 34 ms, is 43 bytes (2a 07 02"
story pool_deadlock
also "1 34 ms the 4th step of app takes 30 ms app goes on at 64 ms 2 "

# What becomes of what somebody was woken with who is cancelled before he runs: the run knows
ended() { # ended SCENARIO: likewise, of a run that fails when all is calm
    expect 1 "" "$RETICK" run "$scenarios/retold.c:$1" -o "$1.db"
    expect 0 "how it came to it" "$RETICK" explain "$1.db"
    tr -s ' \n' ' ' <"$work/.output" >said && mv said "$work/.output"
}
ended turn_lost
also "wakes app/hasty with what it waits for before it runs, its deadline passes, and it is cancelled: the wake-up is lost with it,"
also "is lost with it, for it hands nothing on before it ends"
ended turn_handed_on
also "before it runs, its deadline passes, and it is cancelled; when it goes on, at 10 ms, it hands that on to app/patient"
never "is lost"
ended turn_unknown
also "before it runs, its deadline passes, and it is cancelled; the run ends before it goes on"
ended turn_open
also "before it runs, its deadline passes, and it is cancelled; the run ends before it has handed that on"
ended seat_lost
also "sets the event that inn/hungry waits for, though that one has just run into its deadline, and only has not run since the wake-up is"
also "the wake-up is lost with it, for it hands nothing on before it ends"
ended seat_handed_on
also "and only has not run since when it goes on, at 10 ms, it hands that on to inn/guest"
never "is lost"
ended plate_cold
also "inn puts an item into the queue at which inn/hungry waits, though that one has just run into its deadline, and only has not run since"
also "nobody takes it before the run ends"
never "is lost"
story asyncio_semaphore
also "and it is cancelled: the wake-up is lost with it, for it hands nothing on before it waits again in the good run it is woken at 24 ms,"
also "in the good run it is woken at 24 ms, and sends \"GET /3\" to site"
# Nobody is woken there any more, and others wait
also "259 ms crawler begins to wait for a future of asyncio_semaphore.c:74, and no wake-up is on its way to anybody there: the last went to"
also "at 124 ms, and was lost (asyncio_semaphore.c:62) 5 waits have begun there since, and no wake-up has ended"
also "in the good run 5 wake-ups come there from 24 ms on"
# What is not heard is told where it is missed, behind what it came of
also "8 60.259 s crawler has heard nothing from site since \"200 OK\" of 24 ms in the good run \"200 OK\" comes at 32 ms"
never "for the last time"
also "the two are the same until 24 ms:"
story tornado_queue
# One name for who serves a connection, and for what he has begun, in decisions and in sentences
also "the 2nd step of agent/job_agent/run_operations for supervisor takes 100 ms replayed"
also "agent/job_agent for supervisor wakes agent/job_agent/run_operations for supervisor with what"
also "with what it waits for, now that \"run 2\" of supervisor has come"
also "and it is cancelled: \"run 2\" is lost with it, for it hands nothing on before it waits again in the good run it is woken at 45 ms,"
also "the last went to itself at 123 ms, and was lost"
story heartbeats
also "1 6.573 s node-98 stands still for 3 s 2 9 s monitor has heard nothing from node-98 since \"98\" of 5.983 s"
also "node-98 has been silent for 3.017 s; no other host was for longer than 1 s"
story lost_update
also "is ready for the 2nd time alice goes on at 104 ms"
also "writes the counter, which it read at"
also "in between, and that write is lost"
story expired_lease
also "writes the file, which it read at"
also "locks/serve_leases for bob sends \"2\" to bob, the answer to \"lease 0 0\" of 26 ms"
also "; bob was told \"0\" at 5 ms, to the same, and says: the lease was somebody else's. What"
also "What alice was granted ended between 5 ms and 27 ms, without a word from alice"
also "alice was told \"1\" at 5 ms, to \"lease 0 0\" of 4 ms, and sends \"free 1\" only at 40 ms"
story postgres_fsync
# What the verdict tells by a number, and the failing host was told itself
also "1 122 ms app sends \"insert 6\" to postgres, and is told \"committed\" at 124 ms"
# What both runs take, and what the good one lacks
also "fails, and what it was to write is lost in the good run, too 3 "
also "4 320 ms postgres crashes and is down for 100 ms not in the good run 5 420 ms postgres starts again"
also "syncs postgres:/table, and is told that all is well: what the sync of 150 ms was to write is not tried again"
story rs_tftpd
also "tftpd says: an acknowledgement that came before 16 times in all"
also "client has sent the same again by then, 2 times from 100 ms on, and those come by 145 ms, too"
also "tftpd sends \"DATA 5\" to client once more, now that \"ACK 4\" has come"
# By whom, so that the failing host's add up with what the verdict counts: 12 and 17 are 29
also "in all 17 messages are sent again by tftpd, and 18 by others in the good run nothing is sent twice"
story dynamodb_metadata
also "for storage-4's 2nd connection sends \"partitions 1 to 9\" to storage-4, though storage-4 hung up at 419 ms"
also "though storage-"
also "which passes from one to the next, and from 3.497 s on is held by metadata/membership for storage-1's 23rd connection"
also "the client of that one hung up at 2.558 s, 98 ms after it had asked; of 62 tasks that wait for it 56 serve clients that have hung up"
also "56 serve clients that have hung up; each has it for 25 ms, so the other 6 alone take 150 ms"
also "out of service, and asks again (dynamodb_metadata.c:51) so do storage-5, storage-6, storage-1 and 2 more; 179 times in all"
story redis_multiplexed
# What is waited for in vain since before the two part
also "5 110 ms program waits for what it began to end: program/driver, program/GET, program/SET and program/GET#2 it has done so since 2 ms"
also "a circle: program/driver waits for an event that program/SET cleared at 104 ms (redis_multiplexed.c:55);"
also "program/SET waits to write to redis/serve for program, where 131066 bytes are unread (redis_multiplexed.c:38);"
also "redis/serve for program waits to write to program/driver, where 130560 bytes are unread (redis_multiplexed.c:128)"
story httpcore_pool
never "for nobody" # of a few such nothing comes
also "app/client#3 runs into its deadline of 80 ms while it waits for an event: cancelled with a connection that it never used;"
also "so does app/client#4"
also "sets the event that app/client#3 waits for, though that one has just run into its deadline, and only has not run since"
also "the wake-up is lost with it, for it hands nothing on before it waits again; so it is with what app/client#2 gives app/client#4"
# What somebody says who runs into a deadline is not told before what it came of
also "so does app/client#2 3 80 ms app/client sets the event"
also "4 80 ms app/client#3 runs into its deadline"
story grpc_stop
also "says: GracefulStop"
also "sends \"SETTINGS\" to client-2 only now, after server-1 has said: GracefulStop"
# A connection that is closed on who asks over it, beside what others like him were told
also "closes the connection of client-2 (grpc_stop.c:57) \"HEADERS\" of 236 ms gets no answer; client-1 was sent \"GOAWAY PING\" at 233 ms,"
also "client-2 was not in the good run it sends \"DATA\" over it first, at 163 ms"
also "meanwhile \"ClientHello\" of client-2 came in at server-1"
also "in the good run before that, at"
story etcd_watch
also "others go out after it, but never \"1 END_STREAM\""
also "etcd receives \"pod\" from kubelet, the last of 8 like it since 13 ms, but never sends \"1 END_STREAM\" to api-server for them"
also "\"1 END_STREAM\" belongs to what api-server asked for with \"watch 1\" at 2.020624 ms;"
also "\"list 3\" of 53.03203 ms, \"list 4\" of 103.03203 ms and \"list 5\" of 153.03203 ms came later, and are answered in the good run"
also "in the good run it sends that at 41.195143 ms"
also "says: a change waits until a whole list is sent"
story redis_pool
never "is told"
also "over a connection that still owes an answer: to \"GET retick:user:1\", which it sent at 14 ms and stopped waiting for at 64 ms"
also "the next that comes over it, at 104 ms, is \"chats of user 1\""
never "over a connection of app/client-3"
also "what it waits for, \"chats of user 1\", comes at 104 ms"
story aiohttp_keepalive
also "the 8th step of server/serve for client takes 100 ms what it sends, \"200 page 7\", leaves at its beginning"
also "wakes server/serve for client, now that \"GET /8\" of client has come"
also "the timer of 75 ms that it set at 195 ms, due at 270 ms, is over: what that calls runs first"
story agentkeepalive
also "closes the connection of client:timer#4/request to server, and leaves the rest to a callback that is to run next"
also "what that calls runs first, and begins client:timer#7/request"
# Whom the verdict names, and what those were told
retold etcd_lock
also "etcd/serve for alice's 2nd connection sends \"locked\" to alice, the answer to \"lock 0\" of 148 ms"
also "before that, alice was told \"no lease\" at 347 ms, to \"keepalive 0\" of 248 ms, and \"ok\" at 349 ms"
also "etcd/serve for carol's 2nd connection reads that, and fails at 369 ms, before its answer goes to carol"
also "1 4 ms the 3rd step of alice takes 100 ms in the good run, too 2 "
never "has been silent"
never "has heard nothing from" # for no longer than others
# Against what a timer is late that fires before it would; who uses a connection when
retold pgbouncer_cancel
also "from byte 8 on arrives 30 ms late: \"done\" in the good run, too 2 70 ms"
also "it is due at 190 ms, would fire at 290 ms, and fires at 284 ms already, when something else wakes postgres"
also "that connection is used by pgbouncer/client_session for teller since 285 ms, for \"query 10\"; until 284 ms it was used"
also "used by pgbouncer/client_session for analyst, for \"query 20\" of 69 ms in the good run it sends \"done\""
# What the verdict tells by a number, and who of those that are alike got it
story register
also "writer sends \"w12\" to replica-2 and replica-3 (register.c:56) replica-1 never gets it; replica-2 answers \"12\" at 487 ms,"
also "replica-3 answers \"12\" at 487 ms; with that writer goes on at 584 ms"
also "reader/ask#14 sends \"r\" to replica-1 alone (register.c:56) it goes on with that one answer, and does not ask replica-2 or replica-3"
# What is in order is not told as if it were not.
innocent() {
    expect 1 "how it came to it" "$RETICK" fuzz "$scenarios/innocent.c:$1" -n 200 --jobs 1 -o "$1.db"
    tr -s ' \n' ' ' <"$work/.output" >said && mv said "$work/.output"
}
innocent given
also "runs into its deadline of 10 ms"
never "only has not run since"
innocent served
also "runs into its deadline of 10 ms"
never "only has not run since"
innocent drained
also "client sends \"two\" to server"
never "still owes an answer"
finish
