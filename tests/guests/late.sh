#!/usr/bin/env bash
# once: yes
# timeout: 300
# Programs in Python that begin when others have ended, and ones that are started again by a fault: they begin from where they are held, as
# they would in a fresh process.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
[ -e "$(dirname "$RETICK")/libretick_guest.so" ] || { came_to_finish=yes && exit 77; } # another processor's build, or a sanitizer's
[ -x /usr/bin/python3 ] || { came_to_finish=yes && exit 77; }
seeds=${RETICK_SEEDS:-3}
cp "$RETICK_SOURCE"/examples/worlds/pay_bank.py "$RETICK_SOURCE"/tests/guests/programs/python_late.py .

cat >late.yaml <<'TEXT'
hosts:
  bank: {program: /usr/bin/python3 pay_bank.py, daemon: true, by: WAY}
  first: {program: /usr/bin/python3 python_late.py one, by: WAY}
  then: {program: /usr/bin/python3 python_late.py one, after: first, by: WAY}
link_all: {latency: 1ms, jitter: 80ms}
TEXT
cat >again.yaml <<'TEXT'
hosts:
  bank: {program: /usr/bin/python3 pay_bank.py, daemon: true, by: WAY}
  first: {program: /usr/bin/python3 python_late.py one, start: 500ms, by: WAY}
link_all: {latency: 1ms, jitter: 80ms}
fault_at:
  - {at: 100ms, kind: crash, side: bank, lasts: 50ms}
  - {at: 200ms, kind: stop, side: bank, lasts: 50ms}
TEXT
mkdir here
cp ./*.py here
for world in late again; do
    for way in rewind fork start; do
        sed "s/WAY/$way/" "$world.yaml" >"here/$world.yaml"
        expect 0 "" "$RETICK" digest "here/$world.yaml" --seeds "$seeds"
        cp .output "$world.$way"
        [ "$(grep -c . "$world.$way")" -ge "$seeds" ] || complain "$world by $way: $(cat "$world.$way")"
        cmp "$world.rewind" "$world.$way" || complain "$world runs by $way as it does not when it is rewound"
    done
done
expect 0 "passed" "$RETICK" fuzz here/late.yaml --seeds "$seeds" -j1
finish
