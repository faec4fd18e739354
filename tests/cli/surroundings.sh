#!/usr/bin/env bash
# What runs hold and what surrounds them: check finds each thing that a scenario depends on, names it alone, and says where; replay and diff
# claim no more than they compared.
# once: yes
# timeout: 300
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
file=$scenarios/surroundings.c
mkdir tmp
export TMPDIR=$work/tmp
rows=("two fresh processes" "after 5 other runs" "stacks and heaps of 0xa5" "stacks and heaps of 0x5a" "address randomisation off and on"
    "another environment" "another locale" "another folder" "another depth of the stack" "another time of day" "compiled at another time")

# depends NAME CODE ROW...: check says of these rows that runs differ, of all others that they are the same, and ends with the code.
depends() {
    local name=$1 code=$2 row
    shift 2
    expect "$code" "$name: 2 seeds" "$RETICK" check "$file:$name" --seeds 2 --after 5 --allow time
    for row in "${rows[@]}"; do
        checks=$((checks + 1))
        if [[ " $* " == *"$row"* ]]; then
            grep -qE -- "^  $row +2 of 2 differ" "$work/.output" || complain "$name does not differ with: $row"
        elif [ "$row" != "address randomisation off and on" ] || [ "$randomised" = yes ]; then
            grep -qE -- "^  $row +same" "$work/.output" || complain "$name is not the same with: $row"
        fi
    done
}
randomised=no
setarch -R true 2>/dev/null && [ "$(cat /proc/sys/kernel/randomize_va_space)" != 0 ] && randomised=yes

depends nothing 0
also "every run repeats"
never "note:"
expect 0 "every run repeats" "$RETICK" check "$file:nothing" --seeds 2 --after 5 --strict --allow time

depends environment 1 "another environment"
also "what runs hold depends on the environment's variables"
also "in \"at home in /elsewhere\""
exists environment-0-a.db
exists environment-0-b.db
depends in_locale 1 "another locale"
depends deep 1 "another depth of the stack"
depends hour 1 "another time of day"
also "the text of event #"
depends built 1 "compiled at another time"
also "in \"built at 03:14:15\""

# The folder may be told.
depends in_folder 0 "another folder"
also "every run repeats, but for what is noted below"
also "note: what runs hold depends on the folder that it is run or compiled in"
depends compiled_in 0 "another folder"
expect 1 "do not repeat" "$RETICK" check "$file:in_folder" --seeds 2 --after 5 --strict --allow time

# So may addresses; they may decide nothing.
if [ $randomised = yes ]; then
    depends pointer 0 "address randomisation off and on"
    also "note: what runs hold depends on where the loader puts things"
    also "alice/main log: malloc is at 0x"
    expect 1 "do not repeat" "$RETICK" check "$file:pointer" --seeds 2 --after 5 --strict --allow time
    depends by_address 1 "address randomisation off and on"
    also "runs depend on where the loader puts things"
    also "part at event"
fi
# Beyond the 96 bytes that traces keep; a sanitizer's malloc fills memory itself.
if ! ldd "$RETICK" | grep -qE 'lib(a|t)san'; then
    depends padded 1 "stacks and heaps of 0xa5" "stacks and heaps of 0x5a"
    also "differs from byte 301 on"
    also "client/main sends 400 bytes"
    grep -qE '^     #[0-9]+ .*client/main sends' .output || complain "the event does not stand on a line of its own"
    also "(after $scenarios/surroundings.c:"
    also "0xa5 in ...\"xxxxxxxxxxxxxxxx\\xa5"
    expect 1 "differs beyond its first 96 bytes" "$RETICK" diff padded-0-a.db padded-0-b.db
    also "client/main sends 400 bytes"
    also "A  304 more bytes, with the hash "
fi

# The same run; the same events alone; and what is not known.
expect 0 "nothing: passed" "$RETICK" run "$file:nothing" --allow time -o nothing.db
expect 0 "the same run as in nothing.db, event by event, and byte by byte" "$RETICK" replay nothing.db --allow time
expect 0 "event by event, and byte by byte" "$RETICK" diff nothing.db nothing.db
expect 0 "environment: passed" env HOME=/a "$RETICK" run "$file:environment" --allow time -o a.db
expect 0 "the same events as in a.db, but not the same names, texts or bytes" env HOME=/b "$RETICK" replay a.db --allow time
expect 0 "environment: passed" env HOME=/b "$RETICK" run "$file:environment" --allow time -o b.db
expect 1 "the text of event #" "$RETICK" diff a.db b.db
also "alice/main log: at home in /a"
if command -v sqlite3 >/dev/null; then
    sqlite3 nothing.db "DELETE FROM meta WHERE key = 'contents'"
    expect 0 "event by event; what was sent and logged there is not known" "$RETICK" replay nothing.db --allow time
    expect 0 "they do not know all that was sent and written" "$RETICK" diff nothing.db nothing.db
fi
checks=$((checks + 1))
[ -z "$(ls -A tmp)" ] || complain "something was left in \$TMPDIR: $(ls -A tmp)"
finish
