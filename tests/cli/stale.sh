#!/usr/bin/env bash
# A schedule that was kept and a program that was edited since: which lines the run does not meet any more, said wherever a schedule is run.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

cp "$scenarios/rare.c" rare.c
cat >rare.schedule <<'TEXT'
retick schedule 2
scenario rare
user alice/first @1 =3
user alice/second @1 =3
TEXT
expect 1 "rare: fails" "$RETICK" replay rare.c rare.schedule --strict
never stale
expect 1 "rare: failed" "$RETICK" run rare.c --schedule rare.schedule -o rare.db
never stale

# A run that fails is a finding, stale or not.
sed 's/tick_random("second", 4)/3/' "$scenarios/rare.c" >rare.c
for strict in "" --strict; do
    # shellcheck disable=SC2086
    expect 1 "stale: 1 of 2 lines was not met: user alice/second @1 =3" "$RETICK" replay rare.c rare.schedule $strict
    also "it fails without what is not met, or before. Next: retick shrink rare.c rare.schedule"
    never "--strict is given"
done
expect 1 "stale: 1 of 2 lines was not met" "$RETICK" shrink rare.c rare.schedule --strict -o less.db
never "Next: retick shrink"
[ "$(grep -c '^user ' less.schedule)" = 1 ] || complain "less.schedule holds not one deviation: $(cat less.schedule)"

# One that passes tells little.
sed 's/tick_random("second", 4)/0/' "$scenarios/rare.c" >rare.c
for way in "replay rare.c rare.schedule" "replay rare.c rare.db" "run rare.c --schedule rare.schedule -o stale.db" "shrink rare.c rare.schedule"; do
    # shellcheck disable=SC2086
    expect 0 "stale: 1 of 2 lines was not met: user alice/second @1 =3" "$RETICK" $way
    also "Next: retick fuzz rare.c:rare"
    # shellcheck disable=SC2086
    expect 2 "is stale, and --strict is given" "$RETICK" $way --strict
done
head -n 3 rare.schedule >one.schedule
expect 0 "rare: passes" "$RETICK" replay rare.c one.schedule --strict
never stale
expect 2 "--strict goes with --schedule" "$RETICK" run rare.c --strict

# Names come from outside: what is not met is shown, and obeyed by no terminal.
printf 'retick schedule 2\nscenario rare\nuser al\u202eice/first @1 =3\n' >hostile.schedule
expect 0 'al\u202eice/first' "$RETICK" replay rare.c hostile.schedule
never $'\u202e'

if command -v python3 >/dev/null; then
    check_report() { "$@" <report.json && echo fits; }
    for way in "replay rare.c rare.schedule" "run rare.c --schedule rare.schedule -o stale.db" "shrink rare.c rare.schedule"; do
        # shellcheck disable=SC2086
        "$RETICK" $way --strict --json >report.json 2>/dev/null
        expect 0 fits check_report env PYTHONDONTWRITEBYTECODE=1 python3 "$RETICK_SOURCE/tests/support/json_report.py" \
            "$RETICK_SOURCE/docs/retick.schema.json" exit=2 unmet=1 stale.of=2 'stale.lines=["user\u0020alice/second\u0020@1\u0020=3"]'
    done
fi
finish
