#!/usr/bin/env bash
# retick redact: what was said is nowhere in the copy's bytes, and the copy is a trace that every command reads.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
source_tree=$(realpath "$RETICK_SOURCE")

expect 1 "" "$RETICK" fuzz "$source_tree/scenarios/redis_pool.c" -o run.db --quiet --no-page
grep -qa "chats of user 2" run.db || complain "what is to be taken out is not there"
expect 0 "shared.db written" "$RETICK" redact run.db shared.db
for said in "chats of" "retick:user" "ran into its deadline" "was shown" "$source_tree"; do
    checks=$((checks + 1))
    ! grep -qaF -- "$said" shared.db || complain "\"$said\" is in the copy"
done
checks=$((checks + 1))
[ "$(sqlite3 shared.db 'PRAGMA integrity_check')" = ok ] || complain "the copy is not whole"

# What happened is the same, event by event; equal texts are equal still.
for table in events objects tasks steps waits choices causes; do
    columns="*"
    [ $table != objects ] || columns="object_id, type, path, parent_id, host_id, name, kth, ordinal, loc_id"
    checks=$((checks + 1))
    cmp -s <(sqlite3 run.db "SELECT $columns FROM $table") <(sqlite3 shared.db "SELECT $columns FROM $table") || complain "$table differs"
done
checks=$((checks + 1))
[ "$(sqlite3 run.db "SELECT count(DISTINCT payload) FROM messages")" = "$(sqlite3 shared.db "SELECT count(DISTINCT payload) FROM messages")" ] ||
    complain "other payloads are equal"
expect 0 "bytes, " "$RETICK" query shared.db messages
also "texts and payloads are their lengths and hashes"
expect 0 "runs into its deadline of 50 ms" "$RETICK" explain shared.db
for words in "query shared.db why" "graph shared.db -o shared.dot" "view shared.db" "export shared.db --as otlp" "query shared.db log"; do
    # shellcheck disable=SC2086
    expect 0 "" "$RETICK" $words
done
cp "$source_tree/scenarios/redis_pool.c" .
expect 1 "" "$RETICK" replay redis_pool.c shared.db --quiet
also "the same"
expect 0 "again.db written" "$RETICK" redact shared.db again.db

# A program's words may hold a password.
if [ -e "$(dirname "$RETICK")/libretick_guest.so" ]; then
    expect 0 "" "$RETICK" run -o guest.db -- sh -c "echo hidden-in-words"
    grep -qa hidden-in-words guest.db || complain "the words are not there"
    expect 0 "" "$RETICK" redact guest.db guest.shared.db
    checks=$((checks + 1))
    ! grep -qa hidden-in-words guest.shared.db || complain "the program's words are in the copy"
fi

expect 2 "is what this command reads" "$RETICK" redact run.db run.db
expect 2 "where to?" "$RETICK" redact run.db
echo mine >mine.db
expect 2 "mine.db is there" "$RETICK" redact run.db mine.db
expect 2 "mine.db is not a trace" "$RETICK" redact mine.db new.db
mkdir disk
if mount -t tmpfs -o size=64k tmpfs disk 2>/dev/null; then
    trap 'umount "$work/disk" 2>/dev/null; cleared_up' EXIT
    expect 3 "disk full" "$RETICK" redact run.db disk/x.db
    [ -z "$(ls disk)" ] || complain "left on a full disk: $(ls disk)"
    umount disk
fi
finish
