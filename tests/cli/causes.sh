#!/usr/bin/env bash
# What events came of, in traces of real scenarios: data beside control, deviations where they bear, and what faults lose, slow and hold up.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

# fails SCENARIO [DEVIATION...]: it does, under these; its trace is SCENARIO.db.
fails() {
    local scenario=$1
    shift
    { printf 'retick schedule 2\nscenario %s\n' "$scenario" && printf '%s\n' "$@"; } >"$scenario.schedule"
    expect 1 "$scenario: fails" "$RETICK" replay "$scenarios/bearing.c:$scenario" "$scenario.schedule" -o "$scenario.db" --force
}

# causes FILE: "KIND <- KIND (how)", once each, with the deviation's line for a choice.
causes() {
    "$RETICK" query "$1" --csv "SELECT DISTINCT a.name || ' <- ' || coalesce(c.line, b.name) || ' (' || how || ')' FROM causes x
        JOIN events e ON e.seq = x.seq JOIN kinds a ON a.kind = e.kind JOIN events f ON f.seq = x.cause_seq JOIN kinds b ON b.kind = f.kind
        LEFT JOIN choices c ON c.seq = x.cause_seq ORDER BY 1" | tr -d '\r"' | tail -n +2 >"$work/.output"
}

# because FILE: the same with each event's own cause, and of messages only what hinders them.
because() {
    "$RETICK" query "$1" --csv "SELECT DISTINCT a.name || ' <- ' || coalesce(c.line, b.name) || coalesce(' (' || how || ')', '') FROM because x
        JOIN events e ON e.seq = x.seq JOIN kinds a ON a.kind = e.kind JOIN events f ON f.seq = x.cause_seq JOIN kinds b ON b.kind = f.kind
        LEFT JOIN choices c ON c.seq = x.cause_seq ORDER BY 1" | tr -d '\r"' | tail -n +2 >"$work/.output"
}

# chain FILE KIND...: the causes of its verdict, up to the last that there is, are events of these kinds.
chain() {
    local file=$1
    shift
    "$RETICK" query "$file" --csv why | tail -n +2 | cut -d, -f4 | tr -d '\r"' | uniq >"$work/.output"
    checks=$((checks + 1))
    [ "$(tr '\n' ' ' <"$work/.output")" = "$* " ] || complain "the chain of $file is not $*"
}

fails ahead
causes ahead.db
also "io_complete <- msg_recv (read)"
also "log <- take (took)"
also "msg_send <- take (took)"

for cause in "delivery client←server @1 +30ms" "loss client←server @1 =1"; do
    fails behind "$cause"
    causes behind.db
    also "msg_recv <- $cause (late)"
    also "msg_recv <- msg_recv (behind)"
done
fails cut "fault_partition client:host/weather @30 +10ms"
because cut.db
also "fault_begin <- fault_partition client:host/weather @30 +10ms"
also "msg_drop <- fault_begin"
also "msg_drop <- msg_send (sent)"
also "msg_recv <- msg_drop (lost)"
also "task_create <- host_start"
expect 0 "1" "$RETICK" query cut.db "SELECT count(*) = 1 FROM events WHERE kind = 22 AND arg = 1" # nothing passes
expect 0 'server/say_ok for client sends "ok" to client: it comes late' "$RETICK" explain cut.db

fails clogged "fault_clog client:host/weather @17 +10ms"
because clogged.db
also "msg_slow <- fault_begin"
also "msg_slow <- msg_send (sent)"
also "msg_recv <- msg_slow (late)"
never "msg_drop"
expect 0 "20000000" "$RETICK" query clogged.db "SELECT arg FROM events WHERE kind = 40"

fails paused "fault_pause client:host/weather @19 +30ms"
because paused.db
also "host_pause <- fault_begin"
also "timer_fire <- host_pause (late)"
expect 0 "client goes on" "$RETICK" explain paused.db

fails crashed "fault_crash server:host/weather @16 +10ms"
because crashed.db
also "host_crash <- fault_begin"
also "host_restart <- host_crash"
also "task_create <- host_restart"
also "fault_end <- fault_begin"
chain crashed.db verdict step_end step_begin task_ready future_done io_complete msg_recv msg_send msg_drop host_crash fault_begin choice
expect 0 "it is lost" "$RETICK" explain crashed.db

fails stopped "fault_stop client:host/weather @16 +100ms"
chain stopped.db verdict step_begin task_ready task_cancel host_stop fault_begin choice

fails jumped "fault_clock client:host/weather @32 +100ms"
because jumped.db
also "clock_jump <- fault_begin"
also "clock_read <- clock_jump"
also "verdict <- clock_read (took)"

fails stale
causes stale.db
also "shared_write <- shared_read (from)"
also "shared_write <- shared_write (over)"
also "shared_read <- shared_write (saw)"
also "verdict <- shared_read (took)"
expect 0 "bank/alice writes the balance of the firm, which it read at 0 ms; bank/bob wrote it at 10 ms in" \
    "$RETICK" explain stale.db
# What a program receives by a call of its own is read like what a stream reads: each message that it took from is a cause.
printf 'retick schedule 2\nscenario datagrams\ndelivery client:udp @3 +300ms\n' >late.schedule
expect 1 "datagram 2 was late" "$RETICK" replay "$scenarios/raw_reads.c:datagrams" late.schedule -o datagrams.db --force
causes datagrams.db
also "verdict <- io_complete (took)"
also "msg_recv <- delivery client:udp @3 +300ms (late)"
expect 0 'server reads "z" from client' "$RETICK" query datagrams.db why
also "the schedule: the 3rd datagram of client:udp arrives 300 ms late"
also 'client sends "z" to server'
expect 1 "all is read" "$RETICK" run "$scenarios/raw_reads.c:stream" -o stream.db --force
causes stream.db
also "io_complete <- msg_recv (read)"
also "verdict <- io_complete (took)"
raw() { # raw HOST: what its calls took, and of how many messages
    "$RETICK" query stream.db --csv "SELECT group_concat(e.arg || ' of ' || (SELECT count(*) FROM because b JOIN events m ON
        m.seq = b.cause_seq AND m.kind = 21 WHERE b.seq = e.seq), ', ') FROM events e JOIN objects o ON o.object_id = e.host_id
        WHERE e.kind = 15 AND o.name = '$1' AND e.arg < 5 ORDER BY e.seq" | tail -1 | tr -d '\r"' >"$work/.output"
}
raw server
also "4 of 2, 2 of 1, 2 of 1, 2 of 1, 2 of 1, 0 of 1"
raw client
also "0 of 1"
expect 0 "1" "$RETICK" query stream.db "SELECT count(*) FROM events e JOIN objects o ON o.object_id = e.subject_id WHERE e.kind = 15 AND o.path = 'server:tcp'"
# A sleep is a wait of its own name, from when it is begun until its timer fires.
expect 0 "" "$RETICK" run "$RETICK_SOURCE/scenarios/redis_pool.c" -o sleeps.db
slept=$(sqlite3 sleeps.db "SELECT group_concat(DISTINCT (end_ts - begin_ts) / 1000000) FROM waits
    JOIN objects ON object_id = subject_id WHERE name = 'sleep' AND path LIKE 'app/client-1%'")
[ "$slept" = 10 ] || complain "app/client-1 sleeps for $slept ms"

finish
