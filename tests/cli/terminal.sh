#!/usr/bin/env bash
# Whatever names and texts hold, people's terminals and files of lines get text: every command, of a program and of traces that mean harm.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

# harmless WHAT FILE: lines of UTF-8 without anything that a terminal obeys, or that turns or hides text.
harmless() {
    checks=$((checks + 1))
    if ! iconv -f UTF-8 -t UTF-8 "$2" >/dev/null 2>&1; then
        complain "$1 is no UTF-8: $(LC_ALL=C cat -v "$2" | grep -m 3 'M-')"
    elif LC_ALL=C grep -qP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8b-\x8f\xa8-\xae]|\xe2\x81[\xa0-\xaf]' "$2"; then
        complain "$1 holds what a terminal obeys: $(LC_ALL=C grep -aP '[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x8' "$2" | cat -v | head -n 3)"
    fi
}
shows() { # shows COMMAND...: all that it says is harmless, and it ends as it may
    local got=0
    checks=$((checks + 1))
    timeout 60 "$@" >"$work/.output" 2>&1 </dev/null || got=$?
    [ $got -le 3 ] || complain "$* ended with $got"
    harmless "$*" "$work/.output"
    [ "${named-}" != yes ] || also '\x1b'
}

cp "$scenarios/hostile.c" "$scenarios/passing.c" .
named=yes
shows "$RETICK" run hostile.c --list
named=
shows "$RETICK" run hostile.c -o calm.db
named=yes
shows "$RETICK" fuzz hostile.c -o found.db
also "shrunk from"
harmless found.schedule found.schedule
checks=$((checks + 1))
[ "$(grep -c '^user ' found.schedule)" = 1 ] || complain "a name became a line: $(cat -v found.schedule)"
shows "$RETICK" fuzz hostile.c --no-shrink -o big.db
harmless big.schedule big.schedule
for scenario in hostile_deadlock hostile_leak hostile_error; do
    shows "$RETICK" run hostile.c:$scenario -o $scenario.db
    shows "$RETICK" query $scenario.db log
    named= shows "$RETICK" graph $scenario.db -o $scenario.dot
    harmless $scenario.dot $scenario.dot
done
shows "$RETICK" replay found.db
shows "$RETICK" replay hostile.c found.schedule
shows "$RETICK" shrink big.db
shows "$RETICK" diff calm.db found.db
for query in log messages choices tasks why "history app" "SELECT 1 AS \"$(printf '\033[31m')\"" "SELECT value FROM strings"; do
    # shellcheck disable=SC2086
    case $query in
    SELECT*) shows "$RETICK" query found.db "$query" ;;
    *) named= shows "$RETICK" query found.db $query ;;
    esac
done
shows "$RETICK" query found.db "$(printf 'SELECT 1; \033[31m')"
named=
shows "$RETICK" graph found.db -o found.dot
harmless found.dot found.dot
if command -v dot >/dev/null; then
    shows "$RETICK" graph found.db -o found.svg
    harmless found.svg found.svg
    also "found.svg written"
fi
shows "$RETICK" digest hostile.c --seeds 3
shows "$RETICK" check hostile.c --seeds 2 --after 2

# Arguments and names of files
evil=$(printf 'a\033[31mred\a\nline')
named=yes
cp passing.c "$evil.c"
shows "$RETICK" run "$evil.c" -o "$evil.db"
shows "$RETICK" run "$evil.json"
named= shows "$RETICK" query "$evil.db" "$evil"
shows "$RETICK" replay "$evil.db"
shows "$RETICK" recover "$evil.db"
shows "$RETICK" graph "$evil.db" -o "$evil.dot"
shows "$RETICK" "$evil"
shows "$RETICK" run "--$evil"
shows "$RETICK" run "--seed=$evil"
shows "$RETICK" run --seed "$evil"
shows "$RETICK" run "-$evil"
shows "$RETICK" fuzz "-x$evil"
shows "$RETICK" fuzz --rate "$evil" --json
shows "$RETICK" fuzz "--$evil" --json
shows "$RETICK" query found.db log log "$evil"
shows "$RETICK" graph "$evil" "$evil"
named= shows "$RETICK" fuzz "-$(printf '\xe2')"
also '\xe2'
for option in --nothing --help; do
    (exec -a "$evil" "$RETICK" fuzz $option) >"$work/.output" 2>&1
    harmless "a program called $evil" "$work/.output"
    also '\x1b'
done
printf 'retick schedule 1\n\033[31m\n' >evil.schedule
shows "$RETICK" replay passing.c evil.schedule
shows "$RETICK" run "$evil.c" -o "$evil.c"
named=

# Traces of others
if command -v sqlite3 >/dev/null; then
    for key in scenario scenario_file chooser verdict text options state schedule; do
        cp found.db lies.db
        sqlite3 lies.db "INSERT OR REPLACE INTO meta VALUES ('$key', char(27) || '[31m' || char(7, 10, 155, 8238, 127) || x'ff')"
        for command in replay diff recover graph; do
            case $command in
            diff) shows "$RETICK" diff calm.db lies.db ;;
            graph) shows "$RETICK" graph lies.db -o lies.dot && harmless lies.dot lies.dot ;;
            *) shows "$RETICK" $command lies.db ;;
            esac
        done
        shows "$RETICK" query lies.db log
    done
    cp found.db lies.db
    sqlite3 lies.db "UPDATE objects SET name = char(27) || name, path = path || char(10, 27, 8238);
        UPDATE choices SET line = line || char(10, 27), words = char(27); UPDATE kinds SET name = char(27, 10);
        UPDATE locations SET file = char(27, 10); UPDATE hosts SET name = char(27, 10)"
    named=yes
    shows "$RETICK" diff calm.db lies.db
    shows "$RETICK" query lies.db choices
    named=
    shows "$RETICK" graph lies.db -o lies.dot
    harmless lies.dot lies.dot
fi

# For programs, and looked at all the same: CSV with its ends of lines, and JSON, of which a reader gets each character as it was.
turned="'a' || char(27) || '[31m' || char(155, 8238, 8203, 127, 917569) || 'é'"
for query in "SELECT $turned AS \"$(printf '\033\xc2\x9b\xe2\x80\xae')\"" "SELECT value FROM strings"; do
    for way in --csv --json; do
        checks=$((checks + 1))
        "$RETICK" query found.db "$query" $way >rows || complain "$way of $query failed"
        tr -d '\r\t' <rows >"$work/.output"
        harmless "$way of $query" "$work/.output"
    done
done
"$RETICK" query found.db "SELECT $turned" --csv >"$work/.output"
also 'a\x1b[31m\u009b\u202e\u200b\x7f\U0e0041é'
if command -v python3 >/dev/null; then
    "$RETICK" query found.db "SELECT $turned" --json | python3 -c 'import json, sys; print(ascii(json.load(sys.stdin)["rows"][0][0]))' \
        >"$work/.output"
    also "'a\\x1b[31m\\x9b\\u202e\\u200b\\x7f\\U000e0041\\xe9'"
fi
for command in "fuzz hostile.c --json -o found.db" "run hostile.c --json --list" "replay found.db --json"; do
    # shellcheck disable=SC2086
    shows "$RETICK" $command
done

# On a terminal there are colours, and nothing else.
if command -v script >/dev/null; then
    unset NO_COLOR
    for call in "run hostile.c -o t.db" "fuzz hostile.c -o t.db" "replay found.db" "run hostile.c:hostile_deadlock -o t.db" \
        "run hostile.c --list"; do
        TERM=xterm script -qec "$RETICK $call" /dev/null </dev/null 2>&1 | tr -d '\r' |
            sed -E 's/\x1b\[[0-5]?[0-9]?[mK]//g' >"$work/.output"
        harmless "$call on a terminal" "$work/.output"
    done
fi
finish
