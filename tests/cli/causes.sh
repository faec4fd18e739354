#!/usr/bin/env bash
# What events came of, in traces of real scenarios: data beside control, and deviations where they bear.
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
finish
