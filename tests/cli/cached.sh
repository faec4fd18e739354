#!/usr/bin/env bash
# Compiled scenarios in the cache are code that is loaded: only from a folder and a file that only the user can write, only whole; what is
# old or too much goes. And whatever a source is called, no compiler takes its name for an option.
# once: yes
cache=own
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
cp "$scenarios/passing.c" .
chmod 755 "$work" # who owns it is the one who runs this

run() { expect 0 "passing: passed" "$RETICK" run passing.c "$@"; }
cached() { find "$1" -name '*.so'; }
run
object=$(cached cache/retick)
[ "$(echo "$object" | wc -l)" = 1 ] || complain "not one object in the cache: $object"
name=$(basename "$object")
cp "$object" whole
whole=$(cksum <whole)
size=$(stat -c %s whole)
used() { # used yes|no: the object was taken as it was, or made anew, which is whole again
    local before
    before=$(stat -c '%i %z' "$object")
    run
    [ "$(cksum <"$object")" = "$whole" ] || complain "the object is not whole again"
    if [ "$1" = yes ]; then
        [ "$(stat -c %i "$object")" = "${before%% *}" ] || complain "an object that was whole was made anew"
    else
        [ "$(stat -c %i "$object")" != "${before%% *}" ] || complain "an object was used that should not have been: $2"
    fi
}
used yes

# Damaged
head -c $((size / 2)) whole >"$object" && used no "it was cut"
head -c $((size - 1)) whole >"$object" && used no "its last byte was cut"
head -c "$size" /dev/urandom >"$object" && used no "it was garbage"
: >"$object" && used no "it was empty"
for at in 100 $((size / 2)) $((size - 40)) $((size - 1)); do
    cp whole "$object"
    byte=$(od -An -tu1 -j "$at" -N 1 whole)
    printf "\\x$(printf %02x $((byte ^ 1)))" | dd of="$object" bs=1 seek="$at" conv=notrunc status=none
    used no "a bit was flipped at $at"
done
sed 's/fine/good/; $a // other' passing.c >other.c
expect 0 "passed" "$RETICK" run other.c
for other in $(cached cache/retick); do
    [ "$other" = "$object" ] || cp "$other" "$object"
done
used no "it was another program's"

# Others could have written it
chmod 722 "$object" && used no "others could write it"
chmod 770 "$object" && used no "its group could write it"
rm "$object" && cp whole elsewhere.so && ln -s "$work/elsewhere.so" "$object" && used no "it was a link"
if [ "$(id -u)" = 0 ]; then chown 12345 "$object" && used no "it was another user's"; fi
run
mkdir -m 755 temporary
export TMPDIR=$work/temporary
private=$TMPDIR/retick-$(id -u)
for mode in 777 770 720; do
    chmod $mode cache/retick
    run
    [ -n "$(cached "$private")" ] || complain "a folder of mode $mode was used"
    rm -rf "$private"
    chmod 700 cache/retick
    chmod $mode cache
    run
    [ -n "$(cached "$private")" ] || complain "a folder in one of mode $mode was used"
    rm -rf "$private"
    chmod 755 cache
done
chmod 1777 cache # as /tmp is: nobody can move what is another's
run
[ ! -e "$private" ] || complain "a folder in one like /tmp was not used"
chmod 777 cache
mkdir -m 777 "$private"
chmod 777 "$private"
expect 3 "no folder for compiled scenarios is safe" "$RETICK" run passing.c
rm -rf "$private"
chmod 755 cache

# What goes
export XDG_CACHE_HOME=$work/cache2
mkdir -p cache2/retick
chmod 700 cache2 cache2/retick
digits=0123456789abcdef0123456789abcde
for i in 1 2 3 4; do truncate -s 100M cache2/retick/$digits$i.so && touch -d "$i hours ago" cache2/retick/$digits$i.so; done
touch -d "31 days ago" cache2/retick/${digits}5.so cache2/retick/mine.txt cache2/retick/mine.so
touch -d "2 hours ago" cache2/retick/${digits}6.so.4711
touch cache2/retick/${digits}7.so.4711
run
left=$(cd cache2/retick && echo ./*)
for i in 1 2; do [[ $left == *$digits$i.so* ]] || complain "what was used lately is gone: $left"; done
for i in 3 4 5 6; do [[ $left != *$digits$i.so* ]] || complain "what is old or too much is kept: $left"; done
[[ $left == *${digits}7.so.4711* && $left == *mine.txt* && $left == *mine.so* ]] || complain "what others have there is gone: $left"
exists "cache2/retick/$name"

# Names that look like something else
for file in -dash.c @at.c -fplugin=evil.c "two words.c" "quote'\".c" "--help.c"; do
    cp passing.c "./$file"
    expect 0 "passing: passed" "$RETICK" run -o named.db -- "$file"
    sed 's/(void)unused;/(void)unused; usleep(1);/; 1i #include <unistd.h>' passing.c >"./$file"
    expect 2 "use tick_sleep" "$RETICK" run -o named.db -- "$file"
    also "usleep"
done
[ -z "$(find "$TMPDIR" -type f)" ] || complain "left in TMPDIR: $(find "$TMPDIR" -type f)"

# A disk that is full is told as such, and is no mistake in the program.
if mkdir disk && mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null; then
    trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT
    head -c 64k /dev/zero >disk/full 2>/dev/null
    echo "extern int again;" >>passing.c
    expect 3 "the disk of $work/disk is full" env TMPDIR="$work/disk" "$RETICK" run passing.c
    also "passing.c"
    rm disk/full
    mkdir -m 700 disk/retick
    head -c 60k /dev/zero >disk/full 2>/dev/null
    echo "extern int and_again;" >>passing.c
    expect 3 "is full" env XDG_CACHE_HOME="$work/disk" "$RETICK" run passing.c
    umount disk
fi
finish
