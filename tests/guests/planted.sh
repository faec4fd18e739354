#!/usr/bin/env bash
# once: yes
# Each kind of choice that an unmodified program is asked about, and a bug that it alone brings out (programs/planted.c): found by seeds
# that draw that kind alone, shrunk to one deviation of it, and not found by seeds that draw all the others.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
built=$(dirname "$RETICK")
[ -e "$built/libretick_guest.so" ] || { came_to_finish=yes && exit 77; } # another processor's build, or a sanitizer's
kinds=(delivery poll_late host_late ready_hold short_recv short_send thread job_time)

planted() { # planted BUG KIND SEEDS: the seeds until it is found were counted, and are some times fewer
    local other alone=()
    for other in "${kinds[@]}"; do
        [ "$other" = "$2" ] || alone+=(--rate "$other=0")
    done
    expect 1 "planted: $1" "$RETICK" fuzz --quiet -n "$3" "${alone[@]}" -o found.db -- "$built/tests/planted" "$1"
    [ -z "${RETICK_TABLE:-}" ] || sed -nE "s/.*: seed ([0-9]+) fails.*/$1 \1/p" .output
    [ "$(grep -vcE '^(retick|scenario|program) ' found.schedule)" = 1 ] || complain "$1 takes more than one deviation: $(cat found.schedule)"
    grep -q "^$2 " found.schedule || complain "$1 is found by $(cat found.schedule)"
    expect 1 "planted: $1" "$RETICK" replay --quiet --by start found.schedule -- "$built/tests/planted" "$1"
    expect 0 "300 schedules passed" "$RETICK" fuzz -n 300 --rate "$2=0" -o other.db -- "$built/tests/planted" "$1"
}

planted delivery delivery 300
planted poll_late poll_late 1000
planted timer_late poll_late 1000
planted host_late host_late 1000
planted ready_hold ready_hold 1000
planted short_recv short_recv 1000
planted short_recv_at_end short_recv 2000
planted short_send short_send 2000
planted short_send_at_end short_send 2000
planted thread thread 2000
planted job_time job_time 1000
finish
