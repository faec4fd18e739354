#!/usr/bin/env bash
# A trace that lacks something says so: when it is written, and to who reads it.
# shellcheck source=../support/cli_expect.sh
. "$(dirname "$0")/../support/cli_expect.sh"

lacks="places are missing from event "
expect 0 "note: places.db: $lacks" "$RETICK" run "$scenarios/places.c" -o places.db
also "places: passed"
expect 0 "$lacks" "$RETICK" query places.db "SELECT count(*) FROM locations"
also "65535"
expect 0 "65535 places of a program" "$RETICK" query places.db "SELECT why FROM gap"
expect 0 "passed" "$RETICK" run "$RETICK_SOURCE/scenarios/lost_update.c" -o whole.db
never "missing"
finish
