#!/usr/bin/env bash
# Sentences that stories of published bugs must have, so that a stranger can tell from them what to repair.
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

story lost_update
also "is ready for the 2nd time alice goes on at 104 ms"
also "writes the counter, which it read at"
also "in between, and that write is lost"
story expired_lease
also "writes the file, which it read at"
also "locks/serve_leases for bob sends \"2\" to bob, the answer to \"lease 0 0\" of 26 ms"
also "alice was told \"1\" at 5 ms, to \"lease 0 0\" of 4 ms, and says \"free 1\" only at 40 ms"
story postgres_fsync
also "3 320 ms postgres crashes at 320 ms and is down for 100 ms 4 420 ms postgres starts again"
also "syncs postgres:/table, and is told that all is well: what the sync of 150 ms was to write is not tried again"
story rs_tftpd
also "tftpd says: an acknowledgement that came before 16 times in all"
also "tftpd sends \"DATA 5\" to client once more, now that \"ACK 4\" has come"
story dynamodb_metadata
also "though storage-"
also "which passes from one to the next, and from 3.497 s on is held by metadata/membership for storage-1's 23rd connection"
also "the client of that one hung up at 2.558 s; of 62 tasks that wait for it 56 serve clients that have hung up"
also "out of service, and asks again (dynamodb_metadata.c:51) so do storage-5, storage-6, storage-1 and 2 more; 179 times in all"
story redis_multiplexed
also "a circle: program/driver waits for an event that program/SET cleared at 104 ms (redis_multiplexed.c:55);"
also "program/SET waits to write to redis/serve for program, where 131066 bytes are unread (redis_multiplexed.c:38);"
also "redis/serve for program waits to write to program/driver, where 130560 bytes are unread (redis_multiplexed.c:128)"
story httpcore_pool
also "app/client#3 runs into its deadline of 80 ms while it waits for an event: cancelled with a connection that it never used;"
also "so does app/client#4"
also "sets the event that app/client#3 waits for, though that one has just been cancelled, and only has not run since"
also "so it is with what app/client#2 gives app/client#4"
story grpc_stop
also "says: GracefulStop"
also "only after that"
story etcd_watch
also "and never \"1 END_STREAM\""
also "etcd receives \"pod\" from kubelet, and 7 more like it after that"
also "\"list 3\" of 53.03203 ms, \"list 4\" of 103.03203 ms and \"list 5\" of 153.03203 ms came later, and are served before it"
also "says: a change waits until a whole list is sent"
story redis_pool
also "over a connection that still owes an answer: to \"GET retick:user:1\", which it sent at 14 ms and stopped waiting for at 64 ms"
also "the next that comes over it, at 104 ms, is \"chats of user 1\""
story aiohttp_keepalive
also "wakes server/serve for client, now that \"GET /8\" of client has come"
also "the timer of 75 ms that it set at 195 ms is over: what that calls runs first"
story agentkeepalive
also "closes the connection of client:timer#4/request to server, and leaves the rest to a callback that is to run next"
also "what that calls runs first, and begins client:timer#7/request"
# Whom the verdict names, and what those were told
retold etcd_lock
also "etcd/serve for alice's 2nd connection sends \"locked\" to alice, the answer to \"lock 0\" of 148 ms"
also "before that, alice was told \"no lease\" at 347 ms, to \"keepalive 0\" of 248 ms, and \"ok\" at 349 ms"
also "etcd/serve for carol's 2nd connection has read that, and fails before it answers"
# What the verdict tells by a number, and who of those that are alike got it
story register
also "writer sends \"w12\" to replica-2 and replica-3 (register.c:56) replica-1 never gets it; replica-2 answers \"12\" at 487 ms,"
also "reader/ask#14 sends \"r\" to replica-1 alone (register.c:56) it goes on with that one answer, and does not ask replica-2 or replica-3"
# What is in order is not told as if it were not.
innocent() {
    expect 1 "how it came to it" "$RETICK" fuzz "$scenarios/innocent.c:$1" -n 200 --jobs 1 -o "$1.db"
    tr -s ' \n' ' ' <"$work/.output" >said && mv said "$work/.output"
}
innocent given
also "runs into its deadline of 10 ms"
never "has just been cancelled"
innocent drained
also "client sends \"two\" to server"
never "still owes an answer"
finish
