#!/usr/bin/env bash
# Words on the command line: help, version, unknown commands and options, values that are none.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

expect 0 "retick 0." "$RETICK" --version
expect 0 "COMMAND" "$RETICK" --help
for command in run fuzz replay test shrink check diff graph query recover digest; do
    also "  $command"
done
for command in run fuzz replay test shrink check diff graph query recover digest; do
    expect 0 "Usage: retick $command" "$RETICK" $command --help
    also "Examples:"
    also "Exit codes:"
    expect 2 "Try \`retick $command --help'" "$RETICK" $command --no-such-option
done
expect 0 "Usage: retick fuzz" "$RETICK" help fuzz
expect 2 "Usage: retick COMMAND" "$RETICK"
also "  fuzz "
expect 2 'did you mean "fuzz"?' "$RETICK" fuz
expect 2 'did you mean "replay"?' "$RETICK" rpelay
expect 2 'there is no command "explode"' "$RETICK" explode
never "did you mean"
also "there are: run fuzz"
expect 2 'there is no option "--verbose"' "$RETICK" --verbose

# What is wrong with an option, and which one may have been meant.
expect 2 "unrecognized option '--seedz=3'; did you mean '--seeds'?" "$RETICK" fuzz x.c --seedz=3
expect 2 "option '--f' is ambiguous: '--first' and '--force' begin with it" "$RETICK" fuzz x.c --rat delivery=1 --f
expect 2 "option '--rate' requires an argument" "$RETICK" fuzz x.c --rate
expect 2 "option requires an argument -- 'n'" "$RETICK" fuzz x.c -n
expect 2 "option '--force' doesn't allow an argument" "$RETICK" fuzz x.c --force=yes
expect 2 "invalid option -- 'x' in '-x'" "$RETICK" fuzz -n 3 -x x.c
expect 2 "--seeds 3x: write" "$RETICK" fuzz x.c -n3x
expect 2 "unrecognized option '--HANG'" timeout 20 "$RETICK" fuzz x.c --HANG
expect 2 "no such file: --x.c" "$RETICK" fuzz -n 3 -- --x.c
expect 2 "--x: not found in PATH" "$RETICK" fuzz -n 3 -- --x # a program
expect 2 "no such file: x.c" "$RETICK" fuzz --no-s x.c # short for --no-shrink

expect 2 "exclude one another" "$RETICK" run x.c --seed 1 --calm
expect 2 "write a number" "$RETICK" run x.c --seed minus
expect 2 "--at goes with --real" "$RETICK" run x.c --at server=localhost:1
expect 2 "NAME=HOST:PORT" "$RETICK" run x.c --real --at server
expect 2 "KIND=N" "$RETICK" fuzz x.c --rate delivery
expect 2 "KIND=N" "$RETICK" fuzz x.c --rate elephants=3
expect 2 "A..B" "$RETICK" fuzz x.c --seeds 9..3
expect 2 "write a time" "$RETICK" fuzz x.c --time soon
expect 2 "one scenario at a time" "$RETICK" fuzz x.c y.c
expect 2 "which schedule?" "$RETICK" replay x.c
expect 2 "name two traces" "$RETICK" diff a.db
expect 2 "which trace?" "$RETICK" query
expect 0 "deadlocks" "$RETICK" query --list
expect 2 "which scenario, or which program?" "$RETICK" run
expect 2 "retick run --seed 3 runs that one" "$RETICK" fuzz nothing.c --seed 3
finish
