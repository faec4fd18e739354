#!/usr/bin/env bash
# What -o may replace: every command that writes, on every kind of thing that can stand at its name. Nothing but retick's own files of that
# kind is ever changed without --force, and what is read, folders and nodes not even with it; the refusal comes before the work.
# once: yes
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

cp "$scenarios/two.c" source.c # passes by itself, source.c:faulty always fails
expect 0 "passed" "$RETICK" run source.c -o good.db
expect 1 "written" "$RETICK" fuzz source.c:faulty --seeds 3 -o found.db
ln good.db hard.db
ln -s good.db soft.db

# command_run OUTPUT: how each command is called; what it reads stands in reads_..., what it ends with when all is well in ends_...
command_run() { "$RETICK" run source.c -o "$@"; }
command_fuzz() { "$RETICK" fuzz source.c:faulty --seeds 3 -o "$@"; }
command_replay() { "$RETICK" replay source.c:faulty found.schedule -o "$@"; }
command_shrink() { "$RETICK" shrink source.c:faulty found.db -o "$@"; }
command_graph() { "$RETICK" graph good.db -o "$@"; }
ends_run=0 ends_fuzz=1 ends_replay=1 ends_shrink=1 ends_graph=0
reads_run=source.c reads_fuzz=source.c reads_replay=found.schedule reads_shrink=found.db reads_graph=good.db

# kept NAME: it is what it was before, and nothing is left beside it.
sum() { stat -c '%F %t:%T %N' "$1" && { [ ! -f "$1" ] || cksum <"$1"; }; }
refused() { # refused COMMAND PHRASE NAME [--force]
    local before after listing
    before=$(sum "$3" 2>&1)
    listing=$(ls -a . here 2>/dev/null)
    expect 2 "$2" timeout 20 bash -c "$(declare -f "command_$1"); RETICK=$RETICK; command_$1 ${3@Q} ${4-}"
    also "$3"
    after=$(sum "$3" 2>&1)
    [ "$before" = "$after" ] || complain "$1 -o $3 changed it: $before to $after"
    [ "$listing" = "$(ls -a . here 2>/dev/null)" ] || complain "$1 -o $3 left something behind"
}
written() { # written COMMAND NAME [--force]
    local ends=ends_$1
    expect "${!ends}" "$2" timeout 60 bash -c "$(declare -f "command_$1"); RETICK=$RETICK; command_$1 ${2@Q} ${3-}"
    [ -f "$2" ] && [ ! -L "$2" ] && [ -s "$2" ] || complain "$1 -o $2 did not write it"
}

for command in run fuzz replay shrink graph; do
    dot=
    [ $command != graph ] || dot=.dot # a picture's name says its kind
    mkdir here

    # What is not ours
    echo "int main(void) { return 0; }" >here/program.c$dot
    echo "a letter" >here/letter$dot
    printf 'SQLite format 3\0' >here/foreign.db$dot
    head -c 4096 /dev/zero >>here/foreign.db$dot
    for file in program.c letter foreign.db; do
        refused $command "it is not replaced" here/$file$dot
        ln -s $file$dot here/soft$dot
        refused $command "symbolic link" here/soft$dot
        rm here/soft$dot
    done
    cp found.schedule here/kept$dot # ours, but of another kind: it was edited, perhaps
    refused $command "it is not replaced" here/kept$dot
    ln -s nowhere here/dangling$dot
    refused $command "symbolic link" here/dangling$dot

    # What is read, by whatever name, with --force or without
    reads=reads_$command
    reads=${!reads}
    ln "$reads" here/hard$dot
    ln -s "../$reads" here/same$dot
    cp "$reads" before
    for force in "" --force; do
        [ $command = graph ] || refused $command "never replaced" "$reads" $force
        [ $command = graph ] || refused $command "never replaced" "./$reads" $force
        refused $command "never replaced" here/hard$dot $force
        refused $command "never replaced" here/same$dot $force
        cmp -s "$reads" before || complain "$command changed $reads, which it reads"

        # Nodes and folders
        [ -p here/fifo$dot ] || mkfifo here/fifo$dot
        refused $command "is a fifo" here/fifo$dot $force
        mkdir -p here/folder$dot
        refused $command "is a folder" here/folder$dot $force
        if [ $command != graph ]; then
            refused $command "is a device" /dev/null $force
            refused $command "a folder" here/nowhere/ $force
        elif mknod here/device.dot c 1 3 2>/dev/null; then
            refused $command "is a device" here/device.dot $force
        fi

        # Where nothing can be made
        refused $command "there is no folder here/missing/" here/missing/x$dot $force
        refused $command "cannot write" here/letter$dot/x$dot $force
        refused $command "cannot write" /proc/x$dot $force
        refused $command "cannot write" "here/$(printf %0250d 7)$dot" $force
        if [ "$(id -u)" != 0 ]; then
            mkdir -p here/shut
            chmod 500 here/shut
            refused $command "Permission denied" here/shut/x$dot $force
        fi
    done
    expect 2 "${dot:-is none}" bash -c "$(declare -f command_$command); RETICK=$RETICK; command_$command ''"

    # Ours, and nothing at all
    written $command here/new$dot
    written $command here/new$dot
    : >here/empty$dot
    written $command here/empty$dot
    # ... and the rest, if one insists
    written $command here/letter$dot --force
    written $command here/soft2$dot
    rm here/soft2$dot
    ln -s letter2 here/soft2$dot
    echo "kept" >here/letter2
    written $command here/soft2$dot --force
    expect 0 "kept" cat here/letter2
    chmod -R u+w here
    rm -rf here
done

# Names that come of the one that is given
echo "a letter" >derived.schedule
for command in fuzz shrink; do
    expect 2 "derived.schedule is there" "command_$command" derived.db
    [ ! -e derived.db ] || complain "$command wrote derived.db"
    expect 0 "a letter" cat derived.schedule
    written $command derived.db --force
    rm derived.db
    echo "a letter" >derived.schedule
done
refused fuzz "would be both the trace and its schedule" only.schedule
for beside in ring journal; do
    echo "a letter" >side.db-$beside
    refused run "side.db-$beside is in the way" side.db
    refused run "side.db-$beside is in the way" side.db --force
    expect 0 "a letter" cat side.db-$beside
    rm side.db-$beside
done
echo "a letter" >faulty.db
expect 2 "faulty.db is there" "$RETICK" fuzz source.c:faulty --seeds 3
expect 0 "a letter" cat faulty.db
expect 1 "found.small.db and found.small.schedule written" "$RETICK" shrink source.c:faulty found.db

# A picture is drawn by way of a text, which has a name of its own.
echo "a letter" >picture.dot
if command -v dot >/dev/null; then
    for kind in svg png pdf; do
        for round in 1 2; do expect 0 "picture.$kind written" "$RETICK" graph good.db -o picture.$kind; done
        dot -T$kind -o foreign.$kind <<<"digraph other { a -> b }"
        expect 2 "it is not replaced" "$RETICK" graph good.db -o foreign.$kind
    done
fi
mkdir bare
expect 2 "picture.dot is there" env PATH="$work/bare" "$RETICK" graph good.db -o picture.svg
expect 0 "a letter" cat picture.dot

# A campaign of ten million runs says at once that its finding would have nowhere to go.
expect 2 "there is no folder /no/such/" timeout 20 "$RETICK" fuzz source.c --seeds 10000000 -o /no/such/x.db
expect 2 "cannot write /no/such/folder" timeout 20 "$RETICK" check source.c --seeds 1000000 -o /no/such/folder
expect 2 "is no folder" "$RETICK" check source.c --seeds 1 --after 1 -o source.c
expect 0 "every run repeats" "$RETICK" check source.c --seeds 1 --after 1 -o made
[ -d made ] || complain "check -o made did not make it"
finish
