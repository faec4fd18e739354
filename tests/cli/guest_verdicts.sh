#!/usr/bin/env bash
# What makes a finding of a program's run: a line of its output, its exit status; and how schedules and traces keep what was asked for.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

# --- words that are wrong ---
expect 2 "--match goes with a program of your own" "$RETICK" fuzz --match x scenario.c
expect 2 "--expect-status goes with a program of your own" "$RETICK" run --expect-status 1 scenario.c
expect 2 "--match a(: " "$RETICK" run --match 'a(' -- true
also "write an extended regular expression"
expect 2 "it is empty" "$RETICK" run --match '' -- true
expect 2 "--expect-status 256: write a number from 0 to 255, or any" "$RETICK" run --expect-status 256 -- true
expect 2 "--backstop goes with a program of your own" "$RETICK" run --backstop off scenario.c
expect 2 "--backstop no: write on or off" "$RETICK" run --backstop no -- true
[ -e "$(dirname "$RETICK")/libretick_guest.so" ] || finish # another processor's build, or a sanitizer's

# --- a line of output ---
says='echo all is well; printf "the sum is "; printf "%s\n" -7; echo "the sum is -7, too" >&2'
expect 0 "passed (calm)" "$RETICK" run -o says.db -- sh -c "$says"
expect 1 "--match 'sum is -[0-9]+\$' finds line 2 of stdout, at 0 s: the sum is -7" "$RETICK" run --match 'sum is -[0-9]+$' -o says.db -- sh -c "$says"
expect 1 "finds line 1 of stderr, at 0 s: the sum is -7, too" "$RETICK" run --match 'too$' -o says.db -- sh -c "$says"
expect 0 "passed (calm)" "$RETICK" run --match '^sum' -o says.db -- sh -c "$says"
expect 1 "exit status 3" "$RETICK" run --match early -o says.db -- sh -c 'printf late; exit 3'
expect 1 "it wrote more than 1024 KiB, and --match looks at no more" "$RETICK" run --match never --quiet -o says.db -- \
    sh -c 'i=0; while [ $i -lt 400 ]; do printf "%04000d\n" 0; i=$((i + 1)); done'

# --- an exit status ---
expect 0 "passed (calm)" "$RETICK" run --expect-status 3 -o three.db -- sh -c 'exit 3'
also "Next: retick fuzz --expect-status 3 -- sh -c"
expect 1 "exit status 4 in place of 3: so it ends" "$RETICK" run --expect-status 3 -o three.db -- sh -c 'echo so it ends >&2; exit 4'
expect 1 "exit status 0 in place of 3" "$RETICK" run --expect-status 3 -o three.db -- true
expect 0 "passed (calm)" "$RETICK" run --expect-status any -o three.db -- sh -c 'exit 4'
expect 1 "killed by SIGSEGV" "$RETICK" run --expect-status any -o three.db -- sh -c 'kill -SEGV $$'

# --- calls past libc's names: caught, and told where they cannot be ---
past=$(dirname "$RETICK")/tests/past_libc without=$(dirname "$RETICK")/tests/without_seccomp
expect 0 "sleep 0, 3600 s, one clock" "$RETICK" run -o past.db -- "$past" times
expect 0 "3 schedules passed" "$RETICK" fuzz -n 3 -- sleep 1
never "are real"
expect 0 "calls past libc's names, such as libc's own inside, are real, as seccomp is not available here" "$without" "$RETICK" fuzz -n 3 -- sleep 1
also "3 schedules passed"
expect 1 "fork: not supported yet: it started a child process after the world began" "$RETICK" run -o past.db -- "$past" fork
also ", in refused+0x"
also "    refused ("
never "libc_start"
expect 1 "--match" "$RETICK" fuzz --backstop off --match 'on the disk' -n 3 -o past.db -- "$past" files
expect 0 "program --match 'on the disk' --backstop off -- $past files" cat past.schedule

# --- a finding keeps what makes it one: shrunk, replayed, in JSON, and said where it is missing ---
python=/usr/bin/python3
$python -c 'import asyncio' 2>/dev/null || finish
cat >slow.py <<'EOF'
import asyncio, sys
async def answer(reader, writer):
    writer.write(await reader.readline())
    writer.close()
async def main():
    await asyncio.start_server(answer, "127.0.0.1", 7000)
    clock = asyncio.get_running_loop().time
    begun = clock()
    reader, writer = await asyncio.open_connection("127.0.0.1", 7000)
    writer.write(b"x\n")
    await reader.readline()
    print("slow" if clock() - begun > 0.03 else "fine", "as it is")
    if len(sys.argv) > 1:
        raise (ValueError if clock() - begun > 0.03 else KeyError)(sys.argv[1])
asyncio.run(main())
EOF
expect 1 "--match 'slow as' finds line 1 of stdout" "$RETICK" fuzz -n 100 --match 'slow as' -o slow.db -- $python slow.py
also "shrunk from"
also "each time the same"
also "Next: retick replay slow.db --match 'slow as' -- $python slow.py"
expect 0 "program --match 'slow as' -- $python slow.py" cat slow.schedule
expect 1 "the same run as in slow.db" "$RETICK" replay --match 'slow as' slow.db -- $python slow.py
never note
expect 1 "fails under" "$RETICK" replay --match 'slow as' --by start slow.schedule -- $python slow.py
never note
for kept in slow.db slow.schedule; do
    expect 0 "note: $kept was found with --match 'slow as', which may change how it ends" "$RETICK" replay $kept -- $python slow.py
    also "With that: retick replay $kept --match 'slow as' -- $python slow.py"
    expect 2 "Type it, if it is yours: retick replay $kept --match 'slow as' -- $python slow.py" "$RETICK" replay $kept
done
"$RETICK" fuzz -n 100 --match 'slow as' -o slow.db --json -- $python slow.py >report.json || true
checks=$((checks + 1))
python3 "$scenarios/../../support/json_report.py" "$scenarios/../../../docs/retick.schema.json" exit=1 finding schedule scenario.options \
    <report.json >.output 2>&1 || complain "fuzz --match --json"
grep -q "finds line 1 of stdout" report.json || complain "the report does not name the line"

expect 1 "--match 'slow as' finds line 1 of stdout, at 34 ms: slow as it is" "$RETICK" run --schedule slow.db --match 'slow as' -o again.db -- $python slow.py

# One exception is another finding than another one of the same status: what is shrunk stays the same.
expect 1 "exit status 1: KeyError: 'here'" "$RETICK" run -o key.db -- $python slow.py here
expect 1 "exit status 1: ValueError: here" "$RETICK" run --schedule slow.db -o value.db -- $python slow.py here
expect 1 "shrunk from 1 deviation to 1" "$RETICK" shrink value.db -o small.db -- $python slow.py here
expect 1 "ValueError: here" "$RETICK" replay small.db -- $python slow.py here

# Of what fails when nothing goes wrong, too, where all the lines can be taken away and no run passes.
expect 1 "schedules failed" "$RETICK" fuzz -n 20 --keep-going --no-shrink -o either.db -- $python slow.py here
also "either.db and either.schedule written"
finish
