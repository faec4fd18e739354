#!/usr/bin/env bash
# Manual pages and completions, made from the tables of options: each option of each command is in each of them, as --help has it, and
# those that read them agree.
# once: yes
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
pages=$RETICK_BUILD/pages
mapfile -t commands < <("$RETICK" --help | sed -nE 's/^  ([a-z]+) +[a-z].*/\1/p' | grep -vx retick)
[ ${#commands[@]} -gt 8 ] || complain "which commands are there? ${commands[*]}"

# options_of COMMAND: as --help lists them
options_of() {
    "$RETICK" "$1" --help | sed -nE 's/^ +(-([A-Za-z]), )?--([a-z-]+).*/\3 \2/p'
}
has() { # has WHAT PATTERN: .output has a line of that pattern
    checks=$((checks + 1))
    grep -qE -- "$2" .output || complain "$1: no $2"
}

for command in "${commands[@]}"; do
    options_of "$command" >options
    [ "$(wc -l <options)" -ge 3 ] || complain "retick $command --help lists no options"
    cp "$pages/retick-$command.1" .output
    has "the manual page" "retick.-$command .- $("$RETICK" --help | sed -nE "s/^  $command +//p" | sed 's/-/.-/g')"
    while read -r name letter; do has "retick-$command.1" "^(.fB.-$letter.fR, )?.fB.-.-${name//-/.-}.fR"; done <options
    sed -n "/^    $command)\$/,/^        ;;/p" "$pages/retick.bash" >.output
    while read -r name letter; do has "retick.bash of $command" "options='.*--$name( -$letter)?[ ']"; done <options
    sed -n "/^    $command)\$/,/^        ;;/p" "$pages/_retick" >.output
    while read -r name letter; do has "_retick of $command" "--$name(=|}|\\[)"; done <options
    grep "seen_subcommand_from $command'" "$pages/retick.fish" >.output
    while read -r name letter; do has "retick.fish of $command" " -l $name${letter:+ -s '$letter'}( |\$)"; done <options
    cp "$RETICK_SOURCE/docs/man/retick.1" .output
    has "retick.1" "^.BR retick.-$command \\(1\\)"
done

# No warning of roff's, and nothing lost in it.
for page in "$pages"/*.1 "$RETICK_SOURCE/docs/man/retick.1"; do
    checks=$((checks + 1))
    if command -v groff >/dev/null && { ! groff -man -ww -z "$page" >.output 2>&1 || [ -s .output ]; }; then
        complain "groff -ww $page"
    fi
    checks=$((checks + 1))
    if command -v man >/dev/null &&
        { ! LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z "$page" 2>.output >/dev/null || [ -s .output ]; }; then
        complain "man --warnings $page"
    fi
done

# bash: what TAB would offer, in a folder with files of each kind. compopt is for readline alone.
mkdir -p tab/folder && cd tab || exit 1
touch one.c two.cpp run.db found.schedule notes.txt "with blank.c" -- '-?.c'
tab() { # tab WORD...: the last word is the one that is completed
    checks=$((checks + 1))
    # shellcheck disable=SC2016
    bash --norc -c '. "$1"; shift; compopt() { :; }; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _retick; printf "%s\n" "${COMPREPLY[@]}"' \
        tab "$pages/retick.bash" "$@" 2>&1 | LC_ALL=C sort | tr '\n' ' ' | sed 's/ *$//' >"$work/.output"
}
offers() { # offers WHAT: exactly that
    [ "$(cat "$work/.output")" = "$1" ] || complain "TAB offers \"$(cat "$work/.output")\", not \"$1\""
}
tab retick fu && offers fuzz
tab retick re && offers "recover redact replay"
tab retick help dig && offers digest
tab retick fuzz --ke && offers --keep-going
tab retick fuzz --se && offers --seeds
tab retick run --js && offers --json
tab retick run o && offers one.c
tab retick run "" && offers "-?.c folder one.c two.cpp with blank.c"
tab retick replay "" && offers "-?.c folder found.schedule one.c run.db two.cpp with blank.c"
tab retick diff "" && offers "folder run.db"
tab retick run -o no && offers notes.txt
tab retick run --schedule = f && offers "folder found.schedule"
tab retick check -o "" && offers folder
tab retick fuzz --seeds "" && offers ""
tab retick fuzz --rate del && offers "delivery="
tab retick fuzz --rate = short_s && offers "short_send="
tab retick query run.db wh && offers why
tab retick export run.db --as per && offers perfetto
tab retick graph run.db --of pa && offers parting
tab retick query --over "" && offers folder
tab retick nonsense "" && offers ""
checks=$((checks + 1))
[ "$(bash --norc -c '. "$1"; complete -p retick' tab "$pages/retick.bash")" = "complete -F _retick retick" ] ||
    complain "complete -p retick"
cd ..

# zsh reads it; fish completes by it.
if command -v zsh >/dev/null; then
    checks=$((checks + 1))
    zsh -f -n "$pages/_retick" >.output 2>&1 || complain "zsh -n"
    checks=$((checks + 1))
    zsh -f -c 'fpath=("$1" $fpath); autoload -Uz compinit; compinit -D -u -d zcompdump; [[ $_comps[retick] = _retick ]]' \
        zsh "$pages" >.output 2>&1 ||
        complain "compinit does not take _retick"
fi
if command -v fish >/dev/null; then
    checks=$((checks + 1))
    HOME=$work fish --no-config -c "source $pages/retick.fish; complete -C 'retick fuzz --keep'" >.output 2>&1
    grep -q "^--keep-going" .output || complain "fish does not complete --keep"
    HOME=$work fish --no-config -c "source $pages/retick.fish; complete -C 'retick re'" >.output 2>&1
    grep -q "^replay" .output || complain "fish does not complete re"
    grep -q "^one.c" .output && complain "fish offers files for commands"
fi
finish
