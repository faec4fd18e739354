#!/usr/bin/env bash
# What a sanitizer reports is a finding like another: with its place and its deviations, shrunk and replayed.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

line() { # line PHRASE: where it stands in undefined.c
    grep -nF -- "// $1" "$scenarios/undefined.c" | cut -d: -f1
}
found() { # found SCENARIO NUMBER OPTION...: by one number that the program draws
    local name=$1
    also "shrunk from 1 deviation to 1:"
    also "user alice/$2 @1 ="
    shift 2
    also "Next: retick replay $name.db --cflags '$2'"
    also "replayed 10 times, each time the same crash"
    never "retick+0x"
    never "ubsan"
    expect 1 "crash: " "$RETICK" replay "$name.db" "$@"
    never "was recorded with"
}

echo 'int main(void) { return 0; }' >empty.c
if cc -fsanitize=undefined empty.c -o empty 2>.output && ./empty; then
    flags='-fsanitize=undefined -DSOME="two words"'
    expect 1 "undefined behaviour: Signed integer overflow" "$RETICK" fuzz "$scenarios/undefined.c:overflow" --cflags "$flags"
    also "undefined.c:$(line overflows)"
    found overflow more --cflags "$flags"
fi

# Under AddressSanitizer retick itself must be: with this build, or not at all.
if nm -D "$RETICK" 2>.output | grep -q __asan_init; then
    expect 1 "a sanitizer reported an error (on stderr): heap-buffer-overflow in writes" \
        "$RETICK" fuzz "$scenarios/undefined.c:beyond" --cflags -fno-sanitize=undefined
    also "undefined.c:$(line beyond)"
    # Once by each worker, at most, and not in each step of the shrinking.
    [ "$(grep -c "ERROR: AddressSanitizer" .output)" -le "$(nproc)" ] || complain "the report was repeated"
    found beyond at --cflags -fno-sanitize=undefined
    "$RETICK" replay beyond.db >.output 2>&1
    also "note: compiled with -fno-sanitize=undefined, as beyond.db asks"
fi
finish
