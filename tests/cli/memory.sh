#!/usr/bin/env bash
# What a program does to its memory and may not do: a finding, and with --heap-check one that tells which block, who made it and who
# freed it.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

if ! "$RETICK" fuzz "$scenarios/memory.c:sound" -n 1 --heap-check >.first 2>&1 && grep -q "needs retick's own malloc" .first; then
    echo "this retick's malloc is a sanitizer's"
    exit 77
fi
line() { # line TEXT: its number in the scenario
    grep -n -m1 -F -- "$1" "$scenarios/memory.c" | cut -d: -f1
}
made=$(line "p = malloc(32);") freed=$(($(line "p = malloc(32);") + 2)) again=$(($(line "static int frees") + 2))

# Without it: what free sees by itself is named, and is no assertion of retick's own.
expect 1 "crash: double free of 32 bytes" "$RETICK" fuzz "$scenarios/memory.c:at_once" -n 1
also "memory.c:$again"
also "on host a, in task main"
never "assertion"
expect 1 "crash: free of what is no block of memory" "$RETICK" fuzz "$scenarios/memory.c:wild" -n 1
expect 0 "passed" "$RETICK" fuzz "$scenarios/memory.c:reads" -n 1

# With it: everything, and whose it is.
expect 1 "crash: double free of 32 bytes, allocated at" "$RETICK" fuzz "$scenarios/memory.c:twice" -n 1 --heap-check
also "memory.c:$made by main, freed at"
also "memory.c:$freed by main"
also "memory.c:$again"
also "Next: retick replay twice.db --heap-check"
expect 1 "double free of 32 bytes" "$RETICK" replay twice.db --heap-check
expect 1 "crash: use after free of 64 bytes, allocated at" "$RETICK" run "$scenarios/memory.c:reads" --heap-check
expect 1 "crash: access to byte" "$RETICK" fuzz "$scenarios/memory.c:beyond" -n 1 --heap-check
also "beyond the end of 24 bytes, allocated at"
expect 1 "crash: free of a place within 64 bytes, allocated at" "$RETICK" fuzz "$scenarios/memory.c:wild" -n 1 --heap-check
# What nobody reads again a compiler leaves out, with what was wrong about it: not of a program that is watched.
cat >unread.c <<'TEXT'
#include <retick.h>
#include <stdlib.h>
#include <string.h>
static int writes(void *unused) {
    char *block = malloc(10);
    (void)unused;
    block[12] = 1;
    free(block);
    return 0;
}
static int fills(void *unused) {
    char *block = malloc(10);
    (void)unused;
    memset(block, 0x41, 5000);
    free(block);
    return 0;
}
TICK_SCENARIO(unread, "writes beyond a block that it never reads") { tick_host_add(world, "alice", writes, NULL); }
TICK_SCENARIO(filled, "the same by memset") { tick_host_add(world, "alice", fills, NULL); }
TEXT
for cc in gcc clang; do
    command -v $cc >/dev/null || continue
    for level in -O1 -O2; do
        expect 1 "crash: written beyond the end of 10 bytes, allocated at unread.c:5" \
            "$RETICK" run unread.c --heap-check --cc $cc --cflags "$level -w"
        expect 1 "beyond the end of 10 bytes, allocated at unread.c:12" \
            "$RETICK" run unread.c:filled --heap-check --cc $cc --cflags "$level -w"
    done
done
expect 0 "passed" "$RETICK" fuzz "$scenarios/memory.c:sound" -n 20 --heap-check
expect 0 "every run repeats" "$RETICK" check "$scenarios/memory.c:sound" -n 3 --heap-check
finish
