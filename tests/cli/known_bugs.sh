#!/usr/bin/env bash
# once: yes
# timeout: 300
# The scenarios of known bugs: each bug is found within 1,000 seeds, its repair passes them, and the schedule found passes in the repair.
# Two lie deeper, and are replayed.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
known=$(realpath "$scenarios/../../../scenarios")

try() { # try SCENARIO TEXT
    expect 1 "$2" "$RETICK" fuzz "$known/$1.c" --seeds 1000 --jobs 1 -o found.db
    also "replayed 10 times"
    expect 0 "passes under" "$RETICK" replay "$known/$1.c:$1_fixed" found.schedule
    expect 0 "1,000 schedules passed" "$RETICK" fuzz "$known/$1.c:$1_fixed" --seeds 1000 --jobs 1
}

try lost_update "an increment was lost"
try pool_deadlock "deadlock: nothing can ever run again"
try register "a stale read: version"
expect 1 "is declared dead, and lives" "$RETICK" fuzz "$known/heartbeats.c" --seeds 1000 --jobs 1 -o found.db
try expired_lease "two writers added one each, and the file holds 1"
expect 1 "two writers added one each" "$RETICK" fuzz "$known/expired_lease.c:expired_lease_fenced" --seeds 5000 --jobs 1 -o found.db
try asyncio_semaphore "1 of 1 permits is free, and nobody gets it"
try tornado_queue "went to an agent that has nothing to do, and is not done"
try agentkeepalive "the request was given a socket that the agent has destroyed"
try aiohttp_keepalive "has come, and the connection is closed as idle"
try vortex_write "of no known kind"
try redis_multiplexed "that program/SET holds"
try etcd_watch "frames of lists went before a change that the watch has to tell"
try dynamodb_metadata "did not come true: all storage servers are in service again"
try postgres_fsync "was committed, and is not in the table"
try rs_tftpd "packets, and only 1 of them had a time-out"
try grpc_stop "Unavailable, the server let the client in and hung up"
try httpcore_pool "PoolTimeout: no request is active, and 2 of 2 connections are some that nobody will connect"

# The deep ones have their schedules beside them: thousands of seeds are tried before one finds them.
deep=$known/pgbouncer_cancel
expect 1 "the teller's booking 2 is canceled" "$RETICK" replay "$deep.c" "$deep.schedule"
never "did not meet"
expect 1 "the teller's booking 2 is canceled" "$RETICK" replay "$deep.c:pgbouncer_cancel_checked" "$deep.schedule"
expect 0 "passes under 4 deviations" "$RETICK" replay "$deep.c:pgbouncer_cancel_fixed" "$deep.schedule"
expect 0 "1,000 schedules passed" "$RETICK" fuzz "$deep.c:pgbouncer_cancel_fixed" --seeds 1000 --jobs 1
# Each of the four is needed.
for line in 4 5 6 7; do
    sed "${line}d" "$deep.schedule" >less.schedule
    expect 0 "passes under 3 deviations" "$RETICK" replay "$deep.c" less.schedule
done
deep=$known/etcd_lock
expect 1 "alice and carol are both told that they have the lock; alice's lease had ended" "$RETICK" replay "$deep.c" "$deep.schedule"
never "did not meet"
expect 0 "passes under 5 deviations" "$RETICK" replay "$deep.c:etcd_lock_fixed" "$deep.schedule"
expect 0 "1,000 schedules passed" "$RETICK" fuzz "$deep.c:etcd_lock_fixed" --seeds 1000 --jobs 1
for line in 4 5 6 7 8; do # each of the five is needed
    sed "${line}d" "$deep.schedule" >less.schedule
    expect 0 "passes under 4 deviations" "$RETICK" replay "$deep.c" less.schedule
done
finish
