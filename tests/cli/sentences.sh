#!/usr/bin/env bash
# Sentences that stories of published bugs must have, so that a stranger can tell from them what to repair.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"
known=$(realpath "$scenarios/../../../scenarios")

# story SCENARIO: what fuzz says of it, however its lines are broken.
story() {
    expect 1 "how it came to it" "$RETICK" fuzz "$known/$1.c" --seeds 1000 --jobs 1 -o "$1.db"
    tr -s ' \n' ' ' <"$work/.output" >said && mv said "$work/.output"
}

story lost_update
also "writes the counter, which it read at"
also "in between, and that write is lost"
story expired_lease
also "writes the file, which it read at"
story postgres_fsync
also "syncs postgres:/table, and is told that all is well: what the sync of 150 ms was to write is not tried again"
story rs_tftpd
also "tftpd sends \"DATA 5\" to client once more, now that \"ACK 4\" has come"
story dynamodb_metadata
also "though storage-"
story grpc_stop
also "says: GracefulStop"
also "only after that"
story etcd_watch
also "and never \"1 END_STREAM\""
finish
