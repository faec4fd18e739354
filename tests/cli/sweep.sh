#!/usr/bin/env bash
# Every command, on everything that can be wrong with a file that it is given: it ends with 2, says nothing on stdout, and tells on
# stderr which file it was and what to do next. And what it writes, on a disk that is full: the same, with 3, and what is left is of use.
# timeout: 300
cache=own
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

cp "$scenarios/two.c" source.c # passes by itself, source.c:faulty always fails
cp source.c source.cpp
echo '[[["sleep",1],["spawn",1]],[["sleep",2]]]' >source.json
expect 0 "passed" "$RETICK" run source.c -o source.db
expect 0 "passed" "$RETICK" run source.json -o x.db
cp cache/retick/*.so source.so
expect 1 "written" "$RETICK" fuzz source.c:faulty --seeds 3 -o source.db --force
mv source.db good.db
expect 1 "written" "$RETICK" fuzz source.c:faulty --seeds 3 -o source.db
mkdir in shut out

# Words of which one has to be there: what to do about it.
next='name (a|one|another)|(copy|record|compile|write|try)( or record)? (it |the run )?again|: update retick|[:;] copy |make room'
next="$next|move it away|says why above|One looks like this|tells what one looks like|Next: |expected .* as the first line of a schedule"
next="$next|[Ss]et [A-Z_]+ to|end other programs|another place"

# told CODE NAME COMMAND...: the code, nothing on stdout, the file's name and what to do next on stderr.
told() {
    local code=$1 name=$2 got=0
    shift 2
    checks=$((checks + 1))
    timeout 60 "$@" >said 2>"$work/.output" </dev/null || got=$?
    [ "$got" = "$code" ] || complain "$* ended with $got, not $code"
    [ ! -s said ] || complain "$* said on stdout: $(head -n 2 said)"
    grep -qF -- "$name" "$work/.output" || complain "$* did not name $name"
    grep -qE -- "$next" "$work/.output" || complain "$* did not say what to do next"
    grep -q '^retick: ' "$work/.output" || complain "$* complained in words of somebody else"
}

# --- what is read ---

# make HOW FILE LIKE: something at its name. Those of `ours` are a kind's own affair.
make() {
    local size
    rm -rf "$2"
    size=$(stat -c %s "$3")
    case $1 in
    folder) mkdir "$2" ;;
    empty) : >"$2" ;;
    letter) echo "this is a letter, which nobody takes for anything else, and it is long enough to be looked at" >"$2" ;;
    foreign) printf 'SQLite format 3\0%04084d' 0 >"$2" ;;
    cut) head -c $((size / 2)) "$3" >"$2" ;;
    zeros)
        cp "$3" "$2"
        # Much of it, so that every command comes upon it.
        dd if=/dev/zero of="$2" bs=64k seek=$((size / 8)) count=$((size / 2)) oflag=seek_bytes iflag=count_bytes conv=notrunc status=none
        ;;
    garbage) head -c 5000 "$RETICK" | tail -c 4900 >"$2" ;;
    newer)
        cp "$3" "$2"
        case $3 in
        *.db) printf '\0\0\0\143' | dd of="$2" bs=1 seek=60 conv=notrunc status=none ;;
        *) sed -i '1s/.*/retick schedule 99/' "$2" ;;
        esac
        ;;
    dangling) ln -s nothing "$2" ;;
    loop) ln -s "$(basename "$2")" "$2" ;;
    fifo) mkfifo "$2" ;;
    device) ln -s /dev/null "$2" ;;
    shut) cp "$3" "$2" && chmod 0 "$2" ;;
    missing) ;;
    esac
}

# asked KIND FILE: the commands, one a line, that read such a file.
asked() {
    case $1 in
    db)
        printf '%s\n' "query $2 tasks" "query $2 log" "query $2 why" "diff good.db $2" "diff $2 good.db" "graph $2 -o out/x.dot" \
            "replay $2" "replay source.c $2" "shrink $2 -o out/x.db" \
            "explain $2" "explain good.db --against $2" "explain $2 --repaired source.c" "run source.c --schedule $2 -o out/x.db" "recover $2" \
            "export $2 --as otlp -o out/x.json"
        ;;
    schedule) printf '%s\n' "replay source.c $2" "run source.c --schedule $2 -o out/x.db" "shrink source.c $2 -o out/x.db" ;;
    c)
        printf '%s\n' "run $2 -o out/x.db" "fuzz $2 -n 3 -o out/x.db" "check $2 -n 1" "digest $2 -n 1" "replay $2 good.schedule" \
            "shrink $2 good.schedule -o out/x.db"
        ;;
    *) printf '%s\n' "run $2 -o out/x.db" "digest $2 -n 1" ;;
    esac
}

sweep() { # sweep HOW KIND FILE [WRAPPER...]
    local how=$1 kind=$2 file=$3 command
    shift 3
    while read -r command; do
        # shellcheck disable=SC2086
        told 2 "$file" "$@" "$RETICK" $command
    done < <(asked "$kind" "$file")
    [ -z "$(ls out)" ] || complain "$how $file: something was written: $(ls out)"
}

mv source.schedule good.schedule
cp good.schedule source.schedule
for kind in db schedule c cpp so json; do
    for how in missing folder empty letter foreign cut zeros garbage newer dangling loop fifo device; do
        case $how-$kind in
        cut-schedule) continue ;; # lines that are whole are a schedule, below
        zeros-so) continue ;;     # what the loader dies of is a finding (constructors.sh)
        newer-c | newer-cpp | newer-json | newer-so) continue ;;
        esac
        make $how in/bad.$kind source.$kind
        sweep $how $kind in/bad.$kind
    done
    sweep nowhere $kind in/none/bad.$kind
    sweep beneath $kind source.c/bad.$kind
    sweep long $kind "in/$(printf %0300d 7).$kind"
    if [ "$(id -u)" != 0 ]; then # to root everything is open
        as=()
    elif as=(setpriv --reuid=65534 --clear-groups env XDG_CACHE_HOME="$work/theirs") && chmod 711 "$work" && chmod 777 out &&
        mkdir -p theirs && chmod 777 theirs && "${as[@]}" "$RETICK" run source.c -o out/may.db >/dev/null 2>&1; then
        rm out/may.db
    else
        echo "nobody cannot run retick here: what is shut is left out"
        continue
    fi
    make shut in/bad.$kind source.$kind
    sweep shut $kind in/bad.$kind "${as[@]}"
    make shut shut/bad.$kind source.$kind
    chmod 644 shut/bad.$kind
    chmod 0 shut
    sweep shut $kind shut/bad.$kind "${as[@]}"
    chmod 755 shut
done
echo "int tick_of_tomorrow(void); static void __attribute__((constructor)) set_up(void) { tick_of_tomorrow(); }" >newer.c
cc -shared -fPIC -o in/newer.so newer.c && sweep newer so in/newer.so
head -c 30 good.schedule >in/cut.schedule
expect 1 "in/cut.schedule ends in the midst of a line: was it copied whole?" "$RETICK" replay source.c:faulty in/cut.schedule

# --- what is written ---

writes=("run source.c -o disk/x.db" "run source.c:faulty --seed 3 -o disk/x.db" "fuzz source.c:faulty -n 3 -o disk/x.db"
    "fuzz source.c:faulty -n 3 --no-shrink -o disk/x.db" "replay source.c:faulty good.schedule -o disk/x.db"
    "shrink source.c:faulty good.schedule -o disk/x.db" "run differs.c -o disk/x.db" "check differs.c -n 1 --after 1 --strict -o disk")
cat >differs.c <<'TEXT'
#include <retick.h>
static int there; // where the loader puts it differs from process to process
static int body(void *unused) {
    (void)unused;
    for (int i = 0; i < 200; i++)
        tick_log("%d at %p", i, (void *)&there);
    return tick_check(1, "fine");
}
TICK_SCENARIO(differs, "tells an address") { tick_host_add(world, "alice", body, NULL); }
TEXT
mkdir disk
# full COMMAND: it ends with 3 and says what to do, whatever it has found out by then; what it leaves on the disk is of use.
full() {
    local got=0 left
    checks=$((checks + 1))
    # shellcheck disable=SC2086
    timeout 60 "$RETICK" $1 >said 2>"$work/.output" </dev/null || got=$?
    [ $got = 3 ] || complain "$1 ended with $got, not 3, on a disk of $size: $(ls -l disk)"
    grep -q "^retick: .*disk/" "$work/.output" || complain "$1 named no file on a full disk"
    grep -qE "$next" "$work/.output" || complain "$1 did not say what to do about a full disk"
    for left in disk/*; do
        case $left in
        disk/filled | disk/\* | *-journal) ;;
        *.db) expect 0 "" "$RETICK" query "$left" "SELECT count(*) FROM events" --csv ;;
        *.schedule)
            expect 1 "fails" "$RETICK" replay source.c:faulty "$left" --no-page
            grep -q "$left written" said || complain "$1 did not tell of $left"
            ;;
        *) complain "$1 left $left on a full disk" ;;
        esac
        [ "$left" = disk/filled ] || rm -f "$left"
    done
}
if mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null; then
    trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
    head -c 64k /dev/zero >disk/filled 2>/dev/null
    size=nothing
    for command in "${writes[@]}" "graph good.db -o disk/x.dot" "graph good.db -o disk/x.svg"; do full "$command"; done
    umount disk
    for size in 4200k 4500k; do # the ring has room, but not the tables, or not what fills them
        mount -t tmpfs -o size=$size tmpfs disk
        for command in "${writes[@]}"; do full "$command"; done
        umount disk
    done
else
    echo "no mount: full disks are left out"
fi
if [ -w /dev/full ]; then
    for command in "run source.c -o out/x.db" "fuzz source.c -n 3" "fuzz source.c:faulty -n 3 -o out/x.db" "replay source.db" \
        "shrink source.c good.schedule -o out/x.db" "check source.c -n 1 --after 1" "digest source.c -n 1" "diff good.db source.db" \
        "diff good.db good.db" \
        "graph good.db -o out/x.dot" "query good.db tasks" "query good.db tasks --csv" "query --list" "query good.db tasks --json" \
        "recover good.db" "export good.db --as chrome -o -" "run source.c -o out/x.db --json" "--help" "--version"; do
        checks=$((checks + 1))
        got=0
        # shellcheck disable=SC2086
        timeout 60 "$RETICK" $command >/dev/full 2>"$work/.output" </dev/null || got=$?
        [ $got = 3 ] || complain "$command ended with $got, not 3, with nowhere to write to"
        also "the standard output could not be written: make room where it goes"
    done
fi
finish
